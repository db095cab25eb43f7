"""Thousands of invented denial cases, straight into the table: what lists, bulk actions and the night are tried on."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from claims.denials import priority
from claims.service.desk.queues import queue_of
from claims.store import clock, schema
from claims.store.engine import write
from claims.store.rows import insert_keyed

DAY = date(2026, 3, 2)
PEOPLE = ("", "anna", "bert", "cleo")
PAYERS = ("P1", "P2", "P3", "P4", "P5", "P6")
REASONS = ("16", "18", "29", "50", "96", "97", "197", "204", "22", "11", "252", "27")
CATEGORIES = ("TECH", "DUP", "TF", "MN", "NC", "BUN", "AUTH", "REG", "COB", "DOC")
ACTIONS = ("C7", "NEW", "APP", "DOC", "SEC", "WO", "REV", "AUTH")
NOTHING = pd.DataFrame({"payer_code": ["-"], "reason_code": ["-"], "wins": [0], "cases": [0]})


def frame(count: int, claim_payment_id: int, seed: int = 7, day: date = DAY, first: int = 1) -> pd.DataFrame:
    """Give so many cases: two thirds open, some asleep, waiting, late or closed."""
    random = np.random.default_rng(seed + first)

    def words(values: tuple[str, ...], weights: list[float] | None = None) -> pd.Series:
        return pd.Series(np.array(values, dtype=object)[random.choice(len(values), count, p=weights)], dtype="str")

    def days(low: int, high: int) -> pd.Series:
        texts = np.array([(day + timedelta(days=one)).isoformat() for one in range(low, high)], dtype=object)
        return pd.Series(texts[random.integers(0, high - low, count)], dtype="str")

    at_risk = np.exp(random.normal(9.5, 1.3, count)).astype("int64")
    state = words(("new", "assigned", "in_work", "waiting", "closed"), [0.4, 0.2, 0.1, 0.1, 0.2])
    rows = pd.DataFrame(
        {
            "case_key": [f"K{number:09d}" for number in range(first, first + count)],
            "claim_payment_id": claim_payment_id,
            "payer_code": words(PAYERS, [0.35, 0.25, 0.2, 0.1, 0.08, 0.02]),
            "payer_name": "A PLAN",
            "payer_type": "commercial",
            "claim_number": [f"C{number}" for number in range(first, first + count)],
            "payer_claim_number": "X",
            "payer_sequence": "P",
            "line_number": 0,
            "extent": "full",
            "denial_class": "denial",
            "group_code": "CO",
            "reason_code": words(REASONS),
            "all_codes": "CO-16",
            "remark_codes": words(("", "N290", "M51", "MA130")),
            "procedure_codes": words(("99213", "99214", "85025", "73030")),
            "category": words(CATEGORIES),
            "root_cause": "missing-data",
            "core_scenario": "2",
            "preventable": "Y",
            "recoverable": words(("H", "M", "L", "0")),
            "billed_cents": at_risk * 2,
            "denied_cents": at_risk,
            "at_risk_cents": at_risk,
            "next_action": words(ACTIONS),
            "then_action": "",
            "cause": "Data missing or wrong",
            "service_date": days(-120, -30),
            "remit_date": days(-90, 0),
            "deadline_date": days(-10, 200).where(random.random(count) > 0.1, ""),
            "deadline_rule": "",
            "state": state,
            "outcome": pd.Series(np.where(state == "closed", "overturned", ""), dtype="str"),
            "posting_date": days(-80, 0),
            "recorded_at": clock.now(),
            "assignee": words(PEOPLE, [0.5, 0.2, 0.2, 0.1]).where(state != "new", ""),
            "waiting_for": pd.Series(np.where(state == "waiting", "appealed", ""), dtype="str"),
            "snoozed_until_date": days(1, 20).where(random.random(count) < 0.05, ""),
            "snoozed_for": "",
            "last_touched_date": days(-60, 0),
            "changed_run_id": random.integers(0, 2, count),
        }
    )
    rows["queue"] = queue_of(rows, day)
    rows["outcome"] = rows["outcome"].where(rows["outcome"] != "")
    rows["deadline_sort_date"] = rows["deadline_date"].where(rows["deadline_date"] != "", "9999-12-31")
    rows["remit_sort_date"] = rows["remit_date"]
    return pd.concat([rows, priority.points(rows, NOTHING, day)], axis=1)


def fill(ctx, count: int, claim_payment_id: int, seed: int = 7, day: date = DAY, part: int = 100_000) -> None:
    """Store so many cases."""
    for first in range(1, count + 1, part):
        with write(ctx.engine) as conn:
            insert_keyed(
                conn,
                schema.denial_cases,
                frame(min(part, count - first + 1), claim_payment_id, seed, day, first),
            )
