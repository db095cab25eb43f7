"""Frames in, their columns as texts of X12 elements out: cleaned once, then taken row by row as often as needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.errors import FrameError
from claims.x12.numbers import Flags, Integers
from claims.x12.write_limits import refuse, refuse_no_days
from claims.x12.write_pieces import (
    TEXT,
    Mask,
    Part,
    Texts,
    bytes_of,
    chosen,
    edges_of,
    either,
    is_counting,
    joined,
    settled,
    spread,
    translated,
    when,
    whole_numbers,
)
from claims.x12.write_text import CARRIED, PLAIN, plain_ascii

Frames = Mapping[str, pd.DataFrame]

_CONTROLS = bytes([*range(32), 127])
_AS_IS = bytes.maketrans(_CONTROLS + PLAIN.encode() + b"`", b" " * len(_CONTROLS) + CARRIED.encode() + b"'")
_UPPER = bytes.maketrans(b"", b"").upper().translate(_AS_IS)
_AS_COMPONENTS, _AS_ELEMENTS = bytes.maketrans(b" ", b":"), bytes.maketrans(b" ", b"*")


@dataclass(frozen=True)
class Style:
    """How data become text: `upper` case or as they are; `blanked` are the delimiters that names may not hold."""

    upper: bool = True
    blanked: str = PLAIN


def amounts(values: Integers, digits: int = 2) -> Part:
    """Write integers as decimals: no trailing zeros, no point without need (12050 -> 120.5, -20000 -> -200)."""
    whole, rest = np.divmod(np.abs(values), 10**digits)
    return joined(when(values < 0, "-"), whole_numbers(whole), chosen(_decimals(digits), rest) if rest.any() else "")


@cache
def _decimals(digits: int) -> Texts:
    return pa.array([f".{rest:0{digits}d}".rstrip("0").rstrip(".") for rest in range(10**digits)], TEXT)


class Columns:
    """The columns of one frame, or of some of its rows, as element texts; a column that is not there is all empty."""

    def __init__(self, name: str, frame: pd.DataFrame, style: Style | None = None) -> None:
        """Wrap a frame called `name`."""
        self.name, self.frame, self.style = name, frame, style or Style()
        self._rows: Integers | None = None
        self._base: Columns | None = None
        self._made: dict[tuple[str, str], Part] = {}
        self._found: dict[str, tuple[Integers, Flags | None]] = {}

    def __len__(self) -> int:
        return len(self.frame) if self._rows is None else len(self._rows)

    def __contains__(self, column: str) -> bool:
        return column in self.frame

    def at(self, rows: Integers) -> Columns:
        """Give some rows, in any order; row -1 has nothing in any column."""
        if is_counting(rows, len(self)):
            return self
        found = Columns(self.name, self.frame, self.style)
        found._rows = rows if self._rows is None else np.where(rows < 0, -1, self._rows[rows])
        found._base = self._base or self
        return found

    def text(self, column: str, default: str = "") -> Part:
        """Give codes and identifiers; a delimiter in one is refused when the file is put together."""
        return either(self._kept(column, "text", Columns._cleaned), default)

    def names(self, column: str, default: str = "") -> Part:
        """Give names, addresses and free text, where a delimiter is replaced by a blank."""
        return either(self._kept(column, "names", Columns._blanked), default)

    def elements(self, column: str) -> Part:
        """Give elements that stand between delimiters already, as `other_segments` has them."""
        return self._kept(column, "elements", Columns._template)

    def money(self, column: str, *, zero: str = "0") -> Part:
        """Give amounts of a `_cents` column; missing ones are empty, zeros are `zero`."""
        return self._kept(column, f"money {zero}", lambda own, name: own._decimal(name, 2, zero))

    def quantity(self, column: str, *, zero: str = "0") -> Part:
        """Give quantities of a `_milli` column; missing ones are empty, zeros are `zero`."""
        return self._kept(column, f"quantity {zero}", lambda own, name: own._decimal(name, 3, zero))

    def date(self, column: str) -> Part:
        """Give dates as CCYYMMDD from YYYYMMDD integers or ISO text; none is empty."""
        return self._kept(column, "date", Columns._day)

    def days(self, column: str) -> Integers:
        """Give dates as YYYYMMDD integers, 0 for none."""
        if column in self.frame and pd.api.types.is_numeric_dtype(self.frame[column].dtype):
            return self.integers(column)
        try:
            return np.asarray(pc.cast(spread(either(self.date(column), "0"), len(self)), pa.int64()))
        except pa.ArrowInvalid:
            raise FrameError(self.name, column, "holds something that is no date") from None

    def listed(self, column: str, *, as_elements: bool = False) -> Part:
        """Give blank-separated codes as components, or as elements."""
        table = _AS_ELEMENTS if as_elements else _AS_COMPONENTS
        return self._kept(column, f"listed {as_elements}", lambda own, name: own._separated(name, table))

    def count(self, column: str) -> Part:
        """Give counts and places; zero is empty."""
        return self._kept(column, "count", Columns._count)

    def integers(self, column: str) -> Integers:
        """Give a key or count column, zeros when it is not there."""
        if column not in self.frame:
            return np.zeros(len(self), np.int64)
        values = (self._base or self)._key(column)
        if self._rows is None:
            return values
        return np.where(self._rows < 0, 0, values[self._rows]) if len(values) else np.zeros(len(self), np.int64)

    def flags(self, column: str) -> Mask:
        """Give a boolean column; all False when it is not there."""
        return self.integers(column) > 0 if column in self.frame else False

    def _kept(self, column: str, kind: str, make: Callable[[Columns, str], Part]) -> Part:
        """Make a column once, for all rows; then take those that are asked for."""
        if column not in self.frame:
            return ""
        key = (column, kind)
        if key not in self._made:
            if self._base is None or self._rows is None:
                self._made[key] = make(self, column)
            else:
                self._made[key] = chosen(self._base._kept(column, kind, make), self._rows)
        return self._made[key]

    def _cleaned(self, column: str) -> Part:
        texts = self._ascii(column)
        texts = translated(texts, _UPPER if self.style.upper else _AS_IS)
        if b" " in (data := bytes_of(texts)):
            found, edges = np.frombuffer(data, np.uint8) == ord(" "), edges_of(texts)
            is_sent = edges[1:] > edges[:-1]
            if found[edges[:-1][is_sent]].any() or found[edges[1:][is_sent] - 1].any():
                texts = pc.utf8_trim(texts, " ")
        return settled(texts)

    def _template(self, column: str) -> Part:
        table = bytearray(_UPPER if self.style.upper else _AS_IS)
        for mark, held in zip(PLAIN, CARRIED, strict=True):
            # Data that are a delimiter of the file become a blank, as in names.
            table[ord(held)] = ord(" " if mark in self.style.blanked else held)
            table[ord(mark)] = ord(mark) if mark != "~" else table[ord(held)]
        for mark in set(self.style.blanked) - set(PLAIN):
            table[ord(mark)] = ord(" ")
        return translated(self._ascii(column), bytes(table))

    def _ascii(self, column: str) -> Texts:
        texts = self._texts(column)
        if bytes_of(texts).isascii():
            return texts
        values = texts.to_pylist()
        plain = [plain_ascii(value) for value in values]
        is_lost = [bool(value.strip()) and not one.strip() for value, one in zip(values, plain, strict=True)]
        refuse(self.name, column, np.array(is_lost, np.bool_), "holds nothing that can be written in ASCII")
        return pa.array(plain, TEXT)

    def _separated(self, column: str, table: bytes) -> Part:
        return settled(translated(spread(self._kept(column, "text", Columns._cleaned), len(self)), table))

    def _texts(self, column: str) -> Texts:
        series = self.frame[column]
        if not isinstance(series.dtype, pd.StringDtype):
            series = series.astype(object)
        try:
            found = pa.array(series, TEXT, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            raise FrameError(self.name, column, "holds something that is not text") from None
        texts = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
        return texts.fill_null("") if texts.null_count else texts

    def _blanked(self, column: str) -> Part:
        texts = spread(self._kept(column, "text", Columns._cleaned), len(self))
        marks = self.style.blanked + CARRIED
        if not any(mark in bytes_of(texts) for mark in marks.encode()):
            return settled(texts)
        odd = pc.match_substring_regex(texts, f"[{re.escape(marks)}]")
        blank = str.maketrans(dict.fromkeys(marks, " "))
        named = [" ".join(value.translate(blank).split()) for value in texts.filter(odd).to_pylist()]
        return pc.replace_with_mask(texts, odd, pa.array(named, TEXT))

    def _numbers(self, column: str) -> tuple[Integers, Flags | None]:
        """Give whole numbers, and where there are none (None: nowhere)."""
        if column not in self._found:
            self._found[column] = self._whole(column)
        return self._found[column]

    def _whole(self, column: str) -> tuple[Integers, Flags | None]:
        series = self.frame[column]
        if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iu":
            return np.asarray(series, np.int64), None
        if pd.api.types.is_float_dtype(series.dtype):
            raise FrameError(self.name, column, "holds floating point numbers, whole numbers expected")
        try:
            series = series.astype("Int64")
        except (TypeError, ValueError):
            raise FrameError(self.name, column, "holds something that is no whole number") from None
        values: Integers = np.asarray(series.fillna(0), np.int64)
        missing: Flags = series.isna().to_numpy(np.bool_)
        return values, missing if missing.any() else None

    def _key(self, column: str) -> Integers:
        """Give a key; merging frames may have made it a floating point number."""
        if pd.api.types.is_float_dtype(self.frame[column].dtype):
            return np.asarray(self.frame[column].fillna(0), np.int64)
        return self._numbers(column)[0]

    def _decimal(self, column: str, digits: int, zero: str) -> Part:
        values, missing = self._numbers(column)
        texts = amounts(values, digits)
        if zero != "0":
            return when(values != 0, texts)
        return texts if missing is None else when(~missing, texts)

    def _day(self, column: str) -> Part:
        if pd.api.types.is_numeric_dtype(self.frame[column].dtype):
            days, _ = self._numbers(column)
            refuse_no_days(self.name, column, days)
            texts = whole_numbers(days)
            if days.min(initial=10**7) < 10**7:
                texts = pc.utf8_lpad(spread(texts, len(days)), 8, "0")
            return when(days != 0, texts)
        texts = self._kept(column, "text", Columns._cleaned)
        return texts.replace("-", "") if isinstance(texts, str) else pc.replace_substring(texts, "-", "")

    def _count(self, column: str) -> Part:
        values, _ = self._numbers(column)
        return when(values != 0, whole_numbers(values))
