"""A payer, its own rules and the days of one claim come in; the limit in force, its source and its last day go out.

The payer's own rule (master data) goes before the usual one of its type (``codes/filing_limits.csv``). Nothing is said
where no row has a limit or the day it counts from is not known.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from claims import codes
from claims.denials.cases import EARLIER
from claims.denials.deadlines import ANCHOR_WORDS

OWN_RULE = "the payer's own rule, as our files have it"
_SAME_ANCHOR = {"service_to": "service_through"}  # master data's name, and that of the usual limits
_WORDS = ANCHOR_WORDS | {"decision_receipt": "the day the decision came"}


@dataclass(frozen=True)
class Limit:
    """So many days, months or years (0: no limit is known) from an anchor day; whose rule it is."""

    length: int = 0
    unit: str = ""
    anchor: str = ""
    source: str = ""
    is_verified: bool = False

    @property
    def words(self) -> str:
        """Say it: 180 days from the first day of service; empty where no limit is known."""
        plural = "" if self.length == 1 else "s"
        return f"{self.length} {self.unit}{plural} from {self.anchor_words}" if self.length else ""

    @property
    def anchor_words(self) -> str:
        """Say what it counts from."""
        return _WORDS.get(self.anchor, self.anchor.replace("_", " "))

    def last_day(self, anchors: Mapping[str, date | None]) -> date | None:
        """Give the last day of it; None where the limit or the day that it counts from is not known."""
        start = self.start(anchors)
        return None if start is None or not self.length else _later(start, self.length, self.unit)

    def start(self, anchors: Mapping[str, date | None]) -> date | None:
        """Give the day that it counts from."""
        if self.anchor == "service_year_end":
            day = anchors.get("service_from")
            return date(day.year, 12, 31) if day else None
        return anchors.get(self.anchor)


@cache
def usual(payer_type: str, event: str) -> Limit:
    """Give the limit of a type of payer; an institutional type without a row of its own has that of the payer."""
    rows = {(row["payer_type"], row["event"]): row for row in codes.table("filing_limits").to_dict("records")}
    for name in (payer_type, payer_type.removesuffix("_institutional")):
        if (name, event) in rows:
            row = rows[name, event]
            length = int(row["days"] or 0)
            source = f"{row['source']}, usual for {name.replace('_', ' ')}"
            return Limit(length, str(row["unit"]), str(row["anchor"]), source, row["verified"] == "Y")
    return Limit()


def first_filing(payer: Mapping[str, object], payer_type: str, *, is_later_payer: bool) -> Limit:
    """Give the limit for a first claim to this payer; ``payer`` is its row of master data, or empty."""
    known = usual("secondary_claim" if is_later_payer else payer_type, "first_filing")
    days = _days(payer, "secondary_limit_days" if is_later_payer else "filing_limit_days")
    if not days:
        return known
    own = str(payer.get("filing_limit_anchor") or "service_from")
    anchor = "primary_remit_date" if is_later_payer else _SAME_ANCHOR.get(own, own)
    return Limit(days, "day", anchor, OWN_RULE, True)


def appeal(payer: Mapping[str, object], payer_type: str, event: str) -> Limit:
    """Give the limit for an appeal; a payer's own rule is about the first level."""
    known = usual(payer_type, event)
    days = _days(payer, "appeal_limit_days") if event == "appeal_1" else 0
    return Limit(days, "day", known.anchor or "remit_date", OWN_RULE, True) if days else known


def decided_before(first: Mapping[str, str], payer_sequence: str) -> str:
    """Give the day of the first decision of the payer before one; ``first``: those days by payer sequence.

    Where a payer has not decided, the one before it counts; empty where none has.
    """
    before = EARLIER.get(payer_sequence, "")
    while before and not first.get(before):
        before = EARLIER.get(before, "")
    return first.get(before, "")


def _days(payer: Mapping[str, object], name: str) -> int:
    return int(str(payer.get(name) or 0))


def _later(day: date, length: int, unit: str) -> date:
    """Add days, months or years; the last day of a shorter month stands for one that it lacks."""
    if unit == "day":
        return day + timedelta(days=length)
    months = day.month - 1 + length * (12 if unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
