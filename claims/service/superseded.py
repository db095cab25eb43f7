"""Replacements and voids that a payer has taken or decided come in; the claims before them are replaced or voided."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.service import life
from claims.service.context import Context
from claims.store import superseded
from claims.store.handles import Connection


def settle(conn: Connection, ctx: Context, run_id: int, posting_date: date) -> None:
    """End the claims that a version has taken the place of, and voids after which no decision comes."""
    _record(conn, ctx, run_id, posting_date, superseded.done_voids(conn).assign(event="void-done"))
    _record(conn, ctx, run_id, posting_date, superseded.replaced(conn))  # by voids that are done too


def _record(conn: Connection, ctx: Context, run_id: int, posting_date: date, rows: pd.DataFrame) -> None:
    keys = "version:" + rows["event"] + ":" + rows["claim_id"].astype("str")
    life.record(conn, rows.assign(event_key=keys), posting_date, actor=ctx.actor, run_id=run_id)
