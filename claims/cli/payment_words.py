"""Options and arguments that the commands about patients' money share."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from claims.service.context import Context

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers, names and notes; this is audited.")]
Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Accounting day; default: today.")]


def when(day: datetime | None, ctx: Context) -> date:
    """Give the accounting day that was asked for, or today."""
    return day.date() if day else ctx.settings.today()
