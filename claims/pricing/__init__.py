"""What a contract says a service is worth: fee schedules and terms in; expected allowed amounts and their sums out."""

from claims.pricing.expected import Expected, expected_allowed
from claims.pricing.variance import variances

__all__ = ["Expected", "expected_allowed", "variances"]
