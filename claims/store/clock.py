"""Instants as the tables keep them: UTC text of a fixed width that sorts as time does."""

from __future__ import annotations

from datetime import UTC, datetime

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> str:
    """Give this instant, `2026-11-22T00:35:11.123456Z`."""
    return written(datetime.now(UTC))


def written(instant: datetime) -> str:
    """Give an instant as the tables keep it."""
    return instant.astimezone(UTC).strftime(_FORMAT)


def read(text: str) -> datetime:
    """Give the instant that the tables keep as this text."""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
