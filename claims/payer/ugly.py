"""Faults by name, put into remittances that were balanced: frames of one remittance in, the same with the fault out.

docs/simulate.md says what each does and what a correct receiver makes of it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames
from claims.payer.front_end import REJECTED
from claims.payer.reviews import FORCED

WRONG_BY_CENTS = 500
UNKNOWN_PLB = "ZZ"
UNKNOWN_PLB_CENTS = 100
# What is done to frames; what is done to reviews when they are chosen; what is done to files.
_WITHIN: dict[str, Callable[[Frames, int], Frames | None]] = {}
OF_FILES = ("duplicate", "lost-file", "wrong-count")
OF_CLAIMS = (REJECTED,)


def within(name: str) -> Callable[[Callable[[Frames, int], Frames | None]], Callable[[Frames, int], Frames | None]]:
    """Register what a mode does to the frames of a remittance, which is named by its `transaction_seg`."""

    def register(change: Callable[[Frames, int], Frames | None]) -> Callable[[Frames, int], Frames | None]:
        _WITHIN[name] = change
        return change

    return register


def modes() -> list[str]:
    """Name all modes."""
    return [*OF_FILES[:1], *_WITHIN, *FORCED, *OF_FILES[1:], *OF_CLAIMS]


def of_remittances() -> list[str]:
    """Name the modes that change the frames of a remittance."""
    return list(_WITHIN)


def spoiled(frames: Frames, transaction_seg: int, mode: str) -> Frames | None:
    """Put a fault into a remittance; None when it has nothing to put it in."""
    return _WITHIN[mode](frames, transaction_seg)


def _own(frames: Frames, transaction_seg: int) -> pd.DataFrame:
    payments = frames["claim_payments"]
    own = payments[(payments["transaction_seg"] == transaction_seg) & ~payments["status_code"].isin(["22", "25"])]
    return own[own["ugly"] == ""]


def _lines(frames: Frames, transaction_seg: int) -> pd.DataFrame:
    lines = frames["service_payments"]
    return lines[lines["claim_seg"].isin(_own(frames, transaction_seg)["seg"])]


@within("unbalanced-line")
def _line(frames: Frames, transaction_seg: int) -> Frames | None:
    lines = frames["service_payments"]
    mine = _lines(frames, transaction_seg)
    mine = mine[mine["paid_cents"] > 0]
    if mine.empty:
        return None
    changed = lines["paid_cents"].mask(lines["seg"] == mine["seg"].iloc[0], lines["paid_cents"] + WRONG_BY_CENTS)
    return {**frames, "service_payments": lines.assign(paid_cents=changed)}


@within("unbalanced-claim")
def _claim(frames: Frames, transaction_seg: int) -> Frames | None:
    adjustments = frames["adjustments"]
    own = _own(frames, transaction_seg)["seg"]
    mine = adjustments[adjustments["claim_seg"].isin(own) & (adjustments["service_seg"] > 0)]
    if mine.empty:
        return None
    again = mine.head(1).assign(service_seg=0, seg=adjustments["seg"].max() + 1)
    return {**frames, "adjustments": pd.concat([adjustments, again], ignore_index=True)}


@within("unbalanced-remit")
def _remit(frames: Frames, transaction_seg: int) -> Frames | None:
    remits = frames["remittances"]
    mine = (remits["transaction_seg"] == transaction_seg) & (remits["payment_cents"] > 0)
    if not mine.any():
        return None
    changed = remits["payment_cents"].mask(mine, remits["payment_cents"] + WRONG_BY_CENTS)
    return {**frames, "remittances": remits.assign(payment_cents=changed)}


@within("no-6r")
def _no_line_numbers(frames: Frames, transaction_seg: int) -> Frames | None:
    lines = frames["service_payments"]
    mine = lines["claim_seg"].isin(_claims(frames, transaction_seg)) & (lines["line_control_number"] != "")
    if not mine.any():
        return None
    return {**frames, "service_payments": lines.assign(line_control_number=lines["line_control_number"].mask(mine, ""))}


@within("dropped-modifier")
def _no_modifiers(frames: Frames, transaction_seg: int) -> Frames | None:
    lines = frames["service_payments"]
    mine = lines["claim_seg"].isin(_claims(frames, transaction_seg)) & (lines["modifiers"] != "")
    if not mine.any():
        return None
    return {**frames, "service_payments": lines.assign(modifiers=lines["modifiers"].mask(mine, ""))}


@within("unknown-plb")
def _unknown_plb(frames: Frames, transaction_seg: int) -> Frames | None:
    remits, plb = frames["remittances"], frames["provider_adjustments"]
    mine = (remits["transaction_seg"] == transaction_seg) & (remits["payment_cents"] > UNKNOWN_PLB_CENTS)
    if not mine.any():
        return None
    one = remits[mine].iloc[0]
    row = {
        "seg": int(plb["seg"].max()) + 1 if len(plb) else 1,
        "transaction_seg": transaction_seg,
        "provider_identifier": one["payee_identifier"],
        "fiscal_period_date": int(one["payment_date"]) // 10000 * 10000 + 1231,
        "reason_code": UNKNOWN_PLB,
        "reference": one["trace_number"],
        "amount_cents": UNKNOWN_PLB_CENTS,
    }
    changed = remits["payment_cents"].mask(mine, remits["payment_cents"] - UNKNOWN_PLB_CENTS)
    rows = pd.concat([plb, pd.DataFrame([row])], ignore_index=True) if len(plb) else pd.DataFrame([row])
    return {
        **frames,
        "remittances": remits.assign(payment_cents=changed, plb_cents=remits["plb_cents"] + mine * UNKNOWN_PLB_CENTS),
        "provider_adjustments": rows,
    }


def _claims(frames: Frames, transaction_seg: int) -> pd.Series:
    payments = frames["claim_payments"]
    return payments.loc[payments["transaction_seg"] == transaction_seg, "seg"]


def with_reviews(frames: Frames) -> Frames:
    """Spoil the reviews that were chosen for it: payments and reversals that `ugly` marks."""
    payments = frames["claim_payments"]
    for mode in dict.fromkeys(payments.loc[payments["ugly"] != "", "ugly"]):
        mine = payments[payments["ugly"] == mode]
        back, again = mine[mine["status_code"] == "22"], mine[mine["status_code"] != "22"]
        if mode == "group-cr":
            adjustments = frames["adjustments"]
            is_back = adjustments["claim_seg"].isin(back["seg"])
            frames = {
                **frames,
                "adjustments": adjustments.assign(group_code=adjustments["group_code"].mask(is_back, "CR")),
            }
        elif mode == "correction-first" and len(back) == len(again) == 1:
            frames = _swapped(frames, int(back["seg"].iloc[0]), int(again["seg"].iloc[0]))
        elif mode == "no-reversal":
            frames = _without(frames, back)
    return frames


def _swapped(frames: Frames, one: int, other: int) -> Frames:
    """Let two claim payments change places, with all that is theirs."""
    found = dict(frames)
    for name, column in (("claim_payments", "seg"), *((name, "claim_seg") for name in _OF_CLAIMS if name in frames)):
        values = frames[name][column].to_numpy(np.int64)
        swapped = np.where(values == one, other, np.where(values == other, one, values))
        found[name] = frames[name].assign(**{column: swapped})
    return found


_OF_CLAIMS = ("service_payments", "adjustments", "remarks", "parties")


def _without(frames: Frames, reversals: pd.DataFrame) -> Frames:
    """Leave reversals out; what they took back is taken by PLB WO, so that the payment stays what it is."""
    found = dict(frames)
    payments, plb = frames["claim_payments"], frames["provider_adjustments"]
    found["claim_payments"] = payments[~payments["seg"].isin(reversals["seg"])]
    for name in _OF_CLAIMS:
        if name in frames:
            found[name] = frames[name][~frames[name]["claim_seg"].isin(reversals["seg"])]
    remits = frames["remittances"].set_index("transaction_seg").loc[reversals["transaction_seg"]]
    rows = pd.DataFrame(
        {
            "seg": np.arange(len(reversals)) + (int(plb["seg"].max()) + 1 if len(plb) else 1),
            "transaction_seg": reversals["transaction_seg"].to_numpy(),
            "provider_identifier": remits["payee_identifier"].to_numpy(),
            "fiscal_period_date": remits["payment_date"].to_numpy(np.int64) // 10000 * 10000 + 1231,
            "reason_code": "WO",
            "reference": reversals["payer_claim_number"].to_numpy(),
            "amount_cents": -reversals["paid_cents"].to_numpy(np.int64),
        }
    )
    taken = rows.groupby("transaction_seg")["amount_cents"].sum()
    all_remits = frames["remittances"]
    more = taken.reindex(all_remits["transaction_seg"], fill_value=0).to_numpy(np.int64)
    found["remittances"] = all_remits.assign(
        plb_cents=all_remits["plb_cents"] + more, claims_cents=all_remits["claims_cents"] + more
    )
    found["provider_adjustments"] = pd.concat([plb, rows[rows["amount_cents"] != 0]], ignore_index=True)
    return found
