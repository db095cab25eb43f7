"""``claims payments refund`` and ``refunds``: money goes back to a patient in two steps, asked for and then paid."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.payment_words import Day, ShowPhi, when
from claims.cli.typed import cents_of, number_of
from claims.errors import UsageError


def refund(
    claim: Annotated[str, typer.Option("--claim", help="Ask for the credit on this claim to be paid back.")] = "",
    payment: Annotated[str, typer.Option("--payment", help="Ask for a payment on no claim to be paid back.")] = "",
    amount: Annotated[str, typer.Option("--amount", help="A part of it; default: all of the credit.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the refund. No patient data.")] = "",
    pay: Annotated[str, typer.Option("--pay", metavar="REFUND", help="Pay a refund that was asked for.")] = "",
    withdraw: Annotated[str, typer.Option("--withdraw", metavar="REFUND", help="Take a request back.")] = "",
    method: Annotated[str, typer.Option("--method", help="With --pay: cash, cheque, card, portal or transfer.")] = "",
    reference: Annotated[str, typer.Option("--reference", help="With --pay: number of the cheque.")] = "",
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="With --pay: the day; default: today.")
    ] = None,
    day: Day = None,
) -> None:
    """Ask for a refund to a patient, and then pay it: two steps, each with its user (--as); never by itself.

    Example: claims payments refund --claim EX260077S --reason "paid twice"; claims payments refund --pay 3
    --method cheque --reference 901
    """
    from claims.service import patient_refunds as refunds_of

    if sum(map(bool, (claim, payment, pay, withdraw))) != 1:
        raise UsageError("One of --claim, --payment, --pay and --withdraw is wanted.")
    output = console.current()
    ctx = context_for(output, "money.post")
    part, booked = (cents_of(amount, "--amount") if amount else None), when(day, ctx)
    if pay:
        paid_on = on.date() if on else ctx.settings.today()
        cents = refunds_of.pay_refund(ctx, number_of(pay), method, reference, paid_on, booked)
        output.document({"refund": number_of(pay), "paid_cents": cents})
        output.say(f"Refund {pay}: {console.dollars(cents)} paid.")
    elif withdraw:
        refunds_of.withdraw_refund(ctx, number_of(withdraw), reason, booked)
        output.document({"refund": number_of(withdraw), "paid_cents": 0})
        output.say(f"Refund {withdraw}: withdrawn; the money is the patient's credit again.")
    else:
        number = (
            refunds_of.request_claim_refund(ctx, claim, reason, booked, amount_cents=part)
            if claim
            else refunds_of.request_payment_refund(ctx, number_of(payment), reason, booked, amount_cents=part)
        )
        output.document({"refund": number, "paid_cents": 0})
        output.say(f"Refund {number} is asked for. Pay it: claims payments refund --pay {number} --method cheque")


def refunds(show_phi: ShowPhi = False) -> None:
    """List refunds to patients: what is owed, who asked for it, who paid it and when.

    Example: claims payments refunds
    """
    from claims.service import patient_list

    output = console.current()
    rows = console.records(patient_list.refunds(context_for(output, "desk.read"), show_phi=show_phi))
    # As claims payments banked takes it.
    rows = [row | {"owner": f"refund:{row['patient_refund_id']}" if row["state"] == "paid" else ""} for row in rows]
    output.document({"refunds": rows})
    output.table(
        "Refunds to patients",
        [
            ">No.",
            ">Amount",
            "State",
            "Claim",
            "Asked by",
            "Paid by",
            "On",
            "Method",
            "Reference",
            "For the bank",
            "Why",
        ],
        [
            (
                *(row["patient_refund_id"], console.dollars(row["amount_cents"]), row["state"], row["claim_number"]),
                *(row["requested_by"], row["paid_by"], row["paid_date"], row["method"], row["reference"]),
                *(row["owner"], row["reason"]),
            )
            for row in rows
        ],
    )
    owed = sum(row["amount_cents"] for row in rows if row["state"] == "requested")
    output.say(f"{len(rows)} refund(s), {console.dollars(owed)} asked for and not paid.")
