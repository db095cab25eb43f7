"""Who acts from the command line: one of the people of the practice, with the permission for it.

The machine knows only its own user, and whoever may read the data folder may say ``--as`` anybody: what is checked here
keeps people to their roles, it proves nobody's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.cli import console

if TYPE_CHECKING:
    from claims.config import Settings
    from claims.service.context import Context


def context_for(
    output: console.Output, permission: str, settings: Settings | None = None, *, second: bool = False
) -> Context:
    """Open the practice for who acts, perhaps as the `second` person; raise UsageError without this permission."""
    from claims.service import people
    from claims.service.context import open_context

    return people.acting(open_context(settings, actor=output.actor), permission, second=second)
