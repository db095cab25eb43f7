"""Posted claim payments become denial cases; the queue is listed, and the story of one case told."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims import denials
from claims.denials import outcomes
from claims.denials.deadlines import payer_types
from claims.denials.lifecycle import WON
from claims.denials.undone import with_winners
from claims.master import Master
from claims.service import verify_denials
from claims.service.at_risk import bound
from claims.service.context import Context
from claims.service.desk.limits import as_master_data_say, own_limits
from claims.service.master import load_master
from claims.store import cases, clock, desk, statistics, undone_cases
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.queries import denials as queries
from claims.store.released import released

CLAIMS_PER_BATCH = 50_000
CLOSING = ("overturned", "partly_overturned", "superseded")


def open_denials(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Open, repeat and close denial cases for all postings not looked at yet, in posting order."""
    master = load_master(ctx)
    limits = own_limits(master, posting_date)
    counts = {"denials_opened": 0, "denials_repeated": 0, "denials_closed": 0, "denials_matched": 0, "at_risk_cents": 0}
    looked_again: set[int] = set()
    while True:
        statistics.refresh(ctx.engine)
        with write(ctx.engine) as conn:
            remit_ids = queries.remittances_to_look_at(conn, CLAIMS_PER_BATCH)
            if not remit_ids:
                return counts
            ids = queries.that_matter(remit_ids)
            claim_payments = _typed(master, queries.claim_payments(conn, ids), posting_date)
            ended: list[int] = []
            if len(claim_payments):
                service_payments = queries.service_payments(conn, ids)
                adjustments = queries.adjustments(conn, ids)
                proposal = denials.propose(
                    claim_payments,
                    service_payments,
                    adjustments,
                    denials.classify(claim_payments, service_payments, adjustments),
                    queries.remarks(conn, ids),
                    _related(conn, ids),
                    posting_date=posting_date.isoformat(),
                    limits=limits,
                    replaced=_released(conn, claim_payments),
                )
                proposal = _with_undone(conn, proposal)
                before = cases.last_id(conn)
                cases.save(conn, *proposal, actor=ctx.actor, recorded_at=clock.now(), run_id=run_id)
                kinds = proposal.events["kind"]
                counts["denials_opened"] += int((kinds == "opened").sum())
                counts["denials_repeated"] += int(kinds.isin(["repeated", "upheld", "reopened", "attached"]).sum())
                closed = proposal.events.loc[kinds.isin(CLOSING), "case_key"]
                counts["denials_closed"] += closed.nunique()  # a reversal and the payment after it close once
                ended = _of_ended(proposal)
                counts["denials_matched"] += int((kinds == "matched").sum())
                bound(conn, ctx, claim_payments["family_id"].tolist(), posting_date, run_id)
                counts["at_risk_cents"] += cases.at_risk_since(conn, before)
            cases.mark(conn, remit_ids, clock.now())
            # A case may have told a denial that was held beside the one that stands: taken back, it leaves that one.
            if missing := set(verify_denials.without_case(conn, ended) if ended else []) - looked_again:
                undone_cases.look_again(conn, sorted(missing))
                looked_again |= missing
            desk.end_requests(conn, posting_date)


def _of_ended(proposal: denials.Proposal) -> list[int]:
    """Give the claims (family_id) whose cases end here with what was taken back."""
    if proposal.changed_cases.empty:
        return []
    is_ended = proposal.changed_cases["outcome"] == "superseded"
    return sorted(set(proposal.changed_cases.loc[is_ended, "family_id"].tolist()) - {0})


def _related(conn: Connection, ids: queries.Ids) -> pd.DataFrame:
    """Read the stored cases that these claim payments may concern, with what won those that are won."""
    related = queries.related_cases(conn, ids)
    won = related.loc[related["outcome"].isin(WON), "case_id"].tolist()
    return with_winners(related, queries.wins(conn, won))


def _released(conn: Connection, claim_payments: pd.DataFrame) -> pd.DataFrame:
    """Read what the decisions among these took back without a reversal."""
    took = (claim_payments["outcome"] == "posted") & (claim_payments["reverses_claim_payment_id"] != 0)
    return released(conn, claim_payments.loc[took, "claim_payment_id"].tolist())


def _typed(master: Master, claim_payments: pd.DataFrame, day: date) -> pd.DataFrame:
    """Add the type of each payer: as master data call it, else by its filing indicator (CLP06)."""
    rows = claim_payments.assign(payer_type=payer_types(claim_payments["filing_indicator_code"]))
    return as_master_data_say(master, rows, day)


def _with_undone(conn: Connection, proposal: denials.Proposal) -> denials.Proposal:
    """Let cases that open again after an undo be the same cases, with the day on which they first opened."""
    stored = undone_cases.undone_by_key(conn, proposal.new_cases["case_key"].tolist())
    if stored.empty:
        return proposal
    known = stored.set_index("case_key")
    is_old = proposal.new_cases["case_key"].isin(known.index)
    old = proposal.new_cases[is_old]
    old = old.assign(
        case_id=known["case_id"].reindex(old["case_key"]).to_numpy(),
        posting_date=known["posting_date"].reindex(old["case_key"]).to_numpy(),
    )
    changed = old[["case_id", *outcomes.CASE_COLUMNS]]
    return denials.Proposal(
        proposal.new_cases[~is_old].reset_index(drop=True),
        pd.concat([proposal.changed_cases, changed], ignore_index=True) if len(proposal.changed_cases) else changed,
        outcomes.with_before(proposal.events, stored.fillna({"outcome": ""}), changed),
    )
