"""Classified adjustments and remark codes come in; what is odd about the codes goes out as exception rows.

RARC_MISSING: the reason code must come with a remark that names the cause, and none is there. STOPPED_CARC: the code
is no longer valid and this is no repeat of an earlier decision. UNKNOWN_RARC: a remark that ``codes/rarc.csv`` lacks.
"""

from __future__ import annotations

import pandas as pd

from claims import codes
from claims.denials.situations import normal_codes, positions

COLUMNS = [
    "type_code",
    "claim_payment_id",
    "service_payment_id",
    "adjustment_id",
    "code",
    "amount_cents",
    "message",
]
LATER_SEQUENCES = ("S", "T", "A", "B", "C", "D", "E", "F", "G", "H")

MESSAGES = {
    "RARC_MISSING": "Reason code {code} needs a remark that names the cause, and the remittance has none",
    "STOPPED_CARC": "Reason code {code} is no longer valid, and no earlier payer's decision is repeated here",
    "UNKNOWN_RARC": "Remark code {code} is not in the table of remark codes: it has no effect",
}


def remark_exceptions(
    claim_payments: pd.DataFrame, adjustments: pd.DataFrame, classified: pd.DataFrame, remarks: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per odd code, sorted by claim payment, line, type and code; amounts as filed.

    ``classified`` is what ``classify`` returned for ``adjustments`` (same order). A remark on the line or on the whole
    claim names the cause of a line's adjustment; for an adjustment of the whole claim a remark on any line does too.
    ``claim_payments.payer_sequence`` tells a later payer; without it the claim status does.
    """
    applied = adjustments.assign(
        adjustment_id=adjustments["adjustment_id"].astype("int64"),
        service_payment_id=adjustments["service_payment_id"].fillna(0).astype("int64"),
        code=normal_codes(adjustments["reason_code"]).to_numpy(),
        needs_rarc=classified["needs_rarc"].to_numpy(),
        active=classified["active"].to_numpy(),
    )
    spoken = remarks.assign(
        service_payment_id=remarks["service_payment_id"].fillna(0).astype("int64"),
        code=remarks["remark_code"].str.strip().str.upper(),
        adjustment_id=0,
        amount_cents=0,
    )
    table = codes.table("rarc").set_index("code")
    alerts = table["alert"].reindex(spoken["code"]).fillna("")

    missing = applied[applied["needs_rarc"] == "Y"]
    missing = missing[~_is_explained(missing, spoken[(alerts == "N").to_numpy()])]
    stopped = applied[applied["active"] == "N"]
    stopped = stopped[~_is_later_payer(claim_payments, stopped)]
    unknown = spoken[(alerts == "").to_numpy() & (spoken["code"] != "").to_numpy()]

    rows = [
        found.assign(type_code=type_code).drop_duplicates(
            ["claim_payment_id", "service_payment_id", "adjustment_id", "code"]
        )
        for type_code, found in (("RARC_MISSING", missing), ("STOPPED_CARC", stopped), ("UNKNOWN_RARC", unknown))
    ]
    result = pd.concat(rows, ignore_index=True)
    messages = [
        MESSAGES[kind].format(code=code) for kind, code in zip(result["type_code"], result["code"], strict=True)
    ]
    result["message"] = pd.Series(messages, dtype="str")
    order = ["claim_payment_id", "service_payment_id", "type_code", "code", "adjustment_id"]
    return result.sort_values(order, ignore_index=True)[COLUMNS]


def _is_explained(adjustments: pd.DataFrame, causes: pd.DataFrame) -> pd.Series[bool]:
    """Tell which adjustments have a remark that names a cause, on their line or claim."""
    by_claim = adjustments["claim_payment_id"].isin(causes["claim_payment_id"])
    for_claim = causes.loc[causes["service_payment_id"] == 0, "claim_payment_id"]
    on_line = adjustments["service_payment_id"] != 0
    by_line = adjustments["service_payment_id"].isin(causes["service_payment_id"])
    return (~on_line & by_claim) | (on_line & (by_line | adjustments["claim_payment_id"].isin(for_claim)))


def _is_later_payer(claim_payments: pd.DataFrame, adjustments: pd.DataFrame) -> pd.Series[bool]:
    """Tell which adjustments a secondary or later payer made: it may repeat an earlier payer's codes."""
    statuses = codes.table("claim_status").set_index("code")["sequence_hint"]
    sequence = statuses.reindex(claim_payments["status_code"]).fillna("").reset_index(drop=True)
    if "payer_sequence" in claim_payments:
        known = claim_payments["payer_sequence"].reset_index(drop=True)
        sequence = known.where(known != "", sequence)
    at = positions(claim_payments["claim_payment_id"], adjustments["claim_payment_id"])
    return pd.Series(sequence.isin(LATER_SEQUENCES).to_numpy()[at], index=adjustments.index, dtype=bool)
