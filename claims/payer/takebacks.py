"""A payer changes its mind: adjudicated frames in, their reversal (CLP02 22) and the correction out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames, adjudicate, enter, joined
from claims.payer.books import Books
from claims.payer.terms import yyyymmdd


@dataclass(frozen=True)
class _Takeback:
    """Which claim a payer takes up again (payer, how it had been decided), when, and what it then says."""

    payer_code: str
    had_cause: bool
    remit_key: str
    like: str  # the remittance whose payment date it shares
    days_later: int
    correction: str  # cause of the last line (`last`), of every line, or none
    last_only: bool
    recovered_in: str = ""  # the later remittance that recovers the money, by PLB WO


_TAKEBACKS = [
    _Takeback("FABLE", False, "FABLE-3", "FABLE-3", 0, "bundled", True),
    _Takeback("FABLE", True, "FABLE-4", "FABLE-4", 0, "none", False),
    _Takeback("DRAGN", False, "DRAGN-3", "DRAGN-3", 0, "bundled", True, "DRAGN-4"),
    _Takeback("MOONB", False, "MOONB-2-forward", "MOONB-2", 3, "other-payer-first", False),
]


def takebacks(
    adjudicated: Frames, claims: pd.DataFrame, lines: pd.DataFrame, members: pd.DataFrame, books: Books
) -> tuple[Frames, pd.DataFrame]:
    """Reverse and correct a claim of the first week for each planned takeback that finds one."""
    parts, plb = [adjudicated], []
    used: set[int] = set()
    for plan in _TAKEBACKS:
        choice = _choice(adjudicated, plan, used)
        days = adjudicated["claim_payments"].query("remit_key == @plan.like")["payment_date"]
        recovering = (adjudicated["claim_payments"]["remit_key"] == plan.recovered_in).any() or not plan.recovered_in
        if choice == 0 or days.empty or not recovering:
            continue
        used.add(choice)
        original = adjudicated["claim_payments"].query("seg == @choice").iloc[0]
        claim = claims[claims["claim_number"] == original["claim_number"]]
        own_lines = lines[lines["claim_seg"] == claim["seg"].iloc[0]]
        forced = [plan.correction] * len(own_lines)
        if plan.last_only:
            forced[:-1] = ["none"] * (len(own_lines) - 1)
        again = reverse(adjudicated, [choice], books)
        icn = original["payer_claim_number"] + "R"
        new = correct(claim, own_lines, members, books, icn, forced)
        day = pd.to_datetime(str(days.iloc[0])) + pd.Timedelta(days=plan.days_later)
        for part in (again, new):
            part["claim_payments"] = part["claim_payments"].assign(
                remit_key=plan.remit_key, payment_date=yyyymmdd(day.date()), week=0
            )
            parts.append(part)
        if plan.recovered_in:
            owed = int(original["paid_cents"] - new["claim_payments"]["paid_cents"].iloc[0])
            reference = str(original["payer_claim_number"])
            plb += [(plan.remit_key, "WO", reference, -owed), (plan.recovered_in, "WO", reference, owed)]
    rows = pd.DataFrame(plb, columns=["remit_key", "reason_code", "reference", "amount_cents"])
    return joined(parts), rows.astype({"amount_cents": "int64"})


def _choice(adjudicated: Frames, plan: _Takeback, used: set[int]) -> int:
    """Pick the claim payment to take up again: paid best among clean ones, or denied in full; 0 when there is none."""
    payments = adjudicated["claim_payments"]
    payments = payments[(payments["payer_code"] == plan.payer_code) & (payments["week"] == 1)]
    payments = payments[~payments["seg"].isin(used)]
    decisions = adjudicated["decisions"]
    denied = decisions["denied_cents"].groupby(decisions["claim_seg"]).sum().reindex(payments["seg"]).to_numpy()
    last = decisions.groupby("claim_seg")["paid_cents"].last().reindex(payments["seg"]).to_numpy()
    count = decisions.groupby("claim_seg").size().reindex(payments["seg"]).to_numpy()
    whole = denied == payments["charge_cents"].to_numpy()
    fits = whole & (payments["status_code"] != "4") if plan.had_cause else (denied == 0) & (last > 0)
    if plan.last_only:
        fits = fits & (count > 1)
    ranked = payments[fits].sort_values(["paid_cents", "seg"], ascending=[False, True], kind="stable")
    return int(ranked["seg"].iloc[0]) if len(ranked) else 0


def reverse(adjudicated: Frames, claim_segs: Collection[int], books: Books) -> Frames:
    """Negate claim payments with their lines and adjustments; take them out of the books."""
    payments = adjudicated["claim_payments"].query("seg in @claim_segs")
    services = adjudicated["service_payments"].query("claim_seg in @claim_segs")
    adjustments = adjudicated["adjustments"].query("claim_seg in @claim_segs")
    first = books.take(len(payments) + len(services) + len(adjustments))
    after = first + len(payments)
    new_claims = pd.Series(np.arange(first, after), index=payments["seg"])
    new_services = pd.Series(np.arange(after, after + len(services)), index=services["seg"])
    enter(services, books, -1)
    unknown = pd.array([pd.NA] * len(payments), dtype="Int64")
    return {
        "claim_payments": payments.assign(
            seg=new_claims.to_numpy(),
            status_code="22",
            charge_cents=-payments["charge_cents"],
            paid_cents=-payments["paid_cents"],
            patient_responsibility_cents=unknown,
            interest_cents=0,
        ),
        "service_payments": services.assign(
            seg=new_services.to_numpy(),
            claim_seg=new_claims.reindex(services["claim_seg"]).to_numpy(),
            charge_cents=-services["charge_cents"],
            paid_cents=-services["paid_cents"],
            allowed_cents=pd.array([pd.NA] * len(services), dtype="Int64"),
        ),
        "adjustments": adjustments.assign(
            seg=np.arange(len(adjustments)) + after + len(services),
            claim_seg=new_claims.reindex(adjustments["claim_seg"]).to_numpy(),
            service_seg=new_services.reindex(adjustments["service_seg"], fill_value=0).to_numpy(),
            amount_cents=-adjustments["amount_cents"],
        ),
        "remarks": adjudicated["remarks"].iloc[:0],
        "decisions": adjudicated["decisions"].iloc[:0],
    }


def correct(
    claim: pd.DataFrame, lines: pd.DataFrame, members: pd.DataFrame, books: Books, icn: str, forced: list[str]
) -> Frames:
    """Adjudicate one claim again under a new payer claim number; `forced` is each line's cause, `none` for paid."""
    old = claim["payer_claim_number"].iloc[0]
    again = adjudicate(claim.assign(payer_claim_number=icn), lines.assign(forced_cause=forced), members, books, 0)
    again["claim_payments"] = again["claim_payments"].assign(original_reference=old)
    return again
