"""Claims in; one hash for each of what is said of it in a file, whatever the file looks like, out.

The same from frames to be written and from the frames of the file that was written: what a partner is sent is what was
frozen, or the batch does not leave.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.charges.build.look_up import Frames

_CLAIM = (
    "kind", "claim_number", "charge_cents", "facility_code", "frequency_code", "billing_npi", "billing_tax_id",
    "billing_name", "payer_code", "payer_name", "payer_sequence", "filing_indicator_code", "member_id",
    "subscriber_last_name", "subscriber_first_name", "patient_last_name", "patient_first_name", "patient_birth_date",
    "original_reference", "prior_authorization", "diagnosis_codes",
)  # fmt: skip
_LINE = (
    "procedure_qualifier", "procedure_code", "modifiers", "revenue_code", "charge_cents", "unit_code", "units_milli",
    "place_of_service", "diagnosis_pointers", "service_date", "service_to_date", "line_control_number",
)  # fmt: skip


def content_hashes(frames: Frames) -> pd.Series:
    """Give the hash of each claim, by its `seg`."""
    claims = frames["claims"]
    lines = frames["service_lines"].sort_values(["claim_seg", "seg"], kind="stable")
    said = _joined(lines, _LINE)
    starts = np.searchsorted(lines["claim_seg"].to_numpy(), claims["seg"].to_numpy(), side="left")
    stops = np.searchsorted(lines["claim_seg"].to_numpy(), claims["seg"].to_numpy(), side="right")
    heads = _joined(claims, _CLAIM)
    spans = zip(heads, starts.tolist(), stops.tolist(), strict=True)
    hashes = [sha256("\x1e".join([head, *said[start:stop]]).encode()).hexdigest() for head, start, stop in spans]
    return pd.Series(hashes, index=claims["seg"], dtype="str")


def _joined(rows: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    texts = [_text(rows[column]) for column in columns]
    found: list[str] = pc.binary_join_element_wise(*texts, pa.scalar("\x1f", pa.large_string())).to_pylist()
    return found


def _text(values: pd.Series) -> pa.Array:
    if values.dtype != "str":
        return pa.array(values.astype("Int64").fillna(0).astype("str"), pa.large_string())
    return pc.utf8_trim_whitespace(pc.utf8_upper(pa.array(values, pa.large_string())))
