"""What the actions of the desk look up: claims behind cases, originals of repeats, requests, claims that left."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of

C, CP, SP, R = schema.claims, schema.claim_payments, schema.service_payments, schema.remittances
CASE, ACTION, EVENT, LIFE = schema.denial_cases, schema.denial_actions, schema.denial_events, schema.claim_events
B, J = schema.claim_payers, schema.journals


def waiting_actions(conn: sa.Connection) -> pd.DataFrame:
    """Read the actions that wait for a second person, oldest first."""
    return frame(conn, sa.select(ACTION).where(ACTION.c.state == "waiting_approval").order_by(ACTION.c.action_id))


def asked_for(conn: sa.Connection, action_ids: Sequence[int]) -> pd.DataFrame:
    """Read the cases that wait with these actions: action_id, case_id, case_key, claim, payer, cause, amount asked."""
    names = ("case_id", "case_key", "claim_number", "payer_name", "payer_code", "cause")
    select = sa.select(EVENT.c.event_id, EVENT.c.action_id, EVENT.c.amount_cents, *(CASE.c[name] for name in names))
    select = select.join(CASE, CASE.c.case_id == EVENT.c.case_id).where(CASE.c.pending_action_id == EVENT.c.action_id)
    found = frame_of(conn, select, EVENT.c.action_id, action_ids)
    found = found.drop_duplicates(["action_id", "case_id"])
    return found.sort_values(["action_id", "amount_cents", "case_id"], ascending=[True, False, True], ignore_index=True)


def of_member(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read the decisions on all claims of the member of a family, the most paid first; no takebacks."""
    own, match = C.alias("own"), schema.matches
    select = (
        sa.select(CP.c.claim_payment_id, CP.c.claim_number, CP.c.charge_cents, CP.c.paid_cents, R.c.payment_date)
        .select_from(own)
        .join(C, sa.and_(C.c.member_id == own.c.member_id, C.c.patient_first_name == own.c.patient_first_name))
        .join(match, sa.and_(match.c.family_id == C.c.family_id, match.c.ended_at.is_(None)))
        .join(CP, CP.c.claim_payment_id == match.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(own.c.family_id == family_id, own.c.member_id != "", R.c.state == "posted", CP.c.status_code != "22")
    )
    return frame(conn, select.distinct().order_by(CP.c.paid_cents.desc(), CP.c.claim_payment_id).limit(100))


def claims_of(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Read the claims of families, the last version last."""
    columns = (C.c.claim_id, C.c.family_id, C.c.payer_sequence, C.c.version, C.c.life, C.c.origin, C.c.state)
    select = sa.select(*columns).where(C.c.state != "duplicate").order_by(C.c.family_id, C.c.version, C.c.claim_id)
    return frame_of(conn, select, C.c.family_id, family_ids)


def to_transfer(conn: sa.Connection) -> pd.DataFrame:
    """Cases billed to another payer whose claim has left, and whose money was not moved there yet.

    event_id and the columns of cases that `service.desk.held` wants; next_payer_code and next_sequence; takes_place:
    the payer is billed in the place of the one that denied, or before it.
    """
    left = sa.select(sa.literal(1)).where(LIFE.c.claim_id == EVENT.c.claim_id, LIFE.c.event == "released")
    moved = EVENT.alias("moved")
    is_moved = sa.select(sa.literal(1)).where(
        moved.c.case_id == EVENT.c.case_id, moved.c.kind == "transferred", moved.c.claim_id == EVENT.c.claim_id
    )
    is_anothers = sa.and_(
        EVENT.c.kind == "resubmitted", C.c.payer_code != CASE.c.own_payer_code, C.c.payer_code != CASE.c.payer_code
    )
    return frame(
        conn,
        sa.select(
            *(column for column in CASE.c if column.name not in ("recorded_at", "next_payer_code")),
            EVENT.c.claim_id,
            EVENT.c.action_id,
            C.c.payer_code.label("next_payer_code"),
            C.c.payer_sequence.label("next_sequence"),
            sa.case((EVENT.c.kind == "resubmitted", 1), else_=0).label("takes_place"),
        )
        .join(CASE, CASE.c.case_id == EVENT.c.case_id)
        .join(C, C.c.claim_id == EVENT.c.claim_id)
        .where(
            sa.or_(EVENT.c.kind == "billed_other", is_anothers),
            CASE.c.state == "waiting",
            CASE.c.waiting_for == EVENT.c.kind,
            left.exists(),
            ~is_moved.exists(),
        )
        .order_by(EVENT.c.event_id),
    )


def cases(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read what the story of a case begins with."""
    names = ("case_id", "version", "claim_payment_id", "family_id", "pattern_id", "payer_code", "reason_code")
    return frame_of(conn, sa.select(*(CASE.c[name] for name in names)), CASE.c.case_id, case_ids)


def case_key(conn: sa.Connection, case_id: int) -> str | None:
    """Give the key of a case."""
    return conn.scalar(sa.select(CASE.c.case_key).where(CASE.c.case_id == case_id))


def events_told(conn: sa.Connection, case_id: int) -> pd.DataFrame:
    """Read what happened to a case, with the action or the run that did it and who approved it."""
    columns = ("event_id", "posting_date", "kind", "amount_cents", "body", "actor", "recorded_at", "case_version")
    links = ("action_id", "run_id", "claim_id", "claim_payment_id")
    return frame(
        conn,
        sa.select(
            *(EVENT.c[name] for name in (*columns, *links)),
            sa.func.coalesce(ACTION.c.state, "").label("action_state"),
            sa.func.coalesce(ACTION.c.requested_by, "").label("requested_by"),
            sa.func.coalesce(ACTION.c.approved_by, "").label("approved_by"),
        )
        .outerjoin(ACTION, ACTION.c.action_id == EVENT.c.action_id)
        .where(EVENT.c.case_id == case_id)
        .order_by(EVENT.c.event_id),
    )


def places(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read where a decision stands in its file: file_id, sha256, seg, offset, length, in file order."""
    F, A, REM = schema.files, schema.adjustments, schema.remarks
    parts = [
        sa.select(table.c.seg, table.c.offset, table.c.length).where(table.c.claim_payment_id == claim_payment_id)
        for table in (CP, SP, A, REM)
    ]
    each = sa.union(*parts).subquery()
    file_id = sa.select(CP.c.file_id).where(CP.c.claim_payment_id == claim_payment_id).scalar_subquery()
    select = sa.select(F.c.file_id, F.c.sha256, each.c.seg, each.c.offset, each.c.length)
    return frame(conn, select.join(each, sa.true()).where(F.c.file_id == file_id).order_by(each.c.seg))
