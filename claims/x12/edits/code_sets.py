"""Codes of an 837 and lists with dates in; codes that were not valid on the day of the service out.

Which codes answer to which list stands in `code_uses.csv`. A day that no list covers gives one note for each set.
"""

from __future__ import annotations

import csv
from collections.abc import Set
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np

from claims.codes.lists import CodeLists
from claims.findings import shown
from claims.identifiers import is_ndc
from claims.x12.edits.part import Part
from claims.x12.edits.report import Report
from claims.x12.numbers import Flags, Integers

_NDC_FORM = "ndc-form"
_ELEMENTS = {"HI": "HI", "LIN": "LIN03", "SV1": "SV101-2", "SV2": "SV202-2", "SV3": "SV301-2"}


@cache
def uses() -> tuple[dict[str, str], ...]:
    """Return the rows of `code_uses.csv`."""
    text = resources.files("claims.x12.edits").joinpath("code_uses.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@dataclass
class CodeSets:
    """The lists, and of which sets it was told that a list could not be asked."""

    lists: CodeLists
    told: set[tuple[int, str]] = field(default_factory=set)

    def look(self, part: Part, report: Report) -> None:
        """Check the codes of a part."""
        if not part.count("claims"):
            return
        for use in uses():
            if part.count(use["frame"]) and report.wants(use["rule"], use["not_checked"]):
                self._look(part, report, use)
        if part.count("drugs") and report.wants(_NDC_FORM):
            _ndc_form(part, report)

    def forget(self, ended: Set[int]) -> None:
        """Let go of sets that have ended."""
        self.told = {key for key in self.told if key[0] not in ended}

    def _look(self, part: Part, report: Report, use: dict[str, str]) -> None:
        frame = use["frame"]
        code = part.coded(frame, use["code_column"])
        begins = np.array([_begins(text, use["begins"]) for text in code.values], np.bool_)
        if not begins.any():
            return
        asked = part.coded(frame, use["qualifier_column"]).are(use["qualifiers"].split()) & begins[code.at]
        rows = np.flatnonzero(asked)
        day = service_days(part, frame)[rows]
        known = self.lists.get(use["list"])
        if known is None:
            self.not_checked(part, report, use["not_checked"], frame, rows, day, has_list=False)
            return
        covered = known.covers(day)
        self.not_checked(part, report, use["not_checked"], frame, rows[~covered], day[~covered], has_list=True)
        rows, day = rows[covered], day[covered]
        plain = [text.replace(".", "") for text in code.values]
        wrong = ~known.valid(plain, code.at[rows], day)
        rows, day = rows[wrong], day[wrong]
        segments = part.segment_ids(part.numbers(frame, "seg")[rows])
        report.add(
            use["rule"], part.place(frame, rows), [_ELEMENTS[name] for name in segments],
            found=shown(code.texts(rows), 11), expected=[str(one) for one in day.tolist()],
        )  # fmt: skip

    def not_checked(
        self, part: Part, report: Report, rule: str, frame: str, rows: Integers, day: Integers, *, has_list: bool
    ) -> None:
        """Note once for each set that a list is missing, or does not cover a day."""
        if not len(rows) or not report.wants(rule):
            return
        own_sets = part.numbers(frame, "transaction_seg")[rows]
        first = np.flatnonzero(np.append(True, own_sets[1:] != own_sets[:-1]))
        sets = own_sets[first]
        new = [at for own, at in zip(sets.tolist(), first.tolist(), strict=True) if (own, rule) not in self.told]
        self.told.update((own, rule) for own in sets.tolist())
        found = [f"no list covers {day[at] or 'a service without date'}" if has_list else "no list" for at in new]
        report.add(rule, part.place(frame, rows[new]), "", found=found, expected="a list that covers the day")


def service_days(part: Part, frame: str) -> Integers:
    """Return the day that the codes of a frame must be valid on: of the line, else of the claim.

    An institutional claim answers for its last day, any other for its first.
    """
    if frame == "service_lines":
        return part.numbers(frame, "service_date")
    if frame == "drugs":
        line = part.rows(frame, "service_seg", "service_lines")
        return np.append(part.numbers("service_lines", "service_date"), 0)[line]
    is_institutional = part.coded("claims", "kind").are(("I",))
    start, end = part.numbers("claims", "statement_from_date"), part.numbers("claims", "statement_to_date")
    return np.append(np.where(is_institutional, end, start), 0)[part.rows(frame, "claim_seg", "claims")]


def _begins(text: str, how: str) -> bool:
    if how == "letter":
        return text[:1].isalpha()
    return text[:1].isdecimal() if how == "digit" else text != ""


def _ndc_form(part: Part, report: Report) -> None:
    code = part.coded("drugs", "code")
    wrong: Flags = code.are(lambda text: not is_ndc(text))
    rows = np.flatnonzero(wrong & part.coded("drugs", "qualifier_code").are(("N4",)))
    found = [f"{len(text)} characters" for text in code.texts(rows)]
    report.add(_NDC_FORM, part.place("drugs", rows), "LIN03", found=found)
