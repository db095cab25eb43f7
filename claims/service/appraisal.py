"""What open denial cases are worth is worked out anew when a contract says something else of their lines (R4)."""

from __future__ import annotations

import json
from datetime import date

from claims import denials
from claims.service.at_risk import bound
from claims.service.context import Context
from claims.store import cases, priorities
from claims.store.handles import Connection
from claims.store.queries import denials as queries
from claims.store.queries.pricing import Scope

REPRICED = "repriced"  # the event of a case that is worth another amount


def appraise(conn: Connection, ctx: Context, scope: Scope, posting_date: date, run_id: int) -> None:
    """Set what the open cases of these decisions are worth, with an event for each that changes."""
    known = cases.open_worth(conn, scope.priced())
    if known.empty:
        return
    ids = scope.priced()
    claim_payments = queries.claim_payments(conn, ids)
    services, adjustments = queries.service_payments(conn, ids), queries.adjustments(conn, ids)
    classified = denials.classify(claim_payments, services, adjustments)
    figures = denials.line_figures(claim_payments, services, adjustments, classified)
    parts = denials.denied_parts(claim_payments, figures).rename(columns={"line": "line_number"})
    now = known.merge(parts, on=["claim_payment_id", "line_number"], suffixes=("_was", ""))
    now = now[now["worth_cents"] != now["worth_cents_was"]].reset_index(drop=True)
    if now.empty:
        return
    was = now[["worth_cents_was", "at_risk_cents"]].set_axis(["worth_cents", "at_risk_cents"], axis=1)
    bodies = [json.dumps({"before": before}) for before in was.to_dict("records")]
    now["at_risk_cents"] = now["worth_cents"]
    events = now[["case_id", "claim_payment_id"]].assign(
        kind=REPRICED, amount_cents=now["worth_cents"], body=bodies, posting_date=posting_date.isoformat()
    )
    told = events.astype(dict.fromkeys(["kind", "body", "posting_date"], "str"))
    priorities.save(conn, now[["case_id", "worth_cents", "at_risk_cents"]], told, actor=ctx.actor, run_id=run_id)
    bound(conn, ctx, now["family_id"].tolist(), posting_date, run_id)
