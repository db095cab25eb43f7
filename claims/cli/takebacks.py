"""``claims takebacks``: what payers announced to take back, took, and will still take; refunds to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.payment_words import Day, when
from claims.cli.typed import cents_of, number_of

if TYPE_CHECKING:
    from claims.service.context import Context

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show references and claim numbers; this is audited.")]
Number = Annotated[str, typer.Argument(metavar="REQUEST", help="Number of the request.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit chain. No patient data.")]

ABOUT = """See what payers take back, for which claims; pay it back.

A takeback is money that a payer paid and takes off a later remittance (recovery: PLB WO), or carries forward because a
remittance would be below zero (forward balance: PLB FB). A refund is a cheque of ours instead: one person asks for it,
another approves it. KEY is that of a takeback (claims takebacks list), REQUEST that of a refund (claims takebacks
refunds).

Start with: claims takebacks list. More: docs/bank.md
"""
SUMS = ("announced_cents", "acknowledged_cents", "taken_cents", "refunded_cents", "adjusted_cents", "open_cents")
COLUMNS = [
    *("Key", "Kind", "Payer", "Reference", ">Announced", ">Acknowledged", ">Taken", ">Refunded", ">Adjusted", ">Open"),
    *("Since", ">Days", "State"),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=ABOUT)
    group.command("list")(list_takebacks)
    group.command("show")(show)
    group.command("refund")(refund)
    group.command("refunds")(refunds)
    for act in (approve, refuse, withdraw, reverse):
        group.command()(act)
    app.add_typer(group, name="takebacks")


def list_takebacks(
    state: Annotated[str, typer.Option(help="open, unannounced, unexplained, settled or any.")] = "open",
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name.")] = "",
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="As the books stood.")] = None,
    show_phi: ShowPhi = False,
) -> None:
    """List recoveries and forward balances by payer and reference, the oldest first: what is open, and since when.

    Open is what was announced (WO, FB) and acknowledged (72), less what was taken, refunded by us and adjusted (CS).
    Days count from Since, the day of the payer's notice; what is settled has none.

    Example: claims takebacks list --payer "Blue Plan"
    """
    from claims.service import takebacks

    output = console.current()
    ctx = context_for(output, "desk.read")
    day = as_of.date() if as_of else None
    listed = takebacks.listed(ctx, state=state, payer=payer, as_of=day, show_phi=show_phi)
    rows, totals = console.records(listed), takebacks.totals(listed)
    output.document({"takebacks": rows, "count": len(rows), **totals})
    output.table(
        "Takebacks, oldest first",
        COLUMNS,
        [
            (
                *(row["key"], row["kind"], row["payer_name"] or row["payer_code"], row["reference"]),
                *(console.dollars(row[name]) for name in SUMS),
                *(row["since"], "" if row["state"] == "settled" else row["age_days"], row["state"]),
            )
            for row in rows
        ],
        first_to_go=("Acknowledged", "Refunded", "Adjusted", "Since"),
    )
    never = totals["unannounced_cents"]
    unlike = f"; {console.dollars(never)} taken that nothing announced" if never else ""
    output.say(f"{len(rows)} takeback(s), {console.dollars(totals['open_cents'])} still to be taken{unlike}.")
    if rows:
        output.say("More about one: claims takebacks show KEY")


def show(
    key: Annotated[str, typer.Argument(help="The key that the list shows, or its beginning.")],
    show_phi: ShowPhi = False,
) -> None:
    """Tell one takeback: each entry with its remittance and segment, and the claims behind it.

    Example: claims takebacks show 3f2a91c04b
    """
    from claims.service import takebacks

    output = console.current()
    story = takebacks.told(context_for(output, "desk.read"), key, show_phi=show_phi)
    entries, claims = console.records(story["entries"]), console.records(story["claims"])
    facts = {name: value for name, value in story.items() if name not in ("entries", "claims")}
    output.document(facts | {"entries": entries, "claims": claims})
    output.say(f"Takeback {facts['key']}: {facts['kind']}, {facts['state']}{how_long(facts)}")
    output.say(f"  Payer      {facts['payer_name'] or facts['payer_code']}")
    output.say(f"  Reference  {facts['reference'] or 'none'}")
    output.say(f"  Open       {console.dollars(facts['open_cents'])}")
    output.table(
        "Entries",
        ["Day", "Code", ">Amount", "Trace", "File", ">Segment"],
        [
            (
                *(row["effective_date"], row["code"] or "refund", console.dollars(row["amount_cents"])),
                *(row["trace_number"], row["sha256"][:12], row["seg"] or ""),
            )
            for row in entries
        ],
    )
    output.table(
        "Claims behind it",
        ["Claim", "Payer's number", "Status", ">Charge", ">Paid", "Day", "Posted as", "File", ">Segment"],
        [
            (
                *(row["claim_number"], row["payer_claim_number"], row["status_code"]),
                *(console.dollars(row["charge_cents"]), console.dollars(row["paid_cents"]), row["payment_date"]),
                *(row["outcome"], row["sha256"][:12], row["seg"]),
            )
            for row in claims
        ],
    )
    if not claims:
        output.say("No claim in the books carries this reference.")


def how_long(facts: dict[str, Any]) -> str:
    """Since when it stands so; of what is settled, when it was and how long it had been open."""
    if not facts["since"]:
        return ""
    long = f"for {facts['age_days']} day(s)"
    if facts["state"] == "settled":
        return f" on {facts['last_date']}; it was open {long}, from {facts['since']}"
    return f" {long}, since {facts['since']}"


def refund(
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the request. No patient data.")],
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="The key that the list shows, or its beginning.")] = "",
    payer: Annotated[str, typer.Option("--payer", help="Without a key: the payer's code.")] = "",
    number: Annotated[str, typer.Option("--number", help="Without a key: the payer's number of the claim.")] = "",
    amount: Annotated[str, typer.Option("--amount", help="How much; default: what the payer still wants.")] = "",
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day of it; default: today.")
    ] = None,
    cheque: Annotated[str, typer.Option("--cheque", help="Its number: two equal refunds on a day differ by it.")] = "",
    although: Annotated[
        str, typer.Option("--although", help="Why it goes although the books know no such claim, or not so much.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked for; change nothing.")] = False,
    day: Day = None,
) -> None:
    """Ask for a refund to a payer: of what it announced to take back, or of what it asked for by letter.

    Another person approves it (claims takebacks approve); then it leaves the cash. The payer acknowledges it on a later
    remittance (PLB 72 and WO), or takes its decision back there. Until then what nothing announced is an exception.

    Example: claims takebacks refund 3f2a91c04b --cheque 1204 --reason "letter of 2 May" --dry-run
    """
    from contextlib import nullcontext

    from claims.errors import UsageError
    from claims.service import payer_refunds, takebacks
    from claims.store.engine import rehearsal

    output = console.current()
    ctx = context_for(output, "money.post")
    if bool(key) == bool(payer and number) or (key and (payer or number)):
        raise UsageError("Name the takeback by its key, or by --payer and --number.")
    if key:
        payer, number, open_cents = takebacks.recovery(ctx, key)
    elif not amount:
        raise UsageError("--amount is wanted where no key names what the payer announced.")
    cents = cents_of(amount, "--amount") if amount else open_cents
    posting_day = when(day, ctx)
    with rehearsal(ctx.engine) if dry_run else nullcontext():
        done = payer_refunds.request(
            ctx, payer, number, cents, on.date() if on else posting_day, posting_day,
            reason=reason, cheque=cheque, although=although,
        )  # fmt: skip
    output.document(done | {"amount_cents": cents, "dry_run": dry_run})
    said = "Would be asked for" if dry_run else f"Request {done['request']}"
    output.say(f"{said}: {console.dollars(cents)} to be paid back to the payer.")
    if done["unannounced_cents"]:
        output.say(f"Nothing announced {console.dollars(done['unannounced_cents'])} of it.")
    if not dry_run:
        output.say(f"Another person lets it go: claims takebacks approve {done['request']} --as NAME")


def refunds(show_phi: ShowPhi = False) -> None:
    """List refunds to payers: what was asked for and by whom, who decided it, and what became of it.

    Example: claims takebacks refunds
    """
    from claims.service import money_requests
    from claims.service.audited import record_shown

    output = console.current()
    ctx = context_for(output, "desk.read")
    rows = money_requests.listed(ctx, money_requests.PAYER_REFUND)
    if show_phi:
        record_shown(ctx, "refunds to payers", {"requests": [int(row["money_request_id"]) for row in rows]})
    columns = ("money_request_id", "state", "amount_cents", "payer_code", "requested_by", "decided_by")
    told = [
        {name: row[name] for name in columns}
        | {"paid_on": row["parameters"]["paid_on"], "cheque": row["parameters"]["cheque"]}
        # As claims payments banked takes it.
        | {"owner": f"payer-refund:{row['money_request_id']}" if row["state"] == money_requests.DONE else ""}
        # Words that a person typed may name a patient, too.
        | {name: console.mask(row[name], show=show_phi) for name in ("reference", "reason", "although")}
        for row in rows
    ]
    output.document({"refunds": told})
    output.table(
        "Refunds to payers",
        [
            *(">No.", ">Amount", "State", "Payer", "Reference", "Asked by", "Decided by", "On", "Cheque"),
            *("For the bank", "Why", "Although"),
        ],
        [
            (
                *(row["money_request_id"], console.dollars(row["amount_cents"]), row["state"], row["payer_code"]),
                *(row["reference"], row["requested_by"], row["decided_by"], row["paid_on"], row["cheque"]),
                *(row["owner"], row["reason"], row["although"]),
            )
            for row in told
        ],
    )
    if any(row["owner"] for row in told):
        output.say("One whose bank line no rule ties: claims payments banked LINE payer-refund:NO --reason WHY")
    waits = sum(row["amount_cents"] for row in told if row["state"] == money_requests.WAITS)
    output.say(f"{len(told)} refund(s), {console.dollars(waits)} asked for and not decided.")


def approve(number: Number, day: Day = None) -> None:
    """Let happen what another person asked for, within your own limit: a refund to a payer, balances to
    collection, or a correction that lowers a charge.

    Until people are added (claims users), nobody is another person: whoever asked may approve.

    Example: claims takebacks approve 3 --as sue
    """
    from claims.service.money_approvals import approve as let_go

    output = console.current()
    ctx = context_for(output, "desk.approve", second=True)
    cents = let_go(ctx, number_of(number), when(day, ctx))
    output.document({"request": number_of(number), "amount_cents": cents, "state": "done"})
    output.say(f"Request {number}: {console.dollars(cents)} approved and posted.")


def refuse(number: Number, reason: Reason, day: Day = None) -> None:
    """Say no to what another person asked for.

    Example: claims takebacks refuse 3 --reason "the payer took it already"
    """
    from claims.service.money_requests import refuse as end

    _end(end, "desk.approve", "refused", number, reason, day)


def withdraw(number: Number, reason: Reason, day: Day = None) -> None:
    """Take back what was asked for and nobody has decided.

    Example: claims takebacks withdraw 3 --reason "typed wrong"
    """
    from claims.service.money_requests import withdraw as end

    _end(end, "money.post", "withdrawn", number, reason, day)


def reverse(number: Number, reason: Reason, day: Day = None) -> None:
    """Take back a refund that was approved and that no bank line has paid: a reversing journal.

    Example: claims takebacks reverse 3 --reason "the cheque was never sent"
    """
    from claims.service.payer_refunds import reverse as end

    _end(end, "desk.approve", "reversed", number, reason, day)


def _end(
    end: Callable[[Context, int, str, date], int], permission: str, state: str, number: str, reason: str,
    day: datetime | None,
) -> None:  # fmt: skip
    output = console.current()
    ctx = context_for(output, permission, second=permission == "desk.approve")
    cents = end(ctx, number_of(number), reason, when(day, ctx))
    output.document({"request": number_of(number), "amount_cents": cents, "state": state})
    output.say(f"Request {number}: {console.dollars(cents)}, {state}.")
