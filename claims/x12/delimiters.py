"""The delimiters of an interchange: bytes that begin with an ISA (or with a bare GS or ST) in, `Delimiters` out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

# Offsets of the element separators in an ISA of the fixed length; then ISA11, ISA16 and the terminator.
SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
FIXED_LENGTH = 106
# No ISA, however padded or wrapped, is longer than this.
LONGEST = 400
WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 8, 6, 1, 5, 14, 1, 1, 1)
_BREAKS = b"\r\n"
# Stands for a separator that takes two bytes in the file; control characters are no data of X12.
STAND_IN = 0x1D


@dataclass(frozen=True)
class Delimiters:
    """Four bytes as integers (`repetition` is -1 before version 5010), and how the bytes are laid out.

    `wrapped`: every line end is layout, not data. `two_bytes`: the element separator as two bytes (UTF-8), or empty.
    """

    element: int
    component: int
    repetition: int
    terminator: int
    wrapped: bool = False
    two_bytes: bytes = b""

    @property
    def kept(self) -> tuple[int, ...]:
        """Return the delimiters inside elements that would else count as blanks."""
        return tuple(value for value in (self.component, self.repetition) if 0 <= value <= 32)

    @property
    def has_blank_edges(self) -> bool:
        """Tell whether the separator of elements or the terminator would else count as a blank."""
        return self.element <= 32 or self.terminator <= 32


@dataclass(frozen=True)
class Header:
    """An ISA as found: its delimiters, and whether it has the fixed length."""

    delimiters: Delimiters
    is_fixed: bool


STANDARD = Delimiters(ord("*"), ord(":"), ord("^"), ord("~"))


def _usable(*values: int) -> bool:
    chars = [bytes([value]) for value in values if value >= 0]
    return len(set(chars)) == len(chars) and not any(char.isalnum() or char == b" " for char in chars)


def _repetition(found: int, *others: int) -> int:
    return found if _usable(found, *others) else -1


def _fixed(text: bytes) -> Delimiters | None:
    if len(text) < FIXED_LENGTH - 1:
        return None
    element, component = text[3], text[104]
    terminator = text[105] if len(text) > 105 else ord("~")
    if any(text[at] != element for at in SEPARATORS) or not _usable(element, component, terminator):
        return None
    if not text[84:89].isalnum() or _broken(text):
        return None
    return Delimiters(element, component, _repetition(text[82], element, component, terminator), terminator)


def _broken(text: bytes) -> bool:
    return any(byte in _BREAKS for byte in text[:105])


def _trimmed(text: bytes) -> Delimiters | None:
    """Read an ISA that lost or gained blanks: sixteen separators, one character, blanks, the terminator."""
    parts = text[:LONGEST].split(text[3:4], 16)
    if len(parts) < 17:
        return None
    element, tail = text[3], parts[16]
    values = [part.strip() for part in parts[1:16]]
    if any(len(value) > width for value, width in zip(values, WIDTHS, strict=False)):
        return None
    if len(values[10]) != 1 or not values[11].isdigit() or not values[8].isdigit():
        return None
    component = tail[:1]
    rest = tail[1:].lstrip(b" ")
    if not component or component == b" ":
        return None
    terminator = rest[0] if rest else ord("~")
    if not _usable(element, component[0], terminator):
        return None
    return Delimiters(element, component[0], _repetition(values[10][0], element, component[0], terminator), terminator)


def read_header(text: bytes, *, loose: bool) -> Header | None:
    """Read the ISA that `text` begins with; `loose` also takes one that is trimmed, padded or broken into lines."""
    if len(text) < 20 or text[:3].upper() != b"ISA" or text[3:4].isalnum():
        return None
    if loose and text[3:4] == b" ":
        text = text[:3] + text[3:].lstrip(b" ")
    fixed = _fixed(text)
    if fixed:
        return Header(fixed, True)
    two_bytes = text[3:5] if 0xC2 <= text[3] <= 0xDF and 0x80 <= text[4] <= 0xBF else b""
    if two_bytes:
        text = text.replace(two_bytes, bytes([STAND_IN]))
        fixed = _fixed(text)
        if fixed:
            return Header(replace(fixed, two_bytes=two_bytes), True)
    if not loose:
        return None
    joined = text.translate(None, _BREAKS)
    wrapped = _fixed(joined) if text[:LONGEST].count(text[3:4]) >= 16 and _broken_before_16(text) else None
    if wrapped:
        return Header(replace(wrapped, wrapped=True, two_bytes=two_bytes), True)
    if _broken_before_16(text):
        found = _trimmed(joined)
        return Header(replace(found, wrapped=True, two_bytes=two_bytes), False) if found else None
    found = _trimmed(text)
    return Header(replace(found, two_bytes=two_bytes), False) if found else None


def _broken_before_16(text: bytes) -> bool:
    """Tell a wrapped header from a short one whose terminator is a line end."""
    head = text[:LONGEST].split(text[3:4], 16)
    return len(head) == 17 and any(byte in _BREAKS for part in head[:16] for byte in part)


_BARE = re.compile(rb"(?:\A|[^A-Za-z0-9])(?:(?:ISA|GS|ST)|(?:isa|gs|st))([^A-Za-z0-9\s])[A-Za-z0-9 ]{1,4}\1")
_BARE_SET = re.compile(rb"(?i)(?:\A|[^A-Z0-9])ST([^A-Z0-9\s])\d{3}\1 *[A-Z0-9]{1,9} *(?:\1[A-Z0-9]*)?([^A-Z0-9 ])")
_BARE_COMPONENT = rb"(?:SVC|SV1|SV3)%s(?:HC|AD|NU|ER|N4|HP|IV|WK)([^A-Za-z0-9\s])"


def read_bare(text: bytes) -> tuple[int, Delimiters] | None:
    """Find transaction sets that stand in no interchange; return where they begin, and the delimiters they show."""
    found = _BARE_SET.search(text)
    if not found:
        return None
    element, terminator = found.group(1)[0], found.group(2)[0]
    if not _usable(element, terminator):
        return None
    if terminator == 13 and text[found.end(2) : found.end(2) + 1] != b"\n" and b"\n" in text:
        terminator = 10
    start = found.start() if text[found.start() : found.start() + 2].upper() == b"ST" else found.start() + 1
    for bare in _BARE.finditer(text[:start]):
        if bare.group(1) == found.group(1):
            start = bare.start() if text[bare.start() : bare.start() + 1].isalpha() else bare.start() + 1
            break
    shown = re.search(_BARE_COMPONENT % re.escape(found.group(1)), text[found.start() :])
    component = shown.group(1)[0] if shown and _usable(element, terminator, shown.group(1)[0]) else ord(":")
    if not _usable(element, terminator, component):
        component = ord(">")
    return start, Delimiters(element, component, _repetition(ord("^"), element, component, terminator), terminator)
