"""``claims exceptions``: what is held, refused, unmatched or odd, and what releases it."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from claims.cli import console, exception_acts
from claims.cli.acting import context_for
from claims.cli.typed import number_of

ShowPhi = Annotated[
    bool, typer.Option("--show-phi", help="Show claim numbers, references, inbox names and notes; this is audited.")
]
Seen = Annotated[str, typer.Option("--seen", help="What show said of the match; refused where it has changed.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="See what is held or odd, and what releases it.")
    group.command("list")(list_exceptions)
    group.command("show")(show)
    group.command("match")(match)
    group.command("unmatch")(unmatch)
    exception_acts.register(group)
    app.add_typer(group, name="exceptions")


def list_exceptions(
    state: Annotated[str, typer.Option(help="open, closed or any.")] = "open",
    type_code: Annotated[str, typer.Option("--type", help="One type, like UNMATCHED_CLAIM.")] = "",
    owner: Annotated[str | None, typer.Option(metavar="NAME", help="Whose work it is; empty: nobody's.")] = None,
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
    rows, held = exceptions.listed(ctx, state=asked, type_code=type_code, owner=owner, show_phi=show_phi)
    all_rows = console.records(rows)
    output.document({"exceptions": all_rows, "held": console.records(held)})
    is_chosen = bool(notes or type_code or owner)
    shown = [row for row in all_rows if is_chosen or row["severity"] == "open"]
    output.table(
        f"Exceptions, {state}",
        [">No.", "Type", ">Amount", "Since", "Owner", "What", "What releases it", "File", ">Segment"],
        [
            (
                row["exception_id"],
                row["type_code"],
                console.dollars(row["amount_cents"]),
                row["posting_date"],
                row["owner"],
                _what(row),
                row["release"],
                row["sha256"][:12],
                row["seg"] or "",
            )
            for row in shown
        ],
    )
    if state != "closed" and not type_code and owner is None:
        _say_held(output, console.records(held))
    _say_sums(output, [row for row in shown if row["severity"] == "open"])
    if not notes and len(shown) < len(all_rows):
        output.say(f"{len(all_rows) - len(shown)} more only inform: --notes shows them.")
    if shown:
        output.say("More about one: claims exceptions show NO")


def _what(row: dict[str, Any]) -> str:
    """Say what it is: first, of several provider adjustments of one segment, which; last, which claim was not taken."""
    named = ": ".join(filter(None, (row["adjustment_named"], row["message"])))
    return "; ".join(filter(None, (named, row["candidate_named"])))


def _say_sums(output: console.Output, rows: list[dict[str, Any]]) -> None:
    """Say how many of each kind, with their amounts; kinds overlap, so there is no sum of all."""
    output.say(f"{len(rows)} exception(s)" + (":" if rows else "."))
    for kind, number in sorted(Counter(row["type_code"] for row in rows).items()):
        amounts = [row["amount_cents"] for row in rows if row["type_code"] == kind]
        output.say(f"  {number:>5,} {kind}" + (f", {console.dollars(sum(amounts))}" if any(amounts) else ""))


def _say_held(output: console.Output, held: list[dict[str, Any]]) -> None:
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
            for row in held
        ],
    )


def show(
    number: Annotated[str, typer.Argument(metavar="NO", help="The number that the list shows.")],
    show_phi: ShowPhi = False,
) -> None:
    """Tell one exception: what it is, its worth, what releases it, its payment or deposit, its findings, its events.

    Example: claims exceptions show 12
    """
    from claims.service import exceptions, match_compared, matching_by_hand
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(actor=output.actor)
    which = number_of(number, "claims exceptions list")
    story = exceptions.told(ctx, which, show_phi=show_phi)
    standing = matching_by_hand.standing(ctx, which)
    story |= {"matched_claim_id": standing.claim_id, "seen": standing.seen}
    findings = console.records(story["findings"])
    events = console.records(story["events"])
    near = console.records(match_compared.told(ctx, which, show_phi=show_phi)) if standing.waits else []
    output.document(story | {"findings": findings, "events": events, "candidates": near})
    _say(output, story, findings)
    if near:
        output.table(
            "Claims looked at and not taken, the nearest first",
            [">Our no.", "Claim", ">Charge", "Days", ">Score", "Why", "Differs in", "Agrees in"],
            [
                (
                    *(row["claim_id"], row["claim_number"], console.dollars(row["charge_cents"]), row["days"]),
                    *(row["score"], row["why"].replace("-", " "), row["differs"], row["agrees"]),
                )
                for row in near
            ],
        )
        output.say(f"If it is one of them: claims exceptions match {which} --claim NUMBER")
    if events:
        names = ("posting_date", "kind", "amount_cents", "actor", "owner", "words")
        told = [
            tuple(console.dollars(row[name]) if name == "amount_cents" else row[name] for name in names)
            for row in events
        ]
        output.table("What was done with it", ["Day", "Event", ">Worth", "By", "Owner", "Words"], told)


def match(
    number: Annotated[str, typer.Argument(metavar="NO", help="The number that the list shows.")],
    claim: Annotated[str, typer.Option("--claim", help="The number of the claim (CLM01) that the payment is of.")],
    although: Annotated[
        str,
        typer.Option("--although", metavar="REASON", help="Why, where charge, payer, member, patient or day differ."),
    ] = "",
    seen: Seen = "",
) -> None:
    """Say which claim a waiting payment is of; audited. The next reconcile posts it.

    What agrees and differs is shown; where charge, payer, member, patient or days of service differ, --although must
    say why it is the claim. With --seen nothing is done where the match has changed since show.

    Example: claims exceptions match 12 --claim A1002
    """
    from claims.service.matching_by_hand import in_words, match_by_hand

    output = console.current()
    ctx = context_for(output, "desk.act")
    facts = match_by_hand(ctx, number_of(number, "claims exceptions list"), claim, although, seen=seen or None)
    output.document({"exception_id": int(number), "matched": True, "facts": facts})
    output.say(f"Matched: payment and claim {in_words(facts)}. The next claims reconcile posts it.")


def unmatch(
    number: Annotated[str, typer.Argument(metavar="NO", help="The number that the list shows.")], seen: Seen = ""
) -> None:
    """Take the match of a waiting payment away, for good; audited. With --seen only the match that show told of.

    Example: claims exceptions unmatch 12
    """
    from claims.service.matching_by_hand import unmatch_by_hand

    output = console.current()
    which = number_of(number, "claims exceptions list")
    unmatch_by_hand(context_for(output, "desk.act"), which, seen=seen or None)
    output.document({"exception_id": int(number), "matched": False})
    output.say("It is matched to no claim now, and will not be matched to that one again.")


def _say(output: console.Output, story: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    output.say(f"Exception {story['exception_id']}: {story['type_code']}, {story['state']}")
    output.say(f"  What      {story['own_title']}")
    if story["message"] != story["own_title"]:
        output.say(f"  Detail    {story['message']}")
    if story["adjustment_named"]:
        output.say(f"  Which     {story['adjustment_named']}, {console.dollars(story['adjustment_cents'])}")
        output.say(f"  Means     {story['adjustment_means']}")
    output.say(f"  Worth     {console.dollars(story['amount_cents'])}")
    output.say(f"  Since     {story['posting_date']}")
    if story["closed_posting_date"]:
        output.say(f"  Closed    {story['closed_posting_date']}: {story['closed_reason']}")
    else:
        output.say(f"  Release   {story['release']}")
        if story["command"]:
            output.say(f"  Command   {story['command']}")
    if story["owner"]:
        output.say(f"  Owner     {story['owner']}")
    for row in story["accounts"] if story["state"] == "open" else ():
        output.say(f"  Account   {row['account']} {row['name']}: {row['own_title']}")
    if story["state"] == "open" and story["is_acceptable"]:
        by = " by who may approve" if story["wants_approver"] else ""
        output.say(f"  May be accepted{by}: {story['acceptable_reason']}")
    if paid := story["payment"]:
        output.say(f"  Payer     {paid['payer_name']} ({paid['payer_identifier']})")
        day = paid["payment_date"] or "an unknown day"
        output.say(f"  Payment   {console.dollars(paid['payment_cents'])} of {day}, trace {paid['trace_number']}")
    if deposit := story["deposit"]:
        output.say(f"  Deposit   {console.dollars(deposit['amount_cents'])} of {deposit['bank_date']}")
        words = {"payer": deposit["payer_name"], "trace": deposit["trace_number"], "reference": deposit["reference"]}
        output.say("  Bank says " + ", ".join(f"{name} {text}" for name, text in words.items() if text))
    if story["claim_number"]:
        output.say(f"  Claim     {story['claim_number']}")
    if story["seen"]:
        matched = f"to claim {story['matched_claim_id']}" if story["matched_claim_id"] else "to none"
        output.say(f"  Matched   {matched}; for match and unmatch: --seen {story['seen']}")
    if story["sha256"]:
        place = f", {'row' if story['deposit'] else 'segment'} {story['seg']}" if story["seg"] else ""
        output.say(f"  Stands in file {story['sha256'][:12]}{place}")
        output.say(f"  Inbox     {', '.join(story['source_names'])}")
    if findings:
        columns = ["Severity", "Code", ">Segment", "Element", ">Offset", "Found", "Expected", "What"]
        names = ("severity", "code", "seg", "element", "offset", "found", "expected", "message")
        output.table("Findings", columns, [tuple(row[name] or "" for name in names) for row in findings])
