"""Refunds to patients: never by themselves. A person asks for it (1200 or 2200 to 2300), then it is paid (1000)."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.ledger import patient_lines
from claims.ledger.patient_file import methods
from claims.money import dollars
from claims.service import people
from claims.service.audited import record, record_with_reason, sealed_words
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.patient_claims import named_family
from claims.service.patient_credits import name_credits
from claims.service.patient_payments import name_waiting
from claims.service.runs import running
from claims.store import patient_credits, patient_money, patients
from claims.store import patient_refunds as rows_of
from claims.store.engine import write
from claims.store.handles import Connection


def request_claim_refund(
    ctx: Context, claim: str, reason: str, posting_date: date, *, amount_cents: int | None = None
) -> int:
    """Ask for what a patient paid too much on a claim to be paid back, all of it or a part; give our number of it.

    What was paid before the payers have decided is no credit yet: PostingRefusedError.
    """
    _need(reason)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        family_id = named_family(conn, claim)
        if patient_credits.with_payers(conn, family_id):
            raise PostingRefusedError(
                "Payers still have something open on this claim: what the patient paid is no credit yet."
            )
        credit = -int(patient_money.balances(conn, [family_id]).sum())
        paid = patient_money.on_claim(conn, family_id)
        free = min(max(credit, 0), int(paid["amount_cents"].sum()))
        cents = _within(amount_cents, free, "the patient's credit on this claim", "nothing is in credit on this claim")
        before = paid["amount_cents"].cumsum() - paid["amount_cents"]
        parts = paid.assign(amount_cents=(cents - before).clip(lower=0).clip(upper=paid["amount_cents"]))
        parts = parts[parts["amount_cents"] > 0].assign(rule_id="E07", family_id=family_id)
        number = _ask(conn, ctx, run_id, posting_date, parts, reason, family_id=family_id, payment_id=0)
    return number


def request_payment_refund(
    ctx: Context, payment_id: int, reason: str, posting_date: date, *, amount_cents: int | None = None
) -> int:
    """Ask for a payment on no claim to be paid back, all of it or a part; give our number of the refund."""
    _need(reason)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        payment = patients.one_payment(conn, payment_id)
        if payment.empty:
            raise NotFoundError("patient payment", payment_id)
        money = patient_money.money(conn, payment["payment_key"])
        free = -int(money.loc[money["account"] == "2200", "amount_cents"].sum())
        named = "; a credit on a claim is named by the claim"
        nothing = f"nothing of it waits without a claim{named}"
        cents = _within(amount_cents, free, f"what lies on no claim{named}", nothing)
        parts = pd.DataFrame(
            {"reference": payment["payment_key"], "amount_cents": [cents], "rule_id": "P04", "family_id": 0}
        )
        number = _ask(conn, ctx, run_id, posting_date, parts, reason, family_id=0, payment_id=payment_id)
        if cents == free:
            patients.set_state(conn, [payment_id], "applied", "")
        name_waiting(conn, posting_date)
    return number


def pay_refund(ctx: Context, refund_id: int, method: str, reference: str, paid_on: date, posting_date: date) -> int:
    """Pay a refund that another person asked for: it leaves the cash (rule E08); give the cents."""
    if method not in methods():
        raise UsageError(f"There is no method {method}; there are: {', '.join(methods())}.")
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        refund = _refund(conn, refund_id, "requested")
        people.require_another(conn, ctx, str(refund["requested_by"]))
        key, cents = str(refund["refund_key"]), int(refund["amount_cents"])
        movement = {"journal_key": f"act:{key}:paid:0", "rule_id": "E08", "reference": key, "amount_cents": cents}
        _write(conn, ctx, run_id, posting_date, pd.DataFrame([movement]), int(refund["family_id"]), paid_on)
        paid = {"paid_by": ctx.actor, "paid_date": paid_on, "method": method, "reference": reference}
        rows_of.change(conn, refund_id, state="paid", **paid)
        record(ctx, conn, "patient.refund-paid", f"refund {refund_id}", {"amount_cents": cents, "method": method})
    return cents


def withdraw_refund(ctx: Context, refund_id: int, reason: str, posting_date: date) -> None:
    """Take back a refund that was asked for and not paid: the money is the patient's credit again."""
    _need(reason)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        refund = _refund(conn, refund_id, "requested")
        lines = patient_money.journals_of(conn, str(refund["refund_key"]))
        negated = patient_lines.reversal(lines, "patient-refund-withdrawn")
        write_journals(conn, ctx, run_id, posting_date, negated)
        rows_of.change(conn, refund_id, state="withdrawn")
        if refund["patient_payment_id"]:
            patients.set_state(conn, [int(refund["patient_payment_id"])], "unapplied", "on-account")
        name_waiting(conn, posting_date)
        name_credits(conn, posting_date)
        record_with_reason(ctx, conn, "patient.refund-withdrawn", f"refund {refund_id}", {}, reason)


def _ask(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    parts: pd.DataFrame,
    reason: str,
    *,
    family_id: int,
    payment_id: int,
) -> int:
    """Post what is owed from now on: the debit names the payment that it came from, the credit the refund."""
    cents = int(parts["amount_cents"].sum())
    ordinal = rows_of.count(conn, family_id, payment_id)
    facts = ("refund", family_id, payment_id, cents, ordinal)
    key = sha256("\x1f".join(str(fact) for fact in facts).encode()).hexdigest()[:32]
    number = rows_of.save(
        conn,
        {
            "refund_key": key,
            "family_id": family_id,
            "patient_payment_id": payment_id,
            "amount_cents": cents,
            "reason": reason,
        },
        ctx.actor,
    )
    movements = parts.assign(journal_key=f"act:{key}:owed:0", owes=key)
    _write(conn, ctx, run_id, posting_date, movements, family_id, posting_date)
    name_credits(conn, posting_date)
    body: dict[str, object] = {"amount_cents": cents, "family_id": family_id, "payment_id": payment_id}
    body |= {"reason_mac": sealed_words(ctx, reason)}  # the words stand with the refund
    record(ctx, conn, "patient.refund-requested", f"refund {number}", body)
    return number


def _write(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, movements: pd.DataFrame, family_id: int, day: date
) -> None:
    full = movements.assign(family_id=family_id, effective_date=day.isoformat(), journal_reason="patient-refund")
    lines = patient_lines.lines(full)
    if "owes" in movements:
        lines["reference"] = lines["reference"].where(lines["account"] != "2300", str(movements["owes"].iloc[0]))
    write_journals(conn, ctx, run_id, posting_date, lines)


def _within(asked: int | None, free: int, what: str, nothing: str) -> int:
    """Give what is asked for, else all that is free, in cents; `nothing` says why there is none."""
    if free <= 0:
        raise PostingRefusedError(f"Nothing can be paid back: {nothing}.")
    cents = free if asked is None else asked
    if not 0 < cents <= free:
        raise PostingRefusedError(f"{dollars(cents)} cannot be paid back: {dollars(free)} is {what}.")
    return cents


def _refund(conn: Connection, refund_id: int, state: str) -> pd.Series:
    found = rows_of.one(conn, refund_id)
    if found.empty:
        raise NotFoundError("refund", refund_id)
    if found["state"].iloc[0] != state:
        raise PostingRefusedError(f"This refund is {found['state'].iloc[0]}.")
    return found.iloc[0]


def _need(reason: str) -> None:
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the refund.")
