"""Instants as people of a practice read them: in the practice's own time zone, and in no other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from claims.service.context import Context
from claims.store import clock


def local(ctx: Context, instant: str | datetime) -> str:
    """Give an instant, also as the tables keep it, as `2026-11-21 19:35:11` of the practice; empty for none."""
    return _local(ctx, instant).strftime("%Y-%m-%d %H:%M:%S") if instant else ""


def day_of(ctx: Context, instant: str) -> str:
    """Give the practice's day of an instant, ISO; empty for none."""
    return _local(ctx, instant).date().isoformat() if instant else ""


def begins(ctx: Context, day: date) -> str:
    """Give the instant at which a day of the practice begins, as the tables keep it."""
    return clock.written(datetime.combine(day, time(), ZoneInfo(ctx.settings.timezone)).astimezone(UTC))


def ends(ctx: Context, day: date) -> str:
    """Give the instant at which the next day of the practice begins."""
    return begins(ctx, day + timedelta(days=1))


def _local(ctx: Context, instant: str | datetime) -> datetime:
    at = clock.read(instant) if isinstance(instant, str) else instant
    return at.astimezone(ZoneInfo(ctx.settings.timezone))
