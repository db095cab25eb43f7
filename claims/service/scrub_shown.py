"""What blocks which claims, and for how much money; and the edits with the switches of master data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from claims.charges.scrub import Edit, Switches, edits
from claims.errors import UsageError
from claims.masking import MASK
from claims.service.audited import record
from claims.service.context import Context
from claims.service.master import load_master
from claims.service.production import NOT_SENDABLE
from claims.store import scrubbing, sending
from claims.store.engine import read, write


def by_edit(ctx: Context, *, payer: str = "", edit: str = "") -> pd.DataFrame:
    """Give for each edit that says something: edit_id, severity, title, claims, charge_cents, fix; most money first."""
    with read(ctx.engine) as conn:
        rows = scrubbing.standing(conn, payer=payer, edit=known_edit(edit))
    claims = rows.drop_duplicates(["edit_id", "severity", "claim_id"]).groupby(["edit_id", "severity"])
    found = claims.agg(claims=("claim_id", "count"), charge_cents=("charge_cents", "sum")).reset_index()
    found = _described(found).assign(is_warning=found["severity"] != "block")
    order = ["is_warning", "charge_cents", "edit_id"]
    found = found.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return found[["edit_id", "severity", "title", "claims", "charge_cents", "fix"]]


def by_claim(
    ctx: Context, *, payer: str = "", edit: str = "", claim_id: int = 0, show_phi: bool = False
) -> pd.DataFrame:
    """Give each finding with its claim; claim numbers are masked unless `show_phi`, which is audited."""
    with read(ctx.engine) as conn:
        rows = scrubbing.standing(conn, payer=payer, edit=known_edit(edit), claim_id=claim_id)
    if show_phi:
        with write(ctx.engine) as conn:
            record(ctx, conn, "phi-shown", "scrub", {"claims": int(rows["claim_id"].nunique())})
    else:
        rows["claim_number"] = MASK
    return _described(rows)


def totals(ctx: Context, *, payer: str = "") -> dict[str, dict[str, int]]:
    """Give claims and money of what is draft, blocked and ready."""
    with read(ctx.engine) as conn:
        rows = scrubbing.totals(conn, payer)
    found = {name: {"claims": 0, "charge_cents": 0} for name in scrubbing.WAITING}
    for name, claims, cents in rows.itertuples(index=False):
        found[name] = {"claims": int(claims), "charge_cents": int(cents)}
    return found


def not_sendable(ctx: Context, *, payer: str = "") -> dict[str, int]:
    """Give claims and money of what is ready, for no edit stops it, but was stopped when it was put into a file.

    It stays behind until it is corrected or master data change.
    """
    with read(ctx.engine) as conn:
        stopped = sending.stopped(conn, NOT_SENDABLE)
        rows = sending.ready(conn) if stopped else pd.DataFrame({"claim_id": [], "payer_code": [], "charge_cents": []})
    rows = rows[rows["claim_id"].isin(list(stopped)) & ((rows["payer_code"] == payer) | (payer == ""))]
    return {"claims": len(rows), "charge_cents": int(rows["charge_cents"].sum())}


def listed(ctx: Context, day: date, *, edit: str = "") -> list[dict[str, Any]]:
    """Give all edits, or those of one id, each with the switches of `edit_settings` that hold on a day."""
    rows = load_master(ctx).at("edit_settings", int(day.strftime("%Y%m%d")))
    asked = known_edit(edit)
    found = []
    for one in edits().values():
        if one.edit_id.startswith(asked):
            mine = rows[rows["edit_id"].isin([one.edit_id, one.family])]
            found.append({**one._asdict(), "switches": [_switch(one, row) for row in mine.to_dict("records")]})
    return found


def _switch(edit: Edit, row: dict[Any, Any]) -> dict[str, str]:
    settings = pd.DataFrame([row])
    severity, switch = Switches(settings, int(row["effective_from"])).decide(
        edit, row["payer_code"], row["partner_code"]
    )
    return {"severity": severity, "switch": switch}


def known_edit(edit: str) -> str:
    """Return an id in capitals as the edits have it; raise UsageError for one that none begins with."""
    if not edit:
        return ""
    name = edit[:3].upper() + edit[3:].lower()
    if len(name) < 3 or not any(one.startswith(name) for one in edits()):
        raise UsageError(f"There is no edit {edit}; claims scrub --list shows them all.")
    return name


def fixes(edit_ids: Sequence[str]) -> list[str]:
    """Say of edits what each wants: its id, what is wrong, and what to do."""
    known = edits()
    return [f"{one}: {known[one].title}. {known[one].fix}" if one in known else one for one in edit_ids]


def _described(rows: pd.DataFrame) -> pd.DataFrame:
    known = edits()
    found = [known.get(name) for name in rows["edit_id"].tolist()]
    title = [one.title if one else "an edit that is no more" for one in found]
    fix = [one.fix if one else "" for one in found]
    return rows.assign(title=pd.array(title, dtype="str"), fix=pd.array(fix, dtype="str"))
