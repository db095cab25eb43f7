"""Claims that a person gives up, sent or not: withdrawn, their charge named by an exception until that is accepted."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.service import life
from claims.service.context import Context
from claims.store import clock, exceptions
from claims.store.handles import Connection
from claims.store.queries import given_up

WITHDRAWN = "withdrawn"
TAKEN_UP = "taken up again"


def name_charge(conn: Connection, claim_id: int, amount_cents: int, posting_date: date) -> None:
    """Open the exception that names what a claim charges that nobody sends."""
    named = {"exception_key": _key(claim_id), "type_code": given_up.CLAIM, "claim_id": claim_id}
    exceptions.open_all(conn, pd.DataFrame([named | {"amount_cents": amount_cents}]), posting_date)


def close_named(conn: Connection, claim_id: int, posting_date: date) -> None:
    """Close it, where there is one: the claim is taken up again."""
    exceptions.close_keys(conn, [_key(claim_id)], TAKEN_UP, posting_date)


def live(ctx: Context, conn: Connection, subject: str, claim_id: int, event: str, posting_date: date) -> None:
    """Let it happen to the claim; `subject`: what the person worked on, for it may be done and taken back again."""
    key = f"{subject}:{event}:{clock.now()}"
    rows = pd.DataFrame({"claim_id": [claim_id], "event": event, "event_key": key})
    life.record(conn, rows, posting_date, actor=ctx.actor)


def _key(claim_id: int) -> str:
    return f"claim:{claim_id}:given-up"
