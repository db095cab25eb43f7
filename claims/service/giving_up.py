"""Claims that a person gives up, sent or not: withdrawn, their charge named by an exception until that is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from claims.service import life
from claims.service.context import Context
from claims.store import clock, exceptions
from claims.store.handles import Connection
from claims.store.queries import given_up

WITHDRAWN = "withdrawn"
TAKEN_UP = "taken up again"


def name_charges(conn: Connection, claims: pd.DataFrame, posting_date: date) -> None:
    """Open the exceptions that name what claims (claim_id, amount_cents) charge that nobody sends."""
    keys = _keys(claims["claim_id"].tolist())
    exceptions.open_all(conn, claims.assign(exception_key=keys, type_code=given_up.CLAIM), posting_date)


def close_named(conn: Connection, claim_ids: Sequence[int], posting_date: date) -> None:
    """Close them, where there are any: the claims are taken up again."""
    exceptions.close_keys(conn, _keys(claim_ids), TAKEN_UP, posting_date)


def live(ctx: Context, conn: Connection, claims: pd.DataFrame, event: str, posting_date: date) -> None:
    """Let it happen to claims (claim_id), each once; `subject`: what of it the person worked on.

    It may be done and taken back again: so its key says when it was.
    """
    once = claims.drop_duplicates("claim_id")
    keys = once["subject"] + f":{event}:{clock.now()}"
    rows = pd.DataFrame({"claim_id": once["claim_id"], "event": event, "event_key": keys})
    life.record(conn, rows.astype({"event": "str", "event_key": "str"}), posting_date, actor=ctx.actor)


def _keys(claim_ids: Sequence[int]) -> list[str]:
    return [f"claim:{one}:given-up" for one in claim_ids]
