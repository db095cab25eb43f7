"""What people type as a reason or a note stands with a row, never in the audit chain; both are held together."""

import importlib
import inspect
import json
import pkgutil
from dataclasses import replace

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import service
from claims.service import (
    audit_list,
    bank_differences,
    blocked_queue,
    booking,
    deposits,
    exception_acts,
    life,
    money_approvals,
    money_requests,
    patient_banking,
    patient_entry,
    payer_refunds,
    rejection_queue,
    returns,
    same_money,
    standing_claims,
    variances,
)
from claims.service.desk import money
from claims.service.desk import people as desk
from claims.service.master import import_files
from claims.service.matching_by_hand import match_by_hand
from claims.service.patient_acts import apply_payment, void_payment
from claims.service.patient_refunds import request_claim_refund, request_payment_refund, withdraw_refund
from claims.service.patient_write_offs import take_back, to_collection
from claims.store import schema, scrubbing, seals
from claims.store.engine import write
from claims.store.people import change
from claims.store.queries import given_up
from tests.books import Bill, bank, claims, remit
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken, tamper
from tests.service.test_verify_seals import begin
from tests.service.test_verify_work import one


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds sound books against both."""
    return sqlite_url


@pytest.fixture
def books(begun):
    return begun(begin)


WORD = "ZZCANARY rang"
# What a person may be asked to write, by the names of parameters; and what takes such words and does nothing by itself.
ASKED = {"reason", "although", "words", "note", "text", "proof", "basis", "despite_gaps", "word"}
NO_ACTS = {
    *("appeals.assembled", "audited.sealed_words", "audited.record_with_reason", "deposits.would_tie"),
    *(
        "deposits.would_untie",
        "returns.would_take_back",
        "bank_differences.would_book",
        "bank_differences.would_take_back",
        "desk.acting.begin",
        "desk.held.move",
        "desk.queue.payer",
        "desk.queue.payers",
    ),
    # What is done with one rejection or blocked claim, held here, is done with a list of one.
    *("rejection_acts.note", "rejection_acts.close", "rejection_acts.reopen", "rejection_pages.payer"),
    *("blocked_acts.note", "blocked_acts.give_up", "blocked_acts.take_up"),
    "blocked_acts.let_go",
    *("blocked_queue.payer", "payer_names.fitting"),
    *("searching.direct", "searching.keep", "tying.take_apart", "tying.take_apart_remittances"),
    *("tying.write_bank_journals", "variance_acts.preview", "variance_acts.say", "desk.money.close_duplicate"),
    "worked.noted",
    "signing_in.begin_emergency",  # why somebody saw patients' data is there to be looked at: the page says so
    # Their words are held by tests of their own: of the desk (the action keeps them) and of appeals.
    *("desk.money.expire", "desk.people.appeal_sent", "desk.people.appeal_upheld", "appeals.prepare"),
    *("money_requests.ask", "money_requests.settled"),  # written by the acts that are held here
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


def block(practice, claim_id):
    """Let a claim be one of ours to send that an edit stops."""
    own = schema.claims.c.claim_id == claim_id
    with write(practice.ctx.engine) as conn:
        seals.note(conn, schema.claims, [claim_id])
        conn.execute(sa.update(schema.claims).where(own).values(origin="to_send", life="draft"))
        row = {
            "claim_id": [claim_id],
            "event": ["blocked"],
            "event_key": [f"x{conn.scalar(sa.select(sa.func.max(schema.claim_events.c.event_id)))}"],
        }
        life.record(conn, pd.DataFrame(row), DAY)
        found = {"edit_id": "S22c", "severity": "block", "element": "CLM01", "line_number": 0, "message": ""}
        scrubbing.save(conn, [claim_id], pd.DataFrame([{"claim_id": claim_id, **found}]))


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
    change_of(books, write_off_limit_cents=1_000_000, state="active")
    eve = replace(ctx, actor="eve")
    asked = ("ICN1", 100, DAY, DAY)
    do(money_requests.withdraw, do(payer_refunds.request, newest(payer), *asked, reason=WORD)["request"], WORD, DAY)
    refunds = [payer_refunds.request(ctx, newest(payer), *asked, reason=WORD, cheque=one)["request"] for one in "123"]
    do(money_requests.refuse, refunds[0], WORD, DAY, by=eve)
    money_approvals.approve(eve, refunds[1], DAY)
    do(payer_refunds.reverse, refunds[1], WORD, DAY)
    money_approvals.approve(eve, refunds[2], DAY)
    books.night(bank(("2025-03-28", "-1", "")))
    refund = [f"payer-refund:{refunds[2]}"]
    do(patient_banking.tie_by_hand, newest(schema.bank_lines.c.bank_line_id), refund, WORD, DAY)
    books.night(bank(("2025-03-28", "7", ""), ("2025-03-29", "-5", "")))
    went, came = (newest(schema.bank_lines.c.bank_line_id, schema.bank_lines.c.amount_cents == n) for n in (-500, 700))
    do(returns.take_back, went, came, WORD, DAY)
    do(patient_entry.add_patient_payment, "NOBODY", 500, DAY, "cash", DAY, note=WORD)
    payment = newest(schema.patient_payments.c.patient_payment_id)
    do(withdraw_refund, do(request_payment_refund, payment, WORD, DAY), WORD, DAY)
    do(apply_payment, payment, "M1", DAY, reason=WORD)
    do(request_claim_refund, "M1", WORD, DAY)
    do(void_payment, 1, WORD, DAY, DAY)
    money_approvals.approve(eve, do(to_collection, ["A1"], WORD, DAY, although=WORD).request, DAY)
    do(take_back, "A1", WORD, DAY)
    rejection = newest(schema.rejections.c.rejection_id)
    do(rejection_queue.note, rejection, WORD, DAY)
    do(rejection_queue.close, rejection, DAY, WORD)
    withdrawn = newest(schema.exceptions.c.exception_id, schema.exceptions.c.type_code == given_up.CLAIM)
    do(exception_acts.note, withdrawn, WORD, DAY)
    do(exception_acts.accept, withdrawn, WORD, DAY, by=eve)
    do(exception_acts.take_up, withdrawn, WORD, DAY)
    do(rejection_queue.reopen, rejection, DAY, WORD)
    stopped = newest(schema.claims.c.claim_id)
    block(books, stopped)
    do(blocked_queue.note, stopped, WORD, DAY)
    do(blocked_queue.let_go, stopped, DAY, WORD)
    block(books, stopped)
    do(blocked_queue.give_up, stopped, DAY, WORD)
    do(blocked_queue.take_up, stopped, DAY, WORD)
    do(desk.note, case(), WORD, DAY)
    do(desk.tag, case(), WORD, DAY)
    asked = do(money.write_off, case(), WORD, 0, DAY)
    do(money.refuse, asked.action_id, WORD, DAY, by=replace(ctx, actor="second"))
    do(money.to_patient, case(), DAY, WORD)
    do(desk.info_sent, case(), WORD, DAY)
    do(variances.say, variances.listed(ctx, variances.asked_for())[0]["key"].iloc[0], "accept", WORD)
    books.night(remit("BPR*I*12*C*ACH************20250610~\nTRN*1*T9*1512345678~\nCLP*TYPO8*1*79*5**12*ICN9~\n"
                      "SVC*HC:99215*79*5**1~\nCAS*CO*45*74~\nPLB*1999999984*20251231*ZZ:X1*-7~"),
                bank(("2025-06-11", "11.99", "T9")))  # fmt: skip
    (books.folder / "bank_differences.csv").write_text("payer_code,book_up_to,users\n,0.05,\n")
    import_files(ctx, [books.folder / "bank_differences.csv"])
    differs = (newest(schema.bank_lines.c.bank_line_id), newest(schema.remittances.c.remit_id), WORD, DAY)
    do(bank_differences.book, *differs)
    do(bank_differences.take_back, *differs)
    adjusted = newest(
        schema.exceptions.c.exception_id, schema.exceptions.c.type_code.in_(["PLB_UNKNOWN", "PLB_UNCONFIGURED"])
    )
    do(booking.book, adjusted, "5100", WORD, DAY)
    do(booking.unbook, adjusted, WORD, DAY)
    unknown = newest(schema.exceptions.c.exception_id, schema.exceptions.c.type_code == "UNMATCHED_CLAIM")
    do(match_by_hand, unknown, "Q1", WORD)
    books.night(*(claims(Bill("Z1", [("99215", charge)])) for charge in ("1", "2")))
    conflict = newest(schema.exceptions.c.exception_id, schema.exceptions.c.type_code == "CLAIM_CONFLICT")
    do(standing_claims.stand, conflict, WORD, DAY)
    books.night(*(bank(("2025-03-30", "9", trace)) for trace in ("T8", "0T8")))
    do(same_money.tell_apart, newest(schema.bank_lines.c.bank_line_id, schema.bank_lines.c.state == "copy"), WORD, DAY)
    assert set(acts()) - NO_ACTS == done
    told = " ".join(" ".join(map(str, row)) for row in books.rows(sa.select(schema.audit_events)))
    assert WORD not in told and "reason_mac" in told
    assert broken(books) == {}
    assert len(books.rows(sa.select(schema.act_reasons).where(schema.act_reasons.c.reason == WORD))) == 7
    asked_for = audit_list.Asked(action="money.reversed")
    assert json.loads(audit_list.events(ctx, asked_for)["body"].iloc[0])["reason"] == WORD  # who may, reads it there
    tamper(
        books,
        "UPDATE patient_payments SET void_reason = 'another' WHERE void_reason IS NOT NULL",
        "UPDATE deposit_matches SET ended_words = ''",
        "UPDATE act_reasons SET reason = 'x' WHERE act_reason_id = 4",
    )
    assert broken(books)["reasons"] == (
        "bank line 1: a reason that the audit chain seals stands there no more",
        "bank line 5: a reason that the audit chain seals stands there no more",
        "payment 1: a reason stands there that the audit chain does not seal",
        "payment 1: a reason that the audit chain seals stands there no more",
        "reason 4: a reason stands there that the audit chain does not seal",
        "request 4: a reason that the audit chain seals stands there no more",
    )
