"""What the simulated payers go by: the CSV tables of this folder as frames with whole numbers."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources

import pandas as pd

_WHOLE = {
    "payers": ["weekday", "fee_percent", "deductible_cents", "coinsurance_percent", "copay_cents", "filing_limit_days"],
    "procedures": ["charge_cents", "allowed_cents", "units_limit"],
    "profiles": ["weight", "ordinal", "units"],
    "causes": ["priority"],
    "names": [],
}


@cache
def _stored(name: str) -> pd.DataFrame:
    with (resources.files(__package__) / f"{name}.csv").open(encoding="utf-8") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    return frame.astype(dict.fromkeys(_WHOLE[name], "int64"))


def table(name: str) -> pd.DataFrame:
    """Give a table of this folder by its name: text columns, `""` when empty, and int64 columns."""
    return _stored(name).copy()


def yyyymmdd(day: date) -> int:
    """Give a day as frames hold it."""
    return int(day.strftime("%Y%m%d"))
