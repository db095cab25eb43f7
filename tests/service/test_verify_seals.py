"""What changes without an event (people, actions, master data, prices, ties, lives of claims, rejections, what the
night says of cases and exceptions) is held by seals: a change beside the program is found, and the row is named."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import DatabaseError
from claims.service import payer_refunds, rejection_queue, runs, verify_files
from claims.service import people as staff
from claims.service.acknowledging import acknowledge
from claims.service.audited import record_with_reason
from claims.service.desk import people as desk
from claims.store import audit, batch_seals, checking_seals, claim_work, schema
from claims.store import runs as store_runs
from claims.store.engine import read, rehearsal, write
from claims.store.people import change, set_recovery_codes
from claims.store.rows import insert_keyed
from claims.store.seals import HELD
from tests.answers import ca_277
from tests.books import Bill, bank, claims
from tests.service import test_verify_work
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken, noted, tamper
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
    with write(practice.ctx.engine) as conn:
        work = {"claim_id": one(practice, schema.claims.c.claim_id), "owner": "eve", "notes": "asked"}
        claim_work.save(conn, pd.DataFrame([work]))
    seen = [(one(practice, case.c.case_id), one(practice, case.c.version))]
    assert desk.snooze(practice.ctx, seen, DAY + timedelta(days=2), DAY).done
    payer_refunds.request(practice.ctx, "1512345678", "ICN1", 100, DAY, DAY, reason="letter", cheque="9")
    with write(practice.ctx.engine) as conn:  # where nothing of these acts is left in a table, a row of any words
        set_recovery_codes(conn, conn.scalar(sa.select(schema.users.c.user_id)), ["a", "b"])
        for name in (
            *("batches", "batch_sets", "submissions", "edit_proposals", "appeals", "past_exceptions"),
            *("edit_findings", "patient_statements"),
        ):
            any_row(conn, schema.metadata.tables[name])
        record_with_reason(practice.ctx, conn, "period.reopen", "period 1", {}, "x")


def any_row(conn, table):
    _, *columns = table.columns
    values = {}
    for column in columns:
        if column.foreign_keys and column.nullable:
            value = None  # a batch of another file would be one whose rows nobody reads
        elif column.foreign_keys:
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
    "work on a blocked claim": [
        "UPDATE claim_work SET owner = 'another'",
        "UPDATE claim_work SET notes = ''",
        "UPDATE claim_work SET state = 'closed'",
    ],
    "denial case": [
        "UPDATE denial_cases SET snoozed_until_date = '2035-01-01'",
        "UPDATE denial_cases SET snoozed_until_date = NULL WHERE snoozed_until_date IS NOT NULL",
        "UPDATE denial_cases SET queue = 'closed'",
        "UPDATE denial_cases SET deadline_sort_date = '2035-01-01'",
        "UPDATE denial_cases SET remit_sort_date = '2035-01-01'",
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
    "row of file": ["UPDATE files SET content = 'unknown'", "UPDATE files SET state = 'registered'"],
    "answer": ["UPDATE acknowledgements SET verdict = 'unknown'"],
    "candidate of a tie": ["UPDATE deposit_candidates SET amount_cents = 5"],
    "set of a batch": ["UPDATE batch_sets SET set_control_number = 'another'"],
    "past exception": ["UPDATE past_exceptions SET amount_cents = 5"],
    "patient payment": [
        "UPDATE patient_payments SET state = 'held'",
        "UPDATE patient_payments SET void_reason = 'another'",
        "UPDATE patient_payments SET note = 'another'",
    ],
    "money request": [
        "UPDATE money_requests SET amount_cents = 5",
        "UPDATE money_requests SET decided_by = 'eve'",
        "UPDATE money_requests SET state = 'done'",
    ],
    "patient refund": [
        "UPDATE patient_refunds SET reason = 'another'",
        "UPDATE patient_refunds SET requested_by = 'eve'",
        "UPDATE patient_refunds SET paid_by = 'eve'",
    ],
    "recovery code": ["UPDATE recovery_codes SET code_sha256 = 'another' WHERE code_sha256 = 'a'"],
    "reason of an act": ["UPDATE act_reasons SET actor = 'eve'"],
    "claim posting": [
        "UPDATE claim_postings SET posting_date = '2025-01-01'",
        "UPDATE claim_postings SET payer_sequence = 'T'",
        "UPDATE claim_postings SET known_by = 'by-hand'",
        "UPDATE claim_postings SET reason_code = 'UNMATCHED_CLAIM'",
        "UPDATE claim_postings SET ended_at = recorded_at",
    ],
    "edit finding": ["UPDATE edit_findings SET line_number = 9", "UPDATE edit_findings SET ended_at = NULL"],
    "patient statement": ["UPDATE patient_statements SET written_date = '2025-01-01'"],
    "match": [
        "UPDATE matches SET rule = 'line-control-number'",
        "UPDATE matches SET payer_sequence = 'X'",
        "UPDATE matches SET next_payer_code = 'another'",
        "UPDATE matches SET actor = 'eve'",
        "UPDATE matches SET although = 'she said so'",
        "UPDATE matches SET ended_at = recorded_at",
    ],
    "reading of adjustment": [
        "UPDATE classifications SET counts_as_denial = 1 - counts_as_denial",
        "UPDATE classifications SET rule_priority = rule_priority + 1",
    ],
    "receipt": ["UPDATE receipts SET source_name = 'another'"],
    "state of contracts": ["UPDATE contract_states SET recorded_at = '2025-01-01T00:00:00Z'"],
    "run": [
        "UPDATE runs SET kind = 'undo'",
        "UPDATE runs SET posting_date = '2025-01-01'",
        "UPDATE runs SET state = 'failed'",
        "UPDATE runs SET state = 'running', finished_at = NULL",
        "UPDATE runs SET actor = 'eve'",
        "UPDATE runs SET counts = '{}' WHERE counts <> '{}'",
        "UPDATE runs SET started_at = finished_at",
        "UPDATE runs SET host = 'another', process_id = 1, process_started = '1'",
    ],
    "verdict on a set": [
        "UPDATE transactions SET state = 'duplicate' WHERE state = 'stored'",
        "UPDATE transactions SET reason_code = 'remit-conflict'",
    ],
    "state of remittance": [
        "UPDATE remittances SET posting_date = '2025-01-01'",
        "UPDATE remittances SET generation = 5",
    ],
}
TABLES = {
    "person": "users", "action": "denial_actions", "master row": "master_rows", "expected amount": "expected_allowed",
    "tie": "deposit_matches", "claim": "claims", "rejection": "rejections", "denial case": "denial_cases",
    "exception": "exceptions", "work on a blocked claim": "claim_work",
    "batch": "batches", "submission": "submissions", "edit proposal": "edit_proposals",
    "appeal": "appeals", "past exception": "past_exceptions", "patient payment": "patient_payments",
    "money request": "money_requests", "patient refund": "patient_refunds", "recovery code": "recovery_codes",
    "row of file": "files",
    "answer": "acknowledgements", "candidate of a tie": "deposit_candidates", "set of a batch": "batch_sets",
    "claim posting": "claim_postings", "match": "matches", "receipt": "receipts",
    "patient statement": "patient_statements",
    "edit finding": "edit_findings", "reading of adjustment": "classifications", "reason of an act": "act_reasons",
    "run": "runs", "verdict on a set": "transactions",
    "state of contracts": "contract_states", "state of remittance": "remittances",
}  # fmt: skip


def named(practice, *statements):
    """What the check says after these statements, which are taken back."""
    with rehearsal(practice.ctx.engine) as conn:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # of a row that is gone, others may still speak
        tamper(practice, *statements)
        return checking_seals.unlike(conn, checking_seals.false(conn))


def found(practice):
    with read(practice.ctx.engine) as conn:
        return checking_seals.unlike(conn, checking_seals.false(conn))


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


@pytest.mark.long
def test_verify_names_them_and_nothing_else_is_wrong(books):
    assert broken(books) == {}
    with rehearsal(books.ctx.engine):
        tamper(books, *(statements[0] for statements in CHANGED.values()))
        found = broken(books)["seals"]
    assert {called for called in CHANGED if any(one.startswith(f"{called} ") for one in found)} == set(CHANGED)
    assert not any(word in " ".join(found) for word in ("eve", "Z1", "W1", "PERSON"))


TOGETHER = {
    "UPDATE line_matches SET rule = 'another'": "not as they were put in",
    "UPDATE claim_events SET posting_date = '2024-01-01' WHERE event_id = 1": "not as they were put in",
    "UPDATE families SET claim_number = 'another' WHERE claim_number = 'Z1'": "not as they were put in",
    "UPDATE families SET family_id = 999 WHERE claim_number = 'Z1'": "put in beside the program",
}


def test_rows_that_are_only_put_in_are_sealed_together(books):
    with rehearsal(books.ctx.engine) as conn:
        assert batch_seals.unlike(conn) == []
    for statement, said in TOGETHER.items():
        with rehearsal(books.ctx.engine) as conn:
            conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            tamper(books, statement)
            assert said in " ".join(batch_seals.unlike(conn)), statement
    with rehearsal(books.ctx.engine) as conn:
        tamper(books, "UPDATE claim_payers SET family_id = 1 WHERE family_id > 1")
        assert "names another family" in " ".join(verify_files.differing(books.ctx, conn)[1])


def test_a_bank_line_that_names_a_batch_of_ours_as_its_file_is_named(books):
    """Nobody reads a batch again: its claims stand in other files, and of other rows it has none."""
    batch = "UPDATE batches SET file_id = (SELECT MIN(file_id) FROM claims)"
    with rehearsal(books.ctx.engine) as conn:
        tamper(books, batch, "UPDATE bank_lines SET file_id = (SELECT MIN(file_id) FROM claims)")
        found = verify_files.differing(books.ctx, conn)[1]
    assert [one.partition(" has ")[2] for one in found] == ["1 row(s), and it is a batch of ours, which has none"]


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
        assert checking_seals.unlike(conn, checking_seals.false(conn)) == [
            f"person {user} is not as it was last written"
        ]


@pytest.mark.long
def test_a_run_is_sealed_as_it_begins_and_ends_and_one_that_changes_nothing_adds_no_event(books):
    seals, events = schema.row_seals, schema.audit_events
    books.reconcile()  # tells of what was done before
    before = books.count(seals), books.count(events)
    books.reconcile()
    of_runs = books.rows(sa.select(seals.c.table_name).where(seals.c.row_seal_id > before[0]))
    assert of_runs == [("runs",), ("runs",)] and books.count(events) == before[1]
    killed = runs.open_run(books.ctx, "reconcile", DAY)
    with rehearsal(books.ctx.engine) as conn:
        tamper(books, f"UPDATE runs SET actor = 'eve' WHERE run_id = {killed}")
        assert checking_seals.unlike(conn, checking_seals.false(conn)) == [
            f"run {killed} is not as it was last written"
        ]
    with mock.patch.object(store_runs, "process_started", return_value="gone"):
        books.reconcile()
    assert one(books, schema.runs.c.state, schema.runs.c.run_id == killed) == "failed"
    assert found(books) == []
    tamper(books, f"UPDATE runs SET actor = 'eve' WHERE run_id = {killed}")
    acknowledge(books.ctx, f"run {killed}")
    assert found(books) == []


def test_who_works_on_a_rejection_is_written_with_its_seal(books):
    staff.set_roles(books.ctx, "eve", ["biller"], NOW)
    rejection_queue.assign(books.ctx, one(books, schema.rejections.c.rejection_id), "eve")
    rejection_queue.note(books.ctx, one(books, schema.rejections.c.rejection_id), "asked the payer", DAY)
    assert broken(books) == {}


@pytest.mark.long
def test_seals_that_were_cut_and_a_row_put_back_are_shown_by_the_head_that_was_noted(books):
    table, last = schema.row_seals, sa.select(sa.func.max(schema.row_seals.c.row_seal_id))
    before = books.rows(sa.select(schema.users.c.roles).where(schema.users.c.name == "eve"))[0][0]
    staff.set_roles(books.ctx, "eve", ["supervisor"], NOW)
    head = noted(books)
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
