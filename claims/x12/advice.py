"""The code of a finding in; what it says of all its cases, and what to do about it, out.

The codes of conformance have both in `conform/rules.csv`, those of rules beyond the guides in `edits/rules.csv`, all
others in `advice.csv`.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple

from claims.x12.conform.rules import by_code
from claims.x12.edits.rules import rules as edit_rules


class Advice(NamedTuple):
    """One sentence that fits every case of a code, and one that says what to do; neither ends in a full stop.

    `{found}` and `{expected}` in it stand for what each case has of its own.
    """

    sentence: str
    advice: str


# A code of several rules: which of them, each case says.
_SHARED = {
    "not-checked": Advice(
        "codes were not checked: {found}",
        "Put a list for the day into the folder code_lists (docs/check.md)",
    )
}


@cache
def known() -> dict[str, Advice]:
    """Return the advice on every code."""
    text = resources.files("claims.x12").joinpath("advice.csv").read_text("utf-8")
    found = {row["code"]: Advice(row["sentence"], row["advice"]) for row in csv.DictReader(text.splitlines())}
    beyond = {rule.code: Advice(rule.sentence, rule.advice) for rule in edit_rules().values()}
    return found | beyond | {code: Advice(rule.sentence, rule.advice) for code, rule in by_code().items()} | _SHARED


def advice(code: str) -> str:
    """Say what to do about findings with this code; `""` when there is no such code."""
    return known()[code].advice if code in known() else ""
