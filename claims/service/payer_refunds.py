"""Refunds to payers: one person asks, another approves; then the money leaves the cash (rule E13).

The number has to be one that the books know, and the amount no more than what the payer can still want under it, or who
asks says why it goes all the same; the approval looks again. Before it the refund is withdrawn, after it reversed by a
journal of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.identifiers import normal_number
from claims.money import dollars
from claims.service import money_requests
from claims.service.audited import record_with_reason
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.money_requests import PAYER_REFUND, REVERSED
from claims.service.periods import require_come
from claims.service.runs import running
from claims.service.takebacks import END_OF_TIME, summed
from claims.store import money_requests as rows_of
from claims.store import unannounced
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.queries import takebacks
from claims.store.queries.asof import AsOf

RULE, ACCOUNTS = "E13", ("2100", "1000")
_LEFT = "announced or paid, and neither taken, refunded nor asked for"


def request(
    ctx: Context,
    payer_code: str,
    reference: str,
    amount_cents: int,
    paid_on: date,
    posting_date: date,
    *,
    reason: str,
    cheque: str = "",
    although: str = "",
) -> dict[str, Any]:
    """Ask for a refund to a payer under its number of the claim; nothing is posted before another person approves.

    Gives request (our number), announced_cents (what the payer still wants under this number), known_cents (the most
    that it can want: that, or what it paid under it and has not got back) and unannounced_cents (of the refund, what
    nothing announced). What others asked for and still waits is in none of them.
    Raises PostingRefusedError where the very same refund waits or is in the books, and where the books know no such
    claim of this payer, or not so much of it, and `although` does not say why it goes all the same.
    """
    if amount_cents <= 0:
        raise PostingRefusedError("A refund must be more than zero.")
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date), write(ctx.engine) as conn:
        if not unannounced.is_payer(conn, payer_code):
            raise NotFoundError("payer of a remittance", payer_code)
        key = _key(conn, payer_code, reference, amount_cents, paid_on, cheque)
        announced, known = _known(conn, payer_code, reference)
        if amount_cents > known and not although.strip():
            raise PostingRefusedError(
                f"{dollars(amount_cents)} is more than this payer can want under this number: the books know "
                f"{dollars(known)} of it, {_LEFT}. Look at the number, or say why it goes all the same."
            )
        number = money_requests.ask(
            ctx, conn, PAYER_REFUND, key, amount_cents, reason, posting_date, although=although,
            payer_code=payer_code, reference=reference,
            parameters={"paid_on": paid_on.isoformat(), "cheque": cheque, "known_cents": known},
        )  # fmt: skip
    unexplained = max(0, amount_cents - announced)
    return {
        "request": number, "announced_cents": announced, "known_cents": known, "unannounced_cents": unexplained,
    }  # fmt: skip


def _known(conn: Connection, payer_code: str, reference: str, before: int | None = None) -> tuple[int, int]:
    """Give what a payer announced under a number and has not got, and the most that it can want under it.

    Each cent once: what it took back and what went to it under another number of the claim (ours, say) count, and the
    refunds that wait (`before` a request: those that were asked for earlier).
    """
    claims = takebacks.claims_behind(conn, "2100", payer_code, reference, str(_normal([reference]).iloc[0]))
    names = _normal([reference, *claims["payer_claim_number"], *claims["claim_number"]])

    def is_of_claim(references: pd.Series[str]) -> pd.Series[bool]:
        return (references == reference) | _normal(references).isin(names[names != ""])

    told = takebacks.entries(conn, AsOf(date.max, END_OF_TIME), payer_code)
    sums = summed(told[is_of_claim(told["reference"])], date.max)
    open_cents = int(sums["open_cents"].sum())
    announced = min(int(sums.loc[sums["reference"] == reference, "open_cents"].sum()), open_cents)
    # What it got of what it paid, in whichever way: by decisions that it took back, and on 2100 beside announcements.
    got = int(sums["announced_cents"].sum()) - open_cents
    paid = claims["paid_cents"]
    kept = min(int(paid.sum()), int(paid[claims["status_code"] != "22"].clip(lower=0).sum()) - got)
    waiting = rows_of.of_state(conn, [PAYER_REFUND], [rows_of.WAITS])
    waiting = waiting[(waiting["payer_code"] == payer_code) & is_of_claim(waiting["reference"])]
    waiting = waiting[waiting["money_request_id"] < before] if before is not None else waiting
    waits = int(waiting["amount_cents"].sum())
    return max(0, announced - waits), max(0, max(announced, kept) - waits)


def _normal(references: Iterable[str]) -> pd.Series[str]:
    texts = references if isinstance(references, pd.Series) else pd.Series(list(references), dtype="str")
    return normal_number(texts)


def _key(conn: Connection, payer_code: str, reference: str, cents: int, paid_on: date, cheque: str) -> str:
    """Name the refund by what it is: the same facts stand once; one that was taken back may be asked for again."""
    facts = [str(fact) for fact in ("payer-refund", payer_code, reference, cents, paid_on)]
    facts += [cheque] if cheque else []
    same = rows_of.of_reference(conn, payer_code, reference)
    told = [(row["amount_cents"], *_paid(row["parameters"])) for row in same.to_dict("records")]
    is_same = [one == (cents, paid_on.isoformat(), cheque) for one in told]
    if same["state"].isin(rows_of.STANDING)[is_same].any():
        raise PostingRefusedError(
            "This refund is in the books or waits: same payer, number, amount and day. Another one has a cheque "
            "number of its own."
        )
    facts += [f"again {sum(is_same)}"] if any(is_same) else []
    return sha256("\x1f".join(facts).encode()).hexdigest()[:32]


def _paid(parameters: str) -> tuple[str, str]:
    told = money_requests.parameters_of(parameters)
    return str(told["paid_on"]), str(told["cheque"])


def post(ctx: Context, conn: Connection, run_id: int, asked: dict[str, Any], posting_date: date) -> None:
    """Let the money of an approved refund leave: in hand until the bank line comes.

    Raises PostingRefusedError where the payer got it meanwhile, or some of it, in another way.
    """
    event, cents = str(asked["request_key"]), int(asked["amount_cents"])
    before = int(asked["money_request_id"])
    _, known = _known(conn, str(asked["payer_code"]), str(asked["reference"]), before)
    # Who asked said why what was not known then goes all the same, and nothing of the rest.
    if known < min(cents, int(asked["parameters"].get("known_cents", cents))):
        raise PostingRefusedError(
            f"By now the books know only {dollars(known)} of it, {_LEFT}: refuse it, or let who asked withdraw it and "
            "ask anew."
        )
    lines = pd.DataFrame(
        {
            "journal_key": _journal(event),
            "account": list(ACCOUNTS),
            "amount_cents": [cents, -cents],
            "rule_id": RULE,
            "source": "refund",
            "journal_reason": "payer-refund",
            "effective_date": str(asked["parameters"]["paid_on"]),
            "reverses_key": "",
            # Cash names the refund, as patients' money does: so the bank line finds it.
            "payer_code": [str(asked["payer_code"]), ""],
            "reference": [str(asked["reference"]), event],
        }
    )
    write_journals(conn, ctx, run_id, posting_date, lines)
    unannounced.keep_named(conn, posting_date)


def reverse(ctx: Context, request_id: int, reason: str, posting_date: date) -> int:
    """Take back a refund that was approved and that no bank line has paid: a reversing journal; give the cents."""
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the act.")
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        asked = money_requests.named(conn, request_id)
        if asked["kind"] != PAYER_REFUND or asked["state"] != money_requests.DONE:
            raise PostingRefusedError(f"Request {request_id} is no refund to a payer that was approved and stands.")
        event, cents = str(asked["request_key"]), int(asked["amount_cents"])
        if rows_of.in_hand(conn, event) != cents:
            raise PostingRefusedError(
                "A bank line has paid this refund: it has left. Take the tie of that line apart first, if it is wrong."
            )
        lines = rows_of.lines_of(conn, _journal(event))
        back = lines.assign(
            amount_cents=-lines["amount_cents"],
            reverses_key=lines["journal_key"],
            journal_key=lines["journal_key"] + ":void",
            source="refund",
            journal_reason="payer-refund-reversed",
        )
        write_journals(conn, ctx, run_id, posting_date, back)
        unannounced.keep_named(conn, posting_date)
        rows_of.set_state(conn, request_id, REVERSED)
        record_with_reason(ctx, conn, "money.reversed", f"request {request_id}", {"amount_cents": cents}, reason)
    return cents


def _journal(event: str) -> str:
    return f"act:{event}:0"
