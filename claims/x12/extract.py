"""A window and a frame's plan in; that frame's rows in this window as columns out, without a loop over rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from claims.x12 import numbers
from claims.x12.layout import ColumnPlan, Feed, FramePlan
from claims.x12.numbers import Flags, Integers, Maybe, Values, no_values, together, values_at
from claims.x12.rows import Components
from claims.x12.texts import joined_texts, no_texts, texts, upper
from claims.x12.window import Window

# A numpy array, an Arrow array of text, or numbers that may be missing.
Column: TypeAlias = Any


@dataclass
class Extract:
    """Rows of one frame: the segment of each, its repetition in the segment, its columns; and unreadable amounts."""

    rows: Integers
    repeat: Integers
    columns: dict[str, Column]
    unreadable: dict[str, Flags] = field(default_factory=dict)
    long: dict[str, list[int]] = field(default_factory=dict)
    missing: dict[str, Flags] = field(default_factory=dict)
    values_of: dict[str, Values | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


class _Block(NamedTuple):
    """Segments of one id that become rows, and which of its repeated groups of elements; `at` None: all segments."""

    segment: int
    group: int
    at: Integers | None


class _Choice(NamedTuple):
    """Rows of a frame: blocks of segments behind each other, and the order of the rows in them (None: as they are)."""

    blocks: list[_Block]
    order: Integers | None
    rows: Integers
    repeat: Integers


def extract(window: Window, plan: FramePlan) -> Extract | None:
    """Read one frame out of a window; None when the window holds no such segment."""
    segments = [segment for segment in plan.segments if window.rows.count(segment)]
    if not segments:
        return None
    if plan.times > 1:
        blocks = _repeated(window, plan, segments[0])
    elif plan.scope >= 0:
        blocks = _opening(window, plan, segments)
    else:
        blocks = [_Block(segment, 0, None) for segment in segments]
    choice = _together(window, blocks)
    if not len(choice.rows):
        return None
    reader = _Reader(window, plan, choice)
    found = Extract(choice.rows, choice.repeat, {})
    for column in plan.columns:
        found.columns[column.name] = reader.column(column, found)
    return found


def _opening(window: Window, plan: FramePlan, segments: list[int]) -> list[_Block]:
    """Leave out segments that do not open the frame's scope where they stand."""
    openers = window.places.scopes[plan.scope].openers
    if len(openers) == sum(window.rows.count(segment) for segment in segments):
        return [_Block(segment, 0, None) for segment in segments]
    blocks = []
    for segment in segments:
        here = np.flatnonzero(np.isin(window.rows.of(segment), openers))
        blocks.append(_Block(segment, 0, here))
    return blocks


def _repeated(window: Window, plan: FramePlan, segment: int) -> list[_Block]:
    """Repeat each segment for each group of elements whose key element was sent."""
    key = next(column for column in plan.columns if column.name == plan.key).feeds[0].elements[0]
    blocks = []
    for group in range(plan.times):
        values = window.rows.values(segment, key + group * plan.step)
        if values is None:
            break
        sent = values.length > 0
        blocks.append(_Block(segment, group, None if sent.all() else np.flatnonzero(sent)))
    return blocks


def _together(window: Window, blocks: list[_Block]) -> _Choice:
    """Put blocks behind each other and sort their rows as they stand in the file."""
    rows_of = [window.rows.of(one.segment) if one.at is None else window.rows.of(one.segment)[one.at] for one in blocks]
    kept = [number for number, rows in enumerate(rows_of) if len(rows)]
    if not kept:
        return _Choice([], None, np.zeros(0, np.int64), np.zeros(0, np.int64))
    blocks, rows_of = [blocks[number] for number in kept], [rows_of[number] for number in kept]
    if len(blocks) == 1:
        return _Choice(blocks, None, rows_of[0], np.full(len(rows_of[0]), blocks[0].group))
    repeat = np.repeat([one.group for one in blocks], [len(rows) for rows in rows_of])
    rows = np.concatenate(rows_of)
    order = np.argsort(rows, kind="stable")
    return _Choice(blocks, order, rows.take(order), repeat.take(order))


class _Reader:
    """Fills the columns of one frame. Values that are None mean: sent in no row."""

    def __init__(self, window: Window, plan: FramePlan, choice: _Choice) -> None:
        self.window, self.plan, self.choice = window, plan, choice
        self.tokens, self.count = window.tokens, len(choice.rows)
        self._split: dict[tuple[tuple[int, tuple[int, ...]], ...], Components | None] = {}

    def column(self, column: ColumnPlan, into: Extract) -> Column:
        if column.kind == "date":
            return self._dates(column)
        feed = column.feeds[0]
        if len(feed.elements) > 1:
            return self._joined_elements(column)
        if feed.components:
            return self._component(column, into)
        if column.kind == "cents?" and feed.scope >= 0 and feed.scope == self.plan.scope:
            return self._attached_cents(feed)
        values = into.values_of[column.name] = self._values(column)
        if values is None:
            return self._nothing(column, into)
        if column.kind == "flag":
            return values.length > 0
        if column.kind in ("text", "code"):
            return self._text(column, values)
        return self._number(column, values, into)

    def _text(self, column: ColumnPlan, values: Values) -> Column:
        found = texts(self.tokens, values)
        return upper(found) if column.kind == "code" else found

    def _nothing(self, column: ColumnPlan, into: Extract) -> Column:
        if column.kind in ("text", "code"):
            return no_texts(self.count)
        if column.is_required and column.kind == "cents":
            into.missing[column.name] = np.ones(self.count, np.bool_)
        if column.kind.endswith("?"):
            return Maybe(np.zeros(self.count, np.int64), np.ones(self.count, np.bool_))
        return np.zeros(self.count, np.bool_ if column.kind == "flag" else np.int64)

    # ---- values, from the row's own segment or from one that stands in its scope

    def _values(self, column: ColumnPlan) -> Values | None:
        found: Values | None = None
        for feed in column.feeds:
            other = self._feed(feed, feed.elements[0])
            if other is not None:
                found = other if found is None else found.or_else(other)
        return found

    def _feed(self, feed: Feed, element: int) -> Values | None:
        if feed.scope < 0:
            return self._own(feed, element)
        values = self.window.rows.values(feed.segment, element)
        places = None if values is None else self._places(feed)
        return None if values is None or places is None else values.take(places)

    def _own(self, feed: Feed, element: int) -> Values | None:
        parts = []
        for block in self.choice.blocks:
            values = None
            if feed.segment in (0, block.segment):
                values = self.window.rows.values(block.segment, self._moved(feed, element, block))
            parts.append(values if values is None or block.at is None else values.take(block.at))
        if len(parts) == 1:
            return parts[0]
        if all(part is None for part in parts):
            return None
        sizes = [self._size(block) for block in self.choice.blocks]
        found = together([part or no_values(size) for part, size in zip(parts, sizes, strict=True)])
        return found if self.choice.order is None else found.take(self.choice.order)

    def _moved(self, feed: Feed, element: int, block: _Block) -> int:
        return element + (0 if feed.is_fixed else block.group * self.plan.step)

    def _size(self, block: _Block) -> int:
        return self.window.rows.count(block.segment) if block.at is None else len(block.at)

    def _places(self, feed: Feed) -> Integers | None:
        """Return which segment with the feed's id feeds each row, -1 for none."""
        found = self.window.attached(feed)
        if found is None:
            return None
        if feed.scope == self.plan.scope:
            return found[:-1]
        return found.take(self.window.places.scopes[feed.scope].owner(self.choice.rows))

    # ---- parts of elements, and several elements

    def _component(self, column: ColumnPlan, into: Extract) -> Column:
        found = self._components(column)
        if found is None:
            return no_texts(self.count) if column.kind != "int" else np.zeros(self.count, np.int64)
        numbers_of = column.feeds[0].components
        values = into.values_of[column.name] = found.between(numbers_of[0], numbers_of[-1])
        if len(numbers_of) > 1:
            return self._joined(column, values, self.tokens.delimiters.component)
        return numbers.integers(values)[0] if column.kind == "int" else self._text(column, values)

    def _components(self, column: ColumnPlan) -> Components | None:
        element = tuple((feed.segment, feed.elements) for feed in column.feeds)
        if element not in self._split:
            values = self._values(column)
            self._split[element] = None if values is None else Components(self.tokens, values)
        return self._split[element]

    def _joined_elements(self, column: ColumnPlan) -> Column:
        """Elements of one segment, from the first to the last one sent, with blanks between."""
        first = self._values(column)
        if first is None:
            return no_texts(self.count)
        end, unsent = first.start + first.length, self.tokens.te[-1]
        for feed in column.feeds:
            for element in feed.elements:
                other = self._feed(feed, element)
                if other is not None:
                    is_there = (other.start > 0) & (other.start != unsent)
                    end = np.where(is_there, other.start + other.length, end)
        values = values_at(self.tokens.view, first.start, np.maximum(end - first.start, 0))
        return self._joined(column, values, self.tokens.delimiters.element)

    def _joined(self, column: ColumnPlan, values: Values, separator: int) -> Column:
        found = joined_texts(self.tokens, values, separator)
        return upper(found) if column.kind == "code" else found

    # ---- dates and amounts

    def _dates(self, column: ColumnPlan) -> Column:
        found: Integers | None = None
        for feed in column.feeds:
            if found is not None and found.all():
                break
            value = self._own_days(feed) if feed.scope < 0 else self._attached_days(feed)
            if value is not None:
                found = value if found is None else np.where(found == 0, value, found)
        return np.zeros(self.count, np.int32) if found is None else found.astype(np.int32)

    def _attached_days(self, feed: Feed) -> Integers | None:
        days = self.window.days(feed.segment, feed.elements[0], is_range_end=feed.is_range_end)
        places = None if days is None else self._places(feed)
        return None if days is None or places is None else np.append(days, 0).take(places)

    def _own_days(self, feed: Feed) -> Integers | None:
        parts, is_sent = [], False
        for block in self.choice.blocks:
            days = None
            if feed.segment in (0, block.segment):
                element = self._moved(feed, feed.elements[0], block)
                days = self.window.days(block.segment, element, is_range_end=feed.is_range_end)
            is_sent |= days is not None
            days = np.zeros(self.window.rows.count(block.segment), np.int64) if days is None else days
            parts.append(days if block.at is None else days.take(block.at))
        if not is_sent:
            return None
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return found if self.choice.order is None else found.take(self.choice.order)

    def _attached_cents(self, feed: Feed) -> Column:
        """An amount that another segment in the row's scope holds; what is wrong with it is told of that segment."""
        amounts = self.window.cents(feed.segment, feed.elements[0])
        places = None if amounts is None else self._places(feed)
        if amounts is None or places is None:
            return Maybe(np.zeros(self.count, np.int64), np.ones(self.count, np.bool_))
        value, good = np.append(amounts[0], 0).take(places), np.append(amounts[1], False).take(places)
        return Maybe(value, ~good)

    def _number(self, column: ColumnPlan, values: Values, into: Extract) -> Column:
        if column.kind == "int":
            return numbers.integers(values)[0]
        if column.kind.startswith("cents"):
            value, good = self._cents(column, values)
            if values.long:
                into.long[column.name] = values.long
        else:
            value, good = numbers.milli(self.tokens.data, values)
        if good.all():
            return Maybe(value, ~good) if column.kind.endswith("?") else value
        sent = values.length > 0
        if (wrong := ~good & sent).any():
            into.unreadable[column.name] = wrong
        if column.kind.startswith("cents") and column.is_required and not sent.all():
            into.missing[column.name] = ~sent
        return Maybe(value, ~good) if column.kind.endswith("?") else value

    def _cents(self, column: ColumnPlan, values: Values) -> tuple[Integers, Flags]:
        block, feed = self.choice.blocks[0], column.feeds[0]
        if len(self.choice.blocks) == len(column.feeds) == 1 and block.at is None and feed.scope < 0:
            found = self.window.cents(block.segment, self._moved(feed, feed.elements[0], block))
            assert found is not None
            return found
        return numbers.cents(self.tokens.data, values)
