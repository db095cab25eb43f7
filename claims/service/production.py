"""A planned batch becomes a file: written from its snapshot, read again and checked, then put into the outbox.

Each step is found done when it was done, so that a batch whose process died is finished by the next run. A file that
does not say what was planned, or that the guide would refuse, never leaves.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from claims import x12
from claims.errors import UsageError
from claims.service import envelopes, life, outbox, snapshots
from claims.service.context import Context
from claims.service.planning import batch_events
from claims.service.proof import Proof, prove
from claims.service.refusal import refusal
from claims.service.rejections import SENT_AGAIN
from claims.store import clock, exceptions, filing, rejections, sending
from claims.store.engine import read, write
from claims.store.handles import Connection

Frames = dict[str, pd.DataFrame]
TEST_FOLDER = "test"
# What tells a person that a claim did not leave; it ends when the claim has left.
NOT_SENDABLE, WITHOUT_PARTNER = "CLAIM_NOT_SENDABLE", "CLAIM_WITHOUT_PARTNER"


def finish(ctx: Context, run_id: int, batch_id: int, folder: Path) -> dict[str, Any]:
    """Bring a batch to the outbox below `folder`; give its row and `problems`, the claims that stopped it."""
    with read(ctx.engine) as conn:
        batch = sending.batch(conn, batch_id)
    problems = 0
    if batch["state"] == "planned":
        problems = _write(ctx, run_id, batch)
    if not problems and batch["state"] in sending.OPEN:
        with read(ctx.engine) as conn:
            batch = sending.batch(conn, batch_id)
        is_test = batch["usage_code"] == "T"
        outbox.place(
            ctx.vault.path(batch["file_sha256"]), folder / TEST_FOLDER if is_test else folder, batch["file_name"]
        )
        _release(ctx, run_id, batch)
    with read(ctx.engine) as conn:
        return sending.batch(conn, batch_id) | {"problems": problems}


def written(ctx: Context, frames: Frames) -> tuple[bytes, Proof]:
    """Write frames as a file and prove it."""
    try:
        data = x12.write(frames, delimiters=envelopes.delimiters(frames["interchanges"]))
    except UsageError:  # a delimiter in a segment that is carried as it was read
        return b"", refusal(frames)
    return data, prove(data, frames, ctx.settings)


def _write(ctx: Context, run_id: int, batch: dict[str, Any]) -> int:
    with ctx.vault.open(batch["snapshot_sha256"]) as file:
        frames = snapshots.unpacked(file)
    data, proof = written(ctx, frames)
    if len(proof.faults):
        with write(ctx.engine) as conn:
            _cancel(conn, ctx, run_id, batch, frames, proof.faults)
        return int(proof.faults["claim_id"].nunique())
    sha256 = ctx.vault.put(data)
    with write(ctx.engine) as conn:
        counts = {name: int(batch[name]) for name in ("claims", "service_lines", "charge_cents")}
        file_id = filing.register_produced(
            conn, sha256, len(data), content="x12", sets=f"837{batch['kind']}", counts=counts, run_id=run_id
        )
        if sending.move(conn, batch["batch_id"], ["planned"], "written", file_id=file_id):
            submissions = sending.submissions_of(conn, batch["batch_id"])[["submission_id", "claim_id"]]
            sending.set_places(conn, submissions.merge(proof.places, on="claim_id"))
    return 0


def _release(ctx: Context, run_id: int, batch: dict[str, Any]) -> None:
    with write(ctx.engine) as conn:
        if not sending.move(conn, batch["batch_id"], ["written"], "released", released_at=clock.now()):
            return
        day: date = batch["posting_date"]
        number = batch["interchange_control_number"]
        if batch["usage_code"] == "T":
            claims = _claims_of_snapshot(ctx, batch).assign(submission_id=0)
            events = batch_events(claims, number, "tested").assign(detail_code=batch["partner_code"])
            life.record(conn, events.astype({"detail_code": "str"}), day, actor=ctx.actor, run_id=run_id)
            return
        sent = sending.submissions_of(conn, batch["batch_id"])
        events = batch_events(sent, number, "released").assign(
            file_id=batch["file_id"], **{name: sent[name].to_numpy() for name in ("seg", "offset", "length")}
        )
        life.record(conn, events, day, actor=ctx.actor, run_id=run_id)
        ids = sent["claim_id"].tolist()
        if batch["follows_batch_id"]:
            rejections.close_of(conn, ids, SENT_AGAIN, day)
        exceptions.close_for(conn, "claim_id", ids, [NOT_SENDABLE, WITHOUT_PARTNER], "sent", day)


def _claims_of_snapshot(ctx: Context, batch: dict[str, Any]) -> pd.DataFrame:
    with ctx.vault.open(batch["snapshot_sha256"]) as file:
        return snapshots.unpacked(file)["claims"][["claim_id"]]


def _cancel(
    conn: Connection, ctx: Context, run_id: int, batch: dict[str, Any], frames: Frames, faults: pd.DataFrame
) -> None:
    """Give the claims back; those at fault are blocked and listed with the rule that stopped them."""
    if not sending.move(conn, batch["batch_id"], ["planned"], "cancelled"):
        return
    day, number = batch["posting_date"], batch["interchange_control_number"]
    sent = sending.submissions_of(conn, batch["batch_id"])
    if batch["follows_batch_id"]:
        _give_back(conn, ctx, run_id, batch, sent, faults)
        return
    if len(sent):
        life.record(conn, batch_events(sent, number, "unbatched"), day, actor=ctx.actor, run_id=run_id)
    told = faults.merge(frames["claims"][["claim_id", "family_id", "charge_cents"]], on="claim_id")
    block(conn, ctx, run_id, day, told, f"batch {number}")


def _give_back(
    conn: Connection, ctx: Context, run_id: int, batch: dict[str, Any], sent: pd.DataFrame, faults: pd.DataFrame
) -> None:
    """Return claims that were to go again to the life they had: their earlier sending stands, and its alarms."""
    before = sending.lives_before(conn, sent["submission_id"].tolist()).reindex(sent["submission_id"])
    why = (faults["rule"] + " " + faults["element"]).str.strip().str[:60].set_axis(faults["claim_id"])
    why = why[~why.index.duplicated()].reindex(sent["claim_id"], fill_value="").astype("str").set_axis(sent.index)
    for is_refused, event in ((True, "refusal-stands"), (False, "not-resent")):
        mine = ((before == "rejected") == is_refused).to_numpy()
        events = batch_events(sent[mine], batch["interchange_control_number"], event)
        events = events.assign(detail_code=why[mine].to_numpy()).astype({"detail_code": "str"})
        life.record(conn, events, batch["posting_date"], actor=ctx.actor, run_id=run_id)


def block(conn: Connection, ctx: Context, run_id: int, day: date, faults: pd.DataFrame, where: str) -> int:
    """Block claims (claim_id, family_id, charge_cents, rule, element), each with an exception; give their number."""
    faults = faults.drop_duplicates("claim_id")
    if faults.empty:
        return 0
    detail = (faults["rule"] + " " + faults["element"]).str.strip().str[:60]
    events = pd.DataFrame(
        {
            "claim_id": faults["claim_id"].to_numpy(),
            "event": "blocked",
            "detail_code": detail.to_numpy(),
            "event_key": [f"{where}:blocked:{run_id}:{claim_id}" for claim_id in faults["claim_id"].tolist()],
        }
    ).astype({"event": "str", "event_key": "str", "detail_code": "str"})
    life.record(conn, events, day, actor=ctx.actor, run_id=run_id)
    exceptions.close_for(conn, "claim_id", faults["claim_id"].tolist(), [NOT_SENDABLE], "tried again", day)
    rows = faults.assign(
        exception_key=[f"{NOT_SENDABLE}:{claim_id}:{where}:{run_id}" for claim_id in faults["claim_id"].tolist()],
        type_code=NOT_SENDABLE,
        amount_cents=faults["charge_cents"],
        message=f"{where}: " + detail + " refuses the claim; it was not sent",
    )
    exceptions.open_all(conn, rows, day)
    return len(faults)
