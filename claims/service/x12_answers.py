"""Answers to what was sent (TA1, 999, 997, 277CA) as rows of one table: who was answered, and how."""

from __future__ import annotations

import pandas as pd

from claims import codes
from claims.store.x12_rows import Frames

ANSWER_FRAMES = (
    "interchange_acknowledgements",
    "group_acknowledgements",
    "set_acknowledgements",
    "claim_statuses",
)

COLUMNS = [
    "transaction_seg",
    "seg",
    "offset",
    "length",
    "scope",
    "reference",
    "status_code",
    "verdict",
    "payer_claim_number",
    "detail_code",
]


def acknowledgement_rows(frames: Frames) -> pd.DataFrame:
    """Turn the answer frames of a file into acknowledgement rows (scope, reference, status_code, verdict, ...)."""
    verdicts = codes.table("ack_codes")
    by_code = verdicts[verdicts["element"].isin(["TA104", "IK501", "AK901"])].drop_duplicates(["element", "code"])
    verdict_of = by_code.set_index(["element", "code"])["verdict"]
    parts = [
        _answers(frames["interchange_acknowledgements"], "interchange", "TA104", "note_code", verdict_of),
        _answers(frames["group_acknowledgements"], "group", "AK901", "", verdict_of),
        _answers(frames["set_acknowledgements"], "set", "IK501", "error_codes", verdict_of),
        _claim_answers(frames["claim_statuses"]),
    ]
    return pd.concat(parts, ignore_index=True)


def _answers(rows: pd.DataFrame, scope: str, element: str, detail: str, verdict_of: pd.Series) -> pd.DataFrame:
    keys = pd.MultiIndex.from_arrays([[element] * len(rows), rows["status_code"]])
    return rows.assign(
        transaction_seg=rows["transaction_seg"] if "transaction_seg" in rows else rows["seg"],
        scope=scope,
        reference=rows["control_number"],
        verdict=verdict_of.reindex(keys).fillna("unknown").to_numpy(),
        payer_claim_number="",
        detail_code=rows[detail].str[:40] if detail else "",
    )[COLUMNS].astype({"scope": "str", "verdict": "str", "payer_claim_number": "str", "detail_code": "str"})


def _claim_answers(rows: pd.DataFrame) -> pd.DataFrame:
    states = codes.table("stc_category").set_index("code")["claim_state"]
    return rows.assign(
        scope=rows["level"],
        reference=rows["trace"],
        verdict=states.reindex(rows["category_code"]).fillna("unknown").to_numpy(),
        detail_code=rows["status_code"].str[:40],
        status_code=rows["category_code"],
    )[COLUMNS].astype({"verdict": "str"})
