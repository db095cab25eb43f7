"""Denials that stand after what came beside them is taken back: their money is on 1110, their case is open."""

import pytest
import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import payment

R, CASE = schema.remittances, schema.denial_cases
BILL = Bill("A1", [("99213", "150")])
DENIED = "CLP*A1*4*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
PAID = "CLP*A1*1*150*60*20*12*ICN2~\nSVC*HC:99213*150*60**1~\nCAS*CO*45*70~\nCAS*PR*2*20~"
BACK = "CLP*A1*22*-150*-60**12*ICN2~\nSVC*HC:99213*-150*-60**1~\nCAS*CO*45*-70~\nCAS*PR*2*-20~"
WO = "\nPLB*1999999984*20251231*WO:ICN2*-60~"
HELD = "CLP*A2*1*150*112.5**12*ICN2~\nSVC*HC:99213*75*75**1~\nSVC*HC:85025*75*37.5**1~\nCAS*CO*45*18.75**197*18.75~"
HELD_BACK = (
    "CLP*A2*22*-150*-112.5**12*ICN2~\nSVC*HC:99213*-75*-75**1~\nSVC*HC:85025*-75*-37.5**1~\n"
    "CAS*CO*45*-18.75**197*-18.75~"
)
STANDS = "CLP*A2*1*150*75**12*ICN3~\nSVC*HC:99213*75*75**1~\nSVC*HC:85025*75*0**1~\nCAS*CO*29*75~"


@pytest.fixture
def database_url(sqlite_url):
    """What becomes of cases is the same on both engines."""
    return sqlite_url


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def stands_denied(practice, cents):
    check(practice)
    assert practice.balances(account="1110") == {"1110": cents}
    assert practice.balances(account="1100") == {}
    cases = practice.rows(sa.select(CASE.c.state, CASE.c.denied_cents).where(CASE.c.outcome.is_(None)))
    assert cases == [("new", cents)]


def remittance(practice, trace):
    return practice.rows(sa.select(R.c.remit_id).where(R.c.trace_number == trace))[0][0]


def test_a_decision_held_and_taken_back_in_its_own_set_ends_no_case_of_another(practice):
    practice.night(claims(Bill("A2", [("99213", "75"), ("85025", "75")])))
    practice.night(payment(STANDS, "T1", "20250325", "75"))
    practice.night(payment(f"{HELD}\n{HELD_BACK}", "T2", "20250325"))
    stands_denied(practice, 7500)


@pytest.mark.long
def test_a_denial_that_is_posted_only_after_the_replay_of_a_reversal_has_its_case(practice):
    practice.night(claims(BILL))
    practice.night(payment(PAID, "T1", "20250311", "60"))
    practice.night(payment(DENIED, "T2", "20250310"))
    practice.night(payment(BACK + WO, "T3", "20250318"))
    before = state(practice)
    for trace in ("T2", "T3"):
        assert undo(practice.ctx, f"remit:{remittance(practice, trace)}", DAY).refused.empty
    for trace in ("T2", "T3"):
        replay(practice.ctx, f"remit:{remittance(practice, trace)}", DAY)
        check(practice)
    practice.reconcile()
    stands_denied(practice, 15000)
    assert differences(before, state(practice)) == {}
