"""A file's findings in; what a person sees of them out: its sets with their verdicts, and each kind of fault once."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from claims.cli.console import Output, Part, dollars
from claims.x12.acknowledge.interchanges import InterchangeCodes
from claims.x12.cases import MISSING, Case
from claims.x12.check import Verdicts
from claims.x12.file import X12File
from claims.x12.grouped import NOT_CHECKED, Group, Grouped
from claims.x12.shown import Mark, mark_of, segment_id_of, shown
from claims.x12.source import Source
from claims.x12.summary import transaction_rows

_MOST_SETS = 20
_MOST_GROUPS = 30
_FEW_GROUPS = 10
_WIDEST_TEXT = 100
_EVERY = 1 << 62
_FIRST_TO_GO = ("lines", "PLB", "claims")  # where a table is too wide
_STYLES = {"reject": "bold red", "hold": "bold yellow", "note": "bold cyan"}
_VERDICTS = {"refused": "bold red", "accepted": "green", "accepted with notes": "green", "not checked": "yellow"}
_NOT_RECEIVED = "interchange refused"
_COLUMNS = (
    (">claims", "claims"), (">lines", "service_lines"), (">charged", "charge_cents"), (">paid", "paid_cents"),
    (">PLB", "plb_cents"), (">payment", "payment_cents"),
)  # fmt: skip


def show(
    output: Output, path: Path, parts: Iterable[X12File], *, least: str, codes: frozenset[str], every: bool,
    is_masked: bool,
) -> bool:  # fmt: skip
    """Show what is wrong with a file that was checked; tell whether nothing is held or refused."""
    sets, verdicts, interchanges = _Sets(_EVERY if every else _MOST_SETS), Verdicts(), 0
    codes_of_isa = InterchangeCodes()
    with Source(path) as source:
        grouped = Grouped(source, most_cases=_EVERY if every else 2, codes=codes, least=least)
        for part in parts:
            found = verdicts.of(part)
            around = dict(zip(*(part.transactions[name].tolist() for name in ("seg", "interchange_seg")), strict=True))
            sets.add(transaction_rows(part, found), around)
            codes_of_isa.add(part)
            interchanges += len(part.interchanges)
            grouped.add(part)
        size = source.size
    counts = [_many(size, "byte"), _many(interchanges, "interchange"), _many(sets.count, "transaction set")]
    counts += [f"guide {guide}" for guide in sets.guides if len(sets.guides) == 1]
    output.lines([[(str(path), "bold"), f": {', '.join(counts)}"]])
    refused = {seg: code.note for seg, code in codes_of_isa.codes().items() if code.status == "R"}
    sets.show(output, refused)
    for seg, note in refused.items():
        output.say(f"The interchange at seg {seg} is refused (TA1 R {note}): nothing in it counts as received.")
    _show_findings(output, grouped, every=every, is_masked=is_masked)
    return not (refused or grouped.counts["reject"] or grouped.counts["hold"])


def _many(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


# ---- transaction sets


class _Sets:
    """Rows of the table of sets: those refused or held first when there are too many for it, and sums of all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bad: list[dict[str, Any]] = []
        self._good: list[dict[str, Any]] = []
        self._totals: dict[str, dict[str, Any]] = {}
        self.count = 0
        self.guides: set[str] = set()

    def add(self, rows: list[dict[str, Any]], around: dict[int, int]) -> None:
        """Take sets in; `around` names the interchange of each."""
        for row in rows:
            self.count += 1
            self.guides |= {row["guide"]} - {""}
            row["verdict"] = "" if row["set"] == "TA1" else row["verdict"] or "not checked"
            row["interchange_seg"] = around[row["seg"]]
            if row["held"] and row["verdict"] != "refused":
                row["verdict"] += ", held"
            rows_of = self._bad if row["held"] else self._good
            if len(rows_of) < self._most:
                rows_of.append(row)
            total = self._totals.setdefault(row["set"], {"sets": 0} | {name: 0 for _, name in _COLUMNS})
            total["sets"] += 1
            for _, name in _COLUMNS:
                is_known = total[name] is not None and row[name] is not None
                total[name] = total[name] + row[name] if is_known else None

    def show(self, output: Output, refused: Container[int] = ()) -> None:
        """Print the table; columns in which nothing stands are left out. `refused`: interchanges that are."""
        if not self.count:
            return
        chosen = (self._bad + self._good[: max(self._most - len(self._bad), 0)])[: self._most]
        for row in chosen:
            if row["interchange_seg"] in refused and row["verdict"] not in ("", "refused"):
                row["verdict"] = _NOT_RECEIVED
        rows = [self._cells(row) for row in sorted(chosen, key=lambda row: int(row["seg"]))]
        totals = [
            {"seg": "", "set": code, "guide": "", "verdict": f"all {total['sets']:,}", "balanced": {}} | total
            for code, total in self._totals.items()
            if total["sets"] > 1
        ]
        rows += [self._cells(total) for total in totals]
        columns = [">seg", "set", "guide", "verdict", *(name for name, _ in _COLUMNS), "balances"]
        kept = [place for place, column in enumerate(columns) if _says_something(column, [row[place] for row in rows])]
        styles = _VERDICTS | {f"{name}, held": "yellow" for name in _VERDICTS} | {_NOT_RECEIVED: "bold red"}
        shown = [[row[place] for place in kept] for row in rows]
        output.table("", [columns[place] for place in kept], shown, styles, first_to_go=_FIRST_TO_GO)
        if self.count > len(chosen):
            output.say(f"{self.count - len(chosen):,} more sets, none worse than these: --all lists them.")

    def _cells(self, row: dict[str, Any]) -> list[str]:
        values = [row[name] for _, name in _COLUMNS]
        counts = ["" if value is None else f"{value:,}" for value in values[:2]]
        money = [dollars(value) for value in values[2:]]
        guide = row["guide"] if len(self.guides) > 1 else ""  # one for all is said above the table
        return [str(row["seg"]), row["set"], guide, row["verdict"], *counts, *money, _balance(row["balanced"])]


def _says_something(column: str, cells: list[str]) -> bool:
    return column in (">seg", "set", "verdict") or any(cell not in ("", "0") for cell in cells)


def _balance(balanced: dict[str, bool | None]) -> str:
    off = [level for level, good in balanced.items() if good is False]
    if off:
        return "off: " + ", ".join(off)
    return "yes" if any(balanced.values()) else ""


# ---- findings


def _show_findings(output: Output, grouped: Grouped, *, every: bool, is_masked: bool) -> None:
    counts = [_many(count, name) for name, count in reversed(grouped.counts.items()) if count]
    if not counts:
        output.say("Nothing is wrong.")
        return
    groups = grouped.groups()
    output.say(f"Findings: {', '.join(counts)}{'' if groups else '; none of those asked for'}")
    page = _Page(output.width, is_masked)
    if every and groups:
        cases = [(case, group) for group in groups for case in group.cases]
        for case, group in sorted(cases, key=lambda pair: pair[0].seg):
            output.lines(page.alone(case, group))
        output.lines(page.advice(groups))
        return
    unchecked = [group for group in groups if group.code == NOT_CHECKED]
    groups = [group for group in groups if group.code != NOT_CHECKED]
    most_cases = 2 if len(groups) <= _FEW_GROUPS else 1
    for group in groups[:_MOST_GROUPS]:
        output.lines(page.group(group, most_cases))
    output.lines(page.unchecked(unchecked))
    if len(groups) > _MOST_GROUPS:
        rest = groups[_MOST_GROUPS:]
        output.say(f"\n{_many(len(rest), 'more kind')} of findings, {sum(group.count for group in rest):,} in all: "
                   "--code CODE shows one, --all lists every finding.")  # fmt: skip


class _Page:
    """Writes findings as lines of a width."""

    def __init__(self, width: int, is_masked: bool) -> None:
        self.width, self.is_masked = max(width, 40), is_masked

    def group(self, group: Group, most_cases: int) -> Iterator[list[Part]]:
        """Say what like findings have in common, what to do, and show the first of them."""
        yield []
        how_often = _how_often(group)
        is_long = len(group.severity) + 4 + len(group.code) + len(how_often) > self.width
        yield [*_title(group), "" if is_long else f", {how_often}"]
        yield from self._text(f"{how_often}:", 2) if is_long else ()
        yield from self._text(_sentence(group), 2) if group.sentence else ()
        yield from self._text(f"What to do: {group.advice}.", 2) if group.advice else ()
        for case in group.cases[:most_cases]:
            yield []
            yield ["  ", (_place(case, group), "dim")]
            yield from self._segment(case, group, _label(case, group), 4)

    def unchecked(self, groups: list[Group]) -> Iterator[list[Part]]:
        """Say in a few lines what could not be checked: it is no fault of the file."""
        if not groups:
            return
        yield []
        yield _title(groups[0])
        for group in groups:
            within = f" ({_many(group.sets, 'set')})" if group.sets > 1 else ""
            yield from self._text(f"{group.expected[:1].upper()}{group.expected[1:]}{within}.", 2)
        for advice in dict.fromkeys(group.advice for group in groups):
            yield from self._text(f"What to do: {advice}.", 2)

    def alone(self, case: Case, group: Group) -> Iterator[list[Part]]:
        """Show one finding without its like."""
        yield []
        yield [*_title(group), ", ", (_place(case, group), "dim")]
        label = _sentence(group).removesuffix(".") if group.is_by_guide else _label(case, group)
        yield from self._segment(case, group, label, 4)

    def advice(self, groups: list[Group]) -> Iterator[list[Part]]:
        """Say once for each code what to do."""
        yield []
        yield ["What to do"]
        for code, advice in {group.code: group.advice for group in groups if group.advice}.items():
            yield from self._text(f"{code}: {advice}.", 2)

    def _segment(self, case: Case, group: Group, label: str, indent: int) -> Iterator[list[Part]]:
        """Show the segment, and under what is wrong in it a label."""
        if group.code in MISSING and case.raw:
            yield from self._missing(case, group, indent)
            return
        if not case.raw:
            yield from self._text(label, indent)
            return
        mark = mark_of(segment_id_of(case.raw, case.delimiters), case.element, case.repeat) or Mark()
        line = shown(
            case.raw, case.delimiters, mark, width=self.width - indent, found=case.found, is_masked=self.is_masked
        )
        style = _STYLES[group.severity]
        marked = (line.text[line.start : line.end], style)
        yield [" " * indent + line.text[: line.start], marked, line.text[line.end :]]
        carets = (" " * (indent + line.column) + "^" * line.columns, style)
        if indent + line.column + line.columns + 1 + len(label) <= self.width:
            yield [carets, (f" {label}" if label else "", style)]
            return
        yield [carets]
        yield from self._text(label, indent, style)

    def _missing(self, case: Case, group: Group, indent: int) -> Iterator[list[Part]]:
        """Show between which segments something is missing."""
        width = self.width - indent - 2
        before, after = (
            shown(raw, case.delimiters, Mark(), width=width, is_masked=self.is_masked).text if raw else ""
            for raw in (case.before, case.raw)
        )
        what = case.expected
        if not what.startswith(case.element):
            what = f"loop {what}, which begins with {case.element},"
        yield [" " * (indent + 2) + before]
        yield [" " * indent, (f"+ {what} is missing here", _STYLES[group.severity])]
        yield [" " * (indent + 2) + after]

    def _text(self, text: str, indent: int, style: str = "") -> Iterator[list[Part]]:
        for line in textwrap.wrap(
            text, min(self.width, _WIDEST_TEXT), initial_indent=" " * indent, subsequent_indent=" " * indent
        ):
            yield [(line, style)]


def _title(group: Group) -> list[Part]:
    return [(group.severity.upper(), _STYLES[group.severity]), "  ", (group.code, "bold")]


def _how_often(group: Group) -> str:
    if group.count == 1:
        return "once"
    within = [_many(count, name) for count, name in ((group.sets, "set"), (group.claims, "claim")) if count]
    return f"{group.count:,} times" + (f" in {' and '.join(within)}" if within else "")


def _sentence(group: Group) -> str:
    """Say where in the guide, what is wrong there, and what should stand there."""
    wanted = group.wanted
    element, name = group.element, group.name
    if group.code in MISSING:
        element, wanted = "", ", ".join(filter(None, [wanted, name]))
    where = f"{element}, {name}," if element and name else element
    where = f"{where} in loop {group.loop}".strip() if group.loop else where.removesuffix(",")
    text = f"{where}: {group.sentence}" if where else group.sentence
    text += f"; expected {wanted}" if wanted else ""
    return f"{text[:1].upper()}{text[1:]}."


def _place(case: Case, group: Group) -> str:
    at = f"seg {case.seg} at byte {case.offset:,}" if case.seg else f"byte {case.offset:,}"
    if group.code in MISSING and case.seg > 1:
        at = f"between seg {case.seg - 1} and {at}"
    return f"{at}, claim {case.claim}" if case.claim else at


def _label(case: Case, group: Group) -> str:
    """Say what is special to this case: its element, or what the reader said of it."""
    if group.is_by_guide or not case.message:
        return case.element
    return re.sub(r"^segment [0-9]+[,:] ", "", case.message).removesuffix(".")
