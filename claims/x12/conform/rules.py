"""The rules of conformance as rows: which finding a fault gives, with which codes, in which words."""

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
def envelope_codes() -> dict[str, str]:
    """Return the TA1 code for what is wrong with an element of the envelope, or else with its segment."""
    text = resources.files("claims.x12.conform").joinpath("envelope_codes.csv").read_text("utf-8")
    return {row["element"]: row["ack_code"] for row in csv.DictReader(text.splitlines())}


@cache
def by_code() -> dict[str, Rule]:
    """Return all rules by the code of their finding."""
    return {rule.code: rule for rule in rules().values()}
