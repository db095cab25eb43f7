"""A remittance with a reversal is posted again after the one whose decision it took back, or it says so."""

import pytest

from claims.service.replay import replay
from claims.service.undo import undo
from tests.books import remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import AGAIN as AGAIN_A1
from tests.service.test_late_decisions import PAID as PAID_A1
from tests.service.test_late_decisions import PAID_BACK as BACK_A1
from tests.service.test_late_decisions import payment
from tests.service.test_unannounced import ANNOUNCED, BILLS, PAID, number_of


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def refused(practice, trace):
    """Try a replay; give what has to be typed before."""
    found = replay(practice.ctx, f"remit:{trace}", DAY).refused
    return found["command"].tolist() if len(found) else []


def test_a_reversal_is_replayed_after_what_it_took_back(practice):
    practice.night(BILLS, PAID)
    practice.night(ANNOUNCED)
    before, first = state(practice), number_of(practice, "T1")
    undo(practice.ctx, "remit:T2", DAY)
    undo(practice.ctx, "remit:T1", DAY)
    undone = state(practice)
    assert refused(practice, "T2") == [f"claims replay remit:{first}"]
    assert differences(undone, state(practice)) == {}
    assert refused(practice, "T1") == [] == refused(practice, "T2")
    assert differences(before, state(practice)) == {}


@pytest.mark.long
def test_two_that_took_back_decisions_of_each_other_hold_each_other_not_up(practice):
    back = "CLP*{0}*22*-{1}*-{1}**12*{2}~\nSVC*HC:{3}*-{1}*-{1}**1~\n"
    paid = "CLP*{0}*1*{1}*{1}**12*{2}~\nSVC*HC:{3}*{1}*{1}**1~\n"
    a1, c1 = ("A1", 150, "ICN1", "99213"), ("C1", 500, "ICN9", "99214")
    older = "BPR*H*0*C*NON************20250310~\nTRN*1*T1*1512345678~\n" + paid.format(*a1) + back.format(*c1)
    newer = "BPR*I*350*C*ACH************20250410~\nTRN*1*T2*1512345678~\n" + paid.format(*c1) + back.format(*a1)
    practice.night(BILLS, remit(older + "PLB*1999999984*20251231*WO:ICN9*-350~"))
    practice.night(remit(newer))
    for target in ("remit:T1", "remit:T2"):
        assert undo(practice.ctx, target, DAY).refused.empty
    assert refused(practice, "T2") == [] == refused(practice, "T1")


@pytest.mark.long
def test_a_reversal_that_waited_for_what_was_undone_before_it_waits_again(practice):
    practice.night(BILLS, ANNOUNCED)
    practice.night(PAID)
    before, last = state(practice), number_of(practice, "T1")
    assert undo(practice.ctx, f"remit:{last}", DAY).refused.empty
    undo(practice.ctx, "remit:T2", DAY)
    assert refused(practice, "T2") == [] == refused(practice, "T1")
    assert differences(before, state(practice)) == {}


def test_decisions_that_were_undone_by_themselves_come_back_in_their_order_too(practice):
    practice.night(BILLS, payment(PAID_A1, "ONE", "20250310", "88"))
    practice.night(payment(f"{BACK_A1}\n{AGAIN_A1}", "TWO", "20250410", "12"))
    before = state(practice)
    undo(practice.ctx, "claim:1", DAY)
    # As a person types it: the command that a refusal names, by its trace number, until there is none.
    assert undo(practice.ctx, "remit:TWO", DAY).refused["command"].tolist() == ["claims replay remit:TWO"]
    assert refused(practice, "TWO") == ["claims replay remit:ONE"]
    assert refused(practice, "ONE") == [] == refused(practice, "TWO")
    assert differences(before, state(practice)) == {}
    undo(practice.ctx, "remit:TWO", DAY)
    undo(practice.ctx, "claim:1", DAY)
    assert refused(practice, "TWO") == ["claims replay remit:ONE"]
    assert refused(practice, "ONE") == [] == refused(practice, "TWO")
    assert differences(before, state(practice)) == {}
