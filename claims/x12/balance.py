"""Balance: frames of a window in; what does not add up as findings, and sums per transaction set, out.

835 at line, claim and transaction (the three rules of the 835 guide, amounts signed as in the file), 837 as CLM02 = sum
of its lines. All sums are of integers: no amount ever becomes a float.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claims.findings import HOLD, NOTE, Finding
from claims.money import amount
from claims.x12.extract import Extract
from claims.x12.listed import listed
from claims.x12.numbers import Flags, Integers
from claims.x12.window import Window


def sums(owners: Integers, values: Integers, count: int) -> Integers:
    """Add integers up by owner (0 to `count` - 1, -1 for none), exactly."""
    total = np.zeros(count + 1, np.int64)
    np.add.at(total, owners, values)
    return total[:count]


@dataclass
class Checked:
    """Per claim and per line of a window, in order: whether all amounts could be read and it balances."""

    claim_good: Flags
    line_good: Flags
    findings: list[Finding]


def _unreadable(extract: Extract | None, *columns: str) -> Flags:
    found: Flags = np.zeros(len(extract) if extract else 0, np.bool_)
    if extract:
        for column in columns:
            if column in extract.unreadable:
                found |= extract.unreadable[column]
    return found


def _values(extract: Extract | None, column: str) -> Integers:
    return np.asarray(extract.columns[column]) if extract else np.zeros(0, np.int64)


def _rows(extract: Extract | None) -> Integers:
    return extract.rows if extract else np.zeros(0, np.int64)


def _some(owners: Integers, flags: Flags, count: int) -> Flags:
    found: Flags = np.zeros(count + 1, np.bool_)
    found[owners[flags]] = True
    return found[:count]


def _too_much(adjusted: int, charge: int) -> str:
    """Say what a payment below zero would mean: the adjustments are more than what was charged."""
    return f" (its adjustments add up to {amount(adjusted)})" if 0 <= charge < adjusted else ""


def remittance(window: Window, claims: Extract | None, lines: Extract | None, adjustments: Extract | None) -> Checked:
    """Check lines and claims of an 835: charge - adjustments = paid, at each level."""
    claim_rows, line_rows, cas_rows = _rows(claims), _rows(lines), _rows(adjustments)
    amounts, bad_cas = _values(adjustments, "amount_cents"), _unreadable(adjustments, "amount_cents")
    count, line_count = len(claim_rows), len(line_rows)

    line_of_cas = window.owner("service", cas_rows)
    charge, paid = _values(lines, "charge_cents"), _values(lines, "paid_cents")
    explained = sums(line_of_cas, amounts, line_count)
    line_off = charge - explained - paid
    line_known = ~(_unreadable(lines, "charge_cents", "paid_cents") | _some(line_of_cas, bad_cas, line_count))

    claim_of_cas = window.owner("claim", cas_rows)
    claim_charge, claim_paid = _values(claims, "charge_cents"), _values(claims, "paid_cents")
    claim_explained = sums(claim_of_cas, amounts, count)
    claim_off = claim_charge - claim_explained - claim_paid
    claim_known = ~(_unreadable(claims, "charge_cents", "paid_cents") | _some(claim_of_cas, bad_cas, count))

    claim_of_line = window.owner("claim", line_rows)
    billed = sums(claim_of_line, charge, count)
    has_lines = np.bincount(claim_of_line[claim_of_line >= 0], minlength=count) > 0
    lines_known = claim_known & ~_some(claim_of_line, ~line_known, count)
    short = has_lines & lines_known & (billed != claim_charge)

    found = [
        _finding(
            window, line_rows[row], "line-out-of-balance", HOLD, "SVC03", int(paid[row]),
            int(charge[row] - explained[row]),
            f"paid {amount(paid[row])} leaves {amount(line_off[row])} of {amount(charge[row])} unexplained"
            f"{_too_much(explained[row], charge[row])}; transaction set held from posting",
        )
        for row in _listed(window, line_rows, (line_off != 0) & line_known, "line-out-of-balance", HOLD, "SVC03")
    ]  # fmt: skip
    found += [
        _finding(
            window, claim_rows[row], "claim-out-of-balance", HOLD, "CLP04", int(claim_paid[row]),
            int(claim_paid[row] + claim_off[row]),
            f"paid {amount(claim_paid[row])} leaves {amount(claim_off[row])} of {amount(claim_charge[row])} "
            f"unexplained{_too_much(claim_explained[row], claim_charge[row])}; transaction set held from posting",
        )
        for row in _listed(window, claim_rows, (claim_off != 0) & claim_known, "claim-out-of-balance", HOLD, "CLP04")
    ]  # fmt: skip
    found += [
        _finding(
            window, claim_rows[row], "service-lines-do-not-add-up", NOTE, "CLP03", int(billed[row]),
            int(claim_charge[row]),
            f"its lines charge {amount(billed[row])} of {amount(claim_charge[row])}; the difference of "
            f"{amount(claim_charge[row] - billed[row])} belongs to no line; read on",
        )
        for row in _listed(window, claim_rows, short, "service-lines-do-not-add-up", NOTE, "CLP03")
    ]  # fmt: skip
    return Checked((claim_off == 0) & claim_known, (line_off == 0) & line_known, found)


def charges(window: Window, claims: Extract | None, lines: Extract | None) -> Checked:
    """Check claims of an 837: CLM02 is the sum of the charges of its lines."""
    claim_rows, line_rows = _rows(claims), _rows(lines)
    stated, charge = _values(claims, "charge_cents"), _values(lines, "charge_cents")
    bad = _unreadable(lines, "charge_cents")
    claim_of_line = window.owner("claim", line_rows)
    count = len(claim_rows)
    total = sums(claim_of_line, charge, count)
    known = ~(_unreadable(claims, "charge_cents") | _some(claim_of_line, bad, count))
    off = stated - total
    found = [
        _finding(
            window, claim_rows[row], "claim-total-differs", NOTE, "CLM02", int(stated[row]), int(total[row]),
            f"charge {amount(stated[row])} is {amount(off[row])} off the {amount(total[row])} of its lines; read on",
        )
        for row in _listed(window, claim_rows, (off != 0) & known, "claim-total-differs", NOTE, "CLM02")
    ]  # fmt: skip
    return Checked((off == 0) & known, ~bad, found)


def _listed(window: Window, rows: Integers, wrong: Flags, code: str, severity: str, element: str) -> Integers:
    at = np.flatnonzero(wrong)
    return at[listed(window.owners, rows[at], code, severity, element)]


def _finding(
    window: Window, row: int, code: str, severity: str, element: str, found: int, expected: int, rest: str
) -> Finding:
    seg = int(window.seg(row))
    return Finding(
        code, severity, f"segment {seg}, {element}: {rest}.", seg, element, int(window.tokens.offset[row]),
        amount(found), amount(expected), "", window.owners.at(int(row)).seg,
    )  # fmt: skip


def transaction(seg: int, transaction_seg: int, offset: int, payment: int, paid: int, plb: int) -> Finding | None:
    """Check an 835 as a whole: sum of CLP04 - sum of PLB = BPR02."""
    off = paid - plb - payment
    if off == 0:
        return None
    return Finding(
        "remittance-out-of-balance", HOLD,
        f"segment {seg}, BPR02: payment {amount(payment)} is {amount(-off)} off the claims' {amount(paid)} less the "
        f"provider adjustments' {amount(plb)}; transaction set held from posting.",
        seg, "BPR02", offset, amount(payment), amount(paid - plb), "", transaction_seg,
    )  # fmt: skip
