"""``claims remits`` and ``claims files``: what came in, by the numbers that undo, replay and ties by hand take."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.typed import NUMBER_OR_KEY

State = Annotated[str, typer.Option(help="A state, or any.")]
REMIT_COLUMNS = [">No.", "State", "Why", "Day", ">Amount", "Trace", "Payer", ">Claims", "Deposits", ">File", ">Segment"]
FILE_COLUMNS = [">No.", "File", "Content", "Sets", "State", "Why", ">Bytes", ">Arrivals", ">Remits", "Came in"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    remits = typer.Typer(no_args_is_help=True, help="See remittances (835) by our own numbers.")
    remits.command("list")(list_remits)
    remits.command("show")(show_remit)
    app.add_typer(remits, name="remits")
    files = typer.Typer(no_args_is_help=True, help="See files by our own numbers and hashes.")
    files.command("list")(list_files)
    files.command("show")(show_file)
    app.add_typer(files, name="files")


def list_remits(state: State = "any") -> None:
    """List remittances, the newest first: number, state, day, amount, trace, payer, deposits.

    Example: claims remits list --state posted
    """
    from claims.service import received

    output = console.current()
    found = received.remittances(context_for(output, "desk.read"), "" if state == "any" else state)
    rows = console.records(found)
    output.document({"remittances": rows})
    output.table(f"Remittances, {state}", REMIT_COLUMNS, [_remit(row) for row in rows])
    output.say(f"{len(rows)} remittance(s), {console.dollars(sum(row['payment_cents'] for row in rows))}.")


def show_remit(
    number: Annotated[str, typer.Argument(metavar="NO", help=NUMBER_OR_KEY)],
    show_phi: Annotated[
        bool, typer.Option("--show-phi", help="Show references of provider adjustments; this is audited.")
    ] = False,
) -> None:
    """Tell one remittance: what it pays, where it stands, the deposits of it, or who issued it again; its provider
    adjustments (PLB) one by one, each with the account where its amount lies and the open exception that names it.

    Example: claims remits show 40
    """
    from claims.service import received

    output = console.current()
    ctx = context_for(output, "desk.read")
    told = received.remittance(ctx, received.number_keyed(ctx, "remittances", number), show_phi=show_phi)
    ties, adjustments = console.records(told["ties"]), console.records(told["provider_adjustments"])
    output.document(told | {"ties": ties, "provider_adjustments": adjustments})
    dollars = console.dollars
    why = f" ({told['reason_code']})" if told["reason_code"] else ""
    posted = f", posted on {told['posting_date']}" if told["posting_date"] else ""
    output.say(f"Remittance {told['remit_id']}: {told['state']}{why}{posted}")
    output.say(f"  Payer     {told['payer_name'] or told['payer_code']}")
    output.say(f"  Payment   {dollars(told['payment_cents'])} of {told['payment_date']}, trace {told['trace_number']}")
    less = f", less {dollars(told['plb_cents'])} of provider adjustments" if told["plb_cents"] else ""
    output.say(f"  Claims    {told['claim_count']:,} paid {dollars(told['paid_cents'])}{less}")
    output.say(f"  Stands in file {told['file_id']} ({told['sha256'][:12]}), segment {told['seg']}")
    output.table(
        "Deposits",
        [">Bank line", ">Amount", ">Fee", ">Difference", "Rule", "Seen"],
        [
            (
                *(row["bank_line_id"], dollars(row["amount_cents"])),
                *(dollars(row[name]) if row[name] else "" for name in ("fee_cents", "difference_cents")),
                *(row["rule"], row["seen"]),
            )
            for row in ties
        ],
    )
    output.table(
        "Provider adjustments",
        ["Code", "Reference", ">Amount", "What it means", "Account", "Exception", ">Segment", "Place in it"],
        [
            (
                *(row["adjustment_code"], row["adjustment_reference"], dollars(row["adjustment_cents"])),
                *(row["adjustment_means"], f"{row['account']} {row['account_name']}".strip(), row["exception_ids"]),
                *(row["seg"], f"{row['adjustment_pair']} of {row['adjustment_pairs']}"),
            )
            for row in adjustments
        ],
    )
    for other in told["issued_again_by"]:
        output.say(f"  Issued again by remittance {other}: no money of its own is to come")
    if told["state"] == "posted":
        output.say(f"Take it back: claims undo remit:{told['remit_id']}")


def list_files(state: State = "any") -> None:
    """List files, the newest first: number, hash, content, state, arrivals.

    Example: claims files list --state held
    """
    from claims.service import received

    output = console.current()
    rows = console.records(received.files(context_for(output, "desk.read"), "" if state == "any" else state))
    output.document({"files": rows})
    output.table(f"Files, {state}", FILE_COLUMNS, [_file(row) for row in rows])
    output.say(f"{len(rows)} file(s).")


def show_file(
    named: Annotated[str, typer.Argument(metavar="FILE", help="Number, or the beginning of the hash (six digits).")],
) -> None:
    """Tell one file, and the remittances in it.

    Example: claims files show 4102aa07
    """
    from claims.service import received

    output = console.current()
    told = received.file(context_for(output, "desk.read"), named.strip())
    remits = console.records(told.pop("in_it"))
    output.document(told | {"remittances": remits})
    output.table(f"File {told['file_id']}", FILE_COLUMNS, [_file(told)])
    output.table("Remittances in it", REMIT_COLUMNS, [_remit(row) for row in remits])


def _remit(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(row["remit_id"], row["state"], row["reason_code"], row["payment_date"]),
        *(console.dollars(row["payment_cents"]), row["trace_number"], row["payer_name"] or row["payer_code"]),
        *(row["claim_count"], row["deposits"], row["file_id"], row["seg"]),
    )


def _file(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(row["file_id"], row["sha256"][:12], row["content"], row["sets"], row["state"], row["reason_code"]),
        *(f"{row['bytes']:,}", row["arrivals"], row["remittances"] or "", row["came_in"]),
    )
