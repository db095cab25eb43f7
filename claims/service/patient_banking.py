"""Patients' money comes to the bank: bank lines are tied to what is in hand, by the rules or by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.ledger import deposit_lines, patient_deposits
from claims.money import dollars
from claims.service import tying
from claims.service.audited import record, sealed_words
from claims.service.context import Context
from claims.service.runs import running
from claims.store import banking, exceptions, patient_hand
from claims.store.engine import write
from claims.store.handles import Connection

NOT_BANKED = "PATIENT_MONEY_NOT_BANKED"
LATE_DAYS = 5  # business days within which a card processor settles


def tie_patients(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, lines: pd.DataFrame
) -> dict[str, int]:
    """Tie open bank lines to patients' money, and name card payments that the bank should have by now."""
    money = patient_hand.in_hand(conn)
    if lines.empty:
        name_late(conn, posting_date, money)
        return {"patient_deposits_tied": 0, "patient_tied_cents": 0}
    lines = lines[~lines["bank_line_id"].isin(patient_hand.refused_lines(conn)) & (lines["kind"] != "fee")]
    outcome = patient_deposits.tie(lines[~lines["is_over"]], money)
    _write(conn, ctx, run_id, posting_date, outcome, lines, score=95)
    name_late(conn, posting_date, money[~money["payment_key"].isin(outcome.parts["payment_key"])])
    return {
        "patient_deposits_tied": len(outcome.ties),
        "patient_tied_cents": int((outcome.ties["amount_cents"] - outcome.ties["fee_cents"]).sum()),
    }


def _write(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    outcome: patient_deposits.Outcome,
    lines: pd.DataFrame,
    *,
    score: int,
) -> None:
    if outcome.ties.empty:
        return
    facts = lines[["bank_line_id", "line_key", "bank_date", "unapplied_cents"]]
    rows = outcome.ties.merge(facts, on="bank_line_id").assign(
        remit_id=0, returns_line_id=0, score=score, evidence="", payer_code=""
    )
    rows["is_unapplied"] = rows["unapplied_cents"] != 0
    rows["journal_key"] = "dep:" + rows["line_key"] + ":patients:" + tying.generation(conn, rows)
    parts = outcome.parts.merge(rows[["bank_line_id", "journal_key"]], on="bank_line_id")
    days = rows.set_index("bank_line_id")["bank_date"]
    posted = deposit_lines.settlement_lines(rows, parts)
    tying.write_bank_journals(conn, ctx, run_id, posting_date, posted, "patients-money-banked", days)
    banking.save_ties(conn, rows, ctx.actor)


def name_late(conn: Connection, posting_date: date, money: pd.DataFrame) -> None:
    """Keep an open exception for each day of card payments that is late."""
    cards = money[money["method"].isin(["card", "portal"])]
    if cards.empty:
        exceptions.keep(conn, "exception_key", cards, [NOT_BANKED], posting_date)
        return
    days = cards.groupby("paid_on", as_index=False)["amount_cents"].sum()
    waited = np.busday_count(
        days["paid_on"].to_numpy(dtype=object).astype("datetime64[D]"), np.datetime64(posting_date)
    )
    late = days[waited > LATE_DAYS]
    named = pd.DataFrame(
        {
            "exception_key": NOT_BANKED + ":" + late["paid_on"],
            "type_code": NOT_BANKED,
            "amount_cents": late["amount_cents"],
            "message": "card payments of patients of " + late["paid_on"],
        }
    ).astype({"exception_key": "str", "type_code": "str", "message": "str"})
    exceptions.keep(conn, "exception_key", named, [NOT_BANKED], posting_date)


def tie_by_hand(
    ctx: Context, bank_line_id: int, owners: Sequence[str], reason: str, posting_date: date, *, fee_cents: int = 0
) -> int:
    """Tie a bank line to payments (our numbers) and refunds (``refund:3``); give the cents that it settles.

    They must add up to what is left of the line and the fee, to the cent: PostingRefusedError.
    """
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the tie.")
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        line = banking.lines(conn, banking.B.c.bank_line_id == bank_line_id)
        if line.empty:
            raise NotFoundError("bank line", bank_line_id)
        tying.require_come(line, posting_date)
        money = patient_hand.in_hand(conn)
        chosen = money[money["owner"].isin(list(owners))]
        missing = sorted(set(owners) - set(chosen["owner"]))
        if missing:
            raise NotFoundError("patients' money in hand under", ", ".join(missing))
        cents, rest = int(chosen["amount_cents"].sum()), int(line["rest_cents"].iloc[0])
        if not rest or cents - fee_cents != rest:
            raise PostingRefusedError(
                f"{dollars(cents)} less a fee of {dollars(fee_cents)} is not the {dollars(rest)} left of the line."
            )
        tying.require_fee(line, cents, fee_cents)
        ties = pd.DataFrame({"bank_line_id": [bank_line_id], "amount_cents": [cents], "fee_cents": [fee_cents]})
        parts = chosen[["payment_key", "amount_cents"]].assign(bank_line_id=bank_line_id)
        outcome = patient_deposits.Outcome(ties.assign(rule="manual", words=reason.strip()), parts)
        _write(conn, ctx, run_id, posting_date, outcome, line, score=100)
        tying.name_open(conn, posting_date)
        body = {
            "amount_cents": cents,
            "fee_cents": fee_cents,
            "payments": len(chosen),
            "reason_mac": sealed_words(ctx, reason.strip()),
        }
        record(ctx, conn, "deposit.tie-patients", f"bank line {bank_line_id}", body)
    return cents
