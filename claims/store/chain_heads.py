"""The ends of the chains that need no key, as the audit chain tells them.

The hashes of journals, of events and of seals are plain: who can write to the database can change a row and work out
every hash after it again. So each run puts the last row of each chain into an event of the audit chain, which nobody
makes without the key; `unlike` holds the chains against every one of those events, `Head` against what was noted
elsewhere.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from claims.store import chain, schema
from claims.store.rows import in_parts

TOLD = "chains.told"
EVENTS, SEALS = schema.audit_events, schema.row_seals
# In the order in which a head that was noted has them: a new one comes last.
CHAINS = (
    schema.journals,
    schema.denial_events,
    schema.variance_events,
    schema.exception_events,
    SEALS,
)
CALLED = ("journals", "events of denial cases", "events of variance cases", "events of exceptions", "seals")


class Head(NamedTuple):
    """The number of the last row of each chain, and one hash over the hashes of those rows."""

    numbers: tuple[int, ...]
    hash: str


def body(conn: sa.Connection) -> dict[str, list[int | str]]:
    """What an event says: number and hash of the last row of each chain that has one."""
    found: dict[str, list[int | str]] = {}
    for table in CHAINS:
        number = _number(table)
        last = conn.execute(sa.select(number, table.c.hash).order_by(number.desc()).limit(1)).first()
        if last is not None:
            found[table.name] = [int(last[0]), str(last[1])]
    return found


def is_told(conn: sa.Connection, told: dict[str, list[int | str]]) -> bool:
    """Tell whether the last event that told of the chains said just this, or there is nothing to tell.

    Seals of runs alone are no news: else every run that changed nothing would add an event that says so. The next one
    that did tells of them.
    """
    select = sa.select(EVENTS.c.body).where(EVENTS.c.action == TOLD).order_by(EVENTS.c.seq.desc()).limit(1)
    known = _read(str(conn.scalar(select) or "{}"))
    sealed, _ = known.pop(SEALS.name, (0, ""))
    if known != {name: tuple(one) for name, one in told.items() if name != SEALS.name}:
        return False
    news = sa.select(sa.literal(1)).where(SEALS.c.row_seal_id > sealed, SEALS.c.table_name != schema.runs.name)
    return conn.scalar(news.limit(1)) is None


def head(conn: sa.Connection) -> Head:
    """Give the ends of the chains, to be noted elsewhere."""
    told = body(conn)
    numbers = tuple(int(told[table.name][0]) if table.name in told else 0 for table in CHAINS)
    return Head(numbers, _joined(conn, numbers))


def unlike(conn: sa.Connection, known: Head | None = None) -> tuple[int, list[str]]:
    """Count the ends that were told, and name each chain that does not lead through them: the first, and how many."""
    told: dict[str, list[tuple[int, str, int]]] = {table.name: [] for table in CHAINS}
    for seq, text in conn.execute(sa.select(EVENTS.c.seq, EVENTS.c.body).where(EVENTS.c.action == TOLD)):
        for name, (number, hashed) in _read(str(text)).items():
            told.setdefault(name, []).append((int(number), str(hashed), int(seq)))
    found = []
    for table, called in zip(CHAINS, CALLED, strict=True):
        ends = told[table.name]
        here = _hashes(conn, table, {number for number, _, _ in ends})
        off = sorted((seq, number) for number, hashed, seq in ends if here.get(number) != hashed)
        if off:
            seq, number = off[0]
            found.append(
                f"the {called} do not lead to what the audit chain tells of them in {len(off)} event(s), first in "
                f"event {seq}: {number} is gone or another"
            )
    if known is not None and _joined(conn, known.numbers) != known.hash:
        found.append("the chains of journals and events do not lead to the head that was noted")
    return sum(map(len, told.values())), found


def _joined(conn: sa.Connection, numbers: Sequence[int]) -> str:
    hashes = [_hashes(conn, table, {one}).get(one, "") for table, one in zip(CHAINS, numbers, strict=False)]
    return sha256(":".join(hashes).encode()).hexdigest()


def _hashes(conn: sa.Connection, table: sa.Table, numbers: Iterable[int]) -> dict[int, str]:
    number = _number(table)
    found = {0: chain.START}
    for part in in_parts(sorted(numbers)):
        rows = conn.execute(sa.select(number, table.c.hash).where(number.in_(part)))
        found.update({int(one): str(hashed) for one, hashed in rows})
    return found


def _read(text: str) -> dict[str, tuple[int, str]]:
    """Read the body of an event that somebody may have spoiled: the audit chain names it."""
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        return {str(name): (int(number), str(hashed)) for name, (number, hashed) in json.loads(text).items()}
    return {}


def _number(table: sa.Table) -> sa.Column[int]:
    return next(iter(table.primary_key.columns))
