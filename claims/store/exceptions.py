"""Open and close rows of the exceptions table; a key that stands there already is opened again, never doubled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims import codes
from claims.store import clock, schema
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of, in_parts, insert_keyed, update_by_key, update_where

TEXTS = {"exception_key": "", "type_code": "", "message": ""}
ACCEPTED = "accepted"  # why a person closed it: it only informs
STANDS = "stands"  # why a person closed it: of several claims of one number its own is the one that holds
UNDONE = "undone"  # the reason for which an undo closes what a posting had named
NETTED = "netted"  # why one closes whose cash others of the same reference took back
# Of a provider adjustment: what is posted again after an undo is named by its next generation.
GENERATION = r"^(?P<own>.+:plb:[0-9]+):(?P<generation>[1-9][0-9]*)$"
# Why the money of a posted remittance is not in the bank, or not as it should be.
OF_REMITS = ("REMIT_WITHOUT_DEPOSIT", "DEPOSIT_SHORT", "DEPOSIT_RETURNED", "REMIT_DAY_AHEAD")
LINKS = ("file_id", "seg", "remit_id", "claim_payment_id", "family_id", "claim_id", "bank_line_id")


def open_all(conn: sa.Connection, rows: pd.DataFrame, posting_date: date, *, is_as_old: bool = False) -> int:
    """Open an exception per row and give the number of new ones.

    `rows`: exception_key, type_code, amount_cents, message (optional: the type's title), since_date (optional: the
    same cash waits since then under another name) and any of `LINKS`. One that was closed opens again with the new
    amount, but for one that a person accepted and that is worth what it was then; one that is open stays as it is.
    What an undo had closed is as old as it was before; with `is_as_old` so is all that opens again.
    """
    rows = rows.drop_duplicates("exception_key")
    if rows.empty:
        return 0
    types = codes.table("exception_types").set_index("type_code")
    known = _known(conn, rows["exception_key"])
    closed = _to_reopen(known, rows)
    table = schema.exceptions
    reopened = rows[rows["exception_key"].isin(closed)]
    if len(reopened):
        found = [ids for part in _parts(closed) for ids in conn.scalars(_ids_of(table.c.exception_key.in_(part)))]
        reopen(conn, found, posting_date, is_as_old=is_as_old)
        restate(conn, reopened)
        _date(conn, reopened)
    new = rows[~rows["exception_key"].isin(known["exception_key"])]
    title = new["type_code"].map(types["own_title"])
    message = title if "message" not in new else new["message"].where(new["message"].fillna("") != "", title)
    links = {name: new.get(name, 0) for name in LINKS}
    insert_keyed(
        conn,
        table,
        new[["exception_key", "type_code", "amount_cents"]].assign(
            state="open",
            message=message,
            release=new["type_code"].map(types["release"]),
            posting_date=posting_date.isoformat(),
            opened_at=clock.now(),
            since_date=_since(conn, new),
            **links,
        ),
    )
    return len(new) + len(reopened)


def _since(conn: sa.Connection, new: pd.DataFrame) -> pd.Series[str]:
    """Give the day since which new exceptions wait: as told, or that of the same one before an undo; else "".

    One that was netted when its remittance was undone was closed by then: it waits again without its partner.
    """
    told = new.get("since_date", pd.Series("", index=new.index, dtype="str"))
    parts = new["exception_key"].str.extract(GENERATION).dropna()
    former = {
        f"{own}:{earlier}": key
        for key, own, last in zip(new.loc[parts.index, "exception_key"], parts["own"], parts["generation"], strict=True)
        for earlier in range(int(last))
    }
    table, days = schema.exceptions, dict[str, str]()
    for part in _parts(list(former)):
        waited = sa.and_(table.c.exception_key.in_(part), table.c.closed_reason.in_([UNDONE, NETTED]))
        day = sa.type_coerce(sa.func.coalesce(table.c.since_date, table.c.posting_date), sa.Date)
        for key, since in conn.execute(sa.select(table.c.exception_key, day).where(waited)):
            days[former[key]] = min(days.get(former[key], "9999"), since.isoformat())
    before = [days.get(key, "") for key in new["exception_key"].tolist()]
    return told.where(told != "", pd.Series(before, index=new.index, dtype="str"))


def _parts(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), IN_LIST):
        yield keys[start : start + IN_LIST]


def _ids_of(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(schema.exceptions.c.exception_id).where(schema.exceptions.c.state == "closed", *conditions)


def is_of(types: Iterable[str]) -> sa.ColumnElement[bool]:
    """Condition: it is of one of these types."""
    return schema.exceptions.c.type_code.in_(list(types))


def has_key(exception_key: str) -> sa.ColumnElement[bool]:
    """Condition: it is the exception of this key."""
    return schema.exceptions.c.exception_key == exception_key


def open_of_deposit(conn: sa.Connection, bank_line_id: int, remit_ids: Iterable[int]) -> pd.DataFrame:
    """Open exceptions about a bank line, or about the money of these remittances: exception_id, type_code,
    amount_cents."""
    table = schema.exceptions
    of_money = sa.and_(table.c.remit_id.in_(list(remit_ids)), table.c.type_code.in_(OF_REMITS))
    select = sa.select(table.c.exception_id, table.c.type_code, table.c.amount_cents)
    own = sa.or_(table.c.bank_line_id == bank_line_id, of_money)
    return frame(conn, select.where(table.c.state == "open", own).order_by(table.c.exception_id))


def closed_as(conn: sa.Connection, reason: str, *conditions: sa.ColumnElement[bool]) -> list[int]:
    """Ids of exceptions that were closed for this reason and that fit the conditions."""
    return [int(one) for one in conn.scalars(_ids_of(schema.exceptions.c.closed_reason == reason, *conditions))]


def reopen(conn: sa.Connection, exception_ids: Iterable[int], posting_date: date, *, is_as_old: bool = False) -> None:
    """Open closed exceptions again; when they were open before is kept, for reports of an earlier day.

    One that an undo closed waits since the day that it had: nothing has come of it meanwhile. So do all that are as old
    as they were (`is_as_old`).
    """
    table, past = schema.exceptions, schema.past_exceptions
    names = ("exception_id", "amount_cents", "posting_date", "since_date", "opened_at", "closed_posting_date")
    columns = [table.c[name] for name in (*names, "closed_at", "closed_reason")]
    for part in in_parts(exception_ids):
        chosen = sa.and_(table.c.exception_id.in_(part), table.c.state == "closed")
        insert_keyed(conn, past, frame(conn, sa.select(*columns).where(chosen)))
        again: dict[str, Any] = {"posting_date": posting_date, "opened_at": clock.now(), "state": "open"}
        waited = sa.func.coalesce(table.c.since_date, table.c.posting_date)
        again["since_date"] = waited if is_as_old else sa.case((table.c.closed_reason == UNDONE, waited))
        again |= dict.fromkeys(("closed_at", "closed_posting_date", "closed_reason"))
        update_where(conn, table, chosen, **again)


def _date(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Say since when the cash of exceptions that opened again waits, where that is known."""
    table = schema.exceptions
    days = zip(rows["exception_key"], rows["since_date"], strict=True) if "since_date" in rows else ()
    told = [{"of": key, "since": date.fromisoformat(day)} for key, day in days if day]
    if told:
        changed = sa.update(table).where(table.c.exception_key == sa.bindparam("of"), table.c.state == "open")
        is_later = sa.or_(table.c.since_date.is_(None), table.c.since_date > sa.bindparam("since"))
        update_by_key(conn, changed.where(is_later).values(since_date=sa.bindparam("since")), told, "exception_key")


def waiting_since(conn: sa.Connection, claim_payment_ids: Iterable[int], types: Iterable[str]) -> pd.Series[str]:
    """Give the day since which the cash of claim payments waits, by claim_payment_id: the first of the exceptions of
    these types that were open while it waited as it does now."""
    table, waits = schema.exceptions, schema.claim_postings
    day = sa.func.min(sa.func.coalesce(table.c.since_date, table.c.posting_date))
    while_it_waits = sa.or_(table.c.state == "open", table.c.closed_at >= waits.c.recorded_at)
    select = (
        sa.select(waits.c.claim_payment_id, sa.type_coerce(day, sa.Date).label("since_date"))
        .join(table, table.c.claim_payment_id == waits.c.claim_payment_id)
        .where(waits.c.ended_at.is_(None), waits.c.outcome == "unapplied", while_it_waits)
        .where(table.c.type_code.in_(list(types)))
        .group_by(waits.c.claim_payment_id)
    )
    rows = frame_of(conn, select, waits.c.claim_payment_id, list(claim_payment_ids))
    return rows.set_index("claim_payment_id")["since_date"]


def restate(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Give the open exceptions among these keys the amounts that they are worth by now."""
    if rows.empty:
        return
    table = schema.exceptions
    pairs = rows[["exception_key", "amount_cents"]].merge(
        _known(conn, rows["exception_key"]), on="exception_key", suffixes=("", "_told")
    )
    moved = pairs[(pairs["state"] == "open") & (pairs["amount_cents"] != pairs["amount_cents_told"])]
    worth = [
        {"of": key, "cents": int(cents)}
        for key, cents in zip(moved["exception_key"], moved["amount_cents"], strict=True)
    ]
    if worth:
        changed = sa.update(table).where(table.c.exception_key == sa.bindparam("of"), table.c.state == "open")
        update_by_key(conn, changed.values(amount_cents=sa.bindparam("cents")), worth, "exception_key")


def _known(conn: sa.Connection, keys: pd.Series) -> pd.DataFrame:
    """Read the exceptions of these keys: exception_key, state, closed_reason, amount_cents."""
    table = schema.exceptions
    select = sa.select(table.c.exception_key, table.c.state, table.c.closed_reason, table.c.amount_cents)
    parts = [frame(conn, select.where(table.c.exception_key.in_(part))) for part in _parts(keys.tolist())]
    return pd.concat(parts, ignore_index=True)


def _to_reopen(known: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Keys that are closed and found again; what a person accepted stays so while it is worth the same."""
    worth = rows.set_index("exception_key")["amount_cents"].reindex(known["exception_key"]).to_numpy()
    is_accepted = (known["closed_reason"] == ACCEPTED) & (known["amount_cents"] == worth)
    return known.loc[(known["state"] == "closed") & ~is_accepted, "exception_key"].tolist()


def close_for(
    conn: sa.Connection,
    column: str,
    values: Iterable[int],
    types: Iterable[str],
    reason: str,
    posting_date: date,
) -> int:
    """Close the open exceptions of some `types` that hang on the rows named (`column`: claim_payment_id, ...)."""
    table = schema.exceptions
    is_one = table.c.type_code.in_(list(types))
    return sum(close(conn, reason, posting_date, table.c[column].in_(part), is_one) for part in in_parts(values))


def close(conn: sa.Connection, reason: str, posting_date: date, *conditions: sa.ColumnElement[bool]) -> int:
    """Close the open exceptions that fit the conditions."""
    table = schema.exceptions
    closed = {"state": "closed", "closed_posting_date": posting_date, "closed_reason": reason}
    return update_where(conn, table, table.c.state == "open", *conditions, closed_at=clock.now(), **closed)


def close_sets(conn: sa.Connection, sets: pd.DataFrame, reason: str, posting_date: date) -> int:
    """Close the open REMIT_HELD exceptions of transaction sets (file_id, seg)."""
    table = schema.exceptions
    closed = 0
    for file_id, part in sets.groupby("file_id"):
        for segs in in_parts(part["seg"]):
            of_sets = (table.c.file_id == file_id, table.c.seg.in_(segs), table.c.type_code == "REMIT_HELD")
            closed += close(conn, reason, posting_date, *of_sets)
    return closed


def close_key(conn: sa.Connection, exception_key: str, reason: str, posting_date: date) -> int:
    """Close the open exception of one key, if there is one."""
    return close_keys(conn, [exception_key], reason, posting_date)


def close_keys(conn: sa.Connection, exception_keys: Iterable[str], reason: str, posting_date: date) -> int:
    """Close the open exceptions of some keys, as far as there are any."""
    table = schema.exceptions
    parts = _parts(list(exception_keys))
    return sum(close(conn, reason, posting_date, table.c.exception_key.in_(part)) for part in parts)


def keep(
    conn: sa.Connection,
    column: str,
    rows: pd.DataFrame,
    types: Iterable[str],
    posting_date: date,
    done: str = "tied",
    *,
    is_as_old: bool = False,
) -> dict[str, int]:
    """Make the open exceptions of some `types` exactly those of `rows` (as in `open_all`, with the id `column`).

    Others are closed: as reclassified where the same thing is named by another type now, else as `done`. An amount that
    changed is corrected. Gives how many were opened and closed.
    """
    table, listed = schema.exceptions, list(types)
    if rows.empty:
        return {"opened": 0, "closed": close(conn, done, posting_date, table.c.type_code.in_(listed))}
    select = sa.select(table.c.exception_key, table.c[column], table.c.amount_cents).where(
        table.c.state == "open", table.c.type_code.in_(listed)
    )
    open_now = {str(key): (owner, int(cents)) for key, owner, cents in conn.execute(select)}
    wanted = dict(zip(rows["exception_key"].tolist(), rows["amount_cents"].tolist(), strict=True))
    named = set(rows[column].tolist())
    closed = sorted(open_now.keys() - wanted.keys())
    elsewhere = {key for key in closed if open_now[key][0] in named}
    close_keys(conn, sorted(elsewhere), "reclassified", posting_date)
    close_keys(conn, [key for key in closed if key not in elsewhere], done, posting_date)
    restate(conn, rows[rows["exception_key"].isin(open_now)])
    return {"opened": open_all(conn, rows, posting_date, is_as_old=is_as_old), "closed": len(closed)}
