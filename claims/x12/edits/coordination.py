"""Other payers of an 837 in (loops 2320, 2330 and 2430); those whose decision does not balance with the claim out.

Per other payer, in cents: each line = paid + its adjustments; the claim = paid + all adjustments; paid = its lines less
the adjustments of the claim. All sums are of integers.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from claims.money import amount
from claims.x12.balance import sums
from claims.x12.edits.part import Part, Place, coded, last_before
from claims.x12.edits.report import Report
from claims.x12.numbers import Flags, Integers

_NOT_COVERED, _PAID = ("A8",), ("D",)
_PAYERS, _LINES, _CAS = "other_payers", "other_payer_lines", "other_payer_adjustments"


def look(part: Part, report: Report) -> None:
    """Check the claims that tell of other payers."""
    if not part.count(_PAYERS) and not part.count(_LINES):
        return
    claim = part.rows(_PAYERS, "claim_seg", "claims")
    svd_payer = _payer_of_line(part, report, claim)
    cents, cas_claim = part.numbers(_CAS, "amount_cents"), part.numbers(_CAS, "claim_seg")
    on_line = part.numbers(_CAS, "service_seg") > 0
    payer_seg, payer_claim = part.numbers(_PAYERS, "seg"), part.numbers(_PAYERS, "claim_seg")
    cas_seg = part.numbers(_CAS, "seg")
    svd = last_before(part.numbers(_LINES, "seg"), part.numbers(_LINES, "service_seg"), cas_seg,
                      np.where(on_line, part.numbers(_CAS, "service_seg"), -1))  # fmt: skip
    cas_payer = np.where(
        on_line, np.append(svd_payer, -1)[svd], last_before(payer_seg, payer_claim, cas_seg, cas_claim)
    )

    count = part.count(_PAYERS)
    of_claim = sums(cas_payer[~on_line], cents[~on_line], count)
    of_lines = sums(cas_payer[on_line], cents[on_line], count)
    svd_paid = part.numbers(_LINES, "paid_cents")
    paid_lines = sums(svd_payer, svd_paid, count)
    paid, is_paid = part.optional(_PAYERS, "paid_cents")
    has_lines: Flags = np.zeros(count + 1, np.bool_)
    has_lines[svd_payer] = True
    has_cas: Flags = np.zeros(count + 1, np.bool_)
    has_cas[cas_payer] = True
    # Where an amount cannot be read no sum is known; A8 says that the payer was not asked.
    known = ~np.append(part.unreadable("claims"), True)[claim] & ~_not_asked(part, payer_seg, payer_claim)
    decided = known & (is_paid | has_lines[:-1] | has_cas[:-1])

    charge = np.append(part.numbers("claims", "charge_cents"), 0)[claim]
    total = paid + of_claim + of_lines
    _tell(part, report, "cob-claim-out-of-balance", np.flatnonzero(decided & (total != charge)), total, charge)
    expected = paid_lines - of_claim
    rows = np.flatnonzero(known & has_lines[:-1] & (paid != expected))
    _tell(part, report, "cob-paid-differs", rows, paid, expected)
    _lines(part, report, svd_payer, sums(svd, cents, len(svd_paid)) + svd_paid, np.append(known, False))


def _payer_of_line(part: Part, report: Report, claim: Integers) -> Integers:
    """Return the row of `other_payers` that each SVD names, -1 for none; tell of names that fit none or two."""
    payers, lines = part.count(_PAYERS), part.count(_LINES)
    together = [*part.arrow(_PAYERS, "payer_code").chunks, *part.arrow(_LINES, "payer_code").chunks]
    names = coded(pa.chunked_array(together, pa.large_string()))
    line_claim = part.rows(_LINES, "claim_seg", "claims")
    owner = np.concatenate([claim, line_claim])
    key = np.where(owner >= 0, owner * max(len(names.values), 1) + names.at, -1)
    own, asked = key[:payers], key[payers:]
    order = np.argsort(own, kind="stable")
    is_named = np.append(~names.are(("",)), False)
    again = order[1:][(own[order[1:]] == own[order[:-1]]) & (own[order[1:]] >= 0) & is_named[order[1:]]]
    report.add("cob-payer-repeated", part.place(_PAYERS, np.sort(again)), "NM109")
    if not payers or not lines:
        found = np.full(lines, -1, np.int64)
    else:
        at = np.minimum(np.searchsorted(own[order], asked), payers - 1)
        found = np.where(own[order][at] == asked, order[at], -1)
    lost = np.flatnonzero((found < 0) & (line_claim >= 0))
    report.add("cob-payer-unknown", part.place(_LINES, lost), "SVD01", expected="NM109 of loop 2330B")
    return found


def _not_asked(part: Part, payer_seg: Integers, payer_claim: Integers) -> Flags:
    """Tell which payers have AMT*A8: the claim was not sent to them, as surely not covered."""
    flags: Flags = np.zeros(len(payer_seg) + 1, np.bool_)
    qualifier = part.coded("amounts", "qualifier_code")
    rows = np.flatnonzero(qualifier.are(_NOT_COVERED))
    seg, claim = part.numbers("amounts", "seg")[rows], part.numbers("amounts", "claim_seg")[rows]
    flags[last_before(payer_seg, payer_claim, seg, claim)] = True
    return flags[:-1]


def _lines(part: Part, report: Report, svd_payer: Integers, explained: Integers, known: Flags) -> None:
    """Add up what a payer says of a line in one SVD or several, and compare it with the charge of the line."""
    if not len(svd_payer) or not report.wants("cob-line-out-of-balance"):
        return
    line = part.rows(_LINES, "service_seg", "service_lines")
    key = line * (len(known) + 1) + svd_payer
    good = (line >= 0) & (svd_payer >= 0) & known[svd_payer]
    distinct, first, at = np.unique(key, return_index=True, return_inverse=True)
    total = sums(at, explained, len(distinct))
    # The last one answers for -1.
    charge = np.append(part.numbers("service_lines", "charge_cents"), 0)[line[first]]
    rows = np.flatnonzero(good[first] & (total != charge))
    rows = rows[np.argsort(first[rows])]
    report.add(
        "cob-line-out-of-balance", part.place(_LINES, first[rows]), "SVD02",
        found=[amount(value) for value in total[rows].tolist()],
        expected=[amount(value) for value in charge[rows].tolist()],
    )  # fmt: skip


def _tell(part: Part, report: Report, rule: str, rows: Integers, found: Integers, expected: Integers) -> None:
    """Tell of payers at their AMT*D."""
    if not len(rows):
        return
    paid = np.flatnonzero(part.coded("amounts", "qualifier_code").are(_PAID))
    seg, claim = part.numbers("amounts", "seg")[paid], part.numbers("amounts", "claim_seg")[paid]
    owner = last_before(part.numbers(_PAYERS, "seg"), part.numbers(_PAYERS, "claim_seg"), seg, claim)
    own, theirs = part.place(_PAYERS, rows), part.place("amounts", paid)
    at = {payer: place for place, payer in enumerate(owner.tolist())}
    where = np.array([at.get(row, -1) for row in rows.tolist()], np.int64)
    place = Place(
        *(np.where(where >= 0, np.append(one, 0)[where], other) for one, other in zip(theirs, own, strict=True))
    )
    report.add(
        rule, place, ["AMT02" if one >= 0 else "" for one in where.tolist()],
        found=[amount(value) for value in found[rows].tolist()],
        expected=[amount(value) for value in expected[rows].tolist()],
    )  # fmt: skip
