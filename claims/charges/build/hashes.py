"""Claims in; one hash for each of what is said of it in a file, whatever the file looks like, out.

The same from frames to be written and from the frames of the file that was written, read complete: what a partner is
sent is what was frozen, or the batch does not leave.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.charges.build.look_up import Frames

_PEOPLE = ("attending", "operating", "other_operating", "rendering", "referring", "assistant", "supervising")
_PLACE = ("address", "city", "state", "zip")
_CLAIM = (
    "kind", "claim_number", "charge_cents", "facility_code", "frequency_code", "billing_npi", "billing_tax_id",
    "billing_name", "billing_taxonomy", "billing_contact", "billing_phone", "payer_code", "payer_name",
    "payer_sequence", "filing_indicator_code", "member_id", "group_number", "group_name", "insurance_type_code",
    "relationship_code", "subscriber_last_name", "subscriber_first_name", "patient_last_name", "patient_first_name",
    "patient_birth_date", "patient_gender", "statement_from_date", "statement_to_date", "original_reference",
    "prior_authorization", "patient_paid_cents", "estimated_due_cents", "diagnosis_codes", "signature_code",
    "assignment_code", "benefits_code", "release_code", "patient_signature_code", "related_cause_codes",
    "accident_state", "special_program_code", "delay_reason_code", "accident_date", "admission_date",
    "admission_time", "discharge_time", "admission_type_code", "admission_source_code", "patient_status_code",
    "admitting_diagnosis_code", "reason_for_visit_codes", "external_cause_codes", "note", "facility_npi",
    "facility_name", *(f"facility_{what}" for what in _PLACE), *(f"billing_{what}" for what in _PLACE),
    *(f"patient_{what}" for what in _PLACE),
    *(f"{who}_{what}" for who in _PEOPLE for what in ("npi", "last_name", "first_name", "taxonomy")),
)  # fmt: skip
# In a file only where the subscriber is the patient.
_SUBSCRIBER = tuple(f"subscriber_{what}" for what in ("birth_date", "gender", *_PLACE))
# Columns of the rows of a claim or of its lines.
_ROWS = {
    "service_lines": (
        "procedure_qualifier", "procedure_code", "modifiers", "revenue_code", "charge_cents", "unit_code",
        "units_milli", "place_of_service", "diagnosis_pointers", "service_date", "service_to_date",
        "line_control_number", "oral_cavity_codes", "prosthesis_code", "noncovered_cents", "emergency_code",
        "prior_authorization", "note",
    ),
    "diagnoses": (
        "qualifier_code", "code", "present_on_admission_code", "date", "date_to", "amount_cents", "quantity",
        "version", "end_code",
    ),
    "references": ("loop", "qualifier_code", "reference"),
    "dates": ("loop", "qualifier_code", "date", "date_to"),
    "amounts": ("loop", "qualifier_code", "amount_cents"),
    "parties": (
        "loop", "qualifier_code", "last_name", "first_name", "identifier_qualifier", "identifier", "entity_code",
    ),
    "taxonomies": ("loop", "provider_code", "code"),
    "drugs": ("code", "units_milli", "unit_code"),
    "teeth": ("tooth_code", "surface_codes"),
    "tooth_statuses": ("tooth_code", "status_code"),
    "other_payers": (
        "payer_sequence", "payer_code", "paid_cents", "remaining_cents", "noncovered_cents", "paid_date",
        "payer_claim_number",
    ),
    "other_payer_adjustments": ("group_code", "reason_code", "amount_cents", "quantity_milli"),
    "other_payer_lines": (
        "payer_code", "paid_cents", "procedure_qualifier", "procedure_code", "modifiers", "revenue_code",
        "paid_units_milli", "paid_date", "remaining_cents",
    ),
    "other_segments": ("loop", "segment_id", "text"),
}  # fmt: skip
# Rows that a column says as well: charges have the column only, and a file that is read has both.
_SAID_BY_COLUMNS = {
    "references": ("qualifier_code", ("G1", "F8", "6R")),
    "dates": ("qualifier_code", ("472", "434", "435", "439", "096", "573")),
    "amounts": ("qualifier_code", ("F5", "F3", "D", "EAF", "A8")),
}
# Columns say who these are, for the claim; those of single lines (2420) stand in rows alone.
_LINES_ONLY = ("parties", "taxonomies")
# Not compared, and why.
NOT_COMPARED = (
    "subscriber_* of a dependent's claim",  # the writer leaves them out
    "people, places and codes of other payers",  # the writer fills in what is not said: the patient, 18, Y
    "no amount and 0",  # the frames of charges and of files differ in it
    "facility_qualifier",  # the writer fills in B or A
    "payer_qualifier billing_tax_qualifier billing_first_name pay_to_*",  # no column of what is read
    "line_number ordinal",  # counted anew
    "rows above the claims",  # shared, and put together anew; their numbers, names and addresses are columns
    "other_segments that columns fill in part",  # read back with what the columns say of them
)
_PARTLY_COLUMNS = (
    "CLM", "SV1", "SV2", "SV3", "SBR", "PAT", "NM1", "N3", "N4", "DMG", "PER", "PRV", "REF", "DTP", "AMT", "HI", "OI",
    "CL1", "CAS", "SVD", "NTE", "LIN", "CTP", "TOO", "DN2", "LX", "HL",
)  # fmt: skip


def content_hashes(frames: Frames) -> pd.Series:
    """Give the hash of each claim, by its `seg`."""
    claims = frames["claims"]
    order = pd.Index(claims["seg"])
    place = _line_places(frames["service_lines"])
    owners, texts = [], []
    for name, columns in _ROWS.items():
        rows = _compared(name, frames[name]) if name in frames else None
        if rows is None or rows.empty:
            continue
        line = rows["seg"] if name == "service_lines" else rows.get("service_seg", pd.Series(0, index=rows.index))
        owners.append(order.get_indexer(rows["claim_seg"]))
        texts.append(_joined(rows.assign(line_place=place.reindex(line, fill_value=0).to_numpy()), columns, name))
    owner = np.concatenate([*owners, np.zeros(0, np.int64)])
    said = pa.chunked_array(texts, pa.large_string()) if texts else pa.chunked_array([], pa.large_string())
    table = pa.table({"owner": owner, "said": said})
    table = table.filter(pc.greater_equal(table["owner"], 0)).sort_by([("owner", "ascending"), ("said", "ascending")])
    cuts = np.searchsorted(table["owner"].to_numpy(), np.arange(len(claims) + 1))
    heads, lines = _heads(claims), table["said"].to_pylist()
    spans = zip(heads, cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
    hashes = [sha256("\x1e".join([head, *lines[start:stop]]).encode()).hexdigest() for head, start, stop in spans]
    return pd.Series(hashes, index=claims["seg"], dtype="str")


def _line_places(lines: pd.DataFrame) -> pd.Series:
    """Number the lines of each claim, by their `seg`."""
    order = lines.sort_values(["claim_seg", "seg"], kind="stable")
    return (order.groupby("claim_seg").cumcount() + 1).set_axis(order["seg"])


def _compared(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows that say what no column says."""
    keep: npt.NDArray[np.bool_] = (rows["claim_seg"] > 0).to_numpy()
    if name in _SAID_BY_COLUMNS:
        column, values = _SAID_BY_COLUMNS[name]
        keep = keep & ~rows[column].isin(values).to_numpy()
    if name in _LINES_ONLY:
        keep = keep & rows["loop"].str.startswith("2420").to_numpy()
    if name == "other_segments":
        keep = keep & ~rows["segment_id"].isin(_PARTLY_COLUMNS).to_numpy()
    return rows if keep.all() else rows[keep]


def _heads(claims: pd.DataFrame) -> list[str]:
    is_other = pd.Series(False, index=claims.index)
    if "patient_seg" in claims:
        is_other = claims["patient_seg"] != claims["subscriber_seg"]
    if "relationship_code" in claims:
        is_other = is_other | ~claims["relationship_code"].isin(["", "18"])
    own = {name: claims[name].mask(is_other, _nothing(claims[name])) for name in _SUBSCRIBER if name in claims}
    found: list[str] = _joined(claims.assign(**own, line_place=0), (*_CLAIM, *_SUBSCRIBER), "claims").to_pylist()
    return found


def _nothing(values: pd.Series) -> str | int:
    return "" if values.dtype == "str" else 0


def _joined(rows: pd.DataFrame, columns: tuple[str, ...], name: str) -> pa.Array:
    """Join what columns say; those that are not there say nothing, as empty ones do."""
    texts = [_text(rows[column]) if column in rows else "" for column in ("line_place", *columns)]
    return pc.binary_join_element_wise(pa.scalar(name, pa.large_string()), *_scalars(texts), _scalars(["\x1f"])[0])


def _scalars(texts: list[pa.Array | str]) -> list[pa.Array | pa.Scalar]:
    return [pa.scalar(text, pa.large_string()) if isinstance(text, str) else text for text in texts]


def _text(values: pd.Series) -> pa.Array:
    """Give texts in capitals; no number and 0 are empty, for a file does not tell them apart."""
    if values.dtype == "str":
        return pc.utf8_trim_whitespace(pc.utf8_upper(pc.fill_null(pa.array(values, pa.large_string()), "")))
    numbers = pa.array(values.astype("Int64").fillna(0).to_numpy(np.int64))
    return pc.if_else(pc.equal(numbers, 0), "", pc.cast(numbers, pa.large_string()))
