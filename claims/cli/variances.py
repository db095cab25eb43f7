"""``claims variances``: lines paid below or above their contract, what they are worth, and what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.typed import cents_of
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.service.context import Context
    from claims.service.variance_acts import Done

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers and notes; this is audited.")]
Key = Annotated[str, typer.Argument(help="The key that the list shows, or its beginning.")]
Keys = Annotated[list[str] | None, typer.Argument(help="Keys that the list shows, or their beginnings.")]
Payer = Annotated[str, typer.Option(help="All open ones of a payer: its code, or part of its name.")]
Kind = Annotated[str, typer.Option(help="All open ones of a kind: underpaid or overpaid.")]
Least = Annotated[str, typer.Option("--from", metavar="DOLLARS", help="All open ones with so much open, or more.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Note = Annotated[str, typer.Option("--note", help="Why, or what was agreed.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Work lines that were paid below or above their contract.")
    group.command("list")(list_cases)
    group.command("show")(show)
    group.command("note")(note)
    group.command("dispute")(dispute)
    group.command("accept")(accept)
    group.command("close")(close)
    group.command("undo")(undo)
    group.command("letter")(letter)
    group.command("refresh")(refresh)
    app.add_typer(group, name="variances")


def list_cases(
    state: Annotated[
        str, typer.Option(help="open (disputed too), disputed, accepted, recovered, closed, any.")
    ] = "open",
    kind: Annotated[str, typer.Option(help="underpaid or overpaid.")] = "",
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name.")] = "",
    procedure: Annotated[str, typer.Option(help="A procedure code.")] = "",
    by: Annotated[str, typer.Option(help="Add up by payer, procedure, term: one line for what has one cause.")] = "",
    limit: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 50,
    show_phi: ShowPhi = False,
) -> None:
    """List lines paid below or above their contract, most money first.

    Example: claims variances list --by payer,procedure
    """
    from claims.service import variances
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(actor=output.actor)
    asked = variances.asked_for(state, kind, payer, procedure)
    if by:
        names = [name.strip() for name in by.split(",") if name.strip()]
        _say_patterns(output, console.records(variances.patterns(ctx, asked, names)))
        return
    cases, sums = variances.listed(ctx, asked, limit=limit, show_phi=show_phi)
    rows, totals = console.records(cases), console.records(sums)
    number = sum(one["cases"] for one in totals)
    output.document({"variances": rows, "count": number, "totals": totals})
    columns = [
        "Key",
        "Kind",
        ">Open",
        "Payer",
        "Claim",
        ">Line",
        "Procedure",
        ">Expected",
        ">Allowed",
        ">Back",
        "State",
    ]
    shown = [
        (
            *(row["key"], row["kind"], console.dollars(row["open_cents"]), row["payer_name"] or row["payer_code"]),
            *(row["claim_number"], row["line_number"] or "all", f"{row['procedure_code']} {row['modifiers']}".strip()),
            *(console.dollars(row[name]) for name in ("expected_cents", "allowed_cents", "recovered_cents")),
            row["outcome"] or row["state"],
        )
        for row in rows
    ]
    output.table(f"Variances, {state}", columns, shown)
    if number > len(rows):
        output.say(f"{len(rows)} of {number:,} cases shown; --limit {number} shows all.")
    for one in totals:
        output.say(
            f"{one['cases']:,} {one['kind']}: {console.dollars(one['open_cents'])} open, "
            f"{console.dollars(one['recovered_cents'])} came back."
        )
    if not rows and variances.is_priced(ctx):
        output.say("No line differs from its contract by more than the payer's tolerance.")
    elif not rows:
        output.say("No line was priced: nobody has a contract in force for what was paid (claims master import).")


def _say_patterns(output: console.Output, rows: list[dict[str, Any]]) -> None:
    output.document({"patterns": rows})
    names = [name for name in ("payer_code", "procedure_code", "term") if rows and name in rows[0]]
    output.table(
        "Variances by cause, most money first",
        ["Kind", *(name.removesuffix("_code").capitalize() for name in names), ">Paid at", ">Cases", ">Open", ">Back"],
        [
            (
                row["kind"],
                *(row[name] for name in names),
                f"{row['allowed_per_mille'] // 10}.{row['allowed_per_mille'] % 10}%",
                row["cases"],
                *(console.dollars(row[name]) for name in ("open_cents", "recovered_cents")),
            )
            for row in rows
        ],
    )
    output.say(f"{len(rows)} cause(s).")


def show(key: Key, show_phi: ShowPhi = False) -> None:
    """Tell one case: what was expected and why, what was allowed, where the decisions stand, what happened.

    Example: claims variances show 3f2a91c04b
    """
    from claims.service import variances
    from claims.service.context import open_context

    output = console.current()
    story = variances.told(open_context(actor=output.actor), key, show_phi=show_phi)
    lines, decisions, events = (console.records(story[name]) for name in ("lines", "decisions", "events"))
    case = story["case"]
    output.document(story | {"lines": lines, "decisions": decisions, "events": events})
    dollars = console.dollars
    where = f"line {case['line_number']}" if case["line_number"] else "the whole claim"
    off = abs(case["difference_cents"])
    output.say(f"Variance {story['key']}: {case['kind']} by {dollars(off)}, {case['outcome'] or case['state']}")
    output.say(f"  Claim      {case['claim_number']}, {where}, {case['procedure_code']} {case['modifiers']}".rstrip())
    output.say(f"  Payer      {case['payer_name'] or case['payer_code']}, service of {case['service_date']}")
    output.say(f"  Expected   {dollars(case['expected_cents'])} by {case['term']}: {case['arithmetic']}")
    parts = [("paid", "paid_cents"), ("patient", "patient_cents"), ("sequestration", "sequestration_cents")]
    sums = " + ".join(f"{dollars(case[column])} {word}" for word, column in parts if case[column] or word == "paid")
    output.say(f"  Allowed    {dollars(case['allowed_cents'])} = {sums}")
    output.say(f"  Tolerance  {dollars(case['tolerance_cents'])}")
    output.say(f"  Open       {dollars(case['open_cents'])}; {dollars(case['recovered_cents'])} came back")
    output.table(
        "How its lines are priced",
        [">Line", ">Expected", "Term", "Method", "Sum", "Known at", "Until"],
        [
            (
                *(row["line_number"], dollars(row["expected_cents"]), row["term"], row["method"]),
                *(row["arithmetic"] or row["outcome"], row["known_at"], row["ended_at"]),
            )
            for row in lines
        ],
    )
    output.table(
        "Decisions",
        ["Payer's number", "Status", ">Charge", ">Paid", "Trace", "Day", "Brought back", "File", ">Segment"],
        [
            (
                *(
                    row["payer_claim_number"],
                    row["status_code"],
                    dollars(row["charge_cents"]),
                    dollars(row["paid_cents"]),
                ),
                *(row["trace_number"], row["payment_date"], "*" if row["is_recovery"] else ""),
                *(row["sha256"][:12], row["seg"]),
            )
            for row in decisions
        ],
    )
    told = [
        (row["posting_date"], row["kind"], dollars(row["amount_cents"]), row["actor"], row["note"]) for row in events
    ]
    output.table("What happened", ["Day", "Event", ">Amount", "By", "Note"], told)


def note(key: Key, text: Annotated[str, typer.Argument(help="What to remember.")]) -> None:
    """Note something about a case.

    Example: claims variances note 3f2a91c04b "Called; they will reprocess."
    """
    _say([key], "note", text, Chosen())


def dispute(
    keys: Keys = None, why: Note = "", payer: Payer = "", kind: Kind = "", least: Least = "", dry_run: DryRun = False
) -> None:
    """Say that the payer was asked for the difference: of cases by their keys, or of all open ones of a payer or kind.

    Example: claims variances dispute --payer P2 --kind underpaid --from 25 --note "Letter of 3 March" --dry-run
    """
    _say(keys or [], "dispute", why, Chosen(payer, kind, least, dry_run))


def accept(
    keys: Keys = None, why: Note = "", payer: Payer = "", kind: Kind = "", least: Least = "", dry_run: DryRun = False
) -> None:
    """Accept differences; more of one opens its case again.

    Example: claims variances accept 3f2a91c04b --note "Contract was amended"
    """
    _say(keys or [], "accept", why, Chosen(payer, kind, least, dry_run))


def close(
    keys: Keys = None, why: Note = "", payer: Payer = "", kind: Kind = "", least: Least = "", dry_run: DryRun = False
) -> None:
    """Close cases that are not pursued; more of a difference opens its case again.

    Example: claims variances close 3f2a91c04b --note "Too old to dispute"
    """
    _say(keys or [], "close", why, Chosen(payer, kind, least, dry_run))


def undo(
    act: Annotated[int, typer.Argument(help="The number that disputing, accepting or closing gave.", min=1)],
) -> None:
    """Take back what was said of all cases at once; those to which more has happened stay as they are.

    Example: claims variances undo 41
    """
    from claims.service import variance_acts

    output = console.current()
    ctx = context_for(output, "desk.act")
    _told(output, ctx, variance_acts.undo(ctx, act, ctx.settings.today()), "undo")


def letter(
    key: Key,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to; default: variances/KEY.")] = None,
) -> None:
    """Write the letter to the payer about one case, DOCX and PDF: what the contract allows, what was allowed and paid.

    Example: claims variances letter 3f2a91c04b
    """
    from claims.service import variance_letters

    output = console.current()
    made = variance_letters.prepare(context_for(output, "desk.act"), key, out)
    files = {"sha256": made.sha256, "manifest_sha256": made.manifest_sha256, "template": made.template}
    output.document({"key": made.key, "folder": made.folder, "gaps": list(made.gaps), **files})
    output.say(f"Letter and packet are in {made.folder}.")
    for gap in made.gaps:
        output.say(f"  To be filled in: {gap}")
    output.say(f"When it is sent: claims variances dispute {made.key} --note ...")


class Chosen(NamedTuple):
    """What list is meant where no keys are given, and whether it is only looked at."""

    payer: str = ""
    kind: str = ""
    least: str = ""
    dry_run: bool = False


def _say(keys: list[str], verb: str, text: str, chosen: Chosen) -> None:
    from claims.service import variance_acts, variances

    output = console.current()
    ctx = context_for(output, "desk.act")
    if keys and (chosen.payer or chosen.kind or chosen.least):
        raise UsageError("Give keys, or a payer, kind or amount: not both.")
    if len(keys) == 1 and not chosen.dry_run:
        state = variances.say(ctx, keys[0], verb, text)
        output.document({"key": keys[0], "state": state})
        output.say(f"Variance {keys[0]}: {state}.")
        return
    if keys:
        cases = variance_acts.of_keys(ctx, keys)
    elif chosen.payer or chosen.kind or chosen.least:
        least = cents_of(chosen.least, "--from") if chosen.least else 0
        asked = variances.asked_for("open", chosen.kind, chosen.payer, least_cents=least)
        cases = variance_acts.selection(ctx, asked, variance_acts.MOST + 1)
        if len(cases) > variance_acts.MOST:
            cases = cases[: variance_acts.MOST]
            output.say(f"The first {len(cases):,} only: so many are done at once. Do it again for the rest.")
    else:
        raise UsageError("Say which: keys, --payer, --kind or --from.")
    do = variance_acts.preview if chosen.dry_run else variance_acts.say
    _told(output, ctx, do(ctx, cases, verb, text, ctx.settings.today()), verb)


def _told(output: console.Output, ctx: Context, done: Done, verb: str) -> None:
    from claims.service import variance_acts

    refused = {reason: len(ids) for reason, ids in done.refused.items()}
    stale = sorted(variance_acts.names(ctx, done.stale).values())
    output.document(
        {"act": done.act, "done": len(done.done), "open_cents": done.open_cents, "stale": stale, "refused": refused}
    )
    money = console.dollars(done.open_cents)
    if not done.act:
        output.say(f"{len(done.done):,} would be changed ({verb}), {money} open. Nothing was done.")
    else:
        how = f"; back with: claims variances undo {done.act}" if verb != "undo" else ""
        output.say(f"{len(done.done):,} changed ({verb}), {money} open{how}.")
    for reason, number in refused.items():
        output.say(f"{number:,} not: {variance_acts.WORDS[reason]}.")
    if stale:
        output.say(f"{len(stale):,} changed meanwhile and left alone: {', '.join(stale)}.")


def refresh(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
) -> None:
    """Price decided claims by the contracts known now, as the next reconcile would. Safe to repeat.

    Example: claims variances refresh
    """
    from claims import config
    from claims.cli.run import posting_day
    from claims.service import variances
    from claims.service.context import open_context

    output = console.current()
    settings = config.load()
    counts = variances.refresh(open_context(settings, actor=output.actor), posting_day(day) or settings.today())
    output.document({"counts": counts})
    rows = [
        (name.removesuffix("_cents").replace("_", " "), console.dollars(value) if name.endswith("_cents") else value)
        for name, value in counts.items()
    ]
    output.table("Priced", ("What", ">How much"), rows)
