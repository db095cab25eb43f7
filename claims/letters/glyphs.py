"""Texts come in; the characters that no font inside Typst can print, which would stand as empty boxes, go out."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import typst

MOST = 8  # characters that are named
# PDF/A admits no character without a shape, so Typst refuses one where it would draw a box elsewhere.
_STRICT: Final = "a-2b"
_PROBE = b'#set text(font: ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"))\n#text(sys.inputs.text)'
_SURE = 0x180  # Latin with its accents: every font of the packet has it


def missing(texts: Iterable[str]) -> tuple[str, ...]:
    """Give the characters that cannot be printed, in their order; the first MOST of them."""
    found = {one for text in texts for one in unicodedata.normalize("NFC", text) if ord(one) >= _SURE}
    # Marks without a shape of their own (joiners, choosers of a variant) print nothing, and no box.
    drawn = sorted(one for one in found if unicodedata.category(one)[0] not in "CZM")
    return tuple(_failing(drawn, MOST))


def named(characters: Iterable[str]) -> str:
    """Name characters so that they can be found where they cannot be shown."""
    return ", ".join(f"{one} (U+{ord(one):04X})" for one in characters)


def _failing(characters: Sequence[str], most: int) -> list[str]:
    """Find those that fail by halves: one try where all can be printed."""
    if not characters or _prints(" ".join(characters)):
        return []
    if len(characters) == 1:
        return [*characters]
    middle = len(characters) // 2
    found = _failing(characters[:middle], most)
    return found if len(found) >= most else (found + _failing(characters[middle:], most - len(found)))[:most]


@functools.lru_cache(maxsize=512)
def _prints(text: str) -> bool:
    try:
        typst.compile(_PROBE, ignore_system_fonts=True, format="pdf", sys_inputs={"text": text}, pdf_standards=_STRICT)
    except typst.TypstError:
        return False
    return True
