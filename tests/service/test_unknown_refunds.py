"""A refund that the payer acknowledges and takes in one stroke leaves no balance: it is told until it is explained."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service import money_approvals, payer_refunds, takebacks
from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from tests.books import remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_unannounced import ANNOUNCED, BILLS, PAID, broken

ACKNOWLEDGED = remit("""BPR*H*0*C*NON************20250510~
                        TRN*1*T3*1512345678~
                        PLB*1999999984*20251231*72:ICN1*-88*WO:ICN1*88~""")
E = schema.exceptions


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def told(practice):
    select = sa.select(E.c.amount_cents, E.c.seg).where(E.c.type_code == "REFUND_NOT_IN_BOOKS", E.c.state == "open")
    return [cents for cents, seg in practice.rows(select) if seg]


def states(practice, state="open"):
    return takebacks.listed(practice.ctx, state=state, as_of=DAY)["state"].tolist()


@pytest.mark.long
@pytest.mark.parametrize("is_last", [True, False])
def test_it_is_told_until_the_reversal_comes_in_any_order(practice, is_last):
    """Undone and posted again, either of the two gives what the nights gave."""
    practice.night(BILLS, PAID)
    if not is_last:
        practice.night(ANNOUNCED)
    before = state(practice)
    practice.night(ACKNOWLEDGED)
    assert told(practice) == ([8800] if is_last else [])
    after = state(practice)
    undo(practice.ctx, "remit:T3", DAY)
    assert told(practice) == [] and broken(practice) == []
    left = differences(before, state(practice, without=("UNDONE",)))
    assert set(left) <= {"remittances"}
    replay(practice.ctx, "remit:T3", DAY)
    assert differences(after, state(practice)) == {}
    if is_last:
        practice.night(ANNOUNCED)
        assert told(practice) == []
        assert states(practice) == ["open"]  # announced, and our cheque is not in the books yet
    after = state(practice)
    undo(practice.ctx, "remit:T2", DAY)
    assert told(practice) == [8800] and broken(practice) == []
    replay(practice.ctx, "remit:T2", DAY)
    assert told(practice) == [] and differences(after, state(practice)) == {}


def test_a_refund_of_ours_explains_it_and_is_then_told_by_itself(practice):
    practice.night(BILLS, PAID, ACKNOWLEDGED)
    assert told(practice) == [8800]
    assert states(practice) == ["unexplained"]  # its balance is zero, and it is not done with
    paid_on = date(2025, 5, 2)
    asked = payer_refunds.request(practice.ctx, "1512345678", "ICN1", 8800, paid_on, DAY, reason="cheque of May")
    money_approvals.approve(practice.ctx, asked["request"], DAY)
    assert told(practice) == [] and practice.balances(account="2100") == {"2100": 8800}
    assert states(practice) == ["unannounced"]
    assert "PAYER_REFUND_UNANNOUNCED" in practice.exceptions() and broken(practice) == []
    payer_refunds.reverse(practice.ctx, asked["request"], "stopped", DAY)
    assert told(practice) == [8800] and broken(practice) == []
