"""Everything about one case on one page: figures that add up, who did what, its claim, others like it."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from claims.errors import NotFoundError
from claims.masking import MASK
from claims.service import queue as cases
from claims.service import timeline
from claims.service.context import Context
from claims.service.desk import queue
from claims.service.desk.queue import Filters
from claims.store.engine import read
from claims.store.queries import desk as rows

SIBLINGS = 20


def story(ctx: Context, case_id: int, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one case: all of `service.queue.denial_story`, and more of it.

    events (with the action or run that did it, both persons, what stood before), timeline (of the claim; empty where
    it is unknown), siblings (open cases of the same pattern, else of the same payer and reason), places (file_id,
    sha256, seg, offset, length of the payer's segments). Names, numbers and people's words are masked unless
    ``show_phi``, which is audited. Raises NotFoundError.
    """
    with read(ctx.engine) as conn:
        key = rows.case_key(conn, case_id)
        if key is None:
            raise NotFoundError("denial case", case_id)
        found = rows.cases(conn, [case_id]).iloc[0]
        events = rows.events_told(conn, case_id)
        places = rows.places(conn, int(found["claim_payment_id"]))
    told = cases.denial_story(ctx, key, show_phi=show_phi)
    family_id = int(found["family_id"])
    steps = timeline.of_family(ctx, family_id) if family_id else pd.DataFrame()
    return told | {
        "case_id": case_id,
        "version": int(found["version"]),
        "events": _events(events, show_phi=show_phi),
        "timeline": steps,
        "siblings": _siblings(ctx, found, show_phi=show_phi),
        "places": places,
    }


def _events(events: pd.DataFrame, *, show_phi: bool) -> pd.DataFrame:
    """Open what each event says: reason in words, before, and other facts."""
    bodies = [json.loads(text) for text in events["body"]]
    words = [next((str(one[name]) for name in (*cases.FREE, "action_reason") if one.get(name)), "") for one in bodies]
    is_free = [any(one.get(name) for name in cases.FREE) for one in bodies]
    shown = [MASK if free and not show_phi else text for text, free in zip(words, is_free, strict=True)]
    facts = [{name: value for name, value in one.items() if name not in (*cases.FREE, "before")} for one in bodies]
    return events.drop(columns="body").assign(
        reason=pd.Series(shown, index=events.index, dtype="str"),
        before=pd.Series([one.get("before", {}) for one in bodies], index=events.index, dtype=object),
        said=pd.Series(facts, index=events.index, dtype=object),
    )


def _siblings(ctx: Context, case: pd.Series[Any], *, show_phi: bool) -> pd.DataFrame:
    pattern_id = int(case["pattern_id"])
    same = Filters(payer_code=str(case["payer_code"]), reason_code=str(case["reason_code"]))
    found = queue.page(ctx, Filters(pattern_id=pattern_id) if pattern_id else same, size=SIBLINGS + 1).rows
    others: pd.DataFrame = found[found["case_id"] != case["case_id"]].head(SIBLINGS).reset_index(drop=True)
    if show_phi:
        return others
    return others.assign(**dict.fromkeys(("claim_number", "payer_claim_number"), MASK))
