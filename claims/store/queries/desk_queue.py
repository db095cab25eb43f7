"""The lists of the denial desk: filters and a sort in, the rows of one page out, by one statement that an index serves.

A list that asks for one of several values (mine or nobody's, any queue) is the first rows of one list for each value,
merged: every part is read in order from an index and ends after a page.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries import loose
from claims.store.queries.asof import count, total
from claims.store.row_by_row import RowByRow
from claims.store.schema.desk import FILTERED_BY

CASE, RUN = schema.denial_cases, schema.runs

Sort = Literal["score", "at_risk", "deadline", "remit_date", "age"]
State = Literal["open", "snoozed", "waiting", "expired", "closed", "any"]


class Order(NamedTuple):
    """A column that is never empty, and its direction; the case's id goes the same way."""

    column: str
    is_descending: bool


SORTS: dict[str, Order] = {
    "score": Order("priority_rank", False),  # the most urgent is lowest
    "at_risk": Order("at_risk_cents", True),
    "deadline": Order("deadline_sort_date", False),
    "remit_date": Order("remit_sort_date", True),
    "age": Order("posting_date", False),
}
OPEN = ("open", "snoozed", "waiting", "expired")
QUEUES = (*OPEN, "closed")
MOST_RUNS, NO_RUN = 30, -1

# Filters that pick an index, the one that leaves the fewest rows first; what else is asked for is looked at row by row.
DRIVERS = ("pattern_id", "changed_since_run", "tag", "reason_code", "payer_code", "next_action", "category", "assignee")
# Filters that bound a sort's own column.
BOUNDS = {"due_by": "deadline", "minimum_cents": "at_risk"}


@dataclass(frozen=True)
class Filters:
    """What of the queue is asked for. None or empty means any; an empty assignee means nobody's."""

    state: State = "open"
    assignee: str | None = None
    mine_or_unassigned: bool = False
    payer_code: str = ""
    reason_code: str = ""
    category: str = ""
    next_action: str = ""
    pattern_id: int = 0
    tag: str = ""
    due_by: date | None = None
    minimum_cents: int = 0
    changed_since_run: int = 0

    @property
    def driver(self) -> str:
        """Name the filter whose index serves the list; empty for none."""
        return self.driver_but("")

    def driver_but(self, other: str) -> str:
        """Name the filter whose index serves the list where that of `other` does not."""
        is_assigned = self.mine_or_unassigned or self.assignee is not None
        return next(
            (
                name
                for name in DRIVERS
                if name != other and (is_assigned if name == "assignee" else bool(getattr(self, name)))
            ),
            "",
        )

    @property
    def sorts(self) -> tuple[str, ...]:
        """Name the sorts that are offered for these filters, the usual one first."""
        offered = next(pair.sorts for pair in PAIRS if pair.filter == self.driver)
        bounds = [sort for name, sort in BOUNDS.items() if getattr(self, name)]
        return tuple(sort for sort in offered if sort in bounds) or offered


class Pair(NamedTuple):
    """A filter (empty: the queue alone), the sorts offered with it, and how their indexes are called."""

    filter: str
    sorts: tuple[str, ...]
    pattern: str

    def index_of(self, sort: str) -> str:
        """Name the index that serves one sort."""
        return self.pattern.format(sort=sort)


_USUAL = ("score", "at_risk", "deadline")
PAIRS = (
    Pair("", (*_USUAL, "remit_date", "age"), "ix_denial_cases_by_{sort}"),
    Pair("pattern_id", ("score",), "ix_denial_cases_pattern"),
    Pair("changed_since_run", ("score",), "ix_denial_cases_changed"),
    Pair("tag", ("score",), "ix_denial_cases_tag"),
    *(Pair(name, _USUAL, "ix_denial_cases_" + name + "_by_{sort}") for name in FILTERED_BY),
)

_NARROWING = (*FILTERED_BY, "pattern_id", "tag")
_MOST_VALUES = 200

_SHOWN = (
    *("case_id", "version", "case_key", "queue", "state", "waiting_for", "outcome", "assignee", "tag", "appeal_level"),
    *("snoozed_until_date", "snoozed_for", "pending_action_id", "pattern_id", "changed_run_id", "family_id"),
    *("payer_code", "payer_name", "payer_type", "own_payer_code", "next_payer_code", "claim_number"),
    *("payer_claim_number", "payer_sequence", "line_number", "extent", "group_code", "reason_code", "all_codes"),
    *("remark_codes", "procedure_codes", "category", "cause", "recoverable", "next_action", "then_action"),
    *("billed_cents", "denied_cents", "at_risk_cents", "recovered_cents", "service_date", "remit_date"),
    *("deadline_date", "deadline_rule", "posting_date", "closed_posting_date", "last_touched_date"),
    *("score", "recovery_percent"),
    *("expected_value_cents", "value_points", "urgency_points", "touch_points", "effort_points"),
    *("priority_rank", "deadline_sort_date", "remit_sort_date"),
)


def page(
    conn: sa.Connection, asked: Filters, actor: str, sort: str, after: Sequence[Any] | None, rows: int, *, back: bool
) -> pd.DataFrame:
    """Read so many rows after a row (value of the sort's column, case_id), or `back` from it; nearest first."""
    return frame(conn, page_select(asked, actor, sort, after, rows, _runs(conn, asked), back=back))


def neighbour(
    conn: sa.Connection, asked: Filters, actor: str, sort: str, after: Sequence[Any] | None, *, back: bool
) -> str:
    """Give the key of the case after a row, or before it (`back`); empty where there is none."""
    names = ("case_key", "case_id", SORTS[sort].column)
    select = page_select(asked, actor, sort, after, 1, _runs(conn, asked), back=back, names=names)
    found = conn.execute(select).first()
    return "" if found is None else str(found.case_key)


def page_select(
    asked: Filters,
    actor: str,
    sort: str,
    after: Sequence[Any] | None,
    rows: int,
    runs: Sequence[int] | None = (),
    *,
    back: bool = False,
    names: Sequence[str] = _SHOWN,
) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """Give the statement of a page; `runs` are those that ``changed_since_run`` means, None for very many."""
    names = tuple(dict.fromkeys(names))
    parts = [
        _part(asked, actor, sort, after, rows, dict(chosen), back=back, names=names)
        for chosen in _chosen(asked, actor, runs)
    ]
    if len(parts) == 1:
        return parts[0]
    union = sa.union_all(*(sa.select(part.subquery()) for part in parts))
    merged = union.subquery()
    return sa.select(merged).order_by(*_ordered(merged.c, sort, back=back)).limit(rows)


def totals(conn: sa.Connection, asked: Filters, actor: str) -> tuple[int, int, int]:
    """Count the cases asked for; add up the money at risk of those not closed, and what the closed recovered."""
    row = conn.execute(totals_select(asked, actor)).one()
    return int(row[0]), int(row[1]), int(row[2])


def totals_select(asked: Filters, actor: str) -> sa.Select[int, int, int]:
    """Give the statement of the totals; that of a list without closed cases reads an index and no row."""
    at_risk, recovered = total(CASE.c.at_risk_cents), total(sa.literal(0))
    if asked.state in ("closed", "any"):
        is_closed = CASE.c.state == "closed"
        at_risk = total(sa.case((is_closed, 0), else_=CASE.c.at_risk_cents))
        recovered = total(sa.case((is_closed, CASE.c.recovered_cents), else_=0))
    return sa.select(count(), at_risk, recovered).where(*_all(asked, actor))


def selection(conn: sa.Connection, asked: Filters, actor: str) -> pd.DataFrame:
    """Read case_id and version of everything asked for, in the order of ids."""
    select = sa.select(CASE.c.case_id, CASE.c.version).where(*_all(asked, actor))
    return frame(conn, select.order_by(CASE.c.case_id))


def payers(conn: sa.Connection, text: str) -> list[str]:
    """Give the codes of payers of cases: the one with just this code, else those with the text in their name."""
    if conn.scalar(sa.select(CASE.c.case_id).where(CASE.c.queue.in_(QUEUES), CASE.c.payer_code == text).limit(1)):
        return [text]
    name = sa.func.upper(CASE.c.payer_name).contains(text.upper(), autoescape=True)
    return list(conn.scalars(sa.select(CASE.c.payer_code).distinct().where(name).order_by(CASE.c.payer_code)))


def open_payers(conn: sa.Connection) -> list[tuple[str, str]]:
    """Give (code, name) of the payers of cases that are not closed, by name."""
    return loose.named(conn, CASE.c.payer_code, CASE.c.payer_name, CASE.c.queue, OPEN, _MOST_VALUES)


def tags(conn: sa.Connection) -> list[str]:
    """Give the tags that cases have, in order."""
    return _values(conn, CASE.c.tag, sa.true())


def place_of(conn: sa.Connection, case_id: int, sort: str) -> tuple[Any, int] | None:
    """Give the row that a page would begin after, for a case, in its list or not; None where there is no such case."""
    value = conn.scalar(sa.select(CASE.c[SORTS[sort].column]).where(CASE.c.case_id == case_id))
    return None if value is None else (value, case_id)


def _values(conn: sa.Connection, column: sa.Column[str], where: sa.ColumnElement[bool]) -> list[str]:
    """Give the values of a column that an index begins with (after what `where` is equal to), each by one look."""
    found: list[str] = []
    after = ""
    while len(found) < _MOST_VALUES:
        value = conn.scalar(sa.select(sa.func.min(column)).where(where, column > after))
        if value is None:
            break
        after = str(value)
        found.append(after)
    return found


def _all(asked: Filters, actor: str) -> list[sa.ColumnElement[bool]]:
    return [_in("queue", _queues(asked)), _rest(asked, actor, set())]


def _runs(conn: sa.Connection, asked: Filters) -> list[int] | None:
    """Give the runs that are meant by ``changed_since_run`` and changed a case, the newest first; None: too many."""
    if not asked.changed_since_run:
        return []
    changed = sa.select(sa.literal(1)).where(CASE.c.changed_run_id == RUN.c.run_id).exists()
    runs = sa.select(RUN.c.run_id).where(RUN.c.run_id >= asked.changed_since_run, changed)
    found = [int(one) for one in conn.scalars(runs.order_by(RUN.c.run_id.desc()).limit(MOST_RUNS + 1))]
    return found if len(found) <= MOST_RUNS else None


def _queues(asked: Filters) -> tuple[str, ...]:
    return QUEUES if asked.state == "any" else (asked.state,)


def _chosen(asked: Filters, actor: str, runs: Sequence[int] | None) -> list[tuple[tuple[str, Any], ...]]:
    """Give what each part of the list is equal to: the queue, and the column of the filter whose index serves it."""
    values: list[list[tuple[str, Any]]] = [[("queue", one) for one in _queues(asked)]]
    # What very many runs changed is most of the list: it is looked at row by row.
    driver = asked.driver if runs is not None else asked.driver_but("changed_since_run")
    if driver == "assignee":
        names = sorted({"", actor}) if asked.mine_or_unassigned else [asked.assignee]
        values.append([("assignee", one) for one in names])
    elif driver == "changed_since_run":
        values.append([("changed_run_id", one) for one in (runs or [NO_RUN])])
    elif driver:
        values.append([(driver, getattr(asked, driver))])
    return list(itertools.product(*values))


def _part(
    asked: Filters,
    actor: str,
    sort: str,
    after: Sequence[Any] | None,
    rows: int,
    equal: dict[str, Any],
    *,
    back: bool,
    names: Sequence[str],
) -> sa.Select[Any]:
    order = SORTS[sort]
    select = sa.select(*(CASE.c[name] for name in names)).where(*(CASE.c[name] == one for name, one in equal.items()))
    select = select.where(_rest(asked, actor, set(equal)))
    if after is not None:
        key = sa.tuple_(CASE.c[order.column], CASE.c.case_id)
        place = sa.tuple_(sa.literal(after[0], CASE.c[order.column].type), sa.literal(after[1], CASE.c.case_id.type))
        select = select.where(key < place if order.is_descending != back else key > place)
    return select.order_by(*_ordered(CASE.c, sort, back=back)).limit(rows)


def _ordered(columns: Any, sort: str, *, back: bool) -> list[sa.ColumnElement[Any]]:
    order = SORTS[sort]
    found = [columns[order.column], columns["case_id"]]
    return [one.desc() if order.is_descending != back else one.asc() for one in found]


def _rest(asked: Filters, actor: str, done: set[str]) -> sa.ColumnElement[bool]:
    """Give the conditions on columns that are not equal to one value already (`done`).

    Beside such columns the others are looked at row by row: one index alone keeps the order of the list.
    """
    columns: dict[str, Any] = {name: RowByRow(CASE.c[name]) if done else CASE.c[name] for name in _NARROWING}
    parts: list[sa.ColumnElement[bool]] = [sa.true()]
    for name in ("payer_code", "reason_code", "category", "next_action", "pattern_id", "tag"):
        if getattr(asked, name) and name not in done:
            parts.append(columns[name] == getattr(asked, name))
    if asked.changed_since_run and "changed_run_id" not in done:
        column = RowByRow(CASE.c.changed_run_id) if done else CASE.c.changed_run_id
        parts.append(column >= asked.changed_since_run)
    if "assignee" not in done:
        if asked.mine_or_unassigned:
            parts.append(columns["assignee"].in_(sorted({"", actor})))
        elif asked.assignee is not None:
            parts.append(columns["assignee"] == asked.assignee)
    if asked.due_by is not None:
        parts.append(CASE.c.deadline_sort_date <= asked.due_by)
    if asked.minimum_cents:
        parts.append(CASE.c.at_risk_cents >= asked.minimum_cents)
    return sa.and_(*parts)


def _in(name: str, values: Sequence[str]) -> sa.ColumnElement[bool]:
    return CASE.c[name] == values[0] if len(values) == 1 else CASE.c[name].in_(list(values))
