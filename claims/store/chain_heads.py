"""What the keyed chains tell of the others: the stretches that were appended to them, and where they end.

The hashes of journals and of events are plain: who can write to the database can change a row and work out every hash
after it again, or append one. So each stretch that the program appends has a keyed seal (`store.seals.stretch`), in the
same transaction; `beside` names what lies in none. Each run puts the last row of each chain, seals too, into an event
of the audit chain; `unlike` holds the chains against every one of those events, `Head` against what was noted
elsewhere.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from claims.store import chain, schema, seals
from claims.store.rows import in_parts

TOLD = "chains.told"
EVENTS, SEALS = schema.audit_events, schema.row_seals
# In the order in which a head that was noted has them: a new one comes last.
CHAINS = (*seals.PLAIN, SEALS)
CALLED = ("journals", "events of denial cases", "events of variance cases", "events of exceptions", "seals")


class Head(NamedTuple):
    """The number of the last row of each chain, and one hash over the hashes of those rows."""

    numbers: tuple[int, ...]
    hash: str


def body(conn: sa.Connection) -> dict[str, list[int | str]]:
    """What an event says: number and hash of the last row of each chain that has one."""
    found: dict[str, list[int | str]] = {}
    for table in CHAINS:
        last = chain.end(conn, table)
        if last[0]:
            found[table.name] = [*last]
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


def beside(conn: sa.Connection) -> tuple[int, list[str]]:
    """Count the stretches that seals tell of, and name rows of each chain that lie in none: the first such place.

    What was there before the first keyed seal is held by the ends that the audit chain told of it (`unlike`).
    """
    begun = conn.scalar(sa.select(SEALS.c.seals).where(SEALS.c.row_seal_id == seals.begun_at(conn)))
    if begun is None:
        return 0, []
    ends, count, found = _read(str(begun)), 0, list[str]()
    for table, called in zip(seals.PLAIN, CALLED, strict=False):
        told = [(1, *ends.get(table.name, (0, chain.START))), *_stretches(conn, table)]
        count += len(told) - 1
        here = _hashes(conn, table, {last for _, last, _ in told})
        end = told[0][1]
        for first, last, _ in [*told[1:], (chain.end(conn, table)[0] + 1, 0, "")]:
            if first > end + 1:
                found.append(
                    f"the {called} {end + 1} to {first - 1} were put in beside the program: no seal tells of them"
                )
                break
            end = last
        off = [last for _, last, hashed in told if here.get(last) != hashed]
        if off:
            found.append(
                f"the {called} do not lead to what seals tell of them, first at {off[0]}: it is gone or another"
            )
    return count, found


def _stretches(conn: sa.Connection, table: sa.Table) -> list[tuple[int, int, str]]:
    """Give first and last number of each stretch, and the hash of the last; not of what somebody spoiled."""
    select = sa.select(SEALS.c.seals).where(SEALS.c.table_name == table.name).order_by(SEALS.c.row_seal_id)
    told = [(*str(text).split(" "), "", "")[:3] for text in conn.scalars(select)]
    return [(int(first), int(last), hashed) for first, last, hashed in told if first.isdigit() and last.isdigit()]


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
