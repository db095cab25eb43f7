"""How long somebody has to wait after failed attempts: per name it doubles, per address there is a ceiling."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

WINDOW = timedelta(minutes=15)
FREE_PER_NAME = 5
MOST_PER_ADDRESS = 20


class Failures(NamedTuple):
    """How often it went wrong within WINDOW, and when last."""

    times: int
    last: datetime | None


def wait(of_name: Failures, of_address: Failures, now: datetime) -> timedelta:
    """Give how long the next attempt has to wait; nothing or less: it is heard."""
    waits = [timedelta(0)]
    if of_name.last is not None and of_name.times >= FREE_PER_NAME:
        doubled = timedelta(seconds=2 ** min(of_name.times - FREE_PER_NAME + 1, 20))
        waits.append(of_name.last + min(doubled, WINDOW) - now)
    if of_address.last is not None and of_address.times >= MOST_PER_ADDRESS:
        waits.append(of_address.last + WINDOW - now)
    return max(waits)
