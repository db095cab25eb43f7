"""Selects that hold what people work on (cases, exceptions, matches) against events and postings: each gives what does
not fit, so none is good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims import codes
from claims.store import audit, overtaken, schema, sealed
from claims.store.load import frame

CASE, EVENT, E = schema.denial_cases, schema.denial_events, schema.exceptions
VARIANCE = schema.variance_cases
P, M, CP, R = schema.claim_postings, schema.matches, schema.claim_payments, schema.remittances
B = schema.bank_lines
CLOSED, J, L, AUDIT = schema.closed_periods, schema.journals, schema.ledger_lines, schema.audit_events

# Events that say what a case is worth, in amount_cents; those that leave that as it is.
VALUING, NEUTRAL = ("opened", "repriced", "at_risk_changed"), ("note", "assign", "tag", "snooze", "wake")


def unexplained_cases(conn: sa.Connection) -> pd.DataFrame:
    """Denial cases that are not as their events left them (name, why)."""
    told = (
        sa.select(
            EVENT.c.case_id,
            sa.func.max(EVENT.c.case_version).label("version"),
            sa.func.max(sa.case((EVENT.c.kind.in_(VALUING), EVENT.c.event_id))).label("valued_by"),
            sa.func.sum(sa.case((EVENT.c.kind.in_([*VALUING, *NEUTRAL]), 0), else_=1)).label("other"),
        )
        .group_by(EVENT.c.case_id)
        .subquery()
    )
    value, closing = EVENT.alias("value"), EVENT.alias("closing")
    closed_by = (
        sa.select(sa.literal(1))
        .where(closing.c.case_id == CASE.c.case_id, closing.c.posting_date == CASE.c.closed_posting_date)
        .where(closing.c.kind.not_in([*VALUING, *NEUTRAL]))
        .exists()
    )
    # A case opens with what was denied, of which a contract may put less at risk.
    worth = sa.case((value.c.kind == "opened", CASE.c.denied_cents), else_=CASE.c.at_risk_cents)
    is_off = value.c.amount_cents != worth
    fault = sa.case(
        (sa.func.coalesce(told.c.version, 0) != CASE.c.version, "was changed without an event"),
        (sa.and_(CASE.c.state == "closed", ~closed_by), "is closed and no event closed it"),
        (
            sa.and_(told.c.other == 0, sa.or_(is_off, CASE.c.at_risk_cents > CASE.c.denied_cents)),
            "is not worth what its events say",
        ),
        else_="",
    )
    why = sa.type_coerce(fault, sa.Text).label("why")
    rows: Any = (
        sa.select(sa.func.substr(CASE.c.case_key, 1, 12, type_=sa.Text).label("name"), why)
        .outerjoin(told, told.c.case_id == CASE.c.case_id)
        .outerjoin(value, value.c.event_id == told.c.valued_by)
        .where(fault != "")
    )
    return frame(conn, rows.order_by(CASE.c.case_key))


def changed_denials(conn: sa.Connection) -> pd.DataFrame:
    """Denial cases that say something else than after their last event (name, why)."""
    return pd.concat([sealed.unlike(conn, CASE, EVENT), sealed.broken(conn, EVENT)], ignore_index=True)


def changed_variances(conn: sa.Connection) -> pd.DataFrame:
    """Variance cases that say something else than after their last event (name, why)."""
    events = schema.variance_events
    return pd.concat([sealed.unlike(conn, VARIANCE, events), sealed.broken(conn, events)], ignore_index=True)


def unexplained_exceptions(conn: sa.Connection) -> pd.DataFrame:
    """Exceptions that nothing closed, that say another amount, and what waits without one (name, why)."""
    closed = sa.select(
        E.c.exception_id, sa.type_coerce(sa.literal("is closed, and nothing says by what"), sa.Text).label("why")
    ).where(E.c.state == "closed", sa.or_(E.c.closed_reason.is_(None), E.c.closed_at.is_(None)))
    other = (
        sa.select(
            E.c.exception_id, sa.type_coerce(sa.literal("says another amount than its payment"), sa.Text).label("why")
        )
        .join(CP, CP.c.claim_payment_id == E.c.claim_payment_id)
        .where(E.c.state == "open", E.c.type_code == "UNMATCHED_CLAIM", E.c.amount_cents != CP.c.paid_cents)
    )
    both = frame(conn, sa.union_all(closed, other))
    is_said = sa.or_(E.c.state == "open", sa.and_(E.c.closed_reason == overtaken.WHY, overtaken.is_overtaken()))
    told = sa.select(sa.literal(1)).where(E.c.claim_payment_id == P.c.claim_payment_id, is_said).exists()
    waiting = frame(
        conn,
        sa.select(R.c.remit_key, CP.c.ordinal)
        .select_from(P)
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(P.c.ended_at.is_(None), P.c.outcome == "unapplied", P.c.is_superseded == 0, ~told)
        .order_by(R.c.remit_key, CP.c.ordinal),
    )
    names = "exception " + both["exception_id"].astype("str")
    waiting = pd.concat([waiting, _unnamed_payments(conn)], ignore_index=True).drop_duplicates()
    unnamed = "remittance " + waiting["remit_key"].str[:12] + ", claim " + waiting["ordinal"].astype("str")
    deposits = "bank line " + _unnamed_deposits(conn)["line_key"].str[:12]
    told_of = len(unnamed) + len(deposits)
    return pd.DataFrame(
        {
            "name": pd.concat([names, unnamed, deposits], ignore_index=True),
            "why": [*both["why"], *["waits on unapplied cash and no exception says so"] * told_of],
        }
    )


def _on_unapplied(column: str) -> sa.Subquery:
    """What the journals left on 2200 of each claim payment or bank line (`column`), where that is not zero."""
    select = sa.select(L.c[column]).where(L.c.account == "2200", L.c[column].is_not(None))
    return select.group_by(L.c[column]).having(sa.func.sum(L.c.amount_cents) != 0).subquery()


def _is_named(column: sa.ColumnElement[int], owner: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether an open exception that asks for work names the owner: a note says nothing of where its cash is."""
    types = codes.table("exception_types")
    asking = types.loc[types["severity"] == "open", "type_code"].tolist()
    return sa.select(sa.literal(1)).where(column == owner, E.c.state == "open", E.c.type_code.in_(asking)).exists()


def _unnamed_payments(conn: sa.Connection) -> pd.DataFrame:
    """Claim payments with cash on 2200 by the journals that no open exception names (remit_key, ordinal)."""
    left = _on_unapplied("claim_payment_id")
    select = sa.select(R.c.remit_key, CP.c.ordinal).join(CP, CP.c.remit_id == R.c.remit_id)
    select = select.join(left, left.c.claim_payment_id == CP.c.claim_payment_id)
    select = select.where(~_is_named(E.c.claim_payment_id, CP.c.claim_payment_id))
    return frame(conn, select.order_by(R.c.remit_key, CP.c.ordinal))


def _unnamed_deposits(conn: sa.Connection) -> pd.DataFrame:
    """Bank lines with cash on 2200 by the journals that no open exception names (line_key)."""
    left = _on_unapplied("bank_line_id")
    select = sa.select(B.c.line_key).join(left, left.c.bank_line_id == B.c.bank_line_id)
    select = select.where(~_is_named(E.c.bank_line_id, B.c.bank_line_id))
    return frame(conn, select.order_by(B.c.line_key))


def mismatched(conn: sa.Connection) -> pd.DataFrame:
    """Claim payments that were posted to another claim than their match names (remit_key, ordinal, why)."""
    family = sa.func.coalesce(M.c.family_id, 0) != sa.func.coalesce(P.c.family_id, 0)
    rows = frame(
        conn,
        sa.select(R.c.remit_key, CP.c.ordinal)
        .select_from(P)
        .join(M, sa.and_(M.c.claim_payment_id == P.c.claim_payment_id, M.c.ended_at.is_(None)))
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(P.c.ended_at.is_(None), P.c.outcome.in_(["posted", "reversal", "memo"]), family)
        .order_by(R.c.remit_key, CP.c.ordinal),
    )
    return rows.assign(why="is posted to another claim than its match names")


def sizes(conn: sa.Connection) -> dict[str, int]:
    """How many cases, exceptions and postings in force there are."""
    selects = {
        "cases": sa.select(sa.func.count()).select_from(CASE),
        "variances": sa.select(sa.func.count()).select_from(VARIANCE),
        "exceptions": sa.select(sa.func.count()).select_from(E),
        "postings": sa.select(sa.func.count()).select_from(P).where(P.c.ended_at.is_(None)),
        "periods": sa.select(sa.func.count()).select_from(CLOSED),
        "events": sa.select(sa.func.count()).select_from(AUDIT),
        "takebacks": sa.select(sa.func.count(sa.distinct(L.c.reference))).where(L.c.account.in_(["2100", "2110"])),
        "forwards": sa.select(sa.func.count(sa.distinct(L.c.payer_code))).where(L.c.account == "2110"),
    }
    return {name: int(conn.scalar(select) or 0) for name, select in selects.items()}


def untold_closings(conn: sa.Connection) -> list[str]:
    """Closings that the audit chain tells of and that are gone or others, the other way round, and their heads."""
    events = sa.select(AUDIT.c.subject, AUDIT.c.actor, AUDIT.c.body).where(AUDIT.c.action == "period.close")
    closings = {
        str(subject).removeprefix("through "): (str(by), str(body)) for subject, by, body in conn.execute(events)
    }
    stored = {row.through_date.isoformat(): row for row in conn.execute(sa.select(CLOSED))}
    told, kept = set(closings), set(stored)
    other = [
        f"the closing through {day} is not as the audit chain tells it"
        for day in sorted(told & kept)
        if not _is_as_told(stored[day]._asdict(), *closings[day])
    ]
    lost = [f"the audit chain tells of a closing through {day} that is gone" for day in sorted(told - kept)]
    new = [f"the audit chain does not tell of the closing through {day}" for day in sorted(kept - told)]
    head = sa.select(CLOSED.c.through_date).where(
        CLOSED.c.head_hash != "0" * 64, CLOSED.c.head_hash.not_in(sa.select(J.c.hash))
    )
    cut = [f"the last journal at the closing through {day} is no more" for day in conn.scalars(head)]
    return lost + new + other + cut


def _is_as_told(row: Mapping[str, Any], actor: str, body: str) -> bool:
    """Tell whether a closing is as its event says; events of earlier versions say only by whom."""
    told = {**audit.fields_of(body), "actor": actor}
    return all(row[name] == value for name, value in told.items() if name in row)
