"""Frame columns in, lists of X12 element texts out; and pieces of text put into document order.

Templates of segments are written with ``*``, ``:``, ``^`` and ``~`` whatever the file's real delimiters are. The same
characters inside data are carried as control characters until `Delimiters.apply` turns both into what the file holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.errors import FrameError, UsageError

Frames = Mapping[str, pd.DataFrame]
Integers = npt.NDArray[np.int64]

_PLAIN = "*:^~"
_CARRIED = "\x1c\x1d\x1e\x1f"
_ODD = re.compile(r"[\x01-\x1f\x7f*:^~`]")
_TO_CARRIED = str.maketrans(
    {**dict.fromkeys(map(chr, [*range(1, 32), 127]), " "), **dict(zip(_PLAIN, _CARRIED, strict=True)), "`": "'"}
)
# Letters and signs that Unicode does not take apart into a base letter.
_SPELT = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "\u0131": "i",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2212": "-",
    }
)  # fmt: skip


class DelimiterInDataError(UsageError):
    """An element to be written holds a delimiter of the file; X12 has no way to escape it."""

    def __init__(self, segment_id: str, element: int, delimiter: str) -> None:
        super().__init__(
            f"{segment_id}{element:02d} holds the delimiter {delimiter!r}; nothing was written. "
            "Choose other delimiters or correct the value."
        )
        self.segment_id = segment_id
        self.element = element
        self.delimiter = delimiter


@dataclass(frozen=True)
class Delimiters:
    """The four delimiters of an interchange, and what follows each terminator (nothing, LF or CRLF)."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_end: str = "\n"

    def __post_init__(self) -> None:
        """Refuse delimiters that could not be told apart or from data."""
        four = [self.element, self.component, self.repetition, self.terminator]
        odd = [mark for mark in four if len(mark) != 1 or mark.isalnum() or mark == " " or ord(mark) > 126]
        if odd or len(set(four)) != 4:
            raise UsageError("Delimiters must be four different single ASCII characters, no letters, digits or blanks.")
        if self.line_end not in {"", "\n", "\r\n"} or self.terminator in self.line_end:
            raise UsageError("The line end after a terminator is nothing, LF or CRLF.")

    @property
    def marks(self) -> str:
        """The delimiters in the order of `_PLAIN`."""
        return self.element + self.component + self.repetition + self.terminator

    def apply(self, text: str) -> str:
        """Turn template text into the file's text; raise DelimiterInDataError for data that holds a delimiter."""
        for mark in self.marks:
            held = mark.translate(_TO_CARRIED) if mark in _PLAIN else mark
            at = text.find(held)
            if at >= 0:
                before = text[text.rfind("~", 0, at) + 1 : at]
                raise DelimiterInDataError(before.split("*", 1)[0], before.count("*"), mark)
        end = self.terminator + self.line_end
        if self.marks == _PLAIN:
            text = text if self.line_end == "" else text.replace("~", end)
            return text.translate(str.maketrans(_CARRIED, _PLAIN)) if _carries(text) else text
        plain = str.maketrans(_PLAIN + _CARRIED, self.marks + _PLAIN)
        return text.translate(plain).replace(self.terminator, end) if self.line_end else text.translate(plain)


def _carries(text: str) -> bool:
    return any(mark in text for mark in _CARRIED)


def trimmed(text: str) -> str:
    """Drop empty elements and components at the end of segments and composites, as X12 wants."""
    for tail, kept in ((":*", "*"), (":~", "~"), ("*~", "~")):
        while tail in text:
            text = text.replace(tail, kept)
    return text


def plain_ascii(text: str) -> str:
    """Spell text in ASCII: accents dropped, ligatures taken apart, what is unknown becomes a blank."""
    text = unicodedata.normalize("NFKD", text.translate(_SPELT))
    return "".join(
        mark if mark.isascii() else " " for mark in text if not (unicodedata.combining(mark) and not mark.isascii())
    )


def cents_text(cents: int) -> str:
    """Write cents as an X12 amount: no trailing zeros, no point without need (12050 -> 120.5, -20000 -> -200)."""
    whole, rest = divmod(abs(int(cents)), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole}" if rest == 0 else f"{sign}{whole}.{rest:02d}".rstrip("0")


def milli_text(milli: int) -> str:
    """Write thousandths as an X12 quantity (1000 -> 1, 1500 -> 1.5)."""
    whole, rest = divmod(abs(int(milli)), 1000)
    sign = "-" if milli < 0 else ""
    return f"{sign}{whole}" if rest == 0 else f"{sign}{whole}.{rest:03d}".rstrip("0")


class Columns:
    """The columns of one frame as lists of element texts; a column that is not there is all empty."""

    def __init__(self, name: str, frame: pd.DataFrame, *, upper: bool = True, blanked: str = _PLAIN) -> None:
        """Wrap `frame`; `blanked` are the delimiters that names may not hold."""
        self.name = name
        self.frame = frame
        self.upper = upper
        self.blanked = str.maketrans(dict.fromkeys([*blanked, *_CARRIED], " "))

    def __len__(self) -> int:
        return len(self.frame)

    def text(self, column: str, default: str = "") -> list[str]:
        """Give codes and identifiers; a delimiter in one is refused when the file is put together."""
        values = self._values(column)
        if values is None:
            return [default] * len(self)
        return [value or default for value in values] if default else values

    def names(self, column: str, default: str = "") -> list[str]:
        """Give names, addresses and free text, where a delimiter is replaced by a blank."""
        values = self.text(column, default)
        joined = "\0".join(values)
        if any(chr(mark) in joined for mark in self.blanked):
            values = [" ".join(value.translate(self.blanked).split()) for value in values]
        return values

    def money(self, column: str, *, zero: str = "0") -> list[str]:
        """Give amounts of a `_cents` column; missing ones are empty, zeros are `zero`."""
        return self._formatted(column, lambda cents: cents_text(cents) if cents else zero)

    def quantity(self, column: str) -> list[str]:
        """Give quantities of a `_milli` column; missing ones are empty."""
        return self._formatted(column, milli_text)

    def date(self, column: str) -> list[str]:
        """Give dates as CCYYMMDD from YYYYMMDD integers or ISO text; none is empty."""
        if column in self.frame and not pd.api.types.is_numeric_dtype(self.frame[column].dtype):
            return [value.replace("-", "") for value in self.text(column)]
        return self._formatted(column, lambda day: f"{day:08d}" if day else "")

    def integers(self, column: str) -> Integers:
        """Give a key or count column, zeros when it is not there."""
        if column not in self.frame:
            return np.zeros(len(self), np.int64)
        return self.frame[column].fillna(0).to_numpy(np.int64)

    def flags(self, column: str, *, default: bool) -> list[bool]:
        """Give a boolean column."""
        return self.frame[column].tolist() if column in self.frame else [default] * len(self)

    def _formatted(self, column: str, form: Any) -> list[str]:
        if column not in self.frame:
            return [""] * len(self)
        series = self.frame[column]
        if pd.api.types.is_float_dtype(series.dtype):
            raise FrameError(self.name, column, "holds floating point numbers, whole numbers expected")
        codes, distinct = pd.factorize(series)
        labels = np.array([*(form(int(value)) for value in distinct), ""], dtype=object)
        result: list[str] = labels[codes].tolist()
        return result

    def _values(self, column: str) -> list[str] | None:
        if column not in self.frame:
            return None
        series = self.frame[column]
        if series.hasnans:
            series = series.astype(object).where(series.notna(), "")
        values: list[str] = series.tolist()
        try:
            joined = "\0".join(values)
        except TypeError:
            raise FrameError(self.name, column, "holds something that is not text") from None
        if joined.count("\0") != max(len(values) - 1, 0):
            joined = "\0".join([value.replace("\0", " ") for value in values])
        if not joined.isascii():
            joined = plain_ascii(joined)
        if self.upper:
            joined = joined.upper()
        if _ODD.search(joined):
            joined = joined.translate(_TO_CARRIED)
        if " \0" in joined or "\0 " in joined or joined[:1] == " " or joined[-1:] == " ":
            return [value.strip(" ") for value in joined.split("\0")]
        return joined.split("\0") if values else []


def preorder(parents: Sequence[Integers], roots: int) -> list[Integers]:
    """Give the place of every node of a forest in document order, level by level.

    `parents[k]` names, for each node of level k + 1 (in document order), its parent's number in level k.
    """
    ancestors: list[list[Integers]] = [[np.arange(roots, dtype=np.int64)]]
    for parent in parents:
        ancestors.append([*(level[parent] for level in ancestors[-1]), np.arange(len(parent), dtype=np.int64)])
    places = []
    for depth, lines in enumerate(ancestors):
        place = np.sum([line + 1 for line in lines], axis=0) - 1
        for deeper in ancestors[depth + 1 :]:
            place = place + np.searchsorted(deeper[depth], lines[depth], "left")
        places.append(place.astype(np.int64))
    return places


class Document:
    """Pieces of text, each with the place of its node and a slot at that node; joined once, in order."""

    SLOTS = 64

    def __init__(self) -> None:
        """Start empty."""
        self._keys: list[Integers] = []
        self._pieces: list[str] = []

    def put(self, places: Integers, slot: int, pieces: list[str]) -> None:
        """Add one piece per place; pieces of the same place and slot keep the order in which they were put."""
        self._keys.append(places * self.SLOTS + slot)
        self._pieces.extend(pieces)

    def texts(self, starts: Integers) -> list[str]:
        """Join the pieces from each start to the next."""
        keys = np.concatenate(self._keys) if self._keys else np.zeros(0, np.int64)
        order = np.argsort(keys, kind="stable")
        pieces = np.array(self._pieces, dtype=object)[order].tolist()
        cuts = np.searchsorted(keys[order], np.append(starts, np.iinfo(np.int64).max // self.SLOTS) * self.SLOTS)
        return ["".join(pieces[first:last]) for first, last in pairwise(cuts.tolist())]


def rows_of(
    name: str, frames: Frames, owner: str, keys: pd.Index, *, optional: bool = True
) -> tuple[pd.DataFrame, Integers]:
    """Give the rows of frame `name` whose `owner` is among `keys`, ordered by owner, with the owner's number."""
    if name not in frames or not len(frames[name]):
        if not optional and name not in frames:
            raise FrameError(name, owner, "the frame is needed to write this set")
        return pd.DataFrame({"seg": np.zeros(0, np.int64), owner: np.zeros(0, np.int64)}), np.zeros(0, np.int64)
    frame = frames[name]
    if owner not in frame:
        raise FrameError(name, owner, "the column is needed to write this set")
    number = keys.get_indexer(pd.Index(frame[owner]))
    kept = np.flatnonzero(number >= 0)
    by = [frame["seg"].to_numpy()[kept]] if "seg" in frame else []
    order = kept[np.lexsort((*by, number[kept]))]
    return frame.iloc[order].reset_index(drop=True), number[order].astype(np.int64)
