"""Provider adjustments that wait on unapplied cash: which do, which of them cancel out, and the exceptions of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims import codes
from claims.store import exceptions, schema
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.queries.asof import AsOf, total
from claims.store.rows import frame_of, update_where

J, L, R, E, PA = (
    schema.journals,
    schema.ledger_lines,
    schema.remittances,
    schema.exceptions,
    schema.provider_adjustments,
)
TYPES = ("PLB_UNCONFIGURED", "PLB_UNKNOWN")
UNAPPLIED = "2200"
BY_REFERENCE = "CS"  # what its reference means decides, not its code
BY_PERSON = "booked"  # why one closes whose account a person said, and what its event is called
BOOKED = "provider-adjustment-booked"  # the reason of the journals by which a person says the account
ACT = "act:exception-"  # how their keys begin; the number of the exception follows
_REFERENCE = ["payer_code", "payee_identifier", "reason_code", "reference"]


def rows(conn: sa.Connection, as_of: AsOf | None = None) -> pd.DataFrame:
    """Read the provider adjustments with an amount on 2200 (as of a day), in the order of payment days.

    provider_adjustment_id, remit_id, file_id, seg, payer_code, payee_identifier, reason_code, reference, key (what an
    exception has behind its type), amount_cents (as filed: above zero, a debit of 2200) and is_netted: the amounts of
    one payer, payee, code and reference up to there sum to zero, so nothing of them waits. What has no reference is
    never netted: nothing says that it belongs together. The order is that of payment days, so that it does not matter
    when which file came.
    """
    day = sa.func.coalesce(sa.cast(R.c.payment_date, sa.String), "")
    own = (
        *(PA.c.provider_adjustment_id, PA.c.remit_id, PA.c.file_id, PA.c.seg, PA.c.ordinal, PA.c.reason_code),
        *(PA.c.reference, R.c.payer_code, R.c.payee_identifier, R.c.remit_key),
    )
    # A remittance of which a claim was undone alone is of a later generation than what stands of its adjustments: the
    # journal that posted one names it. Those that moved it since have a word at the end of their keys.
    is_posting = sa.and_(J.c.source == "835", ~J.c.idempotency_key.like("835:%:plb:%:%:%"))
    select = (
        sa.select(*own, day.label("day"), total(L.c.amount_cents).label("amount_cents"))
        .add_columns(sa.func.max(sa.case((is_posting, J.c.journal_id))).label("posted_by"))
        .select_from(L)
        .join(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .join(R, R.c.remit_id == PA.c.remit_id)
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(L.c.account == UNAPPLIED)
        .group_by(*own, day)
        .having(sa.func.sum(L.c.amount_cents) != 0)
    )
    waits = (select.where(as_of.journals()) if as_of is not None else select).subquery()
    key = sa.func.coalesce(J.c.idempotency_key, "").label("key")
    of_posting = sa.select(waits, key).outerjoin(J, J.c.journal_id == waits.c.posted_by)
    found = frame(conn, of_posting).sort_values(["day", "remit_key", "ordinal"], ignore_index=True)
    left = found.groupby(_REFERENCE)["amount_cents"].cumsum()
    place = pd.Series(found.index, index=found.index).where(left == 0)
    last = place.groupby([found[name] for name in _REFERENCE]).transform("max").fillna(-1)
    found["is_netted"] = (found.index.to_series() <= last) & (found["reference"] != "")
    return found.drop(columns="posted_by")


def by_reference(conn: sa.Connection) -> pd.DataFrame:
    """Those that wait though their reference decides what they are, netted or not: provider_adjustment_id, remit_id."""
    own = (PA.c.provider_adjustment_id, PA.c.remit_id)
    # By the remittance too: an index finds its lines.
    of_own = sa.and_(L.c.remit_id == PA.c.remit_id, L.c.provider_adjustment_id == PA.c.provider_adjustment_id)
    select = sa.select(*own).join(L, sa.and_(of_own, L.c.account == UNAPPLIED))
    select = select.where(PA.c.reason_code == BY_REFERENCE)
    return frame(conn, select.group_by(*own).having(sa.func.sum(L.c.amount_cents) != 0))


def of_exception(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Give the row of `rows` that an exception is of: one, or none where nothing of it waits."""
    key = conn.scalar(sa.select(E.c.exception_key).where(E.c.exception_id == exception_id, E.c.type_code.in_(TYPES)))
    found = rows(conn)
    return found[found["key"] == str(key).partition(":")[2]]


def keep_named(conn: sa.Connection, posting_date: date) -> None:
    """Let the exceptions of what waits be open, and no others: what is netted waits no more.

    One that opens again is as old as it was.
    """
    found = rows(conn)
    told = frame(conn, sa.select(E.c.exception_id, E.c.exception_key, E.c.state).where(E.c.type_code.in_(TYPES)))
    if told.empty:
        return
    waits = set(found.loc[~found["is_netted"], "key"])
    is_waiting = told["exception_key"].str.split(":", n=1).str[1].isin(waits)
    is_open = told["state"] == "open"
    is_netted = told["exception_key"].str.split(":", n=1).str[1].isin(set(found.loc[found["is_netted"], "key"]))
    for word, own in ((exceptions.NETTED, is_netted), ("settled", ~is_netted)):
        over = told.loc[is_open & ~is_waiting & own, "exception_id"]
        exceptions.close_for(conn, "exception_id", over, TYPES, word, posting_date)
    exceptions.reopen(conn, told.loc[~is_open & is_waiting, "exception_id"], posting_date, is_as_old=True)
    types = codes.table("exception_types").set_index("type_code")["release"]
    for type_code in TYPES:  # books of earlier versions name an act that there is not
        is_other = (E.c.state == "open", E.c.type_code == type_code, E.c.release != types[type_code])
        update_where(conn, E, *is_other, release=types[type_code])


def unnamed(conn: sa.Connection) -> pd.DataFrame:
    """Provider adjustments that wait on 2200 and that no open exception names with what they are (name, why)."""
    found = rows(conn)
    told = frame(
        conn, sa.select(E.c.exception_key, E.c.amount_cents).where(E.c.state == "open", E.c.type_code.in_(TYPES))
    )
    worth = dict(zip(told["exception_key"].str.split(":", n=1).str[1], told["amount_cents"].tolist(), strict=True))
    is_told = pd.Series(
        [worth.get(key) == cents for key, cents in found[["key", "amount_cents"]].itertuples(index=False)],
        found.index, dtype="bool",
    )  # fmt: skip
    wrong = found[~is_told & ~found["is_netted"]]
    names = "remittance " + wrong["remit_key"].str[:12] + ", provider adjustment " + wrong["ordinal"].astype("str")
    why = "waits on unapplied cash and no exception says so"
    return pd.DataFrame({"name": names, "why": pd.Series(why, names.index, dtype="str")}).reset_index(drop=True)


def moved_last(conn: sa.Connection, remit_id: int, provider_adjustment_id: int) -> date:
    """Give the accounting day on which the amount of a provider adjustment was moved last."""
    select = sa.select(sa.func.max(J.c.posting_date)).join(L, L.c.journal_id == J.c.journal_id)
    own = (L.c.remit_id == remit_id, L.c.provider_adjustment_id == provider_adjustment_id)
    day: date = conn.execute(select.where(*own)).scalar_one()
    return day


def moved_first(conn: sa.Connection, rule_id: str, provider_adjustment_ids: Sequence[int]) -> pd.Series[str]:
    """Give the first accounting day on which a rule moved provider adjustments, by their id; undone since or not."""
    select = sa.select(L.c.provider_adjustment_id, J.c.posting_date).join(J, J.c.journal_id == L.c.journal_id)
    # By the remittance too: an index finds its lines.
    own = sa.and_(PA.c.provider_adjustment_id == L.c.provider_adjustment_id, PA.c.remit_id == L.c.remit_id)
    select = select.join(PA, own).where(L.c.rule_id == rule_id, J.c.reverses_journal_id.is_(None))
    days = frame_of(conn, select, PA.c.provider_adjustment_id, provider_adjustment_ids)
    return days.groupby("provider_adjustment_id")["posting_date"].min()


def booked(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Journals in force by which a person booked provider adjustments of remittances: journal_id, remit_id."""
    select = sa.select(J.c.journal_id, J.c.remit_id).where(J.c.reason_code == BOOKED, stands())
    return frame_of(conn, select, J.c.remit_id, remit_ids)


def booking_of(conn: sa.Connection, exception_id: int) -> int:
    """Give the journal in force by which a person said the account of what an exception is of; 0: none."""
    own = J.c.idempotency_key.startswith(f"{ACT}{exception_id}-", autoescape=True)
    select = sa.select(J.c.journal_id).where(own, J.c.reverses_journal_id.is_(None), stands())
    return int(conn.scalar(select) or 0)
