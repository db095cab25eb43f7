"""Payments and adjustments come in; the distinct situations that the rules of ``codes/carc.csv`` tell apart go out.

A situation is what the condition columns look at: code, group, sign, full charge, bundling pair, payer. A batch of half
a million adjustments holds some hundreds of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

GROUPS = ("CO", "PR", "OA", "PI", "CR")

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


def normal_codes(reason_codes: pd.Series[str]) -> pd.Series[str]:
    """Return reason codes as the tables write them: upper case, no blanks, no leading zeros."""
    return reason_codes.str.strip().str.upper().str.lstrip("0")


def normal_groups(group_codes: pd.Series[str]) -> pd.Series[str]:
    """Return group codes as the tables write them; what is no group code is ``other``."""
    groups = group_codes.str.strip().str.upper()
    return groups.where(groups.isin(GROUPS), "other")


def positions(keys: pd.Series[int], wanted: pd.Series[int]) -> Integers:
    """Return the row of ``keys`` that holds each wanted key, -1 where none does."""
    return pd.Index(keys.to_numpy("int64")).get_indexer(pd.Index(wanted.to_numpy("int64"))).astype("int64")


@dataclass(frozen=True)
class Batch:
    """Adjustments with the rows of their claim payment and service payment (-1: none)."""

    claim_payments: pd.DataFrame
    service_payments: pd.DataFrame
    adjustments: pd.DataFrame
    claim_at: Integers
    service_at: Integers
    on_line: Booleans

    @classmethod
    def of(cls, claim_payments: pd.DataFrame, service_payments: pd.DataFrame, adjustments: pd.DataFrame) -> Batch:
        """Find the parents of each adjustment; ``service_payment_id`` 0 or missing is the claim level."""
        service_ids = adjustments["service_payment_id"].fillna(0).astype("int64")
        return cls(
            claim_payments,
            service_payments,
            adjustments,
            positions(claim_payments["claim_payment_id"], adjustments["claim_payment_id"]),
            positions(service_payments["service_payment_id"], service_ids),
            service_ids.to_numpy() != 0,
        )

    def of_parent(self, column: str) -> Integers:
        """Return a money column of the service payment of each adjustment, of its claim payment at claim level."""
        lines = np.append(self.service_payments[column].to_numpy("int64"), 0)
        claims = np.append(self.claim_payments[column].to_numpy("int64"), 0)
        return np.where(self.on_line, lines[self.service_at], claims[self.claim_at])


def distinct_situations(batch: Batch, payers: Collection[str]) -> tuple[pd.DataFrame, Integers]:
    """Return the distinct situations of a batch, and which of them each adjustment is in.

    ``payers`` are the payers that a rule or a setting names; all others count as one.
    """
    amounts = batch.adjustments["amount_cents"].to_numpy("int64")
    paid, charges = batch.of_parent("paid_cents"), batch.of_parent("charge_cents")
    code_at, codes = _factors(batch.adjustments["reason_code"], normal_codes)
    group_at, groups = _factors(batch.adjustments["group_code"], normal_groups)
    payer_at, payer_names = _payers(batch, payers)
    keys: dict[str, Integers] = {
        "code": code_at,
        "group": group_at,
        "payer": payer_at,
        "is_negative": (amounts < 0).astype("int64"),
        "is_full_charge": ((charges > 0) & (amounts == charges) & (paid == 0)).astype("int64"),
        "is_bundle_pair": _bundle_pairs(batch, codes[code_at], paid == 0).astype("int64"),
        "is_workers_comp": _workers_comp(batch).astype("int64"),
    }
    packed = np.zeros(len(amounts), dtype="int64")
    for values in keys.values():
        packed = packed * (int(values.max(initial=0)) + 1) + values
    situation_at, distinct = pd.factorize(packed)
    # Written backwards, so that the first adjustment of each situation stays.
    first = np.zeros(len(distinct), dtype="int64")
    first[situation_at[::-1]] = np.arange(len(amounts), dtype="int64")[::-1]
    situations = pd.DataFrame({name: values[first] for name, values in keys.items()})
    situations["code"] = pd.Series(codes[situations["code"]], dtype="str")
    situations["group"] = pd.Series(groups[situations["group"]], dtype="str")
    situations["payer"] = pd.Series(payer_names[situations["payer"]], dtype="str")
    return situations, situation_at.astype("int64")


def _factors(
    texts: pd.Series[str], normal: Callable[[pd.Series[str]], pd.Series[str]]
) -> tuple[Integers, npt.NDArray[np.object_]]:
    """Return the number of each text among the distinct ones, and the distinct ones in their normal form."""
    at, distinct = pd.factorize(texts)
    series = pd.Series(distinct, dtype="str")
    return at.astype("int64"), normal(series).to_numpy(dtype=object)


def _payers(batch: Batch, payers: Collection[str]) -> tuple[Integers, npt.NDArray[np.object_]]:
    """Number the payers that matter from 1 and all others 0; return the number per adjustment and the names."""
    names = np.array(["", *sorted(payers)], dtype=object)
    if len(names) == 1:
        return np.zeros(len(batch.adjustments), dtype="int64"), names
    at = pd.Index(names[1:]).get_indexer(batch.claim_payments["payer_code"]).astype("int64") + 1
    return np.append(at, 0)[batch.claim_at], names


def _workers_comp(batch: Batch) -> Booleans:
    """Tell which adjustments a workers' compensation payer made, by CLP06 where it is given."""
    if "filing_indicator_code" not in batch.claim_payments:
        return np.zeros(len(batch.adjustments), dtype=bool)
    return np.append((batch.claim_payments["filing_indicator_code"] == "WC").to_numpy(bool), False)[batch.claim_at]


def _bundle_pairs(batch: Batch, codes: npt.NDArray[np.object_], is_unpaid: Booleans) -> Booleans:
    """Tell which 97 only balance a negative 94: per claim payment and procedure they sum to zero (R1d)."""
    amounts = batch.adjustments["amount_cents"].to_numpy("int64")
    is_97 = (codes == "97") & batch.on_line & is_unpaid
    is_94 = (codes == "94") & batch.on_line & (amounts < 0)
    result = np.zeros(len(amounts), dtype=bool)
    rows = np.flatnonzero(is_97 | is_94)
    rows = rows[np.isin(batch.claim_at[rows], batch.claim_at[is_94])]
    if not len(rows):
        return result
    pairs = pd.DataFrame(
        {
            "claim": batch.claim_at[rows],
            "procedure": batch.service_payments["procedure_code"].to_numpy()[batch.service_at[rows]],
            "amount_cents": amounts[rows],
            "is_94": is_94[rows],
        }
    )
    by_procedure = pairs.groupby(["claim", "procedure"])
    nets_to_zero = by_procedure["amount_cents"].transform("sum") == 0
    result[rows] = (nets_to_zero & by_procedure["is_94"].transform("any") & ~pairs["is_94"]).to_numpy(bool)
    return result
