"""Claims that are ready become files in the outbox, each claim once, whoever runs and whatever dies in between.

One run submits at a time. What an earlier run planned is finished first; then ready claims go by partner, kind and
usage, sorted by provider, subscriber and patient, into files within the partner's limits. A file for a partner in test
mode goes to the folder ``test`` of the outbox: its claims stay ready, and stand in one test file for each partner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from claims.master import Master
from claims.service import differing, envelopes, production
from claims.service.building import Built, built, files
from claims.service.context import Context
from claims.service.desk.sending import post_transfers
from claims.service.envelopes import Interchange
from claims.service.finishing import Finisher
from claims.service.master import load_master
from claims.service.planning import plan
from claims.service.routing import Part, parts, routed
from claims.service.runs import running
from claims.store import exceptions, sending
from claims.store.engine import read, write

_DRY_RUN = "000000000"  # ISA13 of a dry run


@dataclass
class Submitted:
    """What became of ready claims: batches (rows of the table; of a dry run, what they would be) and counts."""

    run_id: int
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("batches", "claims_sent", "sent_cents", "claims_tested", "claims_blocked", "claims_without_partner",
             "batches_cancelled", "batches_not_finished"), 0,
        )
    )  # fmt: skip
    batches: list[dict[str, Any]] = field(default_factory=list)

    def add(self, batch: dict[str, Any]) -> None:
        """Count a batch that was finished or cancelled."""
        self.batches.append(batch)
        if batch["state"] == "cancelled":
            self.counts["batches_cancelled"] += 1
            self.counts["claims_blocked"] += batch["problems"]
            return
        self.counts["batches"] += 1
        if batch["usage_code"] == "T":
            self.counts["claims_tested"] += batch["claims"]
        else:
            self.counts["claims_sent"] += batch["claims"]
            self.counts["sent_cents"] += batch["charge_cents"]


def submit(
    ctx: Context,
    posting_date: date,
    *,
    dry_run: bool = False,
    partner: str = "",
    kind: str = "",
    now: datetime | None = None,
    master: Master | None = None,
    outbox: Path | None = None,
    advance: Callable[[int], None] = lambda claims: None,
) -> Submitted:
    """Send what is ready, or with `dry_run` build and check it and change nothing.

    Raises RunBusyError while another run works on the books.
    """
    if dry_run:
        return _rehearsed(ctx, posting_date, master or load_master(ctx), partner, kind, _moment(ctx, now))
    with running(ctx, "submit", posting_date) as (run_id, counts):
        done = send_ready(
            ctx,
            run_id,
            posting_date,
            partner=partner,
            kind=kind,
            now=now,
            master=master,
            outbox=outbox,
            advance=advance,
        )
        counts.update(done.counts)
    return done


def send_ready(
    ctx: Context,
    run_id: int,
    posting_date: date,
    *,
    partner: str = "",
    kind: str = "",
    now: datetime | None = None,
    master: Master | None = None,
    outbox: Path | None = None,
    advance: Callable[[int], None] = lambda claims: None,
) -> Submitted:
    """Finish what was planned, then send what is ready, as a part of the run `run_id`, which works alone."""
    known = master or load_master(ctx)
    folder = outbox or ctx.settings.outbox_folder
    done = Submitted(run_id)
    with read(ctx.engine) as conn:
        unfinished = sending.unfinished(conn)
    finisher = Finisher(ctx, run_id, posting_date, folder)
    for batch_id in unfinished:
        if finished := finisher.finish(batch_id):
            done.add(finished)
    # A claim that stopped its batch is blocked; the others of the batch go in the next pass.
    while _pass(ctx, run_id, posting_date, known, partner, kind, _moment(ctx, now), finisher, done, advance):
        pass
    done.counts["claims_without_partner"] = _list_unroutable(ctx, posting_date, known)
    done.counts["batches_not_finished"] = finisher.failed
    post_transfers(ctx, run_id, posting_date)
    finisher.raise_if_machine()
    return done


def _moment(ctx: Context, now: datetime | None) -> datetime:
    zone = ZoneInfo(ctx.settings.timezone)
    return now.astimezone(zone) if now else datetime.now(zone)


def _pass(
    ctx: Context, run_id: int, posting_date: date, master: Master, partner: str, kind: str, moment: datetime,
    finisher: Finisher, done: Submitted, advance: Callable[[int], None],
) -> bool:  # fmt: skip
    """Send every ready claim once; tell whether a batch was given back and its good claims are to go again."""
    is_again = False
    for part in parts(_waiting(ctx, posting_date, master, partner, kind), master, posting_date):
        made = built(ctx, part, master)
        done.counts["claims_blocked"] += _block(ctx, run_id, posting_date, part, made) + len(made.lost)
        with write(ctx.engine) as conn:
            differing.hold(conn, ctx, run_id, posting_date, made.lost)
        for frames in files(made.frames, int(part.partner["claims_per_file"])):
            batch_id = plan(ctx, run_id, posting_date, part, frames, made.renumbered, moment)
            finished = finisher.finish(batch_id) if batch_id else None
            if finished:
                done.add(finished)
            is_again |= not batch_id or (finished is not None and finished["state"] == "cancelled")
            advance(len(frames["claims"]))
    return is_again


def _waiting(ctx: Context, day: date, master: Master, partner: str, kind: str) -> pd.DataFrame:
    """Ready claims that a partner takes; those for a test that stood in one stay out.

    So do those that could not be sent before, until master data change: the same would stop them again.
    """
    with read(ctx.engine) as conn:
        claims, tested = sending.ready(conn), sending.tested(conn)
        stopped = sending.stopped(conn, production.NOT_SENDABLE)
    claims = claims[~claims["claim_id"].isin(list(stopped))]
    claims = routed(claims, master, day)
    claims = claims[claims["partner_code"] != ""]
    seen = pd.MultiIndex.from_frame(tested)
    again = pd.MultiIndex.from_frame(claims[["claim_id", "partner_code"]]).isin(seen) & (claims["usage_code"] == "T")
    claims = claims[~again]
    claims = claims[claims["partner_code"] == partner] if partner else claims
    return claims[claims["kind"] == kind] if kind else claims


def _list_unroutable(ctx: Context, day: date, master: Master) -> int:
    """List ready claims that no partner takes; end what is listed of those that one takes by now."""
    with write(ctx.engine) as conn:
        claims = routed(sending.ready(conn), master, day)
        lost = claims[claims["partner_code"] == ""]
        found = claims.loc[claims["partner_code"] != "", "claim_id"].tolist()
        exceptions.close_for(conn, "claim_id", found, [production.WITHOUT_PARTNER], "a partner takes it", day)
        rows = lost.assign(
            exception_key=production.WITHOUT_PARTNER + ":" + lost["claim_key"],
            type_code=production.WITHOUT_PARTNER,
            amount_cents=lost["charge_cents"],
        )
        exceptions.open_all(conn, rows, day)
    return len(lost)


def _block(ctx: Context, run_id: int, day: date, part: Part, made: Built) -> int:
    if made.refused.empty:
        return 0
    told = made.refused.merge(part.claims[["claim_id", "family_id", "charge_cents"]], on="claim_id")
    with write(ctx.engine) as conn:
        return production.block(conn, ctx, run_id, day, told, "building")


def _rehearsed(
    ctx: Context, posting_date: date, master: Master, partner: str, kind: str, moment: datetime
) -> Submitted:
    """Build, write and check everything in memory; nothing is numbered, stored or sent."""
    done = Submitted(0)
    for part in parts(_waiting(ctx, posting_date, master, partner, kind), master, posting_date):
        made = built(ctx, part, master, is_dry=True)
        done.counts["claims_blocked"] += int(made.refused["claim_id"].nunique()) + len(made.lost)
        for frames in files(made.frames, int(part.partner["claims_per_file"])):
            wanted = Interchange(part.partner, _DRY_RUN, part.kind, moment)
            _, proof = production.written(ctx, envelopes.enveloped(frames, wanted))
            problems = int(proof.faults["claim_id"].nunique())
            done.add(
                {
                    "interchange_control_number": "", "partner_code": part.partner["partner_code"], "kind": part.kind,
                    "usage_code": part.partner["usage_code"], "state": "cancelled" if problems else "planned",
                    "claims": len(frames["claims"]), "service_lines": len(frames["service_lines"]),
                    "charge_cents": int(frames["claims"]["charge_cents"].sum()), "file_name": "", "problems": problems,
                }
            )  # fmt: skip
    with read(ctx.engine) as conn:
        claims = routed(sending.ready(conn), master, posting_date)
    done.counts["claims_without_partner"] = int((claims["partner_code"] == "").sum())
    return done
