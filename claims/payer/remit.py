"""Adjudicated claims in, payments out: each remittance balanced to the cent, with its provider adjustments.

One remittance is one payment of one payer on one day. What a payment cannot cover because takebacks exceed it goes
forward (PLB FB) to the payer's next remittance; a payment of zero is a notice (BPR01 H, BPR04 NON).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames
from claims.payer.terms import table

PAYEE_BANK = {"payee_bank_routing": "987654320", "payee_bank_account": "5500100"}


def remittances(
    payments: pd.DataFrame, provider_adjustments: pd.DataFrame, payee: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give one row per remittance (ordered by date and payer) and all provider adjustments, forward balances included.

    `payments` are claim payments with `payer_code`, `remit_key` and `payment_date`; `provider_adjustments` has
    remit_key, reason_code, reference, amount_cents (positive lowers the payment).
    """
    remits = payments.groupby(["payment_date", "payer_code", "remit_key"], sort=True)
    frame = remits["paid_cents"].sum().rename("claims_cents").reset_index()
    frame = frame.merge(table("payers"), on="payer_code", validate="m:1")
    ordinal = frame.groupby(["payer_code", "payment_date"]).cumcount() + 1
    day = frame["payment_date"].astype(str)
    frame["trace_number"] = frame["trace_prefix"] + day.str.slice(2) + ordinal.astype(str)
    given = provider_adjustments.groupby("remit_key")["amount_cents"].sum()
    nets = frame["claims_cents"] - given.reindex(frame["remit_key"], fill_value=0).to_numpy(np.int64)
    forwarded = netted(frame["payer_code"].tolist(), frame["trace_number"].tolist(), nets.tolist())
    balances = pd.DataFrame(forwarded, columns=["remit_key", "reason_code", "reference", "amount_cents"])
    balances["remit_key"] = frame["remit_key"].reindex(balances["remit_key"]).to_numpy()
    plb = pd.concat([provider_adjustments, balances.astype({"amount_cents": "int64"})], ignore_index=True)
    sums = plb.groupby("remit_key")["amount_cents"].sum()
    frame["plb_cents"] = sums.reindex(frame["remit_key"], fill_value=0).to_numpy(np.int64)
    return paid_out(
        frame.assign(
            payee_name=payee["billing_name"],
            payee_qualifier="XX",
            payee_identifier=payee["billing_npi"],
            payee_tax_id=payee["billing_tax_id"],
        )
    ), plb


def paid_out(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay remittances (`claims_cents`, `plb_cents`, terms) out as payments, or notices where none is due."""
    frame = frame.assign(payment_cents=frame["claims_cents"] - frame["plb_cents"])
    paid = frame["payment_cents"] > 0
    by_ach = paid & (frame["method_code"] == "ACH")
    return frame.assign(
        seg=0,
        transaction_seg=np.arange(1, len(frame) + 1),
        handling_code=np.where(paid, "I", "H"),
        credit_debit_code="C",
        method_code=frame["method_code"].where(paid, "NON"),
        production_date=frame["payment_date"],
        currency_code="",
        trace_supplemental="",
        originator_id=frame["payer_identifier"].where(by_ach, ""),
        payer_bank_routing=frame["bank_routing"].where(by_ach, ""),
        payer_bank_account=frame["bank_account"].where(by_ach, ""),
        **{name: np.where(by_ach, value, "") for name, value in PAYEE_BANK.items()},
    )


Owner = Hashable
Balances = dict[Owner, tuple[int, str]]
# What is to be recovered from an owner: the day from which on, the claim's number, what is left of it.
Recoveries = dict[Owner, list[tuple[int, str, int]]]


def netted(
    owners: Sequence[Owner], traces: Sequence[str], nets: Sequence[int], days: Sequence[int] = (),
    room: Sequence[int] = (), owed: Balances | None = None, recoveries: Recoveries | None = None,
) -> list[tuple[int, str, str, int]]:  # fmt: skip
    """Bring each remittance to zero or more: give the PLB rows for it as (row, code, reference, amount).

    What one falls short of zero goes forward (FB) to the next ones of its owner; what is to be recovered is taken (WO)
    as far as there is money, and `room` for so many rows. `owed` and `recoveries` are changed. A loop over remittances,
    not claims.
    """
    owed, recoveries = {} if owed is None else owed, {} if recoveries is None else recoveries
    rows = []
    for row, (owner, trace, net) in enumerate(zip(owners, traces, nets, strict=True)):
        balance, origin = owed.pop(owner, (0, trace))
        if net < 0:
            rows.append((row, "FB", origin, net))
            owed[owner] = (balance - net, origin)
            continue
        collected = min(balance, net)
        if collected:
            rows.append((row, "FB", origin, collected))
        if balance > collected:
            owed[owner] = (balance - collected, origin)
        available, waiting = net - collected, []
        free = room[row] - (collected > 0) if room else 0
        for due, reference, amount in recoveries.get(owner, ()):
            take = min(amount, available) if free > 0 and due <= days[row] else 0
            if take:
                rows.append((row, "WO", reference, take))
                available, free = available - take, free - 1
            if amount > take:
                waiting.append((due, reference, amount - take))
        if owner in recoveries:
            recoveries[owner] = waiting
    return rows


def remittance_frames(adjudicated: Frames, remits: pd.DataFrame, plb: pd.DataFrame, payee_npi: str) -> Frames:
    """Put the claims of `remits` and their provider adjustments into 835 frames keyed by `transaction_seg`."""
    transaction = remits.set_index("remit_key")["transaction_seg"]
    payments = adjudicated["claim_payments"]
    payments = payments[payments["remit_key"].isin(transaction.index)]
    payments = payments.assign(transaction_seg=transaction.reindex(payments["remit_key"]).to_numpy())
    plb = plb[plb["remit_key"].isin(transaction.index)]
    fiscal_year_end = remits.set_index("remit_key")["payment_date"].reindex(plb["remit_key"]) // 10000 * 10000 + 1231
    frames = {"remittances": remits, "claim_payments": payments}
    for name in ("service_payments", "adjustments", "remarks"):
        frames[name] = adjudicated[name][adjudicated[name]["claim_seg"].isin(payments["seg"])]
    frames["provider_adjustments"] = plb.assign(
        seg=np.arange(len(plb)),
        transaction_seg=transaction.reindex(plb["remit_key"]).to_numpy(),
        provider_identifier=payee_npi,
        fiscal_period_date=fiscal_year_end.to_numpy(),
    )
    return frames
