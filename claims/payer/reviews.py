"""A payer takes up again what it decided: payments in; the same, their reversals and corrections out.

Some paid claims are taken back in whole or in part, at once or by a later recovery; some denials are overturned. How
many, says rates.csv. A review that is asked for by name (`FORCED`) is made of the first claim that it can be made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames
from claims.payer.books import Books
from claims.payer.cycles import Integers, next_cycle
from claims.payer.draws import draws, keys
from claims.payer.issue import issued
from claims.payer.takebacks import reverse
from claims.payer.terms import rate, table

FORCED = ("late-correction", "correction-first", "no-reversal", "group-cr")
DAYS_TO_REVIEW = 14  # after the payment, at the earliest
DAYS_TO_RECOVER = 14
DAYS_TOO_LATE = 14  # between a reversal and its correction, where they come apart
_WHOLE, _LAST_LINE = "other-payer-first", "bundled"


class Reviewed(NamedTuple):
    """The first payments (some final no more), those of reviews, what is recovered later, and what was forced."""

    first: Frames
    later: list[Frames]
    recoveries: pd.DataFrame
    forced: list[str]


def reviewed(
    first: Frames, claims: pd.DataFrame, work: pd.DataFrame, weekday: Integers, books: Books, seed: int,
    force: Sequence[str] = (),
) -> Reviewed:  # fmt: skip
    """Choose what is reviewed, reverse it and decide it again; `weekday` is the payer's, for each claim."""
    payments = first["claim_payments"]
    chosen = _chosen(payments, work, seed, force)
    if chosen.empty:
        return Reviewed(first, [], books.recoveries.iloc[:0], [])
    old = payments.set_index("seg").loc[chosen["seg"]].reset_index()
    day = pd.Series(weekday, index=claims["sequence"]).reindex(old["sequence"]).to_numpy(np.int64)
    pay_day = next_cycle(old["pay_day"].to_numpy(np.int64) + DAYS_TO_REVIEW + 7 * chosen["weeks"].to_numpy(), day)
    back = reverse(first | {"decisions": pd.DataFrame()}, old["seg"].tolist(), books)
    back.pop("decisions")
    ugly = chosen["ugly"].to_numpy()
    back["claim_payments"] = undone(old, back["claim_payments"]).assign(pay_day=pay_day, ugly=ugly)
    again = _decided_again(old, chosen, claims, work, books)
    late = ugly == "late-correction"
    again["claim_payments"] = again["claim_payments"].assign(
        pay_day=np.where(late, next_cycle(pay_day + DAYS_TOO_LATE, day), pay_day), ugly=ugly, is_part=False
    )
    is_final = payments["is_final"] & ~payments["seg"].isin(old["seg"])
    owed = old["paid_cents"].to_numpy(np.int64) - again["claim_payments"]["paid_cents"].to_numpy(np.int64)
    deferred = chosen["is_deferred"].to_numpy() & (owed > 0)
    recoveries = old.loc[deferred, ["payer", "payee", "mailbox"]].assign(
        reference=old.loc[deferred, "payer_claim_number"],
        amount_cents=owed[deferred],
        due_day=pay_day[deferred] + DAYS_TO_RECOVER,
        withheld_seg=back["claim_payments"]["seg"].to_numpy(np.int64)[deferred],
    )
    marked = {**first, "claim_payments": payments.assign(is_final=is_final)}
    return Reviewed(marked, [back, again], recoveries.reset_index(drop=True), [name for name in ugly.tolist() if name])


def undone(old: pd.DataFrame, reversals: pd.DataFrame) -> pd.DataFrame:
    """Say of reversals (CLP02 22), in order of the payments they undo, what they are; late interest goes back too."""
    return reversals.assign(
        interest_cents=-old["interest_cents"].to_numpy(np.int64),
        **{name: -old[name].to_numpy(np.int64) for name in ("contractual_cents", "patient_cents", "denied_cents")},
        causes="",
        reverses=old["payer_claim_number"].to_numpy(),
        is_final=False,
        is_crossover=False,
        ugly="",
    )


def _chosen(payments: pd.DataFrame, work: pd.DataFrame, seed: int, force: Sequence[str]) -> pd.DataFrame:
    """Choose payments to take up again: `seg`, the correction, whether it is of the last line only, and when."""
    names = ("payer_code", "payer_claim_number", "claim_number")
    key = keys(*(payments[name] for name in names), seed=seed)
    alone = (~payments["is_part"] & (payments["status_code"] == "1")).to_numpy()
    paid = alone & (payments["paid_cents"] > 0).to_numpy()
    drawn = set(table("causes").query("percent_of_lines != ''")["cause"])
    whole = (payments["denied_cents"] == payments["charge_cents"]).to_numpy() & alone
    whole &= payments["causes"].isin(drawn).to_numpy()
    taken = paid & (draws(key, "takeback", 10_000) < rate("takeback"))
    overturned = whole & (draws(key, "overturn", 10_000) < rate("overturn"))
    forced = np.full(len(payments), "", object)
    free = np.flatnonzero(paid & ~taken)[: len(force)]
    forced[free] = list(force)[: len(free)]
    taken[free] = True
    count = work.groupby("payment_seg").size().to_numpy()
    partial = (draws(key, "partial", 10_000) < rate("partial")) & (count > 1)
    chosen = pd.DataFrame(
        {
            "seg": payments["seg"].to_numpy(),
            "cause": np.where(overturned, "none", np.where(partial, _LAST_LINE, _WHOLE)),
            "weeks": draws(key, "review", 3),
            "is_deferred": (draws(key, "deferred", 10_000) < rate("deferred")) & (forced == ""),
            "ugly": forced,
        }
    )
    return chosen[taken | overturned].reset_index(drop=True)


def _decided_again(
    old: pd.DataFrame, chosen: pd.DataFrame, claims: pd.DataFrame, work: pd.DataFrame, books: Books
) -> Frames:
    own = claims.set_index("sequence", drop=False).loc[old["sequence"]]
    own = own.assign(original_reference=own["payer_claim_number"], payer_claim_number=own["payer_claim_number"] + "R")
    lines = work[work["claim_seg"].isin(own["seg"])].drop(columns="payment_seg")
    cause = pd.Series(chosen["cause"].to_numpy(), index=own["seg"].to_numpy()).reindex(lines["claim_seg"]).to_numpy()
    last = ~lines["claim_seg"].duplicated(keep="last").to_numpy()
    lines = lines.assign(
        forced_cause=np.where((cause == _LAST_LINE) & ~last, "none", cause),
        is_bundle=False, given_cents=0, taken_cents=0,
    )  # fmt: skip
    found = issued(own.reset_index(drop=True), lines, np.zeros(len(lines), np.int64), books)
    services = found["service_payments"].drop(columns="given_cents")
    found["service_payments"] = services.assign(submitted_procedure_code="", submitted_modifiers="")
    return found
