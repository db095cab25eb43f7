"""A file is planned: its numbers, its snapshot and what is sent of which claim are fixed in one transaction.

The numbers are taken before, in a transaction of their own, and never given back. What is planned is finished by
`claims.service.production`, by whichever run comes to it, with the same bytes and the same name.
"""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from claims.service import differing, envelopes, life, snapshots
from claims.service.context import Context
from claims.service.envelopes import Interchange
from claims.service.routing import Part
from claims.store import control_numbers, filing, sending
from claims.store.engine import write
from claims.store.handles import Connection

Frames = dict[str, pd.DataFrame]


def plan(
    ctx: Context,
    run_id: int,
    posting_date: date,
    part: Part,
    frames: Frames,
    renumbered: pd.DataFrame,
    moment: datetime,
) -> int:
    """Plan one file of claims that are ready; 0 when one of them is not, or not any more: nothing is planned then."""
    wanted = Interchange(part.partner, next_control_number(ctx), part.kind, moment)
    frames = envelopes.enveloped(frames, wanted)
    kept = stored(ctx, frames)
    claims = frames["claims"]
    with write(ctx.engine) as conn:
        if len(sending.still_ready(conn, claims["claim_id"].tolist())) < len(claims):
            return 0
        booked = sending.charges(conn, claims["claim_id"].tolist()).reindex(claims["claim_id"])
        others = claims.loc[booked.to_numpy() != claims["charge_cents"].to_numpy(), "claim_id"].tolist()
        if others:  # no amount leaves that is not the one in the books
            differing.hold(conn, ctx, run_id, posting_date, others)
            return 0
        own = renumbered[renumbered["service_line_id"].isin(frames["service_lines"]["service_line_id"])]
        sending.set_line_numbers(conn, own)
        return fix(conn, ctx, run_id, posting_date, wanted, frames, kept, event="batched")


def next_control_number(ctx: Context) -> str:
    """Take the next ISA13."""
    return f"{control_numbers.take(ctx.engine, control_numbers.INTERCHANGE):09d}"


def stored(ctx: Context, frames: Frames) -> tuple[str, int]:
    """Put a snapshot into the vault; give its sha256 and size."""
    data = snapshots.packed(frames)
    return ctx.vault.put(data), len(data)


def fix(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, wanted: Interchange, frames: Frames,
    kept: tuple[str, int], *, event: str, follows_batch_id: int = 0,
) -> int:  # fmt: skip
    """Write a planned batch in the caller's transaction; its claims are `batched` unless it is a test."""
    sets = _sets(frames)
    totals = {name: int(sets[name].sum()) for name in ("claims", "service_lines", "charge_cents")}
    file_id = filing.register_produced(
        conn, *kept, content="snapshot", sets=f"837{wanted.kind}", counts=totals, run_id=run_id
    )
    is_test = wanted.partner["usage_code"] == "T"
    row = {
        "interchange_control_number": wanted.control_number,
        "partner_code": wanted.partner["partner_code"],
        "kind": wanted.kind,
        "usage_code": wanted.partner["usage_code"],
        "sender_id": wanted.partner["submitter_identifier"],
        "receiver_id": wanted.partner["receiver_identifier"],
        **totals,
        "snapshot_file_id": file_id,
        "follows_batch_id": follows_batch_id,
        "file_name": wanted.file_name,
        "posting_date": posting_date.isoformat(),
        "actor": ctx.actor,
        "run_id": run_id,
    }
    claims = _submissions(conn, frames)
    batch_id = sending.insert_batch(conn, row, sets, claims.iloc[:0] if is_test else claims)
    if not is_test:
        submissions = sending.submissions_of(conn, batch_id)
        events = batch_events(submissions, wanted.control_number, event)
        life.record(conn, events, posting_date, actor=ctx.actor, run_id=run_id)
    return batch_id


def batch_events(claims: pd.DataFrame, control_number: str, event: str) -> pd.DataFrame:
    """Give the same event for all `claims` (claim_id, submission_id) of a batch, once for each batch."""
    return pd.DataFrame(
        {
            "claim_id": claims["claim_id"].to_numpy(),
            "event": event,
            "event_key": [f"batch:{control_number}:{event}:{claim_id}" for claim_id in claims["claim_id"].tolist()],
            "submission_id": claims["submission_id"].to_numpy(),
        }
    ).astype({"event": "str", "event_key": "str"})


def _sets(frames: Frames) -> pd.DataFrame:
    """Count what stands in each set."""
    claims, sets = frames["claims"], frames["transactions"]
    lines = frames["service_lines"].groupby("claim_seg").size().reindex(claims["seg"], fill_value=0).to_numpy()
    by_set = claims.assign(service_lines=lines).groupby("transaction_seg")
    of = by_set.agg(
        claims=("seg", "size"), service_lines=("service_lines", "sum"), charge_cents=("charge_cents", "sum")
    )
    of = of.reindex(sets["seg"]).astype("int64").reset_index(drop=True)
    return of.assign(
        set_control_number=sets["control_number"].to_numpy(), batch_reference=sets["batch_reference"].to_numpy()
    )


def _submissions(conn: Connection, frames: Frames) -> pd.DataFrame:
    claims, sets = frames["claims"], frames["transactions"].set_index("seg")["control_number"]
    before = sending.attempts(conn, claims["claim_id"].tolist()).reindex(claims["claim_id"], fill_value=0)
    return pd.DataFrame(
        {
            "claim_id": claims["claim_id"],
            "family_id": claims["family_id"],
            "attempt": before.to_numpy() + 1,
            "ordinal": claims.groupby("transaction_seg").cumcount() + 1,
            "claim_number": claims["claim_number"].str.upper(),
            "snapshot_hash": claims["snapshot_hash"],
            "charge_cents": claims["charge_cents"],
            "set_control_number": sets.reindex(claims["transaction_seg"]).to_numpy(),
        }
    )
