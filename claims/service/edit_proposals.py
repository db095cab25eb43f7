"""Rejections that an edit should have caught come in; the switch of `edit_settings` that would do so comes out."""

from __future__ import annotations

import csv
import tempfile
from datetime import date
from importlib import resources
from pathlib import Path

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.service.context import Context
from claims.service.master import import_files, load_master
from claims.store import edit_proposals, rejections
from claims.store.engine import read, write

BLOCK, MISSING = "block", "missing"
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
    """Give the severity of each edit with each payer on a day: the most exact switch, or how the edit comes."""
    switches = load_master(ctx).at("edit_settings", int(day.strftime("%Y%m%d")))
    if "partner_code" in switches:
        switches = switches[switches["partner_code"] == ""]
    decided = dict(
        zip(zip(switches["edit_id"], switches["payer_code"], strict=True), switches["severity"], strict=True)
    )
    comes = _edits()

    def severity(edit_id: str, payer_code: str) -> str:
        family = edit_id.rstrip("abcdefghijklmnopqrstuvwxyz")
        places = [(name, payer) for payer in (payer_code, "") for name in (edit_id, family)]
        known = [decided[place] for place in places if place in decided]
        return known[0] if known and edit_id in comes else comes.get(edit_id, MISSING)

    found = [severity(*pair) for pair in zip(rows["edit_id"], rows["payer_code"], strict=True)]
    return pd.Series(found, index=rows.index, dtype="str")


def _edits() -> dict[str, str]:
    """Give how each edit of `claims scrub` comes, by its id; none where no table is there."""
    table = resources.files("claims.charges") / "scrub" / "edits.csv"
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8") as file:
        return {row["edit_id"]: row["severity"] for row in csv.DictReader(file)}


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
