"""S01: charges that do not add up or are below zero, and units that are none."""

from __future__ import annotations

import numpy as np

from claims.charges.scrub.columns import sums
from claims.charges.scrub.work import Look, Work
from claims.money import amount


def look(work: Work) -> Look:
    """Check the amounts of each claim and line; cents have no third decimal."""
    lines = work.lines
    charges, charge = lines.numbers("charge_cents"), work.claims.numbers("charge_cents")
    billed = sums(work.claim, charges, len(charge))
    off = np.flatnonzero(billed != charge)
    yield work.at_claims(
        "S01a", off, found=[amount(one) for one in charge[off].tolist()],
        expected=[amount(one) for one in billed[off].tolist()],
    )  # fmt: skip
    below = np.flatnonzero(charges < 0)
    yield work.at_lines("S01b", below, found=[amount(one) for one in charges[below].tolist()])
    units = lines.numbers("units_milli")
    none = np.flatnonzero((units < 0) | ((units == 0) & (lines.coded("procedure_qualifier").are(lambda q: q != "AD"))))
    yield work.at_lines("S01c", none, found=[f"{one / 1000:g}" for one in units[none].tolist()])
