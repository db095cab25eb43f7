"""What a person can correct on a denied claim: fields with what they say now; what was typed becomes changes.

The fields are those that `claims denials resubmit --set` takes and people correct (codes/corrections.csv); those that
the kind of denial asks for come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from claims import codes
from claims.cells.kinds import KINDS
from claims.charges import columns
from claims.charges.scrub import edits
from claims.errors import UsageError
from claims.service import contents, resubmit
from claims.service.changes import text_of
from claims.service.context import Context
from claims.service.desk.acting import told
from claims.service.desk.people import is_late
from claims.service.desk.sending import CORRECTED, with_claims
from claims.service.desk.sheets import OtherCase, Sheet, other_cases, sheet
from claims.service.resubmit import Change, changes_of
from claims.service.scrub import findings_of
from claims.store import desk, rejections, versions
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import made_claims


class Field(NamedTuple):
    """A value of a claim that can be corrected; `name` is what --set calls it (of a line: its number, a colon)."""

    name: str
    label: str
    line_number: int
    procedure_code: str  # of the line; empty for the claim
    value: str
    expected: str
    is_asked: bool
    edits: tuple[str, ...] = ()  # ids of edits, or beginnings, that look at it


class Complaint(NamedTuple):
    """What an edit says of a claim or of a line of it (0: the claim), and what to do.

    `is_found`: the edit says it; else an answer says it of what the edit looks at, and the edit finds nothing there.
    """

    edit_id: str
    line_number: int
    message: str
    fix: str
    is_found: bool = True


class Correctable(NamedTuple):
    """A claim as it can be corrected now; `refused` says why not, and there are no fields then.

    `is_late`: its last day has passed, so that it goes with a reason only. `complaints`: what edits say of the claim as
    it stands. `others`: the other open cases of it. `refusal`: the open rejection of the claim as it was sent last
    (rejection_id, source, detail_code, cause, next_step, edit_id ...; empty: there is none); `missed`: the edit that
    looks at what it is about, as a complaint of the claim: one that should have caught it where it finds something.
    """

    fields: list[Field]
    refused: str
    is_late: bool
    sheet: Sheet | None = None
    complaints: tuple[Complaint, ...] = ()
    others: tuple[OtherCase, ...] = ()
    refusal: Mapping[str, Any] = MappingProxyType({})
    missed: tuple[Complaint, ...] = ()


NAMES_ANOTHER = ("7", "8", "Q")  # CLM05-3 of a claim that names the payer's number of another


def correctable(ctx: Context, case_id: int, day: date) -> Correctable:
    """Give what can be corrected on the claim of a case. What it shows is patient data: the caller records that."""
    with read(ctx.engine) as conn:
        rows = with_claims(conn, desk.cases(conn, [case_id]))
        case = rows.iloc[0]
        found = versions.sources(conn, rows.loc[rows["claim_id"] != 0, "claim_id"].tolist())
        stops = made_claims.reasons(conn, found["claim_id"].tolist())
        others = tuple(other_cases(conn, case))
        refusal = _refusal(conn, found["claim_id"].tolist())
    late = bool(is_late(rows, CORRECTED, day).iloc[0])
    why = "closed" if case["state"] == "closed" else "claim-unknown" if not case["family_id"] else ""
    why = why or ("sent-by-payer" if case["is_forwarded"] else "sent-elsewhere" if found.empty else "")
    if why:
        return Correctable([], _says(why), late)
    number = int(case["line_number"])
    read_now = _read(ctx, found, stops, str(case["category"]), number, refusal)
    said = {str(case["reason_code"]), *str(case["remark_codes"]).split()}
    return read_now._replace(fields=_first(read_now.fields, said), is_late=late, others=others)


def _first(fields: list[Field], said: set[str]) -> list[Field]:
    """Put those first that the reason or a remark of a denial is about (`first_for` of codes/corrections.csv)."""
    table = codes.table("corrections")
    meant = {row["column"] for row in table.to_dict("records") if said & set(row["first_for"].split())}
    return sorted(fields, key=lambda one: not (one.is_asked and one.name.rpartition(":")[2] in meant))


def of_claim(ctx: Context, claim_id: int) -> Correctable:
    """Give what can be corrected on a claim that nobody has: it was rejected, or an edit stops it.

    Raises NotFoundError. What it shows is patient data: the caller records that.
    """
    why = resubmit.why_not(ctx, claim_id)
    if why:
        return Correctable([], why.rstrip("."), False)
    with read(ctx.engine) as conn:
        found = versions.sources(conn, [claim_id])
        stops = made_claims.reasons(conn, [claim_id])
        refusal = _refusal(conn, [claim_id])
    return _read(ctx, found, stops, "", 0, refusal)


def _refusal(conn: Connection, claim_ids: list[int]) -> Mapping[str, Any]:
    """Give the open rejection of claims, the last one; empty where there is none."""
    known = rejections.of_claims(conn, claim_ids)
    last = known.loc[known["state"] == "open", "rejection_id"].tolist()
    rows = rejections.one(conn, int(max(last))).to_dict("records") if last else []
    return {str(name): value for name, value in rows[0].items()} if rows else {}


def _read(
    ctx: Context, found: pd.DataFrame, stops: pd.DataFrame, category: str, line_number: int,
    refusal: Mapping[str, Any],
) -> Correctable:  # fmt: skip
    """Read the claim; what the edit looks at that should have caught its `refusal` is asked for, too."""
    frames = contents.joined(list(contents.read(ctx, found)))
    if not frames or frames["claims"].empty or contents.lost(found, frames):
        return Correctable([], _says("content-differs"), False)
    known = edits()
    complaints = tuple(
        Complaint(str(row["edit_id"]), int(row["line_number"]), str(row["message"]),
                  known[row["edit_id"]].fix if row["edit_id"] in known else "")
        for row in stops.to_dict("records")
    )  # fmt: skip
    missed = _missed(ctx, frames, refusal) if refusal else ()
    fields = _fields(frames, category, line_number, missed)
    named = [*complaints, *missed]
    if named:  # what an edit names is asked for too
        fields = [one._replace(is_asked=one.is_asked or bool(about(one, named))) for one in fields]
        fields.sort(key=lambda one: (not one.is_asked, one.line_number))
    denied = (line_number,) if category else ()
    asked = sheet(ctx, found, frames, denied)
    return Correctable(fields, "", False, asked, complaints, refusal=refusal, missed=missed)


def _missed(ctx: Context, frames: dict[str, pd.DataFrame], refusal: Mapping[str, Any]) -> tuple[Complaint, ...]:
    """Give the edit that looks at what a refusal is about; it should have caught it only where it finds it wrong."""
    known = of_edits([str(refusal["edit_id"])])
    if not known or len(findings_of(ctx, frames, known[0].edit_id, ctx.settings.today())):
        return tuple(one._replace(message=f"the answer refused it: {one.message}") for one in known)
    cause, step = str(refusal["cause"]), str(refusal["next_step"])
    return (Complaint(known[0].edit_id, 0, f"the answer refused it: {cause}", step, is_found=False),)


def is_missed(ctx: Context, claim_id: int, edit_id: str) -> bool:
    """Tell whether an edit finds something wrong with a claim as it was sent: then it should have stopped it."""
    with read(ctx.engine) as conn:
        found = versions.sources(conn, [claim_id])
    frames = contents.joined(list(contents.read(ctx, found)))
    if not frames or frames["claims"].empty:
        return False
    return len(findings_of(ctx, frames, edit_id, ctx.settings.today())) > 0


def about(field: Field, complaints: Iterable[Complaint]) -> list[Complaint]:
    """Give the complaints of edits that look at a field: those of its line, of any line where it is the claim's own."""
    return [
        one
        for one in complaints
        if field.edits
        and one.edit_id.startswith(field.edits)
        and (field.line_number == 0 or one.line_number in (0, field.line_number))
    ]


def of_edits(edit_ids: Iterable[str]) -> list[Complaint]:
    """Put edits that would stop a claim as complaints of it, wherever they stand."""
    known = edits()
    return [Complaint(one, 0, known[one].title, known[one].fix) for one in edit_ids if one in known]


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


def _fields(
    frames: Mapping[str, pd.DataFrame], category: str, line_number: int, missed: tuple[Complaint, ...]
) -> list[Field]:
    claim = frames["claims"].iloc[0]
    known = columns().set_index("column")
    found = []
    for row in codes.table("corrections").to_dict("records"):
        column = known.loc[row["column"]]
        if str(claim["kind"]) not in column["claim_types"]:
            continue
        # Who corrects a case has the payer's number from its decision, unless a replacement was refused for it; a
        # first claim (1) has nothing to name.
        if row["column"] == "original_reference":
            was_refused = any(one.edit_id.startswith(tuple(row["edits"].split())) for one in missed)
            if claim["frequency_code"] not in NAMES_ANOTHER or (category and not was_refused):
                continue
        asked = category in row["asked_for"].split()
        expected = KINDS[str(column["kind"])].expected
        target = str(column["target"])
        if column["level"] == "claim":
            value = text_of(target, claim[target])
            looked_at = tuple(row["edits"].split())
            found.append(Field(row["column"], row["own_label"], 0, "", value, expected, asked, looked_at))
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
        f"{number}:{row['column']}", row["own_label"], number, str(line["procedure_code"]), value, expected, is_asked,
        tuple(row["edits"].split()),
    )  # fmt: skip
