"""Variance cases as a biller reads and works them: lines that a payer paid below or above its contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from claims import pricing
from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service.audited import record, record_shown
from claims.service.context import Context
from claims.service.pricing import price_decisions
from claims.service.runs import running
from claims.store import clock
from claims.store import pricing as rows_of
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import variances as queries
from claims.store.queries.variances import Filter

KEY_LENGTH = 10
STATES = ("open", "disputed", "accepted", "recovered", "closed")
KINDS = ("underpaid", "overpaid")
SAYS = {"dispute": "disputed", "accept": "accepted", "close": "closed"}


def asked_for(state: str = "open", kind: str = "", payer: str = "", procedure: str = "") -> Filter:
    """Say which cases are asked for; state any is every one. Raises UsageError for a word that does not exist."""
    if state not in (*STATES, "any"):
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    if kind and kind not in KINDS:
        raise UsageError(f"There is no kind {kind}; there are: {', '.join(KINDS)}.")
    return Filter("" if state == "any" else state, kind, payer, procedure)


def listed(
    ctx: Context, asked: Filter, *, limit: int = 50, show_phi: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the cases asked for, most money first, and the sums of all of them by kind."""
    with read(ctx.engine) as conn:
        rows, sums = queries.cases(conn, asked, limit), queries.totals(conn, asked)
    rows.insert(0, "key", rows["case_key"].str[:KEY_LENGTH])
    if show_phi:
        record_shown(ctx, "variances", {"variances": rows["key"].tolist()})
    else:
        rows["claim_number"] = rows["claim_number"].where(rows["claim_number"] == "", MASK)
    return rows, sums


def is_priced(ctx: Context) -> bool:
    """Tell whether any line was held against a contract at all."""
    with read(ctx.engine) as conn:
        return queries.has_prices(conn)


def patterns(ctx: Context, asked: Filter, by: Sequence[str]) -> pd.DataFrame:
    """Add up the cases asked for by payer, procedure or term, and by the share of the contract that was allowed."""
    wrong = [name for name in by if name not in queries.BY]
    if wrong or not by:
        raise UsageError(f"Cases are added up by {', '.join(queries.BY)}.")
    with read(ctx.engine) as conn:
        return queries.patterns(conn, asked, list(dict.fromkeys(by)))


def told(ctx: Context, key: str, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one case: its sums, how each line was priced, the decisions behind it, what happened."""
    with read(ctx.engine) as conn:
        case = _one(conn, key)
        events = queries.events(conn, case["variance_case_id"])
        lines = queries.priced_lines(conn, case["claim_payment_id"])
        ids = {case["claim_payment_id"], case["recovered_claim_payment_id"], *events["claim_payment_id"].tolist()}
        decisions = queries.decisions(conn, sorted(ids - {0}))
    if case["line_number"]:
        lines = lines[lines["line_number"] == case["line_number"]].reset_index(drop=True)
    decisions["is_recovery"] = decisions["claim_payment_id"] == case["recovered_claim_payment_id"]
    notes = [json.loads(body).get("note", "") for body in events["body"].tolist()]
    if show_phi:
        record_shown(ctx, f"variance {case['case_key'][:KEY_LENGTH]}")
    else:
        case["claim_number"] = MASK
        notes = [MASK if note else "" for note in notes]
        decisions["payer_claim_number"] = decisions["payer_claim_number"].where(
            decisions["payer_claim_number"] == "", MASK
        )
    hidden = ("variance_case_id", "family_id", "claim_id", "claim_payment_id", "recovered_claim_payment_id")
    return {
        "key": case["case_key"][:KEY_LENGTH],
        "case": {name: value for name, value in case.items() if name not in hidden},
        "lines": lines,
        "decisions": decisions.drop(columns="claim_payment_id"),
        "events": events.drop(columns=["claim_payment_id", "body"]).assign(note=notes),
    }


def say(ctx: Context, key: str, verb: str, note: str = "", *, seen: int | None = None) -> str:
    """Dispute, accept or close a case, or note something (`verb` note); give its state after that.

    What a person said holds while no more is open than it saw; money that comes or goes moves the case by itself.
    `seen`: how many events the person saw; where more has happened, nothing is done but a note (UsageError).
    """
    if verb == "note" and not note.strip():
        raise UsageError("A note wants words.")
    with write(ctx.engine) as conn:
        case = _one(conn, key)
        if verb != "note":
            if seen is not None and seen != len(queries.events(conn, case["variance_case_id"])):
                raise UsageError("It was changed since you saw it: look at it once more.")
            _require_open(case, verb)
        stance = {"stance": SAYS.get(verb, case["stance"]), "stance_cents": case["open_cents"]}
        after = case | (stance if verb != "note" else {})
        row = pricing.with_states(pd.DataFrame([after]).astype({"outcome": "str"}))
        state = str(row["state"].iloc[0])
        settles = verb != "note" and state in ("accepted", "closed")
        today = ctx.settings.today().isoformat()
        names = ["variance_case_id", "case_key", "stance", "stance_cents", "state", "outcome"]
        changed = row[names].assign(closed_posting_date=today if settles else case["closed_posting_date"])
        body = json.dumps({"before": {"state": case["state"]}} | ({"note": note} if note else {}), sort_keys=True)
        events = pd.DataFrame(
            {
                "case_key": [case["case_key"]],
                "kind": [SAYS.get(verb, verb)],
                "claim_payment_id": [0],
                "amount_cents": [int(case["open_cents"])],
                "body": [body],
                "posting_date": [today],
            }
        ).astype(dict.fromkeys(("case_key", "kind", "body", "posting_date"), "str"))
        rows_of.save_cases(conn, row.iloc[:0], changed, events, ctx.actor, clock.now())
        subject = f"variance {case['case_key'][:KEY_LENGTH]}"
        record(ctx, conn, f"variance.{verb}", subject, {"open_cents": case["open_cents"]})
    return state


def refresh(ctx: Context, posting_date: date) -> dict[str, int]:
    """Price what is not priced by the contracts known now, without a whole reconcile."""
    with running(ctx, "reconcile", posting_date) as (run_id, counts):
        counts.update(price_decisions(ctx, run_id, posting_date))
    return counts


def _require_open(case: dict[str, Any], verb: str) -> None:
    if case["found"] != "open":
        raise UsageError(f"Nothing is open of this case ({case['state']}): there is nothing to {verb}.")


def _one(conn: Connection, key: str) -> dict[str, Any]:
    found = queries.find(conn, key.strip().lower()) if key.strip() else pd.DataFrame()
    if len(found) != 1:
        raise NotFoundError("variance" if found.empty else "single variance", key)
    return {str(name): value.item() if hasattr(value, "item") else value for name, value in found.iloc[0].items()}
