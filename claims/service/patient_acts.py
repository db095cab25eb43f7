"""What people do with patients' money in the books: put it on another claim, take it back as bounced."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.ledger import patient_lines
from claims.money import dollars
from claims.service.audited import record, record_with_reason, sealed_words
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.patient_claims import named_family
from claims.service.patient_credits import name_credits
from claims.service.patient_payments import name_waiting, put_on_claims
from claims.service.runs import running
from claims.store import patient_money, patient_refunds, patients
from claims.store.engine import write
from claims.store.handles import Connection


def apply_payment(
    ctx: Context, payment_id: int, claim: str, posting_date: date, *, amount_cents: int | None = None, reason: str = ""
) -> int:
    """Put a payment's money on a claim: what lies on none, else what is in credit where it is; give the cents.

    Raises PostingRefusedError where there is not so much, or the claim is another patient's.
    """
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        payment = _payment(conn, payment_id)
        family_id = named_family(conn, claim)
        key = str(payment["payment_key"])
        money = patient_money.money(conn, [key])
        waits = -int(money.loc[money["account"] == "2200", "amount_cents"].sum())
        if waits:
            _require_member(conn, payment, family_id)
            cents = waits if amount_cents is None else amount_cents
            _require(cents, waits, "lies on no claim")
        else:
            source = _in_credit(conn, money, family_id)
            free = int(source["free_cents"].sum())
            if not free:
                raise PostingRefusedError(_why_none(money, family_id))
            cents = free if amount_cents is None else amount_cents
            _require(cents, free, "is in credit on other claims of the same patient")
            _take_off(conn, ctx, run_id, posting_date, payment, source, cents)
        row = pd.DataFrame([payment]).assign(family_id=family_id, part_cents=cents)
        put_on_claims(conn, ctx, run_id, posting_date, row)
        left = waits - cents if waits else 0
        patients.set_state(conn, [payment_id], "unapplied" if left else "applied", "on-account" if left else "")
        name_waiting(conn, posting_date)
        name_credits(conn, posting_date)
        body = {"family_id": family_id, "amount_cents": cents}
        record_with_reason(ctx, conn, "payment.apply", f"payment {payment_id}", body, reason)
    return cents


def void_payment(ctx: Context, payment_id: int, reason: str, day: date, posting_date: date) -> int:
    """Take a payment back that bounced, was charged back or never was: its journals are reversed; give their number.

    A refund of it that is only asked for is withdrawn first: PostingRefusedError. One that was paid stands, and the
    patient owes it (`patient_credits.name_owed`).
    """
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the payment.")
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        payment = _payment(conn, payment_id)
        if payment["state"] == "void":
            raise PostingRefusedError("This payment is void already.")
        key = str(payment["payment_key"])
        lines = patient_money.journals_of(conn, key) if payment["state"] not in ("new", "held") else None
        count = 0
        if lines is not None:
            lines = _without_refunds(conn, lines)
            negated = patient_lines.reversal(lines, "patient-payment-void").assign(effective_date=day.isoformat())
            count = write_journals(conn, ctx, run_id, posting_date, negated)
        patients.set_state(conn, [payment_id], "void", "", void_reason=reason, void_date=day)
        name_waiting(conn, posting_date)
        name_credits(conn, posting_date)
        body = {"journals": count, "reason_mac": sealed_words(ctx, reason)}  # the words stand with the payment
        record(ctx, conn, "payment.void", f"payment {payment_id}", body)
    return count


def _without_refunds(conn: Connection, lines: pd.DataFrame) -> pd.DataFrame:
    """What of a payment's journals bounces with it: not what was paid back. Refused while a refund waits."""
    back = lines.loc[lines["rule_id"].isin(patient_money.PAID_BACK), "journal_key"]
    owed = lines[lines["journal_key"].isin(back) & (lines["account"] == "2300")]
    for key in owed["reference"].unique():
        if (patient_refunds.of_key(conn, str(key))["state"] == "requested").any():
            raise PostingRefusedError("A refund of this payment is asked for: withdraw it first, or pay it.")
    return lines[~lines["journal_key"].isin(back)]


def _payment(conn: Connection, payment_id: int) -> pd.Series:
    found = patients.one_payment(conn, payment_id)
    if found.empty:
        raise NotFoundError("patient payment", payment_id)
    return found.iloc[0]


def _why_none(money: pd.DataFrame, family_id: int) -> str:
    """Say why nothing of a payment can be put on a claim."""
    on_claim = (money["account"] == "1200") & (money["family_id"] == family_id) & (money["amount_cents"] < 0)
    if on_claim.any():
        return (
            "This payment is on that claim already, and nothing of it is in credit on another one of the same patient."
        )
    return "Nothing of this payment is in credit on another claim of the same patient."


def _require(cents: int, free: int, where: str) -> None:
    if not 0 < cents <= free:
        raise PostingRefusedError(f"{dollars(cents)} cannot be put on another claim: {dollars(free)} {where}.")


def _require_member(conn: Connection, payment: pd.Series, family_id: int) -> None:
    """A payment that says whose it is goes on a claim of that member only."""
    people = patients.persons(conn, [family_id])
    if payment["member_id"] and payment["member_id"] not in set(people["member_id"]):
        raise PostingRefusedError("This payment is of another member than the claim.")


def _in_credit(conn: Connection, money: pd.DataFrame, family_id: int) -> pd.DataFrame:
    """Claims that the payment is on and that are in credit (family_id, free_cents), of the patient of this claim."""
    own = money[(money["account"] == "1200") & (money["family_id"] != family_id) & (money["amount_cents"] < 0)]
    balance = patient_money.balances(conn, own["family_id"])
    credit = -balance.reindex(own["family_id"], fill_value=0).to_numpy("int64")
    rows = own.assign(free_cents=(-own["amount_cents"]).clip(upper=credit).clip(lower=0))
    return rows[rows["family_id"].isin(_same_person(conn, family_id, own["family_id"].tolist()))]


def _same_person(conn: Connection, family_id: int, others: list[int]) -> set[int]:
    """Which of the claims are of the same patient: name and birth date, or name and member id where none is known."""
    people = patients.persons(conn, [family_id, *others])
    facts = ["last_name", "first_name", "patient_birth_date"]
    facts = facts if (people["patient_birth_date"] != "").all() else [*facts[:2], "member_id"]
    own = people.loc[people["family_id"] == family_id, facts].drop_duplicates()
    return set(people.merge(own, on=facts)["family_id"].tolist()) - {family_id}


def _take_off(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    payment: pd.Series,
    source: pd.DataFrame,
    cents: int,
) -> None:
    """Take credit off claims, the oldest first, so that it lies on 2200 for a moment."""
    before = source["free_cents"].cumsum() - source["free_cents"]
    taken = (cents - before).clip(lower=0).clip(upper=source["free_cents"])
    key = str(payment["payment_key"])
    ordinal = int(patient_money.times(conn, [key]).iloc[0])
    movements = source.assign(
        journal_key=[f"act:{key}:off:{ordinal + place}:0" for place in range(len(source))],
        rule_id="P03",
        amount_cents=taken,
        effective_date=payment["paid_date"],
        journal_reason="patient-credit-moved",
    )
    write_journals(conn, ctx, run_id, posting_date, patient_lines.lines(movements[taken.to_numpy() > 0]))
