"""A day as people and files write it: `2026-01-31`, and nothing else that Python's own reader takes for one."""

from __future__ import annotations

import re
from datetime import date

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(text: str) -> date:
    """Read a day written YYYY-MM-DD; raise ValueError for anything else.

    `date.fromisoformat` alone takes 20260131 and 2026-W05-6, too: other texts of one day, of which a row that keeps the
    text would differ from one that keeps the day.
    """
    if not _WRITTEN.fullmatch(text):
        raise ValueError("a day is written 2026-01-31")
    return date.fromisoformat(text)
