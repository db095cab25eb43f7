"""Money: integer cents in, text with two decimals out, and back. No float anywhere."""

from __future__ import annotations

import re

# More than ten thousand million is no amount of this trade but a shifted field; it also keeps every sum inside int64.
LIMIT_CENTS = 10**12

_AMOUNT = re.compile(r"(-?)(\d*)(?:\.(\d*))?")


def cents(text: str) -> int | None:
    """Read an X12 amount (`-12`, `12.5`, `.50`) as cents; None when it is none or has a third decimal."""
    match = _AMOUNT.fullmatch(text.strip()) if text.isascii() else None
    if match is None:
        return None
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    if (not whole and not fraction) or len(fraction) > 2 or len(whole) > 15:
        return None
    value = int(whole or "0") * 100 + int(fraction.ljust(2, "0"))
    if value > LIMIT_CENTS:
        return None
    return -value if sign else value


def is_too_large(text: str) -> bool:
    """Tell whether a text is written as an amount, and is one above the limit: what ails it is its size."""
    match = _AMOUNT.fullmatch(text.strip()) if text.isascii() else None
    if match is None or len(match.group(3) or "") > 2:
        return False
    whole = match.group(2).lstrip("0")
    return len(whole) > 15 or int(whole or "0") * 100 + int((match.group(3) or "").ljust(2, "0")) > LIMIT_CENTS


def amount(value: int) -> str:
    """Write cents as an amount with two decimals: `-1234` becomes `-12.34`."""
    whole, fraction = divmod(abs(int(value)), 100)
    return f"{'-' if value < 0 else ''}{whole}.{fraction:02d}"


def dollars(value: int) -> str:
    """Write cents for people to read: `-123456` becomes `-$1,234.56`."""
    whole, fraction = divmod(abs(int(value)), 100)
    return f"{'-' if value < 0 else ''}${whole:,}.{fraction:02d}"
