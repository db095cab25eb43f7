"""Tokens, places and a frame's plan in; that frame's rows in this window as columns out, without a loop over rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12 import numbers
from claims.x12.layout import ColumnPlan, Feed, FramePlan, Plan
from claims.x12.numbers import Flags, Integers
from claims.x12.places import Places, Rows
from claims.x12.tokens import Components, Tokens, data_of, no_texts

# A numpy array, an Arrow array of text, or a pandas array of integers that may be missing.
Column: TypeAlias = Any


@dataclass
class Window:
    """One set's part of a window: its tokens, places and segments, and the numbers they have in the file."""

    tokens: Tokens
    plan: Plan
    rows: Rows
    places: Places
    seg: Integers
    transaction_seg: Integers
    _chosen: dict[tuple[int, tuple[int, ...], int, int], Integers] = field(default_factory=dict)
    _opened_seg: dict[str, Integers] = field(default_factory=dict)
    _days: dict[tuple[int, int, bool], Integers] = field(default_factory=dict)
    _cents: dict[tuple[int, int], tuple[Integers, Flags]] = field(default_factory=dict)

    def chosen(self, feed: Feed) -> Integers:
        """Return the segments that a feed takes from: by id, loop and qualifier."""
        key = (feed.segment, feed.loops, feed.qualifier_element, feed.qualifier)
        if key not in self._chosen:
            found = self.rows.of(feed.segment)
            if len(found) and feed.qualifier:
                # The qualifier first: it leaves few segments to ask for their loop.
                word = self.rows.qualifiers(feed.segment, feed.qualifier_element)
                found = found[word == np.uint64(feed.qualifier)]
            if len(found) and feed.loops:
                loop = self.places.loop[found]
                here = loop == feed.loops[0]
                for other in feed.loops[1:]:
                    here |= loop == other
                found = found[here]
            self._chosen[key] = found
        return self._chosen[key]

    def days(self, feed: Feed) -> Integers:
        """Return the day in an element of every segment with the feed's id, read once."""
        key = (feed.segment, feed.elements[0], feed.is_range_end)
        if key not in self._days:
            token = self.tokens.at(self.rows.of(feed.segment), feed.elements[0])
            read = numbers.end_dates if feed.is_range_end else numbers.dates
            self._days[key] = read(self.tokens.view, self.tokens.ts[token], self.tokens.te[token])
        return self._days[key]

    def cents(self, segment: int, element: int) -> tuple[Integers, Flags]:
        """Return the amount in an element of every segment with an id, and whether it could be read, read once."""
        key = (segment, element)
        if key not in self._cents:
            token = self.tokens.at(self.rows.of(segment), element)
            start, end = self.tokens.ts[token], self.tokens.te[token]
            self._cents[key] = numbers.cents(self.tokens.data, self.tokens.view, start, end)
        return self._cents[key]

    def opened_seg(self, scope: str, rows: Integers) -> Integers:
        """Return the `seg` of the row of a scope that each segment stands in, 0 for none."""
        if scope not in self.plan.scopes:
            return np.zeros(len(rows), np.int64)
        if scope not in self._opened_seg:
            opener = self.places.opened[self.plan.scopes.index(scope)]
            self._opened_seg[scope] = np.append(self.seg, 0)[opener]
        return self._opened_seg[scope][rows]


@dataclass
class Extract:
    """Rows of one frame: the segment of each, its repetition in the segment, its columns; and unreadable amounts."""

    rows: Integers
    repeat: Integers
    columns: dict[str, Column]
    unreadable: dict[str, Flags] = field(default_factory=dict)
    missing: dict[str, Flags] = field(default_factory=dict)
    tokens_of: dict[str, Integers] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


def extract(window: Window, plan: FramePlan) -> Extract | None:
    """Read one frame out of a window; None when the window holds no such segment."""
    of = [window.rows.of(segment) for segment in plan.segments]
    of = [rows for rows in of if len(rows)]
    if not of:
        return None
    rows = of[0] if len(of) == 1 else np.sort(np.concatenate(of))
    if plan.scope >= 0:
        rows = rows[window.places.opened[plan.scope][rows] == rows]
    repeat = np.zeros(len(rows), np.int64)
    if plan.times > 1:
        rows, repeat = _repeated(window, plan, rows)
    if not len(rows):
        return None
    reader = _Reader(window, plan, rows, repeat)
    found = Extract(rows, repeat, {})
    for column in plan.columns:
        found.columns[column.name] = reader.column(column, found)
    return found


def _repeated(window: Window, plan: FramePlan, rows: Integers) -> tuple[Integers, Integers]:
    """Repeat each segment for each group of elements whose key element was sent."""
    tokens = window.tokens
    key = next(column for column in plan.columns if column.name == plan.key).feeds[0].elements[0]
    parts, repeats = [], []
    width = tokens.last[rows] - tokens.first[rows]
    for number in range(plan.times):
        element = key + number * plan.step
        rows, width = rows[width >= element], width[width >= element]
        if not len(rows):
            break
        token = tokens.first[rows] + element
        sent = rows[tokens.te[token] > tokens.ts[token]]
        parts.append(sent)
        repeats.append(np.full(len(sent), number, np.int64))
    if len(parts) < 2:
        return (parts[0], repeats[0]) if parts else (rows[:0], rows[:0])
    together, repeat = np.concatenate(parts), np.concatenate(repeats)
    order = np.argsort(together, kind="stable")
    return together[order], repeat[order]


class _Reader:
    """Fills the columns of one frame. A token array that is None means: sent in no row."""

    def __init__(self, window: Window, plan: FramePlan, rows: Integers, repeat: Integers) -> None:
        self.window, self.plan, self.rows, self.repeat = window, plan, rows, repeat
        self.tokens = window.tokens
        self.nothing = len(self.tokens.ts) - 1
        self.first = self.tokens.first[rows]
        self.width = self.tokens.last[rows] - self.first
        self._row_number: Integers | None = None
        self._split: dict[int, Components | None] = {}
        self._day: dict[tuple[Feed, bool], Integers | None] = {}

    def column(self, column: ColumnPlan, into: Extract) -> Column:
        if column.kind == "date":
            return self._dates(column)
        feed = column.feeds[0]
        if len(feed.elements) > 1:
            return self._joined_elements(column)
        if feed.components:
            return self._component(column)
        if column.kind == "cents?" and feed.scope >= 0 and feed.scope == self.plan.scope:
            return self._attached_cents(feed)
        token = self._token(column)
        if token is None:
            into.tokens_of[column.name] = np.full(len(self.rows), self.nothing, np.int64)
            return self._nothing(column, into)
        into.tokens_of[column.name] = token
        if column.kind == "flag":
            return self._sent(token)
        if column.kind in ("text", "code"):
            texts = self.tokens.text(token)
            return _upper(texts) if column.kind == "code" else texts
        return self._number(column, token, into)

    def _nothing(self, column: ColumnPlan, into: Extract) -> Column:
        count = len(self.rows)
        if column.kind in ("text", "code"):
            return no_texts(count)
        if column.is_required and column.kind == "cents":
            into.missing[column.name] = np.ones(count, np.bool_)
        if column.kind.endswith("?"):
            return pd.arrays.IntegerArray(np.zeros(count, np.int64), np.ones(count, np.bool_))
        return np.zeros(count, np.bool_ if column.kind == "flag" else np.int64)

    def _sent(self, token: Integers) -> Flags:
        return self.tokens.te[token] > self.tokens.ts[token]

    def _token(self, column: ColumnPlan) -> Integers | None:
        token = self._feed(column.feeds[0])
        for feed in column.feeds[1:]:
            other = self._feed(feed)
            if other is None:
                continue
            if token is None:
                token = other
            else:
                unsent = ~self._sent(token)
                if unsent.any():
                    token = np.where(unsent, other, token)
        return token

    def _feed(self, feed: Feed, element: int = 0) -> Integers | None:
        element = element or feed.elements[0]
        if feed.scope < 0:
            return self._own(feed, element)
        children = self.window.chosen(feed)
        if not len(children):
            return None
        token = self.tokens.at(children, element)
        opened = self.window.places.opened[feed.scope]
        if feed.scope == self.plan.scope:
            parent = self._row_numbers()[opened[children]]
            found = np.full(len(self.rows) + 1, self.nothing, np.int64)
            # Backwards, so that the first segment of several is the one that stays.
            found[parent[::-1]] = token[::-1]
            return found[:-1]
        by_opener = np.full(len(self.tokens) + 1, self.nothing, np.int64)
        by_opener[opened[children][::-1]] = token[::-1]
        by_opener[-1] = self.nothing
        return by_opener[opened[self.rows]]

    def _row_numbers(self) -> Integers:
        if self._row_number is None:
            # The last place answers for -1: no row of this scope.
            self._row_number = np.full(len(self.tokens) + 1, len(self.rows), np.int64)
            self._row_number[self.rows] = np.arange(len(self.rows))
        return self._row_number

    def _own(self, feed: Feed, element: int) -> Integers | None:
        found, need = self.first + element, element
        if self.plan.times > 1 and not feed.is_fixed:
            move = self.repeat * self.plan.step
            found, unsent = found + move, self.width < move + need
        else:
            unsent = self.width < need
        if feed.segment and len(self.plan.segments) > 1:
            unsent |= self.tokens.code[self.rows] != feed.segment
        if unsent.any():
            if unsent.all():
                return None
            found[unsent] = self.nothing
        return found

    def _component(self, column: ColumnPlan) -> Column:
        found = self._components(column)
        if found is None:
            return no_texts(len(self.rows)) if column.kind != "int" else np.zeros(len(self.rows), np.int64)
        numbers_of = column.feeds[0].components
        if len(numbers_of) > 1:
            start, end = found.between(numbers_of[0], numbers_of[-1])
            return self._joined(column, start, end, self.tokens.delimiters.component)
        start, end = found.part(numbers_of[0])
        if column.kind == "int":
            return numbers.integers(self.tokens.data, self.tokens.view, start, end)[0]
        texts = self.tokens.text_between(start, end)
        return _upper(texts) if column.kind == "code" else texts

    def _components(self, column: ColumnPlan) -> Components | None:
        element = hash(tuple((feed.segment, feed.elements) for feed in column.feeds))
        if element not in self._split:
            token = self._token(column)
            self._split[element] = None if token is None else Components(self.tokens, token)
        return self._split[element]

    def _joined_elements(self, column: ColumnPlan) -> Column:
        """Elements of one segment, from the first to the last one sent, with blanks between."""
        token, last = self._token(column), None
        if token is None:
            return no_texts(len(self.rows))
        for feed in column.feeds:
            for element in feed.elements:
                other = self._feed(feed, element)
                if other is not None:
                    last = other if last is None else np.where(other != self.nothing, other, last)
        assert last is not None
        start = self.tokens.ts[token]
        return self._joined(column, start, self.tokens.te[last], self.tokens.delimiters.element)

    def _joined(self, column: ColumnPlan, start: Integers, end: Integers, separator: int) -> Column:
        if not (end > start).any():
            return no_texts(len(start))
        texts = self.tokens.text_between(start, np.maximum(start, end))
        if data_of(texts).tobytes().find(separator) >= 0:
            texts = pc.replace_substring(texts, chr(separator), " ")
            texts = pc.utf8_trim(pc.replace_substring_regex(texts, " +", " "), " ")
        return _upper(texts) if column.kind == "code" else texts

    def _dates(self, column: ColumnPlan) -> Column:
        found: Integers | None = None
        for feed in column.feeds:
            if found is not None and found.all():
                break
            value = self._day_of(feed)
            if value is not None:
                found = value if found is None else np.where(found == 0, value, found)
        return np.zeros(len(self.rows), np.int32) if found is None else found.astype(np.int32)

    def _day_of(self, feed: Feed) -> Integers | None:
        """Return the day that a feed gives each row; a segment's dates are read once for all columns."""
        key = (feed, feed.is_range_end)
        if key not in self._day:
            self._day[key] = self._read_day(feed)
        return self._day[key]

    def _read_day(self, feed: Feed) -> Integers | None:
        if feed.scope < 0 or feed.scope != self.plan.scope:
            token = self._feed(feed)
            if token is None:
                return None
            read = numbers.end_dates if feed.is_range_end else numbers.dates
            return read(self.tokens.view, self.tokens.ts[token], self.tokens.te[token])
        children = self.window.chosen(feed)
        if not len(children):
            return None
        day = self.window.days(feed)[self.window.rows.place[children]]
        found = np.zeros(len(self.rows) + 1, np.int64)
        parent = self._row_numbers()[self.window.places.opened[feed.scope][children]]
        # Backwards, so that the first segment of several is the one that stays.
        found[parent[::-1]] = day[::-1]
        return found[:-1]

    def _attached_cents(self, feed: Feed) -> Column:
        """An amount that another segment in the row's scope holds; what is wrong with it is told of that segment."""
        value, good = np.zeros(len(self.rows) + 1, np.int64), np.zeros(len(self.rows) + 1, np.bool_)
        children = self.window.chosen(feed)
        if len(children):
            place = self.window.rows.place[children]
            amounts, read = self.window.cents(feed.segment, feed.elements[0])
            parent = self._row_numbers()[self.window.places.opened[feed.scope][children]]
            value[parent[::-1]], good[parent[::-1]] = amounts[place[::-1]], read[place[::-1]]
        return pd.arrays.IntegerArray(value[:-1], ~good[:-1])

    def _number(self, column: ColumnPlan, token: Integers, into: Extract) -> Column:
        tokens = self.tokens
        start, end = tokens.ts[token], tokens.te[token]
        if column.kind == "int":
            return numbers.integers(tokens.data, tokens.view, start, end)[0]
        feed = column.feeds[0]
        if column.kind == "cents" and len(self.plan.segments) == self.plan.times == 1 and self.plan.scope < 0:
            value, good = self.window.cents(self.plan.segments[0], feed.elements[0])
        else:
            read = numbers.cents if column.kind.startswith("cents") else numbers.milli
            value, good = read(tokens.data, tokens.view, start, end)
        if good.all():
            return pd.arrays.IntegerArray(value, ~good) if column.kind.endswith("?") else value
        sent = end > start
        if column.kind.startswith("cents"):
            if (wrong := ~good & sent).any():
                into.unreadable[column.name] = wrong
            if column.is_required and not sent.all():
                into.missing[column.name] = ~sent
        return pd.arrays.IntegerArray(value, ~good) if column.kind.endswith("?") else value


def _upper(texts: pa.Array) -> pa.Array:
    """Codes are compared in upper case; almost all are so already."""
    data = data_of(texts)
    return pc.utf8_upper(texts) if len(data) and data.max() >= ord("a") else texts
