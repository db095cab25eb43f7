"""Files, sets, remittances and claims that are held or refused now: pages of them, each by one index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import keyset, schema
from claims.store.load import frame
from claims.store.queries.asof import count
from claims.store.replaced import is_replaced

FILE, T, R, C = schema.files, schema.transactions, schema.remittances, schema.claims
STATES = ("held", "refused")
KEYS = ["rank", "file_id", "seg"]
_NOTHING = sa.cast(sa.literal(0), sa.BigInteger)
# Kind, table, what one is worth, and the tables whose rows say the same of what is inside, with what ties them.
_KINDS: tuple[tuple[str, sa.Table, sa.ColumnElement[int], Sequence[tuple[sa.Table, str]]], ...] = (
    ("file", FILE, _NOTHING, ((T, "file_id"), (R, "file_id"), (C, "file_id"))),
    ("set", T, sa.func.coalesce(T.c.payment_cents, T.c.charge_cents), ((R, "transaction_id"), (C, "transaction_id"))),
    ("remittance", R, R.c.payment_cents, ()),
    ("claim", C, C.c.charge_cents, ()),
)


def page(conn: sa.Connection, after: Sequence[Any] | None, limit: int, back: bool) -> pd.DataFrame:
    """Read so many after a row (the values of `KEYS`), or back from it; by kind, what came first before others.

    kind, state, reason_code, amount_cents, sha256, seg. Where a set is stopped for the same reason as a remittance or
    claim in it, only these stand here; so with a file. A remittance whose corrected copy is posted is held no more.
    """
    chosen = page_select(after, limit, back=back).subquery()
    order = keyset.ordered([chosen.c[name] for name in KEYS], back=back)
    select = sa.select(chosen, FILE.c.sha256).join(FILE, FILE.c.file_id == chosen.c.file_id)
    found = frame(conn, select.order_by(*order))
    kinds = {rank: kind for rank, (kind, *_) in enumerate(_KINDS)}
    return found.assign(kind=found["rank"].map(kinds).astype("str"))


def everything(conn: sa.Connection) -> pd.DataFrame:
    """Read all of them, as `page` does."""
    names = ["kind", "state", "reason_code", "amount_cents", "sha256", "seg"]
    return page(conn, None, 2**31 - 1, False)[names]


def page_select(after: Sequence[Any] | None, limit: int, *, back: bool = False) -> sa.Select[Any]:
    """Give the statement of a page: the first rows of one list for each kind and state, merged."""
    parts = []
    for rank, (_, table, amount, inner) in enumerate(_KINDS):
        if after is not None and (rank > after[0] if back else rank < after[0]):
            continue  # the whole of it stands on the other side of the place
        seg = table.c.seg if "seg" in table.c else _NOTHING
        keys = (table.c.file_id, table.c.seg) if "seg" in table.c else (table.c.file_id,)
        place = None if after is None or rank != after[0] else after[1 : 1 + len(keys)]
        for state in STATES:
            select = sa.select(
                sa.cast(sa.literal(rank), sa.BigInteger).label("rank"),
                table.c.file_id,
                seg.label("seg"),
                table.c.state,
                sa.func.coalesce(table.c.reason_code, "").label("reason_code"),
                sa.cast(sa.func.coalesce(amount, 0), sa.BigInteger).label("amount_cents"),
            ).where(table.c.state == state, *_alone(table, inner))
            parts.append(keyset.page(select, keys, place, limit, back=back))
    return keyset.merged(parts, KEYS, limit, back=back)


def counts_selects() -> list[sa.Select[int]]:
    """Give the statements that count those of each kind."""
    return [sa.select(count()).where(table.c.state.in_(STATES), *_alone(table, inner)) for _, table, _, inner in _KINDS]


def in_all(conn: sa.Connection) -> int:
    """Count them."""
    return sum(int(conn.scalar(select) or 0) for select in counts_selects())


def _alone(table: sa.Table, inner: Sequence[tuple[sa.Table, str]]) -> list[sa.ColumnElement[bool]]:
    if table is R:
        return [~is_replaced()]
    return [~_says_it(one, table, link, state) for one, link in inner for state in STATES]


def _says_it(inner: sa.Table, outer: sa.Table, link: str, state: str) -> sa.ColumnElement[bool]:
    same = (inner.c.file_id == outer.c.file_id, inner.c[link] == outer.c[link])
    # A remittance that a person let stand keeps what it was held for: its set, as it came, is held no more.
    states = [state, "ready", "posted", "undone"] if inner is R and state == "held" else [state]
    is_same = (*same, inner.c.reason_code == outer.c.reason_code, inner.c.state.in_(states))
    return sa.select(sa.literal(1)).where(*is_same).correlate(outer).exists()
