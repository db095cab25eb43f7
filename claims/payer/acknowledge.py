"""What a clearing house answers to a batch: frames of the claims sent in, frames of a TA1, a 999 and a 277CA out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames


def interchange_answer(control_number: str, day: int, time: str) -> Frames:
    """Accept an interchange: the TA1 names its control number, date and time."""
    return {
        "interchange_acknowledgements": pd.DataFrame(
            {
                "seg": [2],
                "transaction_seg": [3],
                "control_number": [control_number],
                "interchange_date": [day],
                "interchange_time": [time],
                "status_code": ["A"],
                "note_code": ["000"],
            }
        )
    }


def syntax_answer(control_number: str, sets: int) -> Frames:
    """Accept a functional group of 837 professional sets whole, naming each set."""
    numbers = pd.Series(np.arange(1, sets + 1)).astype(str).str.zfill(4)
    return {
        "group_acknowledgements": pd.DataFrame(
            {
                "seg": [4],
                "transaction_seg": [3],
                "functional_code": ["HC"],
                "control_number": [control_number],
                "version": ["005010X222A1"],
                "status_code": ["A"],
                "included": [sets],
                "received": [sets],
                "accepted": [sets],
            }
        ),
        "set_acknowledgements": pd.DataFrame(
            {
                "seg": np.arange(sets) + 5,
                "group_seg": 4,
                "set_code": "837",
                "control_number": numbers,
                "guide": "005010X222A1",
                "status_code": "A",
                "error_codes": "",
            }
        ),
    }


def claim_answer(claims: pd.DataFrame, day: int, receipt: str, batch_reference: str) -> Frames:
    """Answer each claim: accepted with the payer's number, or rejected (`is_rejected`) for the member's number."""
    rejected = claims["is_rejected"].to_numpy()
    charges = claims["charge_cents"].to_numpy(np.int64)
    totals = {
        "accepted": int((~rejected).sum()),
        "rejected": int(rejected.sum()),
        "accepted_cents": int(charges[~rejected].sum()),
        "rejected_cents": int(charges[rejected].sum()),
    }
    first = claims.iloc[0]
    nothing = dict.fromkeys(totals, 0)
    above = pd.DataFrame(
        [
            {"level": "source", "name": "PRETEND CLEARING HOUSE", "identifier": "PRETEND01", "trace": receipt}
            | nothing,
            {"level": "batch", "name": "MADE UP FAMILY PRACTICE", "identifier": "MADEUP01", "trace": batch_reference}
            | {"category_code": "A1", "status_code": "19", "entity_code": "PR", "action_code": "WQ"}
            | {"charge_cents": int(charges.sum())} | totals,
            {"level": "provider", "name": first["billing_name"], "identifier": first["billing_npi"], "trace": "0"}
            | {"category_code": "A1", "status_code": "19", "entity_code": "PR", "action_code": "WQ"}
            | {"charge_cents": int(charges.sum())} | totals,
        ]
    ).assign(seg=[4, 5, 6], parent_seg=[0, 4, 5])  # fmt: skip
    each = pd.DataFrame(
        {
            "seg": np.arange(len(claims)) + 7,
            "parent_seg": 6,
            "level": "claim",
            "name": claims["patient_last_name"].to_numpy(),
            "first_name": claims["patient_first_name"].to_numpy(),
            "identifier": claims["member_id"].to_numpy(),
            "trace": claims["claim_number"].to_numpy(),
            "category_code": np.where(rejected, "A7", "A2"),
            "status_code": np.where(rejected, "164", "20"),
            "entity_code": np.where(rejected, "IL", "PR"),
            "action_code": np.where(rejected, "U", "WQ"),
            "charge_cents": charges,
            "payer_claim_number": np.where(rejected, "", claims["payer_claim_number"]),
            "service_from_date": claims["statement_from_date"].to_numpy(),
            "service_to_date": claims["statement_to_date"].to_numpy(),
            **nothing,
        }
    )
    statuses = pd.concat([above, each], ignore_index=True)
    whole = ["charge_cents", "service_from_date", "service_to_date", *totals]
    statuses[whole] = statuses[whole].fillna(0).astype("int64")
    text = statuses.columns.difference([*whole, "seg", "parent_seg"])
    statuses[text] = statuses[text].fillna("")
    return {"claim_statuses": statuses.assign(transaction_seg=3, status_date=day)}
