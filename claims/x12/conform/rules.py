"""The rules of conformance as rows: which finding a fault gives, with which codes, in which words.

A 999 can point at a segment between ST and SE only. What is wrong around them is said by a TA1, by AK9 or by IK5:
`envelope_codes.csv` has the code for it by element, else by segment.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple


class Rule(NamedTuple):
    """A row of `rules.csv`; `reference` is the level and code that pyx12 has for the same fault, if any."""

    fault: str
    code: str
    reference: str
    ack_code: str
    sentence: str
    advice: str


@cache
def rules() -> dict[str, Rule]:
    """Return all rules by their fault."""
    text = resources.files("claims.x12.conform").joinpath("rules.csv").read_text("utf-8")
    return {row["fault"]: Rule(**row) for row in csv.DictReader(text.splitlines())}


@cache
def _envelope_codes() -> dict[tuple[str, str], str]:
    text = resources.files("claims.x12.conform").joinpath("envelope_codes.csv").read_text("utf-8")
    return {(row["place"], row["instead_of"]): row["ack_code"] for row in csv.DictReader(text.splitlines())}


def ack_code(rule: Rule, segment_id: str, element: str, *, is_in_set: bool) -> str:
    """Return the code of an acknowledgement for a fault at an element (or "") of a segment."""
    codes, own = _envelope_codes(), rule.ack_code
    found = codes.get((element, own)) or codes.get((element, "")) or codes.get((segment_id, ""))
    return found or (own if is_in_set else "TA1 022")


@cache
def by_code() -> dict[str, Rule]:
    """Return all rules by the code of their finding."""
    return {rule.code: rule for rule in rules().values()}
