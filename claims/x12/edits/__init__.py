"""Rules that no guide says (SNIP 3 to 5): parts of a file in, findings out; each rule is a row with a switch."""

from claims.x12.edits.edits import Edits
from claims.x12.edits.rules import Rule, rules

__all__ = ["Edits", "Rule", "rules"]
