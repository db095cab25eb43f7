"""Timelines of claims whose decisions are undone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import IN_LIST, frame_of, update_where_in

C, EVENT, P, X = schema.claims, schema.claim_events, schema.claim_postings, schema.rejections
OF_POSTING = "posting:"


def claims_told(conn: sa.Connection, claim_posting_ids: Sequence[int]) -> list[int]:
    """Claims whose timeline shows these postings."""
    found: set[int] = set()
    keys = [f"{OF_POSTING}{one}" for one in claim_posting_ids]
    for start in range(0, len(keys), IN_LIST):
        select = sa.select(EVENT.c.claim_id).where(EVENT.c.event_key.in_(keys[start : start + IN_LIST]))
        found |= {int(one) for one in conn.scalars(select)}
    return sorted(found)


def events(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """All events of claims in order, with is_stale: the posting that it tells of stands no more."""
    names = ("event_id", "event_key", "claim_id", "submission_id", "event", "life_before", "life_after")
    rows = frame_of(conn, sa.select(*(EVENT.c[name] for name in names)), EVENT.c.claim_id, claim_ids)
    rows = rows.sort_values("event_id", ignore_index=True)
    told = rows.loc[rows["event_key"].str.startswith(OF_POSTING), "event_key"].str[len(OF_POSTING) :].astype("int64")
    ended = sa.select(P.c.claim_posting_id).where(P.c.ended_at.is_not(None))
    gone = frame_of(conn, ended, P.c.claim_posting_id, told.tolist())["claim_posting_id"]
    return rows.assign(is_stale=told.isin(gone).reindex(rows.index, fill_value=False))


def of_families(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """All events of the claims of these families, in order."""
    names = ("event_id", "event_key", "claim_id", "event", "life_before")
    submission = sa.func.coalesce(EVENT.c.submission_id, 0).label("submission_id")
    select = sa.select(*(EVENT.c[name] for name in names), submission)
    select = select.join(C, C.c.claim_id == EVENT.c.claim_id)
    return frame_of(conn, select, C.c.family_id, family_ids).sort_values("event_id", ignore_index=True)


def reopen_rejections(conn: sa.Connection, claim_ids: Sequence[int]) -> list[int]:
    """Open the rejections of claims again that a decision had closed; give the claims."""
    select = sa.select(X.c.rejection_id, X.c.claim_id).where(X.c.closed_reason == "adjudicated")
    rows = frame_of(conn, select, X.c.claim_id, claim_ids)
    again = {"state": "open", "closed_at": None, "closed_posting_date": None, "closed_reason": None}
    update_where_in(conn, X, X.c.rejection_id, rows["rejection_id"], **again)
    return rows["claim_id"].drop_duplicates().tolist()
