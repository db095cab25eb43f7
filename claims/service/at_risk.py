"""The money at risk of open cases follows what is open on their claims, with an event for each that changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from claims.denials import at_risk as rules
from claims.service.context import Context
from claims.store import owed, priorities
from claims.store.handles import Connection

CHANGED = "at_risk_changed"


def bound(conn: Connection, ctx: Context, family_ids: Iterable[int], posting_date: date, run_id: int) -> None:
    """Let no case of these claims (0: unknown) have more at risk than is open on its line, and no cent count twice."""
    cases = owed.open_cases(conn, sorted(set(family_ids) - {0}))
    if cases.empty:
        return
    now = rules.at_risk(cases, owed.by_line(conn, sorted(set(cases["family_id"].tolist()))))
    differs = now != cases["at_risk_cents"]
    if not differs.any():
        return
    was = cases.loc[differs, "at_risk_cents"].tolist()
    rows = cases.loc[differs, ["case_id"]].assign(at_risk_cents=now[differs]).reset_index(drop=True)
    events = rows[["case_id"]].assign(
        case_version=cases.loc[differs, "version"].to_numpy(),
        kind=CHANGED,
        amount_cents=rows["at_risk_cents"],
        body=[json.dumps({"before": {"at_risk_cents": cents}}) for cents in was],
        posting_date=posting_date.isoformat(),
    )
    told = events.astype(dict.fromkeys(["kind", "body", "posting_date"], "str"))
    priorities.save(conn, rows, told, actor=ctx.actor, run_id=run_id)
