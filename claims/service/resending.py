"""A batch goes once more: its file was lost, or its interchange was refused whole; the same claims, a new ISA13.

After a refusal (TA1) nothing of it exists at the receiver: what comes is an original (BHT02 ``00``), with the partner's
settings of today. A file that got lost is sent as a reissue (``18``).
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.master import Master
from claims.service import envelopes, planning, production, snapshots
from claims.service.context import Context
from claims.service.envelopes import ORIGINAL, REISSUE, Interchange
from claims.service.master import load_master
from claims.service.runs import running
from claims.store import sending
from claims.store.engine import read, write
from claims.store.handles import Connection

_REFUSED, _SILENT = "interchange-rejected", "released"


def send_again(
    ctx: Context,
    control_number: str,
    posting_date: date,
    *,
    now: datetime | None = None,
    master: Master | None = None,
    outbox: Path | None = None,
) -> dict[str, Any]:
    """Send the batch with this ISA13 again; give the new one.

    Raises NotFoundError for a number nobody used, UsageError for a batch that somebody has taken: its claims would
    arrive twice.
    """
    zone = ZoneInfo(ctx.settings.timezone)
    moment = now.astimezone(zone) if now else datetime.now(zone)
    folder = outbox or ctx.settings.outbox_folder
    with running(ctx, "submit", posting_date) as (run_id, counts):
        with read(ctx.engine) as conn:
            batch, purpose = _allowed(conn, control_number)
        partner = _partner(master or load_master(ctx), str(batch["partner_code"]), posting_date)
        wanted = Interchange(partner, planning.next_control_number(ctx), str(batch["kind"]), moment, purpose)
        with ctx.vault.open(batch["snapshot_sha256"]) as file:
            frames = envelopes.enveloped(snapshots.unpacked(file), wanted)
        stored = planning.stored(ctx, frames)
        with write(ctx.engine) as conn:
            batch, _ = _allowed(conn, control_number)
            batch_id = planning.fix(
                conn, ctx, run_id, posting_date, wanted, frames, stored,
                event="resent", follows_batch_id=int(batch["batch_id"]),
            )  # fmt: skip
        done = production.finish(ctx, run_id, batch_id, folder)
        counts["claims_sent"] = int(done["claims"])
    return done


def _partner(master: Master, code: str, day: date) -> dict[str, Any]:
    rows = master.at("partners", int(day.strftime("%Y%m%d")))
    rows = rows[rows["partner_code"] == code]
    if rows.empty or rows["usage_code"].iloc[0] != "P":
        raise UsageError(f"Partner {code} takes no production files on {day}; see: claims master show partners.")
    return {str(name): value for name, value in rows.iloc[0].to_dict().items()}


def _allowed(conn: Connection, control_number: str) -> tuple[dict[str, Any], str]:
    """Read the batch and say what it goes as; raise UsageError when it must not go."""
    batch_id = sending.numbered(conn, control_number.zfill(9))
    if not batch_id:
        raise NotFoundError("batch", "with this number")
    batch = sending.batch(conn, batch_id)
    if batch["state"] != "released" or batch["usage_code"] != "P":
        raise UsageError(f"Batch {control_number} was never sent; claims submit sends what is ready.")
    followed = sending.followed_by(conn, batch_id)
    if followed:
        raise UsageError(f"Batch {control_number} was sent again as {followed}.")
    events = _last_events(conn, batch_id)
    if events == {_REFUSED}:
        return batch, ORIGINAL
    if events == {_SILENT}:
        return batch, REISSUE
    raise UsageError(
        f"Batch {control_number} has answers ({', '.join(sorted(events - {_SILENT, _REFUSED}) or sorted(events))}): "
        "its claims would arrive twice. Correct or send again single claims instead."
    )


def _last_events(conn: Connection, batch_id: int) -> set[str]:
    submissions = sending.submissions_of(conn, batch_id)
    events = sending.last_events(conn, submissions["submission_id"].tolist())
    last = events.drop_duplicates("submission_id", keep="last").set_index("submission_id")["event"]
    moved = submissions["life"].where(~submissions["life"].isin(["sent", "rejected"]), "")
    found: pd.Series = last.reindex(submissions["submission_id"]).fillna("none")
    return set(found) | set(moved[moved != ""])
