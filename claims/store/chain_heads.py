"""What the keyed chains tell of the others: the stretches that were appended to them, and where they end.

The hashes of journals and of events are plain: who can write to the database can change a row and work out every hash
after it again, or append one. So each stretch that the program appends has a keyed seal (`store.seals.stretch`), in the
same transaction; `beside` names what lies in none. Each run puts the last row of each chain, seals too, into an event
of the audit chain; `unlike` holds the chains against every one of those events, `Head` against what was noted
elsewhere. That event has a seal in its turn (`seal_event`): neither of the two keyed chains is cut at its end alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from claims.errors import AlteredBooksError
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


def ends(conn: sa.Connection) -> dict[str, list[int | str]]:
    """Give number and hash of the last row of every chain, in the order of a head; 0 and zeros: it has none."""
    return {table.name: [*chain.end(conn, table)] for table in CHAINS}


def is_told(conn: sa.Connection, told: dict[str, list[int | str]]) -> bool:
    """Tell whether the last event that told of the chains said just this, or there is nothing to tell.

    Seals of runs, and of such events, are no news alone: else every run that changed nothing would add an event that
    says so. The next one that did tells of them.
    """
    select = sa.select(EVENTS.c.body).where(EVENTS.c.action == TOLD).order_by(EVENTS.c.seq.desc()).limit(1)
    known = _read(str(conn.scalar(select) or "{}"))
    sealed, _ = known.pop(SEALS.name, (0, ""))
    if known != {name: tuple(one) for name, one in told.items() if name != SEALS.name}:
        return False
    news = sa.select(sa.literal(1)).where(
        SEALS.c.row_seal_id > sealed, SEALS.c.table_name.not_in((schema.runs.name, EVENTS.name))
    )
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
    if known is not None and not leads_to(conn, known):
        found.append("the chains of journals and events do not lead to the head that was noted")
    return sum(map(len, told.values())), found


def leads_to(conn: sa.Connection, known: Head) -> bool:
    """Tell whether the chains lead through a head that was noted."""
    return _joined(conn, known.numbers) == known.hash


def seal_event(conn: sa.Connection, seq: int) -> None:
    """Seal that the audit chain has come to this event."""
    mac = conn.scalar(sa.select(EVENTS.c.mac).where(EVENTS.c.seq == seq))
    seals.write(conn, [{"table_name": EVENTS.name, "seals": f"{seq} {seq} {mac}", "befores": ""}])


def cut(conn: sa.Connection, false: Collection[int]) -> list[str]:
    """Say when the audit chain does not lead to an event that seals tell of: the first. `false`: as in `beside`."""
    told = {seq: mac for seq, _, mac in seals.stretches(conn, EVENTS, false)}
    here = dict[int, str]()
    for part in in_parts(sorted(told)):
        rows = conn.execute(sa.select(EVENTS.c.seq, EVENTS.c.mac).where(EVENTS.c.seq.in_(part)))
        here.update({int(seq): str(mac) for seq, mac in rows})
    off = [seq for seq, mac in told.items() if here.get(seq) != mac]
    return [f"the audit chain does not lead to event {off[0]}, which a seal tells of: it was cut"] if off else []


def take_over(conn: sa.Connection) -> int:
    """Let the seals of books of an earlier version be keyed from now on; give the number of the first that is.

    Gives 0 where they are keyed already. Raises AlteredBooksError where the chains are not those that the audit chain
    tells of, or it tells of none: somebody has put plain seals in place of keyed ones.
    """
    if seals.begun_at(conn) or not seals.head(conn).row_seal_id:
        return 0
    told, found = unlike(conn)
    if found or not told:
        raise AlteredBooksError(found[0] if found else "the audit chain tells nothing of them")
    seals.begin(conn)
    return seals.begun_at(conn)


def beside(conn: sa.Connection, false: Collection[int]) -> tuple[int, list[str]]:
    """Count the stretches that seals tell of, and name rows of each chain that lie in none: the first such place.

    `false`: numbers of seals that the program has not written so; they tell nothing. What was there before the first
    keyed seal is held by the ends that the audit chain told of it (`unlike`).
    """
    begun, count, found = seals.begun_at(conn), 0, list[str]()
    if not begun:
        return 0, []  # said of the seals
    told_then = conn.scalar(sa.select(SEALS.c.seals).where(SEALS.c.row_seal_id == begun))
    ends = {} if begun in false else _read(str(told_then))
    for table, called in zip(seals.PLAIN, CALLED, strict=False):
        told = [(1, *ends.get(table.name, (0, chain.START))), *seals.stretches(conn, table, false)]
        count += len(told) - 1
        here = _hashes(conn, table, {last for _, last, _ in told})
        end = told[0][1]
        for first, last, _ in [*told[1:], (chain.end(conn, table)[0] + 1, 0, "")]:
            if first > end + 1:
                found.append(
                    f"the {called} {end + 1} to {first - 1} were put in beside the program: no sound seal tells of them"
                )
                break
            end = last
        off = [last for _, last, hashed in told if here.get(last) != hashed]
        if off:
            found.append(
                f"the {called} do not lead to what seals tell of them, first at {off[0]}: it is gone or another"
            )
    return count, found


def _joined(conn: sa.Connection, numbers: Sequence[int]) -> str:
    hashes = [_hashes(conn, table, {one}).get(one, "") for table, one in zip(CHAINS, numbers, strict=False)]
    return sha256(":".join(hashes).encode()).hexdigest()


def _hashes(conn: sa.Connection, table: sa.Table, numbers: Iterable[int]) -> dict[int, str]:
    number = _number(table)
    found = {0: chain.START}
    for part in in_parts(sorted(one for one in numbers if one < 1 << 63)):  # a higher one is of who spoiled an event
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
