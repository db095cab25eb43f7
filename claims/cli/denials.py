"""``claims denials``: the queue, what people do with it, and the story of one case."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers and names; this is audited.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    from claims.cli import denial_actions, denial_lists

    group = typer.Typer(no_args_is_help=True, help="Work the denial queue.")
    group.command("list")(denial_lists.list_cases)
    group.command("show")(show)
    denial_actions.register(group)
    group.command("approvals")(denial_lists.approvals)
    group.command("patterns")(denial_lists.patterns)
    group.command("views")(denial_lists.views)
    app.add_typer(group, name="denials")


def show(
    key: Annotated[str, typer.Argument(help="The key that the list shows, or its beginning.")],
    show_phi: ShowPhi = False,
) -> None:
    """Tell one case: billed, allowed, paid, each adjustment in plain words, ledger, match, raw segments.

    Example: claims denials show 3f2a91c04b
    """
    from claims.service.queue import denial_story

    output = console.current()
    story = denial_story(context_for(output, "desk.read"), key, show_phi=show_phi)
    tables = ("lines", "adjustments", "remarks", "ledger", "events")
    output.document(story | {name: console.records(story[name]) for name in tables})
    _say_case(output, story)
    _say_figures(output, story)
    _say_rest(output, story)
    if not show_phi:
        output.say("Claim numbers, names and people's words are hidden; --show-phi shows them, and that is recorded.")


def _say_case(output: console.Output, story: dict[str, Any]) -> None:

    case, decision = story["case"], story["decision"]
    where = (
        "the whole claim" if case["extent"] == "full" else f"line {case['line_number'] or 'of the claim as a whole'}"
    )
    closing = story["closing"]
    if closing:
        _say_closing(output, story)
    else:
        output.say(f"Case {story['key']}: {console.dollars(case['at_risk_cents'])} at risk, {case['state']}")
    if case["assignee"] or case["tag"]:
        output.say(f"  Who       {case['assignee'] or 'nobody'}{', tagged ' + case['tag'] if case['tag'] else ''}")
    output.say(f"  Denied    {where} of claim {case['claim_number']} by {case['payer_name']}: {case['all_codes']}")
    if decision["patient_name"]:
        output.say(f"  Patient   {decision['patient_name']}")
    output.say(f"  Why       {case['cause']} ({case['category']})")
    if not closing:
        _say_next(output, story)
    output.say(f"  Payer     {decision['status']} (CLP02 {decision['status_code']}), posting: {decision['posting']}")
    output.say(f"  Paid in   {decision['trace_number']} of {decision['payment_date'] or 'an unknown day'}")
    match = story["match"]
    evidence = ", ".join(f"{name}: {value}" for name, value in match["evidence"].items())
    output.say(f"  Claim by  {match['rule']} (score {match['score']}){'; ' + evidence if evidence else ''}")


def _say_closing(output: console.Output, story: dict[str, Any]) -> None:
    closing, dollars = story["closing"], console.dollars
    outcome = str(closing["outcome"]).replace("_", " ")
    output.say(f"Case {story['key']}: closed, {outcome}, {dollars(closing['recovered_cents'])} recovered")
    words = f": {closing['words']}" if closing["words"] else ""
    output.say(f"  Closed    {closing['day']} by {closing['actor'] or 'an earlier version'}{words}")
    if closing["decided_by"]:
        output.say(
            f"  Decided   {closing['status']} (CLP02 {closing['status_code']}): {dollars(closing['paid_cents'])} paid, "
            f"{dollars(closing['patient_responsibility_cents'])} the patient's, in {closing['trace_number']} of "
            f"{closing['payment_date'] or 'an unknown day'}"
        )
    elif closing["amount_cents"]:
        output.say(f"  Moved     {dollars(closing['amount_cents'])} off the denied money")


def _say_next(output: console.Output, story: dict[str, Any]) -> None:
    from claims.service.scrub_shown import fixes

    case = story["case"]
    then = f"; if that cannot be done: {story['then_action_label']}" if story["then_action_label"] else ""
    output.say(f"  Next      {story['next_action_label']}{then}")
    made = story["made"]
    if made["made_life"] == "blocked":
        output.say(f"  Blocked   its new claim (id:{made['made_claim_id']}) does not leave:")
        for says in fixes(made["edits"].split()):
            output.say(f"            {says}")
    elif made["made_life"] == "ready":
        output.say("  Sent      its new claim leaves with the next night, or claims submit")
    if story["proof_needed"]:
        output.say(f"  Needs     {story['proof_needed']}")
    if case["deadline_date"]:
        output.say(f"  By        {case['deadline_date']} ({story['days_left']} days): {case['deadline_rule']}")
    else:
        why = case["deadline_rule"] or "for this payer and action"
        output.say(f"  By        no deadline is known: {why}")


def _say_figures(output: console.Output, story: dict[str, Any]) -> None:
    dollars = console.dollars
    output.table(
        "Lines",
        [
            "In case",
            ">SVC",
            ">Line",
            "Procedure",
            "Date",
            ">Billed",
            ">Allowed",
            ">Adjusted",
            ">Denied",
            ">Paid",
            ">Unexplained",
        ],
        [
            (
                "*" if row["is_in_case"] else "",
                row["svc"],
                row["line_number"] or "",
                " ".join(part for part in (row["procedure_code"], row["modifiers"]) if part),
                row["service_date"],
                *(
                    dollars(row[f"{name}_cents"])
                    for name in ("charge", "allowed", "adjusted", "denied", "paid", "left")
                ),
            )
            for row in console.records(story["lines"])
        ],
    )
    output.table(
        "Adjustments",
        [">SVC", "Code", ">Amount", "Class", "Words", ">Segment"],
        [
            (
                row["svc"] or "claim",
                f"{row['group_code']}-{row['reason_code']}",
                dollars(row["amount_cents"]),
                row["adjustment_class"] + (" (denied)" if row["counts_as_denial"] else ""),
                row["words"],
                row["seg"],
            )
            for row in console.records(story["adjustments"])
        ],
    )
    sums = story["sums"]
    output.say(
        f"{dollars(sums['charge_cents'])} billed - {dollars(sums['adjusted_cents'])} adjusted - "
        f"{dollars(sums['paid_cents'])} paid = {dollars(sums['left_cents'])} unexplained"
    )


def _say_rest(output: console.Output, story: dict[str, Any]) -> None:
    remarks = [
        (row["svc"] or "claim", row["remark_code"], row["words"] + (" (informs only)" if row["informs_only"] else ""))
        for row in console.records(story["remarks"])
    ]
    output.table("Remarks", [">SVC", "Code", "Words"], remarks)
    ledger = [
        (
            row["posting_date"],
            row["account"],
            row["name"],
            row["line_number"] or "claim",
            console.dollars(row["amount_cents"]),
        )
        for row in console.records(story["ledger"])
    ]
    output.table("Ledger (debits positive)", ["Day", "Account", "Name", ">Line", ">Amount"], ledger)
    events = [
        (row["posting_date"], row["kind"], console.dollars(row["amount_cents"]), row["actor"], row["reason"])
        for row in console.records(story["events"])
    ]
    output.table("What happened", ["Day", "Event", ">Amount", "By", "Words"], events)
    segments = [(row["sha256"][:12], row["seg"], row["offset"], row["text"]) for row in story["segments"]]
    output.table("In the payer's own words", ["File", ">Segment", ">Offset", "Text"], segments)
