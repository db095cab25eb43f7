"""S26: claims that come too late, or soon will: days, months or years from an anchor day, as payer or its type have it.

The payer's own limit is master data; else `codes/filing_limits.csv` has one for each type of payer. Where limit or
anchor is not known nothing is said. A claim that states why it is late (CLM20) is not stopped.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from claims import codes
from claims.charges.scrub.columns import Coded, Integers, together
from claims.charges.scrub.days import between, calendar, iso, later, number
from claims.charges.scrub.rules import Rules
from claims.charges.scrub.work import Look, Work

_CORRECTS = ("7", "8", "Q")
_FIRST_PAYER = ("P", "U", "")
_SOON = 75  # percent of the limit
_FIRST, _CORRECTED, _LATER_PAYER = "first_filing", "corrected_claim", "secondary_claim"


class Limit(NamedTuple):
    """How many days, months or years (0: not known), and from which day."""

    length: int
    unit: str
    anchor: str


def look(work: Work) -> Look:
    """Compare today with the last day on which each claim can be filed."""
    claims = work.claims
    anchor_day, due = last_days(work)
    today = np.full(len(claims), work.today, np.int64)
    known = (due > 0) & ~claims.is_filled("delay_reason_code")
    used, length, left = between(anchor_day, today), between(anchor_day, due), between(today, due)
    late = np.flatnonzero(known & (today > due))
    yield work.at_claims("S26a", late, "", [str(one) for one in used[late].tolist()], iso(due[late]))
    soon = np.flatnonzero(known & (today <= due) & (used * 100 > length * _SOON))
    yield work.at_claims("S26b", soon, "", [str(one) for one in left[soon].tolist()], iso(due[soon]))


def last_days(work: Work) -> tuple[Integers, Integers]:
    """Return for each claim the day that its limit counts from and the last day of it, 0 where one is not known."""
    claims = work.claims
    corrects = claims.coded("frequency_code").are(_CORRECTS)
    is_later = ~claims.coded("payer_sequence").are(_FIRST_PAYER) & ~corrects
    rules = work.rules("payers")
    payer = Coded(np.where(work.payer >= 0, work.payer, len(rules)), [str(row) for row in range(len(rules) + 1)])
    at, distinct = together([payer, claims.coded("filing_indicator_code"), claims.coded("kind")])
    start, due = np.zeros(len(claims), np.int64), np.zeros(len(claims), np.int64)
    for group, (row, indicator, kind) in enumerate(distinct):
        own = at == group
        for event, mine in ((_FIRST, ~corrects & ~is_later), (_CORRECTED, corrects), (_LATER_PAYER, is_later)):
            rows = np.flatnonzero(own & mine)
            if len(rows):
                start[rows], due[rows] = _due(work, rows, _limit(rules, int(row), event, indicator, kind))
    return start, due


def _limit(rules: Rules, row: int, event: str, indicator: str, kind: str) -> Limit:
    """Return the payer's own limit, else that of its type."""
    is_known = row < len(rules)
    days = dict.fromkeys(("filing_limit_days", "corrected_limit_days", "secondary_limit_days"), 0)
    anchors = dict.fromkeys(("payer_type", "filing_limit_anchor", "corrected_limit_anchor"), "")
    if is_known:
        days = {name: int(rules.numbers(name)[row]) for name in days}
        anchors = {name: rules.coded(name).texts(np.array([row]))[0] for name in anchors}
    institutional = kind == "I"
    payer_type = anchors["payer_type"] or _types().get(indicator, _types()[""])[institutional]
    usual = _usual(payer_type, event)
    first_anchor = anchors["filing_limit_anchor"] or "service_from"
    if event == _LATER_PAYER:
        return (
            Limit(days["secondary_limit_days"], "day", "primary_remit_date") if days["secondary_limit_days"] else usual
        )
    if event == _CORRECTED and days["corrected_limit_days"]:
        return Limit(
            days["corrected_limit_days"], "day", anchors["corrected_limit_anchor"] or usual.anchor or first_anchor
        )
    return Limit(days["filing_limit_days"], "day", first_anchor) if days["filing_limit_days"] else usual


def _usual(payer_type: str, event: str) -> Limit:
    if event == _LATER_PAYER:
        return _limits()[_LATER_PAYER, _FIRST]
    none = Limit(0, "", "")
    return _limits().get((payer_type, event)) or _limits().get((payer_type.removesuffix("_institutional"), event), none)


def _due(work: Work, rows: Integers, limit: Limit) -> tuple[Integers, Integers]:
    """Return the anchor day and the last day of some claims, 0 where one is not known."""
    day = _anchor_days(work, limit.anchor)[rows]
    if not limit.length:
        return day, np.zeros(len(rows), np.int64)
    start = calendar(day)
    if limit.anchor == "service_year_end":
        start = later(later(start.astype("datetime64[Y]").astype("datetime64[D]"), 1, "year"), -1, "day")
        day = np.where(day > 0, number(start), 0)
    return day, np.where(day > 0, number(later(start, limit.length, limit.unit)), 0)


def _anchor_days(work: Work, anchor: str) -> Integers:
    if anchor in ("service_from", "service_year_end"):
        return work.first_day
    if anchor in ("service_to", "service_through"):
        return work.last_day
    if anchor in ("primary_remit_date", "remit_date"):
        return _decided(work, own=anchor == "remit_date")
    return np.zeros(len(work.claims), np.int64)


def _decided(work: Work, *, own: bool) -> Integers:
    """Return the last day on which the payer itself, or one before it, decided each claim; 0 for none."""
    found = np.zeros(len(work.claims) + 1, np.int64)
    if not own:
        np.maximum.at(found, work.claim_of("other_payers"), work.table("other_payers").numbers("paid_date"))
    said = work.said
    is_own = work.claims.coded("payer_sequence").take(work.said_of)
    mine = said.coded("payer_sequence")
    same = np.array([[one == other for other in mine.values] for one in is_own.values], np.bool_)[is_own.at, mine.at]
    rows = np.flatnonzero(same if own else ~same)
    np.maximum.at(found, work.said_of[rows], said.numbers("paid_date")[rows])
    return found[:-1]


@cache
def _types() -> dict[str, tuple[str, str]]:
    rows = codes.table("payer_types").itertuples(index=False, name=None)
    return {str(one): (str(general), str(institutional)) for one, general, institutional in rows}


@cache
def _limits() -> dict[tuple[str, str], Limit]:
    rows = codes.table("filing_limits")[["payer_type", "event", "days", "unit", "anchor"]]
    return {
        (str(one), str(event)): Limit(int(days or 0), str(unit), str(anchor))
        for one, event, days, unit, anchor in rows.itertuples(index=False, name=None)
    }
