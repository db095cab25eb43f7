"""The kinds of master data and their columns, from columns.csv; what a frame of a kind looks like."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import pandas as pd

from claims.master.kinds import FIRST_DAY, KINDS, LAST_DAY


class Column(NamedTuple):
    """One column of a kind's CSV; `target` is its name in frames."""

    name: str
    values: str
    is_key: bool
    is_required: bool
    default: str
    longest: int
    one_of: tuple[str, ...]
    example: str
    says: str

    @property
    def target(self) -> str:
        """Amounts are cents in frames, percentages thousandths of one, and say so."""
        return self.name + {"amount": "_cents", "percent": "_milli"}.get(self.values, "")

    @property
    def dtype(self) -> str:
        """Give the dtype of the column in frames."""
        return KINDS[self.values].dtype

    @property
    def value_of_empty(self) -> str | int:
        """Give what an empty cell means in frames."""
        how = KINDS[self.values]
        value = how.read(self.default) if self.default else None
        return value if value is not None else "" if how.dtype == "str" else 0


EFFECTIVE = (
    Column("effective_from", "bound", False, False, FIRST_DAY, 10, (), "2026-01-01", "First day; empty: always"),
    Column(
        "effective_to",
        "bound",
        False,
        False,
        LAST_DAY,
        10,
        (),
        "2026-12-31",
        "Last day; empty: until the next row of the same key begins",
    ),
)


@cache
def table() -> pd.DataFrame:
    """Give columns.csv as it is."""
    with (resources.files(__package__) / "columns.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def columns() -> dict[str, tuple[Column, ...]]:
    """Give the columns of each kind, without the two of `EFFECTIVE`, which every kind has."""
    found: dict[str, list[Column]] = {}
    for row in table().to_dict("records"):
        found.setdefault(row["kind"], []).append(
            Column(
                row["column"],
                row["values"],
                row["key"] == "Y",
                row["required"] == "Y",
                row["default"],
                int(row["longest"]),
                tuple(row["one_of"].split()),
                row["example"],
                row["says"],
            )
        )
    return {kind: tuple(own) for kind, own in found.items()}


def keys(kind: str) -> list[str]:
    """Name the key columns of a kind, as in its frame."""
    return [column.target for column in columns()[kind] if column.is_key]


def nothing(kind: str) -> pd.DataFrame:
    """Give a frame of the kind without rows."""
    return _nothing(kind).copy()


@cache
def _nothing(kind: str) -> pd.DataFrame:
    own: dict[str, Any] = {
        column.target: pd.Series([], dtype=column.dtype) for column in (*columns()[kind], *EFFECTIVE)
    }
    return pd.DataFrame(own)
