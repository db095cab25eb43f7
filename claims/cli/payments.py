"""``claims payments``: what patients paid, on which claim it lies; put it elsewhere, take it back, pay it back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.payment_refunds import refund, refunds
from claims.cli.payment_words import Day, ShowPhi, when
from claims.cli.typed import cents_of, number_of

Number = Annotated[str, typer.Argument(metavar="NO", help="The number of the payment, as the list shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit chain. No patient data.")]
PaidOn = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day itself; default: today.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Take in what patients paid; put it elsewhere, take or pay it back.")
    group.command("import")(import_files)
    group.command("add")(add)
    group.command("list")(list_payments)
    group.command("show")(show)
    group.command("apply")(apply)
    group.command("void")(void)
    group.command("banked")(banked)
    group.command("refund")(refund)
    group.command("refunds")(refunds)
    app.add_typer(group, name="payments")


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="CSV files of patients' payments.", exists=True, dir_okay=False)],
    day: Day = None,
) -> None:
    """Take in and post what patients paid (docs/files.md). Safe to repeat: a payment that is known changes nothing.

    A wrong row is named with its row, column and reason; the others go in. Ends with 1 when anything was refused.

    Example: claims payments import patient_payments.csv
    """
    from claims.service.patient_entry import import_payments
    from claims.service.patient_list import refused_rows

    output = console.current()
    ctx = context_for(output, "money.post")
    with output.progress("reading payments", len(paths)) as advance:
        report = import_payments(ctx, paths, when(day, ctx), advance)
    files: list[dict[str, Any]] = [
        {
            "path": receipt.path,
            "sha256": outcome.sha256,
            "state": "duplicate" if receipt.is_duplicate else outcome.state,
            "reason_code": outcome.reason_code,
            "counts": outcome.counts,
            "refused": console.records(refused_rows(ctx, outcome.file_id)) if outcome.file_id else [],
        }
        for receipt, outcome in zip(report.receipts, report.outcomes, strict=True)
    ]
    output.document({"run_id": report.run_id, "counts": report.counts, "files": files})
    for file in files:
        counts = ", ".join(f"{number} {name}" for name, number in file["counts"].items())
        output.say(f"{file['path']}: {file['state']}{', ' + counts if counts else ''} {file['reason_code']}".rstrip())
        for row in file["refused"]:
            output.say(f"  {row['message']}")
    output.say("What waits for its claim: claims payments list --state unapplied")
    if report.counts["held"] or report.counts["refused"]:
        raise typer.Exit(1)


def add(
    amount: Annotated[str, typer.Option("--amount", help="What was paid, like 25.00.")],
    method: Annotated[str, typer.Option("--method", help="cash, cheque, card, portal or transfer.")],
    claim: Annotated[str, typer.Option("--claim", help="Its number, or id: and our own; none: on account.")] = "",
    on: PaidOn = None,
    reference: Annotated[str, typer.Option("--reference", help="Number of the cheque or transaction.")] = "",
    payment_id: Annotated[
        str, typer.Option("--payment-id", help="Your number of the payment, as on the receipt.")
    ] = "",
    member: Annotated[str, typer.Option("--member", help="The patient's member id.")] = "",
    paid_by: Annotated[str, typer.Option("--paid-by", help="Who paid, when not the patient.")] = "",
    batch: Annotated[
        str, typer.Option("--batch", help="Card batch or deposit slip that it goes to the bank with.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="Free text.")] = "",
    day: Day = None,
) -> None:
    """Take in and post one payment. The same one again changes nothing; a reference tells two equal ones apart.

    Example: claims payments add --claim EX260077S --amount 25.00 --on 2026-09-14 --method card --reference TX1
    """
    from claims.service.patient_entry import add_patient_payment

    output = console.current()
    ctx = context_for(output, "money.post")
    added = add_patient_payment(
        ctx,
        claim,
        cents_of(amount, "--amount"),
        on.date() if on else ctx.settings.today(),
        method,
        when(day, ctx),
        reference=reference,
        payment_id=payment_id,
        member_id=member,
        paid_by=paid_by,
        batch_reference=batch,
        note=note,
    )
    output.document(vars(added))
    if not added.is_new:
        output.say(f"This payment is known as {added.patient_payment_id} ({added.state}); nothing changes.")
        output.say("Another one of the same amount and day needs a --reference or --payment-id.")
    elif added.state == "applied":
        output.say(f"Payment {added.patient_payment_id}: on the claim.")
    else:
        because = added.reason_code.replace("-", " ")
        output.say(f"Payment {added.patient_payment_id}: {added.state}, {because}.")
        output.say("It applies itself when the claim comes; by hand: claims payments apply NO --claim CLAIM")


def list_payments(
    state: Annotated[str, typer.Option(help="new, held, unapplied, applied, void or any.")] = "any",
    claim: Annotated[str, typer.Option("--claim", help="Only those on this claim or for it.")] = "",
    show_phi: ShowPhi = False,
) -> None:
    """List payments: how much of each lies on claims, on none, and is not in the bank yet.

    Example: claims payments list --state unapplied
    """
    from claims.service import patient_list

    output = console.current()
    ctx = context_for(output, "desk.read")
    found = patient_list.listed(ctx, state="" if state == "any" else state, claim=claim, show_phi=show_phi)
    rows = console.records(found)
    output.document({"payments": rows, "count": len(rows), "amount_cents": sum(row["amount_cents"] for row in rows)})
    dollars = console.dollars
    output.table(
        f"Patients' payments, {state}",
        [">No.", "Day", ">Amount", "Method", "State", ">On claims", ">On none", ">Not in bank", "Claim", "Reference"],
        [
            (
                *(row["patient_payment_id"], row["paid_date"], dollars(row["amount_cents"]), row["method"]),
                row["state"] + (f": {row['reason_code']}" if row["reason_code"] else ""),
                *(dollars(row[name]) for name in ("applied_cents", "unapplied_cents", "in_hand_cents")),
                *(row["claim_number"], row["reference"]),
            )
            for row in rows
        ],
    )
    waits = sum(row["unapplied_cents"] for row in rows)
    output.say(f"{len(rows)} payment(s), {dollars(waits)} on no claim.")
    if rows:
        output.say("More about one: claims payments show NO")


def show(number: Number, show_phi: ShowPhi = False) -> None:
    """Tell one payment: what it says, its file and row, the claims it lies on, and every journal of it.

    Example: claims payments show 7
    """
    from claims.service import patient_list

    output = console.current()
    story = patient_list.told(context_for(output, "desk.read"), number_of(number), show_phi=show_phi)
    tables = {name: console.records(story.pop(name)) for name in ("claims", "journals", "candidates")}
    output.document(story | tables)
    dollars = console.dollars
    said = f"{dollars(story['amount_cents'])} of {story['paid_date']}, {story['method']}"
    output.say(f"Payment {story['patient_payment_id']}: {said}, {story['state']} {story['reason_code']}".rstrip())
    for name in ("payment_number", "claim_number", "member_id", "paid_by", "reference", "batch_reference", "note"):
        if story[name]:
            output.say(f"  {name.replace('_', ' '):16}{story[name]}")
    output.say(f"  Stands in file {story['sha256'][:12]}, row {story['seg']}, taken in by {story['actor']}")
    for name, words in (("unapplied_cents", "On no claim"), ("in_hand_cents", "Not in the bank yet")):
        if story[name]:
            output.say(f"  {words}: {dollars(story[name])}")
    _claims(output, "On claims", tables["claims"])
    output.table(
        "Journals (debits positive)",
        ["Day", "What", "Rule", "Account", ">Amount", "By"],
        [
            (
                *(row["posting_date"], row["reason_code"].replace("-", " "), row["rule_id"], row["account"]),
                *(dollars(row["amount_cents"]), row["actor"]),
            )
            for row in tables["journals"]
        ],
    )
    if tables["candidates"]:
        _claims(output, "Claims on which this member owes something", tables["candidates"])


def _claims(output: console.Output, title: str, rows: list[dict[str, Any]]) -> None:
    names = ["Claim", ">Of this payment", ">Patient owes"]
    told = [
        (row["claim_number"], console.dollars(row["applied_cents"]), console.dollars(row["balance_cents"]))
        for row in rows
    ]
    output.table(title, names, told)


def apply(
    number: Number,
    claim: Annotated[str, typer.Option("--claim", help="The claim it goes to: its number, or id: and our own.")],
    amount: Annotated[str, typer.Option("--amount", help="A part of it; default: all there is.")] = "",
    reason: Reason = "",
    day: Day = None,
) -> None:
    """Put what lies on no claim, or is in credit on another one of the same patient, on a claim; audited.

    Example: claims payments apply 7 --claim EX260077S
    """
    from claims.service.patient_acts import apply_payment

    output = console.current()
    ctx = context_for(output, "money.post")
    part = cents_of(amount, "--amount") if amount else None
    cents = apply_payment(ctx, number_of(number), claim, when(day, ctx), amount_cents=part, reason=reason)
    output.document({"applied_cents": cents})
    output.say(f"{console.dollars(cents)} put on the claim.")


def void(number: Number, reason: Reason, on: PaidOn = None, day: Day = None) -> None:
    """Take a payment back that bounced, was charged back or never was: its journals are reversed; audited.

    Example: claims payments void 7 --reason "cheque returned by the bank" --on 2026-09-20
    """
    from claims.service.patient_acts import void_payment

    output = console.current()
    ctx = context_for(output, "money.post")
    happened = on.date() if on else ctx.settings.today()
    journals = void_payment(ctx, number_of(number), reason, happened, when(day, ctx))
    output.document({"journals_reversed": journals})
    output.say(f"Taken back: {journals} journal(s) reversed. What it had paid is due again.")


def banked(
    line: Annotated[str, typer.Argument(metavar="LINE", help="The number of the bank line (claims deposits list).")],
    owners: Annotated[
        list[str], typer.Argument(metavar="NO...", help="Payments; refund:3 to a patient, payer-refund:3 to a payer.")
    ],
    reason: Reason,
    fee: Annotated[str, typer.Option("--fee", help="What of it a card processor kept.")] = "",
    day: Day = None,
) -> None:
    """Tie a bank line to the payments that it brought, or the refund that it paid, by hand. Audited.

    A refund to a patient is refund:3 (claims payments refunds), one to a payer payer-refund:3 (claims takebacks
    refunds). claims deposits untie takes it apart.

    Example: claims payments banked 12 7 8 9 --reason "deposit slip of 14 September"
    """
    from claims.service.patient_banking import tie_by_hand

    output = console.current()
    ctx = context_for(output, "desk.read")
    kept = cents_of(fee, "--fee") if fee else 0
    cents = tie_by_hand(ctx, number_of(line), owners, reason, when(day, ctx), fee_cents=kept)
    output.document({"settled_cents": cents})
    output.say(f"Tied: {console.dollars(cents)} of patients' money.")
