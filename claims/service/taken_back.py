"""What was done with several things at once is taken back: to whom they were given, and what was noted on them.

What the event of the audit chain says of an act is enough for both: whose each thing was before, and what a note was
sealed as. A note stays to be read, marked as taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from claims.errors import UsageError
from claims.service.audited import sealed_words
from claims.service.context import Context
from claims.service.several import MOVED_ON, Chosen, Done, undone_act
from claims.store.handles import Connection
from claims.store.queries import audit_list

ASSIGNED, NOTED, UNDONE = "assigned", "noted", "undone"  # how the actions end that are known here
MARK = " (taken back)"
ALREADY = "it was taken back already"


def owners(rows: pd.DataFrame, key: str) -> dict[str, list[int]]:
    """Tell whose things were, as the event of an act keeps it: the numbers (column `key`) by owner."""
    return {str(owner): [int(one) for one in ids] for owner, ids in rows.groupby("owner", sort=True)[key]}


def is_known(told: Mapping[str, Any], of: str) -> bool:
    """Tell whether an event of the audit chain is one of those that `undo` takes back (`of`: how its action begins)."""
    return told.get("action") in (f"{of}-{ASSIGNED}", f"{of}-{NOTED}")


def undo(
    ctx: Context,
    conn: Connection,
    act: int,
    told: Mapping[str, Any],
    found: Chosen,
    save: Callable[[Connection, pd.DataFrame], None],
    cents: str,
) -> Done:
    """Take back that things were given to somebody or noted on; those to which more has happened stay.

    `told` is the event of the act, `found` what it was about (owner, notes), `save` writes one of these columns.
    Raises UsageError for an act of before it was kept whose they were.
    """
    action = str(told["action"])
    later = audit_list.later(conn, act, (action, f"{action}-{UNDONE}"))
    back = _about(found.kind, (one for one in later if one.get("undoes") == act))
    found = found.without([ALREADY if one in back else "" for one in found.ids])
    if action.endswith(NOTED):
        found, column = _unnoted(ctx, told, found), "notes"
    else:
        found, column = _given_back(told, found, _about(found.kind, later)), "owner"
    if found.rows.empty:
        return found.looked(cents)
    save(conn, found.rows[[found.key, column]])
    return found.recorded(ctx, conn, f"{action}-{UNDONE}", {"undoes": act}, cents)


def _about(kind: str, events: Iterable[Mapping[str, Any]]) -> set[int]:
    return {one for event in events for one in undone_act(event, str(event["action"]), kind)}


def _given_back(told: Mapping[str, Any], found: Chosen, since: set[int]) -> Chosen:
    was = told.get("was")
    if not isinstance(was, Mapping):
        raise UsageError("Whose they were before was not kept with this act: give them once more.")
    moved = found.rows[found.key].isin(since) | (found.rows["owner"] != str(told.get("owner", "")))
    found = found.without([MOVED_ON if one else "" for one in moved])
    before = {int(one): str(owner) for owner, ids in was.items() for one in ids}
    return found._replace(rows=found.rows.assign(owner=found.rows[found.key].map(before).fillna("").astype("str")))


def _unnoted(ctx: Context, told: Mapping[str, Any], found: Chosen) -> Chosen:
    begins = f" {told['actor']}: "

    def marked(notes: str) -> str:
        lines = notes.splitlines()
        for number in range(len(lines) - 1, -1, -1):
            _, is_of, words = lines[number].partition(begins)
            if is_of and sealed_words(ctx, words) == told.get("words"):
                lines[number] += MARK
                return "\n".join(lines)
        return ""

    after = pd.Series([marked(one) for one in found.rows["notes"].tolist()], found.rows.index, dtype="str")
    return found._replace(rows=found.rows.assign(notes=after)).without((after == "").map({True: ALREADY, False: ""}))
