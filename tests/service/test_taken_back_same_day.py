"""A payment and, on the same day, what takes it back with the denial in its place: the denial stands in every order."""

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
from tests.service.test_reversed_while_held import unapplied

R, CASE = schema.remittances, schema.denial_cases
BILL = Bill("A1", [("99213", "150")])
PAID = "CLP*A1*1*150*60*20*12*ICN1~\nSVC*HC:99213*150*60**1~\nCAS*CO*45*70~\nCAS*PR*2*20~"
BACK = "CLP*A1*22*-150*-60**12*ICN1~\nSVC*HC:99213*-150*-60**1~\nCAS*CO*45*-70~\nCAS*PR*2*-20~"
DENIED = "CLP*A1*4*150*0**12*ICN2~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
WO = "\nPLB*1999999984*20251231*WO:ICN1*-60~"
KEYS = {"first": "T6", "last": "T1"}  # of the payment, beside that of what takes it back


@pytest.fixture
def database_url(sqlite_url):
    """What takes back what is the same on both engines."""
    return sqlite_url


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def files(key):
    """Give the payment, whose key sorts `first` or `last`, and what takes it back."""
    return payment(PAID, KEYS[key], "20250310", "60"), payment(f"{BACK}\n{DENIED}{WO}", "T2", "20250310", "0")


def stands_denied(practice):
    practice.reconcile()
    check(practice)
    assert practice.balances(account="1110") == {"1110": 15000}
    assert practice.balances(account="1100") == practice.balances(account="1200") == unapplied(practice) == {}
    cases = practice.rows(sa.select(CASE.c.state, CASE.c.denied_cents))
    assert [cents for state, cents in cases if state != "closed"] == [15000]


def lived(practice, nights, key):
    practice.night(claims(BILL))
    for night in nights:
        practice.night(*(files(key)[at] for at in night))
    keys = dict(practice.rows(sa.select(R.c.trace_number, R.c.remit_key)))
    assert sorted(keys, key=keys.get).index("T2") == (1 if key == "first" else 0)
    stands_denied(practice)


def test_a_payment_that_is_read_after_what_takes_it_back_releases_no_denial(practice):
    lived(practice, [[0, 1]], "last")


@pytest.mark.long
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("nights", [[[0, 1]], [[1], [0]], [[0], [1]]], ids=str)
def test_the_denial_in_place_of_a_payment_stands_whatever_comes_first(practice, nights, key):
    lived(practice, nights, key)
    before = state(practice)
    ids = dict(practice.rows(sa.select(R.c.trace_number, R.c.remit_id)))
    for trace in (KEYS[key], "T2"):
        assert undo(practice.ctx, f"remit:{ids[trace]}", DAY).refused.empty
        check(practice)
        replay(practice.ctx, f"remit:{ids[trace]}", DAY)
        check(practice)
        assert differences(before, state(practice)) == {}
