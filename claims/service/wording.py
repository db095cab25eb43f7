"""Words that people type to be kept: what nobody can see is nothing."""

from __future__ import annotations

import unicodedata

_INVISIBLE = ("C", "Z")  # of Unicode's general categories: controls, formats (U+200B) and separators


def visible(words: str) -> str:
    """Give words without blanks at both ends; nothing where no character of them can be seen."""
    words = words.strip()
    return "" if all(unicodedata.category(one).startswith(_INVISIBLE) for one in words) else words
