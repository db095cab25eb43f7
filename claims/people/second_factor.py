"""The second factor: codes of six digits that change every 30 seconds (TOTP), and recovery codes for a lost phone."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from hashlib import sha256

import pyotp
import segno

STEP_SECONDS = 30
ISSUER = "claims"
_RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def new_secret() -> str:
    """Give a secret of 160 bits in base32."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """Give the address that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def picture(address: str) -> str:
    """Draw the address as a QR code: a `data:` address of an SVG, dark on white whatever the page's colours."""
    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def step_of(now: datetime) -> int:
    """Number the 30 seconds that an instant lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """Give the step whose code this is, none when it is none or was used: one step around now, each once."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return None
    current, codes = step_of(now), pyotp.TOTP(secret)
    found = None
    for step in (current - 1, current, current + 1):
        fits = hmac.compare_digest(codes.generate_otp(step), typed)
        if fits and step > last_step:
            found = step
    return found


def recovery_codes() -> list[str]:
    """Give ten codes, each for one time."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3)) for _ in range(_RECOVERY_CODES)
    ]


def kept(code: str) -> str:
    """Give what is kept of a recovery code: they are long and random, so a plain hash will do."""
    return sha256("".join(letter for letter in code.lower() if letter in _ALPHABET).encode()).hexdigest()
