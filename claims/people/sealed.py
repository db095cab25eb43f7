"""Secrets at rest: sealed with AES-256-GCM under the key file, bound to whom they belong to."""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from claims.errors import ClaimsError

_NONCE = 12


class SealError(ClaimsError):
    """A sealed secret does not open: another key file, or another's secret."""

    def __init__(self) -> None:
        super().__init__("A second factor cannot be read with this people.key: put back the key file of its database.")


def seal(key: bytes, secret: str, owner: str) -> str:
    """Seal a secret of `owner`."""
    nonce = secrets.token_bytes(_NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, secret.encode(), owner.encode())).decode("ascii")


def unseal(key: bytes, sealed: str, owner: str) -> str:
    """Open what was sealed for `owner`; raise SealError."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode()).decode()
    except (InvalidTag, ValueError):
        raise SealError from None
