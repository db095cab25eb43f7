"""Claims to send: files of charges come in, and what waits to be sent is listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from claims import codes, x12
from claims.charges import is_charges_file
from claims.errors import UsageError
from claims.masking import MASK
from claims.service.audited import record
from claims.service.context import Context
from claims.service.intake import CHARGES_RUN, UNREADABLE, Outcome, Receipt, take_in
from claims.service.runs import running
from claims.store.engine import read, write
from claims.store.queries import charges as rows_of
from claims.store.queries.charges import Filter

WAITING = ("draft", "blocked", "ready", "batched")  # not sent yet
_HEAD = 65_536


@dataclass(frozen=True)
class ImportedFile:
    """What became of one file: stored, held (some claims are refused), refused or duplicate.

    `claims` and `charge_cents` are what is to be sent now; `refused_claims` of an 837 are stored, held and named by
    `refusals` (seg, element, code, expected, message), refused rows of a CSV are named there alone.
    """

    path: Path
    outcome: Outcome
    state: str
    claims: int
    charge_cents: int
    refused_claims: int
    refusals: pd.DataFrame


@dataclass(frozen=True)
class ImportReport:
    """The files given, in their order; counts are stored, held, refused, duplicate and add up to the files."""

    run_id: int
    counts: dict[str, int]
    files: list[ImportedFile]


def import_charges(
    ctx: Context, paths: Sequence[Path], posting_date: date, advance: Callable[[], None] = lambda: None
) -> ImportReport:
    """Take in charges CSVs and 837s as claims to send; the same file again changes nothing.

    A file of anything else is refused and not even registered: `ingest` can still take it.
    """
    chosen = [_is_charges(path) for path in paths]
    with running(ctx, CHARGES_RUN, posting_date) as (run_id, counts):
        report = take_in(
            ctx,
            run_id,
            CHARGES_RUN,
            [path for path, is_ours in zip(paths, chosen, strict=True) if is_ours],
            posting_date,
            advance,
        )
        counts.update(report.counts)
        counts["refused"] += len(paths) - sum(chosen)
        taken = iter(zip(report.receipts, report.outcomes, strict=True))
        other = Outcome(0, "", "refused", "not-charges", "", {})
        files = [
            _told(ctx, *(next(taken) if is_ours else (Receipt(path, 0, 0, False), other)))
            for path, is_ours in zip(paths, chosen, strict=True)
        ]
    return ImportReport(run_id, dict(counts), files)


def _is_charges(path: Path) -> bool:
    """Tell whether a file is a charges CSV or begins with claims; one that cannot be read is left to the intake."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except UNREADABLE:
        return True
    if is_charges_file(head):
        return True
    begin = x12.read(head)
    sets = begin.transactions["set_code"].str.startswith("837")
    return bool(sets.any() or (begin.frames["groups"]["functional_code"] == "HC").any())


def _told(ctx: Context, receipt: Receipt, outcome: Outcome) -> ImportedFile:
    state = "duplicate" if receipt.is_duplicate else outcome.state
    is_new = state in ("stored", "held") or (state == "refused" and outcome.reason_code != "sent-elsewhere")
    with read(ctx.engine) as conn:
        brought = rows_of.of_file(conn, outcome.file_id if is_new else 0)
        refusals = rows_of.refusals(conn, outcome.file_id if is_new else 0)
    good = brought["state"].isin(["new", "stored"])
    return ImportedFile(
        receipt.path,
        outcome,
        state,
        int(brought.loc[good, "claims"].sum()),
        int(brought.loc[good, "charge_cents"].sum()),
        int(brought.loc[brought["state"] == "held", "claims"].sum()),
        refusals,
    )


def charges_to_send(
    ctx: Context, *, life: str = "", payer: str = "", limit: int = 50, show_phi: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give claims to send, summed up by life, payer and kind, and the largest of them one by one.

    `life` empty: those that are not sent yet; `any`: all. Claim numbers are masked unless `show_phi`, which is audited.
    Raises UsageError for a life that does not exist.
    """
    lives = codes.table("claim_life")["next_life"].unique().tolist()
    if life and life != "any" and life not in lives:
        raise UsageError(f"There is no life {life}; there are: {', '.join(lives)}, any.")
    asked = Filter(() if life == "any" else (life,) if life else WAITING, payer)
    with read(ctx.engine) as conn:
        sums, rows = rows_of.by_life(conn, asked), rows_of.to_send(conn, asked, limit)
    if show_phi:
        with write(ctx.engine) as conn:
            record(ctx, conn, "phi-shown", "charges", {"claims": len(rows)})
    else:
        rows["claim_number"] = rows["claim_number"].where(rows["claim_number"] == "", MASK)
    order = np.argsort([lives.index(one) for one in sums["life"]], kind="stable")
    return sums.iloc[order].reset_index(drop=True), rows
