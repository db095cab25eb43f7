"""Everything that people do with denial cases, in one place; and what each would do, without doing it.

Each takes cases as (case_id, version that the person saw), one or thousands, and the accounting day; it gives a `Done`.
A whole list is acted on with `service.desk.queue.selection`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from claims.service.context import Context
from claims.service.desk.acting import Cases, Done
from claims.service.desk.billing_other import bill_other
from claims.service.desk.money import approve, close_duplicate, expire, refuse, to_patient, waiting, write_off
from claims.service.desk.people import (
    LAST_DAY,
    NEXT_REMIT,
    appeal_sent,
    appeal_upheld,
    assign,
    info_sent,
    note,
    snooze,
    tag,
    wake,
)
from claims.service.desk.sending import bill_next
from claims.service.desk.undoing import undo
from claims.service.lowered_requests import of_cases
from claims.service.rehearsing import LookingVault
from claims.store.engine import looking

__all__ = [
    "ACTIONS",
    "LAST_DAY",
    "NEXT_REMIT",
    "Cases",
    "Done",
    "appeal_sent",
    "appeal_upheld",
    "approve",
    "assign",
    "bill_next",
    "bill_other",
    "close_duplicate",
    "expire",
    "info_sent",
    "note",
    "preview",
    "refuse",
    "resubmit",
    "snooze",
    "tag",
    "to_patient",
    "undo",
    "waiting",
    "wake",
    "write_off",
]

resubmit = of_cases  # what takes more off a charge than the actor may give up waits for a second person
# What can be done with a selection of cases, by name.
ACTIONS: dict[str, Callable[..., Done]] = {
    "resubmit": resubmit,
    **{
        one.__name__: one
        for one in (
            *(assign, note, tag, snooze, wake, info_sent, appeal_sent, appeal_upheld),
            *(bill_next, bill_other, to_patient, write_off, expire, close_duplicate),
        )
    },
}


def preview(ctx: Context, action: Callable[..., Done], *args: Any, **named: Any) -> Done:
    """Say what one of ACTIONS would do: the same `Done`, with action_id 0 and nothing written.

    It looks at a snapshot, and nobody waits for it; claims that are made of cases are made and taken back, a part of
    the cases at a time (`desk.parts`).
    """
    with looking(), ctx.vault.aside() as place:
        done = action(replace(ctx, vault=LookingVault(place, ctx.vault), is_looking=True), *args, **named)
    return done._replace(action_id=0)
