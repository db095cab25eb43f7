"""``claims diff``: two X12 files come in, what changed between them in claims and cents goes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.errors import UsageError
from claims.masking import MASK

if TYPE_CHECKING:
    import pandas as pd

    from claims.x12.difference import Difference

_SHOWN = 50
_SAME = {
    "identical": "The files are identical.",
    "envelope": "Only the envelope differs: control numbers, dates, delimiters, lines or the order of what is in it.",
}
_NAMES = {
    "sets": "transaction sets",
    "claims": "claims",
    "service_lines": "service lines",
    "charge_cents": "charged",
    "paid_cents": "paid",
    "patient_responsibility_cents": "patient responsibility",
    "adjustment_cents": "adjustments",
    "provider_adjustment_cents": "provider adjustments",
    "payment_cents": "payment",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diff")(diff)


def diff(
    a: Annotated[Path, typer.Argument(help="An X12 file.", metavar="A")],
    b: Annotated[Path, typer.Argument(help="Another one of the same kind: two 835s, or two 837s.", metavar="B")],
    show_phi: Annotated[
        bool, typer.Option("--show-phi", help="Show claim numbers and names; this is audited.")
    ] = False,
) -> None:
    """Say what changed between two X12 files, claim by claim and to the cent. Claims are named by their segment.

    Exit code 0 when they say the same (whatever their envelopes), 1 when not. No database; only --show-phi needs the
    one of the practice, to record who asked.

    Example: claims diff first.835 resent.835
    """
    from claims.x12.difference import DIFFERENT, difference, families

    output = console.current()
    for path in (a, b):
        if not path.is_file():
            raise UsageError(f"{path} is a folder; name files." if path.is_dir() else f"There is no file {path}.")
    found = difference(a, b)
    kinds = [families(file) for file in found.files]
    for path, kind in zip((a, b), kinds, strict=True):
        if not kind:
            raise UsageError(f"No transaction set was found in {path}.")
    if not kinds[0] & kinds[1]:
        told = [", ".join(sorted(kind)) for kind in kinds]
        raise UsageError(f"The files are of different kinds: {a} holds {told[0]}, {b} holds {told[1]}.")
    if show_phi:
        _record(found, output.actor)
    document = _document(found, (a, b), show_phi)
    output.document(document)
    if not output.json and not output.quiet:
        _show(output, document)
    if found.verdict == DIFFERENT:
        raise typer.Exit(1)


def _record(found: Difference, actor: str) -> None:
    from claims.service.context import open_context
    from claims.service.shown import record_shown

    one, other = (file.sha256 for file in found.files)
    record_shown(open_context(actor=actor), "difference of two files", {"a": one, "b": other})


# ---- the document


def _document(found: Difference, paths: tuple[Path, Path], show_phi: bool) -> dict[str, Any]:
    sides = {}
    for which, path, file, sets in zip("ab", paths, found.files, found.sets, strict=True):
        counts = sets["set_code"].value_counts().sort_index().to_dict()
        sides[which] = {"file": str(path), "sha256": file.sha256, "bytes": file.bytes, "sets": counts}
    return {
        "verdict": found.verdict,
        **sides,
        "totals": console.records(found.totals),
        "only_in_a": _only(found.sets[0], found.claims[0], show_phi),
        "only_in_b": _only(found.sets[1], found.claims[1], show_phi),
        "changed": [*_changed_sets(found, show_phi), *_changed_claims(found, show_phi)],
    }


def _only(sets: pd.DataFrame, claims: pd.DataFrame, show_phi: bool) -> list[dict[str, Any]]:
    lone_sets = sets.loc[sets["pair"] < 0, ["set_code", "seg", "claims", "payment_cents"]]
    lone_claims = claims[claims["pair"] < 0].drop(columns="pair")
    lone_claims = lone_claims.assign(
        claim_number=[console.mask(number, show=show_phi) for number in lone_claims["claim_number"]]
    )
    return [
        {"what": what, **row}
        for what, rows in (("set", lone_sets), ("claim", lone_claims))
        for row in console.records(rows)
    ]


def _changed_sets(found: Difference, show_phi: bool) -> list[dict[str, Any]]:
    segments = found.segments[found.segments["set"] >= 0].drop(columns="claim").rename(columns={"set": "pair"})
    return [
        {"what": "set", "set_code": a["set_code"], "a_seg": a["seg"], "b_seg": b["seg"], **rest}
        for a, b, rest in _changed(found.sets, found.set_changes, segments, show_phi)
    ]


def _changed_claims(found: Difference, show_phi: bool) -> list[dict[str, Any]]:
    segments = found.segments[found.segments["claim"] >= 0].drop(columns="set").rename(columns={"claim": "pair"})
    return [
        {
            "what": "claim",
            "set_code": a["set_code"],
            "a_seg": a["seg"],
            "b_seg": b["seg"],
            "claim_number": console.mask(a["claim_number"], show=show_phi),
            **rest,
        }
        for a, b, rest in _changed(found.claims, found.claim_changes, segments, show_phi)
    ]


def _changed(
    sides: tuple[pd.DataFrame, pd.DataFrame], changes: pd.DataFrame, segments: pd.DataFrame, show_phi: bool
) -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Give each changed pair: its row in both files, and its fields and segments that differ."""
    fields: dict[int, list[dict[str, Any]]] = {}
    for row in console.records(changes):
        fields.setdefault(row.pop("pair"), []).append(_field(row, show_phi))
    parts: dict[int, list[dict[str, Any]]] = {}
    for row in console.records(segments):
        told = {"segment_id": row["segment_id"], "only_in_a": row["a"], "only_in_b": row["b"]}
        parts.setdefault(row["pair"], []).append(told)
    pairs = sorted(fields.keys() | parts.keys())
    one, other = (_by_pair(side[side["pair"].isin(pairs)]) for side in sides)
    return [
        (one[pair], other[pair], {"fields": fields.get(pair, []), "segments": parts.get(pair, [])}) for pair in pairs
    ]


def _by_pair(rows: pd.DataFrame) -> dict[int, dict[str, Any]]:
    return {row["pair"]: row for row in console.records(rows)}


def _field(row: dict[str, Any], show_phi: bool) -> dict[str, Any]:
    how = row["how"]
    return {
        "field": _name(row["field"], show_phi),
        "line_a": row["line_a"] or None,
        "line_b": row["line_b"] or None,
        "a": _value(row["a"], how, show_phi),
        "b": _value(row["b"], how, show_phi),
        "difference_cents": row["cents"] if how == "cents" else None,
    }


def _name(field: str, show_phi: bool) -> str:
    """Name a field; the codes by which a sum is told may be anything."""
    label, *codes = field.split(" ")
    form = "identifiers" if label == "paid_by" else "long_codes"
    return " ".join([label, *(_value(code, form, show_phi) for code in codes)])


def _value(value: Any, how: str, show_phi: bool) -> Any:
    """Write a value; a code, or a number of somebody, is masked where it has not the form of one."""
    from claims.x12.claim_changes import SERVICE
    from claims.x12.shown import is_of

    if how == "date":
        return f"{value // 10_000}-{value // 100 % 100:02d}-{value % 100:02d}" if value else ""
    if how == "units":
        return f"{value / 1000:g}"
    if how in ("private", "codes", "long_codes", "identifiers", "traces"):
        text = str(value) if value else ""
        return console.mask(text, show=show_phi or (how != "private" and is_of(how, text)))
    if how == SERVICE and value:
        code, blank, charge = value.rpartition(" ")
        return console.mask(code, show=show_phi or is_of("long_codes", code)) + blank + charge
    return value


# ---- for people


def _show(output: console.Output, document: dict[str, Any]) -> None:
    for which in "ab":
        side = document[which]
        sets = ", ".join(f"{number} x {name}" for name, number in side["sets"].items())
        output.say(f"{which.upper()}: {side['file']}, {side['bytes']:,} bytes, {sets}")
    if document["verdict"] in _SAME:
        output.say(_SAME[document["verdict"]])
        return
    columns = ("Total", ">A", ">B", ">difference", ">only in A", ">only in B", ">changed")
    output.table("Totals", columns, [_total(row) for row in document["totals"]])
    for which in "ab":
        rows = document[f"only_in_{which}"]
        shown = [(_what(row, row["seg"]), *map(console.dollars, _amounts(row))) for row in rows[:_SHOWN]]
        output.table(f"Only in {which.upper()}", ("What", ">charged", ">paid or payment"), shown)
        _say_more(output, len(rows))
    rows = [row for changed in document["changed"] for row in _lines(changed)]
    columns = ("What", ">in B", ">line", "field", ">A", ">B", ">difference")
    output.table("Changed", columns, rows[:_SHOWN])
    _say_more(output, len(rows))


def _say_more(output: console.Output, number: int) -> None:
    if number > _SHOWN:
        output.say(f"{number - _SHOWN} more: claims diff --json lists all.")


def _total(row: dict[str, Any]) -> tuple[str, ...]:
    values = [row[name] for name in ("a", "b", "difference", "only_in_a", "only_in_b", "changed")]
    is_money = row["name"].endswith("_cents")
    return _NAMES[row["name"]], *(console.dollars(value) if is_money else f"{value:,}" for value in values)


def _what(row: dict[str, Any], seg: int) -> str:
    number = row.get("claim_number") or ""
    return f"{row['what']} at segment {seg}" + (f" ({number})" if number.strip(MASK) else "")


def _amounts(row: dict[str, Any]) -> tuple[int | None, int | None]:
    return row.get("charge_cents"), row["payment_cents"] if row["what"] == "set" else row["paid_cents"]


def _lines(changed: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Give the rows of a table for a changed set or claim; last, how many segments only one side has."""
    what, there = _what(changed, changed["a_seg"]), changed["b_seg"]
    found: list[tuple[Any, ...]] = []
    for field in changed["fields"]:
        cents, line = field["difference_cents"], field["line_a"] or field["line_b"] or ""
        values = [field[side] if cents is None else console.dollars(field[side]) for side in "ab"]
        name = field["field"].removesuffix("_cents").replace("_", " ")
        found.append((what, there, line, name, *values, console.dollars(cents)))
    if segments := _untold(changed):
        found.append((what, there, "", "segments", _listed(segments, "only_in_a"), _listed(segments, "only_in_b"), ""))
    return found


def _untold(changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the segments that differ, but none of which the fields above tell it: changed, not more or fewer."""
    from claims.x12.claim_changes import told_by

    ids = {part for field in changed["fields"] for part in told_by().get(field["field"].split(" ")[0], ())}
    return [
        part for part in changed["segments"] if part["only_in_a"] != part["only_in_b"] or part["segment_id"] not in ids
    ]


def _listed(segments: list[dict[str, Any]], side: str) -> str:
    return ", ".join(f"{part['segment_id']} {part[side]}" for part in segments if part[side])
