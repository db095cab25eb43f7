"""What is done with a thing that waits for somebody, on the command line: given to a person, noted on, ended, reopened.

`act` is the service that does it; `key` names the number of the thing in the JSON, `called` the thing in a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.typed import number_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from claims.service.context import Context


def given(act: Callable[[Context, int, str], None], number: str, to: str, *, key: str, called: str) -> None:
    """Give it to somebody; empty: to nobody."""
    output = console.current()
    act(context_for(output, "desk.act"), number_of(number), to.strip())
    output.document({key: number_of(number), "owner": to.strip()})
    output.say(f"{called} {number} is {to.strip()}'s." if to.strip() else f"{called} {number} is nobody's.")


def noted(act: Callable[[Context, int, str, date], None], number: str, text: str, *, key: str, called: str) -> None:
    """Write a note on it."""
    from claims import config

    output = console.current()
    settings = config.load()
    act(context_for(output, "desk.act", settings), number_of(number), text, settings.today())
    output.document({key: number_of(number), "noted": True})
    output.say(f"Noted on {called.lower()} {number}.")


def moved(
    act: Callable[[Context, int, date, str], str | None], number: str, reason: str, *, key: str, state: str = ""
) -> str:
    """End it or take it up again, for a reason, and give where it is then: `state`, else what `act` says."""
    from claims import config

    output = console.current()
    settings = config.load()
    said = act(context_for(output, "desk.act", settings), number_of(number), settings.today(), reason)
    output.document({key: number_of(number), "state": state or said})
    return state or str(said)
