"""``claims denials list``, ``approvals``, ``patterns`` and ``views``: what there is to do, the most urgent first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.service.context import Context
    from claims.service.desk.queue import Filters, Page, Totals

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers and names; this is audited.")]


def list_cases(
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name.")] = "",
    category: Annotated[str, typer.Option(help="REG, AUTH, MN, COD, BUN, DOC, TF, DUP, COB, CRED, NC, BEN ...")] = "",
    state: Annotated[str, typer.Option(help="open, snoozed, waiting, expired, closed or any.")] = "open",
    reason: Annotated[str, typer.Option(help="Reason code (CARC), as 197 or CO-197.")] = "",
    next_action: Annotated[str, typer.Option("--next", help="Next action: C7, NEW, APP, DOC, SEC ...")] = "",
    assignee: Annotated[str | None, typer.Option(help="Who works on it; empty: nobody.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Yours and nobody's.")] = False,
    pattern: Annotated[int, typer.Option(metavar="NO", help="Of a pattern.")] = 0,
    tag: Annotated[str, typer.Option(help="With this tag.")] = "",
    due_within: Annotated[int | None, typer.Option(metavar="DAYS", help="Deadline in so many days, or past.")] = None,
    minimum: Annotated[str, typer.Option(metavar="AMOUNT", help="At least so much at risk.")] = "",
    view: Annotated[str, typer.Option(help="A saved view, in place of all of these.")] = "",
    save: Annotated[str, typer.Option(metavar="NAME", help="Keep these filters as a view of yours.")] = "",
    team: Annotated[bool, typer.Option("--team", help="With --save: as a view of the team.")] = False,
    sort: Annotated[str, typer.Option(help="score, at_risk, deadline, remit_date or age.")] = "",
    limit: Annotated[int, typer.Option(help="Rows to show.", min=1, max=500)] = 50,
    show_phi: ShowPhi = False,
) -> None:
    """List denial cases: what each is worth, why it was denied, what to do next and by when; the most urgent first.

    Example: claims denials list --category AUTH --due-within 30
    """
    from claims.service.desk import queue
    from claims.service.desk import views as saved
    from claims.service.desk.queue import Filters

    output = console.current()
    ctx = context_for(output, "desk.approve" if save and team else "desk.act" if save else "desk.read")
    asked: dict[str, Any] = {"state": state, "reason_code": queue.reason(reason), "next_action": next_action.upper()}
    asked |= {"assignee": assignee, "mine_or_unassigned": mine, "pattern_id": pattern, "category": _category(category)}
    asked |= {"tag": tag.strip(), "payer_code": queue.payer(ctx, payer)}
    if due_within is not None:
        asked["due_by"] = ctx.settings.today() + timedelta(days=due_within)
    if minimum:
        asked["minimum_cents"] = _cents(minimum)
    filters, sort = _view(ctx, view) if view else (Filters(**asked), sort)
    page = queue.page(ctx, filters, sort, size=limit)
    totals = queue.totals(ctx, filters)
    if save:
        saved.save(ctx, save, filters, sort, team=team, due_in=None if view else due_within)
    by = sort or filters.sorts[0]
    _say_list(output, _shown(ctx, page, show_phi=show_phi), totals, by, is_closed=filters.state == "closed")
    if payer and not totals.cases and not queue.payers(ctx, payer):
        output.say(f"No payer of any case fits {payer}.")


def approvals(show_phi: ShowPhi = False) -> None:
    """List what waits for a second person: which cases or claims, why they were denied, what changes, and why.

    Claim numbers and the reasons that people wrote are shown with --show-phi.

    Example: claims denials approvals --show-phi
    """
    from claims.masking import MASK
    from claims.service import money_approvals
    from claims.service.context import open_context
    from claims.service.desk import actions, approving

    output = console.current()
    ctx = open_context(actor=output.actor)
    rows = console.records(actions.waiting(ctx))
    cases = approving.cases(ctx, [row["action_id"] for row in rows], show_phi=show_phi)
    names = ("key", "claim_number", "payer_name", "payer_code", "cause", "amount_cents")
    rows = [
        row
        | {"reason": row["reason"] if show_phi or not row["reason"] else MASK}
        | {"of": [{name: one[name] for name in names} for one in cases[row["action_id"]]]}
        for row in rows
    ]
    asked = [_request(row) for row in money_approvals.shown(ctx, show_phi=show_phi)]
    output.document({"actions": rows, "requests": asked})
    output.table(
        "Waiting for a second person",
        [">No", "What", ">Cases", ">Amount", "Asked by", "Day", "About", "Reason"],
        [
            (
                *(row["action_id"], row["kind"], row["cases"], console.dollars(row["amount_cents"])),
                *(row["requested_by"], row["posting_date"], _cases(row["cases"], row["of"]), row["reason"]),
            )
            for row in rows
        ],
    )
    if rows:
        output.say("Another than the asker decides: claims denials approve NO, or refuse NO --reason ...")
    if asked:
        output.table(
            "Refunds, collection and lowered charges",
            [">Request", "What", ">Amount", "Asked by", "Day", "About", "Reason"],
            [
                (
                    *(row["request"], row["kind"], console.dollars(row["amount_cents"]), row["requested_by"]),
                    *(row["day"], _about(row), row["reason"]),
                )
                for row in asked
            ],
        )
        output.say("Another than the asker decides: claims takebacks approve NO, or refuse NO --reason ...")


def _request(row: dict[str, Any]) -> dict[str, Any]:
    renamed = {"request": row["money_request_id"], "day": row["posting_date"]}
    names = ("kind", "amount_cents", "requested_by", "reason", "although", "payer_code", "reference")
    return renamed | {name: row[name] for name in (*names, "claims", "case_keys", "changed")}


def _cases(count: int, shown: list[dict[str, Any]]) -> str:
    told = [
        f"{one['key']} {one['claim_number']}, {one['payer_name'] or one['payer_code']}: {one['cause']}" for one in shown
    ]
    return "; ".join([*told, *([f"{count - len(shown)} more"] if count > len(shown) else [])])


def _about(row: dict[str, Any]) -> str:
    parts = [f"{row['payer_code']} {row['reference']}".strip(), " ".join([*row["case_keys"], *row["claims"]])]
    return "; ".join(part for part in (*parts, *row["changed"]) if part)


def patterns() -> None:
    """List causes that hit several claims at once: mended once, their cases are worked together.

    A pattern is ten or more cases of one payer, reason, remarks and procedures within weeks; smaller groups have one
    payer and reason in common.

    Example: claims denials patterns
    """
    from claims.service.context import open_context
    from claims.service.denial_charts import causes

    output = console.current()
    found = causes(open_context(actor=output.actor))
    rows, groups = console.records(found.patterns), console.records(found.groups)
    alone = {"cases": found.alone[0], "at_risk_cents": found.alone[1]}
    output.document({"patterns": rows, "groups": groups, "alone": alone})
    columns = [">No", "Payer", "Reason", "Remarks", "Procedures", "Why", ">Cases", ">At risk", "From", "To"]
    shown = [
        (
            row["pattern_id"],
            row["payer_name"] or row["payer_code"],
            row["reason_code"],
            row["remark_codes"],
            row["procedure_codes"],
            row["cause"],
            row["cases"],
            console.dollars(row["at_risk_cents"]),
            row["first_remit_date"],
            row["last_remit_date"],
        )
        for row in rows
    ]
    output.table("Patterns, most money at risk first", columns, shown)
    if rows:
        output.say("Work one together: claims denials list --pattern NO, and any action with --pattern NO")
    output.table(
        "Two or more of one payer and reason, most money at risk first",
        ["Payer", "Reason", "Why", ">Cases", ">At risk", "First deadline"],
        [
            (
                row["payer_name"] or row["payer_code"], row["reason_code"], row["cause"], row["cases"],
                console.dollars(row["at_risk_cents"]),
                row["first_deadline"] if row["first_deadline"] < "9999" else "none known",
            )
            for row in groups
        ],
    )  # fmt: skip
    if groups:
        output.say("Cases of a group: claims denials list --payer PAYER --reason CODE")
    output.say(f"{alone['cases']} open case(s), {console.dollars(alone['at_risk_cents'])}, stand alone.")


def views(
    delete: Annotated[int, typer.Option(metavar="NO", help="Delete a view.")] = 0,
) -> None:
    """List saved views with what they hold now; or delete one.

    Example: claims denials views
    """
    from dataclasses import asdict

    from claims.service.desk import views as saved

    output = console.current()
    ctx = context_for(output, "desk.act" if delete else "desk.read")
    if delete:
        saved.delete(ctx, delete)
    rows = [row | {"filters": asdict(row["filters"])} for row in saved.listed(ctx).to_dict("records")]
    output.document({"views": rows})
    columns = [">No", "Name", "Whose", ">Cases", ">At risk"]
    shown = [
        (row["view_id"], row["name"], row["owner"] or "team", row["cases"], console.dollars(row["at_risk_cents"]))
        for row in rows
    ]
    output.table("Saved views", columns, shown)


def _view(ctx: Context, name: str) -> tuple[Filters, str]:
    from claims.service.desk import views as saved

    rows = saved.listed(ctx, counts=False)
    found = rows[rows["name"] == name]
    if found.empty:
        raise UsageError(f"There is no saved view {name}; claims denials views lists them.")
    return found["filters"].iloc[-1], str(found["sort"].iloc[-1])


def _category(text: str) -> str:
    from claims import codes

    known = codes.table("categories")["category"].tolist()
    if text and text.upper() not in known:
        raise UsageError(f"There is no category {text}; there are: {', '.join(known)}.")
    return text.upper()


def _cents(text: str) -> int:
    from claims.money import cents

    value = cents(text)
    if value is None or value < 0:
        raise UsageError("--minimum wants an amount like 145.00.")
    return value


def _shown(ctx: Context, page: Page, *, show_phi: bool) -> list[dict[str, Any]]:
    """Give the rows as they may be printed."""
    from claims.masking import MASK
    from claims.service.audited import record_shown
    from claims.service.queue import KEY_LENGTH

    if show_phi:
        record_shown(ctx, "denial queue", {"cases": page.rows["case_id"].tolist()})
    rows = console.records(page.rows)
    private = ("claim_number", "payer_claim_number")
    hidden = {} if show_phi else dict.fromkeys(private, MASK)
    return [{"key": row["case_key"][:KEY_LENGTH], **row, **hidden} for row in rows]


def _say_list(output: console.Output, rows: list[dict[str, Any]], totals: Totals, by: str, *, is_closed: bool) -> None:
    number, cents = totals.cases, totals.at_risk_cents
    sums = {"count": number, "at_risk_cents": cents, "recovered_cents": totals.recovered_cents}
    output.document({"cases": rows, **sums})
    if is_closed:
        _say_closed(output, rows, by)
        _say_count(output, rows, number, f"{console.dollars(totals.recovered_cents)} recovered")
        return
    columns = ["Key", ">Score", ">At risk", "Payer", "Claim", "Line", "Codes", "Why", "Next", "By", ">Days", "Who"]
    shown = [
        (
            row["key"],
            row["score"],
            console.dollars(row["at_risk_cents"]),
            row["payer_name"] or row["payer_code"],
            row["claim_number"],
            "all" if row["extent"] == "full" else row["line_number"] or "claim",
            " ".join(part for part in (row["all_codes"], row["remark_codes"]) if part),
            row["cause"],
            row["next_action_label"],
            row["deadline_date"] or "not known",
            "" if row["days_left"] is None else row["days_left"],
            row["assignee"],
        )
        for row in rows
    ]
    output.table(f"Denials by {by.replace('_', ' ')}", columns, shown)
    recovered = f", {console.dollars(totals.recovered_cents)} recovered" if totals.recovered_cents else ""
    _say_count(output, rows, number, f"{console.dollars(cents)} at risk{recovered}")


def _say_closed(output: console.Output, rows: list[dict[str, Any]], by: str) -> None:
    columns = ["Key", ">Denied", ">Recovered", "Outcome", "Closed", "Payer", "Claim", "Line", "Codes", "Why", "Who"]
    shown = [
        (
            row["key"],
            console.dollars(row["denied_cents"]),
            console.dollars(row["recovered_cents"]),
            str(row["outcome"] or "").replace("_", " "),
            row["closed_posting_date"],
            row["payer_name"] or row["payer_code"],
            row["claim_number"],
            "all" if row["extent"] == "full" else row["line_number"] or "claim",
            " ".join(part for part in (row["all_codes"], row["remark_codes"]) if part),
            row["cause"],
            row["assignee"],
        )
        for row in rows
    ]
    output.table(f"Closed denials by {by.replace('_', ' ')}", columns, shown)


def _say_count(output: console.Output, rows: list[dict[str, Any]], number: int, money: str) -> None:
    if number > len(rows):
        output.say(f"{len(rows)} of {number:,} cases shown; --limit shows up to 500.")
    output.say(f"{number:,} case(s), {money}. Story of one: claims denials show KEY")
