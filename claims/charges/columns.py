"""The table of columns of a charges CSV (columns.csv) in; its rows, typed, out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

import pandas as pd


@cache
def columns() -> pd.DataFrame:
    """Give the table of columns: name, level, frame and target, kind, for which types of claims, what it needs."""
    return table("columns.csv")


@cache
def table(name: str) -> pd.DataFrame:
    """Read a table of this package; all cells are text."""
    with (resources.files(__package__) / name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


class Spec(NamedTuple):
    """One row of the table of columns."""

    column: str
    level: str
    frame: str
    target: str
    kind: str
    claim_types: str
    needed: str
    default: str
    longest: int
    needs: tuple[str, ...]


@cache
def specs() -> tuple[Spec, ...]:
    """Give the table of columns row by row."""
    names = ["column", "level", "frame", "target", "kind", "claim_types", "needed", "default", "longest", "with"]
    rows = columns()[names].values.tolist()
    return tuple(Spec._make([*row[:8], int(row[8]), tuple(row[9].split())]) for row in rows)


def missing(needed: str, present: Iterable[str]) -> list[str]:
    """Name the columns that claims of all these types need and that are not present."""
    found = set(present)
    return [spec.column for spec in specs() if set(needed) <= set(spec.needed) and spec.column not in found]
