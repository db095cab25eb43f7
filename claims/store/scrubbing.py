"""Claims that wait to be scrubbed, services sent before, and what the edits say of each claim, as it stands."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of, insert_keyed, update_where_in

C, F, L, EDIT = schema.claims, schema.files, schema.service_lines, schema.edit_findings

WAITING = ("draft", "blocked", "ready")
# The services of such a claim are, or were once, with the payer.
_SENT = ("batched", "sent", "acknowledged", "received", "accepted", "paid", "partly_paid", "denied", "reversed")
_SAME = ["claim_id", "edit_id", "severity", "element", "line_number", "message"]
_IS_WAITING = sa.and_(C.c.origin == "to_send", C.c.state == "stored", C.c.life.in_(WAITING))


def waiting(conn: sa.Connection, claim_ids: Sequence[int] | None = None) -> pd.DataFrame:
    """Claims to send that are in no batch, in the order of their files; only some of them when asked."""
    columns = (C.c.claim_id, C.c.family_id, C.c.file_id, F.c.sha256, C.c.seg, C.c.life, C.c.charge_cents)
    select = sa.select(*columns).join(F, F.c.file_id == C.c.file_id).where(_IS_WAITING)
    if claim_ids is None:
        return frame(conn, select.order_by(C.c.file_id, C.c.seg))
    return frame_of(conn, select, C.c.claim_id, claim_ids).sort_values(["file_id", "seg"], ignore_index=True)


def sent_services(conn: sa.Connection, member_ids: Sequence[str]) -> pd.DataFrame:
    """Services of members that were sent: the columns that the duplicate edit compares, days as ISO text."""
    columns = (
        C.c.claim_id, C.c.life, C.c.payer_code, C.c.member_id, C.c.patient_birth_date, C.c.patient_first_name,
        C.c.billing_npi, C.c.rendering_npi, L.c.service_date, L.c.procedure_code, L.c.modifiers, L.c.charge_cents,
    )  # fmt: skip
    select = sa.select(*columns).join(L, L.c.claim_id == C.c.claim_id)
    select = select.where(C.c.state == "stored", C.c.life.in_(_SENT))
    parts = [frame(conn, select.where(sa.false()))]
    for start in range(0, len(member_ids), IN_LIST):
        part = list(member_ids[start : start + IN_LIST])
        parts.append(frame(conn, select.where(C.c.member_id.in_(part))))
    return pd.concat(parts, ignore_index=True)


def save(conn: sa.Connection, claim_ids: Sequence[int], found: pd.DataFrame) -> tuple[int, int]:
    """Let just `found` (claim_id, edit_id, severity, element, line_number, message) stand of these claims.

    What stands already stays as it is, what is no longer true is ended. Gives how many began and how many ended.
    """
    select = sa.select(EDIT.c.edit_finding_id, *(EDIT.c[name] for name in _SAME)).where(EDIT.c.ended_at.is_(None))
    known = frame_of(conn, select, EDIT.c.claim_id, claim_ids)
    both = known.merge(found[_SAME].drop_duplicates(), on=_SAME, how="outer", indicator=True)
    ended = both.loc[both["_merge"] == "left_only", "edit_finding_id"].astype("int64")
    new = both.loc[both["_merge"] == "right_only", _SAME]
    at = clock.now()
    update_where_in(conn, EDIT, EDIT.c.edit_finding_id, ended, ended_at=at)
    insert_keyed(conn, EDIT, new.astype({"line_number": "int64", "claim_id": "int64"}).assign(recorded_at=at))
    return len(new), len(ended)


def standing(conn: sa.Connection, *, payer: str = "", edit: str = "", claim_id: int = 0) -> pd.DataFrame:
    """What stands of claims that wait: the finding, and its claim's payer, life, number and charge."""
    select = sa.select(
        EDIT.c.claim_id, EDIT.c.edit_id, EDIT.c.severity, EDIT.c.element, EDIT.c.line_number, EDIT.c.message,
        EDIT.c.recorded_at, C.c.life, C.c.payer_code, C.c.claim_number, C.c.charge_cents,
    ).join(C, C.c.claim_id == EDIT.c.claim_id)  # fmt: skip
    select = select.where(EDIT.c.ended_at.is_(None), _IS_WAITING)
    select = select.where(C.c.payer_code == payer) if payer else select
    select = select.where(EDIT.c.edit_id.startswith(edit, autoescape=True)) if edit else select
    select = select.where(EDIT.c.claim_id == claim_id) if claim_id else select
    return frame(conn, select.order_by(EDIT.c.claim_id, EDIT.c.line_number, EDIT.c.edit_id, EDIT.c.element))


def totals(conn: sa.Connection, payer: str = "") -> pd.DataFrame:
    """Claims that wait: life, claims, charge_cents."""
    number, cents = sa.func.count().label("claims"), sa.func.sum(C.c.charge_cents)
    select = sa.select(C.c.life, number, sa.cast(cents, sa.BigInteger).label("charge_cents")).where(_IS_WAITING)
    select = select.where(C.c.payer_code == payer) if payer else select
    return frame(conn, select.group_by(C.c.life).order_by(C.c.life))
