"""Claim payments and their adjustments come in; the class of each adjustment goes out (denial rules R0 and R1).

The rules are the rows of ``codes/carc.csv``: conditions, priority, result. Adjustments that look alike to every
condition (same code, group, sign, payer ...) share one decision, so the rules are joined to the few hundred distinct
situations of a batch and the result is spread back: the cost of a rule does not grow with the number of adjustments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from claims import codes
from claims.denials.situations import Batch, Booleans, Integers, distinct_situations

Settings = Mapping[str, Collection[str]]

# Column of codes/carc.csv -> column of the result.
RESULTS = {
    "class": "adjustment_class",
    "exception": "exception",
    "account": "account",
    "own_title": "own_title",
    "category": "category",
    "core_scenario": "core_scenario",
    "root_cause": "root_cause",
    "preventable": "preventable",
    "recoverable": "recoverable",
    "next_action": "next_action",
    "then_action": "then_action",
    "needs_rarc": "needs_rarc",
    "active": "active",
}
CONDITIONS = ["code", "group", "sign", "full_charge", "bundle_pair", "payer_rule", "payer"]


def classify(
    claim_payments: pd.DataFrame,
    service_payments: pd.DataFrame,
    adjustments: pd.DataFrame,
    *,
    payer_rules: Settings | None = None,
    rules: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Classify adjustments by the first row of ``codes/carc.csv`` that fits (R0, R1).

    One row per adjustment in the order given: adjustment_id, adjustment_class, counts_as_denial, rule_priority,
    account (replaces 4100, or empty), exception (or empty) and the texts of the rule. Adjustments of a claim payment
    that is no adjudication (``claim_status.classify`` is not Y) or that holds a group CR have class ``""``, priority 0.

    ``payer_rules`` names the settings of a payer (``{"P1": {"capitated"}}``); ``rules`` replaces ``codes/carc.csv``.
    ``claim_payments.payer_code`` may be missing when neither speaks of payers.
    """
    table = codes.table("carc") if rules is None else rules
    table = table.assign(priority=table["priority"].astype("int64")).sort_values("priority", ignore_index=True)
    settings = payer_rules or {}
    batch = Batch.of(claim_payments, service_payments, adjustments)
    situations, situation_at = distinct_situations(batch, (set(table["payer"]) | set(settings)) - {""})
    row_at = _first_rule(situations, table, settings)[situation_at]
    # Row number len(table) is the row "not classified".
    row_at[~_is_adjudicated(batch)] = len(table)

    result = pd.DataFrame({"adjustment_id": adjustments["adjustment_id"].to_numpy("int64")})
    for column, name in RESULTS.items():
        texts = pd.concat([table[column], pd.Series([""], dtype="str")], ignore_index=True)
        result[name] = texts.take(row_at).array
    result["counts_as_denial"] = np.append((table["counts_as_denial"] == "Y").to_numpy(bool), False)[row_at]
    result["rule_priority"] = np.append(table["priority"].to_numpy("int64"), 0)[row_at]
    return result


def _is_adjudicated(batch: Batch) -> Booleans:
    """Tell for each adjustment whether R1 applies to its claim payment (R0)."""
    statuses = codes.table("claim_status")
    applies = statuses.loc[statuses["classify"] == "Y", "code"]
    by_claim = np.append(batch.claim_payments["status_code"].isin(applies).to_numpy(bool), False)
    is_correction = (batch.adjustments["group_code"].str.upper() == "CR").to_numpy(bool)
    by_claim[batch.claim_at[is_correction]] = False
    return by_claim[batch.claim_at]


def _first_rule(situations: pd.DataFrame, table: pd.DataFrame, settings: Settings) -> Integers:
    """Return for each situation the position of the first row of the table (sorted by priority) that fits."""
    asked = situations.assign(situation=np.arange(len(situations), dtype="int64"))
    rows = table[CONDITIONS].add_prefix("if_").assign(row=np.arange(len(table), dtype="int64"))
    has_code = rows["if_code"] != ""
    found = pd.concat(
        [asked.merge(rows[has_code], left_on="code", right_on="if_code"), asked.merge(rows[~has_code], how="cross")],
        ignore_index=True,
    )
    sign = np.where(found["is_negative"] == 1, "negative", "positive")
    fits = (found["if_group"] == "") | (found["if_group"] == found["group"])
    fits &= (found["if_sign"] == "") | (found["if_sign"] == sign)
    fits &= (found["if_full_charge"] == "") | (found["is_full_charge"] == 1)
    fits &= (found["if_bundle_pair"] == "") | (found["is_bundle_pair"] == 1)
    fits &= (found["if_payer"] == "") | (found["if_payer"] == found["payer"])
    fits &= (found["if_payer_rule"] == "") | _has_setting(found, settings)
    first = np.full(len(situations) + 1, len(table), dtype="int64")
    np.minimum.at(first, found.loc[fits, "situation"].to_numpy("int64"), found.loc[fits, "row"].to_numpy("int64"))
    return first


def _has_setting(found: pd.DataFrame, settings: Settings) -> pd.Series[bool]:
    """Tell where the payer of a situation has the setting that the rule asks for."""
    pairs = {(payer, name) for payer, names in settings.items() for name in names}
    has = [pair in pairs for pair in zip(found["payer"], found["if_payer_rule"], strict=True)]
    by_filing = (found["if_payer_rule"] == "workers_comp") & (found["is_workers_comp"] == 1)
    return pd.Series(has, index=found.index, dtype=bool) | by_filing
