"""What stood on each line after each posting in; the variance cases that follow from it, and what a change means, out.

The result follows from the postings and the contracts alone: the same in one night or in many, before an undo and
after it was posted again.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from claims.pricing.granted import LINE
from claims.pricing.variance import OVER, UNDER

OPEN, RECOVERED, CLOSED = "open", "recovered", "closed"
NOTHING_STOOD = ("reversed", "denied", "pending", "unpriced", "incomplete")
# Columns of a case that follow from postings and contracts.
FACTS = [
    *("claim_payment_id", "claim_id", "payer_code", "line_number", "procedure_code", "modifiers", "service_date"),
    *("kind", "charge_cents", "expected_cents", "allowed_cents", "paid_cents", "patient_cents", "sequestration_cents"),
    *("difference_cents", "tolerance_cents", "term", "method", "arithmetic", "open_cents", "recovered_cents"),
    *("recovered_claim_payment_id", "found", "outcome"),
]


def cases(stood: pd.DataFrame) -> pd.DataFrame:
    """Give a row for each line that was ever beyond its tolerance, and kind: family_id and FACTS.

    `stood` as `standings` gives it. What counts is the last stretch beyond the tolerance of one service that is worth
    one amount: it begins with the decision `claim_payment_id`, its largest difference is the case's, and what lies
    between that and the last standing is recovered. Where that is of another service, or of one that is worth another
    amount, nothing came back: the case is over as `replaced`.
    """
    both = [_of_kind(stood, kind, sign) for kind, sign in ((UNDER, -1), (OVER, 1))]
    return pd.concat(both, ignore_index=True)


def _of_kind(stood: pd.DataFrame, kind: str, sign: int) -> pd.DataFrame:
    # What cannot be compared is passed over, unless it is the last: a reversal between two decisions ends nothing.
    rows = stood[(stood["standing"] == "compared") | ~stood.duplicated(LINE, keep="last")]
    gap = (rows["variance_cents"] * sign).clip(lower=0)
    rows = rows.assign(gap=gap, is_gap=rows["is_beyond"] & (gap > 0))
    rows = rows[rows["family_id"].isin(rows.loc[rows["is_gap"], "family_id"])]  # few: most are paid as expected
    rows = rows[rows.groupby(LINE)["is_gap"].transform("any")]
    # A replacement may bill another service on the same line: what that is paid says nothing of this one.
    rows["service"] = rows["procedure_code"].fillna("").astype("str") + " " + rows["expected_cents"].astype("str")
    lines = rows.groupby(LINE)
    before = lines["is_gap"].shift(fill_value=False) & (lines["service"].shift() == rows["service"])
    rows["stretch"] = (rows["is_gap"] & ~before).groupby([rows[name] for name in LINE]).cumsum()
    rows = rows[rows["stretch"] == rows.groupby(LINE)["stretch"].transform("max")]
    inside = rows[rows["is_gap"]]
    first = inside.drop_duplicates(LINE).set_index(LINE)
    worst = inside.sort_values("gap", ascending=False, kind="stable").drop_duplicates(LINE).set_index(LINE)
    worst = worst.reindex(first.index)
    last = rows.drop_duplicates(LINE, keep="last").set_index(LINE).reindex(first.index)

    is_open = last["is_gap"].to_numpy(bool)
    is_compared = (last["standing"] == "compared").to_numpy(bool)
    is_paid = is_compared & (last["service"] == first["service"]).to_numpy(bool)
    # A payer that took its overpayment back has it, whatever it decides next.
    taken = _taken(stood, inside).reindex(first.index).fillna(0).to_numpy(np.int64)
    is_back = (taken != 0) & (is_compared | (last["standing"] == "reversed").to_numpy(bool)) & ~is_paid & (kind == OVER)
    left = np.where(is_paid, last["gap"], np.where(is_back, 0, worst["gap"]))
    recovered = worst["gap"].to_numpy(np.int64) - left
    ends = pd.DataFrame({"left": left, "service": first["service"]}, index=first.index)
    by = rows[rows["standing"] == "compared"].merge(ends.reset_index(), on=[*LINE, "service"])
    brought = by[by["gap"] == by["left"]].drop_duplicates(LINE).set_index(LINE)["touched_by"]
    by_id = np.where(is_back, taken, brought.reindex(first.index).fillna(0).to_numpy(np.int64))
    found = np.select([is_open, is_paid | is_back], [OPEN, RECOVERED], CLOSED)
    outcome = np.select(
        [is_open, is_paid, is_back, is_compared],
        ["", "recovered", "taken_back", "replaced"],
        last["standing"].to_numpy(object),
    )
    same = [name for name in FACTS if name in worst.columns and name != "claim_payment_id"]
    result = (
        worst[same]
        .reset_index()
        .assign(
            claim_payment_id=first["decider_id"].to_numpy(np.int64),
            kind=kind,
            allowed_cents=worst["granted_cents"].to_numpy(np.int64),
            difference_cents=worst["variance_cents"].to_numpy(np.int64),
            open_cents=np.where(is_open, left, 0),
            recovered_cents=recovered,
            recovered_claim_payment_id=np.where(recovered != 0, by_id, 0),
            found=pd.Series(found, dtype="str"),
            outcome=pd.Series(outcome, dtype="str"),
        )
    )
    return result.astype({"expected_cents": "int64"})[["family_id", *FACTS]]


def _taken(stood: pd.DataFrame, inside: pd.DataFrame) -> pd.Series:
    """Give for each line (index LINE) the posting after which, first since it was last beyond, no decision stood."""
    ends = inside.drop_duplicates(LINE, keep="last")[[*LINE, "at"]].rename(columns={"at": "last_at"})
    back = stood.loc[stood["standing"] == "reversed", [*LINE, "at", "touched_by"]].merge(ends, on=LINE)
    return back[back["at"] > back["last_at"]].drop_duplicates(LINE).set_index(LINE)["touched_by"]


def case_keys(billing_npi: pd.Series, claim_number: pd.Series, line_number: pd.Series, kind: pd.Series) -> pd.Series:
    """Name each case by what it is about: a hash, for keys carry no patient data."""
    texts = billing_npi + "|" + claim_number + "|P|" + line_number.astype("int64").astype("str") + "|" + kind
    return pd.Series(
        [hashlib.sha256(text.encode()).hexdigest() for text in texts.tolist()], index=kind.index, dtype="str"
    )
