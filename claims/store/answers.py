"""Answers that wait to be tied, the sets of claims that they may name, and what was heard of each sending before.

A set is one of ours (batch_sets) or one that somebody else sent (a transaction of an ingested 837). A sending is one
claim in one set: a submission of ours, or the claim itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of, update_where_in

A, T, F, I = schema.acknowledgements, schema.transactions, schema.files, schema.interchanges  # noqa: E741
B, BS, S, C, EVENT = schema.batches, schema.batch_sets, schema.submissions, schema.claims, schema.claim_events

OPEN = ("new", "unknown")


def waiting(conn: sa.Connection) -> pd.DataFrame:
    """Read the answers that nothing was found for yet, with the file and the envelope that they stand in."""
    columns = [column for column in A.c if column.name not in ("transaction_id",)]
    return frame(
        conn,
        sa.select(
            *columns,
            T.c.transaction_id,
            T.c.seg.label("answer_seg"),
            T.c.set_code.label("answer_code"),
            T.c.usage_code,
            F.c.sha256,
            sa.func.coalesce(I.c.sender_id, "").label("sender_id"),
            sa.func.coalesce(I.c.receiver_id, "").label("receiver_id"),
            sa.func.coalesce(sa.cast(I.c.interchange_date, sa.String), "").label("interchange_date"),
        )
        .join(F, F.c.file_id == A.c.file_id)
        .join(T, T.c.transaction_id == A.c.transaction_id)
        .outerjoin(I, sa.and_(I.c.file_id == T.c.file_id, I.c.seg == T.c.interchange_seg))
        .where(A.c.state.in_(OPEN), T.c.state == "stored")
        .order_by(F.c.sha256, A.c.seg),
    )


def set_states(conn: sa.Connection, states: pd.DataFrame) -> None:
    """Write `state` of each acknowledgement_id."""
    for state, part in states.groupby("state"):
        update_where_in(conn, A, A.c.acknowledgement_id, part["acknowledgement_id"], state=state)


def sets_named(conn: sa.Connection, numbers: Sequence[str], references: Sequence[str]) -> pd.DataFrame:
    """Read the sets of claims with these interchange or group numbers (padded or not) or batch references (BHT03)."""
    spelled = sorted({spelling for number in numbers for spelling in (number, number.lstrip("0"), number.zfill(9))})
    ours, theirs = _our_sets(), _their_sets()
    wanted = [
        (ours, B.c.interchange_control_number, spelled),
        (ours, BS.c.batch_reference, references),
        (theirs, I.c.control_number, spelled),
        (theirs, T.c.group_control_number, spelled),
        (theirs, T.c.batch_reference, references),
    ]
    parts = [_where_in(conn, select, column, values) for select, column, values in wanted]
    return pd.concat(parts, ignore_index=True).drop_duplicates(["is_ours", "set_id"], ignore_index=True)


def _our_sets() -> sa.Select[tuple[object, ...]]:
    """Select the sets that have left: nobody can answer to another."""
    columns = sa.select(
        sa.literal(True).label("is_ours"),
        BS.c.batch_set_id.label("set_id"),
        B.c.batch_id.label("interchange_id"),
        B.c.interchange_control_number.label("interchange_number"),
        B.c.interchange_control_number.label("group_number"),
        BS.c.set_control_number.label("set_number"),
        BS.c.batch_reference,
        B.c.usage_code,
        B.c.sender_id,
        B.c.receiver_id,
        sa.func.coalesce(B.c.file_id, 0).label("sent_file_id"),
        BS.c.claims,
        BS.c.charge_cents,
    )
    return columns.join(B, B.c.batch_id == BS.c.batch_id).where(B.c.state == "released")


def _their_sets() -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(
            sa.literal(False).label("is_ours"),
            T.c.transaction_id.label("set_id"),
            I.c.interchange_id,
            I.c.control_number.label("interchange_number"),
            T.c.group_control_number.label("group_number"),
            T.c.control_number.label("set_number"),
            T.c.batch_reference,
            T.c.usage_code,
            I.c.sender_id,
            I.c.receiver_id,
            T.c.file_id.label("sent_file_id"),
            T.c.claims,
            sa.func.coalesce(T.c.charge_cents, 0).label("charge_cents"),
        )
        .join(I, sa.and_(I.c.file_id == T.c.file_id, I.c.seg == T.c.interchange_seg))
        .where(T.c.set_code.in_(["837P", "837I", "837D", "837"]))
    )


def _where_in(
    conn: sa.Connection, select: sa.Select[tuple[object, ...]], column: sa.ColumnElement[str], values: Iterable[str]
) -> pd.DataFrame:
    listed = list(values)
    parts = [
        frame(conn, select.where(column.in_(listed[start : start + IN_LIST])))
        for start in range(0, len(listed), IN_LIST)
    ]
    return pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))


_SENDING = (
    C.c.claim_id,
    C.c.claim_key,
    C.c.body_hash,
    C.c.family_id,
    C.c.billing_npi,
    C.c.payer_code,
    C.c.life,
)


def sendings(conn: sa.Connection, sets: pd.DataFrame) -> pd.DataFrame:
    """Read the claims in these sets (is_ours, set_id), each with the place of its CLM in the file sent.

    submission_id is 0 for what somebody else sent; is_latest: no later sending of the claim (a batch that was
    cancelled is none).
    """
    later = S.alias("later")
    is_latest = (
        ~sa.select(later.c.submission_id)
        .join(B, B.c.batch_id == later.c.batch_id)
        .where(later.c.claim_id == S.c.claim_id, later.c.attempt > S.c.attempt, B.c.state != "cancelled")
        .exists()
    )
    ours = sa.select(
        sa.literal(True).label("is_ours"),
        S.c.batch_set_id.label("set_id"),
        S.c.submission_id,
        S.c.claim_number,
        S.c.charge_cents,
        S.c.seg.label("sent_seg"),
        sa.type_coerce(is_latest, sa.Boolean).label("is_latest"),
        *_SENDING,
    ).join(C, C.c.claim_id == S.c.claim_id)
    theirs = sa.select(
        sa.literal(False).label("is_ours"),
        C.c.transaction_id.label("set_id"),
        sa.cast(sa.literal(0), sa.BigInteger).label("submission_id"),
        C.c.claim_number,
        C.c.charge_cents,
        C.c.seg.label("sent_seg"),
        sa.literal(True).label("is_latest"),
        *_SENDING,
    ).where(C.c.origin == "sent", C.c.state != "duplicate")
    of_us = sets.loc[sets["is_ours"], "set_id"].tolist()
    of_others = sets.loc[~sets["is_ours"], "set_id"].tolist()
    return pd.concat(
        [frame_of(conn, ours, S.c.batch_set_id, of_us), frame_of(conn, theirs, C.c.transaction_id, of_others)],
        ignore_index=True,
    )


def sent_again(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read the sendings (claim_id, submission_id, attempt) of claims that were sent more than once."""
    left = B.c.state != "cancelled"
    other, sent_in = S.alias("other"), B.alias("sent_in")
    again = (
        sa.select(sa.literal(1))
        .select_from(other.join(sent_in, sent_in.c.batch_id == other.c.batch_id))
        .where(other.c.claim_id == S.c.claim_id, other.c.attempt != S.c.attempt, sent_in.c.state != "cancelled")
        .exists()
    )
    select = sa.select(S.c.claim_id, S.c.submission_id, S.c.attempt).join(B, B.c.batch_id == S.c.batch_id)
    return frame_of(conn, select.where(left, again), S.c.claim_id, claim_ids)


def taken_before(conn: sa.Connection, claim_id: int) -> bool:
    """Tell whether a sending of the claim stands accepted."""
    select = sa.select(sa.exists().where(S.c.claim_id == claim_id, S.c.state == "accepted"))
    return bool(conn.scalar(select))


def numbered(conn: sa.Connection, claim_numbers: Sequence[str]) -> pd.DataFrame:
    """Read the sets (is_ours, set_id, sender_id, receiver_id) in which claims with these numbers (reference) were sent.

    The parties of what somebody else sent are left empty.
    """
    ours = (
        sa.select(
            sa.literal(True).label("is_ours"),
            S.c.batch_set_id.label("set_id"),
            S.c.claim_number.label("reference"),
            B.c.sender_id,
            B.c.receiver_id,
        )
        .join(B, B.c.batch_id == S.c.batch_id)
        .where(B.c.state == "released")
    )
    theirs = sa.select(
        sa.literal(False).label("is_ours"),
        C.c.transaction_id.label("set_id"),
        C.c.claim_number.label("reference"),
        sa.literal("").label("sender_id"),
        sa.literal("").label("receiver_id"),
    ).where(C.c.origin == "sent", C.c.state != "duplicate")
    parts = [
        _where_in(conn, ours, S.c.claim_number, claim_numbers),
        _where_in(conn, theirs, C.c.claim_number, claim_numbers),
    ]
    return pd.concat(parts, ignore_index=True).drop_duplicates(ignore_index=True)


def receivers(conn: sa.Connection) -> set[str]:
    """Read the ids of everybody to whom we sent a batch."""
    return {str(one) for one in conn.scalars(sa.select(B.c.receiver_id).where(B.c.state == "released").distinct())}


def heard(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read what was heard of claims before: claim_id, submission_id, event, answer_rank, and the answer's own words."""
    select = (
        sa.select(
            EVENT.c.claim_id,
            EVENT.c.submission_id,
            EVENT.c.event_key,
            EVENT.c.event,
            EVENT.c.detail_code,
            EVENT.c.answer_rank,
            EVENT.c.file_id,
            EVENT.c.seg,
            EVENT.c.effective_date,
            sa.func.coalesce(A.c.payer_claim_number, "").label("payer_claim_number"),
        )
        .outerjoin(A, sa.and_(A.c.file_id == EVENT.c.file_id, A.c.seg == EVENT.c.seg))
        .where(EVENT.c.answer_rank != "")
    )
    return frame_of(conn, select, EVENT.c.claim_id, claim_ids)


def of_batches(conn: sa.Connection, references: Sequence[str]) -> pd.DataFrame:
    """Read the verdicts on claims, tied or not, that name these batches."""
    names = ("batch_reference", "reference", "scope", "verdict", "charge_cents", "provider_npi", "file_id", "seg")
    select = sa.select(*(A.c[name] for name in names)).join(T, T.c.transaction_id == A.c.transaction_id)
    select = select.where(A.c.scope.in_(["claim", "batch", "provider"]), T.c.state == "stored")
    return _where_in(conn, select, A.c.batch_reference, references)


def set_payer_claim_numbers(conn: sa.Connection, numbers: pd.DataFrame) -> None:
    """Write payer_claim_number of each submission_id."""
    bulk_update(conn, S, numbers[["submission_id", "payer_claim_number"]])


def hashes(conn: sa.Connection, file_ids: Iterable[int]) -> pd.Series:
    """Read the sha256 of files, by file_id."""
    ids = sorted({int(one) for one in file_ids} - {0})
    return frame_of(conn, sa.select(F.c.file_id, F.c.sha256), F.c.file_id, ids).set_index("file_id")["sha256"]
