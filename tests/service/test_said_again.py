"""The same news twice: notices without money in other words, and one decision in two payments."""

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from claims.ledger.identity import remit_keys
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import identities, schema
from claims.store.engine import write
from claims.store.load import frame
from tests.books import Bill, claims, remit
from tests.service.conftest import DAY

BILL = Bill("A1", [("99213", "150")], line_control="LINE01")
PAID = "CLP*A1*1*150*88*22*12*ICN1~\nSVC*HC:99213*150*88**1~\nCAS*CO*45*40~\nCAS*PR*2*22~"
BACK = "CLP*A1*22*-150*-88**12*ICN1~\nSVC*HC:99213*-150*-88**1~\nCAS*CO*45*-40~\nCAS*PR*2*-22~"
DENIED = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*16*150~\nLQ*HE*M51~"
PART = "CLP*A1*1*50*30**12*{icn}~\nSVC*HC:99213*50*30**1~\nCAS*CO*45*20~\nREF*6R*LINE01~"
R, E = schema.remittances, schema.exceptions


def payment(segments, trace, day="20250310", cash="0"):
    head = f"BPR*I*{cash}*C*ACH" if cash != "0" else "BPR*H*0*C*NON"
    return remit(f"{head}************{day}~\nTRN*1*{trace}*1512345678~\n{segments}")


def test_one_trace_number_of_the_bank_is_one_payment_however_it_is_written():
    facts = {"payer_identifier": "1512345678", "payer_code": "", "payer_name": "", "payment_cents": 8800}
    facts |= {"payment_date": "2025-03-10", "payee_identifier": "1999999984", "method_code": "ACH", "body_hash": ""}
    traces = ["T1", "t1", "0T1", "T 1", "0 T1", "T2"]
    keys = remit_keys(pd.DataFrame([facts | {"trace_number": trace} for trace in traces]))
    assert keys[:5].nunique() == 1 and keys[5] != keys[0]


# One decision in two payments.
TWICE = [payment(PART.format(icn="ICN1"), trace, day, "30") for trace, day in (("T1", "20250310"), ("T2", "20250312"))]


def reworded(content):
    return content.replace(b"N3*1 MAIN ST~", b"N3*1 MAIN STREET~")


def money(practice):
    return [one for one in practice.exceptions() if one not in ("REMIT_WITHOUT_DEPOSIT", "INTEREST_DIFFERS")]


def states(practice):
    return sorted(state for (state,) in practice.rows(sa.select(R.c.state)))


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


NOTICES = {
    "a denial": DENIED,
    "a reversal": BACK + "\nPLB*1999999984*20251231*WO:ICN1*-88~",
    "an offset": PAID + "\nPLB*1999999984*20251231*WO:ICN7*88~",
    "adjustments alone": "PLB*1999999984*20251231*L6*-3.25*IR*3.25~",
}


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("segments", list(NOTICES.values()), ids=list(NOTICES))
def test_a_notice_without_money_that_comes_again_in_other_words_is_held(practice, segments):
    before = [payment(PAID, "T1", cash="88")] if segments.startswith(BACK) else []
    notice = payment(segments, "T2", "20250410")
    practice.night(claims(BILL), *before, notice)
    balances = practice.balances()
    assert "held" not in states(practice)
    practice.night(reworded(notice))
    assert states(practice).count("held") == 1
    assert "REMIT_CONFLICT" in money(practice)
    assert practice.balances() == balances
    check(practice)


def test_two_wordings_of_a_notice_in_one_night_are_both_held(practice):
    notice = payment(DENIED, "T2", "20250410")
    practice.night(claims(BILL), notice, reworded(notice))
    assert states(practice) == ["held", "held"]
    assert practice.balances() == {"1100": 15000, "4000": -15000}


@pytest.mark.long
def test_a_notice_that_was_taken_back_later_is_held_all_the_same(practice):
    notice = payment(DENIED, "T2", "20250410")
    back = "CLP*A1*22*-150*0**12*ICN1~\nSVC*HC:99213*-150*0**1~\nCAS*CO*16*-150~"
    practice.night(claims(BILL), notice, payment(back, "T3", "20250420"))
    practice.night(reworded(notice))
    assert states(practice) == ["held", "posted", "posted"]


@pytest.mark.long
def test_other_notices_under_one_trace_number_are_posted(practice):
    other = DENIED.replace("A1", "B1").replace("ICN1", "ICN2")
    practice.night(
        claims(BILL, Bill("B1", [("99213", "150")])), payment(DENIED, "NONE"), reworded(payment(other, "NONE"))
    )
    assert states(practice) == ["posted", "posted"]
    assert practice.balances() == {"1110": 30000, "4000": -30000}


@pytest.mark.long
@pytest.mark.parametrize("backwards", [False, True])
def test_one_decision_in_two_payments_is_named_on_the_later_one(practice, backwards):
    practice.night(claims(BILL))
    for one in reversed(TWICE) if backwards else TWICE:
        practice.night(one)
    assert money(practice) == ["DECISION_REPEATED"]
    named = sa.select(R.c.trace_number, E.c.amount_cents).join(E, E.c.remit_id == R.c.remit_id)
    assert practice.rows(named.where(E.c.type_code == "DECISION_REPEATED")) == [("T2", 3000)]
    assert practice.balances() == {"1050": 6000, "1100": 5000, "4000": -15000, "4100": 4000}
    check(practice)


@pytest.mark.long
def test_a_repeated_decision_is_settled_when_one_of_the_two_is_taken_back(practice):
    practice.night(claims(BILL), *TWICE)
    back = "CLP*A1*22*-50*-30**12*ICN1~\nSVC*HC:99213*-50*-30**1~\nCAS*CO*45*-20~\nPLB*1999999984*20251231*WO:ICN1*-30~"
    practice.night(payment(back, "T3", "20250410"))
    assert money(practice) == []
    check(practice)


@pytest.mark.long
def test_a_repeated_decision_is_settled_when_one_of_the_two_is_undone(practice):
    practice.night(claims(BILL), *TWICE)
    (second,) = practice.rows(sa.select(R.c.remit_id).where(R.c.trace_number == "T2"))
    undo(practice.ctx, f"remit:{second[0]}", DAY)
    assert money(practice) == ["UNDONE"]
    check(practice)


@pytest.mark.long
def test_parts_of_a_split_claim_are_no_repeats(practice):
    practice.night(
        claims(BILL),
        payment(PART.format(icn="ICN1"), "T1", "20250310", "30"),
        payment(PART.format(icn="ICN2"), "T2", "20250312", "30"),
    )
    assert money(practice) == []


@pytest.mark.long
def test_the_history_is_not_read_to_know_a_notice_again(practice):
    old = [payment(DENIED, f"T{day}", f"202504{day:02d}") for day in range(1, 9)]
    practice.night(claims(BILL), *old)
    practice.drop(reworded(old[2]), payment(DENIED, "T9", "20250409"))
    statements = []

    def heard(conn, cursor, statement, parameters, *_):
        statements.append((statement, parameters))

    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(R).where(R.c.state == "new").values(state="ready"))
        event.listen(practice.ctx.engine, "before_cursor_execute", heard)
        found = identities.notices(conn)
        event.remove(practice.ctx.engine, "before_cursor_execute", heard)
        free = frame(conn, sa.select(R).where((R.c.payment_cents == 0) | (R.c.method_code == "NON")))
        if conn.dialect.name == "sqlite":
            steps = [
                row[3] for one in statements for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {one[0]}", one[1])
            ]
            assert not [step for step in steps if step.startswith("SCAN remittances")]
            assert [step for step in steps if "state=? AND payment_date=?" in step]
    assert len(free) == 10
    assert found["payment_date"].tolist() == ["2025-04-03", "2025-04-03", "2025-04-09"]
    # None is missed that is the same payment as one of tonight.
    payments = remit_keys(free.assign(body_hash=""))
    of_tonight = (free["state"] == "ready").groupby(payments).transform("any")
    assert sorted(found["remit_id"]) == sorted(free.loc[of_tonight, "remit_id"])
