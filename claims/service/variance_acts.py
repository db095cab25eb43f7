"""What people say of variance cases, one or a whole list: looked at first or done, and taken back.

No money moves. A case that was changed since the person saw it is named as stale and left alone; a note is added all
the same. What is said of several cases at once is one act: its number is that of its first event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from claims import pricing
from claims.errors import NotFoundError, UsageError
from claims.service.audited import record, record_shown
from claims.service.context import Context
from claims.service.periods import require_come
from claims.service.wording import visible
from claims.store import clock
from claims.store import pricing as rows_of
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import variance_list as queries
from claims.store.queries.variances import Filter

Cases = Sequence[tuple[int, int]]  # (variance_case_id, how many events of it the person saw)
SAYS = {"dispute": "disputed", "accept": "accepted", "close": "closed"}
NOTE, UNDO, UNDONE, OPENED = "note", "undo", "undone", "opened"
LETTER = "letter"  # one was written: as a note, it changes nothing of the case
ENDS = "closed_posting_date"
MOST = 20_000  # cases of one act: some two seconds, for which others wait
FIRST = 20  # of the cases that a person looks at before saying something of them
NOTHING_OPEN, NO_CHANGE, MOVED_ON = "nothing-open", "no-change", "moved-on"
WORDS = {
    NOTHING_OPEN: "nothing of it is open any more",
    NO_CHANGE: "that is what was said of it last",
    MOVED_ON: "more has happened to it since",
}


class Done(NamedTuple):
    """What became of it: `act` is the number to undo it by (0: nothing was written), `refused` reason -> cases."""

    act: int
    done: list[int]
    stale: list[int]
    refused: dict[str, list[int]]
    open_cents: int
    states: dict[int, str]


def selection(ctx: Context, asked: Filter, most: int = MOST) -> list[tuple[int, int]]:
    """Give the cases of a list as they are now, the first by number; of so many at most."""
    with read(ctx.engine) as conn:
        rows = queries.selection(conn, asked, most)
    return list(zip(rows[queries.ID].tolist(), rows["seen"].tolist(), strict=True))


def of_keys(ctx: Context, keys: Sequence[str]) -> list[tuple[int, int]]:
    """Give the cases of these keys, or beginnings of keys, as they are now; raise NotFoundError."""
    wanted = list(dict.fromkeys(key.strip().lower() for key in keys))
    with read(ctx.engine) as conn:
        rows = queries.of_keys(conn, wanted) if wanted and all(wanted) else queries.of_keys(conn, ["-"])
    for key in wanted:
        found = rows["case_key"].str.startswith(key).sum() if key else 0
        if found != 1:
            raise NotFoundError("variance" if not found else "single variance", "with this key")
    return list(zip(rows[queries.ID].tolist(), rows["seen"].tolist(), strict=True))


def say(ctx: Context, cases: Cases, verb: str, note: str, day: date) -> Done:
    """Dispute, accept or close cases, or note something; what was said holds while no more is open than it saw.

    Raises UsageError for a day ahead of today, as all acts here do.
    """
    require_come(ctx, day)
    with write(ctx.engine) as conn:
        return _say(ctx, conn, cases, verb, visible(note), day)


def preview(ctx: Context, cases: Cases, verb: str, note: str, day: date) -> Done:
    """Say what `say` would do, and write nothing."""
    require_come(ctx, day)
    with read(ctx.engine) as conn:
        return _say(ctx, conn, cases, verb, visible(note), day, is_looking=True)


def undo(ctx: Context, act: int, day: date) -> Done:
    """Give the cases of an act what was said of them before; those of which more was told since stay as they are."""
    require_come(ctx, day)
    with write(ctx.engine) as conn:
        return _give_back(ctx, conn, _of_act(conn, act), day)


def take_back(ctx: Context, key: str, day: date) -> Done:
    """Take back what was said of one case last, alone or with others; raise UsageError where nothing was."""
    require_come(ctx, day)
    ((case_id, _),) = of_keys(ctx, [key])
    with write(ctx.engine) as conn:
        told = queries.events_of(conn, [case_id])
        top = int(_standing(told)[case_id])
        kind = told.loc[told["variance_event_id"] == top, "kind"].iloc[0]
        if kind not in SAYS.values():
            was_said = kind != OPENED and told["kind"].isin(list(SAYS.values())).any()
            words = f"Not done: {WORDS[MOVED_ON]}." if was_said else "Nothing was said of it that could be taken back."
            raise UsageError(words)
        return _give_back(ctx, conn, queries.act(conn, top, 1), day)


def _give_back(ctx: Context, conn: Connection, events: pd.DataFrame, day: date) -> Done:
    rows = queries.rows(conn, events[queries.ID].tolist()).sort_values(queries.ID, ignore_index=True)
    own = events.set_index(queries.ID).loc[rows[queries.ID]]
    last = _standing(queries.events_of(conn, rows[queries.ID].tolist())).reindex(rows[queries.ID]).to_numpy()
    moved = pd.Series(last != own["variance_event_id"].to_numpy(), index=rows.index)
    before = [json.loads(body)["before"] for body in own["body"].tolist()]
    stances = pd.Series([str(one.get("stance", "")) for one in before], index=rows.index, dtype="str")
    cents = pd.Series([int(one.get("stance_cents", 0)) for one in before], index=rows.index, dtype="int64")
    # Acts of before this was kept do not say on which day it was over: then it is over today.
    ends = pd.Series([str(one.get(ENDS, day.isoformat())) for one in before], index=rows.index, dtype="str")
    refused = {MOVED_ON: rows.loc[moved, queries.ID].tolist()} if moved.any() else {}
    rows = rows[~moved]
    changed = rows.assign(stance=stances[~moved], stance_cents=cents[~moved], ends=ends[~moved])
    changed = changed.reset_index(drop=True)
    return _write(ctx, conn, changed, rows, UNDO, UNDONE, "", day, [], refused)


def first(ctx: Context, ids: Sequence[int]) -> pd.DataFrame:
    """Give key, claim_number, payer_code, payer_name and cents (open) of the first FIRST of these cases; that they are
    shown is recorded."""
    if not ids:
        return pd.DataFrame()
    with read(ctx.engine) as conn:
        rows = queries.rows(conn, list(ids[:FIRST])).sort_values(queries.ID, ignore_index=True)
    rows = rows.assign(key=rows["case_key"].str[:10], cents=rows["open_cents"])
    record_shown(ctx, "variances", {"variances": rows["key"].tolist()})
    return rows[["key", "claim_number", "payer_code", "payer_name", "cents"]]


def _standing(events: pd.DataFrame) -> pd.Series[int]:
    """Give the number of the last event of each case that was not taken back, by variance_case_id.

    Taking back takes what stood last: so events are a stack, and its top is the last that made it as high as it is.
    """
    height = (1 - 2 * (events["kind"] == UNDONE)).groupby(events[queries.ID]).cumsum()
    is_top = (events["kind"] != UNDONE) & (height == height.groupby(events[queries.ID]).transform("last"))
    return events[is_top].groupby(queries.ID)["variance_event_id"].max()


def tell(ctx: Context, conn: Connection, case_id: int, kind: str, body: Mapping[str, Any], day: date) -> None:
    """Keep with a case that something was made of it (`kind`, like LETTER), which changes nothing of it."""
    rows = queries.rows(conn, [case_id])
    _write(ctx, conn, rows, rows, NOTE, kind, "", day, [], {}, body)


def names(ctx: Context, ids: Sequence[int]) -> dict[int, str]:
    """Give the keys of cases."""
    if not ids:
        return {}
    with read(ctx.engine) as conn:
        rows = queries.rows(conn, list(ids))
    return dict(zip(rows[queries.ID].tolist(), rows["case_key"].str[:10].tolist(), strict=True))


def _say(
    ctx: Context, conn: Connection, cases: Cases, verb: str, note: str, day: date, *, is_looking: bool = False
) -> Done:
    if verb not in (*SAYS, NOTE):
        raise UsageError("There is no such action.")
    if verb == NOTE and not note:
        raise UsageError("A note wants words.")
    seen = dict(cases)
    if len(seen) > MOST:
        raise UsageError(f"At most {MOST:,} variances are acted on at once: narrow the list.")
    rows = queries.rows(conn, sorted(seen)).sort_values(queries.ID, ignore_index=True)
    if len(rows) < len(seen):
        raise NotFoundError("variance", "")
    stale: list[int] = []
    refused: dict[str, list[int]] = {}
    if verb != NOTE:
        is_stale = rows["now"] != rows[queries.ID].map(seen)
        stale, rows = rows.loc[is_stale, queries.ID].tolist(), rows[~is_stale]
        is_shut = rows["found"] != "open"
        is_same = ~is_shut & (rows["stance"] == SAYS[verb]) & (rows["stance_cents"] >= rows["open_cents"])
        for reason, where in ((NOTHING_OPEN, is_shut), (NO_CHANGE, is_same)):
            if where.any():
                refused[reason] = rows.loc[where, queries.ID].tolist()
        rows = rows[~is_shut & ~is_same].reset_index(drop=True)
    changed = rows if verb == NOTE else rows.assign(stance=SAYS[verb], stance_cents=rows["open_cents"])
    if is_looking:
        return Done(0, rows[queries.ID].tolist(), stale, refused, int(rows["open_cents"].sum()), {})
    return _write(ctx, conn, changed, rows, verb, SAYS.get(verb, verb), note, day, stale, refused)


def _write(
    ctx: Context, conn: Connection, changed: pd.DataFrame, rows: pd.DataFrame, verb: str, kind: str, note: str,
    day: date, stale: list[int], refused: dict[str, list[int]], said: Mapping[str, Any] = MappingProxyType({}),
) -> Done:  # fmt: skip
    """Write cases and an event of each, and one record in the audit chain."""
    if rows.empty:
        return Done(0, [], stale, refused, 0, {})
    after = pricing.with_states(changed.astype({"outcome": "str"})).reset_index(drop=True)
    settled = after["state"].isin(["accepted", "closed"])
    days = after["ends"] if "ends" in after else pd.Series(day.isoformat(), index=after.index, dtype="str")
    ends = days.where(settled, "")
    # A note leaves the day on which it was over, money that came back does, too.
    ends = ends.mask((verb == NOTE) | (after["found"] != "open"), after[ENDS])
    names = ["variance_case_id", "case_key", "stance", "stance_cents", "state", "outcome"]
    was = rows[["state", "stance", "stance_cents", ENDS]].to_dict("records")
    more = ({"note": note} if note else {}) | ({"of_cases": len(rows)} if len(rows) > 1 else {}) | dict(said)
    events = pd.DataFrame(
        {
            "case_key": after["case_key"],
            "kind": kind,
            "claim_payment_id": 0,
            "amount_cents": after["open_cents"],
            "body": [json.dumps({"before": one} | more, sort_keys=True) for one in was],
            "posting_date": day.isoformat(),
        }
    ).astype(dict.fromkeys(("case_key", "kind", "body", "posting_date"), "str"))
    saved = after[names].assign(**{ENDS: ends})
    told = rows_of.save_cases(conn, after.iloc[:0], saved, events, ctx.actor, clock.now())
    cents = int(after["open_cents"].sum())
    is_one = len(after) == 1
    subject = f"variance {after['case_key'].iloc[0][:10]}" if is_one else "variances"
    body = {"open_cents": cents} | ({} if is_one else {"cases": len(after)})
    record(ctx, conn, f"variance.{kind if verb == NOTE else verb}", subject, body)
    states = dict(zip(after["variance_case_id"].tolist(), after["state"].tolist(), strict=True))
    return Done(int(told["variance_event_id"].min()), list(states), stale, refused, cents, states)


def _of_act(conn: Connection, act: int) -> pd.DataFrame:
    """Read the events of an act; raise NotFoundError for a number that is none, UsageError for what is not said."""
    first = queries.act(conn, act, 1)
    if first.empty:
        raise NotFoundError("act on variances", act)
    one = first.iloc[0]
    if one["kind"] not in SAYS.values():
        raise UsageError("Only what was disputed, accepted or closed is taken back.")
    number = int(json.loads(str(one["body"])).get("of_cases", 1))
    events = queries.act(conn, act, number)
    is_own = (events["recorded_at"] == one["recorded_at"]) & (events["actor"] == one["actor"])
    if len(events) != number or not is_own.all():
        raise UsageError("An act is named by its own number.")
    return events
