"""One set's part of a window: what its frames ask of the segments of an id, found once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from claims.x12 import numbers
from claims.x12.layout import Feed, Plan
from claims.x12.numbers import Bytes, Flags, Integers
from claims.x12.owners import Owners
from claims.x12.places import Places, Scope
from claims.x12.rows import Rows
from claims.x12.tokens import Tokens


@dataclass
class Window:
    """Tokens, rows and places of one kind of set in a window; `before` is the `seg` of the segment before it."""

    tokens: Tokens
    plan: Plan
    rows: Rows
    places: Places
    owners: Owners
    before: int
    _segs: dict[str, Integers | None] = field(default_factory=dict)
    _owners: dict[tuple[str, int], tuple[Integers, Integers]] = field(default_factory=dict)
    _loops: dict[int, Bytes] = field(default_factory=dict)
    _chosen: dict[tuple[int, tuple[int, ...], int, int], Integers] = field(default_factory=dict)
    _attached: dict[tuple[Any, ...], Integers | None] = field(default_factory=dict)
    _days: dict[tuple[int, int, bool], Integers | None] = field(default_factory=dict)
    _cents: dict[tuple[int, int], tuple[Integers, Flags] | None] = field(default_factory=dict)

    def seg(self, rows: Any) -> Any:
        """Return the number of segments in their file."""
        return rows + (self.before + 1)

    def opened_seg(self, scope: str) -> Integers | None:
        """Return for each segment the `seg` of the row of a scope that it stands in, 0 for none; None: all are 0."""
        if scope not in self._segs:
            found = self.scope(scope) if scope in self.plan.scopes else None
            self._segs[scope] = found.segs(self.before) if found and len(found.openers) else None
        return self._segs[scope]

    def scope(self, name: str) -> Scope:
        """Return a scope of the window."""
        return self.places.scopes[self.plan.scopes.index(name)]

    def owner(self, scope: str, rows: Integers) -> Integers:
        """Return the row number of the owner of each segment in the frame of a scope, -1 for none."""
        key = (scope, id(rows))
        known = self._owners.get(key)
        # The rows of a frame are asked for by each check; they are kept, so that no others get their id.
        if known is None or known[0] is not rows:
            known = self._owners[key] = rows, self.scope(scope).owner(rows)
        return known[1]

    # ---- segments that give columns to rows of other segments

    def chosen(self, feed: Feed) -> Integers:
        """Return which of the segments with its id a feed takes from: by loop and qualifier."""
        key = (feed.segment, feed.loops, feed.qualifier_element, feed.qualifier)
        if key not in self._chosen:
            self._chosen[key] = self._choose(feed)
        return self._chosen[key]

    def _choose(self, feed: Feed) -> Integers:
        keep: Flags = np.zeros(0, np.bool_)
        if feed.loops:
            loop = self._loop(feed.segment)
            keep = loop == feed.loops[0]
            for other in feed.loops[1:]:
                keep |= loop == other
        if feed.qualifier:
            values = self.rows.values(feed.segment, feed.qualifier_element)
            if values is None:
                return np.zeros(0, np.int64)
            is_named = values.code == np.uint64(feed.qualifier)
            keep = keep & is_named if feed.loops else is_named
        if not feed.loops and not feed.qualifier:
            return np.arange(self.rows.count(feed.segment))
        return np.flatnonzero(keep)

    def _loop(self, segment: int) -> Bytes:
        if segment not in self._loops:
            self._loops[segment] = self.places.loop.take(self.rows.of(segment))
        return self._loops[segment]

    def attached(self, feed: Feed) -> Integers | None:
        """Return which segment feeds each opener of the feed's scope, -1 for none; the last place answers for -1.

        Of several segments the first one counts. None: no opener is fed.
        """
        key = (feed.segment, feed.loops, feed.qualifier_element, feed.qualifier, feed.scope)
        if key not in self._attached:
            self._attached[key] = self._attach(feed)
        return self._attached[key]

    def _attach(self, feed: Feed) -> Integers | None:
        children = self.chosen(feed)
        if not len(children):
            return None
        scope = self.places.scopes[feed.scope]
        parent = scope.owner(self.rows.of(feed.segment).take(children))
        found = np.full(len(scope.openers) + 1, -1, np.int64)
        # Backwards, so that the first segment of several is the one that stays.
        found[parent[::-1]] = children[::-1]
        found[-1] = -1
        return found

    # ---- numbers

    def days(self, segment: int, element: int, *, is_range_end: bool) -> Integers | None:
        """Return the day in an element of every segment with an id, read once."""
        key = (segment, element, is_range_end)
        if key not in self._days:
            values = self.rows.values(segment, element)
            if values is None:
                self._days[key] = None
            else:
                is_read = numbers.end_dates(self.tokens.view, values) if is_range_end else numbers.dates(values)
                self._days[key] = is_read
        return self._days[key]

    def cents(self, segment: int, element: int) -> tuple[Integers, Flags] | None:
        """Return the amount in an element of every segment with an id, and whether it could be read, read once."""
        key = (segment, element)
        if key not in self._cents:
            values = self.rows.values(segment, element)
            self._cents[key] = None if values is None else numbers.cents(self.tokens.data, values)
        return self._cents[key]
