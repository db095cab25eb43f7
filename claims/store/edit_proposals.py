"""Rows of edit proposals: the edit that would have caught what a payer rejected, with its present switch."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.rows import insert_keyed, update_where_in

PROPOSAL = schema.edit_proposals


def put(conn: sa.Connection, rows: pd.DataFrame, posting_date: date, actor: str) -> int:
    """Write proposals (edit_id, payer_code, severity, present_severity, rejections, amount_cents); give the new ones.

    One that is known keeps its state and gets the new figures.
    """
    known = frame(conn, sa.select(PROPOSAL.c.edit_id, PROPOSAL.c.payer_code, PROPOSAL.c.edit_proposal_id))
    both = rows.merge(known, on=["edit_id", "payer_code"], how="left")
    is_new = both["edit_proposal_id"].isna()
    insert_keyed(
        conn,
        PROPOSAL,
        both[is_new]
        .drop(columns="edit_proposal_id")
        .assign(state="open", posting_date=posting_date.isoformat(), recorded_at=clock.now(), actor=actor),
    )
    figures = ("present_severity", "rejections", "amount_cents")
    bulk_update(conn, PROPOSAL, both.loc[~is_new, ["edit_proposal_id", *figures]].astype({"edit_proposal_id": "int64"}))
    return int(is_new.sum())


def listed(conn: sa.Connection, state: str) -> pd.DataFrame:
    """Read the proposals of a state (empty: any), what costs most first."""
    select = sa.select(*(column for column in PROPOSAL.c if column.name != "actor"))
    if state:
        select = select.where(PROPOSAL.c.state == state)
    return frame(conn, select.order_by(PROPOSAL.c.amount_cents.desc(), PROPOSAL.c.edit_id, PROPOSAL.c.payer_code))


def set_state(conn: sa.Connection, edit_proposal_id: int, state: str, actor: str) -> None:
    """Close a proposal as accepted or dismissed."""
    closed = {"state": state, "closed_at": clock.now(), "actor": actor}
    update_where_in(conn, PROPOSAL, PROPOSAL.c.edit_proposal_id, [edit_proposal_id], **closed)
