"""Actions that make claims are previewed by making them and taking them back: a part of the cases at a time.

Each part holds everybody up who writes, so it is small, and between two of them there is time for the others.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from claims.service.context import Context
from claims.service.desk.acting import Cases, Done
from claims.store import desk
from claims.store.engine import read, rehearsal

CASES = 250
BETWEEN_SECONDS = 0.15  # SQLite's waiting writers look again every 0.1 s at the latest


def rehearsed(action: Callable[..., Done]) -> Callable[..., Done]:
    """Let an action that cannot say what it would do without doing it be previewed (`Context.is_looking`) in parts."""

    @functools.wraps(action)
    def looked_at(ctx: Context, cases: Cases, *args: Any, **named: Any) -> Done:
        if not ctx.is_looking:
            return action(ctx, cases, *args, **named)
        parts: list[Done] = []
        for part in by_claim(ctx, cases):
            if parts:
                time.sleep(BETWEEN_SECONDS)
            with rehearsal(ctx.engine):
                parts.append(action(replace(ctx, is_looking=False), part, *args, **named))
        return joined(parts)

    return looked_at


def by_claim(ctx: Context, cases: Cases) -> Iterator[Cases]:
    """Cut cases into parts; those of one claim stay together, for they go out as one."""
    with read(ctx.engine) as conn:
        families = desk.families(conn, [case_id for case_id, _ in cases])
    family = pd.Series([families.get(case_id, 0) for case_id, _ in cases], dtype="int64")
    order = family.sort_values(kind="stable").index
    at = 0
    while at < len(order) or not at:
        end = min(at + CASES, len(order))
        while 0 < end < len(order) and family[order[end]] and family[order[end]] == family[order[end - 1]]:
            end += 1
        yield [cases[place] for place in order[at:end]]
        at = max(end, 1)


def joined(parts: list[Done]) -> Done:
    """Put what became of the parts of a list together; in each field the same kind of thing is added up."""
    values: dict[str, Any] = {}
    for name in Done._fields:
        found = [getattr(part, name) for part in parts]
        if isinstance(found[0], pd.DataFrame):
            values[name] = pd.concat(found, ignore_index=True)
        elif found[0] is None:
            values[name] = None
        elif isinstance(found[0], str):
            values[name] = next((one for one in found if one != "done"), "done")
        else:
            values[name] = sum(found[1:], found[0])
    return Done(**values)
