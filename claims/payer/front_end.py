"""What a payer refuses before it decides: claims in, the 277CA status of each out; front_end.csv has the edits.

The first edit that a claim fails, in order of priority, is told.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims import identifiers
from claims.payer.adjudicate import Frames
from claims.payer.draws import Keys, draws, keys
from claims.payer.terms import table

ACCEPTED = {"edit": "", "category_code": "A2", "status_code": "20", "entity_code": "PR"}
REJECTED = "rejected-claims"  # the ugly mode
_BY_MODE = ("member-not-found", "member-number")  # edits that whoever has the insurance card corrects
ONE_IN = 3


def edited(
    claims: pd.DataFrame, frames: Frames, is_known: np.ndarray, key: Keys, *, is_ugly: bool = False
) -> pd.DataFrame:
    """Give `edit` (`""` when accepted), `category_code`, `status_code` and `entity_code` of each claim, in its order.

    `is_known` tells of each claim whether the claim that it replaces or voids can be reversed; `key` is that of
    `facts.claim_keys`. `is_ugly`: one in three of the claims that it would accept is refused for its member's number,
    and one at least; `ugly` names the mode there.
    """
    failed = _failed(claims, frames, is_known)
    found = pd.DataFrame({name: [value] * len(claims) for name, value in ACCEPTED.items()}, dtype="str")
    drawn, edge = draws(key, "front end", 10_000), 0
    for row in table("front_end").sort_values("priority").to_dict("records"):
        if row["per_10000"]:
            share = int(row["per_10000"])
            hit = (drawn >= edge) & (drawn < edge + share)
            edge += share
        else:
            hit = failed[row["edit"]]
        hit = hit & (found["edit"] == "").to_numpy()
        for name in ACCEPTED:
            found[name] = found[name].mask(hit, row[name])
    found["ugly"] = ""
    # A member's number that was corrected is drawn anew.
    return _refused(found, key ^ keys(claims["member_id"])) if is_ugly else found


def _refused(found: pd.DataFrame, key: Keys) -> pd.DataFrame:
    good = np.flatnonzero((found["edit"] == "").to_numpy())
    if not len(good):
        return found
    drawn = draws(key, REJECTED, ONE_IN * 1000)[good]
    hit = good[(drawn < 1000) | (drawn == drawn.min())]
    edits = table("front_end").set_index("edit").loc[[_BY_MODE[one] for one in draws(key, "which edit", 2)[hit]]]
    rows = edits.reset_index()[list(ACCEPTED)].assign(ugly=REJECTED).set_axis(found.index[hit])
    found.loc[rows.index, list(rows.columns)] = rows
    return found


def _failed(claims: pd.DataFrame, frames: Frames, is_known: np.ndarray) -> dict[str, np.ndarray]:
    lines = frames["service_lines"]
    of_claim = lines.groupby("claim_seg")
    segs = claims["seg"]
    total = of_claim["charge_cents"].sum().reindex(segs, fill_value=0).to_numpy(np.int64)
    first = of_claim["service_date"].min().reindex(segs, fill_value=0).to_numpy(np.int64)
    last = of_claim["service_date"].max().reindex(segs, fill_value=0).to_numpy(np.int64)
    has_lines = segs.isin(lines["claim_seg"]).to_numpy()
    npi = claims["billing_npi"]
    again = claims["frequency_code"].isin(["7", "8"])
    return {
        "member-missing": (claims["member_id"] == "").to_numpy(),
        "billing-npi-missing": ((npi == "") & (claims["billing_tax_id"] == "")).to_numpy(),
        # Who has a tax number is known by it.
        "billing-npi-invalid": (npi != "").to_numpy() & ~is_npi(npi) & (claims["billing_tax_id"] == "").to_numpy(),
        "lines-missing": ~has_lines,
        "service-date-missing": has_lines & (first == 0) & (claims["submission_reason_code"] != "PB").to_numpy(),
        "service-in-future": last > claims["received_date"].to_numpy(np.int64),
        "charges-differ": has_lines & (total != claims["charge_cents"].to_numpy(np.int64)),
        "diagnosis-missing": (claims["kind"].isin(["P", "I"]) & (claims["diagnosis_codes"] == "")).to_numpy(),
        "original-missing": (again & (claims["original_reference"] == "")).to_numpy(),
        "original-unknown": again.to_numpy() & ~is_known,
    }


def is_npi(numbers: pd.Series) -> np.ndarray:
    """Tell which texts are an NPI; a loop over distinct numbers."""
    number, distinct = pd.factorize(numbers)
    good = [identifiers.is_npi(str(text)) for text in distinct]
    found: np.ndarray = np.array([*good, False], np.bool_)[number]
    return found
