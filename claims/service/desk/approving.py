"""What waits for a second person, case by case: what it is about, so that nobody approves a number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from claims.masking import MASK
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.queue import KEY_LENGTH
from claims.service.zone import begins
from claims.store.engine import read
from claims.store.queries import desk as queries
from claims.store.queries import given_up

SHOWN = 10


def approved_on(ctx: Context, day: date) -> int:
    """Give how much of what others gave up the person has approved on a day (accounting day, or real day), in cents."""
    with read(ctx.engine) as conn:
        return given_up.approved_on_day(conn, ctx.actor, day, begins(ctx, ctx.settings.today()))


def cases(ctx: Context, action_ids: Sequence[int], *, show_phi: bool = True) -> dict[int, list[dict[str, Any]]]:
    """Give the first cases of each action that waits: key, claim_number, payer_name, cause, amount_cents.

    Audited; without `show_phi` the claim's number is masked.
    """
    with read(ctx.engine) as conn:
        rows = queries.asked_for(conn, action_ids)
    rows = rows[rows.groupby("action_id").cumcount() < SHOWN].assign(key=rows["case_key"].str[:KEY_LENGTH])
    if not show_phi:
        rows = rows.assign(claim_number=MASK)
    elif len(rows):
        record_shown(ctx, "approvals", {"cases": rows["case_id"].tolist()})
    found: dict[int, list[dict[str, Any]]] = {int(one): [] for one in action_ids}
    for row in rows.to_dict("records"):
        found[int(row["action_id"])].append({str(name): value for name, value in row.items()})
    return found
