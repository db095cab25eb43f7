"""What corrections take off the charges of claims that the books do not know yet: made, and not booked so far."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.charging import is_charged, lines_of
from claims.store.rows import frame_of
from claims.store.versions import OVER

C, J, L = schema.claims, schema.journals, schema.ledger_lines
_TYPES = {"family_id": "int64", "payer_sequence": "str", "line_number": "int64", "claim_id": "int64", "cents": "int64"}
_LINE = ["family_id", "payer_sequence", "line_number"]


def on_its_way(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Give the lines of claims that are charged less by a correction which is not booked: it has not left, or just now.

    family_id, payer_sequence, line_number (0 where the books keep the claim as a whole), claim_id (of the correction),
    cents (so much less).
    """
    select = sa.select(C.c.claim_id, C.c.family_id, C.c.payer_sequence, C.c.version)
    select = select.where(C.c.origin == "to_send", C.c.state == "stored", C.c.follows_claim_id.is_not(None))
    select = select.where(C.c.life.not_in(OVER), ~is_charged(C.c.claim_id))
    made = frame_of(conn, select, C.c.family_id, family_ids).sort_values(["version", "claim_id"])
    made = made.drop_duplicates(["family_id", "payer_sequence"], keep="last")
    if made.empty:
        return pd.DataFrame({name: [] for name in (*_LINE, "claim_id", "cents")}).astype(_TYPES)
    keys = [L.c[name] for name in _LINE]
    cents = sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("booked_cents")
    charged = sa.select(*keys, cents).join(J, J.c.journal_id == L.c.journal_id)
    charged = charged.where(J.c.source == "charge", L.c.account == "1100").group_by(*keys)
    booked = frame_of(conn, charged, L.c.family_id, made["family_id"].drop_duplicates().tolist())
    whole = booked.loc[booked["line_number"] == 0, "family_id"]
    lines = lines_of(conn, made["claim_id"].tolist()).merge(made, on="claim_id")
    lines["line_number"] = lines["line_number"].where(~lines["family_id"].isin(whole), 0)
    now = lines.groupby(_LINE)["charge_cents"].sum().reset_index()
    found = booked.merge(made.drop(columns="version"), on=_LINE[:2]).merge(now, how="left", on=_LINE)
    found["cents"] = found["booked_cents"] - found["charge_cents"].fillna(0).astype("int64")
    return found.loc[found["cents"] > 0, [*_LINE, "claim_id", "cents"]].reset_index(drop=True)
