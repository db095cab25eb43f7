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
    batches = pd.DataFrame({"transaction_seg": [3], "batch_reference": [batch_reference], "receipt": [receipt]})
    batches = batches.assign(
        receiver_name="PRETEND CLEARING HOUSE", receiver_id="PRETEND01",
        submitter_name="MADE UP FAMILY PRACTICE", submitter_id="MADEUP01",
    )  # fmt: skip
    judged = claims.assign(
        transaction_seg=3,
        billing_seg=0,
        category_code=np.where(rejected, "A7", "A2"),
        status_code=np.where(rejected, "164", "20"),
        entity_code=np.where(rejected, "IL", "PR"),
        payer_claim_number=np.where(rejected, "", claims["payer_claim_number"]),
        clearing_house_trace="",
    )
    return claim_answers(judged, batches, day)


def claim_answers(claims: pd.DataFrame, batches: pd.DataFrame, day: int | pd.Series) -> Frames:
    """Answer claims of several sets: each with its status, below its provider, its batch and who received it.

    `claims` have `category_code`, `status_code` and `entity_code`; `batches`, one for each `transaction_seg`, say
    `batch_reference`, `receipt` and who is who; `day` is that of the answer, for each batch or for all.
    """
    batches = batches.assign(status_date=day)
    place = np.searchsorted(batches["transaction_seg"].to_numpy(np.int64), claims["transaction_seg"].to_numpy(np.int64))
    claims = claims.assign(
        is_accepted=claims["category_code"] == "A2", status_date=batches["status_date"].to_numpy()[place]
    )
    names = {"batch": ["transaction_seg"], "provider": ["transaction_seg", "billing_seg"]}
    totals = {level: _totals(claims, by) for level, by in names.items()}
    of_provider = claims.drop_duplicates(names["provider"]).sort_values(names["provider"])
    of_provider = of_provider.drop(columns="charge_cents").merge(totals["provider"], on=names["provider"])
    has_npi = of_provider["billing_npi"] != ""
    received = {"category_code": "A1", "status_code": "19", "entity_code": "PR", "action_code": "WQ"}
    accepted, dated = claims["is_accepted"].to_numpy(), claims["statement_from_date"] != 0
    levels = [
        batches[["transaction_seg", "status_date"]].assign(
            level="source", name=batches["receiver_name"], identifier=batches["receiver_id"], trace=batches["receipt"]
        ),
        batches[["transaction_seg", "status_date"]].merge(totals["batch"], on="transaction_seg").assign(
            level="batch", name=batches["submitter_name"].array, identifier=batches["submitter_id"].array,
            trace=batches["batch_reference"].array, **received,
        ),
        of_provider[[*names["provider"], "status_date", "charge_cents", *_TOTALS]].assign(
            level="provider", name=of_provider["billing_name"], trace="0", **received,
            identifier=of_provider["billing_npi"].where(has_npi, of_provider["billing_tax_id"]),
            identifier_qualifier=np.where(has_npi, "", "FI"),
        ),
        claims[[*names["provider"], "status_date", "charge_cents", *_OF_CLAIM]].assign(
            level="claim",
            order=claims["seg"],
            name=claims["patient_last_name"],
            first_name=claims["patient_first_name"],
            identifier=claims["member_id"],
            trace=claims["claim_number"].where(claims["claim_number"] != "", "0"),
            action_code=np.where(accepted, "WQ", "U"),
            # The guide asks for a day, also of a claim that has none.
            service_from_date=claims["statement_from_date"].where(dated, claims["status_date"]),
            service_to_date=claims["statement_to_date"].where(dated, claims["status_date"]),
        ),
    ]  # fmt: skip
    statuses = pd.concat([frame.assign(depth=depth) for depth, frame in enumerate(levels)], ignore_index=True)
    whole = ["charge_cents", "service_from_date", "service_to_date", "order", *_TOTALS]
    statuses[whole] = statuses[whole].fillna(0).astype("int64")
    statuses["billing_seg"] = statuses["billing_seg"].fillna(-1).astype("int64")
    text = [name for name in statuses.columns if statuses[name].dtype in ("object", "str")]
    statuses[text] = statuses[text].fillna("").astype("str")
    # The claims of a provider come below it; the two levels above all providers have no billing segment.
    statuses = statuses.sort_values(["transaction_seg", "billing_seg", "depth", "order"], kind="stable")
    seg, depth = np.arange(1, len(statuses) + 1), statuses["depth"].to_numpy(np.int64)
    above = [np.zeros(len(seg), np.int64)]
    above += [np.maximum.accumulate(np.where(depth == level, seg, 0)) for level in range(3)]
    statuses = statuses.assign(seg=seg, parent_seg=np.choose(depth, above))
    return {"claim_statuses": statuses.drop(columns=["depth", "order", "billing_seg"]).reset_index(drop=True)}


_TOTALS = ["accepted", "rejected", "accepted_cents", "rejected_cents"]
_OF_CLAIM = ["category_code", "status_code", "entity_code", "payer_claim_number", "clearing_house_trace"]


def _totals(claims: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    accepted, charge = claims["is_accepted"], claims["charge_cents"]
    each = claims[by].assign(
        charge_cents=charge,
        accepted=accepted.astype("int64"),
        rejected=(~accepted).astype("int64"),
        accepted_cents=charge.where(accepted, 0),
        rejected_cents=charge.where(~accepted, 0),
    )
    return each.groupby(by, as_index=False).sum()
