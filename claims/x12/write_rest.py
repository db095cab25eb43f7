"""Rows of frames with a `loop` (parties, taxonomies, references, dates, amounts) in, their segments per owner out.

A column of a frame of its own (`prior_authorization`) stands for some of these rows: its writer takes them, and gets
back what the column does not tell (a qualifier, a first name). What nobody took is written as it stands, in the order
of `seg`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from claims.errors import FrameError
from claims.x12.numbers import Flags, Integers
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content, positions
from claims.x12.write_parties import organisation, party
from claims.x12.write_pieces import (
    Mask,
    Part,
    Texts,
    choice,
    chosen,
    filled,
    flags,
    gathered,
    joined,
    optional,
    same,
    spread,
    when,
)

_FRAMES = ("parties", "taxonomies", "references", "dates", "amounts")
# Frames whose rows are told apart by another column than `qualifier_code`.
_QUALIFIERS = {"taxonomies": "provider_code"}
# Scopes whose rows have no key for them: they belong to the last row before them.
_ABOVE = {
    "level": "hierarchy", "payer": "other_payers", "adjudication": "other_payer_lines", "drug": "drugs",
    "status": "claim_statuses",
}  # fmt: skip
_NONE = np.zeros(0, np.int64)


class Owners(NamedTuple):
    """Who rows may belong to: the `seg`s of transactions, claims, services (lines), or of a scope of `_ABOVE`."""

    scope: str
    keys: Integers


class _Rows:
    """One frame: the rows of each loop, and those that somebody took."""

    def __init__(self, content: Content, name: str) -> None:
        self.name, self.columns, self.content = name, content.columns(name), content
        self.seg = self.columns.integers("seg")
        self.taken: Flags = np.zeros(len(self.columns), np.bool_)
        self.by_loop: dict[str, Integers] = {}
        if len(self.columns):
            for column in ("seg", "loop"):
                if column not in self.columns:
                    raise FrameError(name, column, "the column is needed to write these rows")
            codes, names = pd.factorize(self.columns.frame["loop"])
            order = np.argsort(codes, kind="stable")
            cuts = np.searchsorted(codes[order], np.arange(len(names) + 1))
            self.by_loop = {loop: order[cuts[at] : cuts[at + 1]] for at, loop in enumerate(names)}
        self._owners: dict[str, Integers] = {}

    def open(self, loop: str) -> Integers:
        """Return the rows of a loop that nobody took."""
        rows = self.by_loop.get(loop, _NONE)
        return rows[~self.taken[rows]]

    def of(self, rows: Integers, scope: str, keys: Integers) -> tuple[Integers, Integers]:
        """Return those of `rows` that belong to one of `keys`, and which."""
        if not len(rows):
            return rows, rows
        owner = self._owner(scope)[rows]
        number = np.where(owner > 0, positions(keys, owner), -1)
        return rows[number >= 0], number[number >= 0]

    def _owner(self, scope: str) -> Integers:
        if scope not in self._owners:
            if scope in _ABOVE:
                self._owners[scope] = last_before(self.content.columns(_ABOVE[scope]).integers("seg"), self.seg)
            else:
                self._owners[scope] = self.columns.integers(f"{scope}_seg")
        return self._owners[scope]


class Rest:
    """The rows of one kind of set; `is_remittance` says that dates are DTM and parties above the claims N1."""

    def __init__(self, content: Content, *, is_remittance: bool = False) -> None:
        """Look at the frames."""
        self.is_remittance = is_remittance
        self._rows = {name: _Rows(content, name) for name in _FRAMES}
        self._content = content

    def knows(self, name: str) -> bool:
        """Tell whether a frame was given: then what has no row there was not in what was read."""
        return name in self._content

    def is_named(self, row: Columns, *parts: Part) -> Mask:
        """Tell where a party is written: it has a name or an identifier, or a row, or nobody can tell."""
        found: Mask = row.integers("seg") > 0
        for part in parts:
            found = found | filled(part)
        return found if self.knows("parties") else True

    def take(self, name: str, loop: str, qualifiers: tuple[str, ...], owners: Owners, only: Mask = True) -> Columns:
        """Take the first row of each owner in a loop with one of the qualifiers, the first of them that is there.

        Returns one row per owner, one without anything where there is none (its `seg` is 0).
        """
        own = self._rows[name]
        rows = own.open(loop)
        keys, which = _distinct(owners.keys)
        found = np.full(len(keys), -1, np.int64)
        if len(rows):
            qualifier = own.columns.at(rows).text(_QUALIFIERS.get(name, "qualifier_code"))
            for code in reversed(qualifiers):
                mine, number = own.of(rows[flags(same(qualifier, code), len(rows))], owners.scope, keys)
                # Backwards, so that the first of several is the one that stays.
                found[number[::-1]] = mine[::-1]
        found = found if which is None else found[which]
        if not isinstance(only, bool):
            found = np.where(only, found, -1)
        own.taken[found[found >= 0]] = True
        return own.columns.at(found)

    def at(self, loop: str, owners: Owners, *names: str) -> Part:
        """Write, and so take, what nobody took in a loop, per owner; of all frames, or of those named."""
        keys, which = _distinct(owners.keys)
        parts: list[Texts] = []
        numbers, segs = [], []
        for name in names or tuple(self._rows):
            own = self._rows[name]
            rows, number = own.of(own.open(loop), owners.scope, keys)
            if len(rows):
                own.taken[rows] = True
                parts.append(spread(self._segments(name, loop, own.columns.at(rows)), len(rows)))
                numbers.append(number)
                segs.append(own.seg[rows])
        if not parts:
            return ""
        number, seg, texts = np.concatenate(numbers), np.concatenate(segs), pa.concat_arrays(parts)
        if len(parts) > 1 or (number[1:] < number[:-1]).any() or (seg[1:] < seg[:-1]).any():
            order = np.lexsort((seg, number))
            texts, number = chosen(texts, order), number[order]
        found = gathered(texts, number, len(keys))
        return found if which is None else chosen(found, which)

    def _segments(self, name: str, loop: str, c: Columns) -> Part:
        qualifier = c.text("qualifier_code")
        if name == "references":
            return joined("REF*", qualifier, "*", c.text("reference"), "~")
        if name == "amounts":
            return joined("AMT*", qualifier, "*", c.money("amount_cents"), "~")
        if name == "taxonomies":
            return joined("PRV*", c.text("provider_code"), "*", qualifier, "*", c.text("code"), "~")
        if name == "parties":
            return party(c) if not self.is_remittance or loop[:2] == "21" else organisation(c)
        day, last = c.date("date"), c.date("date_to")
        if self.is_remittance:
            return when(filled(day), "DTM*", qualifier, "*", day, optional("****", last, ""), "~")
        kind = choice(filled(last), "*RD8*", "*D8*")
        return when(filled(day), "DTP*", qualifier, kind, day, optional("-", last, ""), "~")


def last_before(above: Integers, seg: Integers) -> Integers:
    """Return the `seg` of the last row of another frame before each `seg`, 0 for none."""
    segs = np.append(0, np.sort(above))
    return segs[np.searchsorted(segs, seg) - 1]


def _distinct(keys: Integers) -> tuple[Integers, Integers | None]:
    """Return keys without repetitions, and for each key its place among them when that is another."""
    if (keys[1:] > keys[:-1]).all():
        return keys, None
    return np.unique(keys, return_inverse=True)
