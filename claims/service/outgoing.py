"""All that makes claims leave: claims for next payers are made, repeats are told, edits look, files go.

Each part can be run alone; together they are what `claims submit` and the night do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from claims.service.context import Context
from claims.service.identities import resolve_identities
from claims.service.next_payer import bill_next
from claims.service.runs import running
from claims.service.scrub import scrub
from claims.service.submit import Submitted, send_ready


def prepare(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Make the claims for next payers and let the edits look at everything that waits; give the counts of both."""
    billed = bill_next(ctx, posting_date)
    resolve_identities(ctx, run_id, posting_date)
    looked = scrub(ctx, posting_date, run_id=run_id)
    return billed.counts | {name: looked[name] for name in ("claims_ready", "claims_blocked", "blocked_cents")}


def send(
    ctx: Context,
    posting_date: date,
    *,
    partner: str = "",
    kind: str = "",
    outbox: Path | None = None,
    advance: Callable[[int], None] = lambda claims: None,
) -> tuple[dict[str, int], Submitted]:
    """Prepare, then send what is ready: `(counts of preparing, what was sent)`.

    Raises RunBusyError while another run works on the books.
    """
    with running(ctx, "submit", posting_date) as (run_id, counts):
        prepared = prepare(ctx, run_id, posting_date)
        sent = send_ready(ctx, run_id, posting_date, partner=partner, kind=kind, outbox=outbox, advance=advance)
        counts.update({f"prepared_{name}": count for name, count in prepared.items()} | sent.counts)
    return prepared, sent
