"""One segment as it stands in a file in; a line that a person may see, with the columns of one element of it, out.

Whatever `shown.csv` does not name is masked: `[n]` stands for n characters. What it names is shown where it looks like
what belongs there (a short code, an amount, a day), so that a name in the place of a code is masked all the same.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

from claims.x12.delimiters import Delimiters
from claims.x12.segments import CODES
from claims.x12.tokens import decoded
from claims.x12.told import can_name

GAP = "…"
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# How a kept value must look; a long code and an identifier have a digit, as no name has.
_FORMS = {
    "codes": r"[A-Za-z0-9]{1,3}",
    "long_codes": r"(?=.*[0-9])[A-Z0-9.]{1,7}|[A-Z]{1,2}",
    "identifiers": r"(?=.*[0-9])[A-Z0-9]{1,12}",
    "numbers": r"-?[0-9]{0,7}(\.[0-9]{0,3})?",
    "dates": r"[0-9]{6}|[0-9]{8}|[0-9]{12}|[0-9]{8}-[0-9]{8}",
}
# Of what stands on no segment that is shown: the number of a payment.
_TRACES = {"traces": r"(?=.*[0-9])[A-Z0-9]{1,30}"}
_FORM = {name: re.compile(form, re.ASCII) for name, form in (_FORMS | _TRACES).items()}


class Mark(NamedTuple):
    """What is marked in a segment: an element (0: its id), of it a component and a repetition (0: all of it)."""

    element: int = 0
    component: int = 0
    repeat: int = 0


@dataclass(frozen=True)
class Shown:
    """A segment for people; the marked part is `text[start:end]`, or a place of no length where nothing was sent.

    `column` and `columns` say where that is on a screen, on which a letter may be two columns wide.
    """

    text: str
    start: int
    end: int

    @property
    def column(self) -> int:
        """Return the first column of the mark, from 0."""
        return _width(self.text[: self.start])

    @property
    def columns(self) -> int:
        """Return how many columns are marked, at least one."""
        return max(_width(self.text[self.start : self.end]), 1)


class Kept(NamedTuple):
    """What is shown of one segment: the form of each (element, component); which days, and codes of three letters."""

    forms: dict[tuple[int, int], str]
    of_any: dict[int, str]
    date_qualifiers: frozenset[str]
    words: frozenset[str]


@cache
def kept() -> dict[str, Kept]:
    """Return what may be shown, by segment id; `of_any` holds components that are alike in all elements."""
    text = resources.files("claims.x12").joinpath("shown.csv").read_text("utf-8")
    return {row["segment"]: _kept(row) for row in csv.DictReader(text.splitlines())}


def _kept(row: dict[str, str]) -> Kept:
    forms: dict[tuple[int, int], str] = {}
    of_any: dict[int, str] = {}
    for form in _FORMS:
        for place in row[form].split():
            element, _, component = place.partition("-")
            if element == "*":
                of_any[int(component)] = form
            else:
                forms[int(element), int(component or 0)] = form
    return Kept(forms, of_any, frozenset(row["date_qualifiers"].split()), frozenset(row["words"].split()))


def is_of(form: str, value: str) -> bool:
    """Tell whether all words of a value have a form: `codes`, `long_codes`, `identifiers`, `traces`."""
    return all(_has(_any_segment(), form, word) for word in value.split())


@cache
def _any_segment() -> Kept:
    return Kept({}, {}, frozenset(), frozenset(word for row in kept().values() for word in row.words))


def mark_of(segment_id: str, element: str, repeat: int = 0) -> Mark | None:
    """Return what a finding's `element` (`CLM05-3`) marks; None when it names something that is not in this segment."""
    if not element or element == segment_id:
        return Mark()
    found = re.fullmatch(r"([0-9]{2,})(?:-([0-9]+))?", element.removeprefix(segment_id))
    if found is None or not element.startswith(segment_id):
        return None
    return Mark(int(found.group(1)), int(found.group(2) or 0), repeat)


def segment_id_of(raw: bytes, delimiters: Delimiters) -> str:
    """Return the id of a segment in upper case, `""` for one that is no id of X12."""
    name = _cells(raw, delimiters)[0][0].strip().upper()
    return name if name in CODES else ""


def shown(
    raw: bytes, delimiters: Delimiters, mark: Mark, *, width: int, found: str = "", is_masked: bool = True
) -> Shown:
    """Return a segment that is at most `width` columns wide, cut to what stands around the mark where it is longer.

    An element is never cut, but for a marked one that alone is wider: of that, both ends are shown. `found` is what a
    finding says of the marked value: what can be said, and names nobody, can be shown.
    """
    cells, terminator = _cells(raw, delimiters)
    elements = []
    for number in range(len(cells)):
        said = found if number == mark.element else ""
        elements.append(_Element(list(_pieces(cells, number, delimiters, said, is_masked))))
    if mark.element >= len(elements):  # nothing was sent there: the mark stands where the segment ends
        elements.append(_Element([], is_end=True))
    number = min(mark.element, len(elements) - 1)
    return _Line(elements, number, mark, _element_separator(delimiters), _visible(terminator), width).cut()


def _element_separator(delimiters: Delimiters) -> str:
    return delimiters.two_bytes.decode("utf-8") if delimiters.two_bytes else chr(delimiters.element)


def _cells(raw: bytes, delimiters: Delimiters) -> tuple[list[str], str]:
    """Return id and elements of a segment, and its terminator (`""` when it was cut off)."""
    text = decoded(raw)
    terminator = chr(delimiters.terminator)
    is_ended = text.endswith(terminator)
    text = text.removesuffix(terminator)
    if delimiters.wrapped:
        text = text.replace("\r", "").replace("\n", "")
    return text.split(_element_separator(delimiters)), terminator if is_ended else ""


class _Piece(NamedTuple):
    """A component, or a separator (its `component` is 0)."""

    text: str
    repeat: int
    component: int


class _Element:
    def __init__(self, pieces: list[_Piece], *, is_end: bool = False) -> None:
        self.pieces, self.is_end = pieces, is_end
        self.text = "".join(piece.text for piece in pieces)

    def marked(self, mark: Mark) -> tuple[int, int]:
        """Return where in the text the marked component or repetition is; a place of no length when not sent."""
        if self.is_end or not (mark.component or mark.repeat):
            return 0, len(self.text)
        start, found = 0, []
        for piece in self.pieces:
            end = start + len(piece.text)
            is_mine = mark.repeat in (0, piece.repeat)
            if is_mine and (piece.component == mark.component if mark.component else piece.component):
                found.append((start, end))
            start = end
        return (found[0][0], found[-1][1] if mark.repeat else found[0][1]) if found else (start, start)


def _pieces(cells: list[str], number: int, delimiters: Delimiters, said: str, is_masked: bool) -> Iterator[_Piece]:
    """Cut an element at repetitions, then at components, and mask each of these."""
    segment_id, value = cells[0].strip().upper(), cells[number]
    is_header = segment_id == "ISA"  # its elements hold the separators themselves
    repetition = chr(delimiters.repetition) if delimiters.repetition >= 0 and not is_header and number else ""
    component = chr(delimiters.component) if not is_header and number else ""
    repeats = value.split(repetition) if repetition else [value]
    for repeat, one in enumerate(repeats, 1):
        if repeat > 1:
            yield _Piece(_visible(repetition), repeat, 0)
        parts = one.split(component) if component else [one]
        for place, part in enumerate(parts, 1):
            if place > 1:
                yield _Piece(_visible(component), repeat, 0)
            is_shown = _is_shown(segment_id, cells, number, place if len(parts) > 1 else 0, part)
            is_shown = is_shown or not is_masked or (part.strip() == said and not can_name(said))
            yield _Piece(_visible(part) if is_shown else f"[{len(part)}]", repeat, place)


def _is_shown(segment_id: str, cells: list[str], number: int, component: int, value: str) -> bool:
    """Tell whether a value may be seen; `component` is 0 where the element has no separator in it."""
    bare = value.strip(" ")
    if not bare:
        return True
    if number == 0:
        return segment_id in CODES
    if segment_id not in kept():
        return False
    if segment_id == "ISA" and number in (11, 16):
        return len(value) == 1
    row = kept()[segment_id]
    form = _form(row, number, component)
    if not _has(row, form, bare):
        return False
    if form == "dates" and row.date_qualifiers:
        return len(cells) > 1 and cells[1].strip() in row.date_qualifiers
    return True


def has_form(segment_id: str, number: int, component: int, value: str) -> bool:
    """Tell whether a value looks like the code, identifier or number that is shown at a place; days never do."""
    row, bare = kept().get(segment_id), value.strip(" ")
    form = _form(row, number, component) if row and number else ""
    return row is not None and form != "dates" and _has(row, form, bare)


def _form(row: Kept, number: int, component: int) -> str:
    """Return the form of what stands at a place; `component` is 0 where the element has no separator in it."""
    form = row.forms.get((number, component)) or row.of_any.get(component or 1, "")
    return form or (row.forms.get((number, 1), "") if component == 0 else "")


def _has(row: Kept, form: str, bare: str) -> bool:
    if not form or not _FORM[form].fullmatch(bare):
        return False
    return form != "codes" or sum(letter.isalpha() for letter in bare) < 3 or bare in row.words


class _Line:
    """A segment that has to fit a width, in elements; the first is its id, `number` the marked one."""

    def __init__(
        self, elements: list[_Element], number: int, mark: Mark, separator: str, terminator: str, width: int
    ) -> None:
        self.elements, self.number, self.mark = elements, number, mark
        self.separator, self.terminator, self.width = _visible(separator), terminator, width

    def cut(self) -> Shown:
        """Take as many elements around the marked one as there is room for."""
        first = last = self.number
        best = self._of(first, last)
        if _width(best.text) > self.width:
            return self._cut_inside(best)
        steps = [(0, 1), (-1, 0)]
        while steps:
            left, right = steps.pop(0)
            if first + left < 0 or last + right >= len(self.elements):
                continue
            wider = self._of(first + left, last + right)
            if _width(wider.text) <= self.width:
                first, last, best = first + left, last + right, wider
                steps.append((left, right))
        return best

    def _of(self, first: int, last: int) -> Shown:
        text = self.elements[0].text
        if first > 1:
            text += self.separator + GAP
        start = end = 0
        for number in range(first, last + 1):
            element = self.elements[number]
            if number and not element.is_end:
                text += self.separator
            if number == self.number:
                start, end = (len(text) + place for place in element.marked(self.mark))
                start, end = (0, len(text)) if not number else (start, end)
            if number:
                text += element.text
        rest = self.terminator if last == len(self.elements) - 1 else self.separator + GAP
        return Shown(text + rest, start, end)

    def _cut_inside(self, line: Shown) -> Shown:
        """Cut a line that is too long even so: keep the mark, and of a mark that is too long its two ends."""
        text, start, end = line.text, line.start, line.end
        room = max(self.width - 2, 8)
        if end - start > room:
            half = (room - 1) // 2
            text = text[: start + half] + GAP + text[end - half :]
            end = start + 2 * half + 1
        before = max(min(start, room - (end - start)), 0)
        left = GAP + text[start - before : start] if before < start else text[:start]
        after = text[end : end + max(room - before - (end - start), 0)]
        right = after + GAP if end + len(after) < len(text) else after
        return Shown(left + text[start:end] + right, len(left), len(left) + end - start)


def _visible(text: str) -> str:
    """Write control characters and marks of text direction as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() else _NAMED.get(char, f"\\x{ord(char):02X}") for char in text)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)
