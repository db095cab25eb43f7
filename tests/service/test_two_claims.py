"""Claims of one number with different content: none stands until a person says which one, and then that one alone."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service.matching_by_hand import unmatch_by_hand
from claims.service.standing_claims import choice, stand
from claims.service.undo import undo
from claims.store import schema
from claims.store.engine import read
from claims.store.queries import completeness
from claims.store.queries.asof import AsOf
from tests.books import Bill, bank, claims
from tests.service.conftest import DAY
from tests.service.test_reconcile import BILL, broken, paid

OTHER = Bill("A1", [("99214", "160")], member="W9")
THIRD = Bill("A1", [("99215", "170")])
WHY = "the other one was a typing error"
C, E = schema.claims, schema.exceptions


def number(practice, cents):
    ((found,),) = practice.rows(
        sa.select(E.c.exception_id).where(E.c.type_code == "CLAIM_CONFLICT", E.c.amount_cents == cents)
    )
    return found


def states(practice):
    return [state for (state,) in practice.rows(sa.select(C.c.state).order_by(C.c.claim_id))]


def as_of(practice, day):
    with read(practice.ctx.engine) as conn:
        rows = completeness.claims(conn, AsOf(day, "9999"))
    return dict(zip(rows["state"], rows["rows"], strict=True))


def refused(practice, cents, **named):
    with pytest.raises(UsageError) as error:
        stand(practice.ctx, number(practice, cents), WHY, DAY, **named)
    return str(error.value)


def test_the_claim_that_a_person_chooses_is_in_the_books_and_nothing_displaces_it_by_itself(practice):
    days = [DAY + timedelta(n) for n in range(7)]
    practice.night(claims(BILL), day=days[0])
    told = {days[0]: as_of(practice, days[0])}
    practice.night(claims(OTHER, control="000000045"), paid(), bank(("2025-03-11", "88.00", "T1")), day=days[1])
    assert practice.exceptions() == ["CLAIM_CONFLICT", "CLAIM_CONFLICT", "UNMATCHED_CLAIM"]
    told[days[1]] = as_of(practice, days[1])
    asked = choice(practice.ctx, number(practice, 15000))
    assert asked == (0, "", False)
    stand(practice.ctx, number(practice, 15000), WHY, days[2], seen=0)
    practice.reconcile(days[2])
    told[days[2]], balances = as_of(practice, days[2]), practice.balances()
    assert balances["4000"] == -15000 and "2200" not in balances
    assert practice.exceptions() == ["CLAIM_CONFLICT"], "what waited for the claim is posted"
    assert "look at it once more" in refused(practice, 16000, seen=0)
    assert re.search("first claims undo claim:1, then claims exceptions unmatch", refused(practice, 16000))
    third, *copies = (claims(bill, control="000000046") for bill in (THIRD, BILL, OTHER))
    practice.night(third, *copies, day=days[3])
    assert states(practice) == ["stored", "held", "held", "duplicate", "held"]
    assert (practice.balances(), practice.exceptions(), broken(practice)) == (balances, ["CLAIM_CONFLICT"] * 2, [])
    told[days[3]] = as_of(practice, days[3])
    # The payment is taken back and away from the claim: then another content can stand, and the first one again.
    undo(practice.ctx, "claim:1", days[4])
    ((waits,),) = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code == "UNDONE", E.c.state == "open"))
    unmatch_by_hand(practice.ctx, waits)
    for day, cents, now in (
        (days[4], 16000, ["held", "stored", "held", "duplicate", "duplicate"]),
        (days[5], 15000, ["stored", "held", "held", "duplicate", "duplicate"]),
    ):
        stand(practice.ctx, number(practice, cents), WHY, day)
        practice.reconcile(day)
        assert (states(practice), practice.balances()["4000"], broken(practice)) == (now, -cents, [])
        told[day] = as_of(practice, day)
    assert told == {day: as_of(practice, day) for day in told}, "a report of an earlier day says what it said then"
    assert [told[day].get("held", 0) for day in days[:6]] == [0, 2, 1, 3, 2, 3]
