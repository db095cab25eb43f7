"""What people type into forms and several pages read: amounts."""

from __future__ import annotations

from claims.errors import UsageError
from claims.money import cents


def cents_of(text: str) -> int | None:
    """Read an amount of nothing or more as people write it, ``$1,250.50`` too; None where there is none."""
    words = text.strip().removeprefix("$").replace(",", "")
    if not words:
        return None
    found = cents(words)
    if found is None or found < 0:
        raise UsageError("An amount is written like 12.50.")
    return found
