"""The life of claims in the database: where each is, and the timeline that says how it came there."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of, insert_keyed, update_where_in

C, S, EVENT = schema.claims, schema.submissions, schema.claim_events

UNSENT = ("draft", "blocked", "ready")  # where a claim is that has not left


def of_claims(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read where claims are: claim_id, family_id, life, charge_cents, and their own key."""
    columns = (C.c.claim_id, C.c.family_id, C.c.life, C.c.charge_cents, C.c.claim_key, C.c.body_hash)
    return frame_of(conn, sa.select(*columns), C.c.claim_id, claim_ids)


def places_taken(conn: sa.Connection, made: Sequence[int], *, is_any_payer: bool = False) -> pd.DataFrame:
    """Tell in the place of which claims claims were made, and where those were then: to another payer or not sent yet.

    `is_any_payer`: also in the place of those that this payer has answered.

    made_claim_id, claim_id, life_before.
    """
    before = C.alias("before")
    select = sa.select(C.c.claim_id.label("made_claim_id"), EVENT.c.claim_id, EVENT.c.life_before, EVENT.c.event_id)
    select = select.join(EVENT, EVENT.c.claim_id == C.c.follows_claim_id)
    select = select.join(before, before.c.claim_id == C.c.follows_claim_id)
    select = select.where(EVENT.c.event == "corrected")
    is_free = sa.or_(before.c.payer_code != C.c.payer_code, EVENT.c.life_before.in_(UNSENT))
    select = select if is_any_payer else select.where(is_free)
    found = frame_of(conn, select, C.c.claim_id, made).sort_values("event_id")
    return found.drop_duplicates("made_claim_id", keep="last", ignore_index=True)


def corrections(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read the claims made of others that stand, the last of each: claim_id, later_claim_id, life, action_id (0: no
    action made it)."""
    later, made = C.alias("later"), schema.denial_events
    of_action = sa.select(sa.func.max(made.c.action_id)).where(made.c.claim_id == later.c.claim_id).scalar_subquery()
    names = (later.c.follows_claim_id.label("claim_id"), later.c.claim_id.label("later_claim_id"), later.c.life)
    select = sa.select(*names, sa.func.coalesce(of_action, 0).label("action_id"))
    select = select.where(later.c.life != "withdrawn")
    found = frame_of(conn, select, later.c.follows_claim_id, claim_ids).sort_values("later_claim_id")
    return found.drop_duplicates("claim_id", keep="last", ignore_index=True)


def moved_since(conn: sa.Connection, claim_ids: Sequence[int], instant: str) -> list[int]:
    """Tell which claims something happened to after an instant."""
    select = sa.select(EVENT.c.claim_id).where(EVENT.c.recorded_at > instant).distinct()
    return [int(one) for one in frame_of(conn, select, EVENT.c.claim_id, claim_ids)["claim_id"]]


def known_keys(conn: sa.Connection, keys: Sequence[str]) -> set[str]:
    """Tell which of these event keys the timeline holds already."""
    found: set[str] = set()
    for start in range(0, len(keys), IN_LIST):
        part = list(keys[start : start + IN_LIST])
        found |= set(frame(conn, sa.select(EVENT.c.event_key).where(EVENT.c.event_key.in_(part)))["event_key"])
    return found


def save_events(conn: sa.Connection, events: pd.DataFrame, *, posting_date: str, actor: str, run_id: int) -> None:
    """Append events with life_before and life_after to the timeline."""
    at = clock.now()
    insert_keyed(conn, EVENT, events.assign(posting_date=posting_date, actor=actor, run_id=run_id, recorded_at=at))


def set_lives(conn: sa.Connection, lives: pd.DataFrame) -> None:
    """Write `life` of each claim_id."""
    for life, part in lives.groupby("life"):
        update_where_in(conn, C, C.c.claim_id, part["claim_id"], life=life)


def set_submission_states(conn: sa.Connection, states: pd.DataFrame) -> None:
    """Write `state` of each submission_id."""
    for state, part in states.groupby("state"):
        update_where_in(conn, S, S.c.submission_id, part["submission_id"], state=state)
