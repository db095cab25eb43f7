"""Faults of a window in, with where they stand; findings in the words and codes of `rules.csv` out."""

from __future__ import annotations

import pandas as pd

from claims.findings import NOTE, REJECT, Finding
from claims.x12.conform.nodes import Segment
from claims.x12.conform.rules import ack_code, rules
from claims.x12.listed import MOST_LISTED
from claims.x12.numbers import Integers
from claims.x12.owners import Owners
from claims.x12.segments import IDS
from claims.x12.tokens import Tokens


class Reporter:
    """Makes the findings of one file, window after window."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str], int] = {}
        self._codes: dict[tuple[str, int, str, bool], str] = {}
        self.findings: list[Finding] = []

    def begin(self, tokens: Tokens, owners: Owners, before: int) -> None:
        """Begin a window; `before` is the `seg` of the last segment before it."""
        self.findings = []
        self._tokens, self._owners, self._before = tokens, owners, before
        here = {0, *(own.seg for own in owners.transactions)}
        self._counts = {key: count for key, count in self._counts.items() if key[0] in here}

    def listed(self, rows: Integers) -> Integers:
        """Return segments (in order) with one fault but for those that no finding can list: a million cost nothing."""
        if len(rows) <= MOST_LISTED:
            return rows
        owner = self._owners.transaction_seg.take(rows)
        return rows[pd.Series(owner).groupby(owner).cumcount().to_numpy() < MOST_LISTED]

    def find_all(self, fault: str, rows: Integers) -> None:
        """Add a finding at each of some segments, in order."""
        for row in self.listed(rows).tolist():
            self.find(fault, row)

    def find(
        self, fault: str, row: int, element: str = "", *, segment: Segment | None = None, found: str = "",
        expected: str = "", repeat: int = 0,
    ) -> None:  # fmt: skip
        """Add a finding at a segment of the window; `element` names what is wrong, `segment` what stands there."""
        rule = rules()[fault]
        transaction_seg = int(self._owners.transaction_seg[row])
        count = self._counts[transaction_seg, fault] = self._counts.get((transaction_seg, fault), 0) + 1
        if count > MOST_LISTED:
            return
        place = (fault, int(self._tokens.code[row]), element, transaction_seg > 0)
        if place not in self._codes:
            self._codes[place] = ack_code(rule, IDS[place[1]], element, is_in_set=place[3])
        code = self._codes[place]
        seg = self._before + 1 + row
        where = f"{seg}, {element}" if element else f"{seg}"
        refused = "the guide refuses the set" if transaction_seg else "the envelope is not as it must be"
        self.findings.append(
            Finding(
                rule.code, REJECT, f"segment {where}: {rule.sentence}; {refused}.", seg, element,
                int(self._tokens.offset[row]), found, expected, code, transaction_seg,
                segment.parent.shown_path if segment else "", repeat,
            )
        )  # fmt: skip
        if count == MOST_LISTED:
            self.note("findings-not-listed", row, f"further findings {rule.code} of this set are not listed")

    def note(self, code: str, row: int, sentence: str) -> None:
        """Add a note at a segment."""
        seg = self._before + 1 + row
        self.findings.append(
            Finding(
                code, NOTE, f"segment {seg}: {sentence}.", seg, "", int(self._tokens.offset[row]),
                transaction_seg=int(self._owners.transaction_seg[row]),
            )
        )  # fmt: skip
