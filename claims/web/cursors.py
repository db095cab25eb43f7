"""Places in a list as they stand in an address: signed, and good for one person, list, sort and filter."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from claims.errors import UsageError

_MAC = 32


class CursorError(UsageError):
    """A place that we did not give out, or not for this list."""

    def __init__(self) -> None:
        super().__init__("This address is of another list or another person; begin at the first page.")


def sign(key: bytes, place: Any, *of: object) -> str:
    """Write a place down for an address; `of` says what it belongs to."""
    text = base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).rstrip(b"=")
    return f"{text.decode()}.{_mac(key, text, of)}"


def unsign(key: bytes, cursor: str, *of: object) -> Any:
    """Read a place that `sign` wrote for the same; raise CursorError."""
    text, _, mac = cursor.partition(".")
    try:
        raw = text.encode("ascii")
        if not hmac.compare_digest(_mac(key, raw, of).encode(), mac.encode()):
            raise CursorError
        return json.loads(base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise CursorError from None


def _mac(key: bytes, text: bytes, of: tuple[object, ...]) -> str:
    bound = json.dumps(of, separators=(",", ":"), default=str).encode()
    return hmac.new(key, bound + b"." + text, hashlib.sha256).hexdigest()[:_MAC]
