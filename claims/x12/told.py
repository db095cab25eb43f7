"""A value that is wrong in; what a finding may say of it out: the value where it names nobody, else its length.

A shifted field may hold anything, so the place alone tells nothing: the value must have the form of what belongs there.
"""

from __future__ import annotations

import re

# What a sender can have meant as an amount or a quantity: 12.505, 1e3, 1,000.00. Eight digits may be a day of birth.
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{0,7}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.[0-9]{0,6})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII
)
_SOCIAL_SECURITY = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}", re.ASCII)


def is_number(text: str) -> bool:
    """Tell whether a text is a number, however oddly written."""
    return _NUMBER.fullmatch(text) is not None and any(char.isdigit() for char in text)


def can_name(text: str) -> bool:
    """Tell whether a text may name somebody: three letters do, and a number of social security."""
    return sum(char.isalpha() for char in text) > 2 or _SOCIAL_SECURITY.search(text) is not None


def number(text: str) -> str:
    """Return what stands in the place of a number, or its length when that is none; "" for nothing."""
    return text if is_number(text) or not text else length(text)


def length(text: str) -> str:
    """Say how long a value is that is not told."""
    return f"{len(text)} character{'' if len(text) == 1 else 's'}"
