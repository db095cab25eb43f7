"""``claims exceptions``: what is held, refused, unmatched or odd, and what releases it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="See what is held or odd, and what releases it.")
    group.command("list")(list_exceptions)
    group.command("show")(show)
    app.add_typer(group, name="exceptions")


def list_exceptions(
    state: Annotated[str, typer.Option(help="open, closed or any.")] = "open",
    type_code: Annotated[str, typer.Option("--type", help="One type, like UNMATCHED_CLAIM.")] = "",
    notes: Annotated[bool, typer.Option("--notes", help="Also what only informs.")] = False,
    show_phi: ShowPhi = False,
) -> None:
    """List everything held, refused, unmatched or odd, with what it is worth and what releases it.

    Example: claims exceptions list --type UNMATCHED_CLAIM
    """
    from claims.service import exceptions
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(actor=output.actor)
    asked = "" if state == "any" else state
    rows, held = exceptions.listed(ctx, state=asked, type_code=type_code, show_phi=show_phi)
    all_rows = console.records(rows)
    output.document({"exceptions": all_rows, "held": console.records(held)})
    shown = [row for row in all_rows if notes or type_code or row["severity"] == "open"]
    output.table(
        f"Exceptions, {state}",
        [">No.", "Type", ">Amount", "Since", "What", "What releases it", "File", ">Segment"],
        [
            (
                row["exception_id"],
                row["type_code"],
                console.dollars(row["amount_cents"]),
                row["posting_date"],
                row["message"],
                row["release"],
                row["sha256"][:12],
                row["seg"] or "",
            )
            for row in shown
        ],
    )
    output.table(
        "Held or refused now",
        ["What", "State", "Because of", ">Amount", "File", ">Segment"],
        [
            (
                row["kind"],
                row["state"],
                row["reason_code"],
                console.dollars(row["amount_cents"]),
                row["sha256"][:12],
                row["seg"] or "",
            )
            for row in console.records(held)
        ],
    )
    worth = sum(abs(row["amount_cents"]) for row in shown)
    output.say(f"{len(shown)} exception(s), {console.dollars(worth)}; {len(held)} thing(s) held or refused.")
    if len(shown) < len(all_rows):
        output.say(f"{len(all_rows) - len(shown)} more only inform: --notes shows them.")
    if shown:
        output.say("More about one: claims exceptions show NO")


def show(
    number: Annotated[int, typer.Argument(help="The number that the list shows.")],
    show_phi: ShowPhi = False,
) -> None:
    """Tell one exception: what it is, what it is worth, what releases it, and the findings of its file.

    Example: claims exceptions show 12
    """
    from claims.service import exceptions
    from claims.service.context import open_context

    output = console.current()
    story = exceptions.told(open_context(actor=output.actor), number, show_phi=show_phi)
    findings = console.records(story["findings"])
    output.document(story | {"findings": findings})
    _say(output, story, findings)


def _say(output: console.Output, story: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    output.say(f"Exception {story['exception_id']}: {story['type_code']}, {story['state']}")
    output.say(f"  What      {story['own_title']}")
    if story["message"] != story["own_title"]:
        output.say(f"  Detail    {story['message']}")
    output.say(f"  Worth     {console.dollars(story['amount_cents'])}")
    output.say(f"  Since     {story['posting_date']}")
    if story["closed_posting_date"]:
        output.say(f"  Closed    {story['closed_posting_date']}: {story['closed_reason']}")
    else:
        output.say(f"  Release   {story['release']}")
    if story["payer_name"] or story["trace_number"]:
        output.say(f"  Payer     {story['payer_name']} {story['trace_number']}".rstrip())
    if story["claim_number"]:
        output.say(f"  Claim     {story['claim_number']}")
    if story["sha256"]:
        output.say(f"  Stands in file {story['sha256'][:12]}, segment {story['seg']}")
    if findings:
        columns = ["Severity", "Code", ">Segment", "Element", ">Offset", "Found", "Expected", "What"]
        names = ("severity", "code", "seg", "element", "offset", "found", "expected", "message")
        output.table("Findings of the file", columns, [tuple(row[name] for name in names) for row in findings])
