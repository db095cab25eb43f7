"""Rows of frames with a `loop` (parties, references, other_segments ...) in, their segments per owner out.

A column of a frame of its own (`prior_authorization`) stands for some of these rows: its writer takes them, and gets
back what the column does not tell (a qualifier, a first name). What nobody took is written as it stands, in the order
of `seg`. `other_segments` also has the elements that a segment written from another frame was read with.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.errors import FrameError
from claims.x12.numbers import Flags, Integers
from claims.x12.write_carried import carried_over
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
    is_among,
    joined,
    optional,
    same,
    spread,
    when,
)

_OTHERS = "other_segments"
# The frames, and the segments that their rows are; those of `other_segments` are of any kind.
_FRAMES = {
    "parties": ("NM1", "N1"), "taxonomies": ("PRV",), "references": ("REF",), "dates": ("DTP", "DTM"),
    "amounts": ("AMT",), _OTHERS: (),
}  # fmt: skip
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
            if scope == "level" and "hl_seg" in self.columns:
                self._owners[scope] = self.columns.integers("hl_seg")
            elif scope in _ABOVE:
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

    def take(
        self, name: str, loop: str, qualifiers: tuple[str, ...], owners: Owners, only: Mask = True,
        form: str = "",
    ) -> Columns:  # fmt: skip
        """Take the first row of each owner in a loop with one of the qualifiers, the first of them that is there.

        `form`: only dates that were read in this format. Returns one row per owner, one without anything where there
        is none (its `seg` is 0).
        """
        own = self._rows[name]
        rows = own.open(loop)
        choices = []
        if len(rows):
            if form:
                rows = rows[flags(is_among(own.columns.at(rows).text("format_code", form), (form,)), len(rows))]
            qualifier = own.columns.at(rows).text(_QUALIFIERS.get(name, "qualifier_code"))
            choices = [rows[flags(same(qualifier, code), len(rows))] for code in qualifiers]
        return own.columns.at(_first(own, choices, owners, only))

    def with_read(self, segment: str, built: Part, seg: Integers) -> Part:
        """Give segments that were read, at `seg` (0: not), the elements that no column carries.

        What was read there as another segment is somebody else's: rows that were numbered anew may meet it.
        """
        own = self._rows[_OTHERS]
        if not len(own.seg):
            return built
        place = np.where(seg > 0, positions(own.seg, seg), -1)
        place = np.where(self._is(segment)[place], place, -1)
        own.taken[place[place >= 0]] = True
        return carried_over(segment, built, self._texts, place)

    def over(self, segment: str, built: Part, loop: str, owners: Owners, *, like: str = "", only: Mask = True) -> Part:
        """Write a segment in the place of the first of its kind that each owner's loop was read with.

        That one, whose elements are `like` a pattern, gives the elements that no column carries. Where `only` does not
        hold, nothing is written unless it was read.
        """
        own = self._rows[_OTHERS]
        rows = own.open(loop)
        if not len(rows):
            return when(only, built)
        is_like = flags(same(own.columns.at(rows).text("segment_id"), segment), len(rows))
        if like:
            is_like = is_like & np.asarray(pc.match_substring_regex(chosen(self._texts, rows), f"^{like}"))
        place = _first(own, [rows[is_like]], owners)
        return carried_over(segment, when((place >= 0) | only, built), self._texts, place)

    def reference(self, c: Columns, column: str, qualifier: str, loop: str, owners: Owners) -> Part:
        """Write a column as REF, in the place of the row of `references` that was read."""
        row = self.take("references", loop, (qualifier,), owners)
        return self.with_read("REF", optional(f"REF*{qualifier}*", c.text(column)), row.integers("seg"))

    def note(self, c: Columns, loop: str, owners: Owners) -> Part:
        """Write the column `note` as NTE, in the place of the one that was read."""
        if "note" not in c:
            return ""
        return self.over("NTE", optional("NTE*ADD*", c.names("note")), loop, owners, like=r"ADD\*")

    def _is(self, segment: str) -> Flags:
        """Tell which rows of `other_segments` are segments with this id."""
        own = self._rows[_OTHERS].columns
        return flags(same(own.text("segment_id"), segment), len(own))

    @property
    def _texts(self) -> Texts:
        own = self._rows[_OTHERS].columns
        return spread(own.elements("text"), len(own))

    def at(self, loop: str, owners: Owners, *segments: str) -> Part:
        """Write, and so take, what nobody took in a loop, per owner; all of it, or segments with these ids."""
        keys, which = _distinct(owners.keys)
        parts: list[Texts] = []
        numbers, segs = [], []
        for name, kinds in _FRAMES.items():
            if segments and kinds and not set(kinds) & set(segments):
                continue
            own = self._rows[name]
            rows = own.open(loop)
            if segments and not kinds and len(rows):
                rows = rows[flags(is_among(own.columns.at(rows).text("segment_id"), segments), len(rows))]
            rows, number = own.of(rows, owners.scope, keys)
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
        if name == _OTHERS:
            return joined(c.text("segment_id"), "*", c.elements("text"), "~")
        return self.with_read(_FRAMES[name][0], self._segment(name, loop, c), c.integers("seg"))

    def _segment(self, name: str, loop: str, c: Columns) -> Part:
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
        usual, form = choice(filled(last), "RD8", "D8"), c.text("format_code")
        period = joined(day, optional("-", last, ""))
        is_day = flags(filled(day), len(c)) & (flags(same(form, usual), len(c)) | ~flags(filled(form), len(c)))
        # Times of day, and what is no date.
        as_read = when(filled(c.text("value")), "DTP*", qualifier, "*", form, "*", c.names("value"), "~")
        return choice(is_day, joined("DTP*", qualifier, "*", usual, "*", period, "~"), as_read)


def _first(own: _Rows, choices: list[Integers], owners: Owners, only: Mask = True) -> Integers:
    """Take the first row of each owner among some, or among others where it has none; -1 for none."""
    keys, which = _distinct(owners.keys)
    found = np.full(len(keys), -1, np.int64)
    for rows in reversed(choices):
        mine, number = own.of(rows, owners.scope, keys)
        # Backwards, so that the first of several is the one that stays.
        found[number[::-1]] = mine[::-1]
    found = found if which is None else found[which]
    if not isinstance(only, bool):
        found = np.where(only, found, -1)
    own.taken[found[found >= 0]] = True
    return found


def last_before(above: Integers, seg: Integers) -> Integers:
    """Return the `seg` of the last row of another frame before each `seg`, 0 for none."""
    segs = np.append(0, np.sort(above))
    return segs[np.searchsorted(segs, seg) - 1]


def _distinct(keys: Integers) -> tuple[Integers, Integers | None]:
    """Return keys without repetitions, and for each key its place among them when that is another."""
    if (keys[1:] > keys[:-1]).all():
        return keys, None
    return np.unique(keys, return_inverse=True)
