"""Small differences of the bank: what a deposit is short of its remittance, or over it, is booked on 5110 by a person.

The limit is a row of master data (bank_differences): how much at most, for which payer, who may. What is booked is a
tie of its own (rule ``bank-difference``) that no money moves: it settles what is short and takes what is over from
unapplied cash. It stands in the tie-out beside bank and fee, and is taken back by itself.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.ledger import deposit_lines
from claims.master import Master
from claims.money import amount
from claims.service import tying
from claims.service.audited import record, sealed_words
from claims.service.context import Context
from claims.service.master import load_master
from claims.service.periods import require_come, require_not_before
from claims.service.runs import running
from claims.store import banking, periods, returned
from claims.store.engine import write
from claims.store.handles import Connection

KIND, RULE = "bank_differences", banking.DIFFERENCE


def book(ctx: Context, bank_line_id: int, remit_id: int, reason: str, posting_date: date) -> int:
    """Book what a deposit is short of the remittance that it is tied to (above zero), or over it; give the cents.

    NotFoundError where the two are not tied, PostingRefusedError where nothing differs, or it is more than the practice
    allows, with all that is booked of this remittance. The reason is kept with the tie.
    """
    _need(reason)
    require_come(ctx, posting_date)
    master = load_master(ctx)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        ties = _ties(conn, bank_line_id, remit_id)
        line = banking.lines(conn, banking.B.c.bank_line_id == bank_line_id)
        tying.require_come(line, posting_date)
        remit = banking.remittances(conn, banking.R.c.remit_id == remit_id)
        short, over = int(remit["open_cents"].iloc[0]), int(line["rest_cents"].iloc[0])
        if (short > 0) == (over > 0):
            raise PostingRefusedError(
                "Nothing is short of this remittance, and nothing left of the deposit: there is no difference."
                if short <= 0
                else f"{amount(over)} is left of the deposit: tie that first (claims deposits tie)."
            )
        cents = short if short > 0 else -over
        before = banking.matches(conn, banking.of_remittances(conn, [remit_id]))
        booked = before[(before["remit_id"] == remit_id) & (before["rule"] == RULE)]["fee_cents"].abs().sum()
        _require_allowed(master, ctx, str(ties["payer_code"].iloc[0]), abs(cents) + int(booked), posting_date)
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


def take_back(ctx: Context, bank_line_id: int, remit_id: int, reason: str, posting_date: date) -> int:
    """Take back what `book` did: the remittance is short, or the deposit over, as before; give the cents."""
    _need(reason)
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
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


def _require_allowed(master: Master, ctx: Context, payer_code: str, cents: int, day: date) -> None:
    """The practice's row for this payer, else that of all, allows so much to who acts: PostingRefusedError."""
    number = day.year * 10_000 + day.month * 100 + day.day
    keys = pd.DataFrame({"payer_code": [payer_code, ""]})
    rows = master.look_up(KIND, keys, pd.Series([number, number]))
    rows = rows[rows["is_known"]]
    if rows.empty:
        raise PostingRefusedError("No row of master data (bank_differences) says how much may be booked.")
    row = rows.iloc[0]
    if cents > int(row["book_up_to_cents"]):
        limit = amount(int(row["book_up_to_cents"]))
        raise PostingRefusedError(f"{amount(cents)} differ, and the practice books {limit} at most (bank_differences).")
    users = str(row["users"])
    if users and ctx.actor not in users.split():
        raise PostingRefusedError("The rule of bank differences names others than you; claims master show tells whom.")


def _need(reason: str) -> None:
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the tie.")
