"""Rules and reference data: a table name comes in, the rows of its CSV file go out, every column as text."""

from __future__ import annotations

from functools import cache
from importlib import resources

import pandas as pd


@cache
def _stored(name: str) -> pd.DataFrame:
    with (resources.files(__package__) / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def table(name: str) -> pd.DataFrame:
    """Return the table ``name`` as a frame of text; an empty cell is ``""``. The caller may change its copy."""
    return _stored(name).copy()


def account_names(accounts: pd.Series[str]) -> pd.Series[str]:
    """Give the name of each account, "" where it is none of the table."""
    names = _stored("accounts").set_index("account")["name"].reindex(accounts)
    return names.fillna("").astype("str").set_axis(accounts.index)
