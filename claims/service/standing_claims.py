"""Several claims of one number: none is in the books until a person says which one stands; then that one, alone."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.service.audited import record
from claims.service.context import Context
from claims.service.exception_acts import LEAST_REASON
from claims.service.identities import conflicts, resolved_claims
from claims.service.placing import place_versions
from claims.service.wording import visible
from claims.service.worked import LONGEST, require_seen
from claims.store import exception_acts, exceptions, identities, placing
from claims.store import standing_claims as rows_of
from claims.store.engine import read, write
from claims.store.handles import Connection

HELD = "held"


class Choice(NamedTuple):
    """What a page asks before one stands: `seen` (events of all contents), `hindrance` ("": none; else what comes
    first), `displaces` (another one stands by now, and would be held)."""

    seen: int
    hindrance: str
    displaces: bool


def choice(ctx: Context, exception_id: int) -> Choice | None:
    """Give what is to be known before the claim of an exception stands; none: it is no open one of such claims."""
    with read(ctx.engine) as conn:
        found = exception_acts.standing(conn, exception_id)
        if found is None or found.type_code != rows_of.TYPE or found.state != "open":
            return None
        rivals = rows_of.rivals(conn, exception_id)
        seen = rows_of.events(conn, identities.conflict_keys(rivals))
        return Choice(seen, _hindrance(rivals), bool((~rivals["is_own"] & (rivals["state"] == "stored")).any()))


def stand(
    ctx: Context, exception_id: int, reason: str, posting_date: date, *, seen: int | None = None
) -> dict[str, int]:
    """Say that the claim of an open exception is the one that holds: the next reconcile charges it.

    The others of its number are held: one that stood by now, too, whose charge that reconcile takes back. A copy of it
    is a duplicate. Gives claim_id and displaced (how many stood). `seen`: as in `choice`. Raises UsageError where
    another one stands and is decided or under way, saying what comes first.
    """
    reason = visible(reason)
    if not LEAST_REASON <= len(reason) <= LONGEST:
        raise UsageError(f"Say why in at least {LEAST_REASON} and at most {LONGEST} characters.")
    with write(ctx.engine) as conn:
        rivals = _rivals(conn, exception_id, seen)
        hindrance = _hindrance(rivals)
        if hindrance:
            raise UsageError(hindrance)
        chosen = rivals["is_own"] & (rivals["state"] == HELD)
        chosen &= chosen.cumsum() == 1
        if not chosen.any():
            raise UsageError("Its claim is not held any more.")
        claim_id = int(rivals.loc[chosen, "claim_id"].iloc[0])
        # A copy of one that stood stays a duplicate.
        moved = resolved_claims(rivals, chosen).assign(reason_new=identities.CLAIM_CONFLICT)
        moved = moved[moved["state"] != "duplicate"]
        identities.set_claim_states(conn, moved)
        rows_of.choose(conn, claim_id)
        exceptions.open_all(conn, conflicts(moved), posting_date)
        place_versions(conn, placing.unplaced_beside(conn, claim_id))
        exception_acts.settle(conn, exception_id, exceptions.STANDS, {"reason": reason}, ctx.actor, posting_date)
        body = {"claim_id": claim_id, "displaced": int((~moved["is_own"] & (moved["state"] == "stored")).sum())}
        record(ctx, conn, "exception.stand", f"exception {exception_id}", body)
    return body


def _rivals(conn: Connection, exception_id: int, seen: int | None) -> pd.DataFrame:
    found = exception_acts.standing(conn, exception_id)
    if found is None:
        raise NotFoundError("exception", exception_id)
    if found.type_code != rows_of.TYPE:
        raise UsageError("Only of claims with one number and different content it is to be said which one stands.")
    rivals = rows_of.rivals(conn, exception_id)
    require_seen(rows_of.events(conn, identities.conflict_keys(rivals)), seen)
    if found.closed_reason == exceptions.ACCEPTED:
        raise UsageError(f"It was accepted: first claims exceptions take-up {exception_id}.")
    if found.state != "open":
        raise UsageError("It is closed: its claim stands already.")
    return rivals


def _hindrance(rivals: pd.DataFrame) -> str:
    """Say what comes first where another claim of the number stands and cannot go back to the held ones."""
    stands = rivals[~rivals["is_own"] & rivals["is_decided"]]
    if stands.empty:
        return ""
    claim_id = int(stands["claim_id"].iloc[0])
    if stands["is_under_way"].any():
        return f"Claim {claim_id} of this number is in a batch or was sent, so it stands: give this one another number."
    return (
        f"Claim {claim_id} of this number stands and has a payment: first claims undo claim:{claim_id}, then claims "
        "exceptions unmatch of that payment."
    )
