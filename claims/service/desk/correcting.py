"""What a person can correct on a denied claim: fields with what they say now; what was typed becomes changes.

The fields are those that `claims denials resubmit --set` takes and people correct (codes/corrections.csv); those that
the kind of denial asks for come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from claims import codes
from claims.cells.kinds import KINDS
from claims.charges import columns
from claims.errors import UsageError
from claims.service import contents
from claims.service.changes import text_of
from claims.service.context import Context
from claims.service.desk.acting import told
from claims.service.desk.people import is_late
from claims.service.desk.sending import CORRECTED, with_claims
from claims.service.resubmit import Change, changes_of
from claims.store import desk, versions
from claims.store.engine import read


class Field(NamedTuple):
    """A value of a claim that can be corrected; `name` is what --set calls it (of a line: its number, a colon)."""

    name: str
    label: str
    line_number: int
    procedure_code: str  # of the line; empty for the claim
    value: str
    expected: str
    is_asked: bool


class Correctable(NamedTuple):
    """The claim behind a case as it can be corrected now; `refused` says why not, and there are no fields then.

    `is_late`: its last day has passed, so that it goes with a reason only.
    """

    fields: list[Field]
    refused: str
    is_late: bool


def correctable(ctx: Context, case_id: int, day: date) -> Correctable:
    """Give what can be corrected on the claim of a case. What it shows is patient data: the caller records that."""
    with read(ctx.engine) as conn:
        rows = with_claims(conn, desk.cases(conn, [case_id]))
        found = versions.sources(conn, rows.loc[rows["claim_id"] != 0, "claim_id"].tolist())
    case = rows.iloc[0]
    late = bool(is_late(rows, CORRECTED, day).iloc[0])
    why = "closed" if case["state"] == "closed" else "claim-unknown" if not case["family_id"] else ""
    why = why or ("sent-by-payer" if case["is_forwarded"] else "sent-elsewhere" if found.empty else "")
    if why:
        return Correctable([], _says(why), late)
    frames = contents.joined(list(contents.read(ctx, found)))
    if frames["claims"].empty or contents.lost(found, frames):
        return Correctable([], _says("content-differs"), late)
    return Correctable(_fields(frames, str(case["category"]), int(case["line_number"])), "", late)


def changes(fields: list[Field], typed: Mapping[str, str]) -> list[tuple[Field, Change]]:
    """Give what was typed otherwise than it stands, with its field; `typed`: new values by name of field.

    Raises UsageError for a field that is not there and for a value that cannot be; it names the field, not the value.
    """
    known = {field.name: field for field in fields}
    if not typed.keys() <= known.keys():
        raise UsageError("This field is not one of this claim.")
    found = []
    for name, text in typed.items():
        field = known[name]
        if text.strip() == field.value:
            continue
        change = _change(field, text.strip())
        if change.value != field.value:
            found.append((field, change))
    return found


def _change(field: Field, text: str) -> Change:
    try:
        return changes_of([f"{field.name}={text}"])[0]
    except UsageError as error:
        of_line = f" of line {field.line_number}" if field.line_number else ""
        _, _, why = str(error).partition(" ")
        raise UsageError(f"{field.label}{of_line} {why}") from None


def _says(reason: str) -> str:
    row = told(pd.Series([0]), pd.Series([reason], dtype="str"))
    return str(row["says"].iloc[0])


def _fields(frames: Mapping[str, pd.DataFrame], category: str, line_number: int) -> list[Field]:
    claim = frames["claims"].iloc[0]
    known = columns().set_index("column")
    found = []
    for row in codes.table("corrections").to_dict("records"):
        column = known.loc[row["column"]]
        if str(claim["kind"]) not in column["claim_types"]:
            continue
        asked = category in row["asked_for"].split()
        expected = KINDS[str(column["kind"])].expected
        target = str(column["target"])
        if column["level"] == "claim":
            value = text_of(target, claim[target])
            found.append(Field(row["column"], row["own_label"], 0, "", value, expected, asked))
            continue
        lines = frames["service_lines"].sort_values("ordinal").to_dict("records")
        found += [
            _of_line(row, line, target, expected, asked and line_number in (0, line["ordinal"])) for line in lines
        ]
    return sorted(found, key=lambda field: (not field.is_asked, field.line_number))


def _of_line(row: Mapping[Any, Any], line: Mapping[Any, Any], target: str, expected: str, is_asked: bool) -> Field:
    number = int(line["ordinal"])
    value = text_of(target, line[target])
    return Field(
        f"{number}:{row['column']}", row["own_label"], number, str(line["procedure_code"]), value, expected, is_asked
    )
