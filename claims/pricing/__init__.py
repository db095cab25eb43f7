"""What a contract says a service is worth: fee schedules and terms in; expected allowed amounts and their sums out.

Decided lines held against it become variance cases: `granted`, `standings`, `cases` and `compare`, in this order.
"""

from claims.pricing.cases import case_keys, cases
from claims.pricing.changes import Changes, compare, with_states
from claims.pricing.expected import Expected, expected_allowed
from claims.pricing.granted import NEVER, granted, standings
from claims.pricing.variance import TOLERANCE_CENTS, TOLERANCE_MILLI, variances

__all__ = [
    "NEVER",
    "TOLERANCE_CENTS",
    "TOLERANCE_MILLI",
    "Changes",
    "Expected",
    "case_keys",
    "cases",
    "compare",
    "expected_allowed",
    "granted",
    "standings",
    "variances",
    "with_states",
]
