"""A payer's receivable below zero, whatever made it so: named by an exception while it is so."""

import pytest
import sqlalchemy as sa

from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import credits, schema
from claims.store.engine import read
from tests.books import Bill, claims, remit
from tests.service.conftest import DAY

BILL = Bill("A1", [("99213", "150")], others=(("S", "PLAN TWO", "1599999999"),))
PAID = "CLP*A1*1*150*88*22*12*ICN1~\nSVC*HC:99213*150*88**1~\nCAS*CO*45*40~\nCAS*PR*2*22~"
BACK = "CLP*A1*22*-150*-88**12*ICN1~\nSVC*HC:99213*-150*-88**1~\nCAS*CO*45*-40~\nCAS*PR*2*-22~"
LESS = "CLP*A1*1*150*100*10*12*ICN1B~\nSVC*HC:99213*150*100**1~\nCAS*CO*45*40~\nCAS*PR*2*10~"
SECOND = "CLP*A1*2*150*17*5*12*S77~\nSVC*HC:99213*150*17**1~\nCAS*OA*23*128~\nCAS*PR*3*5~"
R, E = schema.remittances, schema.exceptions


def payment(segments, trace, day, cash="0", payer="PLAN ONE", number="1512345678"):
    head = f"BPR*I*{cash}*C*ACH" if cash != "0" else "BPR*H*0*C*NON"
    return remit(f"{head}************{day}~\nTRN*1*{trace}*{number}~\n{segments}", payer=payer)


def both_paid(practice):
    practice.night(
        claims(BILL),
        payment(PAID, "T1", "20250310", "88"),
        payment(SECOND, "T2", "20250412", "17", "PLAN TWO", "1599999999"),
    )


def named(practice):
    return practice.rows(sa.select(E.c.amount_cents).where(E.c.type_code == "CREDIT_BALANCE", E.c.state == "open"))


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_a_corrected_share_that_leaves_the_second_payer_in_credit_is_named(begun):
    practice = begun(both_paid)
    assert named(practice) == []
    practice.night(payment(BACK + "\n" + LESS, "T3", "20250510", "12"))
    assert practice.balances(account="1100", payer_sequence="S") == {"1100": -1200}
    assert named(practice) == [(1200,)]
    check(practice)


@pytest.mark.long
def test_the_credit_is_settled_when_the_second_payer_takes_its_money_back(begun):
    practice = begun(both_paid)
    practice.night(payment(BACK + "\n" + LESS, "T3", "20250510", "12"))
    again = SECOND.replace("A1*2*150*17*5", "A1*22*-150*-17*").replace("*150*17*", "*-150*-17*")
    again = again.replace("*23*128", "*23*-128").replace("*3*5", "*3*-5") + "\nPLB*1999999984*20251231*WO:S77*-17~"
    practice.night(payment(again, "T4", "20250520", payer="PLAN TWO", number="1599999999"))
    assert practice.balances(account="1100", payer_sequence="S") == {"1100": 1000}
    assert named(practice) == []
    check(practice)


@pytest.mark.long
def test_a_reversal_alone_leaves_a_credit_and_its_undo_none(begun):
    practice = begun(both_paid)
    practice.night(payment(BACK + "\nPLB*1999999984*20251231*WO:ICN1*-88~", "T3", "20250510"))
    assert named(practice) == [(2200,)]
    (third,) = practice.rows(sa.select(R.c.remit_id).where(R.c.trace_number == "T3"))
    undo(practice.ctx, f"remit:{third[0]}", DAY)
    assert named(practice) == []
    check(practice)


@pytest.mark.long
def test_verify_names_a_credit_that_no_exception_names(begun):
    practice = begun(both_paid)
    practice.night(payment(BACK + "\n" + LESS, "T3", "20250510", "12"))
    closed = {"closed_reason": "settled", "closed_at": "2025-06-30T00:00:00Z", "closed_posting_date": DAY}
    with practice.ctx.engine.begin() as conn:
        conn.execute(sa.update(E).where(E.c.type_code == "CREDIT_BALANCE").values(state="closed", **closed))
    with read(practice.ctx.engine) as conn:
        assert credits.unnamed_credits(conn)["off_cents"].tolist() == [1200]
    assert [one.name for one in verify(practice.ctx) if one.broken] == ["credits", "seals"]


@pytest.mark.long
def test_what_is_denied_and_charged_no_more_is_no_credit(practice):
    for number in ("D1", "D2"):
        denied = f"CLP*{number}*1*30*10**12*I{number}~\nSVC*HC:99213*10*10**1~\nSVC*HC:85025*20*0**1~\nCAS*CO*97*20~"
        bill = Bill(number, [("99213", "10"), ("85025", "20")])
        practice.night(claims(bill, control=f"00000001{number[1]}"), payment(denied, number, "20250310", "10"))
    lower = Bill("D1", [("99213", "10"), ("85025", "15")], frequency="7")
    practice.night(claims(lower, control="000000021"))
    assert (practice.balances(account="1100"), practice.balances(account="1110")) == ({"1100": -500}, {"1110": 4000})
    assert named(practice) == []
    practice.write_off("D1", "not worth it", DAY)  # what is charged of it, and no more
    assert (practice.balances(account="4200"), practice.balances(account="1100")) == ({"4200": 1500}, {})
    lower = Bill("D2", [("99213", "8"), ("85025", "15")], frequency="7")  # what was paid of a line is a credit
    practice.night(claims(lower, control="000000022"))
    assert named(practice) == [(200,)]
    check(practice)
