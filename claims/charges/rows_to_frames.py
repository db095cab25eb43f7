"""Checked rows of a charges CSV in; the frames of an 837 out, as `x12.write` takes them (docs/frames.md)."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.charges.columns import specs
from claims.charges.parts_of_rows import Place, health_information, lists_of_lines, other_payers, said_once
from claims.charges.table import Integers, Table, ordinals

_SEPARATOR = "\x1f"
# What leaves in capitals, however a practice writes it.
_IN_CAPITALS = ("claim_number", "line_control_number")


def frames(table: Table, kept: Integers, claim: Integers) -> dict[str, pd.DataFrame]:
    """Build all frames from the rows numbered `kept`; `claim` numbers every row's claim.

    `seg` of a line is the number of its row from 1, that of a claim its first row's. Rows of the other frames stand
    in a row too: its number times 1000, and their place in it.
    """
    own = claim[kept]
    ordinal = ordinals(own)
    heads = kept[ordinal == 1]
    segs = table.rows.segs
    first_seg = np.zeros(int(claim.max(initial=-1)) + 1, np.int64)
    first_seg[claim[heads]] = segs[heads]
    place, of_claims = Place(table, kept, first_seg[own]), Place(table, heads, segs[heads])
    lines = _lines(place, ordinal)
    claims = _claims(of_claims, lines).assign(body_hash=_body_hashes(table, kept, own))
    lines["line_control_number"] = lines["line_control_number"].where(
        lines["line_control_number"] != "", place.values("claim_number") + "L" + lines["line_number"].astype("str")
    )
    return {
        "claims": claims,
        "service_lines": lines.drop(columns=["is_dated"]),
        "diagnoses": health_information(of_claims),
        "dates": said_once("dates", of_claims, place, lines),
        "references": said_once("references", of_claims, place, lines),
        "other_payers": other_payers(of_claims),
        **lists_of_lines(place),
    }


def _lines(place: Place, ordinal: Integers) -> pd.DataFrame:
    values = {spec.target: place.values(spec.column) for spec in specs() if spec.frame == "service_lines"}
    kind = place.values("claim_type")
    number = pd.Series(ordinal)
    coded = (values["procedure_code"] != "") & (kind != "D")
    pointed = (place.values("diagnosis_codes") != "") & (kind != "I")
    first, last = values["service_date"], values["service_to_date"]
    is_dated = first != 0
    last = last.where(last != 0, first)
    return pd.DataFrame(
        {
            **place.address(),
            "claim_seg": place.claim_seg,
            "ordinal": ordinal,
            "line_number": number,
            **values,
            "procedure_qualifier": pd.Series(np.where(coded, "HC", np.where(kind == "D", "AD", "")), dtype="str"),
            "diagnosis_pointers": values["diagnosis_pointers"].where(pointed, ""),
            "unit_code": values["unit_code"].where(kind != "D", ""),  # SV3 has none
            "place_of_service": pd.Series("", index=number.index, dtype="str"),
            "service_date": first.where(is_dated, place.values("statement_from")),
            "service_to_date": last.where(is_dated, place.values("statement_to")),
            "noncovered_cents": values["noncovered_cents"].astype("Int64"),
            "is_dated": is_dated,
        }
    )


def _claims(place: Place, lines: pd.DataFrame) -> pd.DataFrame:
    """Give the claims, with what follows from their lines and from other columns."""
    values = {spec.target: place.values(spec.column) for spec in specs() if spec.frame == "claims" and spec.target}
    bill = place.values("type_of_bill")
    institutional = values["kind"] == "I"
    by_claim = lines.groupby("claim_seg", sort=True)
    first = by_claim["service_date"].min().reindex(place.claim_seg).to_numpy(np.int32)
    last = by_claim["service_to_date"].max().reindex(place.claim_seg).to_numpy(np.int32)
    codes = values["diagnosis_codes"].str.replace(r":\w", "", regex=True)
    zeros = np.zeros(len(bill), np.int64)
    return pd.DataFrame(
        {
            **place.address(),
            "ordinal": np.arange(1, len(bill) + 1),
            **_patients(values),
            "facility_code": values["facility_code"].where(~institutional, bill.str[1:3]),
            "frequency_code": values["frequency_code"].where(~institutional, bill.str[3:]),
            "signature_code": values["signature_code"].where(~institutional, ""),
            "charge_cents": by_claim["charge_cents"].sum().reindex(place.claim_seg).to_numpy(np.int64),
            "statement_from_date": values["statement_from_date"].where(institutional, first),
            "statement_to_date": values["statement_to_date"].where(institutional, last),
            "diagnosis_codes": codes,
            "patient_paid_cents": values["patient_paid_cents"].astype("Int64"),
            "estimated_due_cents": values["estimated_due_cents"].astype("Int64"),
            "billing_seg": zeros,
            "subscriber_seg": zeros,
            "patient_seg": zeros,
        }
    )


def _patients(values: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Fill what is not said of a patient who is the subscriber."""
    itself = (values["relationship_code"] == "18") | (values["patient_last_name"] == "")
    filled = dict(values)
    for name, given in values.items():
        if name.startswith("patient_") and name.replace("patient_", "subscriber_") in values:
            empty = given == ("" if given.dtype == "str" else 0)
            filled[name] = given.where(~(itself & empty), values[name.replace("patient_", "subscriber_")])
    return filled


def _body_hashes(table: Table, kept: Integers, own: Integers) -> pd.Series:
    """Hash what the rows of each claim say beyond what an empty cell means, in the order of the columns' names.

    So neither the order of the columns, nor the spelling of numbers, nor a column that we learn later changes it; nor
    does the case of what we call a claim and its lines, which leaves in capitals.
    """
    texts: list[pa.Array] = []
    for name in sorted(table.columns):
        column = table.columns[name]
        values = [str(value).upper() for value in column.values] if name in _IN_CAPITALS else column.values
        said = ["" if value in ("", 0, column.default) else f"{name}={value}{_SEPARATOR}" for value in values]
        if any(said):
            texts.append(pa.array(said, pa.large_string()).take(pa.array(column.codes[kept])))
    if not len(kept):
        return pd.Series([], dtype="str")
    rows = np.asarray(pc.binary_join_element_wise(*texts, pa.scalar("", pa.large_string())), dtype=object)
    order = np.argsort(own, kind="stable")
    starts = np.flatnonzero(np.diff(own[order], prepend=-1))
    parts = np.split(rows[order], starts[1:])
    return pd.Series([sha256("\x1e".join(part).encode()).hexdigest() for part in parts], dtype="str")
