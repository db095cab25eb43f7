"""Patients of a simulated month: their shares in; what they pay and what the bank gets of it, out.

By claim number and seed: most pay in full, some in two parts, a few too much or by a cheque that bounces, others not at
all. Cards and the portal settle by day, less a fee; cash and cheques go to the bank with the slip of their day.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from claims.payer.draws import draws, keys

# What of 100 patients do; the rest does not pay.
HABITS = ("full",) * 50 + ("parts",) * 15 + ("too much",) * 7 + ("bounces",) * 6 + ("nothing",) * 22
METHODS = ("card",) * 45 + ("portal",) * 20 + ("cheque",) * 20 + ("cash",) * 10 + ("transfer",) * 5
FEE_OF_10000 = 275  # what the card processor keeps
PAYMENT = ["payment_id", "paid_on", "amount_cents", "method", "claim_number", "reference", "batch_reference"]
BANK = ["date", "amount_cents", "trace_number", "payer_name", "reference", "type"]
BATCH_OF = {"card": "CARDS", "portal": "CARDS", "cheque": "SLIP", "cash": "SLIP", "transfer": ""}


def pay(shares: pd.DataFrame, seed: int, last: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the payments (PAYMENT) and the bank's rows (BANK) up to the day before `last`.

    `shares`: claim_number, patient_cents (above zero), payment_date (ISO day of the remittance).
    """
    key = keys(shares["claim_number"], seed=seed)
    habit = np.array(HABITS, object)[draws(key, "habit", 100)]
    method = np.where(habit == "bounces", "cheque", np.array(METHODS, object)[draws(key, "method", 100)])
    wait, number = draws(key, "wait", 7) + 3, draws(key, "number", 900_000) + 100_000
    latest = last - timedelta(days=4)
    rows: list[tuple[object, ...]] = []
    returned: list[tuple[date, int, str]] = []
    columns = (shares["claim_number"], shares["patient_cents"], shares["payment_date"], habit, method, wait, number)
    for claim, cents, told, how, by, days, mark in zip(*(list(one) for one in columns), strict=True):
        if how == "nothing":
            continue
        paid_on = min(date.fromisoformat(told) + timedelta(days=int(days)), latest)
        amounts = [cents // 2, cents - cents // 2] if how == "parts" and cents > 1 else [cents]
        amounts = [cents + 500] if how == "too much" else amounts
        for part, amount in enumerate(amounts, 1):
            day = min(paid_on + timedelta(days=2 * (part - 1)), latest)
            batch = f"{BATCH_OF[by]}{day:%y%m%d}" if BATCH_OF[by] else ""
            reference = "" if by == "cash" else f"{int(mark)}{part}"
            rows.append((f"R{claim}-{part}", day.isoformat(), int(amount), by, claim, reference, batch))
        if how == "bounces":
            returned.append((_banked(_banked(paid_on)), -int(cents), f"{int(mark)}1"))
    payments = pd.DataFrame(rows, columns=PAYMENT).sort_values(["paid_on", "payment_id"], ignore_index=True)
    return payments, _statement(payments, returned, last)


def _banked(day: date) -> date:
    """The next weekday."""
    return day + timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))


def _statement(payments: pd.DataFrame, returned: list[tuple[date, int, str]], last: date) -> pd.DataFrame:
    lines: list[tuple[date, int, str, str, str, str]] = []
    for name, batch in payments[payments["batch_reference"] != ""].groupby("batch_reference", sort=True):
        gross, day = int(batch["amount_cents"].sum()), _banked(date.fromisoformat(batch["paid_on"].iloc[0]))
        is_card = str(name).startswith("CARDS")
        fee = (gross * FEE_OF_10000 + 5_000) // 10_000 if is_card else 0
        said = "CARD SETTLEMENT" if is_card else "DEPOSIT"
        lines.append((day, gross - fee, str(name), "", said, "CARD" if is_card else "CHECK"))
    alone = payments[payments["batch_reference"] == ""]
    for paid_on, cents, reference in alone[["paid_on", "amount_cents", "reference"]].itertuples(index=False):
        lines.append((_banked(date.fromisoformat(paid_on)), cents, reference, "", "TRANSFER", "ACH"))
    lines += [(day, cents, mark, "", "RETURNED ITEM", "RETURN") for day, cents, mark in returned]
    came = sorted(line for line in lines if line[0] < last)
    return pd.DataFrame([(day.isoformat(), *rest) for day, *rest in came], columns=BANK)
