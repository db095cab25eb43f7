"""Decisions of first payers with their lines in; what each granted on each line of its claim, and in what order, out.

A claim is held against its contract line by line, or as a whole (line 0) where lines cannot be told apart: a case rate,
a decision without lines or with amounts of the whole claim, lines that fit none of ours, lines bundled into each other.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.pricing.variance import compared

NEVER = 1 << 40  # the end_step of a decision that nobody took back
AMOUNTS = ["paid_cents", "patient_cents", "sequestration_cents", "denied_cents", "pending_cents"]
LINE = ["family_id", "line_number"]
# What is the same for all parts of a line in one decision.
FACTS = [
    *("total_cents", "expected_cents", "term", "method", "arithmetic", "procedure_code", "modifiers", "service_date"),
    *("payer_code", "tolerance_cents", "tolerance_percent_milli"),
]


def granted(decisions: pd.DataFrame, services: pd.DataFrame, sums: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Give one row for each decision and line: family_id, line_number, claim_payment_id, claim_id, step, end_step,
    ended_by, charge_cents, AMOUNTS and FACTS.

    `decisions`: claim_payment_id, family_id, claim_id, charge_cents, paid_cents, step (its place among the postings of
    its family), end_step (of the posting `ended_by` that took it back; else NEVER). `services`: service_payment_id,
    claim_payment_id, line_number (0: fits none), charge_cents, paid_cents. `sums`: claim_payment_id,
    service_payment_id (0: the claim), patient_cents, sequestration_cents, denied_cents, pending_cents, is_bundled.
    `lines`: claim_id, line_number, charge_cents, and FACTS but total_cents: the lines as they were sent, priced.
    """
    services = services.merge(sums, on=["claim_payment_id", "service_payment_id"], how="left").fillna(
        dict.fromkeys((*AMOUNTS[1:], "is_bundled"), 0)
    )
    keys = ["claim_payment_id", "family_id", "claim_id", "step", "end_step", "ended_by"]
    is_whole = decisions["family_id"].isin(_wholes(decisions, services, sums, lines))
    of_lines = decisions.loc[~is_whole, keys].merge(services, on="claim_payment_id")
    by_line = of_lines.groupby([*keys, "line_number"], as_index=False)[["charge_cents", *AMOUNTS]].sum()
    own = lines.rename(columns={"charge_cents": "total_cents"})
    by_line = by_line.merge(own[["claim_id", "line_number", *FACTS]], on=["claim_id", "line_number"])
    claims = decisions.loc[is_whole, [*keys, "charge_cents", "paid_cents"]]
    totals = sums.groupby("claim_payment_id")[AMOUNTS[1:]].sum().reindex(claims["claim_payment_id"], fill_value=0)
    whole = claims.reset_index(drop=True).assign(
        line_number=0, **{name: totals[name].to_numpy(np.int64) for name in AMOUNTS[1:]}
    )
    whole = whole.merge(_summed(own[own["claim_id"].isin(claims["claim_id"])]), on="claim_id")
    both = pd.concat([by_line, whole[by_line.columns]], ignore_index=True)
    return both.astype(dict.fromkeys(["charge_cents", *AMOUNTS], "int64"))


def _wholes(decisions: pd.DataFrame, services: pd.DataFrame, sums: pd.DataFrame, lines: pd.DataFrame) -> set[int]:
    """Families whose claims are compared as a whole: all their decisions, so that they stay comparable."""
    odd = pd.concat(
        [
            services.loc[(services["line_number"] == 0) | (services["is_bundled"] != 0), "claim_payment_id"],
            sums.loc[sums["service_payment_id"] == 0, "claim_payment_id"],
        ]
    )
    paid = decisions["claim_payment_id"]
    by_case = lines.loc[lines["method"] == "case_rate", "claim_id"]
    whole = paid.isin(odd) | ~paid.isin(services["claim_payment_id"]) | decisions["claim_id"].isin(by_case)
    return set(decisions.loc[whole, "family_id"])


def _summed(lines: pd.DataFrame) -> pd.DataFrame:
    """Add up the lines of each claim; what is not priced leaves the claim without an expected amount."""
    rows = lines.sort_values(["claim_id", "line_number"]).groupby("claim_id", as_index=False)
    first = rows[["procedure_code", "modifiers", "service_date", "payer_code", "term", "method"]].first()
    count = rows.size()["size"]
    result = first.assign(
        total_cents=rows["total_cents"].sum()["total_cents"],
        arithmetic="the sum of " + count.astype("str") + " line(s)",
    )
    for name in ("tolerance_cents", "tolerance_percent_milli"):
        result[name] = rows[name].first()[name]
    known = lines.assign(is_known=lines["expected_cents"].notna()).groupby("claim_id")
    expected = known["expected_cents"].sum().where(known["is_known"].all())
    result["expected_cents"] = expected.reindex(result["claim_id"]).astype("Int64").to_numpy()
    return result


def standings(parts: pd.DataFrame) -> pd.DataFrame:
    """Say for each line what stood after each step that touched it, in order: the columns of `compared`, `decider_id`.

    Of several decisions of a line that stand, the latest counts, and earlier ones as far as their charges together
    are not more than the line's: parts of one decision. A `standing` more: reversed (no decision is left), incomplete
    (its charge is not all decided).
    """
    starts = parts[[*LINE, "step", "claim_payment_id"]]
    ends = parts.loc[parts["end_step"] < NEVER, [*LINE, "end_step", "ended_by"]]
    ends = ends.rename(columns={"end_step": "step", "ended_by": "claim_payment_id"})
    steps = pd.concat([starts, ends], ignore_index=True).drop_duplicates([*LINE, "step"])
    steps = steps.rename(columns={"claim_payment_id": "touched_by"}).sort_values([*LINE, "step"], ignore_index=True)
    steps["at"] = np.arange(len(steps))
    pairs = steps.merge(parts.rename(columns={"step": "from_step"}), on=LINE)
    pairs = pairs[(pairs["from_step"] <= pairs["step"]) & (pairs["step"] < pairs["end_step"])]
    pairs = pairs.sort_values(["at", "from_step"], ascending=[True, False])
    latest = pairs.drop_duplicates("at").set_index("at")
    reached = pairs.groupby("at")["charge_cents"].cumsum()
    total = latest["total_cents"].reindex(pairs["at"]).to_numpy()
    pairs = pairs[(reached <= total) | ~pairs.duplicated("at")]
    sums = pairs.groupby("at")[["charge_cents", *AMOUNTS]].sum()
    stood = latest[["claim_payment_id", "claim_id", *FACTS]].rename(columns={"claim_payment_id": "decider_id"})
    stood = compared(stood.join(sums))
    is_part = (stood["charge_cents"] != stood["total_cents"]) & (stood["standing"] == "compared")
    stood["standing"] = stood["standing"].where(~is_part, "incomplete")
    stood["is_beyond"] &= ~is_part
    stood["variance_cents"] = stood["variance_cents"].where(~is_part, 0)
    rows = steps.join(stood, on="at")
    rows["standing"] = rows["standing"].fillna("reversed").astype("str")
    rows["is_beyond"] = rows["is_beyond"].fillna(False).astype(bool)
    numbers = ["decider_id", "claim_id", "variance_cents", "granted_cents", "total_cents", "tolerance_cents"]
    numbers += ["charge_cents", *AMOUNTS]
    return rows.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, "int64"))
