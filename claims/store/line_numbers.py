"""Line control numbers that we gave (LN and ten digits) are sealed with the batch that they leave in.

No file that came says them, and payments are matched by them: one that somebody else writes draws the payments of
another claim. A batch gives them in the order of its lines, so a seal tells whole stretches: first and last
service_line_id, and the number of the first.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import schema, seals

L, SEALS = schema.service_lines, schema.row_seals
_OURS = re.compile(r"\ALN(\d{10})\Z", re.ASCII)
_NAME = f"{L.name}.{L.c.line_control_number.name}"
_STRETCH = re.compile(r"(\d{1,18})-(\d{1,18})=(\d{1,10})", re.ASCII)
_MOST = 100_000_000  # no key is higher, whatever somebody wrote into a seal


def seal(conn: sa.Connection, lines: pd.DataFrame) -> None:
    """Seal what lines have by now (service_line_id, line_control_number); numbers of others, their files tell."""
    own = lines["line_control_number"].str.extract(_OURS)[0]
    given = lines.loc[own.notna(), ["service_line_id"]].assign(number=own.dropna().astype("int64"))
    if given.empty:
        return
    given = given.sort_values("service_line_id", ignore_index=True)
    is_first = (given.diff() != 1).any(axis=1)
    parts = given.groupby(is_first.cumsum()).agg(
        first=("service_line_id", "first"), last=("service_line_id", "last"), number=("number", "first")
    )
    told = " ".join(f"{first}-{last}={number}" for first, last, number in parts.itertuples(index=False))
    seals.write(conn, [{"table_name": _NAME, "seals": told, "befores": ""}])


class Given:
    """The numbers that we gave, by service_line_id: 8 bytes for each line up to the last that has one."""

    def __init__(self, conn: sa.Connection) -> None:
        select = sa.select(SEALS.c.seals).where(SEALS.c.table_name == _NAME).order_by(SEALS.c.row_seal_id)
        told = [
            keys for text in conn.scalars(select) for one in str(text).split(" ") if (keys := _STRETCH.fullmatch(one))
        ]
        parts = [(int(keys[1]), min(int(keys[2]), _MOST), int(keys[3])) for keys in told]
        self._number = np.zeros(max((last for _, last, _ in parts), default=0) + 1, dtype="int64")
        for first, last, number in parts:
            self._number[first : last + 1] = np.arange(number, number + max(last + 1 - first, 0))

    def of(self, service_line_ids: pd.Series[int]) -> pd.Series[str]:
        """Give the number of each of these lines; empty where it has none of ours."""
        ids = service_line_ids.to_numpy()
        is_known = (ids >= 0) & (ids < len(self._number))
        numbers = np.where(is_known, self._number[np.where(is_known, ids, 0)], 0).tolist()
        texts = [f"LN{number:010d}" if number else "" for number in numbers]
        return pd.Series(texts, index=service_line_ids.index, dtype="str")
