"""A claim is paid twice, one of the two taken back, and the claim decided anew: what stands goes, what waits stays."""

import itertools

import pytest
import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import AGAIN, BILL, PAID, PAID_BACK, payment
from tests.service.test_reversed_while_held import unapplied

R = schema.remittances
WO = "\nPLB*1999999984*20251231*WO:ICN1*-{}~"
OWN, ORIGINAL = PAID_BACK.replace("ICN1", "ICN9"), "\nREF*F8*{}~\nSVC"
# By how the third payment says which of two it takes back, and what it decides instead: the number of the second one,
# what the third one says, its cash, and which payment it takes back where each night brings one.
TWICE = {
    "one number": ("ICN1", f"{PAID_BACK}\n{AGAIN}", 12, "T1"),
    "the correction first": ("ICN1", f"{AGAIN}\n{PAID_BACK}", 12, "T1"),
    "no number": ("ICN3", f"{PAID_BACK.replace('ICN1', '')}\n{AGAIN}", 12, "T1"),
    "the number of the first": ("ICN3", f"{PAID_BACK}\n{AGAIN}", 12, "T1"),
    "the number of the second": ("ICN3", f"{PAID_BACK.replace('ICN1', 'ICN3')}\n{AGAIN}", 12, "T2"),
    "a reference to the second": ("ICN3", OWN.replace("\nSVC", ORIGINAL.format("ICN3")) + "\n" + AGAIN, 12, "T2"),
    "no correction": ("ICN1", PAID_BACK, -88, "T2"),
    "both": ("ICN1", f"{PAID_BACK}\n{PAID_BACK}\n{AGAIN}", -76, ""),
}


@pytest.fixture
def database_url(sqlite_url):
    """What takes back what is the same on both engines."""
    return sqlite_url


def paid_twice(practice, name, nights):
    number, third, cash, _ = TWICE[name]
    third += WO.format(-cash) if cash < 0 else ""
    files = [
        payment(PAID, "T1", "20250310", "88"),
        payment(PAID.replace("ICN1", number), "T2", "20250317", "88"),
        payment(third, "T3", "20250324", str(max(cash, 0))),
    ]
    practice.night(claims(BILL))
    for night in nights:
        practice.night(*(files[at] for at in night))
    check(practice)


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if at else []) for at, name in enumerate(TWICE)]
)
def test_a_correction_comes_in_place_of_the_decision_that_stands_not_of_a_payment_that_waits(practice, name):
    """The payer pays a claim twice, takes one of the two back and decides the claim anew."""
    paid_twice(practice, name, IN_ORDER)
    taken = TWICE[name][3]
    left = {"T1": {"T2": -8800}, "T2": {"T3": -10000}, "": {}}[taken if name != "no correction" else ""]
    assert unapplied(practice) == left
    # The patient owes what the last decision that stands says.
    assert practice.balances(account="1200") == {"1200": 2200 if taken == "T2" else 1000}
    named = [one for one in practice.exceptions() if one != "REMIT_WITHOUT_DEPOSIT"]
    assert named == (["CORRECTION_WITHOUT_REVERSAL"] if left else [])


AGAIN_BACK = """CLP*A1*22*-150*-100**12*ICN2~\nSVC*HC:99213*-150*-100**1~\nCAS*CO*45*-40~\nCAS*PR*2*-10~
PLB*1999999984*20251231*WO:ICN1*-100~"""


@pytest.mark.long
def test_what_waits_and_is_taken_back_where_it_lies_is_not_decided_too(practice):
    """Paid, corrected and taken back on one day: the key of the second payment sorts first, so the first one waits."""
    practice.night(claims(BILL))
    corrected = f"{PAID_BACK}\n{AGAIN}"
    told = [(PAID, "T51", "88"), (corrected, "T52", "12"), (AGAIN_BACK, "T53", "0")]
    practice.night(*(payment(said, trace, "20250310", cash) for said, trace, cash in told))
    keys = dict(practice.rows(sa.select(R.c.trace_number, R.c.remit_key)))
    assert sorted(keys, key=keys.get) == ["T52", "T51", "T53"]
    check(practice)
    assert practice.balances(account="1100") == {"1100": 15000}
    assert unapplied(practice) == {}


IN_ORDER = [[0], [1], [2]]
OTHERS = [*([[one] for one in order] for order in itertools.permutations(range(3))), [[0, 1, 2]], [[0, 1], [2]]][1:]


@pytest.mark.long
@pytest.mark.parametrize("nights", OTHERS, ids=str)
def test_in_every_order_of_nights_the_correction_is_posted_and_one_payment_named(practice, nights):
    paid_twice(practice, "one number", nights)
    assert practice.balances(account="1200") == {"1200": 1000}
    assert list(unapplied(practice).values()) == [-8800]
    assert "CORRECTION_WITHOUT_REVERSAL" in practice.exceptions()


@pytest.mark.long
@pytest.mark.parametrize("nights", [IN_ORDER, [[0], [2], [1]]], ids=str)
@pytest.mark.parametrize("name", ["one number", "both"])
def test_a_replay_takes_back_what_was_taken_back_the_first_time(practice, name, nights):
    paid_twice(practice, name, nights)
    before = state(practice)
    ids = dict(practice.rows(sa.select(R.c.trace_number, R.c.remit_id)))
    for trace in ("T1", "T2", "T3"):
        assert undo(practice.ctx, f"remit:{ids[trace]}", DAY).refused.empty
        check(practice)
        replay(practice.ctx, f"remit:{ids[trace]}", DAY)
        check(practice)
        assert differences(before, state(practice)) == {}
