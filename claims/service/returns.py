"""What a person does with a return: say which former deposit, or what of it, the bank took back."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError
from claims.ledger import returned_deposits
from claims.money import dollars
from claims.service import tying
from claims.service.audited import record, sealed_words
from claims.service.context import Context
from claims.service.deposits import TiesMovedError, line_of, require_reason
from claims.service.runs import running
from claims.store import banking, deposit_candidates, returned
from claims.store.engine import read, rehearsal, write
from claims.store.handles import Connection

MOST = 100


class Would(NamedTuple):
    """What would become of a return: cents that it takes back, what nothing explains of it then (below zero).

    `remits`: remit_id, trace_number, amount_cents of remittances that would be open again. `seen` as in `deposits`.
    """

    cents: int
    rest_cents: int
    remits: pd.DataFrame
    seen: str


def take_back(
    ctx: Context,
    bank_line_id: int,
    returns_line_id: int,
    reason: str,
    posting_date: date,
    *,
    remit_id: int | None = None,
    amount_cents: int | None = None,
    seen: str | None = None,
) -> int:
    """Say by hand which former deposit a bank line took back; give the cents, as the bank paid and took them.

    `remit_id`: only what this remittance had of it (0: what nothing explains of it); without, all of the deposit, or
    its only part. Without an amount as much as both have left. Remittances whose money that was are open again. Raises
    NotFoundError, PostingRefusedError where there is not so much or several parts could be meant, or without `seen`
    where that is done already, or TiesMovedError where ties of the two have changed since `seen`.
    """
    require_reason(reason)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        back, former = line_of(conn, bank_line_id), line_of(conn, returns_line_id)
        for line in (back, former):
            tying.require_come(line, posting_date)
        if seen is not None and seen not in (_seen(conn, back, former), banking.seen(conn, bank_line_id)):
            raise TiesMovedError
        _require_pair(back, former)
        if seen is None:
            _require_new(conn, bank_line_id, returns_line_id, remit_id)
        tying.write_rests(conn, ctx, run_id, posting_date, pd.concat([back, former], ignore_index=True))
        back = line_of(conn, bank_line_id)
        parts = returned.parts(conn, returned.by_number(conn, returns_line_id))
        ties = _ties(back, parts, remit_id, amount_cents)
        cents = int((ties["amount_cents"] - ties["fee_cents"]).sum())
        ties = ties.assign(words=reason.strip(), evidence=returned_deposits.evidence_of(back, former))
        tying.write_returns(conn, ctx, run_id, posting_date, ties, back, parts)
        deposit_candidates.mark_returned(conn, bank_line_id, [returns_line_id], "chosen", "manual")
        tying.name_open(conn, posting_date)
        body: dict[str, Any] = {"returns_line_id": returns_line_id, "remit_ids": sorted(ties["remit_id"].tolist())}
        body |= {"amount_cents": cents, "reason_mac": sealed_words(ctx, reason.strip())}
        record(ctx, conn, "deposit.take-back", f"bank line {bank_line_id}", body)
    return cents


def would_take_back(
    ctx: Context,
    bank_line_id: int,
    returns_line_id: int,
    reason: str,
    posting_date: date,
    *,
    remit_id: int | None = None,
    amount_cents: int | None = None,
) -> Would:
    """Say what `take_back` would do, by doing it and taking it back; raises what it raises."""
    with rehearsal(ctx.engine) as conn:
        seen = _seen(conn, line_of(conn, bank_line_id), line_of(conn, returns_line_id))
        before = banking.matches(conn, [bank_line_id])
        how: dict[str, Any] = {"remit_id": remit_id, "amount_cents": amount_cents}
        cents = take_back(ctx, bank_line_id, returns_line_id, reason, posting_date, seen=seen, **how)
        ties = banking.matches(conn, [bank_line_id])
        ties = ties[~ties["deposit_match_id"].isin(before["deposit_match_id"]) & (ties["remit_id"] != 0)]
        remits = ties.assign(amount_cents=-ties["amount_cents"])[["remit_id", "trace_number", "amount_cents"]]
        return Would(cents, int(line_of(conn, bank_line_id)["rest_cents"].iloc[0]), remits, seen)


def choices(ctx: Context, bank_line_id: int) -> pd.DataFrame:
    """Give what a return may take back, that nearest to what is left of it first: parts of deposits, and whole ones.

    Columns: returns_line_id, remit_id (0: what nothing explains; -1: all of a deposit of several parts), bank_date,
    cents (what came into the bank), trace_number, payer_name. Who shows them records that.
    """
    with read(ctx.engine) as conn:
        back = line_of(conn, bank_line_id)
        formers = returned.may_be(conn, back, MOST)
        parts = returned.parts(conn, formers)
    parts = parts.assign(cents=parts["amount_cents"] - parts["fee_cents"])
    parts = parts[~parts["is_difference"]]
    by_line = parts.groupby("bank_line_id")["cents"]
    several = by_line.sum()[by_line.size() > 1].reset_index().assign(remit_id=-1)
    rows = pd.concat([parts[["bank_line_id", "remit_id", "cents", "trace_number"]], several], ignore_index=True)
    facts = formers[["bank_line_id", "bank_date", "payer_name", "trace_number"]]
    rows = rows.merge(facts, on="bank_line_id", suffixes=("", "_bank"))
    rows["trace_number"] = rows["trace_number"].fillna(rows["trace_number_bank"]).astype("str")
    nearest = (rows["cents"] + int(back["rest_cents"].iloc[0])).abs().sort_values(kind="stable").index[:MOST]
    names = ["returns_line_id", "remit_id", "bank_date", "cents", "trace_number", "payer_name"]
    return rows.loc[nearest].rename(columns={"bank_line_id": "returns_line_id"})[names].reset_index(drop=True)


def _require_pair(back: pd.DataFrame, former: pd.DataFrame) -> None:
    if int(back["rest_cents"].iloc[0]) >= 0:
        raise PostingRefusedError("Nothing to take back: no money that went out is left of this bank line.")
    if int(former["amount_cents"].iloc[0]) <= 0:
        raise PostingRefusedError("The other bank line is no deposit: money went out by it.")
    if former["bank_date"].iloc[0] > back["bank_date"].iloc[0]:
        raise PostingRefusedError("The deposit came after the return: it is another one that went back.")


def _require_new(conn: Connection, bank_line_id: int, returns_line_id: int, remit_id: int | None) -> None:
    """Who has not looked may be typing the same a second time, as in `deposits.tie`."""
    ties = banking.matches(conn, [bank_line_id])
    ties = ties[ties["returns_line_id"] == returns_line_id]
    cents = -int(ties.loc[(ties["remit_id"] == remit_id) | (remit_id is None), "amount_cents"].sum())
    if cents:
        raise PostingRefusedError(
            f"This is done already: {dollars(cents)} of the deposit is taken back by the bank line. To take back more "
            f"of it, say what claims deposits show {bank_line_id} says to --seen."
        )


def _seen(conn: Connection, back: pd.DataFrame, former: pd.DataFrame) -> str:
    return "+".join(banking.seen(conn, int(line["bank_line_id"].iloc[0])) for line in (back, former))


def _ties(back: pd.DataFrame, parts: pd.DataFrame, remit_id: int | None, amount_cents: int | None) -> pd.DataFrame:
    """The ties of a return by hand: all parts of the deposit, or one, in full or as far as the money goes."""
    rest = -int(back["rest_cents"].iloc[0])
    parts = parts.assign(net=parts["amount_cents"] - parts["fee_cents"])
    own = parts[~parts["is_difference"] | (parts["net"] != 0)]  # a difference that is short goes with its tie
    own = own if remit_id is None else own[own["remit_id"] == remit_id]
    if own.empty:
        raise NotFoundError("what can go back of this deposit, of remittance", remit_id or "none")
    there = int(own["net"].sum())
    cents = min(rest, there) if amount_cents is None else amount_cents
    if not 0 < cents <= min(rest, there):
        raise PostingRefusedError(
            f"{dollars(cents)} cannot be taken back: {dollars(rest)} is left of the return and {dollars(there)} of "
            "what came."
        )
    plain, over = own[~own["is_difference"]], own[own["is_difference"]]
    if cents < there and len(plain) > 1:
        raise PostingRefusedError(
            "The deposit has several parts: say which went back, --remit NO (0: what nothing explains of it)."
        )
    # A part of a card settlement has its share of the fee; what is booked as over goes last.
    came = int(plain["net"].sum())
    first = min(cents, came)
    fees = plain["fee_cents"] * first // came if first < came else plain["fee_cents"]
    nets = plain["net"] if first == came else first
    plain = plain.assign(amount_cents=nets + fees, fee_cents=fees)
    over = over.assign(amount_cents=0, fee_cents=-(over["net"] if cents == there else cents - first))
    ties = pd.concat([plain, over[over["fee_cents"] != 0]], ignore_index=True)
    ties = ties[["remit_id", "is_difference", "amount_cents", "fee_cents"]].assign(
        rule="manual", score=100, evidence=""
    )
    ties = ties.assign(
        bank_line_id=int(back["bank_line_id"].iloc[0]), returns_line_id=int(parts["bank_line_id"].iloc[0])
    )
    return returned_deposits.with_differences(ties, parts)
