"""Pages of rejections and of claims that an edit blocks, each by one index, and what these lists add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries import loose, made_claims
from claims.store.queries.asof import count, total
from claims.store.rejections import rows as rejection_rows
from claims.store.rows import frame_of

R, C, W = schema.rejections, schema.claims, schema.claim_work
STATES = ("open", "closed")
KEYS = ("amount_cents", "rejection_id")
BLOCKED_KEYS = ("charge_cents", "claim_id")
MOST_PAYERS = 200
GIVEN_UP = "closed"


class Asked(NamedTuple):
    """What of the rejections is asked for: a state, an owner, the code of a payer (empty: any)."""

    state: str = "open"
    owner: str = ""
    payer_code: str = ""

    @property
    def states(self) -> Sequence[str]:
        """The states that are looked into, one by one: each index begins with it."""
        return (self.state,) if self.state else STATES

    def conditions(self, state: str) -> list[sa.ColumnElement[bool]]:
        """Give it as conditions on the rejections of one state."""
        wanted = ((R.c.owner, self.owner), (R.c.payer_code, self.payer_code))
        return [R.c.state == state, *(column == value for column, value in wanted if value)]


def page(conn: sa.Connection, asked: Asked, after: Sequence[Any] | None, rows: int, back: bool) -> pd.DataFrame:
    """Read so many rejections after a row (the values of `KEYS`), or back from it, nearest first; largest first."""
    chosen = page_select(asked, after, rows, back=back).subquery()
    order = _ordered([chosen.c[name] for name in KEYS], back=back)
    return frame(conn, rejection_rows().join(chosen, chosen.c.rejection_id == R.c.rejection_id).order_by(*order))


def page_select(asked: Asked, after: Sequence[Any] | None, rows: int, *, back: bool = False) -> sa.Select[Any]:
    """Give the statement of a page: the first rows of one list for each state, merged."""
    columns = [R.c[name] for name in KEYS]
    parts = [
        _placed(sa.select(*columns).where(*asked.conditions(state)), columns, after, rows, back=back)
        for state in asked.states
    ]
    if len(parts) == 1:
        return parts[0]
    merged = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    return sa.select(merged).order_by(*_ordered([merged.c[name] for name in KEYS], back=back)).limit(rows)


def totals_select(asked: Asked, state: str) -> sa.Select[int, int]:
    """Give the statement of a list's sums, for one state."""
    return sa.select(count(), total(R.c.amount_cents)).where(*asked.conditions(state))


def totals(conn: sa.Connection, asked: Asked) -> tuple[int, int]:
    """Count a list, and add up what its claims charge."""
    found = [conn.execute(totals_select(asked, state)).one() for state in asked.states]
    return sum(int(row[0]) for row in found), sum(int(row[1]) for row in found)


def payers(conn: sa.Connection, most: int = MOST_PAYERS) -> list[tuple[str, str]]:
    """Give (code, name) of the payers that rejections are of, by name; so many at most."""
    return loose.named(conn, R.c.payer_code, R.c.payer_name, R.c.state, STATES, most)


def blocked(
    conn: sa.Connection, after: Sequence[Any] | None, rows: int, back: bool, owner: str = "", *, payer: str = "",
    given_up: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Read so many claims that an edit blocks (or those of them that were given up), after or back from a row.

    `owner`: only somebody's; `payer`: only those to a payer (its code).

    With the case that each was made of (case_key; empty: of none), owner and notes; the largest first.
    """
    found = frame(conn, blocked_select(after, rows, back=back, owner=owner, payer=payer, given_up=given_up))
    own = found["claim_id"].tolist()
    keys = made_claims.behind(conn, own).set_index("claim_id")["case_key"]
    worked = work_of(conn, own)
    told = {"case_key": keys, "owner": worked["owner"], "notes": worked["notes"]}
    texts = {name: one.reindex(found["claim_id"]).fillna("").to_numpy() for name, one in told.items()}
    return found.assign(**texts).astype(dict.fromkeys(told, "str"))


def blocked_select(
    after: Sequence[Any] | None, rows: int, *, back: bool = False, owner: str = "", payer: str = "",
    given_up: bool = False,
) -> sa.Select[Any]:  # fmt: skip
    """Give the statement of a page of claims that an edit blocks, or that were given up as such."""
    names = ("claim_id", "claim_number", "payer_code", "payer_name", "charge_cents", "purpose", "version", "life")
    select = _of(sa.select(*(C.c[name] for name in names)), owner, payer, given_up=given_up)
    return _placed(select, [C.c[name] for name in BLOCKED_KEYS], after, rows, back=back)


def _of(select: sa.Select[Any], owner: str, payer: str, *, given_up: bool) -> sa.Select[Any]:
    """Narrow claims to those of a list of blocked ones."""
    if payer:
        select = select.where(C.c.payer_code == payer)
    if given_up:
        return select.join(W, W.c.claim_id == C.c.claim_id).where(W.c.state == GIVEN_UP)
    # In so many words: the index by payer has blocked claims only.
    select = select.where(made_claims.IS_BLOCKED, C.c.life == sa.literal_column(f"'{made_claims.BLOCKED}'"))
    if owner:
        select = select.join(W, W.c.claim_id == C.c.claim_id).where(W.c.state != GIVEN_UP, W.c.owner == owner)
    return select


def blocked_payers(conn: sa.Connection, most: int = MOST_PAYERS) -> list[tuple[str, str]]:
    """Give (code, name) of the payers that blocked claims are to, by code; so many at most."""
    return [(str(code), str(name or code)) for code, name in conn.execute(blocked_payers_select(most))]


def blocked_payers_select(most: int) -> sa.Select[str, str]:
    """Give the statement: the codes as the index has them, and the name of one claim to each."""
    is_here = C.c.life == sa.literal_column(f"'{made_claims.BLOCKED}'")
    codes = sa.select(C.c.payer_code).where(is_here, C.c.payer_code > "").distinct()
    found = codes.order_by(C.c.payer_code).limit(most).subquery("found")
    one = C.alias("one")
    of_one = (one.c.life == sa.literal_column(f"'{made_claims.BLOCKED}'"), one.c.payer_code == found.c.payer_code)
    name = sa.select(one.c.payer_name).where(*of_one).limit(1).correlate(found).scalar_subquery()
    return sa.select(found.c.payer_code, name)


def some_blocked(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read claims to send, whatever their lives: as `blocked`, with family_id and `state` (of the work; or nothing)."""
    names = ("claim_id", "family_id", "claim_number", "payer_code", "payer_name", "charge_cents", "life")
    select = sa.select(*(C.c[name] for name in names))
    for name in ("state", "owner", "notes"):
        select = select.add_columns(sa.func.coalesce(W.c[name], "").label(name))
    select = select.outerjoin(W, W.c.claim_id == C.c.claim_id)
    return frame_of(conn, select.where(C.c.origin == "to_send", C.c.state == "stored"), C.c.claim_id, claim_ids)


def blocked_totals(conn: sa.Connection, owner: str = "", *, payer: str = "", given_up: bool = False) -> tuple[int, int]:
    """Count the claims of a list as `blocked` reads it, and add up what they charge."""
    sums: Any = sa.select(count(), total(C.c.charge_cents)).select_from(C)
    select = _of(sums, owner, payer, given_up=given_up)
    row = conn.execute(select).one()
    return int(row[0]), int(row[1])


def work_of(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read what people do with blocked claims, by claim_id: claim_work_id, state, owner, notes."""
    select = sa.select(W.c.claim_id, W.c.claim_work_id, W.c.state, W.c.owner, W.c.notes)
    return frame_of(conn, select, W.c.claim_id, claim_ids).set_index("claim_id")


def _placed(
    select: sa.Select[Any], columns: Sequence[sa.Column[Any]], after: Sequence[Any] | None, rows: int, *, back: bool
) -> sa.Select[Any]:
    if after is not None:
        key = sa.tuple_(*columns)
        place = sa.tuple_(*(sa.literal(one, column.type) for one, column in zip(after, columns, strict=True)))
        select = select.where(key > place if back else key < place)
    return select.order_by(*_ordered(columns, back=back)).limit(rows)


def _ordered(columns: Sequence[sa.ColumnElement[Any]], *, back: bool) -> list[sa.ColumnElement[Any]]:
    return [one.asc() if back else one.desc() for one in columns]
