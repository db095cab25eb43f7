"""Which steps of a night have looked at a posting (`denials_at`, `life_at`, `priced_at`) is sealed by step.

A night marks all its postings, some of them three times: a seal for each would be most of all seals. So each step
appends one row to the chain of seals, with the instant and the keys that it marked, and the last one that names a
posting says how its mark stands. A mark that somebody sets beside the program hides a denial or a variance that nobody
has looked for; one that somebody takes off lets what ended count on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import chain, schema, seals
from claims.store.load import frame

P, SEALS = schema.claim_postings, schema.row_seals
DENIALS, LIFE, PRICED = STEPS = ("denials_at", "life_at", "priced_at")
_NONE = "-"  # in place of the instant: the mark was taken off
_RANGE = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?", re.ASCII)
_MOST = 100_000_000  # no key is higher, whatever somebody wrote into a seal


def mark(conn: sa.Connection, step: str, at: str | None, *conditions: sa.ColumnElement[bool] | sa.TextClause) -> int:
    """Set the mark of a step on the postings that fit the conditions, or take it off (None); give how many."""
    ids = [int(one) for one in conn.scalars(sa.select(P.c.claim_posting_id).where(*conditions))]
    if ids:
        conn.execute(sa.update(P).where(*conditions).values({step: at}))
        seal(conn, [step], at, ids)
    return len(ids)


def seal(conn: sa.Connection, steps: Iterable[str], at: str | None, claim_posting_ids: Iterable[int]) -> None:
    """Seal that these postings have these marks by now: of postings that were put in with them."""
    ids = np.unique(np.fromiter(claim_posting_ids, dtype="int64"))
    if len(ids):
        told = f"{at or _NONE} {_ranges(ids)}"
        seals.write(conn, [{"table_name": _name(step), "seals": told, "befores": ""} for step in steps])


def unlike(conn: sa.Connection) -> list[str]:
    """Name postings with marks that no step of a night has left so."""
    return [f"{subject(key)}: {step} is not as the night has left it" for key, step, _ in _differing(conn)]


def subject(claim_posting_id: int) -> str:
    """Name the marks of a posting, as `unlike` does."""
    return f"{CALLED} {claim_posting_id}"


CALLED = "steps of claim posting"


def accept(conn: sa.Connection, claim_posting_id: int) -> int:
    """Seal the marks of a posting as somebody left them; give how many were not as the night has left them."""
    found = list(_differing(conn, P.c.claim_posting_id == claim_posting_id))
    for key, step, at in found:
        seal(conn, [step], at or None, [key])
    return len(found)


def _name(step: str) -> str:
    return f"{P.name}.{step}"


def _ranges(ids: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    """Write sorted keys as `1-9 12`."""
    breaks = np.flatnonzero(np.diff(ids) != 1)
    firsts, lasts = ids[np.append(0, breaks + 1)], ids[np.append(breaks, len(ids) - 1)]
    return " ".join(f"{a}-{b}" if a != b else str(a) for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True))


def _differing(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> Iterator[tuple[int, str, str]]:
    """Give claim_posting_id, step and mark of each posting that is marked otherwise than its last seal says."""
    told = {step: _Told(conn, step) for step in STEPS}
    start = chain.LEAST
    while True:
        select = sa.select(P.c.claim_posting_id, *(P.c[step] for step in STEPS)).where(P.c.claim_posting_id >= start)
        select = select.where(*conditions).order_by(P.c.claim_posting_id).limit(seals.ROWS_AT_ONCE)
        rows = frame(conn, select)
        for step in STEPS:
            stands = rows[step].fillna("").astype("str")
            odd = rows.index[stands.to_numpy() != told[step].of(rows["claim_posting_id"])]
            yield from ((int(rows["claim_posting_id"][one]), step, str(stands[one])) for one in odd)
        if len(rows) < seals.ROWS_AT_ONCE:
            return
        start = int(rows["claim_posting_id"].max()) + 1


class _Told:
    """The instant of the last seal that names each posting: 4 bytes for each."""

    def __init__(self, conn: sa.Connection, step: str) -> None:
        select = sa.select(SEALS.c.seals).where(SEALS.c.table_name == _name(step)).order_by(SEALS.c.row_seal_id)
        self._instants, parts = [""], list[tuple[int, int, int]]()
        for text in conn.scalars(select):
            at, *ranges = str(text).split(" ")
            self._instants.append("" if at == _NONE else at)
            for one in ranges:
                if keys := _RANGE.fullmatch(one):  # not what somebody spoiled: the chain names it
                    parts.append((int(keys[1]), int(keys[2] or keys[1]), len(self._instants) - 1))
        self._number = np.zeros(min(max((last for _, last, _ in parts), default=0), _MOST) + 1, dtype="int32")
        for begin, end, place in parts:
            self._number[begin : end + 1] = place

    def of(self, claim_posting_ids: pd.Series[int]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        """Give the instant of each of these; empty where no seal names it, or takes its mark off."""
        ids = claim_posting_ids.to_numpy()
        is_known = (ids >= 0) & (ids < len(self._number))
        numbers = np.where(is_known, self._number[np.where(is_known, ids, 0)], 0)
        return np.asarray(self._instants, dtype=object)[numbers]
