"""Decided claims go on to the next payer that is named on them: what a payer left open becomes a claim to send.

Automatic for what the payer's decision put on the next payer's account; for a denied claim only when a person asks
(`claim_ids`). A claim that the payer says it sent on by itself (crossover) is not made again: it waits for that payer's
answer. Where only master data says that the payer sends claims on, a person is told that nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.charges.build.next_payer import Decided, Frames, next_claims
from claims.master import Master
from claims.money import amount
from claims.service import contents, differing, versions
from claims.service.context import Context
from claims.service.master import load_master
from claims.service.told_decisions import watch_told
from claims.store import decisions, exceptions
from claims.store import versions as sources
from claims.store.engine import read, write
from claims.store.handles import Connection

PURPOSE, REFUSED, WAITS = "next_payer", "NEXT_PAYER_NOT_BUILT", "NEXT_PAYER_WAITS"
CLAIMS_PER_BATCH = 5_000
COUNTS = ("next_claims", "next_claims_refused", "next_claims_forwarded", "next_claims_awaited", "next_claims_outdated")
_SAYS = {
    "several-next-payers": "{count} payers are named on it as the next one",
    "not-decided": "no decision in force names this version of it",
    "no-next-payer": "no later payer is named on it",
    "lines-differ-from-claim": "its lines add up to {found}, its charge is {expected}",
    "line-not-decided": "{count} of its lines have no decision",
    "line-unknown": "{count} decided lines fit no line of it",
    "line-out-of-balance": "on {count} of its lines the payment and the adjustments are not the charge",
    "claim-out-of-balance": "payment and adjustments add up to {found}, its charge is {expected}",
    "paid-differs": "the payment is {found}, its lines say {expected}",
    "too-many-adjustments": "there are more adjustments than a claim can carry",
}


@dataclass
class Billed:
    """Counts of a run, and the claims that were made: claim_id, follows_claim_id."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    claims: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"claim_id": [], "follows_claim_id": []}))


def bill_next(
    ctx: Context, posting_date: date, *, claim_ids: Sequence[int] | None = None, master: Master | None = None
) -> Billed:
    """Make the claims for next payers; with `claim_ids` for these, whatever is open. Repeating it makes none again."""
    known = master or load_master(ctx)
    by_hand = claim_ids is not None
    with read(ctx.engine) as conn:
        waiting = decisions.waiting_for_next(conn, claim_ids, is_asked=by_hand)
    forwarded = waiting["is_forwarded"].astype(bool)
    awaited = ~forwarded & _crosses_over(waiting, known, posting_date) & (not by_hand)
    billed = Billed()
    billed.counts["next_claims_forwarded"] = int(forwarded.sum())
    billed.counts["next_claims_awaited"] = int(awaited.sum())
    silent = _awaited(waiting[awaited])
    waiting = _listed(ctx, waiting[~forwarded & ~awaited].reset_index(drop=True), posting_date, billed.counts)
    made = []
    for start in range(0, len(waiting), CLAIMS_PER_BATCH):
        part = waiting.iloc[start : start + CLAIMS_PER_BATCH]
        made.append(_batch(ctx, part, posting_date, billed.counts, by_hand=by_hand))
    if made:
        billed.claims = pd.concat(made, ignore_index=True)
    with write(ctx.engine) as conn:
        if not by_hand:
            exceptions.keep(conn, "claim_id", silent, [WAITS], posting_date)
        # Also of claims that an earlier run made and did not live to close.
        built = decisions.with_next_claim(conn, [REFUSED, WAITS])
        exceptions.close_for(conn, "claim_id", built, [REFUSED, WAITS], "built", posting_date)
    billed.counts["next_claims_outdated"] = watch_told(ctx, posting_date)
    return billed


class Added(NamedTuple):
    """A payer that claims do not name: it is named on their frames, and what only it gave written on what is made."""

    named: versions.Turn
    prior_authorization: str = ""


def bill_added(ctx: Context, posting_date: date, claim_ids: Sequence[int], added: Added) -> pd.DataFrame:
    """Make claims for a payer that decided claims do not name.

    Gives claim_id and follows_claim_id. A claim that goes on to another payer already, or by itself, gets none.
    """
    with read(ctx.engine) as conn:
        waiting = decisions.to_bill(conn, claim_ids)
    waiting = waiting[waiting["is_forwarded"] == 0].assign(open_cents=0, next_sequence="added")
    if waiting.empty:
        return versions.Made().claims
    counts = dict.fromkeys(COUNTS, 0)
    return _batch(ctx, waiting.reset_index(drop=True), posting_date, counts, by_hand=True, added=added)


def _listed(ctx: Context, waiting: pd.DataFrame, day: date, counts: dict[str, int]) -> pd.DataFrame:
    """Leave out, and list, families of which nobody can say to whom they go on: they stop no other."""
    several = waiting.groupby(["family_id", "payer_sequence"])["claim_id"].transform("size")
    unclear = waiting[several > 1].drop_duplicates("claim_id")
    refused = unclear.assign(reason="several-next-payers", found=several[unclear.index], expected=1)
    with write(ctx.engine) as conn:
        exceptions.open_all(conn, _named(refused), day)
    counts["next_claims_refused"] += len(refused)
    return waiting[several == 1].reset_index(drop=True)


def _awaited(claims: pd.DataFrame) -> pd.DataFrame:
    """Say of claims that their payer should have forwarded, and did not say so, what is open at the next payer."""
    return claims[["claim_id", "family_id", "file_id", "seg"]].assign(
        exception_key=WAITS + ":" + claims["claim_id"].astype("str") + ":" + claims["next_sequence"],
        type_code=WAITS,
        amount_cents=claims["open_cents"],
    )


def _crosses_over(claims: pd.DataFrame, master: Master, day: date) -> pd.Series:
    """Tell where the payer is known to forward its claims to just that next payer."""
    days = pd.Series(int(day.strftime("%Y%m%d")), index=claims.index)
    payers = master.look_up("payers", claims[["payer_code"]], days)
    onward = payers["crossover_payer_code"].to_numpy()
    return pd.Series(
        (onward != "") & (onward == claims["next_payer_code"].to_numpy()), index=claims.index, dtype="bool"
    )


def _decided_anew(before: pd.DataFrame, now: pd.DataFrame) -> set[int]:
    """Name the claims whose decisions in force (claim_id, claim_payment_id) are no longer those that were read."""
    both = before.merge(now, how="outer", on=["claim_id", "claim_payment_id"], indicator=True)
    return set(both.loc[both["_merge"] != "both", "claim_id"].tolist())


def _batch(
    ctx: Context, claims: pd.DataFrame, day: date, counts: dict[str, int], *, by_hand: bool,
    added: Added | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Build one batch; what cannot go on becomes an exception that says why, what can goes on and closes it."""
    frames = contents.joined(list(contents.read(ctx, claims)))
    lost = contents.lost(claims, frames)
    with write(ctx.engine) as conn:
        differing.hold(conn, ctx, 0, day, lost)
    claims = claims[~claims["claim_id"].isin(lost)]
    if claims.empty:
        return versions.Made().claims
    return _built(ctx, claims, added.named(frames) if added else frames, day, counts, by_hand=by_hand, added=added)


def _built(
    ctx: Context, claims: pd.DataFrame, frames: Frames, day: date, counts: dict[str, int], *, by_hand: bool,
    added: Added | None,
) -> pd.DataFrame:  # fmt: skip
    with read(ctx.engine) as conn:
        rows = _Rows.of(conn, claims["claim_id"].tolist())
    decided, without = _decided(frames, rows)
    built = next_claims(frames, decided)
    silent = frames["claims"].loc[~frames["claims"]["claim_id"].isin(rows.payments["claim_id"]), ["seg"]]
    silent = silent.set_axis(["claim_seg"], axis=1).assign(reason="not-decided", found=0, expected=0)
    refused = pd.concat([silent, without, built.refused], ignore_index=True).drop_duplicates("claim_seg")
    turned = _kept(built.frames, refused["claim_seg"])
    if added and added.prior_authorization:
        turned["claims"] = turned["claims"].assign(prior_authorization=added.prior_authorization)
    of_seg = frames["claims"].set_index("seg")["claim_id"]
    refused = refused.assign(claim_id=of_seg.reindex(refused["claim_seg"]).to_numpy())
    made = versions.Made().claims
    if len(turned["claims"]):

        def still_open(conn: Connection) -> pd.DataFrame:
            ids = turned["claims"]["claim_id"].tolist()
            if added:
                again = decisions.to_bill(conn, ids).assign(open_cents=0)
            else:
                again = decisions.waiting_for_next(conn, ids, is_asked=by_hand)
            again = again[(again["is_forwarded"] == 0) & (by_hand | (again["open_cents"] > 0))]
            before = rows.payments[rows.payments["claim_id"].isin(again["claim_id"])]
            now = decisions.decisions(conn, again["claim_id"].tolist())
            ids = sorted(set(again["claim_id"].tolist()) - _decided_anew(before, now))
            return sources.sources(conn, ids).assign(purpose=PURPOSE, frequency_code="1", original_reference="")

        made = versions.save(ctx, turned, still_open, day)
    with write(ctx.engine) as conn:
        exceptions.open_all(conn, _named(refused.merge(claims, on="claim_id")), day)
    counts["next_claims"] += len(made)
    counts["next_claims_refused"] += len(refused)
    return made


def _kept(frames: Frames, without: pd.Series) -> Frames:
    """Leave claims out of frames."""
    if without.empty:
        return frames
    claims = frames["claims"]
    return contents.of_claims(frames, claims[~claims["seg"].isin(without)].reset_index(drop=True))


@dataclass(frozen=True)
class _Rows:
    """What the database says of the decisions in force."""

    payments: pd.DataFrame
    lines: pd.DataFrame
    adjustments: pd.DataFrame
    remarks: pd.DataFrame

    @classmethod
    def of(cls, conn: Connection, claim_ids: Sequence[int]) -> _Rows:
        payments = decisions.decisions(conn, claim_ids)
        ids = payments["claim_payment_id"].tolist()
        return cls(
            payments,
            decisions.decided_lines(conn, ids),
            decisions.decided_adjustments(conn, ids),
            decisions.decided_remarks(conn, ids),
        )


def _decided(frames: Frames, rows: _Rows) -> tuple[Decided, pd.DataFrame]:
    """Bring decisions to the claims' frames: `(decided, refused)`; refused are those with a line that is not ours."""
    claim_seg = frames["claims"].set_index("claim_id")["seg"]
    payments = rows.payments.assign(claim_seg=claim_seg.reindex(rows.payments["claim_id"]).to_numpy())
    of_payment = payments.set_index("claim_payment_id")
    by_claim = payments.groupby("claim_seg", sort=False)
    day = by_claim["paid_date"].max().str.replace("-", "").replace("", "0").astype("int64")
    told = rows.remarks.assign(claim_seg=of_payment["claim_seg"].reindex(rows.remarks["claim_payment_id"]).to_numpy())
    told = told.drop_duplicates(["claim_seg", "remark_code"])
    remarks = told.groupby("claim_seg", sort=False)["remark_code"].agg(lambda codes: " ".join(list(codes)[:5]))
    claims = pd.DataFrame(
        {
            "paid_cents": by_claim["paid_cents"].sum(),
            "paid_date": day,
            "payer_claim_number": by_claim["payer_claim_number"].last(),
        }
    ).rename_axis("claim_seg")
    claims = claims.assign(remark_codes=remarks.reindex(claims.index).fillna("").astype("str")).reset_index()

    own = of_payment.reindex(rows.lines["claim_payment_id"])
    lines = rows.lines.assign(claim_seg=own["claim_seg"].to_numpy())
    lines["paid_date"] = day.reindex(lines["claim_seg"]).to_numpy()
    content = frames["service_lines"].set_index(["claim_seg", "ordinal"])["seg"]
    at = pd.MultiIndex.from_arrays([lines["claim_seg"], lines["line_number"]])
    lines["service_seg"] = content.reindex(at).fillna(0).astype("int64").to_numpy()
    lines["bundled_line_number"] = _bundled_into(lines, rows.adjustments)
    unknown = lines[lines["service_seg"] == 0].groupby("claim_seg").size()
    refused = pd.DataFrame({"claim_seg": unknown.index, "reason": "line-unknown", "found": unknown, "expected": 0})

    cas = rows.adjustments
    line_of = lines.set_index("service_payment_id")["service_seg"]
    cas = cas.assign(
        claim_seg=of_payment["claim_seg"].reindex(cas["claim_payment_id"]).to_numpy(),
        service_seg=line_of.reindex(cas["service_payment_id"]).fillna(0).astype("int64").to_numpy(),
    )
    spent = ["claim_payment_id", "service_payment_id", "line_number", "submitted_procedure_code"]
    lines = lines[lines["service_seg"] != 0].drop(columns=spent)
    cas = cas.drop(columns=["claim_payment_id", "service_payment_id"])
    return Decided(claims, lines.reset_index(drop=True), cas), refused.reset_index(drop=True)


def _bundled_into(lines: pd.DataFrame, adjustments: pd.DataFrame) -> pd.Series:
    """Give the number of the line that each one was paid in, "" for those that were decided by themselves.

    A bundled line says another procedure than was sent (SVC06) and gives its charge away (CO-97, OA-94); the one that
    was sent with that procedure took it: of several the one that an OA-94 below zero makes higher, else the first.
    """
    is_bundle = adjustments["group_code"].isin(["CO", "OA"]) & adjustments["reason_code"].isin(["94", "97"])
    cents, line = adjustments["amount_cents"], adjustments["service_payment_id"]
    gives = lines["service_payment_id"].isin(line[is_bundle & (cents > 0)])
    takes = lines["service_payment_id"].isin(line[is_bundle & (cents < 0)])
    submitted = lines["submitted_procedure_code"]
    was_sent = submitted.where(submitted != "", lines["procedure_code"])
    keys = ["claim_payment_id", "procedure_code"]
    into = lines.assign(procedure_code=was_sent, is_first=~takes, into=lines["line_number"])
    into = into[(into["into"] != 0) & ~gives].sort_values([*keys, "is_first"], kind="stable").drop_duplicates(keys)
    found = lines[keys].merge(into[[*keys, "into"]], how="left", on=keys)["into"].fillna(0).astype("int64").to_numpy()
    is_told = gives & (submitted != "") & (submitted != lines["procedure_code"])
    is_told &= (found != 0) & (found != lines["line_number"])
    return pd.Series(np.where(is_told, found.astype(str), ""), index=lines.index, dtype="str")


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Say in words why claims did not go on: amounts and counts only."""
    words = [
        _SAYS[reason].format(found=amount(found), expected=amount(expected), count=found)
        for reason, found, expected in zip(
            rows["reason"].tolist(), rows["found"].tolist(), rows["expected"].tolist(), strict=True
        )
    ]
    key = REFUSED + ":" + rows["claim_id"].astype("str") + ":" + rows["next_sequence"]
    return pd.DataFrame(
        {
            "exception_key": key.to_numpy(),
            "type_code": REFUSED,
            "amount_cents": rows["open_cents"].to_numpy(np.int64),
            "message": [f"the claim for the next payer was not made: {text}" for text in words],
            "claim_id": rows["claim_id"].to_numpy(),
            "family_id": rows["family_id"].to_numpy(),
            "file_id": rows["file_id"].to_numpy(),
            "seg": rows["seg"].to_numpy(),
        }
    ).astype({"exception_key": "str", "type_code": "str", "message": "str"})
