"""Ledger lines of a payer's reversal, and segments of it and of what it takes back, come in; where in the reversal each
line stands goes out.

A reversal negates the ledger lines of the decision that it takes back, and they name the segments of that decision. The
reversal says the same in segments of its own: the service of the same procedure, modifiers and charge (with the
opposite sign), and in it the adjustment of the same group and reason. Several of them are told apart by their line
control number, then their day, what was paid and their adjustments (of adjustments: by the amount), step by step, and
only by what names one alone on both sides. The order of the file pairs only those that say the same in all of it; what
is still open has no pair: no line leads to a segment that may be another one's.
"""

from __future__ import annotations

import pandas as pd

PLACE = ["seg", "offset", "length"]
_SERVICE = ["procedure_code", "modifiers", "charge"]
_DAY = [*_SERVICE, "day"]
_ADJUSTMENT = ["in_service", "group_code", "reason_code"]
# What has to be the same, and whether several that are the same in it pair in the order of the file.
_OF_SERVICES = [
    ([*_SERVICE, "line_control_number"], False),
    (_DAY, False),
    ([*_DAY, "paid"], False),
    ([*_DAY, "paid", "adjusted"], True),
    # One of the two has no day.
    (_SERVICE, False),
    ([*_SERVICE, "paid"], False),
    ([*_SERVICE, "paid", "adjusted"], True),
]
_OF_ADJUSTMENTS = [([*_ADJUSTMENT, "amount"], True), (_ADJUSTMENT, False)]
_AGREE = ["line_control_number", "day"]  # two that both have it, and differ in it, are never one


def places(lines: pd.DataFrame, services: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """Give PLACE in the reversal for each of `lines`, by their index: its CAS, else its SVC; none where it has neither.

    `lines`: claim_payment_id (of the reversal), service_payment_id and adjustment_id (of what it takes back, 0: none).
    `services`: of both sides, claim_payment_id, service_payment_id, seg, procedure_code, modifiers, charge_cents,
    paid_cents, service_date, line_control_number, offset, length; `adjustments`: claim_payment_id, service_payment_id
    (0: of the claim), adjustment_id, seg, ordinal, group_code, reason_code, amount_cents, offset, length.
    """
    services = services.assign(
        charge=services["charge_cents"].abs(),
        day=services["service_date"].astype("str").where(services["service_date"].notna(), ""),
    ).sort_values("seg", kind="stable")
    adjustments = adjustments.sort_values(["seg", "ordinal"], kind="stable")
    rows = lines[["claim_payment_id", "service_payment_id", "adjustment_id"]].rename_axis("row").reset_index()
    of_adjustment = adjustments.set_index("adjustment_id")["claim_payment_id"].reindex(rows["adjustment_id"])
    of_service = services.set_index("service_payment_id")["claim_payment_id"].reindex(rows["service_payment_id"])
    first = pd.Series(of_adjustment.to_numpy()).fillna(pd.Series(of_service.to_numpy())).fillna(0).astype("int64")
    pairs = pd.DataFrame({"claim_payment_id": rows["claim_payment_id"], "first_id": first})
    pairs = pairs[first != 0].drop_duplicates()
    taken, own = (
        services.assign(paid=sign * services["paid_cents"], adjusted=_adjusted(services, adjustments, sign))
        for sign in (1, -1)
    )
    by_service = _paired(pairs, taken, own, _OF_SERVICES, "service_payment_id")
    # What a service of the decision says of its adjustments, the service that pairs with it says in the reversal.
    by_row = by_service[["claim_payment_id", "service_payment_id", "own_id"]]
    taken = adjustments.assign(amount=adjustments["amount_cents"])
    own = adjustments.assign(amount=-adjustments["amount_cents"], in_service=adjustments["service_payment_id"])
    by_adjustment = _paired(pairs, taken, own, _OF_ADJUSTMENTS, "adjustment_id", by_row)
    parts = [
        rows.merge(one.drop(columns="own_id"), on=["claim_payment_id", name])
        for one, name in ((by_adjustment, "adjustment_id"), (by_service, "service_payment_id"))
    ]
    found: pd.DataFrame = pd.concat(parts).drop_duplicates("row").set_index("row")[PLACE]
    return found.astype("int64")


def _adjusted(services: pd.DataFrame, adjustments: pd.DataFrame, sign: int) -> pd.Series[str]:
    """Tell all adjustments of each service, their amounts times `sign`, in an order of their own."""
    told = adjustments.assign(amount=sign * adjustments["amount_cents"])
    told = told.sort_values(["group_code", "reason_code", "amount"])
    words = told["group_code"] + " " + told["reason_code"] + " " + told["amount"].astype("str")
    texts = words.groupby(told["service_payment_id"], sort=False).agg(" ".join)
    return texts.reindex(services["service_payment_id"]).set_axis(services.index).fillna("").astype("str")


def _paired(
    pairs: pd.DataFrame,
    taken: pd.DataFrame,
    own: pd.DataFrame,
    steps: list[tuple[list[str], bool]],
    key: str,
    in_services: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Pair what is taken back with rows of reversals: claim_payment_id (reversal), `key` (taken), own_id, PLACE.

    `in_services`: pairs of services, for what stands in services (in_service: that of the reversal).
    """
    theirs = pairs.merge(taken.rename(columns={"claim_payment_id": "first_id"}), on="first_id")
    if in_services is not None:
        theirs = theirs.merge(in_services, on=["claim_payment_id", "service_payment_id"], how="left")
        theirs["in_service"] = theirs["own_id"].where(theirs["service_payment_id"] != 0, 0).fillna(-1).astype("int64")
    mine = own[own["claim_payment_id"].isin(pairs["claim_payment_id"])].rename(columns={key: "own_id"})
    agree = [name for name in _AGREE if name in own]
    theirs = theirs.assign(place=range(len(theirs)), **{f"{name}_taken": theirs[name] for name in agree})
    found: list[pd.DataFrame] = []
    for same, in_order in steps:
        keys = ["claim_payment_id", *same]
        left, right = (
            one.assign(nth=one.groupby(keys).cumcount())
            if in_order
            else one[~one.duplicated(keys, keep=False)].assign(nth=0)
            for one in (theirs, mine)
        )
        names = [*keys, "nth", "place", *(f"{name}_taken" for name in agree)]
        told = [name for name in agree if name not in same]
        both = left[[*names, key]].merge(right[[*keys, "nth", "own_id", *PLACE, *told]], on=[*keys, "nth"])
        if "line_control_number" in same:
            both = both[both["line_control_number"] != ""]
        for name in told:
            both = both[(both[name] == both[f"{name}_taken"]) | (both[name] == "") | (both[f"{name}_taken"] == "")]
        found.append(both[["claim_payment_id", key, "own_id", *PLACE]])
        theirs, mine = theirs[~theirs["place"].isin(both["place"])], mine[~mine["own_id"].isin(both["own_id"])]
    return pd.concat(found, ignore_index=True)
