"""Denial cases and their later changes come in; the cases as they stood on a day go out, with what they are worth."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from claims import codes
from claims.reports.report import days_between

COLUMNS = [
    "case_key",
    "state",
    "outcome",
    "payer_code",
    "payer_name",
    "payer_type",
    "payer_sequence",
    "billing_npi",
    "claim_number",
    "payer_claim_number",
    "line_number",
    "extent",
    "denial_class",
    "group_code",
    "reason_code",
    "all_codes",
    "remark_codes",
    "procedure_codes",
    "category",
    "core_scenario",
    "root_cause",
    "preventable",
    "recoverable",
    "cause",
    "billed_cents",
    "expected_cents",
    "denied_cents",
    "at_risk_cents",
    "recovered_cents",
    "next_action",
    "then_action",
    "service_date",
    "remit_date",
    "deadline_date",
    "days_left",
    "deadline_rule",
    "opened_date",
    "closed_date",
    "sha256",
    "seg",
    "offset",
    "length",
]
KEYS = ["payer_code", "claim_number", "payer_claim_number", "payer_sequence", "line_number", "case_key"]


def as_they_stood(cases: pd.DataFrame, later_changes: pd.DataFrame) -> pd.DataFrame:
    """Undo what happened after the day: each change noted the values before it, and the oldest change wins."""
    if later_changes.empty:
        return cases
    before: dict[str, dict[int, Any]] = {}
    for case_id, body in zip(later_changes["case_id"].tolist(), later_changes["body"].tolist(), strict=True):
        for name, value in json.loads(body).get("before", {}).items():
            before.setdefault(name, {}).setdefault(case_id, value)
    result = cases.set_index("case_id")
    for name, values in before.items():
        known = {case_id: value for case_id, value in values.items() if case_id in result.index}
        result.loc[list(known), name] = list(known.values())
    # An unknown claim had no provider then.
    result["billing_npi"] = result["billing_npi"].where(result["family_id"] != 0, "")
    return result.reset_index()


def with_expected(cases: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """Add what the contract allows: for the line of a case, or for the whole claim when all its lines are priced."""
    lines = expected.set_index(["claim_payment_id", "line_number"])["expected_cents"]
    by_claim = lines.groupby(level=0)
    whole = by_claim.sum().where(by_claim.count() == by_claim.size())
    of_line = lines.reindex(pd.MultiIndex.from_frame(cases[["claim_payment_id", "line_number"]])).to_numpy()
    of_claim = whole.reindex(cases["claim_payment_id"]).to_numpy()
    is_line = (cases["line_number"] != 0).to_numpy()
    found = pd.Series(of_line, dtype="Int64").where(is_line, pd.Series(of_claim, dtype="Int64"))
    return cases.assign(expected_cents=found.to_numpy()).astype({"expected_cents": "Int64"})


def denials(cases: pd.DataFrame, addresses: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Return one row per case with its address (the CLP that denied it last), sorted by natural keys."""
    places = addresses.set_index("claim_payment_id").reindex(cases["claim_payment_id"])
    rows = cases.reset_index(drop=True).assign(
        opened_date=cases["posting_date"].to_numpy(),
        closed_date=cases["closed_posting_date"].to_numpy(),
        sha256=pd.Series(places["sha256"].to_numpy(), dtype="str").fillna(""),
    )
    for name in ("seg", "offset", "length"):
        rows[name] = places[name].fillna(0).astype("int64").to_numpy()
    rows["outcome"] = rows["outcome"].fillna("")
    rows = rows[rows["outcome"] != "undone"].reset_index(drop=True)  # its posting was undone: it never opened
    rows["days_left"] = -days_between(rows["deadline_date"], as_of)
    return rows.sort_values(KEYS, ignore_index=True)[COLUMNS]


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the open cases per category and next action, codes and words."""
    keys = ["category", "next_action"]
    amounts = ["billed_cents", "denied_cents", "at_risk_cents"]
    grouped = rows.groupby(keys)
    sums = grouped[amounts].sum().astype("int64")
    sums.insert(0, "cases", grouped.size().astype("int64"))
    result = sums.reset_index().sort_values(keys, ignore_index=True)
    titles = codes.table("categories").set_index("category")["own_title"]
    labels = codes.table("next_actions").set_index("id")["own_label"]
    result.insert(1, "category_title", titles.reindex(result["category"]).fillna("").to_numpy())
    result.insert(3, "next_action_label", labels.reindex(result["next_action"]).fillna("").to_numpy())
    return result
