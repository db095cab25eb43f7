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
from claims.x12.tokens import Tokens

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

    def chosen(self, feed: Feed) -> Integers:
        """Return the segments that a feed takes from: by id, loop and qualifier."""
        key = (feed.segment, feed.loops, feed.qualifier_element, feed.qualifier)
        if key not in self._chosen:
            found = self.rows.of(feed.segment)
            if len(found):
                keep: Flags | None = None
                if feed.qualifier:
                    keep = self.rows.qualifiers(feed.segment, feed.qualifier_element) == np.uint64(feed.qualifier)
                if feed.loops:
                    loop = self.places.loop[found]
                    here = loop == feed.loops[0]
                    for other in feed.loops[1:]:
                        here |= loop == other
                    keep = here if keep is None else keep & here
                found = found if keep is None else found[keep]
            self._chosen[key] = found
        return self._chosen[key]

    def opened_seg(self, scope: str, rows: Integers) -> Integers:
        """Return the `seg` of the row of a scope that each segment stands in, 0 for none."""
        if scope not in self.plan.scopes:
            return np.zeros(len(rows), np.int64)
        opener = self.places.opened[self.plan.scopes.index(scope)][rows]
        return np.where(opener >= 0, self.seg[opener], 0)


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
    def __init__(self, window: Window, plan: FramePlan, rows: Integers, repeat: Integers) -> None:
        self.window, self.plan, self.rows, self.repeat = window, plan, rows, repeat
        self.tokens = window.tokens
        self.nothing = len(self.tokens.ts) - 1
        self._row_number: Integers | None = None

    def column(self, column: ColumnPlan, into: Extract) -> Column:
        if column.kind == "date":
            return self._dates(column)
        feed = column.feeds[0]
        if len(feed.components) > 1 or len(feed.elements) > 1:
            return self._joined(column)
        if feed.components:
            return self._component(column)
        token = self._token(column)
        into.tokens_of[column.name] = token
        if column.kind == "flag":
            return self._sent(token)
        if column.kind in ("text", "code"):
            texts = self.tokens.text(token)
            return _upper(texts) if column.kind == "code" else texts
        return self._number(column, token, into)

    def _sent(self, token: Integers) -> Flags:
        return self.tokens.te[token] > self.tokens.ts[token]

    def _token(self, column: ColumnPlan) -> Integers:
        token = self._feed(column.feeds[0])
        for feed in column.feeds[1:]:
            unsent = ~self._sent(token)
            if unsent.any():
                token = np.where(unsent, self._feed(feed), token)
        return token

    def _feed(self, feed: Feed) -> Integers:
        element = feed.elements[0]
        if feed.scope < 0:
            return self._own(feed, element)
        children = self.window.chosen(feed)
        if not len(children):
            return np.full(len(self.rows), self.nothing, np.int64)
        token = self.tokens.at(children, element)
        opened = self.window.places.opened[feed.scope]
        if feed.scope == self.plan.scope:
            numbers_ = self._row_numbers()
            parent = numbers_[opened[children]]
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

    def _own(self, feed: Feed, element: int) -> Integers:
        tokens = self.tokens
        found = tokens.first[self.rows] + element
        if self.plan.times > 1 and not feed.is_fixed:
            found = found + self.repeat * self.plan.step
        sent = found <= tokens.last[self.rows]
        if feed.segment:
            sent &= tokens.code[self.rows] == feed.segment
        return np.where(sent, found, self.nothing)

    def _component(self, column: ColumnPlan) -> Column:
        start, end = self._ranges(column, 0)
        if column.kind == "int":
            return numbers.integers(self.tokens.data, self.tokens.view, start, end)[0]
        texts = self.tokens.text_between(*_rising(start, end))
        return _upper(texts) if column.kind == "code" else texts

    def _ranges(self, column: ColumnPlan, which: int) -> tuple[Integers, Integers]:
        token = self._own(column.feeds[0], column.feeds[0].elements[0])
        for feed in column.feeds[1:]:
            other = self._own(feed, feed.elements[0])
            token = np.where(other != self.nothing, other, token)
        return self.tokens.component(token, column.feeds[0].components[which])

    def _joined(self, column: ColumnPlan) -> Column:
        feed = column.feeds[0]
        if feed.components:
            start, _ = self._ranges(column, 0)
            _, end = self._ranges(column, -1)
            separator = self.tokens.delimiters.component
        else:
            firsts = [self._token_of(feed, feed.elements[0]) for feed in column.feeds]
            lasts = [self._last_of(feed) for feed in column.feeds]
            token, last = firsts[0], lasts[0]
            for other, other_last in zip(firsts[1:], lasts[1:], strict=True):
                take = token == self.nothing
                token, last = np.where(take, other, token), np.where(take, other_last, last)
            start, end = self.tokens.ts[token], np.maximum(self.tokens.te[last], self.tokens.ts[token])
            separator = self.tokens.delimiters.element
        texts = self.tokens.text_between(*_rising(start, np.maximum(start, end)))
        if len(np.frombuffer(texts.buffers()[2] or b"", np.uint8)):
            texts = pc.replace_substring(texts, chr(separator), " ")
            texts = pc.utf8_trim(pc.replace_substring_regex(texts, " +", " "), " ")
        return _upper(texts) if column.kind == "code" else texts

    def _token_of(self, feed: Feed, element: int) -> Integers:
        return self._feed(
            Feed(
                feed.segment, feed.scope, feed.loops, feed.qualifier_element, feed.qualifier,
                (element,), (), feed.is_fixed, False,
            )
        )  # fmt: skip

    def _last_of(self, feed: Feed) -> Integers:
        token = self._token_of(feed, feed.elements[0])
        for element in feed.elements[1:]:
            other = self._token_of(feed, element)
            token = np.where(other != self.nothing, other, token)
        return token

    def _dates(self, column: ColumnPlan) -> Column:
        found = np.zeros(len(self.rows), np.int64)
        for feed in column.feeds:
            unset = found == 0
            if not unset.any():
                break
            token = self._feed(feed)
            read = numbers.end_dates if feed.is_range_end else numbers.dates
            found = np.where(unset, read(self.tokens.view, self.tokens.ts[token], self.tokens.te[token]), found)
        return found.astype(np.int32)

    def _number(self, column: ColumnPlan, token: Integers, into: Extract) -> Column:
        tokens = self.tokens
        start, end = tokens.ts[token], tokens.te[token]
        if column.kind == "int":
            return numbers.integers(tokens.data, tokens.view, start, end)[0]
        read = numbers.cents if column.kind.startswith("cents") else numbers.milli
        value, good = read(tokens.data, tokens.view, start, end)
        sent = end > start
        if column.kind.startswith("cents"):
            if (wrong := ~good & sent).any():
                into.unreadable[column.name] = wrong
            if column.is_required and not sent.all():
                into.missing[column.name] = ~sent
        if column.kind.endswith("?"):
            return pd.arrays.IntegerArray(value, ~good)
        return value


def _rising(start: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Move empty ranges behind the last one, so that all ranges rise."""
    empty = start >= end
    if not empty.any():
        return start, end
    reached = np.maximum.accumulate(np.where(empty, 0, end))
    return np.where(empty, reached, start), np.where(empty, reached, end)


def _upper(texts: pa.Array) -> pa.Array:
    """Codes are compared in upper case; almost all are so already."""
    data = texts.buffers()[2]
    found = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return pc.utf8_upper(texts) if len(found) and found.max() >= ord("a") else texts
