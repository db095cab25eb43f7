"""How the books stand after a run, as counts and cents: remittances, bank, denials, exceptions."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from claims import codes
from claims.store import schema
from claims.store.banking import OUT
from claims.store.replaced import is_replaced

_STOPS = ("FILE_HELD", "FILE_REFUSED", "REMIT_HELD", "REMIT_CONFLICT", "CLAIM_HELD", "CLAIM_CONFLICT")


@dataclass(frozen=True)
class Amount:
    """A number of things and what they are worth."""

    count: int
    cents: int


@dataclass(frozen=True)
class Overview:
    """The state of the books; `new_` since the run began, the rest as it stands now."""

    held_remittances: Amount
    bank_lines: Amount
    tied_deposits: Amount
    new_denials: Amount
    open_denials: Amount
    open_exceptions: dict[str, Amount]
    new_stops: int  # files, remittances and claims held or refused since the run began


def overview(conn: sa.Connection, run_id: int) -> Overview:
    """Count how the books stand, with what is new since the run began."""
    runs, remits, bank, tied = schema.runs, schema.remittances, schema.bank_lines, schema.deposit_matches
    cases, exceptions = schema.denial_cases, schema.exceptions
    began = conn.execute(sa.select(runs.c.started_at).where(runs.c.run_id == run_id)).scalar_one()
    types = codes.table("exception_types")
    asks = types[types["severity"] == "open"]["type_code"].tolist()
    by_type = conn.execute(
        sa.select(exceptions.c.type_code, sa.func.count(), sa.func.sum(exceptions.c.amount_cents))
        .where(exceptions.c.state == "open", exceptions.c.type_code.in_(asks))
        .group_by(exceptions.c.type_code)
        .order_by(exceptions.c.type_code)
    )
    new_stops = sa.select(sa.func.count()).where(exceptions.c.type_code.in_(_STOPS), exceptions.c.opened_at >= began)
    return Overview(
        held_remittances=_amount(conn, remits.c.payment_cents, remits.c.state == "held", ~is_replaced()),
        bank_lines=_amount(conn, bank.c.amount_cents, bank.c.state.not_in(OUT)),
        tied_deposits=_amount(conn, tied.c.amount_cents - tied.c.fee_cents, tied.c.ended_at.is_(None)),
        new_denials=_amount(conn, cases.c.at_risk_cents, cases.c.recorded_at >= began),
        open_denials=_amount(conn, cases.c.at_risk_cents, cases.c.state != "closed"),
        open_exceptions={str(code): Amount(int(count), int(cents)) for code, count, cents in by_type},
        new_stops=int(conn.execute(new_stops).scalar_one()),
    )


def _amount(conn: sa.Connection, column: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]) -> Amount:
    asked = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(column), 0)).where(*conditions)
    count, cents = conn.execute(asked).one()
    return Amount(int(count), int(cents))
