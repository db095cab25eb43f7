"""Where the rows of claims stand in their files, for reading them again from the vault."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.handles import Connection
from claims.store.rows import frame_of

C, L, T = schema.claims, schema.service_lines, schema.transactions
INTERCHANGE = schema.interchanges


def said(conn: Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Give what the books say of claims, by claim_id: claim_number, charge_cents."""
    select = sa.select(C.c.claim_id, C.c.claim_number, C.c.charge_cents)
    return frame_of(conn, select, C.c.claim_id, claim_ids).set_index("claim_id")


def set_addresses(conn: Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Give by claim_id the set that it stands in, where it does: set_seg, set_offset, set_length, guide, isa_offset.

    isa_offset, isa_length: the ISA of its interchange.
    """
    select = (
        sa.select(
            C.c.claim_id,
            T.c.seg.label("set_seg"),
            T.c.offset.label("set_offset"),
            T.c.length.label("set_length"),
            T.c.guide,
            INTERCHANGE.c.offset.label("isa_offset"),
            INTERCHANGE.c.length.label("isa_length"),
        )
        .join(T, T.c.transaction_id == C.c.transaction_id)
        .join(INTERCHANGE, sa.and_(INTERCHANGE.c.file_id == T.c.file_id, INTERCHANGE.c.seg == T.c.interchange_seg))
    )
    return frame_of(conn, select, C.c.claim_id, claim_ids).set_index("claim_id")


def line_addresses(conn: Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Service lines of claims, the byte range of each, and the number that it is known by.

    Gives service_line_id, claim_id, file_id, seg, offset, length, line_control_number.
    """
    select = sa.select(
        L.c.service_line_id, L.c.claim_id, L.c.file_id, L.c.seg, L.c.offset, L.c.length, L.c.line_control_number
    )
    return frame_of(conn, select, L.c.claim_id, claim_ids)
