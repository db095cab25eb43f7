"""Checked rows of a charges CSV in; diagnoses, dates, references, other payers, drugs and teeth as frames out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.cells.kinds import KINDS
from claims.charges.columns import Spec, specs
from claims.charges.table import Integers, Table
from claims.frames import DTYPES, empty, joined

_IN_ROW = 1000  # more than the places of one row
_ADDRESS = {**dict.fromkeys(("transaction_seg", "seg", "offset", "length", "claim_seg"), "int")}
_BELOW = {**_ADDRESS, "service_seg": "int"}
_KINDS = {
    "dates": {
        **_BELOW,
        **dict.fromkeys(("loop", "qualifier_code", "format_code"), "text"),
        **dict.fromkeys(("date", "date_to"), "date"),
    },
    "references": {**_BELOW, "loop": "text", "qualifier_code": "text", "reference": "text"},
    "diagnoses": {
        **_BELOW,
        **dict.fromkeys(("loop", "qualifier_code"), "text"),
        "ordinal": "int",
        **dict.fromkeys(("code", "present_on_admission_code"), "text"),
        **dict.fromkeys(("date", "date_to"), "date"),
        "amount_cents": "cents?",
    },
    "drugs": {**_BELOW, **dict.fromkeys(("qualifier_code", "code", "unit_code"), "text"), "units_milli": "milli?"},
    "teeth": {**_BELOW, **dict.fromkeys(("tooth_code", "surface_codes"), "text")},
}
# Columns of claims that are lists of diagnoses: qualifiers of the first and of the others.
_DIAGNOSES = {
    "diagnosis_codes": "ABK ABF",
    "admitting_diagnosis_code": "ABJ",
    "reason_for_visit_codes": "APR",
}
_OTHER_PAYERS = {"secondary_": "S", "tertiary_": "T"}


class Place(NamedTuple):
    """Rows of a table, all of claims or all of lines, and the `seg` of the claim of each."""

    table: Table
    rows: Integers
    claim_seg: Integers

    def values(self, name: str) -> pd.Series:
        """Give a column of these rows."""
        return self.table.columns[name].at(self.rows)

    def address(self) -> dict[str, Any]:
        """Give where the rows stand."""
        return {
            "transaction_seg": np.zeros(len(self.rows), np.int64),
            "seg": self.table.rows.segs[self.rows],
            "offset": self.table.rows.offsets[self.rows],
            "length": self.table.rows.lengths[self.rows],
        }

    def below(self, at: Integers, place: Integers | int, *, of_line: bool) -> dict[str, Any]:
        """Give where parts of the rows numbered `at` stand; `place` counts the parts of a row."""
        part = Place(self.table, self.rows[at], self.claim_seg[at])
        seg = self.table.rows.segs[self.rows[at]]
        service = seg if of_line else np.zeros(len(at), np.int64)
        return {
            **part.address(),
            "seg": seg * _IN_ROW + place,
            "claim_seg": self.claim_seg[at],
            "service_seg": service,
        }

    def is_given(self, name: str) -> Integers:
        """Give the places of the rows where a column has a value."""
        return np.flatnonzero(self.table.columns[name].which(bool)[self.rows])


def said_once(frame: str, claims: Place, lines: Place, rows: pd.DataFrame) -> pd.DataFrame:
    """Give `dates` or `references`: a row for each value of a column with a qualifier.

    The days of institutional lines are among the dates: a line without them has those of its claim.
    """
    value, form = {"dates": ("date", {"format_code": "D8"}), "references": ("reference", {})}[frame]
    parts = []
    for number, spec in enumerate(spec for spec in specs() if spec.frame == frame):
        of_line = spec.level == "line"
        place = lines if of_line else claims
        at = place.is_given(spec.column)
        parts.append(
            {
                **place.below(at, number + 1, of_line=of_line),
                "loop": "2400" if of_line else "2300",
                "qualifier_code": spec.target,
                **form,
                value: place.values(spec.column).to_numpy()[at],
            }
        )
    if frame == "dates":
        at = np.flatnonzero(rows["is_dated"].to_numpy() & (lines.values("claim_type") == "I").to_numpy())
        start, end = (rows[name].to_numpy()[at] for name in ("service_date", "service_to_date"))
        last = np.where(end != start, end, 0)
        day = {"format_code": np.where(last != 0, "RD8", "D8"), "date": start, "date_to": last}
        parts.append({**lines.below(at, 0, of_line=True), "loop": "2400", "qualifier_code": "472", **day})
    return _framed(frame, parts)


def health_information(claims: Place) -> pd.DataFrame:
    """Give `diagnoses`: diagnoses, procedures, occurrences, values and conditions of the claims."""
    parts = []
    count = np.zeros(len(claims.rows), np.int64)
    for spec in specs():
        if spec.frame != "diagnoses" and spec.column not in _DIAGNOSES:
            continue
        at, place, pieces = _listed(claims, spec.column)
        qualifiers = (_DIAGNOSES.get(spec.column) or spec.target).split()
        part = {
            **claims.below(at, count[at] + place, of_line=False),
            "loop": "2300",
            "qualifier_code": np.where(place == 1, qualifiers[0], qualifiers[-1]),
            "ordinal": count[at] + place,
            "code": pieces[0],
        }
        for number, name in enumerate(KINDS[spec.kind].details):
            part[name] = pieces[number + 1] if name.endswith("_code") else _whole(pieces[number + 1])
        parts.append(part)
        np.add.at(count, at, 1)
    return _framed("diagnoses", parts)


def lists_of_lines(lines: Place) -> dict[str, pd.DataFrame]:
    """Give `drugs` and `teeth` of the lines."""
    at = lines.is_given("drug_code")
    drugs = {spec.target: lines.values(spec.column).to_numpy()[at] for spec in specs() if spec.frame == "drugs"}
    drug = {**lines.below(at, 0, of_line=True), "qualifier_code": "N4", **drugs}
    owner, place, (codes, *_) = _listed(lines, "tooth_codes")
    surfaces = lines.values("tooth_surfaces").to_numpy()[owner]
    tooth = {**lines.below(owner, place, of_line=True), "tooth_code": codes, "surface_codes": surfaces}
    return {"drugs": _framed("drugs", [drug]), "teeth": _framed("teeth", [tooth])}


def other_payers(claims: Place) -> pd.DataFrame:
    """Give the other payers of the claims: what a claim for the next of them needs, birth date and gender included."""
    parts = []
    for number, (prefix, sequence) in enumerate(_OTHER_PAYERS.items(), 1):
        at = claims.is_given(f"{prefix}payer_code")
        columns = {spec.target: claims.values(spec.column).to_numpy()[at] for spec in _of(prefix)}
        parts.append({**claims.below(at, number, of_line=False), "payer_sequence": sequence, **columns})
    kinds = {spec.target: "date" if KINDS[spec.kind].dtype == "int32" else "text" for spec in _of("secondary_")}
    return _framed("other_payers", parts, {**_ADDRESS, "payer_sequence": "text", **kinds, "paid_cents": "cents?"})


def _of(prefix: str) -> list[Spec]:
    return [spec for spec in specs() if spec.frame == "other_payers" and spec.column.startswith(prefix)]


def _listed(place: Place, name: str) -> tuple[Integers, Integers, list[npt.NDArray[np.object_]]]:
    """Take the lists of a column apart: which row each item is of, its place in the cell from 1, its three parts."""
    column = place.table.columns[name]
    codes = column.codes[place.rows]
    lists = [str(value).split() for value in column.values]
    lengths = np.array([len(one) for one in lists], np.int64)
    starts = np.cumsum(lengths) - lengths
    count = lengths[codes]
    owner = np.repeat(np.arange(len(codes)), count)
    inside = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    items = [(*item.split(":"), "", "") for one in lists for item in one] or [("", "", "")]
    chosen = starts[codes[owner]] + inside
    return owner, inside + 1, [np.array([item[part] for item in items], dtype=object)[chosen] for part in range(3)]


def _whole(texts: npt.NDArray[np.object_]) -> Integers:
    """Read whole numbers, none as 0."""
    return np.array([int(text or 0) for text in texts.tolist()], np.int64)


def _framed(name: str, parts: list[dict[str, Any]], kinds: dict[str, str] | None = None) -> pd.DataFrame:
    """Put parts of a frame together, typed, in the order of `seg`."""
    kinds = kinds or _KINDS[name]
    filled = [_typed_rows(part, kinds) for part in parts if len(part["seg"])]
    return joined(filled).sort_values("seg", kind="stable").reset_index(drop=True) if filled else empty(kinds)


def _typed_rows(part: dict[str, Any], kinds: dict[str, str]) -> pd.DataFrame:
    """Make rows of a part; what it does not have is empty."""
    index = pd.RangeIndex(len(part["seg"]))
    columns: dict[str, pd.Series] = {}
    for name, kind in kinds.items():
        value = part.get(name, {"text": "", "cents?": pd.NA}.get(kind, 0))
        dtype: Any = DTYPES[kind]
        columns[name] = pd.Series(value, index=index, dtype=dtype)
    return pd.DataFrame(columns)
