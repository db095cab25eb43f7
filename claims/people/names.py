"""How people are named: what they sign in with, and what stands beside all that they do."""

from __future__ import annotations

import re

from claims.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")


class PersonNameError(UsageError):
    """A name that cannot be one."""

    def __init__(self) -> None:
        super().__init__("A name has 2 to 40 characters: small letters, digits, . _ -, a letter first.")


def checked(name: str) -> str:
    """Give the name as it is kept; raise PersonNameError."""
    kept = normal(name)
    if not _NAME.fullmatch(kept):
        raise PersonNameError
    return kept


def normal(name: str) -> str:
    """Give what somebody typed as a name is kept: without blanks, in small letters."""
    return name.strip().lower()
