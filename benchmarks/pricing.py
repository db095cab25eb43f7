"""What pricing costs: `python benchmarks/pricing.py [LINES]`.

Lines (default 200,000; four a claim) of three payers are priced by fee schedules of 1,000 procedures, twenty terms and
modifier factors, each with its sum in words; then the same lines get their fee by a plain pandas merge with the
schedule and the days, and nothing else. Printed: lines per second of processor time, and the ratio.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

from claims.pricing import cases, expected_allowed, granted, standings
from claims.pricing.granted import NEVER

PAYERS = ("FABLE", "DRAGN", "MOONB")
ANY = {"effective_from": 10101, "effective_to": 99991231}


def made(count: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Invent lines, schedules, terms and factors."""
    rng = np.random.default_rng(7)
    codes = np.array([f"{10000 + 7 * number}" for number in range(1000)])
    lines = pd.DataFrame(
        {
            "claim_id": np.arange(count) // 4 + 1,
            "line_number": np.arange(count) % 4 + 1,
            "payer_code": np.array(PAYERS)[np.arange(count) // 4 % 3],
            "service_date": 20260101 + rng.integers(0, 28, count // 4 + 1)[np.arange(count) // 4],
            "procedure_code": codes[rng.integers(0, len(codes), count)],
            "modifiers": np.array(["", "", "", "50", "80 59"])[rng.integers(0, 5, count)],
            "revenue_code": "",
            "bill_type": "",
            "place_of_service": np.array(["11", "21"])[rng.integers(0, 2, count)],
            "units_milli": rng.integers(1, 4, count) * 1000,
            "charge_cents": rng.integers(5_000, 200_000, count),
        }
    )
    lines["service_to_date"] = lines["service_date"]
    schedules = pd.DataFrame(
        [(payer, code, "", 5000 + 13 * place) for payer in PAYERS for place, code in enumerate(codes)],
        columns=["payer_code", "procedure_code", "modifier", "allowed_cents"],
    ).assign(**ANY)
    term = {
        "modifier": "", "place_of_service": "", "revenue_code": "", "bill_type": "", "amount_cents": 0,
        "at_most_charge": True, "rank_percents": "", "method": "percent_of_schedule", **ANY,
    }  # fmt: skip
    terms = pd.DataFrame(
        [
            term
            | {"payer_code": payer, "schedule": payer, "term": f"t{number}", "priority": number}
            | {"procedure_code": f"{11 + number}*" if number < 6 else "", "percent_milli": 90_000 + number}
            | ({"rank_percents": "100 50 25"} if number == 2 else {})
            for payer in PAYERS
            for number in range(7)
        ]
    )
    factors = pd.DataFrame(
        [(payer, code, percent) for payer in PAYERS for code, percent in (("50", 150_000), ("80", 16_000))],
        columns=["payer_code", "modifier", "percent_milli"],
    ).assign(**ANY)
    return lines, schedules, terms, factors


def merged(lines: pd.DataFrame, schedules: pd.DataFrame) -> pd.Series:
    """Look fees up as anyone would."""
    pairs = lines.merge(schedules, on=["payer_code", "procedure_code"], how="left")
    fits = (pairs["service_date"] >= pairs["effective_from"]) & (pairs["service_date"] <= pairs["effective_to"])
    return (pairs["allowed_cents"].where(fits) * pairs["units_milli"] // 1000).clip(upper=pairs["charge_cents"])


def compared(lines: pd.DataFrame, priced: pd.DataFrame) -> int:
    """Hold a decision of each line against its price; give the number of cases."""
    own = lines.assign(
        expected_cents=priced["allowed_cents"], tolerance_cents=100, tolerance_percent_milli=2000,
        **{name: priced[name] for name in ("term", "method", "arithmetic")},
    )  # fmt: skip
    claims = lines.groupby("claim_id", as_index=False)["charge_cents"].sum()
    decisions = claims.assign(
        claim_payment_id=claims["claim_id"], family_id=claims["claim_id"], paid_cents=0, step=0, end_step=NEVER,
        ended_by=0,
    )  # fmt: skip
    paid = priced["allowed_cents"].fillna(0).astype("int64")
    services = lines[["line_number", "charge_cents"]].assign(
        claim_payment_id=lines["claim_id"],
        service_payment_id=np.arange(len(lines)) + 1,
        paid_cents=np.where(np.arange(len(lines)) % 50 == 0, paid * 9 // 10, paid),
    )
    names = ["patient_cents", "sequestration_cents", "denied_cents", "pending_cents", "is_bundled"]
    sums = services[["claim_payment_id", "service_payment_id"]].assign(**dict.fromkeys(names, 0))
    return len(cases(standings(granted(decisions, services, sums, own))))


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    lines, schedules, terms, factors = made(count)
    expected_allowed(lines.head(1000), schedules, terms, factors)
    start = time.process_time()
    priced = expected_allowed(lines, schedules, terms, factors).lines
    ours = time.process_time() - start
    start = time.process_time()
    for _ in range(10):
        merged(lines, schedules)
    plain = (time.process_time() - start) / 10
    start = time.process_time()
    number = compared(lines, priced)
    held = time.process_time() - start
    print(f"{count:,} lines: priced with their sums {count / ours:,.0f} lines/s, {ours:.2f} s")
    print(f"a plain merge with the schedule {count / plain:,.0f} lines/s, {plain:.2f} s: {ours / plain:.1f} x")
    print(f"held against decisions {count / held:,.0f} lines/s, {held:.2f} s: {number:,} cases")


if __name__ == "__main__":
    main()
