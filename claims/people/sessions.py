"""Sessions: a random token that only its owner has, and how long it lasts."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=10)
HALF_WAY = timedelta(minutes=10)  # from the password to the second factor
TOUCH = timedelta(minutes=1)  # the last use is written down once a minute at most
ENROLMENT = timedelta(days=3)  # how long a link for the first sign-in lasts
EMERGENCY = timedelta(minutes=15)

# What a session has proven.
PASSWORD, SIGNED_IN = "password", "signed_in"


def new_token() -> str:
    """Give 256 random bits as text for a cookie or a link."""
    return secrets.token_urlsafe(32)


def kept(token: str) -> str:
    """Give what is kept of a token: the database alone lets nobody in."""
    return sha256(token.encode()).hexdigest()


def is_over(state: str, opened: datetime, seen: datetime, now: datetime) -> bool:
    """Tell whether a session has ended by itself."""
    return now - seen >= IDLE or now - opened >= (ABSOLUTE if state == SIGNED_IN else HALF_WAY)
