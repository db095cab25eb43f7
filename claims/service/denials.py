"""Posted claim payments become denial cases; the queue is listed, and the story of one case told."""

from __future__ import annotations

from datetime import date

from claims import denials
from claims.service.context import Context
from claims.service.desk.limits import own_limits
from claims.service.master import load_master
from claims.store import cases, clock
from claims.store.engine import write
from claims.store.queries import denials as queries

CLAIMS_PER_BATCH = 50_000
CLOSING = ("overturned", "partly_overturned", "superseded")


def open_denials(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Open, repeat and close denial cases for all postings not looked at yet, in posting order."""
    limits = own_limits(load_master(ctx), posting_date)
    counts = {"denials_opened": 0, "denials_repeated": 0, "denials_closed": 0, "denials_matched": 0, "at_risk_cents": 0}
    while True:
        with write(ctx.engine) as conn:
            remit_ids = queries.remittances_to_look_at(conn, CLAIMS_PER_BATCH)
            if not remit_ids:
                return counts
            ids = queries.that_matter(remit_ids)
            claim_payments = queries.claim_payments(conn, ids)
            if len(claim_payments):
                service_payments = queries.service_payments(conn, ids)
                adjustments = queries.adjustments(conn, ids)
                proposal = denials.propose(
                    claim_payments,
                    service_payments,
                    adjustments,
                    denials.classify(claim_payments, service_payments, adjustments),
                    queries.remarks(conn, ids),
                    queries.related_cases(conn, ids),
                    posting_date=posting_date.isoformat(),
                    limits=limits,
                )
                cases.save(conn, *proposal, actor=ctx.actor, recorded_at=clock.now(), run_id=run_id)
                kinds = proposal.events["kind"]
                counts["denials_opened"] += int((kinds == "opened").sum())
                counts["denials_repeated"] += int(kinds.isin(["repeated", "upheld", "reopened", "attached"]).sum())
                counts["denials_closed"] += int(kinds.isin(CLOSING).sum())
                counts["denials_matched"] += int((kinds == "matched").sum())
                counts["at_risk_cents"] += int(proposal.new_cases["at_risk_cents"].sum())
            cases.mark(conn, remit_ids, clock.now())
