"""Options and arguments that the commands about patients' money share."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from claims.errors import UsageError
from claims.money import cents

if TYPE_CHECKING:
    from claims.service.context import Context

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers, names and notes; this is audited.")]
Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Accounting day; default: today.")]


def number_of(text: str) -> int:
    """Read one of our own numbers."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UsageError("A number is wanted, as the list gives it.")
    return int(text)


def cents_of(text: str, option: str) -> int:
    """Read an amount above zero."""
    value = cents(text)
    if value is None or value <= 0:
        raise UsageError(f"{option} wants an amount above zero, like 12.50.")
    return value


def when(day: datetime | None, ctx: Context) -> date:
    """Give the accounting day that was asked for, or today."""
    return day.date() if day else ctx.settings.today()
