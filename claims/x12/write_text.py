"""Template text in, the bytes of a file out: delimiters put in, empty tails dropped, data that cannot be sent refused.

Templates of segments are written with ``*``, ``:``, ``^`` and ``~`` whatever the file's real delimiters are. The same
characters inside data are carried as control characters until `Delimiters.apply` turns both into what the file holds.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from claims.errors import UsageError

PLAIN = "*:^~"
CARRIED = "\x1c\x1d\x1e\x1f"
_ELEMENT, _COMPONENT, _TERMINATOR = b"*:~"

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
        """The delimiters in the order of `PLAIN`."""
        return self.element + self.component + self.repetition + self.terminator

    def apply(self, head: bytes, body: bytes) -> bytes:
        """Turn template text into the file's; raise DelimiterInDataError for data that holds a delimiter.

        Empty elements and components at the end of segments and composites of `body` are dropped, as X12 wants; those
        of `head`, the ISA, have fixed lengths.
        """
        for text in (head, body):
            self._refuse_delimiters(text)
        table = bytes.maketrans((PLAIN + CARRIED).encode(), (self.marks + PLAIN).encode())
        text = head.translate(table) + trimmed(body).translate(table, b"\0")
        if not self.line_end:
            return text
        terminator = self.terminator.encode()
        return text.replace(terminator, terminator + self.line_end.encode())

    def _refuse_delimiters(self, text: bytes) -> None:
        for mark in self.marks:
            held = CARRIED[PLAIN.index(mark)] if mark in PLAIN else mark
            at = text.find(held.encode())
            if at >= 0:
                before = text[text.rfind(b"~", 0, at) + 1 : at].split(b"*")
                raise DelimiterInDataError(before[0].decode(), len(before) - 1, mark)


def trimmed(text: bytes) -> bytes:
    """Put a zero byte in the place of every separator that ends a segment, and of every one that ends a composite."""
    data = np.frombuffer(text, np.uint8).copy()
    before_end = np.flatnonzero(data[1:] == _TERMINATOR)
    _clear_back(data, before_end, (_ELEMENT, _COMPONENT))
    before_element = np.flatnonzero((data[:-1] == _COMPONENT) & (data[1:] == _ELEMENT))
    _clear_back(data, before_element, (_COMPONENT,))
    return data.tobytes()


def _clear_back(data: npt.NDArray[np.uint8], places: npt.NDArray[np.int64], marks: tuple[int, ...]) -> None:
    """Clear the run of `marks` that ends at each place."""
    while len(places):
        found = data[places]
        is_mark = found == marks[0]
        for mark in marks[1:]:
            is_mark |= found == mark
        places = places[is_mark]
        data[places] = 0
        places = places[places > 0] - 1


def plain_ascii(text: str) -> str:
    """Spell text in ASCII: accents dropped, ligatures taken apart, what is unknown becomes a blank."""
    text = unicodedata.normalize("NFKD", text.translate(_SPELT))
    return "".join(
        mark if mark.isascii() else " " for mark in text if not (unicodedata.combining(mark) and not mark.isascii())
    )
