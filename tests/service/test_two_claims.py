"""Claims of one number with different content: none stands until a person says which one, and then that one alone."""

import re
from datetime import timedelta
from hashlib import sha256

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, UsageError
from claims.service.matching_by_hand import match_by_hand, unmatch_by_hand
from claims.service.standing_claims import choice, stand
from claims.service.undo import undo
from claims.store import charging, schema
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
    """The states of the claims of each content, by what they charge."""
    found = sorted(practice.rows(sa.select(C.c.charge_cents, C.c.state)))
    return [f"{cents // 100}: {state}" for cents, state in found]


def as_of(practice, day):
    with read(practice.ctx.engine) as conn:
        rows = completeness.claims(conn, AsOf(day, "9999"))
    return dict(zip(rows["state"], rows["rows"], strict=True))


def refused(practice, cents, **named):
    with pytest.raises(UsageError) as error:
        stand(practice.ctx, number(practice, cents), WHY, DAY, **named)
    return str(error.value)


def test_the_claim_that_a_person_chooses_is_in_the_books_and_nothing_displaces_it_by_itself(practice):
    days = [DAY + timedelta(n) for n in range(5)]
    # The one that is charged would come after its copy.
    copy, first = sorted((claims(BILL, control=f"00000004{n}") for n in "12"), key=lambda one: sha256(one).hexdigest())
    practice.night(first, day=days[0])
    told = {days[0]: as_of(practice, days[0])}
    practice.night(copy, claims(OTHER), paid(), bank(("2025-03-11", "88.00", "T1")), day=days[1])
    assert practice.exceptions() == ["CLAIM_CONFLICT", "CLAIM_CONFLICT", "UNMATCHED_CLAIM"]
    ((waits,),) = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code == "UNMATCHED_CLAIM"))
    with pytest.raises(UsageError, match=r"held by exceptions \d+ and \d+ .*: claims exceptions stand NO of it"):
        match_by_hand(practice.ctx, waits, "A1")
    with pytest.raises(NotFoundError):
        match_by_hand(practice.ctx, waits, "A2")
    told[days[1]] = as_of(practice, days[1])
    assert choice(practice.ctx, number(practice, 15000)) == (0, "", False)
    stand(practice.ctx, number(practice, 15000), WHY, days[2], seen=0)
    practice.night(*(claims(bill, control="000000046") for bill in (THIRD, BILL, OTHER)), day=days[2])
    here = ["150: duplicate", "150: duplicate", "150: stored", "160: held", "160: held", "170: held"]
    assert (states(practice), broken(practice)) == (here, [])
    told[days[2]], balances = as_of(practice, days[2]), practice.balances()
    assert balances["4000"] == -15000 and "2200" not in balances
    assert practice.exceptions() == ["CLAIM_CONFLICT"] * 2, "what waited for the claim is posted"
    assert "look at it once more" in refused(practice, 16000, seen=0)
    assert re.search("first claims undo claim:1, then claims exceptions unmatch", refused(practice, 16000))
    # The payment is taken back and away from the claim: then another content can stand, and the first one again.
    undo(practice.ctx, "claim:1", days[3])
    ((waits,),) = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code == "UNDONE", E.c.state == "open"))
    unmatch_by_hand(practice.ctx, waits)
    for day, cents, now in ((days[3], 16000, ["held", "stored"]), (days[4], 15000, ["stored", "held"])):
        stand(practice.ctx, number(practice, cents), WHY, day)
        practice.reconcile(day)
        here = ["150: duplicate", "150: duplicate", f"150: {now[0]}", "160: duplicate", f"160: {now[1]}", "170: held"]
        assert states(practice) == sorted(here)
        assert (practice.balances()["4000"], broken(practice)) == (-cents, [])
        told[day] = as_of(practice, day)
    assert told == {day: as_of(practice, day) for day in told}, "a report of an earlier day says what it said then"
    assert [told[day].get("held", 0) for day in days] == [0, 3, 3, 2, 2]
    assert told[days[4]] == {"stored": 1, "held": 2, "duplicate": 3}, "as the claims say it now"
    copies = [one for (one,) in practice.rows(sa.select(C.c.claim_id).where(C.c.charge_cents == 15000))]
    with read(practice.ctx.engine) as conn:
        times = charging.generations(conn, pd.Series(copies)).tolist()
    assert sorted(times) == [0, 2, 2], "the charge of a copy that was held would have a key of its own"
