"""Denial cases whose decisions are undone: their events, their columns, and how both are written back."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import cases, schema, step_marks
from claims.store.load import frame
from claims.store.posting import ON_UNDONE
from claims.store.released import targets
from claims.store.rows import frame_of, in_parts

CASE, EVENT, M, P = schema.denial_cases, schema.denial_events, schema.matches, schema.claim_postings
UNDONE = "undone"


def events(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """All events of the cases that these claim payments ever touched, in order."""
    touched = sa.select(EVENT.c.case_id).distinct()
    ids = frame_of(conn, touched, EVENT.c.claim_payment_id, claim_payment_ids)["case_id"].drop_duplicates().tolist()
    names = ("event_id", "case_id", "kind", "claim_payment_id", "body", "recorded_at")
    rows = frame_of(conn, sa.select(*(EVENT.c[name] for name in names)), EVENT.c.case_id, ids)
    return rows.sort_values("event_id", ignore_index=True)


def families(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """claim_payment_id and family_id of what is matched to a claim."""
    select = sa.select(M.c.claim_payment_id, M.c.family_id).where(M.c.ended_at.is_(None), M.c.family_id.is_not(None))
    return frame_of(conn, select, M.c.claim_payment_id, claim_payment_ids)


def decisions(conn: sa.Connection, family_ids: Sequence[int], before: str = "", before_run: int = 0) -> pd.DataFrame:
    """What is in force on these claims, or was just before an instant: family_id, claim_payment_id, outcome, target_id.

    target_id is the decision that this one takes back, else 0; one that took back several has a row for each.
    `before_run`: the run that began at that instant.
    """
    target = sa.func.coalesce(P.c.reverses_claim_payment_id, 0).label("target_id")
    select = sa.select(M.c.family_id, P.c.claim_payment_id, P.c.outcome, target)
    stood = sa.and_(P.c.recorded_at < before, sa.or_(P.c.ended_at.is_(None), P.c.ended_at >= before))
    select = select.join(M, M.c.claim_payment_id == P.c.claim_payment_id)
    select = select.where(M.c.ended_at.is_(None), stood if before else P.c.ended_at.is_(None))
    rows = frame_of(conn, select, M.c.family_id, family_ids)
    took = rows[(rows["outcome"] == "posted") & (rows["target_id"] != 0)].drop(columns="target_id")
    pairs = targets(conn, took["claim_payment_id"].tolist(), before_run)
    more = took.merge(pairs, on="claim_payment_id")[rows.columns]
    return pd.concat([rows, more], ignore_index=True).drop_duplicates(ignore_index=True)


def events_of_claims(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """All events of the cases of these claims, in order, with family_id."""
    names = ("event_id", "case_id", "kind", "claim_payment_id", "body", "recorded_at")
    select = sa.select(*(EVENT.c[name] for name in names), CASE.c.family_id)
    rows = frame_of(conn, select.join(CASE, CASE.c.case_id == EVENT.c.case_id), CASE.c.family_id, family_ids)
    return rows.sort_values("event_id", ignore_index=True)


def otherwise_filed(conn: sa.Connection, family_ids: Sequence[int], since: str) -> list[int]:
    """Those of these claims whose denials have other cases than before an instant: one is gone, or new."""
    rows = events_of_claims(conn, family_ids)
    first = rows.groupby("case_id")["recorded_at"].transform("min")
    touched = rows[rows.groupby("case_id")["recorded_at"].transform("max") >= since]
    is_new = touched.loc[first.reindex(touched.index) >= since, "family_id"]
    gone = sa.select(CASE.c.case_id).where(CASE.c.outcome == UNDONE)
    ids = frame_of(conn, gone, CASE.c.case_id, touched["case_id"].drop_duplicates().tolist())["case_id"]
    is_gone = touched.loc[touched["case_id"].isin(ids), "family_id"]
    return sorted({*is_new.tolist(), *is_gone.tolist()})


def rows_of(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Cases as they are stored, an outcome that is missing as ""."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    return frame_of(conn, sa.select(*columns), CASE.c.case_id, case_ids)


def undone_by_key(conn: sa.Connection, keys: Sequence[str]) -> pd.DataFrame:
    """Cases of these keys whose opening was undone."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    found = frame(conn, sa.select(*columns).where(CASE.c.outcome == UNDONE))
    return found[found["case_key"].isin(list(keys))].reset_index(drop=True)


def save(
    conn: sa.Connection,
    changed: pd.DataFrame,
    told: pd.DataFrame,
    *,
    actor: str,
    recorded_at: str,
    run_id: int,
    unmoved: Sequence[int] = (),
) -> None:
    """Write cases back (by case_id) and their events; of those `unmoved` what a person asked for stays."""
    events = told.merge(changed[["case_id", "case_key"]], on="case_id")
    new = changed.iloc[:0]
    cases.save(conn, new, changed, events, actor=actor, recorded_at=recorded_at, run_id=run_id, unmoved=unmoved)


def look_again(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> None:
    """Let the denial rules look at the postings in force of these claim payments once more."""
    waits = sa.func.coalesce(P.c.reason_code, "") == ON_UNDONE
    own = sa.select(P.c.claim_posting_id).where(P.c.ended_at.is_(None), ~waits)
    ids = frame_of(conn, own, P.c.claim_payment_id, claim_payment_ids)
    for part in in_parts(ids["claim_posting_id"]):
        step_marks.mark(conn, step_marks.DENIALS, None, P.c.claim_posting_id.in_(part))
