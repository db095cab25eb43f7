"""Claims that wait are looked at with every edit; what stands of each is kept, and each is blocked or ready.

Content is read from the vault in batches, filled in with master data as it would be sent, and judged; one batch is
written in one transaction. A second look at the same claims changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.charges import build
from claims.charges.scrub import Scrubbed, Work, edits, said_by
from claims.charges.scrub import scrub as scrubbed
from claims.codes import lists
from claims.codes.lists import CodeLists
from claims.master import Master
from claims.service import contents, differing, held_answers, life
from claims.service.context import Context
from claims.service.identities import resolve_identities
from claims.service.master import load_master
from claims.service.runs import running
from claims.store import decisions, scrubbing
from claims.store.engine import read, write

CLAIMS_PER_BATCH = 10_000
_DETAIL = 60  # characters of an event's detail
_DAYS = ("patient_birth_date", "service_date", "paid_date")


class _Known(NamedTuple):
    """What is known beside the claims."""

    master: Master
    lists: CodeLists
    today: int
    usage: str
    held: pd.DataFrame  # what remittances decide that are held


def scrub(
    ctx: Context,
    posting_date: date,
    claim_ids: Sequence[int] | None = None,
    *,
    run_id: int = 0,
    master: Master | None = None,
    advance: Callable[[int], None] = lambda claims: None,
) -> dict[str, int]:
    """Look at all claims that wait, or at some; as a part of the run `run_id`, else in a run of its own.

    Counts: claims, claims_ready, claims_blocked, ready_cents, blocked_cents, findings_begun, findings_ended, and
    `not_checked:` with an edit for the claims that it could not be asked of.
    """
    if not run_id:
        with running(ctx, "scrub", posting_date) as (own_run, counts):
            resolve_identities(ctx, own_run, posting_date)  # what just came in is told from repeats first
            counts.update(scrub(ctx, posting_date, claim_ids, run_id=own_run, master=master, advance=advance))
        return counts
    known = _known(ctx, posting_date, master)
    with read(ctx.engine) as conn:
        waiting = scrubbing.waiting(conn, claim_ids)
    names = ("claims", "claims_ready", "claims_blocked", "ready_cents", "blocked_cents")
    total = Counter(dict.fromkeys((*names, "findings_begun", "findings_ended"), 0))
    for start in range(0, len(waiting), CLAIMS_PER_BATCH):
        part = waiting.iloc[start : start + CLAIMS_PER_BATCH].reset_index(drop=True)
        total.update(_batch(ctx, posting_date, run_id, part, known))
        advance(len(part))
    return dict(total)


def findings_of(ctx: Context, frames: dict[str, pd.DataFrame], edit_id: str, day: date) -> pd.DataFrame:
    """Look at the content of claims with one edit, also where it is switched off; nothing is kept.

    line_number, message ... as `claims.charges.scrub.Scrubbed` has them.
    """
    if edit_id not in edits():
        return pd.DataFrame({"line_number": [], "message": []})
    return said_by(_work(ctx, frames, _known(ctx, day)), edit_id)


def _known(ctx: Context, day: date, master: Master | None = None) -> _Known:
    usage = "P" if "P" in ctx.settings.accept_usage else "T"
    found = lists.load(ctx.settings.code_list_folder)
    with read(ctx.engine) as conn:
        held = held_answers.decided(conn)
    return _Known(master or load_master(ctx), found, int(day.strftime("%Y%m%d")), usage, held)


def _batch(ctx: Context, posting_date: date, run_id: int, claims: pd.DataFrame, known: _Known) -> Counter[str]:
    frames = contents.joined(list(contents.read(ctx, claims.drop(columns=["life", "charge_cents"]))))
    lost = contents.lost(claims, frames)
    with write(ctx.engine) as conn:
        differing.hold(conn, ctx, run_id, posting_date, lost)
        differing.settle(conn, posting_date, claims.loc[~claims["claim_id"].isin(lost), "claim_id"].tolist())
    total = _lost(claims[claims["claim_id"].isin(lost)])
    claims = claims[~claims["claim_id"].isin(lost)].reset_index(drop=True)
    return total + _judged(ctx, posting_date, run_id, claims, frames, known) if len(claims) else total


def _lost(claims: pd.DataFrame) -> Counter[str]:
    return Counter(claims=len(claims), claims_blocked=len(claims), blocked_cents=int(claims["charge_cents"].sum()))


def _judged(
    ctx: Context, posting_date: date, run_id: int, claims: pd.DataFrame, frames: dict[str, pd.DataFrame], known: _Known
) -> Counter[str]:
    work = _work(ctx, frames, known)
    found = scrubbed(work)
    id_of = work.frames["claims"].set_index("seg")["claim_id"]
    rows = found.findings.assign(claim_id=id_of.reindex(found.findings["claim_seg"]).to_numpy("int64"))
    blocked = set(id_of.to_numpy()[found.is_blocked.to_numpy()].tolist())
    is_blocked = claims["claim_id"].isin(blocked).to_numpy()
    with write(ctx.engine) as conn:
        still = set(scrubbing.waiting(conn, claims["claim_id"].tolist())["claim_id"].tolist())
        mine = claims[claims["claim_id"].isin(still)]
        begun, ended = scrubbing.save(conn, mine["claim_id"].tolist(), rows[rows["claim_id"].isin(still)])
        life.record(conn, _events(mine, rows, blocked, run_id), posting_date, actor=ctx.actor, run_id=run_id)
    charge = claims["charge_cents"].to_numpy(np.int64)
    return Counter(
        claims=len(claims),
        claims_ready=int((~is_blocked).sum()),
        claims_blocked=int(is_blocked.sum()),
        ready_cents=int(charge[~is_blocked].sum()),
        blocked_cents=int(charge[is_blocked].sum()),
        findings_begun=begun,
        findings_ended=ended,
        **_not_checked(found),
    )


def _not_checked(found: Scrubbed) -> dict[str, int]:
    pairs = zip(found.not_checked["edit_id"].tolist(), found.not_checked["claims"].tolist(), strict=True)
    return {f"not_checked:{edit_id}": int(claims) for edit_id, claims in pairs}


def _work(ctx: Context, frames: dict[str, pd.DataFrame], known: _Known) -> Work:
    """Fill the content in, and put beside it what was sent before and what payers said."""
    claims = frames["claims"]
    named = {**frames, "claims": claims.assign(own_payer_code=claims["payer_code"])}
    filled = build.enriched(named, known.master)
    members = sorted(set(claims["member_id"].tolist()) - {""})
    with read(ctx.engine) as conn:
        history = scrubbing.sent_services(conn, members)
        said = decisions.of_families(conn, sorted(set(claims["family_id"].tolist())))
        answered = held_answers.stopped(conn, claims, known.held)
    history = history[~history["claim_id"].isin(claims["claim_id"])]
    said = claims[["seg", "family_id"]].rename(columns={"seg": "claim_seg"}).merge(said, on="family_id")
    crossed = (said["is_crossover"] == 1) & (said["status_code"] != decisions.TAKEN_BACK)
    said = said.assign(status_code=said["status_code"].mask(crossed, "19"))
    return Work(
        filled,
        today=known.today,
        master=known.master.frames,
        lists=known.lists,
        usage=known.usage,
        history=_with_days(history),
        adjudications=_with_days(said),
        answered=_with_days(answered),
    )


def _with_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn ISO days into numbers, 0 for none."""
    days = {name: rows[name].str.replace("-", "") for name in _DAYS if name in rows}
    return rows.assign(**{name: text.mask(text == "", "0").astype("int64") for name, text in days.items()})


def _events(claims: pd.DataFrame, rows: pd.DataFrame, blocked: set[int], run_id: int) -> pd.DataFrame:
    """Name what happens to claims that are not yet where they belong; what blocks one is the detail."""
    is_blocked = claims["claim_id"].isin(blocked)
    moves = (claims["life"] == "draft") | ((claims["life"] == "ready") == is_blocked)
    moved, event = claims[moves], np.where(is_blocked[moves], "blocked", "passed")
    stopping = rows[rows["severity"] == "block"]
    reasons = (
        stopping.groupby("claim_id")["edit_id"].unique().map(" ".join) if len(stopping) else pd.Series(dtype="str")
    )
    details = reasons.reindex(moved["claim_id"]).fillna("").astype("str")
    keys = [
        f"scrub:{run_id}:{one}:{what}" for one, what in zip(moved["claim_id"].tolist(), event.tolist(), strict=True)
    ]
    return pd.DataFrame(
        {
            "claim_id": moved["claim_id"].to_numpy("int64"),
            "event": pd.array(event, dtype="str"),
            "detail_code": pd.array([_cut(text) for text in details.tolist()], dtype="str"),
            "event_key": pd.array(keys, dtype="str"),
        }
    )


def _cut(text: str) -> str:
    """Keep whole words of what fits."""
    return text if len(text) <= _DETAIL else text[: _DETAIL - 3].rsplit(" ", 1)[0] + " .."
