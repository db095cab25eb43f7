"""A denial that a payment released without a reversal stands again once the payment is taken back, in every order."""

from itertools import permutations

import pytest
import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from tests.books import Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import payment
from tests.service.test_lost_denials import check

CASE, C = schema.denial_cases, schema.claims
DENIED = "CLP*A1*4*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
PAID = "CLP*A1*1*150*100**12*ICN2~\nSVC*HC:99213*150*100**1~\nCAS*CO*45*40~\nCAS*PR*2*10~"
PAID_BACK = (
    "CLP*A1*22*-150*-100**12*ICN2~\nSVC*HC:99213*-150*-100**1~\nCAS*CO*45*-40~\nCAS*PR*2*-10~\n"
    "PLB*1999999984*20251231*WO:ICN2*-100~"
)
NIGHTS = [payment(DENIED, "T1", "20250311", "0"), payment(PAID, "T2", "20250312", "100"),
          payment(PAID_BACK, "T3", "20250313", "0")]  # fmt: skip


AGAIN, BACK = DENIED.replace("ICN1", "ICN3"), "CLP*A1*22*-150*0**12*{}~\nSVC*HC:99213*-150*0**1~\nCAS*CO*197*-150~"
# Two corrections of one payment day: the last set takes back the payment and denies once more.
ONE_DAY = [payment(DENIED, "T1", "20250311", "0"), payment(f"{BACK.format('ICN1')}\n{PAID}", "T2", "20250311", "100"),
           payment(PAID_BACK.replace("\nPLB", f"\n{AGAIN}\nPLB"), "T3", "20250311", "0")]  # fmt: skip
# Two denials of different days, and a set that takes both back and pays.
BOTH_BACK = [payment(DENIED, "T1", "20250310", "0"), payment(AGAIN, "T3", "20250311", "0"),
             payment(f"{BACK.format('ICN1')}\n{BACK.format('ICN3')}\n{PAID}", "T2", "20250312", "100")]  # fmt: skip
# One line paid and one denied; a number of its own decides the denied line, and is taken back.
HALF = "CLP*A1*1*150*75**12*ICN1~\nSVC*HC:99213*75*75**1~\nSVC*HC:85025*75*0**1~\nCAS*CO*45*15**197*60~"
OTHER = "CLP*A1*1*75*60**12*ICN2~\nSVC*HC:85025*75*60**1~\nCAS*CO*45*15~"
OTHER_BACK = (
    "CLP*A1*22*-75*-60**12*ICN2~\nSVC*HC:85025*-75*-60**1~\nCAS*CO*45*-15~\nPLB*1999999984*20251231*WO:ICN2*-60~"
)
# As the first, and the set that takes the payment back denies once more: the first denial is over in every order.
LATER = [*NIGHTS[:2], payment(PAID_BACK.replace("\nPLB", f"\n{AGAIN}\nPLB"), "T3", "20250313", "0")]
LONG = pytest.mark.long


def orders(*short):
    """All orders of three nights; those that are not `short` run long."""
    return [order if order in short else pytest.param(order, marks=LONG) for order in permutations(range(3))]


@pytest.fixture
def database_url(sqlite_url):
    """What stands is the same on both engines."""
    return sqlite_url


def stands(practice):
    """Receivables, open cases, and the life of the claim."""
    check(practice)
    cases = practice.rows(sa.select(CASE.c.state, CASE.c.at_risk_cents).where(CASE.c.state != "closed"))
    money = {account: practice.balances(account=account).get(account, 0) for account in ("1100", "1110", "1200")}
    return money, cases, practice.rows(sa.select(C.c.life))


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("order", orders((0, 1, 2), (0, 2, 1)), ids=str)
def test_a_denial_that_nobody_took_back_stands_in_every_order(practice, order):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    for one in order:
        practice.night(NIGHTS[one])
    assert stands(practice) == ({"1100": 0, "1110": 15000, "1200": 0}, [("new", 15000)], [("denied",)])
    before = state(practice)
    for number in (3, 2, 1):
        assert undo(practice.ctx, f"remit:T{number}", DAY).refused.empty
        check(practice)
        assert replay(practice.ctx, f"remit:T{number}", DAY).refused.empty
        check(practice)
        assert differences(before, state(practice)) == {}


@pytest.mark.parametrize("order", orders((2, 0, 1)), ids=str)
def test_a_denial_stands_beside_one_that_is_taken_back_of_its_day(practice, order):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    for one in order:
        practice.night(ONE_DAY[one])
    assert stands(practice) == ({"1100": 0, "1110": 15000, "1200": 0}, [("new", 15000)], [("denied",)])


@pytest.mark.long
@pytest.mark.parametrize("order", orders((1, 0, 2)), ids=str)
def test_a_denial_that_came_late_asks_for_no_reversal_once_the_payer_has_denied_again(practice, order):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    for one in order:
        practice.night(LATER[one])
    assert stands(practice) == ({"1100": 0, "1110": 15000, "1200": 0}, [("new", 15000)], [("denied",)])
    assert practice.exceptions() == ["REMIT_WITHOUT_DEPOSIT"]
    before = state(practice)
    assert undo(practice.ctx, "remit:T3", DAY).refused.empty
    if order == (1, 0, 2):
        assert "CORRECTION_WITHOUT_REVERSAL" in practice.exceptions()
    check(practice)
    assert replay(practice.ctx, "remit:T3", DAY).refused.empty
    assert differences(before, state(practice)) == {}
    assert practice.reconcile()["journals"] == 0 and differences(before, state(practice)) == {}


@pytest.mark.long
@pytest.mark.parametrize("order", orders((0, 2, 1)), ids=str)
def test_one_payment_recovers_two_denials_that_it_took_back_once(practice, order):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    for one in order:
        practice.night(BOTH_BACK[one])
    assert stands(practice) == ({"1100": 0, "1110": 0, "1200": 1000}, [], [("paid",)])
    assert practice.rows(sa.select(CASE.c.outcome, CASE.c.recovered_cents)) == [("overturned", 10000)]


def test_a_line_that_a_decision_on_it_had_released_stands_denied_again(practice):
    practice.night(claims(Bill("A1", [("99213", "75"), ("85025", "75")])))
    practice.night(payment(HALF, "T1", "20250311", "75"))
    denied, claim = stands(practice), practice.balances(family_id=1)
    practice.night(payment(OTHER, "T2", "20250312", "60"))
    assert stands(practice)[1] == []
    practice.night(payment(OTHER_BACK, "T3", "20250313", "0"))
    assert denied[0]["1110"] == 6000 and stands(practice)[:2] == denied[:2]
    assert practice.balances(family_id=1) == claim
    before = state(practice)
    for number in (3, 2, 1):
        assert undo(practice.ctx, f"remit:T{number}", DAY).refused.empty
        check(practice)
        assert replay(practice.ctx, f"remit:T{number}", DAY).refused.empty
        assert differences(before, state(practice)) == {}
