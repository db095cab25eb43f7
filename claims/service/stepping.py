"""What was taken back is posted again, step by step, in the order in which all of that happened the first time."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.service.context import Context
from claims.service.decisions import record_decisions
from claims.service.denials import open_denials
from claims.service.posting import post_again
from claims.service.pricing import price_decisions


def step_by_step(
    ctx: Context,
    run_id: int,
    day: date,
    remits: pd.DataFrame,
    again: pd.DataFrame,
    counts: dict[str, int],
    *,
    is_priced: bool = True,
) -> None:
    """Post, open denials and tell the timelines in the order in which all of that happened the first time.

    `is_priced`: what stands after each step is held against contracts before denials open.
    """
    looks = (price_decisions, open_denials) if is_priced else (open_denials,)
    moments = [(instant, 0) for instant in {*again["recorded_at"], *remits["began"]}]
    for place, name in ((1, "denials_at"), (2, "life_at")):
        moments += [(instant, place) for instant in set(again[name]) - {""}]
    for instant, place in sorted(moments):
        if place == 0:
            own, new = again[again["recorded_at"] == instant], remits[remits["began"] == instant]
            # What could be seen then is told by when it came first, however often it was undone and replayed since.
            until = str(own["first_at"].max()) if len(own) else instant
            add(counts, post_again(ctx, run_id, day, new, own, until))
        else:
            for step in (looks, (record_decisions,))[place - 1]:
                add(counts, step(ctx, run_id, day))


def add(counts: dict[str, int], more: dict[str, int]) -> None:
    """Add numbers up by name."""
    for name, number in more.items():
        counts[name] = counts.get(name, 0) + number
