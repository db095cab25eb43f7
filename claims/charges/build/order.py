"""Claims in; the same claims in the order in which they are sent: by billing provider, subscriber, patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.charges.build.look_up import Frames
from claims.frames import next_seg

# What tells loops apart, level by level: whoever shares all of it shares a loop.
_LEVELS = (
    ("billing_npi", "billing_tax_id", "billing_name", "billing_first_name", "billing_taxonomy", "billing_address",
     "pay_to_address", "pay_to_city",
        "pay_to_state", "pay_to_zip", "billing_city", "billing_state", "billing_zip", "billing_seg"),
    ("payer_code", "payer_name", "payer_sequence", "filing_indicator_code", "member_id", "group_number",
     "subscriber_last_name", "subscriber_first_name", "subscriber_birth_date", "subscriber_gender",
     "subscriber_address", "subscriber_city", "subscriber_state", "subscriber_zip", "subscriber_seg"),
    ("relationship_code", "patient_last_name", "patient_first_name", "patient_birth_date", "patient_gender",
     "patient_address", "patient_city", "patient_state", "patient_zip", "patient_seg"),
    ("claim_number", "statement_from_date", "seg"),
)  # fmt: skip


def in_sending_order(frames: Frames) -> dict[str, pd.DataFrame]:
    """Sort claims and number them anew (`seg`), their rows of other frames with them.

    The numbers are those behind all that the frames have: rows keep the `seg` that they were read at, and the writer
    knows by it which of them a segment was read with.
    """
    claims = frames["claims"]
    names = [f"level{number}" for number in range(len(_LEVELS))]
    keys = pa.table({name: _key(claims, columns) for name, columns in zip(names, _LEVELS, strict=True)})
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in names]).to_numpy()
    claims = claims.iloc[order].reset_index(drop=True)
    place = pd.Series(np.arange(len(claims)) + next_seg(frames), index=claims["seg"])
    found = {name: _renamed(rows, place) for name, rows in frames.items() if name != "claims"}
    return found | {"claims": claims.assign(seg=place.to_numpy())}


def _key(claims: pd.DataFrame, columns: tuple[str, ...]) -> pa.Array:
    texts = []
    for name in columns:
        if name not in claims:
            continue
        values = claims[name]
        is_text = values.dtype == "str"
        # Numbers sort as numbers when they are as long as each other.
        texts.append(
            pa.array(values if is_text else values.astype("int64").astype("str").str.zfill(12), pa.large_string())
        )
    found = pc.binary_join_element_wise(*texts, pa.scalar("\x1f", pa.large_string()))
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _renamed(rows: pd.DataFrame, place: pd.Series) -> pd.DataFrame:
    """Point rows at the new numbers of their claims; rows of levels belong to none."""
    if "claim_seg" not in rows or rows.empty:
        return rows
    return rows.assign(claim_seg=place.reindex(rows["claim_seg"], fill_value=0).to_numpy(np.int64))
