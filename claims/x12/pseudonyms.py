"""A secret key and what names a person in; an alias of the same length and alphabet, or a number of days, out.

An alias is a permutation under the key: the same value has the same alias in every field and file, two values never
share one, letters stay letters and digits digits. Letter case and punctuation take no part. A valid NPI becomes a valid
NPI, and no other value does. Without the key nothing leads back.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from claims import identifiers

# An even number, so that each half of a value is changed as often as the other.
_ROUNDS = 6
_LONGEST = 128
# Days are moved back, never forward: what was done stays before what was decided about it.
MOST_DAYS = 28

_LETTERS = bytes(range(65, 91))
_DIGITS = bytes(range(48, 58))
_PUNCTUATION = bytes(set(range(256)) - set(_LETTERS + _LETTERS.lower() + _DIGITS))
_VALUE = bytes.maketrans(_DIGITS + _LETTERS, bytes(range(10)) + bytes(range(26)))
_RADIX = bytes.maketrans(_DIGITS + _LETTERS, bytes([10] * 10 + [26] * 26))
_NPI_LENGTH = 10
# What stands for text that is masked without an alias: only its length, blanks and punctuation stay.
FILLED = bytes.maketrans(_LETTERS + _LETTERS.lower() + _DIGITS, b"X" * 26 + b"x" * 26 + b"9" * 10)


class Pseudonyms:
    """Aliases and days under one key; the last values asked for are remembered."""

    def __init__(self, key: bytes) -> None:
        secret = hashlib.sha256(key).digest()
        # Keyed BLAKE2 is a message authentication code of its own, at a quarter of the cost of an HMAC.
        self._alias_hash = hashlib.blake2b(key=secret, person=b"alias")
        self._days_hash = hashlib.blake2b(key=secret, person=b"days", digest_size=16)
        self.alias = lru_cache(maxsize=1 << 16)(self._alias)
        self.days = lru_cache(maxsize=1 << 16)(self._days)

    def _days(self, person: str) -> int:
        """Return by how many days all dates of a person move back: at least one."""
        name = "".join(char for char in person.upper() if char.isalnum())
        return 1 + _number(self._days_hash, name.encode("utf-8")) % MOST_DAYS

    def _alias(self, value: bytes) -> bytes:
        """Return the alias of a value; what is neither letter nor digit of ASCII stays where it is."""
        bare = value.translate(None, _PUNCTUATION)
        if len(bare) > _LONGEST:
            return value.translate(FILLED)
        upper = bare.upper()
        found = self._permuted_npi(upper) if _is_number_of_npi_length(upper) else self._permuted(upper)
        if bare != upper:
            found = bytes(new + 32 if old > 96 else new for old, new in zip(bare, found, strict=True))
        if len(bare) == len(value):
            return found
        rest = iter(found)
        return bytes(byte if byte in _PUNCTUATION else next(rest) for byte in value)

    def _permuted(self, bare: bytes) -> bytes:
        """Permute all values of one pattern of letters and digits (a Feistel network over its two halves)."""
        radices, values = bare.translate(_RADIX), bare.translate(_VALUE)
        half = len(bare) // 2
        left, left_size = _joined(values[:half], radices[:half])
        right, right_size = _joined(values[half:], radices[half:])
        for number in range(0, _ROUNDS, 2):
            left = (left + _number(self._alias_hash, b"%c%b%d" % (number, radices, right))) % left_size
            right = (right + _number(self._alias_hash, b"%c%b%d" % (number + 1, radices, left))) % right_size
        return _split(left, radices[:half]) + _split(right, radices[half:])

    def _permuted_npi(self, bare: bytes) -> bytes:
        """Permute NPIs among themselves, their first digit kept, and all other numbers of ten digits likewise."""
        if is_npi(bare):
            body = bare[:1] + self._permuted(bare[1:9])
            return body + identifiers.npi_check_digit(body.decode("ascii")).encode()
        found = self._permuted(bare)
        while is_npi(found):
            found = self._permuted(found)
        return found


def _number(seeded: Any, message: bytes) -> int:
    state = seeded.copy()
    state.update(message)
    return int.from_bytes(state.digest(), "little")


def _joined(values: bytes, radices: bytes) -> tuple[int, int]:
    """Return digits of mixed radices as one number, and how many such numbers there are."""
    found, size = 0, 1
    for value, radix in zip(values, radices, strict=True):
        found, size = found * radix + value, size * radix
    return found, size


def _split(number: int, radices: bytes) -> bytes:
    """Write a number as letters and digits of mixed radices."""
    found = bytearray(len(radices))
    for place in range(len(radices) - 1, -1, -1):
        number, value = divmod(number, radices[place])
        found[place] = value + (48 if radices[place] == 10 else 65)
    return bytes(found)


def _is_number_of_npi_length(bare: bytes) -> bool:
    return len(bare) == _NPI_LENGTH and bare.isdigit()


def is_npi(digits: bytes) -> bool:
    """Tell whether ten digits are an NPI: they begin with 1 or 2 and end in the right check digit."""
    return identifiers.is_npi(digits.decode("latin-1"))
