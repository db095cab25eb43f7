"""The queue of rejections as a biller reads it: what was refused, why, and what to do; a person or a claim ends it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service import life
from claims.service.audited import record, record_shown
from claims.service.context import Context
from claims.service.periods import require_open
from claims.service.queue import KEY_LENGTH
from claims.store import rejections
from claims.store.engine import read, write
from claims.store.queries import made_claims

STATES = ("open", "closed")
WITHDRAWN = "withdrawn"


def listed(ctx: Context, *, state: str = "open", payer: str = "", show_phi: bool = False) -> pd.DataFrame:
    """Give rejections of a state (empty: any), the largest first; numbers are masked unless `show_phi` (audited)."""
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    with read(ctx.engine) as conn:
        rows = rejections.listed(conn, state, payer)
    return _shown(ctx, rows, "rejections", show_phi=show_phi)


def told(ctx: Context, rejection_id: int, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one rejection; `case_key`: of the denial that its claim was made of, else empty. Raises NotFoundError."""
    with read(ctx.engine) as conn:
        rows = rejections.one(conn, rejection_id)
        keys = made_claims.behind(conn, rows["claim_id"].tolist())["case_key"]
    if rows.empty:
        raise NotFoundError("rejection", rejection_id)
    shown = _shown(ctx, rows, f"rejection {rejection_id}", show_phi=show_phi)
    told: dict[str, Any] = {str(name): value for name, value in shown.to_dict("records")[0].items()}
    return told | {"case_key": str(keys.iloc[0])[:KEY_LENGTH] if len(keys) else ""}


def open_totals(ctx: Context) -> tuple[int, int]:
    """Count the open rejections, and add up what their claims charge."""
    with read(ctx.engine) as conn:
        return rejections.open_totals(conn)


def of_case(ctx: Context, case_id: int, family_id: int) -> dict[str, Any]:
    """Give the open rejection of the claim that was made of a case (rejection_id, cause, next_step); else nothing."""
    with read(ctx.engine) as conn:
        rows = rejections.open_of_family(conn, family_id) if family_id else pd.DataFrame()
        of = made_claims.behind(conn, rows["claim_id"].tolist()) if len(rows) else pd.DataFrame()
    mine = rows[rows["claim_id"].isin(of.loc[of["case_id"] == case_id, "claim_id"])] if len(of) else rows.head(0)
    return {str(name): value for name, value in mine.iloc[0].items()} if len(mine) else {}


def _shown(ctx: Context, rows: pd.DataFrame, subject: str, *, show_phi: bool) -> pd.DataFrame:
    away = (rows["origin"] != "to_send") & (rows["state"] == "open")
    step = rows["next_step"].where(rows["next_step"] != "", "Read the answer") + ", where it was sent from"
    rows = rows.assign(is_elsewhere=away, next_step=rows["next_step"].mask(away, step)).drop(columns="origin")
    if not show_phi:
        return rows.assign(claim_number=MASK)
    record_shown(ctx, subject, {"rejections": rows["rejection_id"].tolist()})
    return rows


def close(ctx: Context, rejection_id: int, posting_date: date) -> None:
    """Give a refused claim up: its rejection is closed, the claim withdrawn, and both stand in the audit chain.

    Raises PeriodClosedError for a day that is closed.
    """
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        rows = rejections.one(conn, rejection_id)
        if rows.empty:
            raise NotFoundError("rejection", rejection_id)
        row = rows.iloc[0]
        if row["state"] != "open":
            raise UsageError(f"Rejection {rejection_id} is closed already: {row['closed_reason']}.")
        rejections.close(conn, [rejection_id], WITHDRAWN, posting_date)
        event = rows[["claim_id"]].assign(event="withdrawn", event_key=f"rejection:{rejection_id}:withdrawn")
        if row["life"] == "rejected":
            life.record(conn, event, posting_date, actor=ctx.actor)
        record(ctx, conn, "rejection-closed", f"rejection {rejection_id}", {"amount_cents": int(row["amount_cents"])})
