"""Ledger lines of a payer's reversal, and segments of it and of what it takes back, come in; where in the reversal each
line stands goes out.

A reversal negates the ledger lines of the decision that it takes back, and they name the segments of that decision. The
reversal says the same in segments of its own: the service of the same procedure, modifiers and charge (with the
opposite sign), and in it the adjustment of the same group and reason. Equal ones pair in the order of the file.
"""

from __future__ import annotations

import pandas as pd

PLACE = ["seg", "offset", "length"]
_SERVICE = ["procedure_code", "modifiers", "charge"]
_ADJUSTMENT = ["in_service", "group_code", "reason_code"]


def places(lines: pd.DataFrame, services: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """Give PLACE in the reversal for each of `lines`, by their index: its CAS, else its SVC; none where it has neither.

    `lines`: claim_payment_id (of the reversal), service_payment_id and adjustment_id (of what it takes back, 0: none).
    `services`: of both sides, claim_payment_id, service_payment_id, seg, procedure_code, modifiers, charge_cents,
    offset, length; `adjustments`: claim_payment_id, service_payment_id (0: of the claim), adjustment_id, seg, ordinal,
    group_code, reason_code, offset, length.
    """
    services = services.assign(charge=services["charge_cents"].abs()).sort_values("seg", kind="stable")
    adjustments = adjustments.sort_values(["seg", "ordinal"], kind="stable")
    rows = lines[["claim_payment_id", "service_payment_id", "adjustment_id"]].rename_axis("row").reset_index()
    of_adjustment = adjustments.set_index("adjustment_id")["claim_payment_id"].reindex(rows["adjustment_id"])
    of_service = services.set_index("service_payment_id")["claim_payment_id"].reindex(rows["service_payment_id"])
    first = pd.Series(of_adjustment.to_numpy()).fillna(pd.Series(of_service.to_numpy())).fillna(0).astype("int64")
    pairs = pd.DataFrame({"claim_payment_id": rows["claim_payment_id"], "first_id": first})
    pairs = pairs[first != 0].drop_duplicates()
    by_service = _paired(pairs, services, services, _SERVICE, "service_payment_id")
    # What a service of the decision says of its adjustments, the service that pairs with it says in the reversal.
    taken = adjustments.merge(by_service[["service_payment_id", "own_id"]], on="service_payment_id", how="left")
    taken["in_service"] = taken["own_id"].where(taken["service_payment_id"] != 0, 0).fillna(-1).astype("int64")
    own = adjustments.assign(in_service=adjustments["service_payment_id"])
    by_adjustment = _paired(pairs, taken, own, _ADJUSTMENT, "adjustment_id")
    parts = [
        rows.merge(one.drop(columns="own_id"), on=["claim_payment_id", name])
        for one, name in ((by_adjustment, "adjustment_id"), (by_service, "service_payment_id"))
    ]
    found: pd.DataFrame = pd.concat(parts).drop_duplicates("row").set_index("row")[PLACE]
    return found.astype("int64")


def _paired(pairs: pd.DataFrame, taken: pd.DataFrame, own: pd.DataFrame, same: list[str], key: str) -> pd.DataFrame:
    """Pair what is taken back with rows of reversals: claim_payment_id (reversal), `key` (taken), own_id, PLACE."""
    keys = ["claim_payment_id", *same]
    theirs = pairs.merge(taken.rename(columns={"claim_payment_id": "first_id"}), on="first_id")
    mine = own[own["claim_payment_id"].isin(pairs["claim_payment_id"])].rename(columns={key: "own_id"})
    theirs, mine = (one.assign(nth=one.groupby(keys).cumcount()) for one in (theirs, mine))
    both = theirs[[*keys, "nth", key]].merge(mine[[*keys, "nth", "own_id", *PLACE]], on=[*keys, "nth"])
    return both[["claim_payment_id", key, "own_id", *PLACE]]
