"""The edits as rows: `edits.csv` in, each edit with its severity, place, words and remedy out.

An id has the number of what is checked (S03) and, where that says several things, a letter. Severity `note` tells what
could not be checked; it never stops a claim.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple

BLOCK, WARN, NOTE, OFF = "block", "warn", "note", "off"
SEVERITIES = (OFF, WARN, BLOCK)


class Edit(NamedTuple):
    """A row of `edits.csv`: `element` has one place for all `kinds`, or one for each; `prevents` are CARCs.

    `checked`: scrub, or sending, where the code that sends makes sure of it.
    """

    edit_id: str
    severity: str
    kinds: str
    element: str
    checked: str
    title: str
    sentence: str
    fix: str
    prevents: str
    source: str

    @property
    def family(self) -> str:
        """The edit that a case belongs to: S03 of S03a."""
        return self.edit_id[:3]

    def element_of(self, kind: str) -> str:
        """Give the element in a claim of a kind."""
        places, kinds = self.element.split(" / "), self.kinds.split()
        return places[kinds.index(kind)] if len(places) > 1 and kind in kinds else places[0]


@cache
def edits() -> dict[str, Edit]:
    """Return all edits by their id."""
    text = resources.files("claims.charges.scrub").joinpath("edits.csv").read_text("utf-8")
    return {row["edit_id"]: Edit(**row) for row in csv.DictReader(text.splitlines())}
