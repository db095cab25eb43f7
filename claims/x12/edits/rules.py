"""The rules beyond the guides as rows: `rules.csv` and a user's switches in; the rules that are on out."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from claims.errors import ConfigError
from claims.findings import SEVERITIES

ON, OFF = "on", "off"
SWITCHES = (OFF, ON, *SEVERITIES)


class Rule(NamedTuple):
    """A row of `rules.csv`. Several rules may share the `code` of their findings; `default` is on or off.

    `title` fits every case; `sentence` has places for what was found and expected.
    """

    id: str
    code: str
    sets: str
    severity: str
    default: str
    ack_code: str
    title: str
    sentence: str
    advice: str
    source: str


@cache
def rules() -> dict[str, Rule]:
    """Return all rules by their id."""
    text = resources.files("claims.x12.edits").joinpath("rules.csv").read_text("utf-8")
    return {row["id"]: Rule(**row) for row in csv.DictReader(text.splitlines())}


def switched(settings: Mapping[str, str]) -> dict[str, Rule]:
    """Return the rules that are on; `settings` gives a rule's id `off`, `on`, or another severity."""
    for name, value in settings.items():
        if name not in rules():
            raise ConfigError(f"check.{name}", "no such rule; docs/check.md lists them")
        if value not in SWITCHES:
            raise ConfigError(f"check.{name}", f"can be {', '.join(SWITCHES)}")
    chosen = {}
    for rule in rules().values():
        value = settings.get(rule.id, rule.default)
        if value != OFF:
            chosen[rule.id] = rule if value == ON else rule._replace(severity=value)
    return chosen
