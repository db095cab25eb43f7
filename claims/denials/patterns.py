"""Denials counted by cause and day come in; the causes that hit many claims within some weeks go out.

Ten or more of the same payer, reason, remarks and procedure within thirty days are one error, of the payer's system or
of our own data: it is found and mended once, and its cases are worked together.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from claims.denials.deadlines import as_days

SAME = ["payer_code", "reason_code", "remark_codes", "procedure_codes"]
LEAST, WITHIN_DAYS = 10, 30
_FAR = 10_000_000  # more days than any two cases are apart


def patterns(counted: pd.DataFrame) -> pd.DataFrame:
    """Return the days that belong to a pattern: SAME, remit_date, pattern_key, cases.

    ``counted``: SAME, remit_date (ISO, never empty), cases. A day belongs when it lies in some thirty days that hold
    enough cases.
    """
    rows = counted.assign(day=as_days(counted["remit_date"]).astype("int64"))
    rows["cause"] = rows.groupby(SAME, sort=False).ngroup()
    rows = rows.sort_values(["cause", "day"], ignore_index=True)
    place = rows["cause"].to_numpy("int64") * _FAR + rows["day"].to_numpy("int64")
    total = np.append(0, np.cumsum(rows["cases"].to_numpy("int64")))
    end = np.searchsorted(place, place + WITHIN_DAYS, side="left")
    begins = total[end] - total[:-1] >= LEAST
    # Each window that is full enough covers the rows from its own to its end.
    covered = np.zeros(len(rows) + 1, dtype=np.int64)
    np.add.at(covered, np.flatnonzero(begins), 1)
    np.add.at(covered, end[begins], -1)
    found = rows[np.cumsum(covered)[:-1] > 0].drop(columns=["day", "cause"]).reset_index(drop=True)
    return found.assign(pattern_key=pd.Series([_key(one) for one in found[SAME].itertuples(index=False)], dtype="str"))


def _key(same: tuple[str, ...]) -> str:
    return hashlib.sha256("\x1f".join(same).encode()).hexdigest()
