"""Claims that are to be sent: what a file brought in, and what waits at which point of its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

C, FINDING = schema.claims, schema.findings


@dataclass(frozen=True)
class Filter:
    """Which claims are asked for: lives (none: any), and a payer's code or part of its name (empty: any)."""

    lives: Sequence[str] = ()
    payer: str = ""

    def condition(self) -> sa.ColumnElement[bool]:
        """Give it as a condition on claims."""
        parts = [C.c.origin == "to_send", C.c.state.in_(["new", "stored"])]
        if self.lives:
            parts.append(C.c.life.in_(list(self.lives)))
        if self.payer:
            name = sa.func.upper(C.c.payer_name).contains(self.payer.upper(), autoescape=True)
            parts.append(sa.or_(C.c.payer_code == self.payer, name))
        return sa.and_(*parts)


def by_life(conn: sa.Connection, asked: Filter) -> pd.DataFrame:
    """Count claims and add up their charges: life, payer_code, payer_name, kind, claims, charge_cents."""
    keys = (C.c.life, C.c.payer_code, C.c.kind)
    name = sa.func.max(C.c.payer_name).label("payer_name")
    figures = count().label("claims"), total(C.c.charge_cents).label("charge_cents")
    select = sa.select(*keys, name, *figures).where(asked.condition())
    return frame(conn, select.group_by(*keys).order_by(*keys))


def to_send(conn: sa.Connection, asked: Filter, limit: int) -> pd.DataFrame:
    """Read claims, the largest charges first."""
    names = (
        *("claim_id", "life", "kind", "payer_code", "payer_name", "claim_number", "frequency_code"),
        *("statement_from_date", "charge_cents"),
    )
    select = sa.select(*(C.c[name] for name in names)).where(asked.condition())
    return frame(conn, select.order_by(C.c.charge_cents.desc(), C.c.claim_id).limit(limit))


def of_file(conn: sa.Connection, file_id: int) -> pd.DataFrame:
    """Count what a file brought in: state, claims, charge_cents."""
    figures = count().label("claims"), total(C.c.charge_cents).label("charge_cents")
    select = sa.select(C.c.state, *figures).where(C.c.file_id == file_id, C.c.origin == "to_send")
    return frame(conn, select.group_by(C.c.state).order_by(C.c.state))


def refusals(conn: sa.Connection, file_id: int) -> pd.DataFrame:
    """Read the findings of a file that stop something: where, which element or column, why."""
    names = ("seg", "element", "code", "expected", "message", "offset")
    stopping = FINDING.c.file_id == file_id, FINDING.c.severity.in_(["hold", "reject"])
    order = FINDING.c.seg, FINDING.c.element, FINDING.c.finding_id
    return frame(conn, sa.select(*(FINDING.c[name] for name in names)).where(*stopping).order_by(*order))
