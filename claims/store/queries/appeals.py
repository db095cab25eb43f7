"""What an appeal is made of: the case and its claim, how the claim was sent, what answered it, appeals before."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of

CASE, C, CP, R, M, F = (
    schema.denial_cases,
    schema.claims,
    schema.claim_payments,
    schema.remittances,
    schema.matches,
    schema.files,
)
B, BS, S, T, EVENT = schema.batches, schema.batch_sets, schema.submissions, schema.transactions, schema.claim_events
I, A, APPEAL, P, DE = (  # noqa: E741
    schema.interchanges,
    schema.acknowledgements,
    schema.appeals,
    schema.claim_postings,
    schema.denial_events,
)

_OF_CLAIM = (
    "claim_id", "kind", "claim_number", "charge_cents", "billing_npi", "billing_tax_id", "payer_code", "payer_sequence",
    "member_id", "subscriber_last_name", "subscriber_first_name", "patient_last_name", "patient_first_name",
    "patient_birth_date", "statement_from_date", "statement_to_date", "prior_authorization", "diagnosis_codes",
)  # fmt: skip


def case(conn: sa.Connection, case_id: int) -> pd.DataFrame:
    """Read a case."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    return frame(conn, sa.select(*columns).where(CASE.c.case_id == case_id))


def cases_named(conn: sa.Connection, prefix: str) -> pd.DataFrame:
    """Read case_id and case_key of the cases whose key begins so; two at most."""
    named = CASE.c.case_key.startswith(prefix, autoescape=True)
    return frame(conn, sa.select(CASE.c.case_id, CASE.c.case_key).where(named).order_by(CASE.c.case_key).limit(2))


def decision(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read the CLP that a case stands on, with the number of its payment and its place."""
    names = (
        "claim_number", "status_code", "charge_cents", "paid_cents", "received_date", "member_id", "patient_last_name",
        "patient_first_name", "seg", "offset", "length",
    )  # fmt: skip
    select = sa.select(*(CP.c[name] for name in names), R.c.trace_number, R.c.payee_name, F.c.sha256)
    select = select.join(R, R.c.remit_id == CP.c.remit_id).join(F, F.c.file_id == CP.c.file_id)
    return frame(conn, select.where(CP.c.claim_payment_id == claim_payment_id))


def claim(conn: sa.Connection, claim_payment_id: int, family_id: int) -> pd.DataFrame:
    """Read the version of the claim that a CLP belongs to, else the first of its family; own_payer_code is the match's.

    No row: the claim is not known to us.
    """
    mine = sa.and_(M.c.claim_payment_id == claim_payment_id, M.c.ended_at.is_(None))
    is_own = sa.case((C.c.claim_id == M.c.claim_id, 0), else_=1)
    own_payer = sa.func.coalesce(M.c.payer_code, "").label("own_payer_code")
    select = sa.select(*(C.c[name] for name in _OF_CLAIM), own_payer, F.c.sha256, C.c.seg, C.c.offset, C.c.length)
    select = select.join(F, F.c.file_id == C.c.file_id).outerjoin(M, mine)
    known = sa.and_(C.c.family_id == family_id, C.c.state != "duplicate")
    return frame(conn, select.where(known).order_by(is_own, C.c.version, C.c.claim_id).limit(1))


def sendings(conn: sa.Connection, family_id: int, payer_sequence: str) -> pd.DataFrame:
    """Read how the claims of a family went to one payer, those sent by others (submission_id 0) too."""
    ours = (
        sa.select(
            S.c.submission_id,
            S.c.claim_id,
            S.c.attempt,
            B.c.interchange_control_number.label("interchange_number"),
            B.c.interchange_control_number.label("group_number"),
            BS.c.set_control_number.label("set_number"),
            BS.c.batch_reference,
            S.c.claim_number,
            F.c.sha256,
            S.c.seg,
        )
        .join(C, C.c.claim_id == S.c.claim_id)
        .join(B, B.c.batch_id == S.c.batch_id)
        .join(BS, BS.c.batch_set_id == S.c.batch_set_id)
        .join(F, F.c.file_id == B.c.file_id)
        .where(S.c.family_id == family_id, C.c.payer_sequence == payer_sequence, B.c.state == "released")
    )
    theirs = (
        sa.select(
            sa.cast(sa.literal(0), sa.BigInteger).label("submission_id"),
            C.c.claim_id,
            sa.cast(sa.literal(1), sa.Integer).label("attempt"),
            I.c.control_number.label("interchange_number"),
            T.c.group_control_number.label("group_number"),
            T.c.control_number.label("set_number"),
            T.c.batch_reference,
            C.c.claim_number,
            F.c.sha256,
            C.c.seg,
        )
        .join(T, T.c.transaction_id == C.c.transaction_id)
        .join(I, sa.and_(I.c.file_id == T.c.file_id, I.c.seg == T.c.interchange_seg))
        .join(F, F.c.file_id == C.c.file_id)
        .where(C.c.family_id == family_id, C.c.payer_sequence == payer_sequence, C.c.origin == "sent")
        .where(C.c.state != "duplicate")
    )
    both = pd.concat([frame(conn, ours), frame(conn, theirs)], ignore_index=True)
    return both.sort_values(["claim_id", "attempt"], kind="stable", ignore_index=True)


def answers(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read the answers on the timelines of claims: rank, day, codes, who says it, and the segment that says it."""
    same = sa.and_(A.c.file_id == EVENT.c.file_id, A.c.seg == EVENT.c.seg)
    within = sa.and_(I.c.file_id == T.c.file_id, I.c.seg == T.c.interchange_seg)
    select = (
        sa.select(
            sa.func.coalesce(EVENT.c.submission_id, 0).label("submission_id"),
            EVENT.c.claim_id,
            EVENT.c.event,
            EVENT.c.answer_rank,
            EVENT.c.detail_code,
            sa.func.coalesce(A.c.status_code, "").label("status_code"),
            sa.func.coalesce(A.c.source_code, "").label("source_code"),
            sa.func.coalesce(A.c.source_identifier, "").label("source_identifier"),
            sa.func.coalesce(A.c.payer_claim_number, "").label("payer_claim_number"),
            EVENT.c.effective_date,
            I.c.interchange_date,
            sa.func.coalesce(I.c.control_number, "").label("interchange_number"),
            F.c.sha256,
            EVENT.c.seg,
        )
        .join(F, F.c.file_id == EVENT.c.file_id)
        .outerjoin(A, same)
        .outerjoin(T, T.c.transaction_id == A.c.transaction_id)
        .outerjoin(I, within)
        .where(EVENT.c.answer_rank != "")
    )
    rows = frame_of(conn, select, EVENT.c.claim_id, claim_ids)
    return rows.sort_values(["answer_rank", "sha256", "seg"], kind="stable", ignore_index=True)


def sent(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read which appeals of cases were sent and not taken back: case_id, level, sent_date, sent_by; the last of each.

    The case says how many levels were sent, its events when and by whom.
    """
    select = sa.select(DE.c.case_id, CASE.c.appeal_level, DE.c.body, DE.c.posting_date, DE.c.actor)
    select = select.join(CASE, CASE.c.case_id == DE.c.case_id).where(DE.c.kind == "appealed")
    rows = frame_of(conn, select.order_by(DE.c.event_id), DE.c.case_id, case_ids)
    rows["level"] = pd.Series([int(json.loads(body).get("level", 0)) for body in rows["body"]], dtype="int64")
    rows = rows[rows["level"] <= rows["appeal_level"]].drop_duplicates(["case_id", "level"], keep="last")
    rows = rows.rename(columns={"posting_date": "sent_date", "actor": "sent_by"})
    return rows.sort_values(["case_id", "level"])[["case_id", "level", "sent_date", "sent_by"]].reset_index(drop=True)


def filled(conn: sa.Connection, case_id: int, kinds: Sequence[str]) -> list[str]:
    """Read the bodies of what was added to packets of a case, and taken out of them, oldest first."""
    select = sa.select(DE.c.body).where(DE.c.case_id == case_id, DE.c.kind.in_(kinds)).order_by(DE.c.event_id)
    return [str(body) for body in conn.scalars(select)]


def last_filled(conn: sa.Connection, case_id: int, kinds: Sequence[str]) -> tuple[str, str]:
    """Say who added something to packets of a case last, or took it out, and when; empty where nobody did."""
    select = sa.select(DE.c.actor, DE.c.posting_date).where(DE.c.case_id == case_id, DE.c.kind.in_(kinds))
    found = conn.execute(select.order_by(DE.c.event_id.desc()).limit(1)).one_or_none()
    return (str(found.actor), str(found.posting_date)) if found is not None else ("", "")


def newest_packets(conn: sa.Connection, case_ids: Sequence[int], level: int) -> pd.DataFrame:
    """Read case_id and packet_sha256 of the packet of a level that was prepared last for each of these cases."""
    names = (APPEAL.c.case_id, APPEAL.c.packet_sha256)
    select = sa.select(*names).where(APPEAL.c.level == level).order_by(APPEAL.c.appeal_id)
    return frame_of(conn, select, APPEAL.c.case_id, case_ids).drop_duplicates("case_id", keep="last")


def drafts(conn: sa.Connection, case_ids: Sequence[int], level: int) -> list[int]:
    """Give those of these cases whose newest packet of a level has gaps."""
    select = sa.select(APPEAL.c.case_id, APPEAL.c.gaps).where(APPEAL.c.level == level).order_by(APPEAL.c.appeal_id)
    rows = frame_of(conn, select, APPEAL.c.case_id, case_ids).drop_duplicates("case_id", keep="last")
    return [int(one) for one in rows.loc[rows["gaps"] != "[]", "case_id"]]


def of_case(conn: sa.Connection, case_id: int) -> pd.DataFrame:
    """Read the appeals of a case, by level, the newest of a level last."""
    return frame(conn, _listed().where(APPEAL.c.case_id == case_id).order_by(APPEAL.c.level, APPEAL.c.appeal_id))


def listed(conn: sa.Connection, state: str, limit: int) -> pd.DataFrame:
    """Read the newest appeals; `state`: prepared, sent, replaced by a newer one of its level, or any (empty)."""
    select = _listed().order_by(APPEAL.c.prepared_at.desc(), APPEAL.c.appeal_id.desc()).limit(limit)
    return frame(conn, select.where(_STATE.in_([state])) if state else select)


_NEWER = APPEAL.alias("newer")
_IS_REPLACED = (
    sa.select(_NEWER.c.appeal_id)
    .where(
        _NEWER.c.case_id == APPEAL.c.case_id,
        _NEWER.c.level == APPEAL.c.level,
        _NEWER.c.appeal_id > APPEAL.c.appeal_id,
    )
    .exists()
)
_STATE: sa.ColumnElement[str] = sa.case(
    (_IS_REPLACED, "replaced"), (APPEAL.c.level <= CASE.c.appeal_level, "sent"), else_="prepared"
)


def _listed() -> sa.Select[tuple[object, ...]]:
    of_case = (CASE.c.case_key, CASE.c.payer_name, CASE.c.payer_code, CASE.c.denied_cents, CASE.c.all_codes)
    state = sa.type_coerce(_STATE, sa.String).label("state")
    return sa.select(*of_case, state, *APPEAL.c).join(CASE, CASE.c.case_id == APPEAL.c.case_id)
