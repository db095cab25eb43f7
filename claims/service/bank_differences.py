"""Small differences of the bank: what a deposit is short of its remittance, or over it, is booked on 5110 by a person.

The limit is a row of master data (bank_differences): how much at most, for which payer, who may. What is booked is a
tie of its own (rule ``bank-difference``) that no money moves: it settles what is short and takes what is over from
unapplied cash. It stands in the tie-out beside bank and fee, and is taken back by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.ledger import deposit_lines
from claims.master import Master
from claims.money import dollars
from claims.service import deposits, tying
from claims.service.audited import record, sealed_words
from claims.service.context import Context
from claims.service.master import load_master
from claims.service.periods import require_come, require_not_before
from claims.service.runs import running
from claims.store import banking, periods, returned
from claims.store.engine import read, rehearsal, write
from claims.store.handles import Connection

KIND, RULE = "bank_differences", banking.DIFFERENCE


def book(
    ctx: Context, bank_line_id: int, remit_id: int, reason: str, posting_date: date, *, seen: str | None = None
) -> int:
    """Book what a deposit is short of the remittance that it is tied to (above zero), or over it; give the cents.

    NotFoundError where the two are not tied, PostingRefusedError where nothing differs, or it is more than the practice
    allows, with all that is booked of this remittance; what went back with its deposit is booked no more. The reason is
    kept with the tie. TiesMovedError where `seen` (`deposits.Would.seen`) is not how ties of the two stand.
    """
    _need(reason)
    require_come(ctx, posting_date)
    master = load_master(ctx)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        deposits.require_both_seen(conn, bank_line_id, remit_id, seen)
        ties = _ties(conn, bank_line_id, remit_id)
        line = banking.lines(conn, banking.B.c.bank_line_id == bank_line_id)
        tying.require_come(line, posting_date)
        remit = banking.remittances(conn, banking.R.c.remit_id == remit_id)
        short, over = int(remit["open_cents"].iloc[0]), int(line["rest_cents"].iloc[0])
        cents = _differs(short, over)
        if not cents:
            raise PostingRefusedError(
                "Nothing is short of this remittance, and nothing left of the deposit: there is no difference."
                if short <= 0
                else f"{dollars(over)} is left of the deposit: tie that first (claims deposits tie)."
            )
        before = banking.matches(conn, banking.of_remittances(conn, [remit_id]))
        booked = _booked(before, remit_id)
        _require_allowed(master, ctx, str(ties["payer_code"].iloc[0]), abs(cents), booked, posting_date)
        require_not_before(periods.last_day(conn, ties["journal_id"].tolist()), posting_date)
        own = line[["bank_line_id", "line_key", "bank_date", "unapplied_cents"]].assign(
            remit_id=remit_id,
            remit_key=remit["remit_key"].iloc[0],
            payer_code=remit["payer_code"].iloc[0],
            returns_line_id=0,
            amount_cents=max(cents, 0),
            fee_cents=cents,
            rule=RULE,
            score=100,
            evidence="",
            words=reason.strip(),
        )
        own["journal_key"] = "dep:" + own["line_key"] + ":" + own["remit_key"] + ":" + tying.generation(conn, own)
        days = own.set_index("bank_line_id")["bank_date"]
        lines = deposit_lines.difference_lines(own)
        tying.write_bank_journals(conn, ctx, run_id, posting_date, lines, "bank-difference", days)
        banking.save_ties(conn, own, ctx.actor)
        tying.name_open(conn, posting_date)
        body = {"remit_id": remit_id, "amount_cents": cents, "reason_mac": sealed_words(ctx, reason.strip())}
        record(ctx, conn, "deposit.difference", f"bank line {bank_line_id}", body)
    return cents


def take_back(
    ctx: Context, bank_line_id: int, remit_id: int, reason: str, posting_date: date, *, seen: str | None = None
) -> int:
    """Take back what `book` did: the remittance is short, or the deposit over, as before; give the cents.

    `seen` as in `book`.
    """
    _need(reason)
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        deposits.require_both_seen(conn, bank_line_id, remit_id, seen)
        ties = _ties(conn, bank_line_id, remit_id)
        own = ties[ties["rule"] == RULE]
        if own.empty:
            raise NotFoundError("booked difference of bank line", bank_line_id)
        require_not_before(periods.last_day(conn, own["journal_id"].tolist()), posting_date)
        tying.take_apart(conn, ctx, run_id, posting_date, own, banking.DIFFERENCE_BACK, reason.strip())
        tying.name_open(conn, posting_date)
        cents = int(own["fee_cents"].sum())
        body = {"remit_id": remit_id, "amount_cents": cents, "reason_mac": sealed_words(ctx, reason.strip())}
        record(ctx, conn, "deposit.difference-taken-back", f"bank line {bank_line_id}", body)
    return cents


def _ties(conn: Connection, bank_line_id: int, remit_id: int) -> pd.DataFrame:
    ties = banking.matches(conn, [bank_line_id])
    ties = ties[(ties["remit_id"] == remit_id) & ties["returns_line_id"].fillna(0).eq(0)]
    if ties.empty:
        raise NotFoundError(f"tie of bank line {bank_line_id} to remittance", remit_id)
    if returned.taken_back(conn, bank_line_id, [remit_id]):
        raise PostingRefusedError("The bank took this deposit back: take the return apart first.")
    return ties


def would_book(ctx: Context, bank_line_id: int, remit_id: int, reason: str, posting_date: date) -> deposits.Would:
    """Say what `book` would do, by doing it and taking it back; raises what it raises."""
    return _would(ctx, book, bank_line_id, remit_id, reason, posting_date)


def would_take_back(ctx: Context, bank_line_id: int, remit_id: int, reason: str, posting_date: date) -> deposits.Would:
    """Say what `take_back` would do, by doing it and taking it back; raises what it raises."""
    return _would(ctx, take_back, bank_line_id, remit_id, reason, posting_date)


def _would(
    ctx: Context, verb: Callable[..., int], bank_line_id: int, remit_id: int, reason: str, posting_date: date
) -> deposits.Would:
    with rehearsal(ctx.engine) as conn:
        seen = banking.seen(conn, bank_line_id, remit_id)
        cents = verb(ctx, bank_line_id, remit_id, reason, posting_date, seen=seen)
        line = deposits.line_of(conn, bank_line_id)
        remit = banking.remittances(conn, banking.R.c.remit_id == remit_id)
        left, open_ = int(line["rest_cents"].iloc[0]), int(remit["open_cents"].iloc[0])
        return deposits.Would(cents, 1, left, open_, seen, {})


class Choices(NamedTuple):
    """What of a bank line a person may book as a small difference, and what of it is booked and may be taken back.

    Frames with remit_id, payer_name, trace_number, cents (above zero: the deposit is short).
    """

    bookable: pd.DataFrame
    booked: pd.DataFrame


def choices(ctx: Context, bank_line_id: int, posting_date: date) -> Choices:
    """Say of which remittances of a bank line who acts may book a difference, or take one back (`Choices`).

    Nothing where no row of master data allows it to this person; the limit counts for what is to be booked only.
    """
    master = load_master(ctx)
    with read(ctx.engine) as conn:
        ties = banking.matches(conn, [bank_line_id])
        came = ties[ties["returns_line_id"].fillna(0).eq(0) & ties["remit_id"].fillna(0).ne(0)]
        remit_ids = sorted({int(one) for one in came["remit_id"]})
        remits = banking.remittances(conn, banking.R.c.remit_id.in_(remit_ids))
        of_them = banking.matches(conn, banking.of_remittances(conn, remit_ids))
        over = int(deposits.line_of(conn, bank_line_id)["rest_cents"].iloc[0])
    is_back = (of_them["returns_line_id"] == bank_line_id) & (of_them["amount_cents"] < 0)
    gone = set(of_them.loc[is_back, "remit_id"])
    bookable, booked = [], []
    for row in remits.to_dict("records"):
        remit_id, payer_code = int(row["remit_id"]), str(row["payer_code"])
        limit = _limit(master, ctx, payer_code, posting_date)
        if limit is None or not limit.is_mine or remit_id in gone:
            continue
        told = {name: row[name] for name in ("remit_id", "payer_name", "trace_number")}
        cents = _differs(int(row["open_cents"]), over)
        if cents and abs(cents) + _booked(of_them, remit_id) <= limit.cents:
            bookable.append(told | {"cents": cents})
        own = came[(came["remit_id"] == remit_id) & (came["rule"] == RULE)]
        if len(own):
            booked.append(told | {"cents": int(own["fee_cents"].sum())})
    names = ["remit_id", "payer_name", "trace_number", "cents"]
    return Choices(pd.DataFrame(bookable, columns=names), pd.DataFrame(booked, columns=names))


def _differs(short: int, over: int) -> int:
    """What a deposit is short of its remittance (above zero) or over it; 0: neither, or some of both."""
    return 0 if (short > 0) == (over > 0) else short if short > 0 else -over


def _booked(ties: pd.DataFrame, remit_id: int) -> int:
    """What is booked of a remittance, whatever its sign: no more what went back with its deposit.

    `ties`: those in force of all bank lines that have any to the remittance, returns too.
    """
    own = ties[ties["remit_id"] == remit_id]
    deposit = own["returns_line_id"].fillna(0).astype("int64")
    deposit = deposit.mask(deposit == 0, own["bank_line_id"])
    return int(banking.booked_differences(own).groupby(deposit).sum().abs().sum())


class _Limit(NamedTuple):
    cents: int
    is_mine: bool  # the row lets who acts book


def _limit(master: Master, ctx: Context, payer_code: str, day: date) -> _Limit | None:
    """The practice's row for this payer, else that of all; none: nothing is booked."""
    number = day.year * 10_000 + day.month * 100 + day.day
    keys = pd.DataFrame({"payer_code": [payer_code, ""]})
    rows = master.look_up(KIND, keys, pd.Series([number, number]))
    rows = rows[rows["is_known"]]
    if rows.empty:
        return None
    users = str(rows["users"].iloc[0])
    return _Limit(int(rows["book_up_to_cents"].iloc[0]), not users or ctx.actor in users.split())


def _require_allowed(master: Master, ctx: Context, payer_code: str, cents: int, booked: int, day: date) -> None:
    limit = _limit(master, ctx, payer_code, day)
    if limit is None:
        raise PostingRefusedError("No row of master data (bank_differences) says how much may be booked.")
    if cents + booked > limit.cents:
        already = f", {dollars(booked)} of this remittance is booked already" if booked else ""
        raise PostingRefusedError(
            f"{dollars(cents)} differ{already}, and the practice books {dollars(limit.cents)} at most "
            "(bank_differences)."
        )
    if not limit.is_mine:
        raise PostingRefusedError("The rule of bank differences names others than you; claims master show tells whom.")


def _need(reason: str) -> None:
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the tie.")
