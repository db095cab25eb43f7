"""Things that wait for somebody, several at once: which still are as the person saw them, and what became of each.

An act takes (id, version as the person saw it; None: who saw nothing asks for nothing), one or thousands, and gives a
`Done`. What was changed since is stale and left alone, what it cannot be done with is refused in words; the rest is one
transaction and one event of the audit chain. A context that only looks (`preview`) writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.service.audited import record, record_shown
from claims.service.context import Context
from claims.service.payer_names import named
from claims.store.engine import looking
from claims.store.handles import Connection

Seen = Sequence[tuple[int, int | None]]
MOST = 20_000  # of one act: some seconds, for which others wait
FIRST = 20  # of those that a person looks at before an act
MOVED_ON = "more has happened to it since"
STALE = "Somebody did something with it since you saw it: look at it once more."


class Done(NamedTuple):
    """What became of it: `act` is the number to undo it by (0: nothing was written), `refused` why -> ids."""

    act: int
    done: list[int]
    stale: list[int]
    refused: dict[str, list[int]]
    cents: int


class Chosen(NamedTuple):
    """What an act may be done with (rows, named by the column `key`), what is stale, and what is refused."""

    kind: str
    key: str
    rows: pd.DataFrame
    stale: list[int]
    refused: dict[str, list[int]]

    @property
    def ids(self) -> list[int]:
        """The numbers of what it may be done with."""
        return [int(one) for one in self.rows[self.key]]

    def without(self, why: Iterable[str]) -> Chosen:
        """Leave out what has a reason (one for each row; empty: none)."""
        said = pd.Series(list(why), index=self.rows.index, dtype="str")
        refused = {name: list(ids) for name, ids in self.refused.items()}
        for name, ids in self.rows.loc[said != "", self.key].groupby(said[said != ""], sort=False):
            refused.setdefault(str(name), []).extend(int(one) for one in ids)
        return self._replace(rows=self.rows[said == ""].reset_index(drop=True), refused=refused)

    def looked(self, cents: str) -> Done:
        """Say what would be done; `cents` names the column of what each is worth."""
        return Done(0, self.ids, self.stale, self.refused, int(self.rows[cents].sum()))

    def recorded(self, ctx: Context, conn: Connection, action: str, body: Mapping[str, Any], cents: str) -> Done:
        """Append the event of what was done, with ids where it is more than one; its number is that of the act."""
        ids = self.ids
        of = f"{self.kind} {ids[0]}" if len(ids) == 1 else f"{self.kind}s"
        many = {} if len(ids) == 1 else {f"{self.kind}s": ids}
        return self.looked(cents)._replace(act=record(ctx, conn, action, of, {**body, **many}))


def versions(rows: pd.DataFrame, names: Iterable[str]) -> list[int]:
    """Tell apart how things stand, by these of their columns: a number for each row."""
    texts = zip(*(rows[name].astype("str").tolist() for name in names), strict=True)
    return [int(sha256("\x1f".join(row).encode()).hexdigest()[:15], 16) for row in texts]


def seen(kind: str, rows: pd.DataFrame, names: Iterable[str]) -> list[tuple[int, int]]:
    """Give rows (`kind`_id names each) as an act takes them: as they stand now."""
    return list(zip(rows[f"{kind}_id"].tolist(), versions(rows, names), strict=True))


def looked_at(ctx: Context, kind: str, rows: pd.DataFrame, cents: str, subject: str) -> pd.DataFrame:
    """Give key (the number), claim_number, payer_code, payer_name, cents of rows that a person looks at: recorded."""
    rows = named(ctx, rows.assign(key=rows[f"{kind}_id"], cents=rows[cents])).sort_values("key")
    if len(rows):
        record_shown(ctx, subject, {f"{kind}s": rows["key"].tolist()})
    return rows[["key", "claim_number", "payer_code", "payer_name", "cents"]]


def chosen(kind: str, rows: pd.DataFrame, seen: Seen, names: Iterable[str], *, changed: bool = False) -> Chosen:
    """Choose of rows (`kind`_id names each) what stands as it was seen; `changed`: the others too.

    `names`: the columns that tell how one stands. Raises NotFoundError for one that is not there, UsageError for too
    many.
    """
    key, wanted = f"{kind}_id", dict(seen)
    if len(wanted) > MOST:
        raise UsageError(f"At most {MOST:,} are done with at once: narrow the list.")
    missing = set(wanted) - set(rows[key].tolist())
    if missing:
        raise NotFoundError(kind, min(missing))
    rows = rows.sort_values(key, ignore_index=True)
    if changed:
        return Chosen(kind, key, rows, [], {})
    now = zip(rows[key].tolist(), versions(rows, names), strict=True)
    is_stale = pd.Series([wanted[one] not in (None, version) for one, version in now], index=rows.index, dtype="bool")
    return Chosen(kind, key, rows[~is_stale].reset_index(drop=True), rows.loc[is_stale, key].tolist(), {})


def preview(ctx: Context, act: Callable[[Context], Done]) -> Done:
    """Say what an act would do, and write nothing: nobody waits for who looks."""
    with looking():
        return act(replace(ctx, is_looking=True))


def only(done: Done) -> None:
    """Raise UsageError where an act was not done with the one thing that it was about."""
    if done.stale:
        raise UsageError(STALE)
    for why in done.refused:
        raise UsageError(f"{why[0].upper()}{why[1:]}{'' if why.endswith('.') else '.'}")


def undone_act(told: Mapping[str, Any], action: str, kind: str) -> list[int]:
    """Give the numbers that an event of the audit chain (action, subject, fields of its body) is about.

    Raises UsageError for one that is not of this act.
    """
    subject = str(told.get("subject", ""))
    listed = told.get(f"{kind}s") or [subject.removeprefix(f"{kind} ")]
    if told.get("action") != action or not all(str(one).isdigit() for one in listed):
        raise UsageError("This is no number of an act that could be taken back.")
    return [int(one) for one in listed]
