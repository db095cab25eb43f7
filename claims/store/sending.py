"""Claims that wait to be sent, batches that are on their way, and what was sent of which claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, line_numbers, schema
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of, insert_keyed, update_where

C, F, B, SETS = schema.claims, schema.files, schema.batches, schema.batch_sets
S, L, EVENT = schema.submissions, schema.service_lines, schema.claim_events

OPEN = ("planned", "written")
_IS_READY = sa.and_(C.c.origin == "to_send", C.c.state == "stored", C.c.life == "ready")


def ready(conn: sa.Connection) -> pd.DataFrame:
    """Claims that no edit stops, in the order in which they are sent."""
    order = (C.c.kind, C.c.billing_npi, C.c.member_id, C.c.patient_last_name, C.c.patient_first_name, C.c.claim_number)
    columns = (
        C.c.claim_id,
        C.c.family_id,
        C.c.file_id,
        F.c.sha256,
        C.c.seg,
        C.c.kind,
        C.c.payer_code,
        C.c.charge_cents,
    )
    select = sa.select(*columns, C.c.claim_key).join(F, F.c.file_id == C.c.file_id).where(_IS_READY)
    return frame(conn, select.order_by(*order, F.c.sha256, C.c.seg))


def tested(conn: sa.Connection) -> pd.DataFrame:
    """Ready claims that stood in a test file before: claim_id, detail_code (the partner)."""
    select = sa.select(EVENT.c.claim_id, EVENT.c.detail_code).join(C, C.c.claim_id == EVENT.c.claim_id)
    return frame(conn, select.where(EVENT.c.event == "tested", _IS_READY).distinct())


def stopped(conn: sa.Connection, type_code: str) -> set[int]:
    """Ready claims that an open exception says cannot be sent, and no master data have changed since.

    Its key ends with the run that opened it: runs are told apart by their numbers, for a clock may go back.
    """
    runs, table = schema.runs, schema.exceptions
    last = int(conn.scalar(sa.select(sa.func.max(runs.c.run_id)).where(runs.c.kind == "master")) or 0)
    select = sa.select(table.c.claim_id, table.c.exception_key).join(C, C.c.claim_id == table.c.claim_id)
    select = select.where(_IS_READY, table.c.type_code == type_code, table.c.state == "open")
    found = conn.execute(select)
    return {int(claim_id) for claim_id, key in found if int(str(key).rpartition(":")[2]) > last}


def still_ready(conn: sa.Connection, claim_ids: Sequence[int]) -> set[int]:
    """Tell which of these claims are ready at this moment."""
    return set(frame_of(conn, sa.select(C.c.claim_id).where(_IS_READY), C.c.claim_id, claim_ids)["claim_id"])


def charges(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.Series:
    """What the books say that each claim charges, by claim_id."""
    select = sa.select(C.c.claim_id, C.c.charge_cents)
    return frame_of(conn, select, C.c.claim_id, claim_ids).set_index("claim_id")["charge_cents"]


def attempts(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.Series:
    """How often each claim was put into a batch so far, by claim_id."""
    select = sa.select(S.c.claim_id, sa.func.max(S.c.attempt).label("attempt")).group_by(S.c.claim_id)
    return frame_of(conn, select, S.c.claim_id, claim_ids).set_index("claim_id")["attempt"]


def repeated_line_numbers(conn: sa.Connection, numbers: Sequence[str]) -> pd.Series:
    """Tell which line control numbers stand in more than one claim."""
    found = [pd.Series(dtype="str")]
    for start in range(0, len(numbers), IN_LIST):
        part = list(numbers[start : start + IN_LIST])
        select = sa.select(L.c.line_control_number).join(C, C.c.claim_id == L.c.claim_id)
        select = select.where(L.c.line_control_number.in_(part), C.c.state != "duplicate")
        select = select.group_by(L.c.line_control_number).having(sa.func.count(sa.distinct(L.c.claim_id)) > 1)
        found.append(frame(conn, select)["line_control_number"])
    return pd.concat(found, ignore_index=True)


def known_line_numbers(conn: sa.Connection, numbers: Sequence[str]) -> bool:
    """Tell whether any line has one of these control numbers."""
    parts = (list(numbers[start : start + IN_LIST]) for start in range(0, len(numbers), IN_LIST))
    return any(conn.scalar(sa.select(sa.exists().where(L.c.line_control_number.in_(part)))) for part in parts)


def set_line_numbers(conn: sa.Connection, lines: pd.DataFrame) -> None:
    """Write the control number that each line (service_line_id) is sent with."""
    if lines.empty:
        return
    statement = (
        sa.update(L)
        .where(L.c.service_line_id == sa.bindparam("line"))
        .values(line_control_number=sa.bindparam("number"))
    )
    pairs = zip(lines["service_line_id"].tolist(), lines["line_control_number"].tolist(), strict=True)
    conn.execute(statement, [{"line": line, "number": number} for line, number in pairs])
    line_numbers.seal(conn, lines)


def insert_batch(conn: sa.Connection, batch: dict[str, Any], sets: pd.DataFrame, claims: pd.DataFrame) -> int:
    """Write a planned batch, its sets and, but for a test, what is sent of each claim; give its batch_id.

    `sets`: set_control_number, batch_reference and totals; `claims`: set_control_number and the columns of submissions.
    """
    at = clock.now()
    keyed = insert_keyed(conn, B, pd.DataFrame([batch]).assign(state="planned", recorded_at=at))
    batch_id = int(keyed["batch_id"].iloc[0])
    sets = insert_keyed(conn, SETS, sets.assign(batch_id=batch_id))
    set_of = sets.set_index("set_control_number")["batch_set_id"]
    rows = claims.assign(
        batch_id=batch_id,
        batch_set_id=set_of.reindex(claims["set_control_number"]).to_numpy(),
        state="batched",
        recorded_at=at,
    )
    insert_keyed(conn, S, rows)
    return batch_id


def unfinished(conn: sa.Connection) -> list[int]:
    """Batches that were planned or written and are not in the outbox."""
    return [int(one) for one in conn.scalars(sa.select(B.c.batch_id).where(B.c.state.in_(OPEN)).order_by(B.c.batch_id))]


def batch(conn: sa.Connection, batch_id: int) -> dict[str, Any]:
    """Read a batch, with the sha256 of its snapshot and, when it is written, of its file ("")."""
    snapshots, produced = F.alias("snapshots"), F.alias("produced")
    select = (
        sa.select(B, snapshots.c.sha256.label("snapshot_sha256"), produced.c.sha256.label("file_sha256"))
        .join(snapshots, snapshots.c.file_id == B.c.snapshot_file_id)
        .outerjoin(produced, produced.c.file_id == B.c.file_id)
        .where(B.c.batch_id == batch_id)
    )
    return dict(conn.execute(select).one()._mapping)


def numbered(conn: sa.Connection, control_number: str) -> int:
    """Give the batch_id of an interchange control number, 0 when there is none."""
    return int(conn.scalar(sa.select(B.c.batch_id).where(B.c.interchange_control_number == control_number)) or 0)


def followed_by(conn: sa.Connection, batch_id: int) -> str:
    """Give the control number of the batch that sends this one again, "" when there is none."""
    select = sa.select(B.c.interchange_control_number).where(B.c.follows_batch_id == batch_id, B.c.state != "cancelled")
    return str(conn.scalar(select) or "")


def listed(conn: sa.Connection, *, partner: str = "", state: str = "") -> pd.DataFrame:
    """Batches, the newest first."""
    select = sa.select(
        B.c.batch_id, B.c.interchange_control_number, B.c.partner_code, B.c.kind, B.c.usage_code, B.c.state, B.c.claims,
        B.c.service_lines, B.c.charge_cents, B.c.file_name, B.c.posting_date, B.c.recorded_at,
        sa.func.coalesce(B.c.released_at, "").label("released_at"), B.c.follows_batch_id,
    ).order_by(B.c.batch_id.desc())  # fmt: skip
    select = select.where(B.c.partner_code == partner) if partner else select
    return frame(conn, select.where(B.c.state == state) if state else select)


def sets_of(conn: sa.Connection, batch_id: int) -> pd.DataFrame:
    """The transaction sets of a batch, in order."""
    return frame(conn, sa.select(SETS).where(SETS.c.batch_id == batch_id).order_by(SETS.c.set_control_number))


def submissions_of(conn: sa.Connection, batch_id: int) -> pd.DataFrame:
    """What is sent of each claim in a batch, in the order of the file, with the claim's key and life."""
    columns = (C.c.claim_key, C.c.life, C.c.payer_code, SETS.c.set_control_number)
    select = (
        sa.select(S, *columns)
        .join(C, C.c.claim_id == S.c.claim_id)
        .join(SETS, SETS.c.batch_set_id == S.c.batch_set_id)
        .where(S.c.batch_id == batch_id)
    )
    return frame(conn, select.order_by(SETS.c.set_control_number, S.c.ordinal))


def set_places(conn: sa.Connection, places: pd.DataFrame) -> None:
    """Write where each submission (submission_id) stands in the file sent: ordinal, seg, offset, length."""
    if places.empty:
        return
    bulk_update(conn, S, places[["submission_id", "ordinal", "seg", "offset", "length"]])


def move(conn: sa.Connection, batch_id: int, before: Sequence[str], state: str, **changes: object) -> bool:
    """Bring a batch from one of some states to another; False when somebody else did already."""
    return update_where(conn, B, B.c.batch_id == batch_id, B.c.state.in_(before), state=state, **changes) == 1


def lives_before(conn: sa.Connection, submission_ids: Sequence[int]) -> pd.Series:
    """Read the life that claims had before they were put into a batch again, by submission_id."""
    select = sa.select(EVENT.c.submission_id, EVENT.c.life_before).where(EVENT.c.event == "resent")
    return frame_of(conn, select, EVENT.c.submission_id, submission_ids).set_index("submission_id")["life_before"]


def last_events(conn: sa.Connection, submission_ids: Sequence[int]) -> pd.DataFrame:
    """Events of submissions in the order in which they came: submission_id, event."""
    select = sa.select(EVENT.c.submission_id, EVENT.c.event).order_by(EVENT.c.event_id)
    return frame_of(conn, select, EVENT.c.submission_id, submission_ids)
