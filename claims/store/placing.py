"""Replacements and voids that came in under the number of another claim: what they may follow, and what they follow."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import frame_of, update_by_key

C, F = schema.claims, schema.files


def unplaced(conn: sa.Connection) -> list[int]:
    """Replacements and voids to send that follow nothing yet, of families with a claim whose state is new."""
    new = C.alias("new")
    of_new = _unplaced().select_from(new).join(C, C.c.family_id == new.c.family_id).where(new.c.state == "new")
    return [int(claim_id) for claim_id in conn.scalars(of_new)]


def unplaced_beside(conn: sa.Connection, claim_id: int) -> list[int]:
    """Replacements and voids to send that follow nothing yet, of the family of this claim."""
    family = sa.select(C.c.family_id).where(C.c.claim_id == claim_id).scalar_subquery()
    return [int(one) for one in conn.scalars(_unplaced().where(C.c.family_id == family))]


def _unplaced() -> sa.Select[int]:
    to_send = (C.c.origin == "to_send", C.c.frequency_code.in_(["7", "8"]))
    follows_none = (C.c.follows_claim_id.is_(None), C.c.purpose == "original")
    return sa.select(C.c.claim_id).distinct().where(*to_send, *follows_none).order_by(C.c.claim_id)


def families(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Stored claims of the families of these: claim_id, family_id, frequency_code, payer_code, version, life, ...

    Also payer_sequence, original_reference, sha256 and seg.
    """
    of = frame_of(conn, sa.select(C.c.family_id), C.c.claim_id, claim_ids)["family_id"].drop_duplicates().tolist()
    select = (
        sa.select(
            *(C.c.claim_id, C.c.family_id, C.c.frequency_code, C.c.payer_code, C.c.payer_sequence, C.c.version),
            *(C.c.life, C.c.original_reference, F.c.sha256, C.c.seg),
        )
        .join(F, F.c.file_id == C.c.file_id)
        .where(C.c.state == "stored", C.c.purpose != "predetermination")
    )
    return frame_of(conn, select, C.c.family_id, of)


def place(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Write purpose, version and follows_claim_id of claims."""
    names = ("purpose", "version", "follows_claim_id")
    values = [
        {"of": int(row["claim_id"]), **{f"new_{name}": row[name] for name in names}} for row in rows.to_dict("records")
    ]
    if values:
        changed = sa.update(C).where(C.c.claim_id == sa.bindparam("of"))
        update_by_key(conn, changed.values({name: sa.bindparam(f"new_{name}") for name in names}), values, "claim_id")
