"""S02, S31 and S32: how many lines, claims of a set and of a patient there are, and whether they are for real."""

from __future__ import annotations

import numpy as np

from claims.charges.scrub.columns import counts, places
from claims.charges.scrub.work import Look, Work

_MOST_LINES = {"P": 50, "I": 999, "D": 50}
_MOST_IN_SET, _MOST_OF_PATIENT = 5000, 100


def look(work: Work) -> Look:
    """Check the number of lines of each claim, and their own numbers."""
    each = counts(work.claim, len(work.claims))
    for kind, most in _MOST_LINES.items():
        wrong = np.flatnonzero(((each == 0) | (each > most)) & work.is_kind(kind))
        yield work.at_claims("S02a", wrong, found=[str(one) for one in each[wrong].tolist()], expected=f"1 to {most}")
    number = work.lines.numbers("line_number")
    off = np.flatnonzero(number != work.place)
    yield work.at_lines("S02b", off, expected=[str(one) for one in work.place[off].tolist()])


def look_at_usage(work: Work) -> Look:
    """Compare what is sent, invented or real, with what the partner takes."""
    partner = work.partner_says("usage_code")
    if work.usage == "T":
        yield work.at_claims("S31a", partner.are(("P",)), found="T", expected="P")
    if work.usage == "P":
        yield work.at_claims("S31b", partner.are(("T",)), found="T", expected="P")


def look_at_file(work: Work) -> Look:
    """Count the claims of each set and each patient of a file about to be sent."""
    if not work.is_file:
        return
    claims = work.claims
    limit = np.append(work.rules("partners").numbers("claims_per_set"), 0)[work.partner]
    limit = np.where(limit > 0, limit, _MOST_IN_SET)
    place = places(claims.numbers("transaction_seg"))
    over = np.flatnonzero(place > limit)
    yield work.at_claims("S32a", over, expected=[str(one) for one in limit[over].tolist()])
    level = np.where(claims.numbers("patient_seg") > 0, claims.numbers("patient_seg"), claims.numbers("subscriber_seg"))
    yield work.at_claims("S32b", (places(level) > _MOST_OF_PATIENT) & (level > 0), expected=str(_MOST_OF_PATIENT))
