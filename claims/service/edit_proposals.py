"""Rejections that an edit should have caught come in; the switch of `edit_settings` that would do so comes out."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from claims.charges.scrub.edits import BLOCK, edits
from claims.charges.scrub.switches import Switches
from claims.errors import NotFoundError, UsageError
from claims.service.context import Context
from claims.service.master import import_files, load_master
from claims.store import edit_proposals, rejections
from claims.store.engine import read, write

MISSING = "missing"
STATES = ("open", "accepted", "dismissed")


def propose_edits(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Propose to let an edit block where a payer rejected what it would have caught: it is off, warns or is missing."""
    with write(ctx.engine) as conn:
        found = rejections.by_edit(conn)
        present = _severities(ctx, found, posting_date)
        rows = found.assign(present_severity=present, severity=BLOCK)
        told = edit_proposals.put(conn, rows[rows["present_severity"] != BLOCK], posting_date, ctx.actor)
    return {"edits_proposed": told}


def _severities(ctx: Context, rows: pd.DataFrame, day: date) -> pd.Series:
    """Give the severity of each edit with each payer on a day."""
    today = int(day.strftime("%Y%m%d"))
    switches, known = Switches(load_master(ctx).rows("edit_settings"), today), edits()
    found = [
        switches.decide(known[edit_id], payer_code)[0] if edit_id in known else MISSING
        for edit_id, payer_code in zip(rows["edit_id"].tolist(), rows["payer_code"].tolist(), strict=True)
    ]
    return pd.Series(found, index=rows.index, dtype="str")


def listed(ctx: Context, state: str = "open") -> pd.DataFrame:
    """Give the proposals of a state (empty: any), each with its row of edit_settings in `row`."""
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    with read(ctx.engine) as conn:
        rows = edit_proposals.listed(conn, state)
    return rows.assign(row=rows["edit_id"] + "," + rows["payer_code"] + "," + rows["severity"])


def accept(ctx: Context, edit_proposal_id: int) -> dict[str, str]:
    """Add the row of a proposal to `edit_settings`, as an import of a file of one row; give the row."""
    row = _one(ctx, edit_proposal_id)
    if row["present_severity"] == MISSING:
        raise UsageError(f"There is no edit {row['edit_id']} to switch on; it has to be written first.")
    cells = {name: str(row[name]) for name in ("edit_id", "payer_code", "severity")}
    cells["effective_from"] = ctx.settings.today().isoformat()
    with tempfile.TemporaryDirectory(prefix="claims-") as folder:
        path = Path(folder) / "edit_settings.csv"
        path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n", encoding="utf-8")
        (imported,) = import_files(ctx, [path])
    if imported.state != "stored":
        raise UsageError(f"Master data refused the row of proposal {edit_proposal_id}; see claims exceptions list.")
    with write(ctx.engine) as conn:
        edit_proposals.set_state(conn, edit_proposal_id, "accepted", ctx.actor)
    return cells


def dismiss(ctx: Context, edit_proposal_id: int) -> None:
    """Close a proposal that is not wanted; it is not made again."""
    _one(ctx, edit_proposal_id)
    with write(ctx.engine) as conn:
        edit_proposals.set_state(conn, edit_proposal_id, "dismissed", ctx.actor)


def _one(ctx: Context, edit_proposal_id: int) -> pd.Series:
    rows = listed(ctx, "open")
    found = rows[rows["edit_proposal_id"] == edit_proposal_id]
    if found.empty:
        raise NotFoundError("open proposal", edit_proposal_id)
    return found.iloc[0]
