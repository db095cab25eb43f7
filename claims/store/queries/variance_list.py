"""Pages of the list of variance cases, each by one index; what a person acts on, and the acts of before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries import loose
from claims.store.queries.asof import count, total
from claims.store.queries.variances import CASE, EVENT, SHOWN, STATES, Filter
from claims.store.rows import frame_of

SP, A, CLASS = schema.service_payments, schema.adjustments, schema.classifications


class Order(NamedTuple):
    """A column that is never empty, and its direction; the case's id goes the same way."""

    column: str
    is_descending: bool


SORTS = {"amount": Order("open_cents", True), "age": Order("posting_date", False)}
ID = "variance_case_id"
REMARKS = ("note", "letter")
MOST_PAYERS = 200


def _told() -> sa.ScalarSelect[int]:
    """How many events a case has: what a person saw of it."""
    own = sa.select(sa.func.count()).select_from(EVENT).where(EVENT.c.variance_case_id == CASE.c.variance_case_id)
    return own.correlate(CASE).scalar_subquery()


def page(
    conn: sa.Connection, asked: Filter, sort: str, after: Sequence[Any] | None, rows: int, *, back: bool
) -> pd.DataFrame:
    """Read so many rows after a row (value of the sort's column, id), or `back` from it, nearest first; with `seen`."""
    found = frame(conn, page_select(asked, sort, after, rows, back=back))
    events = sa.select(EVENT.c.variance_case_id, count().label("seen")).group_by(EVENT.c.variance_case_id)
    seen = frame_of(conn, events, EVENT.c.variance_case_id, found[ID].tolist()).set_index(ID)["seen"]
    return found.assign(seen=seen.reindex(found[ID]).fillna(0).astype("int64").to_numpy())


def page_select(
    asked: Filter, sort: str, after: Sequence[Any] | None, rows: int, *, back: bool = False
) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """Give the statement of a page: the first rows of one list for each state, merged."""
    chosen = {name: getattr(asked, name) for name in ("payer_code", "kind") if getattr(asked, name)}
    equal = dict([next(iter(chosen.items()))]) if chosen else {}
    parts = [_part(asked, sort, after, rows, {"state": state} | equal, back=back) for state in asked.states]
    if len(parts) == 1:
        return parts[0]
    merged = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    return sa.select(merged).order_by(*_ordered(merged.c, sort, back=back)).limit(rows)


def _part(
    asked: Filter, sort: str, after: Sequence[Any] | None, rows: int, equal: dict[str, Any], *, back: bool
) -> sa.Select[Any]:
    order = SORTS[sort]
    names = dict.fromkeys([ID, "claim_payment_id", *SHOWN])
    select = sa.select(*(CASE.c[name] for name in names)).where(*(CASE.c[name] == one for name, one in equal.items()))
    select = select.where(asked.rest(set(equal)))
    if after is not None:
        first = date.fromisoformat(after[0]) if isinstance(after[0], str) else after[0]
        key = sa.tuple_(CASE.c[order.column], CASE.c[ID])
        place = sa.tuple_(sa.literal(first, CASE.c[order.column].type), sa.literal(after[1], CASE.c[ID].type))
        select = select.where(key < place if order.is_descending != back else key > place)
    return select.order_by(*_ordered(CASE.c, sort, back=back)).limit(rows)


def _ordered(columns: Any, sort: str, *, back: bool) -> list[sa.ColumnElement[Any]]:
    order = SORTS[sort]
    return [one.desc() if order.is_descending != back else one.asc() for one in (columns[order.column], columns[ID])]


def selection(conn: sa.Connection, asked: Filter, most: int) -> pd.DataFrame:
    """Read variance_case_id and `seen` of what is asked for, in the order of ids; of so many at most."""
    select = sa.select(CASE.c[ID], sa.type_coerce(_told(), sa.BigInteger).label("seen")).where(asked.condition())
    return frame(conn, select.order_by(CASE.c[ID]).limit(most))


def of_keys(conn: sa.Connection, keys: Sequence[str]) -> pd.DataFrame:
    """Read variance_case_id, case_key and `seen` of the cases whose key begins with one of these."""
    begins = sa.or_(*(CASE.c.case_key.startswith(key, autoescape=True) for key in keys))
    select = sa.select(CASE.c[ID], CASE.c.case_key, sa.type_coerce(_told(), sa.BigInteger).label("seen"))
    return frame(conn, select.where(begins).order_by(CASE.c[ID]))


def rows(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Read cases whole, with `now`: how many events each has."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    select = sa.select(*columns, sa.type_coerce(_told(), sa.BigInteger).label("now"))
    return frame_of(conn, select, CASE.c[ID], ids)


def open_by_kind(conn: sa.Connection) -> pd.DataFrame:
    """Count what asks for work, disputed or not, and add up what is open: kind, cases, open_cents."""
    sums = (count().label("cases"), total(CASE.c.open_cents).label("open_cents"))
    select = sa.select(CASE.c.kind, *sums).where(CASE.c.state.in_(["open", "disputed"]))
    return frame(conn, select.group_by(CASE.c.kind))


def payers(conn: sa.Connection) -> list[tuple[str, str]]:
    """Give (code, name) of the payers of cases, by name."""
    return loose.named(conn, CASE.c.payer_code, CASE.c.payer_name, CASE.c.state, STATES, MOST_PAYERS)


def has_payer(conn: sa.Connection, code: str) -> bool:
    """Tell whether any case is of the payer with just this code."""
    own = sa.select(CASE.c[ID]).where(CASE.c.state.in_(STATES), CASE.c.payer_code == code)
    return conn.scalar(own.limit(1)) is not None


def act(conn: sa.Connection, first: int, most: int) -> pd.DataFrame:
    """Read the event of this number and those after it, with what their cases had before."""
    names = ("variance_event_id", ID, "kind", "amount_cents", "body", "actor", "recorded_at")
    select = sa.select(*(EVENT.c[name] for name in names)).where(
        EVENT.c.variance_event_id >= first, EVENT.c.variance_event_id < first + most
    )
    return frame(conn, select.order_by(EVENT.c.variance_event_id))


def events_of(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Read what happened to cases but for what changes nothing, in order: variance_event_id, variance_case_id, kind."""
    names = ("variance_event_id", ID, "kind")
    select = sa.select(*(EVENT.c[name] for name in names)).where(EVENT.c.kind.not_in(REMARKS))
    rows = frame_of(conn, select, EVENT.c.variance_case_id, ids)
    return rows.sort_values("variance_event_id", ignore_index=True)


def paid_as(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Read which lines of decisions were paid under another code than they were sent with.

    claim_payment_id, line_number, procedure_code (of the payer), submitted_procedure_code, paid_cents.
    """
    M, LM = schema.matches, schema.line_matches
    names = (SP.c.claim_payment_id, SP.c.procedure_code, SP.c.submitted_procedure_code, SP.c.paid_cents)
    select = (
        sa.select(*names, sa.func.coalesce(LM.c.line_number, 0).label("line_number"))
        .outerjoin(M, sa.and_(M.c.claim_payment_id == SP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(LM, sa.and_(LM.c.match_id == M.c.match_id, LM.c.service_payment_id == SP.c.service_payment_id))
        .where(SP.c.submitted_procedure_code != "", SP.c.submitted_procedure_code != SP.c.procedure_code)
        .order_by(SP.c.service_payment_id)
    )
    return frame_of(conn, select, SP.c.claim_payment_id, claim_payment_ids)


def bundled(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> set[int]:
    """Give the decisions that pay lines of the claim within others (reasons 94 and 97 that are no denial)."""
    select = (
        sa.select(A.c.claim_payment_id)
        .distinct()
        .join(CLASS, CLASS.c.adjustment_id == A.c.adjustment_id)
        .where(CLASS.c.adjustment_class == "info", A.c.reason_code.in_(["94", "97"]))
    )
    return set(frame_of(conn, select, A.c.claim_payment_id, claim_payment_ids)["claim_payment_id"].tolist())
