"""Classified adjustments come in; what was denied per line and per claim goes out (denial rules R2 and R3).

``line`` is the number of the claim's line where the claim is known, else the ordinal of the SVC in the CLP; 0 is the
claim as a whole: its claim-level adjustments, and paid lines that fit no line of the claim.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

KEY = ["claim_payment_id", "line"]


def _sums(adjustments: pd.DataFrame, classified: pd.DataFrame) -> pd.DataFrame:
    """Add up denied (D_amt), patient (S_amt) and pending (P_amt) per service payment; 0 is the claim level."""
    amounts = adjustments["amount_cents"].to_numpy("int64")
    classes = classified["adjustment_class"]
    parts = pd.DataFrame(
        {
            "claim_payment_id": adjustments["claim_payment_id"].to_numpy("int64"),
            "service_payment_id": adjustments["service_payment_id"].fillna(0).to_numpy("int64"),
            "denied_cents": np.where(classified["counts_as_denial"], amounts, 0),
            "patient_cents": np.where(classes == "patient", amounts, 0),
            "pending_cents": np.where(classes == "pending", amounts, 0),
        }
    )
    return parts.groupby(["claim_payment_id", "service_payment_id"], as_index=False).sum()


def line_figures(
    claim_payments: pd.DataFrame,
    service_payments: pd.DataFrame,
    adjustments: pd.DataFrame,
    classified: pd.DataFrame,
) -> pd.DataFrame:
    """Return one row per service payment and per claim level that has adjustments, with the amounts of R2.

    Columns: claim_payment_id, service_payment_id (0 claim level), line, charge_cents, paid_cents, denied_cents,
    patient_cents, pending_cents, expected_cents (allowed by contract, -1 unknown), service_date, service_to_date,
    procedure_code, is_full_denial, is_contract_zero. A claim level carries no charge and no payment of its own, except
    in a claim payment without lines, where it stands for the whole claim.
    """
    is_known = claim_payments["family_id"].to_numpy("int64") != 0
    known = claim_payments.loc[is_known, "claim_payment_id"]
    services = service_payments[["claim_payment_id", "service_payment_id"]].astype("int64")
    for name in ("charge_cents", "paid_cents"):
        services[name] = service_payments[name].astype("int64")
    for name in ("service_date", "service_to_date", "procedure_code"):
        services[name] = service_payments[name]
    on_claim = service_payments["claim_payment_id"].isin(known)
    services["line"] = service_payments["line_number"].where(on_claim, service_payments["ordinal"]).astype("int64")
    services["expected_cents"] = -1
    if "expected_cents" in service_payments:
        services["expected_cents"] = service_payments["expected_cents"].fillna(-1).astype("int64")

    sums = _sums(adjustments, classified)
    whole = sums.loc[sums["service_payment_id"] == 0, ["claim_payment_id", "service_payment_id"]].merge(
        claim_payments[["claim_payment_id", "charge_cents", "paid_cents"]], on="claim_payment_id"
    )
    has_lines = whole["claim_payment_id"].isin(services["claim_payment_id"])
    whole.loc[has_lines, ["charge_cents", "paid_cents"]] = 0
    whole = whole.assign(service_date="", service_to_date="", procedure_code="", line=0, expected_cents=-1)

    figures = pd.concat([services, whole], ignore_index=True)
    keys = ["claim_payment_id", "service_payment_id"]
    found = sums.set_index(keys).reindex(pd.MultiIndex.from_frame(figures[keys]), fill_value=0)
    for name in ("denied_cents", "patient_cents", "pending_cents"):
        figures[name] = found[name].to_numpy("int64")
    unpaid = figures["paid_cents"] == 0
    none_denied = figures["denied_cents"] == 0
    figures["is_full_denial"] = unpaid & (figures["patient_cents"] == 0) & (figures["denied_cents"] > 0)
    figures["is_contract_zero"] = (
        unpaid & none_denied & (figures["patient_cents"] == 0) & (figures["pending_cents"] == 0)
    )
    return figures


def full_denials(claim_payments: pd.DataFrame, figures: pd.DataFrame) -> pd.Series[bool]:
    """Tell for each claim payment, by its id, whether the whole claim was denied (R3).

    One that decides a part of a known claim (it charges less than ``whole_charge_cents``, when given) denies no more
    than its lines: other parts are decided by others. Where no line of it is known it stands for the claim.
    """
    is_line = figures["service_payment_id"] != 0
    has_lines = figures["claim_payment_id"].isin(figures.loc[is_line, "claim_payment_id"])
    lines = figures[is_line | ~has_lines]
    passes = lines["is_full_denial"] | ((lines["charge_cents"] == 0) | lines["is_contract_zero"])
    tests = pd.DataFrame({"any": lines["is_full_denial"], "all": passes}).groupby(lines["claim_payment_id"])
    full = tests["any"].any() & tests["all"].all()
    ids = claim_payments["claim_payment_id"].to_numpy("int64")
    unpaid = (claim_payments["paid_cents"] == 0).to_numpy(bool)
    is_full = full.reindex(ids, fill_value=False).to_numpy(bool) & unpaid
    if "whole_charge_cents" in claim_payments:
        charges_less = (claim_payments["charge_cents"] < claim_payments["whole_charge_cents"]).to_numpy(bool)
        no_line = figures.loc[(figures["line"] == 0) & (figures["denied_cents"] > 0), "claim_payment_id"]
        is_full &= ~charges_less | claim_payments["claim_payment_id"].isin(no_line).to_numpy(bool)
    return pd.Series(is_full, index=ids)


def denied_parts(claim_payments: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Return one row per future case: the whole claim when fully denied, else each line with a denied amount.

    Columns: claim_payment_id, line, extent (full, line, partial), billed_cents, denied_cents, worth_cents (R4),
    service_from, service_through.
    """
    full = full_denials(claim_payments, figures)
    denied = figures.groupby("claim_payment_id")["denied_cents"].transform("sum") > 0
    rows = figures[denied].assign(is_full=full.reindex(figures.loc[denied, "claim_payment_id"]).to_numpy(bool))
    rows["line"] = rows["line"].where(~rows["is_full"], 0)
    # R4: what the line would have paid bounds what can be won; without a fee schedule it is what was denied.
    bound = rows["expected_cents"].where(rows["expected_cents"] >= 0, rows["denied_cents"])
    rows["worth_cents"] = np.minimum(rows["denied_cents"], bound)
    rows["other_line"] = ~rows["is_full_denial"] & (rows["service_payment_id"] != 0)
    for name, source in (("service_from", "service_date"), ("service_through", "service_to_date")):
        rows[name] = rows[source].where(rows[source] != "")
    rows["service_through"] = rows["service_through"].fillna(rows["service_from"])
    parts = rows.groupby(KEY, as_index=False).agg(
        billed_cents=("charge_cents", "sum"),
        denied_cents=("denied_cents", "sum"),
        worth_cents=("worth_cents", "sum"),
        is_full=("is_full", "first"),
        has_other=("other_line", "any"),
        service_from=("service_from", "min"),
        service_through=("service_through", "max"),
    )
    parts = parts[parts["denied_cents"] > 0].reset_index(drop=True)
    is_partial = parts["has_other"] | (parts["line"] == 0)
    parts["extent"] = pd.Series(
        np.where(parts["is_full"], "full", np.where(is_partial, "partial", "line")), dtype="str"
    )
    claims = claim_payments.set_index("claim_payment_id").loc[parts["claim_payment_id"]]
    is_whole = (parts["line"] == 0).to_numpy()
    parts["billed_cents"] = np.where(is_whole, claims["charge_cents"].to_numpy("int64"), parts["billed_cents"])
    for name, source in (("service_from", "statement_from_date"), ("service_through", "statement_to_date")):
        parts[name] = parts[name].fillna(pd.Series(claims[source].to_numpy(), dtype="str")).fillna("")
    parts["service_through"] = parts["service_through"].where(parts["service_through"] != "", parts["service_from"])
    return parts.drop(columns=["is_full", "has_other"])
