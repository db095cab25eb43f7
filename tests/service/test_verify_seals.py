"""What changes without an event (people, actions, master data, prices, ties, lives of claims, rejections, what the
night says of cases and exceptions) is held by seals: a change beside the program is found, and the row is named."""

import importlib
import inspect
import json
import pkgutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import service
from claims.errors import DatabaseError, NotFoundError, UsageError
from claims.service import (
    audit_list,
    deposits,
    exception_acts,
    patient_banking,
    patient_entry,
    rejection_queue,
    variances,
)
from claims.service import people as staff
from claims.service import verify as verbs
from claims.service.acknowledging import acknowledge
from claims.service.actions import refund_payer
from claims.service.desk import money
from claims.service.desk import people as desk
from claims.service.matching_by_hand import match_by_hand
from claims.service.patient_acts import apply_payment, void_payment
from claims.service.patient_refunds import request_claim_refund, request_payment_refund, withdraw_refund
from claims.service.patient_write_offs import take_back, to_collection
from claims.store import audit, checking_seals, schema
from claims.store.engine import read, rehearsal, write
from claims.store.people import change, set_recovery_codes
from claims.store.rows import insert_keyed
from claims.store.seals import HELD
from tests.answers import ca_277
from tests.books import Bill, bank, claims, remit
from tests.service import test_verify_work
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken, tamper
from tests.service.test_verify_work import one

NOW = datetime(2025, 6, 30, 8, 0, 0, tzinfo=UTC)
REFUSED = ca_277("0", ("Z1", "A7:562:85", "40"))


def begin(practice):
    audit.create_key(practice.ctx.settings.people_key_file)
    test_verify_work.begin(practice)
    practice.night(bank(("2025-03-11", "228", "T1")), claims(Bill("Z1", [("99213", "40")])))
    practice.night(REFUSED)
    staff.add(practice.ctx, "eve", ["auditor"], NOW, write_off_limit_cents=2500)
    case = schema.denial_cases
    seen = [(one(practice, case.c.case_id), one(practice, case.c.version))]
    assert desk.snooze(practice.ctx, seen, DAY + timedelta(days=2), DAY).done
    with write(practice.ctx.engine) as conn:  # where nothing of these acts is left in a table, a row of any words
        set_recovery_codes(conn, conn.scalar(sa.select(schema.users.c.user_id)), ["a", "b"])
        for name in ("batches", "batch_sets", "submissions", "edit_proposals", "appeals", "past_exceptions"):
            any_row(conn, schema.metadata.tables[name])


def any_row(conn, table):
    _, *columns = table.columns
    values = {}
    for column in columns:
        if column.foreign_keys:
            value = conn.scalar(sa.select(sa.func.max(next(iter(column.foreign_keys)).column)))
        else:
            whole = isinstance(column.type, sa.Integer)
            value = 1 if whole else DAY.isoformat() if isinstance(column.type, sa.Date) else "x"
        if value is not None:
            values[column.name] = value
    rows = pd.DataFrame([values])
    insert_keyed(conn, table, rows.astype({name: "str" for name in rows if rows[name].dtype == object}))


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds sound books against both."""
    return sqlite_url


@pytest.fixture
def books(begun):
    return begun(begin)


CHANGED = {
    "person": [
        "UPDATE users SET roles = 'admin'",
        "UPDATE users SET state = 'active'",
        "UPDATE users SET write_off_limit_cents = 99999999",
        "UPDATE users SET password_hash = 'another'",
        "UPDATE users SET sealed_secret = 'another'",
        "UPDATE users SET invitation_sha256 = 'another'",
    ],
    "action": [
        "UPDATE denial_actions SET reason = 'another' WHERE kind = 'assign'",
        "UPDATE denial_actions SET requested_by = 'eve' WHERE kind = 'assign'",
        "UPDATE denial_actions SET approved_by = 'eve' WHERE kind = 'assign'",
        "UPDATE denial_actions SET amount_cents = 1 WHERE kind = 'assign'",
        "UPDATE denial_actions SET state = 'undone' WHERE kind = 'assign'",
    ],
    "master row": [
        "UPDATE master_rows SET body = replace(body, '110.00', '11.00')",
        "UPDATE master_rows SET effective_to_date = '2025-01-01'",
        "UPDATE master_rows SET ended_at = recorded_at",
        "UPDATE master_rows SET actor = 'eve'",
    ],
    "expected amount": [
        "UPDATE expected_allowed SET expected_cents = 1 WHERE expected_cents > 1",
        "UPDATE expected_allowed SET arithmetic = '1 = 1'",
        "UPDATE expected_allowed SET outcome = 'no-term'",
        "UPDATE expected_allowed SET ended_at = recorded_at",
    ],
    "tie": [
        "UPDATE deposit_matches SET rule = 'manual'",
        "UPDATE deposit_matches SET actor = 'eve'",
        "UPDATE deposit_matches SET evidence = ''",
        "UPDATE deposit_matches SET words = 'she said so'",
    ],
    "claim": [
        "UPDATE claims SET life = 'paid' WHERE claim_number = 'Z1'",
        "UPDATE claims SET state = 'duplicate' WHERE claim_number = 'Z1'",
        "UPDATE claims SET purpose = 'void' WHERE claim_number = 'Z1'",
        "UPDATE claims SET version = 2 WHERE claim_number = 'Z1'",
    ],
    "rejection": [
        "UPDATE rejections SET state = 'closed'",
        "UPDATE rejections SET closed_reason = 'withdrawn'",
        "UPDATE rejections SET cause = 'another'",
    ],
    "denial case": [
        "UPDATE denial_cases SET snoozed_until_date = '2035-01-01'",
        "UPDATE denial_cases SET snoozed_until_date = NULL WHERE snoozed_until_date IS NOT NULL",
        "UPDATE denial_cases SET queue = 'closed'",
    ],
    "exception": [
        "UPDATE exceptions SET closed_reason = 'accepted' WHERE type_code = 'UNMATCHED_CLAIM'",
        "UPDATE exceptions SET closed_posting_date = '2025-01-01' WHERE type_code = 'UNMATCHED_CLAIM'",
        "UPDATE exceptions SET posting_date = '2025-01-01' WHERE type_code = 'UNMATCHED_CLAIM'",
        "UPDATE exceptions SET amount_cents = 1 WHERE type_code = 'UNMATCHED_CLAIM'",
    ],
    "batch": ["UPDATE batches SET state = 'another'", "UPDATE batches SET charge_cents = 5"],
    "submission": ["UPDATE submissions SET state = 'another'", "UPDATE submissions SET payer_claim_number = 'another'"],
    "edit proposal": ["UPDATE edit_proposals SET state = 'dismissed'", "UPDATE edit_proposals SET actor = 'eve'"],
    "appeal": ["UPDATE appeals SET packet_sha256 = 'another'"],
    "past exception": ["UPDATE past_exceptions SET amount_cents = 5"],
    "patient payment": [
        "UPDATE patient_payments SET state = 'held'",
        "UPDATE patient_payments SET void_reason = 'another'",
        "UPDATE patient_payments SET note = 'another'",
    ],
    "patient refund": [
        "UPDATE patient_refunds SET reason = 'another'",
        "UPDATE patient_refunds SET requested_by = 'eve'",
        "UPDATE patient_refunds SET paid_by = 'eve'",
    ],
    "recovery code": ["UPDATE recovery_codes SET code_sha256 = 'another' WHERE code_sha256 = 'a'"],
}
TABLES = {
    "person": "users", "action": "denial_actions", "master row": "master_rows", "expected amount": "expected_allowed",
    "tie": "deposit_matches", "claim": "claims", "rejection": "rejections", "denial case": "denial_cases",
    "exception": "exceptions", "batch": "batches", "submission": "submissions", "edit proposal": "edit_proposals",
    "appeal": "appeals", "past exception": "past_exceptions", "patient payment": "patient_payments",
    "patient refund": "patient_refunds", "recovery code": "recovery_codes",
}  # fmt: skip


def named(practice, *statements):
    """What the check says after these statements, which are taken back."""
    with rehearsal(practice.ctx.engine) as conn:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # of a row that is gone, others may still speak
        tamper(practice, *statements)
        return checking_seals.unlike(conn)


@pytest.mark.parametrize("called", CHANGED)
def test_each_column_that_is_changed_beside_the_program_names_its_row(books, called):
    for statement in CHANGED[called]:
        found = named(books, statement)
        assert found, statement
        assert all(one.startswith(f"{called} ") and one.endswith(" is not as it was last written") for one in found)


@pytest.mark.parametrize("called", TABLES)
def test_a_row_that_is_deleted_or_put_in_is_named(books, called):
    table = schema.metadata.tables[TABLES[called]]
    key = next(iter(table.primary_key.columns))
    last = one(books, sa.func.max(key))
    assert named(books, f"DELETE FROM {table.name} WHERE {key.name} = {last}") == [f"{called} {last} was deleted"]
    put_in = named(books, f"UPDATE {table.name} SET {key.name} = 999 WHERE {key.name} = {last}")
    assert put_in == [f"{called} {last} was deleted", f"{called} 999 was put in beside the program"]


def test_verify_names_them_and_nothing_else_is_wrong(books):
    assert broken(books) == {}
    with rehearsal(books.ctx.engine):
        tamper(books, *(statements[0] for statements in CHANGED.values()))
        found = broken(books)["seals"]
    assert {called for called in CHANGED if any(one.startswith(f"{called} ") for one in found)} == set(CHANGED)
    assert not any(word in " ".join(found) for word in ("eve", "Z1", "W1", "PERSON"))


def test_seals_are_append_only_and_a_chain(books):
    with pytest.raises(DatabaseError), write(books.ctx.engine) as conn:
        conn.execute(sa.delete(schema.row_seals))
    last = one(books, sa.func.max(schema.row_seals.c.row_seal_id))
    where = f"WHERE row_seal_id = {last}"
    assert f"the seals were cut: {last} were written, the last one here is {last - 1}" in named(
        books, f"DELETE FROM row_seals {where}"
    )
    altered = named(books, f"UPDATE row_seals SET seals = '' {where}")
    assert f"seal {last} or the one before it was altered, removed or put in between" in altered


def test_what_a_step_that_failed_had_noted_is_not_sealed(books):
    """Else what somebody changes meanwhile beside the program would be sealed as the program's own."""
    user = one(books, schema.users.c.user_id)
    with pytest.raises(ZeroDivisionError), write(books.ctx.engine) as conn:
        change(conn, user, state="active")
        raise ZeroDivisionError
    with write(books.ctx.engine) as conn:
        conn.exec_driver_sql("UPDATE users SET roles = 'admin'")
    staff.add(books.ctx, "another", ["auditor"], NOW)
    with rehearsal(books.ctx.engine) as conn:
        assert checking_seals.unlike(conn) == [f"person {user} is not as it was last written"]


def test_who_works_on_a_rejection_is_written_with_its_seal(books):
    staff.set_roles(books.ctx, "eve", ["biller"], NOW)
    rejection_queue.assign(books.ctx, one(books, schema.rejections.c.rejection_id), "eve")
    rejection_queue.note(books.ctx, one(books, schema.rejections.c.rejection_id), "asked the payer", DAY)
    assert broken(books) == {}


def test_seals_that_were_cut_and_a_row_put_back_are_shown_by_the_head_that_was_noted(books):
    table, last = schema.row_seals, sa.select(sa.func.max(schema.row_seals.c.row_seal_id))
    before = books.rows(sa.select(schema.users.c.roles).where(schema.users.c.name == "eve"))[0][0]
    staff.set_roles(books.ctx, "eve", ["supervisor"], NOW)
    head = verbs.head(books.ctx)
    assert broken(books, head) == {}
    number = books.rows(last)[0][0]
    tamper(
        books,
        f"DELETE FROM {table.name} WHERE row_seal_id = {number}",
        f"UPDATE id_blocks SET next_id = {number} WHERE table_name = '{table.name}'",
        f"UPDATE users SET roles = '{before}' WHERE name = 'eve'",
    )
    assert broken(books) == {}
    assert broken(books, head)["seals"] == (
        f"the seals do not lead to the head that was noted: {number} is gone or another",
    )


def test_every_table_that_is_held_has_a_name_here():
    assert {*TABLES.values(), "undone_postings", "undone_remittances"} == set(HELD)
    assert set(checking_seals.CALLED) == set(HELD)


def found(practice):
    with read(practice.ctx.engine) as conn:
        return checking_seals.unlike(conn)


def test_a_row_that_the_program_writes_again_after_it_was_changed_is_named_until_it_is_acknowledged(books):
    users = schema.users
    user = one(books, users.c.user_id)
    tamper(books, "UPDATE users SET roles = 'admin'")
    for _ in range(2):  # the second time, the seal before it is the program's own
        with write(books.ctx.engine) as conn:
            change(conn, user, write_off_limit_cents=5)
            change(conn, user, write_off_limit_cents=6)
    seal = one(books, sa.func.max(schema.row_seals.c.row_seal_id)) - 1
    told = f"person {user} was changed beside the program before it was written again (seal {seal})"
    assert found(books) == [told]
    for wrong in ("person", f"man {user}", "person x"):
        with pytest.raises(UsageError):
            acknowledge(books.ctx, wrong)
    with pytest.raises(NotFoundError):
        acknowledge(books.ctx, "person 77")
    assert acknowledge(books.ctx, f"person {user}") == seal
    assert found(books) == []
    with pytest.raises(UsageError):
        acknowledge(books.ctx, f"person {user}")
    event = schema.audit_events
    assert one(books, event.c.subject, event.c.action == "seal.acknowledged") == f"person {user}"
    tamper(books, "UPDATE users SET roles = 'biller'")  # what comes after is named as before
    with write(books.ctx.engine) as conn:
        change(conn, user, write_off_limit_cents=7)
    assert len(found(books)) == 1


def test_what_stands_otherwise_or_is_gone_is_acknowledged_as_it_is(books):
    rows = schema.rejections
    key = one(books, rows.c.rejection_id)
    tamper(books, "UPDATE rejections SET cause = 'another'", "DELETE FROM recovery_codes WHERE code_sha256 = 'a'")
    gone, odd = found(books)
    assert (gone, odd) == ("recovery code 1 was deleted", f"rejection {key} is not as it was last written")
    acknowledge(books.ctx, "recovery code 1")
    acknowledge(books.ctx, f"rejection {key}")
    assert found(books) == []
    with write(books.ctx.engine) as conn:  # what the program deletes is no break
        set_recovery_codes(conn, one(books, schema.users.c.user_id), ["c"])
    assert found(books) == []


WORD = "ZZCANARY rang"
# What a person may be asked to write, by the names of parameters; and what takes such words and does nothing by itself.
ASKED = {"reason", "although", "words", "note", "text", "proof", "basis", "despite_gaps", "word"}
NO_ACTS = {
    *("appeals.assembled", "audited.sealed_words", "audited.record_with_reason", "deposits.would_tie"),
    *("deposits.would_untie", "desk.acting.begin", "desk.held.move", "desk.queue.payer", "desk.queue.payers"),
    *("searching.direct", "searching.keep", "tying.take_apart", "tying.take_apart_remittances"),
    *("tying.write_bank_journals", "variance_acts.preview", "variance_acts.say", "desk.money.close_duplicate"),
    "signing_in.begin_emergency",  # why somebody saw patients' data is there to be looked at: the page says so
    # Their words are held by tests of their own: of the desk (the action keeps them) and of appeals.
    *("desk.money.expire", "desk.people.appeal_sent", "desk.people.appeal_upheld", "appeals.prepare"),
}


def acts():
    """Services that take a person's words, by module and name."""
    for module in pkgutil.walk_packages(service.__path__, "claims.service."):
        found = importlib.import_module(module.name)
        for name, act in vars(found).items():
            if inspect.isfunction(act) and act.__module__ == module.name and not name.startswith("_"):
                asked = inspect.signature(act).parameters
                if "ctx" in asked and ASKED & set(asked):
                    yield f"{module.name.removeprefix('claims.service.')}.{name}"


def change_of(practice, **values):
    with write(practice.ctx.engine) as conn:
        change(conn, one(practice, schema.users.c.user_id), **values)


def test_no_word_of_a_person_stands_in_the_audit_chain(books):
    ctx, done, payer = books.ctx, set(), schema.remittances.c.payer_code

    def do(act, *given, **named):
        done.add(f"{act.__module__.removeprefix('claims.service.')}.{act.__name__}")
        return act(named.pop("by", ctx), *given, **named)

    def newest(column, *conditions):
        return books.rows(sa.select(sa.func.max(column)).where(*conditions))[0][0]

    def case():
        table = schema.denial_cases
        return books.rows(sa.select(table.c.case_id, table.c.version))

    line, tied_to = newest(schema.bank_lines.c.bank_line_id), newest(schema.remittances.c.remit_id)
    do(deposits.untie, line, WORD, DAY)
    do(deposits.tie, line, tied_to, WORD, DAY)
    do(refund_payer, newest(payer), "ICN1", 100, DAY, DAY, reason=WORD)
    books.night(bank(("2025-03-28", "-1", "")))
    refund = f"payer-refund:{newest(schema.journals.c.journal_id, schema.journals.c.reason_code == 'payer-refund')}"
    do(patient_banking.tie_by_hand, newest(schema.bank_lines.c.bank_line_id), [refund], WORD, DAY)
    do(patient_entry.add_patient_payment, "NOBODY", 500, DAY, "cash", DAY, note=WORD)
    payment = newest(schema.patient_payments.c.patient_payment_id)
    do(withdraw_refund, do(request_payment_refund, payment, WORD, DAY), WORD, DAY)
    do(apply_payment, payment, "M1", DAY, reason=WORD)
    do(request_claim_refund, "M1", WORD, DAY)
    do(void_payment, 1, WORD, DAY, DAY)
    do(to_collection, ["A1"], WORD, DAY)
    do(take_back, "A1", WORD, DAY)
    rejection = newest(schema.rejections.c.rejection_id)
    do(rejection_queue.note, rejection, WORD, DAY)
    do(rejection_queue.close, rejection, DAY, WORD)
    given_up = newest(schema.exceptions.c.exception_id, schema.exceptions.c.type_code == rejection_queue.GIVEN_UP)
    do(exception_acts.note, given_up, WORD, DAY)
    change_of(books, write_off_limit_cents=1_000_000, state="active")
    do(exception_acts.accept, given_up, WORD, DAY, by=replace(ctx, actor="eve"))
    do(exception_acts.take_up, given_up, WORD, DAY)
    do(rejection_queue.reopen, rejection, DAY, WORD)
    do(desk.note, case(), WORD, DAY)
    do(desk.tag, case(), WORD, DAY)
    asked = do(money.write_off, case(), WORD, 0, DAY)
    do(money.refuse, asked.action_id, WORD, DAY, by=replace(ctx, actor="second"))
    do(money.to_patient, case(), DAY, WORD)
    do(desk.info_sent, case(), WORD, DAY)
    do(variances.say, variances.listed(ctx, variances.asked_for())[0]["key"].iloc[0], "accept", WORD)
    books.night(remit("BPR*I*5*C*ACH************20250610~\nTRN*1*T9*1512345678~\nCLP*TYPO8*1*79*5**12*ICN9~\n"
                      "SVC*HC:99215*79*5**1~\nCAS*CO*45*74~"))  # fmt: skip
    unknown = newest(schema.exceptions.c.exception_id, schema.exceptions.c.type_code == "UNMATCHED_CLAIM")
    do(match_by_hand, unknown, "Q1", WORD)
    assert set(acts()) - NO_ACTS == done
    told = " ".join(" ".join(map(str, row)) for row in books.rows(sa.select(schema.audit_events)))
    assert WORD not in told and "reason_mac" in told
    assert broken(books) == {}
    assert len(books.rows(sa.select(schema.act_reasons).where(schema.act_reasons.c.reason == WORD))) == 5
    asked_for = audit_list.Asked(action="payer.refund")
    assert json.loads(audit_list.events(ctx, asked_for)["body"].iloc[0])["reason"] == WORD  # who may, reads it there
    tamper(
        books,
        "UPDATE patient_payments SET void_reason = 'another' WHERE void_reason IS NOT NULL",
        "UPDATE deposit_matches SET ended_words = ''",
        "UPDATE act_reasons SET reason = 'x' WHERE act_reason_id = 1",
    )
    assert broken(books)["reasons"] == (
        "bank line 1: a reason that the audit chain seals stands there no more",
        f"payer {newest(payer)}: a reason that the audit chain seals stands there no more",
        "payment 1: a reason stands there that the audit chain does not seal",
        "payment 1: a reason that the audit chain seals stands there no more",
        "reason 1: a reason stands there that the audit chain does not seal",
    )
