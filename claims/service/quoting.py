"""What one line should pay, and why: for a person who asks before it is billed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from claims.errors import UsageError
from claims.master.kinds import KINDS
from claims.money import LIMIT_CENTS, amount, is_too_large
from claims.service.context import Context
from claims.service.contracts import Contracts
from claims.service.master import load_master


def quote(
    ctx: Context,
    *,
    payer: str,
    procedure: str,
    day: str,
    charge: str = "",
    units: str = "1",
    modifiers: str = "",
    place: str = "11",
    revenue_code: str = "",
    bill_type: str = "",
) -> dict[str, Any]:
    """Price a line by the contracts known now: expected_cents (None: nothing prices it), term, method, outcome,
    arithmetic and the tolerance. Without a charge nothing is cut to it. Raises UsageError for a wrong value."""
    asked = {
        "--date": ("date", day),
        "--units": ("units", units),
        "--charge": ("amount", charge or amount(LIMIT_CENTS)),
        "--modifiers": ("modifiers", modifiers),
    }
    read = {option: KINDS[kind].read(text) for option, (kind, text) in asked.items()}
    for option, value in read.items():
        if value is None:
            kind, text = asked[option]
            most = f", not above {amount(LIMIT_CENTS)}" if kind == "amount" and is_too_large(text) else ""
            raise UsageError(f"{option} wants {KINDS[kind].expected}{most}.")
    number = bill_type.removeprefix("0")
    line = pd.DataFrame(
        {
            "claim_id": [1],
            "line_number": [1],
            "payer_code": [payer],
            "procedure_code": [procedure.upper()],
            "modifiers": [str(read["--modifiers"])],
            "revenue_code": [revenue_code],
            "kind": ["I" if number else "P"],
            "place_of_service": [number[:2] if number else place],
            "frequency_code": [number[2:]],
            "units_milli": [read["--units"]],
            "charge_cents": [read["--charge"]],
            "service_date": [day],
            "service_to_date": [day],
        }
    )
    row = Contracts.of(load_master(ctx)).price(line).iloc[0]
    cents = row["expected_cents"]
    return {
        "expected_cents": None if pd.isna(cents) else int(cents),
        "outcome": row["outcome"] or "no-contract",
        **{name: str(row[name]) for name in ("term", "method", "arithmetic")},
        "tolerance_cents": int(row["tolerance_cents"]),
        "tolerance_percent_milli": int(row["tolerance_percent_milli"]),
    }
