"""Batches as a person looks at them: what was sent to whom, and what became of each claim in it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service.audited import record
from claims.service.context import Context
from claims.store import sending
from claims.store.engine import read, write

STATES = ("planned", "written", "released", "cancelled")


def listed(ctx: Context, *, partner: str = "", state: str = "") -> pd.DataFrame:
    """Give batches, the newest first; raise UsageError for a state that does not exist."""
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}.")
    with read(ctx.engine) as conn:
        return sending.listed(conn, partner=partner, state=state)


def told(ctx: Context, control_number: str, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one batch by its ISA13: its row, its sets, its claims; claim numbers are masked unless `show_phi`."""
    with read(ctx.engine) as conn:
        batch_id = sending.numbered(conn, control_number.zfill(9))
        if not batch_id:
            raise NotFoundError("batch", "with this number")
        batches = sending.listed(conn)
        sets, claims = sending.sets_of(conn, batch_id), sending.submissions_of(conn, batch_id)
        hashes = sending.batch(conn, batch_id)
    if show_phi:
        with write(ctx.engine) as conn:
            record(ctx, conn, "phi-shown", f"batch {batch_id}", {"claims": len(claims)})
    else:
        claims = claims.assign(claim_number=MASK)
    row = {str(name): value for name, value in batches[batches["batch_id"] == batch_id].iloc[0].items()}
    row |= {name: hashes[name] or "" for name in ("file_sha256", "snapshot_sha256")}
    columns = ["set_control_number", "ordinal", "claim_id", "claim_number", "attempt", "state", "life", "charge_cents",
               "seg", "offset", "length"]  # fmt: skip
    return {"batch": row, "sets": sets.drop(columns=["batch_set_id", "batch_id"]), "claims": claims[columns]}
