"""Dates of claims and lines in, their DTP*434 and DTP*472 out: at the claim, at the line, and not at both in vain.

An institutional claim says its statement period, a dental one the date of all its lines when they share one. A line
that was read without a date of its own, and so has its claim's, is written without.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from claims.x12.numbers import Flags, Integers
from claims.x12.write_columns import Columns
from claims.x12.write_pieces import Part, choice, flags, joined, optional, same, when, whole_numbers
from claims.x12.write_rest import Owners, Rest


class ServiceDates(NamedTuple):
    """The segments of each claim, and of each line."""

    claims: Part
    lines: Part


def service_dates(claims: Columns, lines: Columns, of_claim: Integers, rest: Rest, kind: str) -> ServiceDates:
    """Write the dates of service of claims and lines."""
    row = rest.take("dates", "2300", ("434", "472"), Owners("claim", claims.integers("seg")))
    own = rest.take("dates", "2400", ("472",), Owners("service", lines.integers("seg")))
    start, end = lines.days("service_date"), lines.days("service_to_date")
    first, last = claims.days("statement_from_date"), claims.days("statement_to_date")
    is_read: Flags = row.integers("seg") > 0
    is_said = is_read | (first > 0) if kind == "I" else is_read
    if kind == "D" and not rest.knows("dates"):
        shared = _shared(start, end, of_claim, len(claims))
        place = np.searchsorted(of_claim, np.flatnonzero(shared))
        first, last, is_said = first.copy(), last.copy(), shared
        first[shared], last[shared] = start[place], end[place]
        implied = shared[of_claim]
    else:
        dated = is_said & (first > 0)
        implied = dated[of_claim] & (start == first[of_claim]) & (end == last[of_claim])
        implied &= rest.knows("dates") & (own.integers("seg") == 0)
    is_range = (row.integers("date_to") > 0) | flags(same(row.text("format_code"), "RD8"), len(claims))
    period = (last > 0) & ((last != first) | is_range) | ((kind == "I") & ~is_read)
    qualifier = row.text("qualifier_code", "434" if kind == "I" else "472")
    return ServiceDates(
        when(is_said & (first > 0), _date(qualifier, first, np.where(period, np.where(last > 0, last, first), 0))),
        _line_dates(start, np.where((end != start) | (own.integers("date_to") > 0), end, 0), implied),
    )


def _line_dates(start: Integers, end: Integers, implied: Flags) -> Part:
    return when((start > 0) & ~implied, _date("472", start, end))


def _date(qualifier: Part, start: Integers, end: Integers) -> Part:
    """Write a day, or a period where `end` is not 0."""
    is_period = end > 0
    return joined(
        "DTP*", qualifier, choice(is_period, "*RD8*", "*D8*"), whole_numbers(start),
        optional("-", when(is_period, whole_numbers(end)), ""), "~",
    )  # fmt: skip


def _shared(start: Integers, end: Integers, of_claim: Integers, claims: int) -> Flags:
    """Tell whose lines have one date."""
    begins = np.searchsorted(of_claim, of_claim)
    odd = (start != start[begins]) | (end != end[begins]) | (start == 0)
    has_odd, has_lines = (np.bincount(rows, minlength=claims) > 0 for rows in (of_claim[odd], of_claim))
    return np.asarray(has_lines & ~has_odd)
