"""Claims that were made of denial cases, where they are now, and what the edits say of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total
from claims.store.rows import frame_of

C, CASE, EVENT, FINDING = schema.claims, schema.denial_cases, schema.denial_events, schema.edit_findings
MADE = ("resubmitted", "billed_other")
BLOCKED = "blocked"
_OVER = ("replaced", "voided", "withdrawn")
_STOPS = sa.and_(FINDING.c.ended_at.is_(None), FINDING.c.severity == "block")
_IS_BLOCKED = sa.and_(C.c.origin == "to_send", C.c.state == "stored", C.c.life == BLOCKED)


def origins(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Tell of families whether any version is ours to send: family_id, is_ours."""
    select = sa.select(C.c.family_id, C.c.origin).where(C.c.state == "stored")
    found = frame_of(conn, select, C.c.family_id, family_ids)
    is_ours = found["origin"].eq("to_send").groupby(found["family_id"]).any()
    return is_ours.rename("is_ours").reset_index()


def of_cases(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Give the claim that was made of each case last, as it is corrected by now: case_id, claim_id, life."""
    select = sa.select(EVENT.c.event_id, EVENT.c.case_id, C.c.family_id, C.c.payer_sequence)
    select = select.join(C, C.c.claim_id == EVENT.c.claim_id).where(EVENT.c.kind.in_(MADE))
    made = frame_of(conn, select, EVENT.c.case_id, case_ids).sort_values("event_id")
    made = made.drop_duplicates("case_id", keep="last")
    versions = sa.select(C.c.claim_id, C.c.family_id, C.c.payer_sequence, C.c.version, C.c.life)
    versions = versions.where(C.c.origin == "to_send", C.c.state != "duplicate", C.c.life.not_in(_OVER))
    found = frame_of(conn, versions, C.c.family_id, made["family_id"].drop_duplicates().tolist())
    last = found.sort_values(["version", "claim_id"]).drop_duplicates(["family_id", "payer_sequence"], keep="last")
    return made.merge(last, on=["family_id", "payer_sequence"])[["case_id", "claim_id", "life"]]


def blocks(conn: sa.Connection, made: pd.DataFrame) -> pd.DataFrame:
    """Give what stops claims (case_id, claim_id): case_id, claim_id and edit_id, each edit once."""
    select = sa.select(FINDING.c.claim_id, FINDING.c.edit_id).where(_STOPS).distinct()
    found = frame_of(conn, select, FINDING.c.claim_id, made["claim_id"].drop_duplicates().tolist())
    rows = made.merge(found, on="claim_id").sort_values(["case_id", "edit_id"], ignore_index=True)
    return rows[["case_id", "claim_id", "edit_id"]].astype({"case_id": "int64", "claim_id": "int64"})


def stopped(conn: sa.Connection, most: int) -> pd.DataFrame:
    """Read claims that an edit blocks, the largest first, with the case that each was made of (key; empty: of none)."""
    made = sa.select(sa.func.max(EVENT.c.case_id)).where(EVENT.c.claim_id == C.c.claim_id, EVENT.c.kind.in_(MADE))
    key = sa.select(CASE.c.case_key).where(CASE.c.case_id == made.scalar_subquery()).scalar_subquery()
    names = ("claim_id", "claim_number", "payer_code", "payer_name", "charge_cents", "purpose", "version")
    select = sa.select(*(C.c[name] for name in names), sa.func.coalesce(key, "").label("case_key"))
    return frame(conn, select.where(_IS_BLOCKED).order_by(C.c.charge_cents.desc(), C.c.claim_id).limit(most))


def reasons(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read what stops claims, each sentence once: claim_id, edit_id, line_number, message."""
    names = ("claim_id", "edit_id", "line_number", "message")
    select = sa.select(*(FINDING.c[name] for name in names)).where(_STOPS).distinct()
    found = frame_of(conn, select, FINDING.c.claim_id, claim_ids)
    return found.sort_values(["claim_id", "line_number", "edit_id"], ignore_index=True)


def stopped_totals(conn: sa.Connection) -> tuple[int, int]:
    """Count the claims that an edit blocks, and add up what they charge."""
    row = conn.execute(sa.select(count(), total(C.c.charge_cents)).where(_IS_BLOCKED)).one()
    return int(row[0]), int(row[1])
