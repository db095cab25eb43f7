"""Passwords: which may be chosen, how they are kept (argon2id), and whether one is right.

Length decides, not kinds of characters. At most two are hashed at a time: each takes 64 MiB.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from importlib import resources

import pandas as pd
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from claims.errors import UsageError

LEAST, MOST = 12, 128
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=2)
_AT_ONCE = threading.BoundedSemaphore(2)
# What people put around a word so that it looks like a password.
_DECORATION = re.compile(r"[^a-z]+")
_LETTERS = str.maketrans("013457$@!", "oieastsai")


class PasswordError(UsageError):
    """A password that may not be chosen: says why, never quotes it."""


def require_good(password: str, *, name: str = "") -> None:
    """Raise PasswordError unless the password may be chosen by the person of this name."""
    if not LEAST <= len(password) <= MOST:
        raise PasswordError(f"A password has {LEAST} to {MOST} characters; several words are best.")
    plain = password.lower()
    if name and name in plain:
        raise PasswordError("A password does not hold the name you sign in with.")
    if len(set(plain)) < 5 or _is_run(plain):
        raise PasswordError("This password is a run of the same or of neighbouring characters.")
    word = plain.strip("".join(letter for letter in plain if not letter.isalpha()))
    cores = {plain, _DECORATION.sub("", plain), _DECORATION.sub("", word.translate(_LETTERS))}
    if any(_is_blocked(core) for core in cores):
        raise PasswordError("This password is among those that are guessed first.")


def hashed(password: str) -> str:
    """Give what is kept of a password."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_right(kept: str, password: str) -> bool:
    """Tell whether this is the password; without one kept it takes as long, and is not."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _nobodys(), password) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Tell whether it was hashed with weaker parameters than ours are today."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


@cache
def _blocked() -> frozenset[str]:
    with (resources.files(__package__) / "blocked_passwords.csv").open(encoding="utf-8") as file:
        return frozenset(pd.read_csv(file, dtype=str, keep_default_na=False)["word"])


def _is_blocked(core: str) -> bool:
    """A blocked word, or one written several times, or two of them."""
    words = _blocked()
    if core in words:
        return True
    return any(core.startswith(word) and (not core.replace(word, "") or core[len(word) :] in words) for word in words)


def _is_run(text: str) -> bool:
    """Most neighbours follow each other in the alphabet, on the keyboard or as digits."""
    lines = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
    pairs = {line[at : at + 2] for line in lines for at in range(len(line) - 1)}
    pairs |= {pair[::-1] for pair in pairs}
    neighbours = sum(text[at : at + 2] in pairs or text[at] == text[at + 1] for at in range(len(text) - 1))
    return neighbours >= (len(text) - 1) * 3 // 4
