"""Variance cases as a biller reads and works them: lines that a payer paid below or above its contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service import paged
from claims.service import variance_acts as acts
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.paged import SIZE, Page, Place
from claims.service.pricing import price_decisions
from claims.service.runs import running
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import variance_list
from claims.store.queries import variances as queries
from claims.store.queries.variances import STATES, Filter

__all__ = [
    "KEY_LENGTH",
    "KINDS",
    "STATES",
    "Filter",
    "asked_for",
    "has_payer",
    "is_priced",
    "listed",
    "open_totals",
    "page",
    "patterns",
    "payers",
    "refresh",
    "say",
    "take_back",
    "told",
    "totals",
]

KEY_LENGTH = 10
KINDS = ("underpaid", "overpaid")


def asked_for(
    state: str = "open", kind: str = "", payer: str = "", procedure: str = "", *, payer_code: str = "",
    least_cents: int = 0, opened_by: date | None = None,
) -> Filter:  # fmt: skip
    """Say which cases are asked for; state any is every one. Raises UsageError for a word that does not exist.

    `payer`: its code, or part of its name; `payer_code`: just this one. `opened_by`: on that day or before.
    """
    if state not in (*STATES, "any"):
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    if kind and kind not in KINDS:
        raise UsageError(f"There is no kind {kind}; there are: {', '.join(KINDS)}.")
    return Filter("" if state == "any" else state, kind, payer, procedure, payer_code, least_cents, opened_by)


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


def page(ctx: Context, asked: Filter, sort: str = "amount", after: Place | None = None, size: int = SIZE) -> Page:
    """Give a page of a list, with `seen` (how many events of a case are told) and `bundling`; that it is shown is
    recorded."""

    def read_rows(place: Sequence[Any] | None, rows: int, is_back: bool) -> pd.DataFrame:
        with read(ctx.engine) as conn:
            return variance_list.page(conn, asked, sort, place, rows, back=is_back)

    found = paged.page(read_rows, (variance_list.SORTS[sort].column, variance_list.ID), after, size)
    rows = found.rows.assign(key=found.rows["case_key"].str[:KEY_LENGTH])
    if len(rows):
        record_shown(ctx, "variances", {"variances": rows["key"].tolist()})
    return found._replace(rows=rows.assign(bundling=_bundlings(ctx, rows)))


def totals(ctx: Context, asked: Filter) -> pd.DataFrame:
    """Add up a list by kind: slower than a page, to be asked for apart from it."""
    with read(ctx.engine) as conn:
        return queries.totals(conn, asked)


def open_totals(ctx: Context) -> dict[str, tuple[int, int]]:
    """Give (cases, cents open) of what asks for work, by kind."""
    with read(ctx.engine) as conn:
        rows = variance_list.open_by_kind(conn)
    return {kind: (int(cases), int(cents)) for kind, cases, cents in rows.itertuples(index=False)}


def payers(ctx: Context) -> list[tuple[str, str]]:
    """Give (code, name) of the payers that any case is of, by name."""
    with read(ctx.engine) as conn:
        return variance_list.payers(conn)


def has_payer(ctx: Context, code: str) -> bool:
    """Tell whether any case is of the payer with just this code."""
    with read(ctx.engine) as conn:
        return variance_list.has_payer(conn, code)


def _bundlings(ctx: Context, rows: pd.DataFrame) -> list[str]:
    """Say of each case that the payer paid its lines within others, or under another code; empty where it did not."""
    ids = rows["claim_payment_id"].drop_duplicates().tolist()
    with read(ctx.engine) as conn:
        lines, bundled = variance_list.paid_as(conn, ids), variance_list.bundled(conn, ids)
    return [
        _bundling(lines[lines["claim_payment_id"] == of], line, of in bundled)
        for of, line in zip(rows["claim_payment_id"].tolist(), rows["line_number"].tolist(), strict=True)
    ]


def _bundling(lines: pd.DataFrame, line: int, is_bundled: bool) -> str:
    own = lines[lines["line_number"] == line] if line else lines
    told = [
        f"{', '.join(dict.fromkeys(part['submitted_procedure_code']))} paid as {code}"
        for code, part in own.groupby("procedure_code", sort=False)
    ]
    is_together = is_bundled and line == 0
    if not told:
        return "Bundled: the payer paid lines of this claim within others" if is_together else ""
    return ("Bundled" if is_together or len(own) > 1 else "Another code") + ": " + "; ".join(told)


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
    case["bundling"] = _bundlings(ctx, pd.DataFrame([case]))[0]
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
    if verb == acts.NOTE and not note.strip():
        raise UsageError("A note wants words.")
    ((case_id, now),) = acts.of_keys(ctx, [key])
    done = acts.say(ctx, [(case_id, now if seen is None else seen)], verb, note, ctx.settings.today())
    if done.stale:
        raise UsageError("It was changed since you saw it: look at it once more.")
    if done.refused:
        raise UsageError(f"Not done: {acts.WORDS[next(iter(done.refused))]}.")
    return done.states[case_id]


def take_back(ctx: Context, key: str) -> None:
    """Take back what was said of a case last; what stood before holds again."""
    acts.take_back(ctx, key, ctx.settings.today())


def refresh(ctx: Context, posting_date: date) -> dict[str, int]:
    """Price what is not priced by the contracts known now, without a whole reconcile."""
    with running(ctx, "reconcile", posting_date) as (run_id, counts):
        counts.update(price_decisions(ctx, run_id, posting_date))
    return counts


def _one(conn: Connection, key: str) -> dict[str, Any]:
    found = queries.find(conn, key.strip().lower()) if key.strip() else pd.DataFrame()
    if len(found) != 1:
        raise NotFoundError("variance" if found.empty else "single variance", "with this key")
    return {str(name): value.item() if hasattr(value, "item") else value for name, value in found.iloc[0].items()}
