"""S25, S27 and S28: eligibility, the fee schedule and enrolment, as far as master data tells of them."""

from __future__ import annotations

import numpy as np

from claims.charges.scrub.columns import Coded, together
from claims.charges.scrub.days import calendar, number
from claims.charges.scrub.work import Look, Work
from claims.money import amount

# With one of these a service is worth less than the schedule's amount without modifier.
_LESS_WORDS = "26 TC 52 53 54 55 56 62 66 73 74 78 80 81 82 AS QK QX QY"
_LESS = frozenset(_LESS_WORDS.split())


def look_at_eligibility(work: Work) -> Look:
    """Check members of payers that are asked about: when last, and what the payer said of the day."""
    rules, claims = work.rules("eligibility"), work.claims
    if not len(rules):
        return
    within = work.payer_number("eligibility_days")  # before the service; 0: the payer is not asked
    at, asked = together([work.payer_code, claims.coded("member_id")])
    payers, members = rules.coded("payer_code"), rules.coded("member_id")
    order = np.argsort(rules.numbers("checked_on"), kind="stable")
    names = zip(payers.texts(order), members.texts(order), strict=True)
    last = dict(zip(names, order.tolist(), strict=True))  # the last answer counts
    row = np.array([last.get((one[0], one[1]), -1) for one in asked], np.int64)[at]
    day = work.first_day
    checked, since, until = (
        np.append(rules.numbers(name), 0)[row] for name in ("checked_on", "active_from", "active_to")
    )
    needed = number(calendar(day) - within)
    is_asked = (within > 0) & work.payer_code.are(set(payers.values))
    late = np.flatnonzero(is_asked & (day > 0) & ((row < 0) | (checked < needed)))
    told = [str(one) if one else "never" for one in checked[late].tolist()]
    yield work.at_claims("S25a", late, found=told, expected=[str(one) for one in needed[late].tolist()])
    inactive = (since == 0) | (day < since) | ((until > 0) & (day > until))
    off = np.flatnonzero((row >= 0) & (day > 0) & inactive)
    yield work.at_claims("S25b", off, found=[str(one) for one in day[off].tolist()])


def look_at_fees(work: Work) -> Look:
    """Compare each charge with what the payer allows for the procedure."""
    rules, lines = work.rules("fee_schedules"), work.lines
    if not len(rules):
        return
    keys = {"payer_code": work.line_payer_code, "procedure_code": lines.coded("procedure_code")}
    modifiers = lines.coded("modifiers")
    plain = rules.find({**keys, "modifier": Coded(np.zeros(len(lines), np.int64), [""])}, work.line_day)
    row = np.where(modifiers.are(lambda text: bool(_LESS & set(text.split()))), -1, plain)
    for place in range(4):
        words = [text.split() for text in modifiers.values]
        one = Coded(modifiers.at, [texts[place] if place < len(texts) else "-" for texts in words])
        own = rules.find({**keys, "modifier": one}, work.line_day)
        row = np.where(own >= 0, own, row)
    allowed = np.append(rules.numbers("allowed_cents"), 0)[row]
    expected = allowed * lines.numbers("units_milli") // 1000
    charge = lines.numbers("charge_cents")
    low = np.flatnonzero((row >= 0) & (charge < expected) & ~lines.coded("unit_code").are(("MJ",)))
    texts = [[amount(one) for one in values[low].tolist()] for values in (charge, expected)]
    yield work.at_lines("S27", low, "", *texts)


def look_at_enrolment(work: Work) -> Look:
    """Check that the billing provider is enrolled with the payer, and the rendering one belongs to it."""
    rules, claims = work.rules("enrolments"), work.claims
    if not len(rules):
        return
    billing, rendering = claims.coded("billing_npi"), claims.coded("rendering_npi")
    none = Coded(np.zeros(len(claims), np.int64), [""])
    keys = {"payer_code": work.payer_code, "billing_npi": billing}
    is_there = rules.exact({**keys, "rendering_npi": none}, work.first_day) >= 0
    yield work.at_claims("S28a", ~is_there & ~billing.are(("",)))
    linked = rules.exact({**keys, "rendering_npi": rendering}, work.first_day) >= 0
    groups = set(rules.coded("billing_npi").texts(np.flatnonzero(rules.is_filled("rendering_npi"))))
    other = ~rendering.are(("",)) & billing.are(groups)
    yield work.at_claims("S28b", other & ~linked)
