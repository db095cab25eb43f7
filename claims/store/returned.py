"""Deposits that the bank may have taken back, what of each is still there to go, and what went already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store.banking import DIFFERENCE, OUT, REFUSED, B, D, R, is_difference, lines, matches
from claims.store.load import frame
from claims.store.rows import frame_of, in_parts

WHOLE = "returned-deposit"  # the rule of a return of a whole deposit
IN_FORCE = D.c.ended_at.is_(None)
PART = ["bank_line_id", "remit_id", "remit_key", "payer_code", "trace_number", "is_difference"]
PART += ["amount_cents", "fee_cents"]


def _compared(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """A trace number as `identifiers.normal_trace` compares it."""
    return sa.func.ltrim(sa.func.upper(sa.func.replace(column, " ", "")), "0")


def former_deposits(conn: sa.Connection, amounts: Iterable[int], names: Iterable[str] = ()) -> pd.DataFrame:
    """Deposits of these amounts, and those that trace numbers or references name: themselves, or remittances of theirs.

    `names` as `identifiers.normal_trace` gives them, and references as the bank writes them. `is_whole`: no return
    takes anything of it back yet. One that brought patients' money is taken back by taking back the payment (claims
    payments void), never by itself.
    """
    said = sorted({name for name in names if name})
    of_amounts = [B.c.amount_cents.in_(part) for part in in_parts(sorted(set(amounts)))]
    parts = [_deposits(conn, condition) for condition in of_amounts]
    for part in (said[at : at + 300] for at in range(0, len(said), 300)):
        own = sa.select(D.c.bank_line_id).join(R, R.c.remit_id == D.c.remit_id)
        own = own.where(IN_FORCE, D.c.amount_cents > 0, _compared(R.c.trace_number).in_(part))
        named = sa.or_(_compared(B.c.trace_number).in_(part), B.c.reference.in_(part), B.c.bank_line_id.in_(own))
        parts.append(_deposits(conn, named))
    rows = pd.concat(parts, ignore_index=True) if parts else _deposits(conn, sa.false())
    return rows.drop_duplicates("bank_line_id", ignore_index=True)


def by_number(conn: sa.Connection, bank_line_id: int) -> pd.DataFrame:
    """One deposit as `former_deposits` has them; none where it is of patients' money."""
    return _deposits(conn, B.c.bank_line_id == bank_line_id)


def _deposits(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    of_patients = sa.select(D.c.bank_line_id).where(IN_FORCE, D.c.remit_id.is_(None), D.c.returns_line_id.is_(None))
    rows = lines(conn, B.c.amount_cents > 0, B.c.state.not_in(OUT), B.c.bank_line_id.not_in(of_patients), *conditions)
    taken = sa.select(D.c.returns_line_id, D.c.bank_line_id).where(IN_FORCE)
    gone = frame_of(conn, taken, D.c.returns_line_id, rows["bank_line_id"].tolist())["returns_line_id"]
    return rows.assign(is_whole=~rows["bank_line_id"].isin(gone))


def parts(conn: sa.Connection, deposits: pd.DataFrame) -> pd.DataFrame:
    """What of `deposits` (`former_deposits`) no return takes back yet, by remittance (columns `PART`).

    remit_id 0: what nothing explains of a deposit, with the deposit's key and trace number. `is_difference`: a small
    difference that a person booked with a tie (its fee_cents). Cents of others are above zero.
    """
    ids = deposits["bank_line_id"].tolist()
    select = sa.select(
        D.c.bank_line_id,
        sa.func.coalesce(D.c.returns_line_id, 0).label("returns_line_id"),
        *(D.c[name] for name in ("remit_id", "amount_cents", "fee_cents")),
        (D.c.rule == DIFFERENCE).label("is_difference"),
        *(R.c[name] for name in ("remit_key", "payer_code", "trace_number")),
    ).join(R, R.c.remit_id == D.c.remit_id)
    came = frame_of(conn, select.where(IN_FORCE, D.c.returns_line_id.is_(None)), D.c.bank_line_id, ids)
    gone = frame_of(conn, select.where(IN_FORCE), D.c.returns_line_id, ids)
    gone = gone.assign(is_difference=is_difference(gone))
    tied = pd.concat([came, gone.assign(bank_line_id=gone["returns_line_id"])], ignore_index=True)
    keys = ["bank_line_id", "remit_id", "remit_key", "payer_code", "trace_number", "is_difference"]
    tied = tied.groupby(keys, as_index=False)[["amount_cents", "fee_cents"]].sum()
    rests = deposits[deposits["rest_cents"] > 0]
    rests = rests.assign(remit_id=0, remit_key=rests["line_key"], payer_code="", fee_cents=0, is_difference=False)
    rests = rests.assign(amount_cents=rests["rest_cents"])
    rows = pd.concat(
        [tied[(tied["amount_cents"] != 0) | (tied["fee_cents"] != 0)][PART], rests[PART]], ignore_index=True
    )
    return rows.sort_values(["bank_line_id", "remit_key", "is_difference"], ignore_index=True)


def refused(conn: sa.Connection) -> pd.DataFrame:
    """Pairs of a return and a former deposit (bank_line_id, returns_line_id) that a person took apart."""
    return frame(
        conn,
        sa.select(D.c.bank_line_id, D.c.returns_line_id)
        .join(B, B.c.bank_line_id == D.c.bank_line_id)
        .where(D.c.ended_reason == REFUSED, D.c.returns_line_id.is_not(None), B.c.amount_cents < 0)
        .distinct(),
    )


def taken_whole(conn: sa.Connection, traces: Sequence[str]) -> pd.DataFrame:
    """Returns of these trace numbers (`identifiers.normal_trace`) that took back a whole deposit, by the rule:
    bank_line_id, trace_number, amount_cents and bank_date of the return, returns_line_id, came (the deposit's day),
    came_trace."""
    former = B.alias("former")
    columns = (D.c.bank_line_id, D.c.returns_line_id, B.c.trace_number, B.c.amount_cents, B.c.bank_date)
    taken = (
        sa.select(*columns, former.c.bank_date.label("came"), former.c.trace_number.label("came_trace"))
        .join(B, B.c.bank_line_id == D.c.bank_line_id)
        .join(former, former.c.bank_line_id == D.c.returns_line_id)
        .where(IN_FORCE, B.c.amount_cents < 0, D.c.rule == WHOLE)
        .distinct()
    )
    names = sorted(set(traces) - {""})
    parts = [
        frame(conn, taken.where(_compared(B.c.trace_number).in_(names[at : at + 300])))
        for at in range(0, len(names), 300)
    ]
    return pd.concat(parts, ignore_index=True) if parts else frame(conn, taken.where(sa.false()))


def ties_of(conn: sa.Connection, pairs: pd.DataFrame) -> pd.DataFrame:
    """Ties in force (`banking.matches`) of returns (bank_line_id) and what they took back (returns_line_id)."""
    own = matches(conn, pd.concat([pairs["bank_line_id"], pairs["returns_line_id"]]).tolist())
    other = own["remit_id"].fillna(0).eq(0) & own["returns_line_id"].isin(pairs["bank_line_id"])
    return own[own["bank_line_id"].isin(pairs["bank_line_id"]) | other].reset_index(drop=True)


def may_be(conn: sa.Connection, back: pd.DataFrame, most: int) -> pd.DataFrame:
    """Deposits (`former_deposits`) not later than a return, `most` each of those nearest to its amount: as they came,
    by what is tied to one remittance, by what nothing explains of them."""
    day, cents = date.fromisoformat(str(back["bank_date"].iloc[0])), -int(back["rest_cents"].iloc[0])
    before = (B.c.amount_cents > 0, B.c.bank_date <= day)
    net = sa.func.sum(D.c.amount_cents - D.c.fee_cents)
    whole = sa.select(B.c.bank_line_id).where(*before).order_by(sa.func.abs(B.c.amount_cents - cents))
    rest = sa.select(B.c.bank_line_id).where(*before, B.c.rest_cents > 0)
    rest = rest.order_by(sa.func.abs(B.c.rest_cents - cents))
    tied = sa.select(D.c.bank_line_id).join(B, B.c.bank_line_id == D.c.bank_line_id).where(*before, IN_FORCE)
    tied = tied.where(D.c.remit_id.is_not(None)).group_by(D.c.bank_line_id, B.c.bank_line_id, D.c.remit_id)
    tied = tied.order_by(sa.func.abs(net - cents))
    found = {
        int(one)
        for select in (whole, rest, tied)
        for one in conn.scalars(select.order_by(B.c.bank_line_id).limit(most))
    }
    return _deposits(conn, B.c.bank_line_id.in_(sorted(found)))


def returned_alone(conn: sa.Connection) -> pd.DataFrame:
    """Deposits that went back whole before any remittance was tied to them."""
    gone = (
        sa.select(D.c.bank_line_id)
        .join(B, B.c.bank_line_id == D.c.bank_line_id)
        .where(IN_FORCE, D.c.remit_id.is_(None), D.c.returns_line_id.is_not(None), B.c.amount_cents > 0)
        .group_by(D.c.bank_line_id, B.c.amount_cents)
        .having(sa.func.sum(D.c.amount_cents) == B.c.amount_cents)
    )
    return lines(conn, B.c.bank_line_id.in_(gone))


def taken_back(conn: sa.Connection, bank_line_id: int, remit_ids: Sequence[int]) -> bool:
    """Tell whether a return takes back what these remittances had of a deposit (0: what nothing explains of it)."""
    select = sa.select(D.c.deposit_match_id).join(B, B.c.bank_line_id == D.c.bank_line_id)
    select = select.where(D.c.returns_line_id == bank_line_id, IN_FORCE, B.c.amount_cents < 0)
    select = select.where(sa.func.coalesce(D.c.remit_id, 0).in_(list(remit_ids)))
    return conn.execute(select.limit(1)).first() is not None
