"""Instants as the tables keep them: UTC text of a fixed width that sorts as time does."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Give this instant, `2026-11-22T00:35:11.123456Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
