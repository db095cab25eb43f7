"""Parts of a claim that is split among several payments come in; which of its equal lines each is about goes out.

Equal lines cannot be told apart by what a payer says of them: the first part takes the first, the next part the next
that no other part of the payer has. A part is known by the payer's number: whatever comes under it again is about the
lines that it took, and a reversal lets them go.
"""

from __future__ import annotations

import pandas as pd

RULE = "equal-lines"
KEYS = (["procedure_code", "modifiers", "service_date", "charge_cents"], ["procedure_code", "charge_cents"])
_CLAIM = ["claim_id", "payer_code"]
_PART = [*_CLAIM, "payer_claim_number"]


def pair(paid: pd.DataFrame, lines: pd.DataFrame, taken: pd.DataFrame) -> pd.DataFrame:
    """Pair service payments of parts with equal lines: service_payment_id, claim_payment_id, service_line_id,
    line_number, rule.

    `paid`, in posting order: service_payment_id, claim_payment_id, claim_id, payer_code, payer_claim_number,
    is_reversal, and of the service what KEYS name (charges without sign). `lines`: service_line_id, claim_id,
    line_number and the same. `taken`: claim_id, payer_code, payer_claim_number, service_line_id, is_reversal of what
    other claim payments are matched to. What finds no line is left out.
    """
    paid = paid[paid["payer_claim_number"] != ""]
    columns = ["service_payment_id", "claim_payment_id", "service_line_id", "line_number", *_PART, "is_reversal"]
    found = [paid.assign(service_line_id=0, line_number=0).head(0)[columns]]
    for key in KEYS:
        for step in (_own, _free):
            held = pd.concat([taken, *found])[[*_PART, "service_line_id", "is_reversal"]]
            left = paid[~paid["service_payment_id"].isin(pd.concat(found)["service_payment_id"])]
            found.append(step(left, lines, held, key)[columns])
    rows = pd.concat(found, ignore_index=True).drop(columns=[*_PART, "is_reversal"])
    return rows.assign(rule=RULE).astype({"service_line_id": "int64", "line_number": "int64", "rule": "str"})


def _own(paid: pd.DataFrame, lines: pd.DataFrame, held: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Give what comes again under a number the lines that the number has taken."""
    own = held.drop_duplicates([*_PART, "service_line_id"]).merge(lines, on=["claim_id", "service_line_id"])
    own = own.sort_values("line_number", kind="stable").drop(columns="is_reversal")
    own["nth"] = own.groupby([*_PART, *key]).cumcount()
    own = own[[*_PART, *key, "nth", "service_line_id", "line_number"]]
    nth = paid.groupby(["claim_payment_id", *key]).cumcount()
    return paid.assign(nth=nth).merge(own, on=[*_PART, *key, "nth"])


def _free(paid: pd.DataFrame, lines: pd.DataFrame, held: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Give parts that are new the next lines that no other part has, in the order in which the parts come."""
    new = paid[~paid["is_reversal"]]
    nth = new.groupby(["claim_payment_id", *key]).cumcount()
    wants = [*_PART, *key]
    places = new.assign(nth=nth).drop_duplicates([*wants, "nth"])[[*wants, "nth"]]
    # Numbered part by part, in the order in which each part came first.
    first = places.groupby(wants, sort=False).ngroup()
    places = places.assign(first=first).sort_values(["first", "nth"], kind="stable").drop(columns="first")
    places["place"] = places.groupby([*_CLAIM, *key]).cumcount()
    sign = held["is_reversal"].map({True: -1, False: 1})
    sums = sign.groupby([held[name] for name in [*_PART, "service_line_id"]]).sum()
    has: pd.DataFrame = sums[sums > 0].rename("times").reset_index()
    free = lines.merge(places[_CLAIM].drop_duplicates(), on="claim_id").sort_values("line_number", kind="stable")
    at = ["service_line_id", "payer_code"]
    free = free[~pd.MultiIndex.from_frame(free[at]).isin(pd.MultiIndex.from_frame(has[at]))]
    free = free.assign(place=free.groupby([*_CLAIM, *key]).cumcount())
    free = free[[*_CLAIM, *key, "place", "service_line_id", "line_number"]]
    given = places.merge(free, on=[*_CLAIM, *key, "place"]).drop(columns="place")
    return new.assign(nth=nth).merge(given, on=[*wants, "nth"])
