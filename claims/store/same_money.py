"""Bank lines that say the money of other lines (`ledger.same_money`): which there are, and as what each stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema
from claims.store.banking import COPY, OUT
from claims.store.bulk_update import bulk_update
from claims.store.rows import frame_of, frame_of_texts, in_parts, update_where_in

B, E, L = schema.bank_lines, schema.exceptions, schema.ledger_lines
TYPE = "BANK_LINE_COPY"


def of_keys(conn: sa.Connection, keys: Iterable[str]) -> pd.DataFrame:
    """All lines of some money keys: bank_line_id, line_key, file_id, row_number, bank_date, amount_cents, rest_cents,
    reference, payer_name, payer_identifier, account, money_key, money_place, state, copy_of_line_id,
    place_before_own."""
    names = [
        *("bank_line_id", "line_key", "file_id", "row_number", "bank_date", "amount_cents", "rest_cents"),
        *("reference", "payer_name", "payer_identifier"),
        *("account", "money_key", "money_place", "state", "copy_of_line_id", "place_before_own"),
    ]
    select = sa.select(*(B.c[name] for name in names))
    return frame_of_texts(conn, select, B.c.money_key, keys)


def shared(conn: sa.Connection) -> list[str]:
    """Money keys of open lines that other lines have, too."""
    other = B.alias("other")
    same = (other.c.money_key == B.c.money_key, other.c.bank_line_id != B.c.bank_line_id)
    is_shared = sa.select(sa.literal(1)).where(*same).exists()
    return [str(one) for one in conn.scalars(sa.select(B.c.money_key).where(B.c.state == "open", is_shared).distinct())]


def of_lines(conn: sa.Connection, line_ids: Iterable[int]) -> list[str]:
    """Money keys of some lines."""
    rows = frame_of(conn, sa.select(B.c.bank_line_id, B.c.money_key), B.c.bank_line_id, list(line_ids))
    return sorted(set(rows["money_key"]) - {""})


def booked(conn: sa.Connection, line_ids: Sequence[int]) -> pd.DataFrame:
    """Lines of which anything was ever booked: bank_line_id, cash_cents (what it moves on 1000 now)."""
    cash = sa.cast(sa.func.sum(sa.case((L.c.account == "1000", L.c.amount_cents), else_=0)), sa.BigInteger)
    moved = sa.select(L.c.bank_line_id, cash.label("cash_cents")).group_by(L.c.bank_line_id)
    return frame_of(conn, moved.where(L.c.bank_line_id.is_not(None)), L.c.bank_line_id, line_ids)


def write(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Write state and copy_of_line_id (0: of none) of lines."""
    bulk_update(conn, B, rows[["bank_line_id", "state", "copy_of_line_id"]])


def close(conn: sa.Connection, line_ids: Iterable[int], reason: str, day: date) -> None:
    """Close the exceptions of lines that are copies no more, those that a person accepted, too."""
    for part in in_parts(line_ids):
        accepted = exceptions.closed_as(conn, exceptions.ACCEPTED, E.c.type_code == TYPE, E.c.bank_line_id.in_(part))
        exceptions.reopen(conn, accepted, day, is_as_old=True)
        exceptions.close_for(conn, "bank_line_id", part, [TYPE], reason, day)


def place(conn: sa.Connection, bank_line_id: int, place: int, before_own: int) -> None:
    """Give a line another place among equal money, and say which it had before it was its own (0: it is not)."""
    update_where_in(conn, B, B.c.bank_line_id, [bank_line_id], money_place=place, place_before_own=before_own)


def unfounded(conn: sa.Connection) -> list[str]:
    """Name copies (line_key) that stand as no line which is in force, move money, or that no exception names."""
    other = B.alias("other")
    stands = sa.select(other.c.bank_line_id).where(other.c.state.not_in(OUT), other.c.money_key == B.c.money_key)
    stands = stands.where(other.c.bank_line_id == B.c.copy_of_line_id, other.c.amount_cents == B.c.amount_cents)
    moves = (
        sa.select(L.c.bank_line_id)
        .where(L.c.bank_line_id.is_not(None))
        .group_by(L.c.bank_line_id, L.c.account)
        .having(sa.func.sum(L.c.amount_cents) != 0)
    )
    is_seen = sa.or_(E.c.state == "open", E.c.closed_reason == exceptions.ACCEPTED)
    named = sa.select(E.c.bank_line_id).where(E.c.type_code == TYPE, is_seen, E.c.bank_line_id.is_not(None))
    is_sound = sa.and_(stands.correlate(B).exists(), B.c.bank_line_id.not_in(moves), B.c.bank_line_id.in_(named))
    return [str(key) for key in conn.scalars(sa.select(B.c.line_key).where(B.c.state == COPY, ~is_sound))]
