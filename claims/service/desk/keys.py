"""Keys as people type them come in; the cases that are meant, as actions want them, go out."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.identifiers import normal_number
from claims.service.context import Context
from claims.service.desk import queue
from claims.service.desk.queue import Filters
from claims.service.queue import KEY_LENGTH, AmbiguousKeyError
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries.case_events import called
from claims.store.queries.originals import of_number
from claims.store.queries.queue import find


def meant(ctx: Context, keys: Sequence[str], pattern_id: int = 0) -> list[tuple[int, int]]:
    """Give (case_id, version) of the cases with these keys, or of all open cases of a pattern.

    Raises UsageError, NotFoundError or AmbiguousKeyError.
    """
    if bool(keys) == bool(pattern_id):
        raise UsageError("Name cases by the keys that claims denials list shows, or a pattern by its number.")
    if pattern_id:
        found = queue.selection(ctx, Filters(pattern_id=pattern_id))
        if not found:
            raise NotFoundError("pattern with open cases", pattern_id)
        return found
    with read(ctx.engine) as conn:
        return list(dict.fromkeys(_one(conn, key, ("case_id", "version")) for key in keys))


def of_cases(ctx: Context, case_ids: Sequence[int]) -> dict[int, str]:
    """Give the key of each case, as lists show it; what is no case has none."""
    with read(ctx.engine) as conn:
        rows = called(conn, list(dict.fromkeys(int(one) for one in case_ids)))
    return dict(zip(rows["case_id"].tolist(), rows["case_key"].str[:KEY_LENGTH], strict=True))


def decision_of(ctx: Context, key: str) -> int:
    """Give the claim payment that a case stands on (its key), or the decision that paid most on a claim (its number).

    Raises UsageError, NotFoundError or AmbiguousKeyError.
    """
    with read(ctx.engine) as conn:
        number = str(normal_number(pd.Series([key.strip()], dtype="str")).iloc[0])
        found = of_number(conn, number) if number else []
        return found[0] if found else _one(conn, key, ("claim_payment_id", "version"))[0]


def _one(conn: Connection, key: str, names: tuple[str, str]) -> tuple[int, int]:
    text = key.strip().lower()
    if not text:
        raise UsageError("The key of a case is wanted, as claims denials list shows it.")
    found = find(conn, text)
    if found.empty:
        raise NotFoundError("denial case", "with this key")
    if len(found) > 1:
        raise AmbiguousKeyError()
    first, second = names
    return int(found[first].iloc[0]), int(found[second].iloc[0])
