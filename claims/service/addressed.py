"""What a payer in turn is told of a claim: its own member's number, and what is open on it, not on the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from claims.service.context import Context
from claims.service.quoted import elements, quoted
from claims.store.handles import Connection
from claims.store.queries.appeals import sendings


def is_addressed(claim: Mapping[str, Any], payer_sequence: str) -> bool:
    """Tell whether a claim went to the payer in this place, and not to one before or after it."""
    return not payer_sequence or str(claim.get("payer_sequence") or "") in ("", payer_sequence)


def member_id(
    ctx: Context, conn: Connection, family_id: int, payer_sequence: str, claim: Mapping[str, Any], told: str
) -> str:
    """Give the number of the member with the payer in a place; ``told``: as that payer's remittance calls it.

    Where the claim went to another payer (a crossover), its 837 names those of the others too (loop 2330A).
    """
    if is_addressed(claim, payer_sequence):
        return str(claim.get("member_id") or "") or told
    sent = sendings(conn, family_id, str(claim["payer_sequence"]))
    if sent.empty:
        return told
    rows = quoted(ctx, str(sent["sha256"].iloc[0]), int(sent["seg"].iloc[0]), "837")
    return _members(rows).get(payer_sequence, "") or told


def _members(rows: pd.DataFrame) -> dict[str, str]:
    """Read the member's number with each payer of a claim, by place: SBR01, and NM109 of its subscriber (NM1*IL)."""
    found: dict[str, str] = {}
    place = ""
    for one in elements(rows, "SBR", "NM1"):
        if one[0] == "SBR":
            place = one[1]
        elif one[1] == "IL" and place and len(one) > 9:
            found.setdefault(place, one[9])
    return found
