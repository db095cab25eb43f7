"""New versions of claims: a replacement (7), a void (8), a correction after a rejection.

A version is an 837 of ours in the vault, registered like any file of charges: what was sent before stays as it was. It
belongs to the family of the first, its CLM01 is that of the first, `V` and its number, and it is a draft that edits
look at like any other. Claims for a next payer are saved by `save` too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from claims import x12
from claims.errors import UsageError
from claims.identifiers import normal_number
from claims.ledger.identity import claim_keys
from claims.master import Master
from claims.service import changes as change
from claims.service import contents, life
from claims.service.context import Context
from claims.service.master import load_master
from claims.service.production import NOT_SENDABLE, WITHOUT_PARTNER
from claims.service.version_files import version_file
from claims.store import claim_work, control_numbers, exceptions, filing, rejections, versions, x12_rows
from claims.store.engine import read, write
from claims.store.handles import Connection

Frames = dict[str, pd.DataFrame]
Turn = Callable[[Frames], Frames]
REPLACEMENT, VOID, CORRECTION = "replacement", "void", "correction"
RENEWAL = "renewal"  # a correction of a denied claim, as if it had never been sent
_FREQUENCIES = {REPLACEMENT: "7", VOID: "8", RENEWAL: "1"}
_PURPOSES = {"7": REPLACEMENT, "8": VOID}
_LATE = "Q"  # a claim that is looked at again past its limits
# Where a claim must be: a payer has it (it can be replaced or voided), or nobody does (it can be corrected).
_TAKEN = ("accepted", "paid", "partly_paid", "denied", "reversed")
_DECIDED = ("paid", "partly_paid", "denied", "reversed")  # by a payer that is not the one to be billed: nothing is paid
_RENEWED = ("denied", "partly_paid")  # paid lines come back as repeats, which move nothing
_RETURNED = ("rejected", "blocked", "ready", "draft")
LONGEST_NUMBER = 20

NO_CHANGES = pd.DataFrame({"claim_id": [], "line_number": []}, dtype="int64").assign(column="", value="")


@dataclass
class Made:
    """New claims, with the claim that each follows; and why others have none (claim_id, reason)."""

    claims: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"claim_id": [], "follows_claim_id": []}))
    refused: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"claim_id": [], "reason": []}))


def replace(
    ctx: Context, claim_ids: Sequence[int], changes: pd.DataFrame, posting_date: date, master: Master | None = None
) -> Made:
    """Replace claims that a payer has decided or taken by what they should have been, all lines of them.

    `changes`: claim_id, line_number (0: the claim), column of its frame, value as text.
    """
    return _make(ctx, claim_ids, changes, posting_date, REPLACEMENT, master)


def void(ctx: Context, claim_ids: Sequence[int], posting_date: date, master: Master | None = None) -> Made:
    """Take claims back that a payer has decided or taken: they are sent again as they were, with frequency 8."""
    return _make(ctx, claim_ids, NO_CHANGES, posting_date, VOID, master)


def correct(
    ctx: Context, claim_ids: Sequence[int], changes: pd.DataFrame, posting_date: date, master: Master | None = None,
    turn: Turn | None = None,
) -> Made:  # fmt: skip
    """Correct claims that no payer has: they were rejected, or did not leave yet; or that it denied and takes no 7 for.

    A rejected claim goes as what it was: new as new, a replacement or void as such, for the first still stands.
    `turn` is done with the frames before the changes are made.
    """
    return _make(ctx, claim_ids, changes, posting_date, CORRECTION, master, turn)


def renew(
    ctx: Context, claim_ids: Sequence[int], changes: pd.DataFrame, posting_date: date, master: Master | None = None,
    turn: Turn | None = None,
) -> Made:  # fmt: skip
    """Send claims again as new ones (frequency 1) that a payer denied or paid in part: all lines of them.

    As not processable, to a payer that takes no replacements, or to another payer.
    """
    return _make(ctx, claim_ids, changes, posting_date, RENEWAL, master, turn)


def _make(
    ctx: Context, claim_ids: Sequence[int], changes: pd.DataFrame, day: date, purpose: str, master: Master | None,
    turn: Turn | None = None,
) -> Made:  # fmt: skip
    known = master or load_master(ctx)
    with read(ctx.engine) as conn:
        found, refused = _allowed(conn, claim_ids, changes, purpose, known, day, is_turned=turn is not None)
    made = Made(refused=refused)
    if found.empty:
        return made
    frames = contents.joined(list(contents.read(ctx, found)))
    lost = found[found["claim_id"].isin(contents.lost(found, frames))]
    if len(lost):
        refused = pd.concat([refused, lost[["claim_id"]].assign(reason="content-differs")], ignore_index=True)
        found = found[~found["claim_id"].isin(lost["claim_id"])]
        made.refused = refused
    if found.empty:
        return made
    frames = change.changed(turn(frames) if turn else frames, changes)

    def still_allowed(conn: Connection) -> pd.DataFrame:
        ids = found["claim_id"].tolist()
        rows, late = _allowed(conn, ids, changes, purpose, known, day, is_turned=turn is not None)
        made.refused = pd.concat([refused, late], ignore_index=True)
        return rows

    made.claims = save(ctx, frames, still_allowed, day, corrects=purpose in (CORRECTION, RENEWAL))
    return made


def _allowed(
    conn: Connection, claim_ids: Sequence[int], changes: pd.DataFrame, purpose: str, master: Master, day: date, *,
    is_turned: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Split claims into those that may have a version, with its frequency and reference, and those that may not."""
    rows = versions.sources(conn, claim_ids)
    days = pd.Series(int(day.strftime("%Y%m%d")), index=rows.index)
    payers = master.look_up("payers", rows[["payer_code"]], days)
    # Whoever takes no replacements is sent what it denied, or a part of it, as a new claim.
    takes_none = payers["is_known"].to_numpy() & ~payers["takes_replacement"].to_numpy() & rows["life"].isin(_RENEWED)
    is_correction = purpose == CORRECTION
    right = rows["life"].isin(_RETURNED) | takes_none if is_correction else rows["life"].isin(_TAKEN)
    right = rows["life"].isin(_DECIDED if is_turned else _RENEWED) if purpose == RENEWAL else right
    # What names another claim goes on naming it, whether we made it or the practice did.
    as_before = rows["frequency_code"].isin([*_PURPOSES, _LATE]) & is_correction & ~to_another_payer(rows, changes)
    usual = rows["frequency_code"].where(as_before, _FREQUENCIES[RENEWAL]) if is_correction else _FREQUENCIES[purpose]
    frequency = pd.Series(usual, index=rows.index, dtype="str")
    number = versions.payer_claim_numbers(conn, rows)
    number = number.where(~as_before | (rows["original_reference"] == ""), rows["original_reference"])
    has_number = as_before | (purpose in (REPLACEMENT, VOID))
    typed = _typed_number(rows, changes)
    if (typed.notna() & ~has_number).any():
        raise UsageError("Only a claim that replaces or voids another, or opens it again, names the payer's number.")
    number = typed.where(typed.notna(), number)
    needs_number = has_number & (frequency != _LATE)
    reason = np.select(
        [
            (rows["state"] != "stored").to_numpy(),
            (takes_none & (purpose == REPLACEMENT)).to_numpy(),
            ~right.to_numpy(),
            versions.is_followed(conn, rows).to_numpy(),
            (needs_number & (number == "")).to_numpy(),
        ],
        ["not-standing", "payer-takes-no-replacement", "wrong-life", "has-a-version", "no-payer-claim-number"],
        "",
    )
    rows = rows.assign(
        reason=reason,
        purpose=frequency.map(_PURPOSES).fillna(CORRECTION).astype("str"),
        frequency_code=frequency,
        original_reference=number.where(has_number, ""),
    ).astype({"reason": "str"})
    missing = sorted(set(map(int, claim_ids)) - set(rows["claim_id"]))
    unknown = pd.DataFrame({"claim_id": missing, "reason": "not-there"}).astype({"claim_id": "int64", "reason": "str"})
    good = rows["reason"] == ""
    refused = rows.loc[~good, ["claim_id", "reason"]]
    return rows[good], pd.concat([refused, unknown], ignore_index=True)


def _typed_number(rows: pd.DataFrame, changes: pd.DataFrame) -> pd.Series:
    """Give the payer's claim number that a person typed for each claim; missing where none was."""
    numbers = changes[(changes["line_number"] == 0) & (changes["column"] == "original_reference")]
    typed = numbers.drop_duplicates("claim_id", keep="last").set_index("claim_id")["value"].str.strip()
    return typed.reindex(rows["claim_id"]).set_axis(rows.index)


def to_another_payer(rows: pd.DataFrame, changes: pd.DataFrame) -> pd.Series[bool]:
    """Tell which claims (claim_id, payer_code) get another payer by `changes`: that one has nothing to replace."""
    payers = changes[(changes["line_number"] == 0) & (changes["column"] == "payer_code")]
    new = payers.drop_duplicates("claim_id", keep="last").set_index("claim_id")["value"].str.strip()
    wanted = new.reindex(rows["claim_id"]).set_axis(rows.index)
    return wanted.notna() & (wanted != rows["payer_code"])


def save(
    ctx: Context,
    frames: Frames,
    sources: Callable[[Connection], pd.DataFrame],
    posting_date: date,
    *,
    corrects: bool = False,
) -> pd.DataFrame:
    """Write versions as one 837 into the vault and store them as claims to send: claim_id, follows_claim_id.

    `frames["claims"]` has the claim_id of the claim that each follows. `sources` is asked in the transaction that
    writes, as others may have been at work since the claims were read: it gives a row for each that may still have a
    version (claim_id, family_id, first_number, purpose, frequency_code, original_reference); the others get none.
    A version that `corrects` takes the place of the claim before at once; a replacement and a void wait until they are
    accepted.
    """
    number = control_numbers.take(ctx.engine, control_numbers.VERSION)
    with write(ctx.engine) as conn:
        told = sources(conn).reset_index(drop=True)
        if told.empty:
            return Made().claims
        claims = frames["claims"]
        claims = claims[claims["claim_id"].isin(told["claim_id"])].reset_index(drop=True)
        own = told.set_index("claim_id").loc[claims["claim_id"]].reset_index()
        told = own.assign(**{name: claims[name] for name in ("billing_npi", "kind", "seg")})
        told["version"] = _next_versions(told, versions.last_versions(conn, told["family_id"].tolist()))
        told["claim_number"] = _numbers(conn, told)
        texts = ["claim_number", "frequency_code", "original_reference"]
        claims = claims.assign(**{name: told[name] for name in texts}).astype(dict.fromkeys(texts, "str"))
        data = version_file(contents.of_claims(frames, claims), number, posting_date)
        sha256 = ctx.vault.put(data)
        kinds = " ".join(sorted({f"837{kind}" for kind in claims["kind"].tolist()}))
        file_id = filing.register_produced(
            conn, sha256, len(data), content="x12", sets=kinds, counts={"claims": len(claims)}, run_id=0
        )
        made = _store(conn, ctx, x12.read(data), file_id, told, posting_date)
        if corrects:
            _take_place(conn, ctx, made, posting_date)
    return made


def _next_versions(sources: pd.DataFrame, last: pd.Series) -> np.ndarray:
    """Count on from the highest version of each family."""
    before = last.reindex(sources["family_id"], fill_value=0).to_numpy()
    return np.asarray(before + sources.groupby("family_id").cumcount().to_numpy() + 1)


def _numbers(conn: Connection, told: pd.DataFrame) -> pd.Series:
    """Give CLM01: the first one, V and the version; where that is too long, a number of ours for the first.

    Where a claim of the same billing provider has that number, the count goes on to the next that is free.
    """
    first, count = told["first_number"].astype("str"), told["version"].to_numpy(np.int64).copy()
    while True:
        number = (first + "V" + pd.Series(count, index=told.index).astype("str")).astype("str")
        is_long = number.str.len() > LONGEST_NUMBER
        if is_long.any():
            ours = control_numbers.take_in(conn, "claim_number", int(is_long.sum()))
            names = [f"N{one:010d}" for one in range(ours, ours + int(is_long.sum()))]
            first = first.where(~is_long, pd.Series(names, first.index[is_long], dtype="str").reindex(first.index))
            continue
        wanted = pd.DataFrame({"billing_npi": told["billing_npi"], "claim_number_normal": normal_number(number)})
        is_taken = wanted.duplicated().to_numpy() | versions.is_taken(conn, wanted).to_numpy()
        if not is_taken.any():
            return number
        count += is_taken


def _store(
    conn: Connection, ctx: Context, file: x12.X12File, file_id: int, told: pd.DataFrame, posting_date: date
) -> pd.DataFrame:
    transactions = file.transactions.assign(state="stored", reason_code="")
    ids = x12_rows.save_sets(conn, file_id, file.interchanges, transactions, file.findings.iloc[:0])
    claims = file.frames["claims"]
    own = told.set_index(_names(told)).loc[_names(claims)]
    rows = claims.assign(
        transaction_id=ids.reindex(claims["transaction_seg"]).to_numpy(),
        claim_key=claim_keys(claims),
        claim_number_normal=normal_number(claims["claim_number"]),
        origin="to_send",
        state="new",
        reason_code="",
        life="",
        family_id=own["family_id"].to_numpy(),
        purpose=own["purpose"].to_numpy(),
        version=own["version"].to_numpy(),
        follows_claim_id=own["claim_id"].to_numpy(),
    ).astype({"purpose": "str"})
    x12_rows.save_claims(conn, file_id, rows, file.frames["service_lines"], file.frames["other_payers"])
    new = versions.ids_in_file(conn, file_id).set_index("seg")["claim_id"]
    made = pd.DataFrame(
        {"claim_id": new.reindex(rows["seg"]).to_numpy(), "follows_claim_id": rows["follows_claim_id"].to_numpy()}
    )
    life.record(conn, _events(made["claim_id"], "stored"), posting_date, actor=ctx.actor)
    return made


def _names(claims: pd.DataFrame) -> pd.MultiIndex:
    """Name the claims of one file of versions: CLM01 alone is not unique, each billing provider counts its own."""
    return pd.MultiIndex.from_arrays([claims["billing_npi"], claims["kind"], claims["claim_number"].str.upper()])


def _take_place(conn: Connection, ctx: Context, made: pd.DataFrame, day: date) -> None:
    """Settle claims that were corrected: nobody works on them any more, unless what took their place is undone."""
    claim_ids = made["follows_claim_id"]
    events = _events(claim_ids, "corrected")
    keys = events["event_key"] + ":" + made["claim_id"].astype("str").to_numpy()
    life.record(conn, events.assign(event_key=keys.astype("str")), day, actor=ctx.actor)
    rejections.close_of(conn, claim_ids.tolist(), "corrected", day)
    claim_work.follow(conn, claim_ids.tolist(), made["claim_id"].tolist())
    exceptions.close_for(conn, "claim_id", claim_ids.tolist(), [NOT_SENDABLE, WITHOUT_PARTNER], "corrected", day)


def _events(claim_ids: pd.Series, event: str) -> pd.DataFrame:
    keys = [f"version:{event}:{claim_id}" for claim_id in claim_ids.tolist()]
    return pd.DataFrame({"claim_id": claim_ids.to_numpy(), "event": event, "event_key": keys})
