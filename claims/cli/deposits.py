"""``claims deposits``: what each bank line is and why, and ties made or taken apart by hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.typed import NUMBER_OR_KEY, cents_of, number_of
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.service.context import Context
    from claims.service.deposits import Would

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show what the bank says of payers; this is audited.")]
Number = Annotated[str, typer.Argument(metavar="NO", help="The number of the bank line, as the list shows it.")]
Other = Annotated[
    str,
    typer.Argument(
        metavar="REMIT|line:NO",
        help="The number of the remittance, as show names it; of money that went out, the deposit that went back.",
    ),
]
Remit = Annotated[str, typer.Argument(metavar="REMIT", help="The number of the remittance, as show names it.")]
OF_LINE = "line:"
FACTS = {"agrees": "Agree", "differs": "Differ", "unknown": "Not known"}
ABOUT = """See what each bank line is tied to and why; tie and untie by hand.

A deposit is a line of a bank file. Each claims reconcile ties it by rules to the remittances (835) whose money it is;
what no rule ties is open and waits for a person. NO is the number of a bank line (claims deposits list), REMIT that of
a remittance (claims deposits show, claims remits list).

Start with: claims deposits list. The rules: docs/bank.md
"""
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the tie.")]
Seen = Annotated[str, typer.Option("--seen", help="What show said of the ties; refused where they have changed.")]
SeenBoth = Annotated[
    str,
    typer.Option(
        "--seen",
        help="What the tie says in deposits show and remits show (Seen); refused where ties of the deposit or of the "
        "remittance have changed.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would move and what agrees and differs; change nothing.")
]
Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Accounting day; default: today.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=ABOUT)
    group.command("list")(list_deposits)
    group.command("show")(show)
    group.command("tie")(tie)
    group.command("untie")(untie)
    group.command("difference")(difference)
    group.command("own")(own)
    app.add_typer(group, name="deposits")


def list_deposits(
    state: Annotated[
        str, typer.Option(help="open, tied, copy (of another file's), undone (with its file) or any.")
    ] = "open",
    show_phi: ShowPhi = False,
) -> None:
    """List bank lines with what is left of each and the rule that tied it.

    Example: claims deposits list --state any
    """
    from claims.service import deposits
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(actor=output.actor)
    rows = console.records(deposits.listed(ctx, state="" if state == "any" else state, show_phi=show_phi))
    output.document({"deposits": rows})
    output.table(
        f"Deposits, {state}",
        [">No.", "Day", ">Amount", ">Left", "Kind", "State", "Rule", "Payer", "Trace"],
        [
            (
                row["bank_line_id"],
                row["bank_date"],
                console.dollars(row["amount_cents"]),
                console.dollars(row["rest_cents"]),
                row["kind"],
                row["state"],
                row["rule"],
                row["payer"] or row["payer_name"],
                row["trace_number"],
            )
            for row in rows
        ],
    )
    left = sum(row["rest_cents"] for row in rows if row["state"] not in ("undone", "copy"))
    output.say(f"{len(rows)} bank line(s), {console.dollars(left)} left to explain.")
    if rows:
        output.say("More about one: claims deposits show NO")


def show(
    number: Annotated[str, typer.Argument(metavar="NO", help=NUMBER_OR_KEY)],
    show_phi: ShowPhi = False,
) -> None:
    """Tell one bank line: its ties with rule, score and evidence, and what was considered and not taken.

    Example: claims deposits show 12
    """
    from claims.service import deposits, received
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(actor=output.actor)
    story = deposits.told(ctx, received.number_keyed(ctx, "bank_lines", number), show_phi=show_phi)
    ties, others = console.records(story["ties"]), console.records(story["candidates"])
    named = console.records(story["exceptions"])
    output.document(story | {"ties": ties, "candidates": others, "exceptions": named})
    output.say(f"Bank line {story['bank_line_id']}: {console.dollars(story['amount_cents'])} of {story['bank_date']}")
    output.say(f"  Left      {console.dollars(story['rest_cents'])}")
    words = {"payer": story["payer_name"], "trace": story["trace_number"], "reference": story["reference"]}
    output.say("  Bank says " + ", ".join(f"{name} {text}" for name, text in words.items() if text))
    output.say(f"  Stands in file {story['sha256'][:12]}, row {story['row_number']}")
    output.say(f"  Seen      {story['seen']} (for tie and untie: --seen; for difference: the one of its tie)")
    for one in named:
        output.say(
            f"  Open      {one['type_code']} {console.dollars(one['amount_cents'])}: "
            f"claims exceptions show {one['exception_id']}"
        )
    if ties:
        output.table(
            "Ties",
            [
                *(">Remit", ">Amount", ">Fee", ">Difference", "Rule", ">Score", "Agrees", "Differs", "By", "Ended"),
                *("Seen", "Said"),
            ],
            _ties(ties),
        )
        for says in sorted({row["says"] for row in ties} - {""}):
            output.say(f"  {says}.")
    if others:
        output.table(
            "Considered",
            [">Remit", "Day", ">Open", "Payer", "Trace", ">Score", "Why", "Agrees", "Differs"],
            [
                (
                    _which(row),
                    row["day"],
                    console.dollars(row["amount_cents"]),
                    row["payer_name"],
                    row["trace_number"],
                    row["score"],
                    row["why_says"],
                    row["agree"],
                    row["differ"],
                )
                for row in others
            ],
        )
    for owner in story["in_hand"]:
        output.say(f"In hand is just that: claims payments banked {story['bank_line_id']} {owner} --reason WHY")
    if story["state"] == "undone":
        output.say(f"Undone with its file, nothing of it is in the books: claims replay file:{story['file_id']}")
    elif story["state"] == "copy":
        output.say(
            f"The same money as bank line {story['copy_of_line_id']}, of another file: nothing of it is booked. "
            f"If it is not: claims deposits own {story['bank_line_id']} --reason WHY"
        )
    elif story["is_ahead"]:
        output.say(
            "Its day has not come: the first reconcile on or after it takes it up. If the day is wrong: "
            f"claims undo file:{story['file_id']}, and load the statement corrected."
        )
    elif story["rest_cents"] > 0:
        output.say(f"Tie it by hand: claims deposits tie {story['bank_line_id']} REMIT --reason WHY")
    if story["rest_cents"] < 0 and story["state"] != "copy":
        output.say(f"Say which deposit went back: claims deposits tie {story['bank_line_id']} line:NO --reason WHY")


def _ties(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            _which(row),
            console.dollars(row["amount_cents"]),
            console.dollars(row["fee_cents"]) if row["fee_cents"] else "",
            console.dollars(row["difference_cents"]) if row["difference_cents"] else "",
            row["rule"],
            row["score"],
            row["agree"],
            row["differ"],
            row["actor"],
            row["ended_reason"],
            row["seen"],
            "; ".join(words for words in (row["words"], row["ended_words"]) if words),
        )
        for row in rows
    ]


def _which(row: dict[str, Any]) -> str:
    """The other side of a tie: a remittance, another bank line, what a remittance had of that, or nothing."""
    sides = (row["remit_id"] or "", f"line {row['returns_line_id']}" if row["returns_line_id"] else "")
    return " of ".join(str(side) for side in sides if side)


def tie(
    number: Number,
    other: Other,
    reason: Reason,
    amount: Annotated[str, typer.Option("--amount", help="How much it settles; default: all that both have.")] = "",
    fee: Annotated[str, typer.Option("--fee", help="What of it a card processor kept, at most 5 percent.")] = "",
    remit: Annotated[
        str, typer.Option("--remit", help="Of a deposit that went back: only what this one had (0: nobody's rest).")
    ] = "",
    day: Day = None,
    seen: Seen = "",
    dry_run: DryRun = False,
) -> None:
    """Tie a bank line to a remittance by hand, or one by which money went out to the deposit that went back; audited.

    Example: claims deposits tie 12 40 --reason "payer confirmed by phone" --dry-run
    Example: claims deposits tie 13 line:12 --remit 40 --reason "the check bounced"
    """
    from claims.service import deposits

    output = console.current()
    ctx = context_for(output, "desk.act")
    if other.startswith(OF_LINE):
        if fee:
            raise UsageError("--fee is for a deposit that came: what goes back takes its own fee with it.")
        return _take_back(output, ctx, number, other, remit, reason, amount, day, seen, dry_run)
    if remit:
        raise UsageError("--remit is for a deposit that went back: claims deposits tie NO line:NO.")
    line, remit_id = number_of(number, "claims deposits list"), number_of(other)
    when = day.date() if day else ctx.settings.today()
    how: dict[str, Any] = {
        "amount_cents": cents_of(amount, "--amount") if amount else None,
        "fee_cents": cents_of(fee, "--fee") if fee else 0,
    }
    if dry_run:
        would = deposits.would_tie(ctx, line, remit_id, reason, when, **how)
        output.document({"settled_cents": would.cents, **_would(would), "facts": would.facts})
        output.say(f"Would tie {console.dollars(would.cents)} of remittance {remit_id}.")
        for word, says in FACTS.items():
            if names := [name for name, value in would.facts.items() if value == word]:
                output.say(f"  {says:11} {', '.join(names)}")
        return _say_would(output, would)
    settled = deposits.tie(ctx, line, remit_id, reason, when, **how, seen=seen or None)
    output.document({"settled_cents": settled, "dry_run": False})
    output.say(f"Tied: {console.dollars(settled)} of remittance {remit_id}.")


def _take_back(
    output: console.Output,
    ctx: Context,
    number: str,
    other: str,
    remit: str,
    reason: str,
    amount: str,
    day: datetime | None,
    seen: str,
    dry_run: bool,
) -> None:
    from claims.service import returns

    former = number_of(other.removeprefix(OF_LINE), "claims deposits list --state any")
    line, when = number_of(number, "claims deposits list"), day.date() if day else ctx.settings.today()
    how: dict[str, Any] = {
        "remit_id": number_of(remit) if remit else None,
        "amount_cents": cents_of(amount, "--amount") if amount else None,
    }
    if dry_run:
        would = returns.would_take_back(ctx, line, former, reason, when, **how)
        again = console.records(would.remits)
        left = {"dry_run": True, "rest_cents": would.rest_cents, "seen": would.seen}
        output.document({"taken_back_cents": would.cents, **left, "open_again": again})
        output.say(f"Would take back {console.dollars(would.cents)} of the deposit of bank line {former}.")
        for row in again:
            output.say(f"  {'Open again':11} {console.dollars(row['amount_cents'])} of remittance {row['remit_id']}")
        return _say_left(output, would.rest_cents, would.seen)
    cents = returns.take_back(ctx, line, former, reason, when, **how, seen=seen or None)
    output.document({"taken_back_cents": cents, "dry_run": False})
    output.say(f"Tied: {console.dollars(cents)} of the deposit of bank line {former} went back.")


def _would(would: Would) -> dict[str, Any]:
    return {"dry_run": True, "rest_cents": would.rest_cents, "open_cents": would.open_cents, "seen": would.seen}


def _say_would(output: console.Output, would: Would) -> None:
    output.say(f"  {'Open then':11} {console.dollars(would.open_cents)} of the remittance")
    _say_left(output, would.rest_cents, would.seen)


def _say_left(output: console.Output, rest_cents: int, seen: str) -> None:
    output.say(f"  {'Left then':11} {console.dollars(rest_cents)} of the bank line")
    output.say(f"Nothing was changed (--dry-run). To do just this: the same with --seen {seen} in its place.")


def untie(
    number: Number,
    reason: Reason,
    remit: Annotated[str, typer.Option("--remit", help="Only the tie to this remittance.")] = "",
    day: Day = None,
    seen: Seen = "",
    dry_run: DryRun = False,
) -> None:
    """Take the ties of a bank line apart: their journals are reversed, the money waits on unapplied cash; audited.

    Example: claims deposits untie 12 --reason "belongs to another payment"
    """
    from claims.service import deposits

    output = console.current()
    ctx = context_for(output, "desk.act")
    when = day.date() if day else ctx.settings.today()
    which, other = number_of(number, "claims deposits list"), number_of(remit) if remit else None
    if dry_run:
        would = deposits.would_untie(ctx, which, reason, when, remit_id=other)
        left = {"dry_run": True, "rest_cents": would.rest_cents, "seen": would.seen}
        output.document({"untied": would.ties, "freed_cents": would.cents, **left})
        output.say(f"Would take {would.ties} tie(s) of {console.dollars(would.cents)} apart.")
        return _say_left(output, would.rest_cents, would.seen)
    ended = deposits.untie(ctx, which, reason, when, remit_id=other, seen=seen or None)
    output.document({"untied": ended, "dry_run": False})
    output.say(f"{ended} tie(s) taken apart. The rules do not tie these again; claims deposits tie does.")


def difference(
    number: Number,
    remit: Remit,
    reason: Reason,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take back what was booked.")] = False,
    day: Day = None,
    seen: SeenBoth = "",
    dry_run: DryRun = False,
) -> None:
    """Book the cents that a tied deposit is short of its remittance, or over it, and will stay so; audited.

    They go to 5110, bank differences. How much at most, for which payer and by whom says a row of master data
    (bank_differences, docs/files.md); without one nothing is booked. With --seen of the tie (claims deposits show,
    claims remits show) it is refused where the deposit or the remittance has other ties since.

    Example: claims deposits difference 12 40 --reason "a cent of rounding, payer will not send it"
    """
    from claims.service import bank_differences

    output = console.current()
    ctx = context_for(output, "desk.act")
    when = day.date() if day else ctx.settings.today()
    asked = (ctx, number_of(number, "claims deposits list"), number_of(remit), reason, when)
    if dry_run:
        would = (bank_differences.would_take_back if take_back else bank_differences.would_book)(*asked)
        output.document({"difference_cents": would.cents, "taken_back": take_back, **_would(would)})
        what = f"{console.dollars(abs(would.cents))} {'short' if would.cents > 0 else 'over'}"
        output.say(f"Would take back {what}." if take_back else f"Would book {what} on 5110.")
        return _say_would(output, would)
    cents = (bank_differences.take_back if take_back else bank_differences.book)(*asked, seen=seen or None)
    output.document({"difference_cents": cents, "taken_back": take_back, "dry_run": False})
    what = f"{console.dollars(abs(cents))} {'short' if cents > 0 else 'over'}"
    output.say(f"Taken back: {what} again." if take_back else f"Booked on 5110: {what}. --take-back takes it back.")


def own(
    number: Number,
    reason: Reason,
    take_back: Annotated[bool, typer.Option("--take-back", help="It is a copy after all.")] = False,
    day: Day = None,
) -> None:
    """Say that a bank line which was taken for a copy of another file's is money of its own; audited.

    The next reconcile ties and books it. Which lines are copies: claims deposits list --state copy. --take-back is for
    a line that is not in the books (any more): undo its file first, and replay it then.

    Example: claims deposits own 13 --reason "the bank confirmed two deposits"
    """
    from claims.service import same_money

    output = console.current()
    ctx = context_for(output, "desk.act")
    line, when = number_of(number, "claims deposits list --state copy"), day.date() if day else ctx.settings.today()
    cents = same_money.tell_apart(ctx, line, reason, when, is_taken_back=take_back)
    output.document({"bank_line_id": line, "amount_cents": cents, "taken_back": take_back})
    if take_back:
        output.say(f"No money of its own: {console.dollars(cents)}.")
        return
    output.say(f"Money of its own: {console.dollars(cents)}. The next claims reconcile ties and books it.")
