"""The list of variance cases, their sums, and all that is stored about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total
from claims.store.row_by_row import RowByRow

CASE, EVENT, E = schema.variance_cases, schema.variance_events, schema.expected_allowed
CP, R, FILE = schema.claim_payments, schema.remittances, schema.files

SHOWN = (
    *("case_key", "state", "outcome", "kind", "payer_code", "payer_name", "claim_number", "line_number"),
    *("procedure_code", "modifiers", "service_date", "charge_cents", "expected_cents", "allowed_cents"),
    *("difference_cents", "tolerance_cents", "open_cents", "recovered_cents", "term", "posting_date"),
)
STATES = ("open", "disputed", "accepted", "recovered", "closed")
# What cases can be added up by.
BY = {"payer": CASE.c.payer_code, "procedure": CASE.c.procedure_code, "term": CASE.c.term}


@dataclass(frozen=True)
class Filter:
    """What is asked for; empty means any. `open` asks for disputed ones too: both ask for work."""

    state: str = "open"
    kind: str = ""
    payer: str = ""  # a code, or part of a name
    procedure: str = ""
    payer_code: str = ""
    least_cents: int = 0
    opened_by: date | None = None  # on that day or before

    @property
    def states(self) -> tuple[str, ...]:
        """Name the states that are asked for."""
        if self.state == "open":
            return ("open", "disputed")
        return (self.state,) if self.state else STATES

    def condition(self) -> sa.ColumnElement[bool]:
        """Give it as a condition on cases."""
        return sa.and_(CASE.c.state.in_(self.states), self.rest(set()))

    def rest(self, done: set[str]) -> sa.ColumnElement[bool]:
        """Give the conditions but on the state, and on columns that are equal to one value already (`done`)."""
        parts: list[sa.ColumnElement[bool]] = [sa.true()]
        for name, value in (("kind", self.kind), ("payer_code", self.payer_code)):
            if value and name not in done:
                parts.append((RowByRow(CASE.c[name]) if done else CASE.c[name]) == value)
        if self.least_cents:
            parts.append(CASE.c.open_cents >= self.least_cents)
        if self.opened_by:
            parts.append(CASE.c.posting_date <= self.opened_by)
        if self.payer:
            upper = sa.func.upper(CASE.c.payer_name)
            parts.append(sa.or_(CASE.c.payer_code == self.payer, upper.contains(self.payer.upper(), autoescape=True)))
        if self.procedure:
            parts.append(CASE.c.procedure_code == self.procedure.upper())
        return sa.and_(*parts)


def cases(conn: sa.Connection, asked: Filter, limit: int) -> pd.DataFrame:
    """Read the cases that are worth most, then by key."""
    select = sa.select(*(CASE.c[name] for name in SHOWN)).where(asked.condition())
    return frame(conn, select.order_by(CASE.c.open_cents.desc(), CASE.c.case_key).limit(limit))


def totals(conn: sa.Connection, asked: Filter) -> pd.DataFrame:
    """Add up the cases asked for by kind: kind, cases, difference_cents, open_cents, recovered_cents."""
    select = sa.select(CASE.c.kind, *_sums()).where(asked.condition())
    return frame(conn, select.group_by(CASE.c.kind).order_by(CASE.c.kind.desc()))


def patterns(conn: sa.Connection, asked: Filter, by: Sequence[str]) -> pd.DataFrame:
    """Add up the cases asked for by kind, the columns of `by`, and what was allowed in tenths of a percent of what was
    expected: one line for what has one cause."""
    expected = sa.func.nullif(CASE.c.expected_cents, 0)
    ratio = sa.func.coalesce((CASE.c.allowed_cents * 2000 + expected) // (expected * 2), 0)
    share = sa.cast(ratio, sa.BigInteger)
    names = [CASE.c.kind, *(BY[name] for name in by)]
    select = sa.select(*names, share.label("allowed_per_mille"), *_sums()).where(asked.condition())
    rows = frame(conn, select.group_by(*names, share))
    order = ["open_cents", *(column.name for column in names), "allowed_per_mille"]
    return rows.sort_values(order, ascending=[False] + [True] * (len(order) - 1), ignore_index=True)


def _sums() -> list[sa.ColumnElement[int]]:
    names = ("expected_cents", "allowed_cents", "difference_cents", "open_cents", "recovered_cents")
    return [count().label("cases"), *(total(CASE.c[name]).label(name) for name in names)]


def find(conn: sa.Connection, prefix: str) -> pd.DataFrame:
    """Read the cases whose key begins so; two at most."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    select = sa.select(*columns).where(CASE.c.case_key.startswith(prefix, autoescape=True))
    return frame(conn, select.order_by(CASE.c.case_key).limit(2))


def events(conn: sa.Connection, case_id: int) -> pd.DataFrame:
    """Read what happened to a case, in order."""
    names = ("posting_date", "kind", "amount_cents", "claim_payment_id", "actor", "recorded_at", "body")
    select = sa.select(*(EVENT.c[name] for name in names)).where(EVENT.c.variance_case_id == case_id)
    return frame(conn, select.order_by(EVENT.c.variance_event_id))


def has_prices(conn: sa.Connection) -> bool:
    """Tell whether what is expected of any line is known."""
    known = sa.select(E.c.expected_allowed_id).where(E.c.ended_at.is_(None), E.c.expected_cents.is_not(None))
    return conn.scalar(known.limit(1)) is not None


def priced_lines(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read what was expected of the lines of a decision: what holds, and what held before."""
    names = ("line_number", "expected_cents", "term", "method", "outcome", "arithmetic", "known_at", "recorded_at")
    select = sa.select(*(E.c[name] for name in names), sa.func.coalesce(E.c.ended_at, "").label("ended_at"))
    rows = frame(
        conn, select.where(E.c.claim_payment_id == claim_payment_id).order_by(E.c.line_number, E.c.expected_allowed_id)
    )
    # A price holds until the next one of its line is known: it ends when that is written, a moment later.
    following = rows.groupby("line_number")["known_at"].shift(-1).fillna("")
    ends = (following != "") & (rows["ended_at"] > following)
    return rows.assign(ended_at=rows["ended_at"].where(~ends, following).astype("str"))


def decisions(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Read where claim payments stand: payer's number, status, amounts, payment, file, segment, bytes."""
    return frame(
        conn,
        sa.select(
            *(CP.c.claim_payment_id, CP.c.payer_claim_number, CP.c.status_code, CP.c.charge_cents, CP.c.paid_cents),
            *(R.c.trace_number, R.c.payment_date, FILE.c.sha256, CP.c.seg, CP.c.offset, CP.c.length),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(FILE, FILE.c.file_id == CP.c.file_id)
        .where(CP.c.claim_payment_id.in_([int(one) for one in claim_payment_ids]))
        .order_by(R.c.payment_date, CP.c.claim_payment_id),
    )
