"""Today: what the night changed, what it is worth and what falls due; the way into everything else."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlsplit

from starlette.responses import Response

from claims.service import blocked_queue, rejection_queue, run_story, variances
from claims.service.audited import record_shown
from claims.service.desk import queue
from claims.service.desk.today import DUE_DAYS, last_night, queues, since_last_night
from claims.service.overview import overview
from claims.web import shown
from claims.web.routes import SIGNED_IN, Routes
from claims.web.seat import At

ROUTES = Routes()
OF_CASE = ("case_id", "case_key", "payer_code", "payer_name", "claim_number", "cause", "at_risk_cents", "deadline_date")
DUE = "/queue?who=any&due=7&sort=deadline"
# What the news are called, and where they are looked at.
NEWS = {
    "new": ("New denials", "/queue?who=any&since={run}"),
    "changed": ("Changed", "/queue?who=any&since={run}"),
    "paid": ("Paid after all", "/queue?who=any&state=closed&since={run}"),
    "replaced": ("Replaced", "/queue?who=any&state=any&since={run}"),
    "reopened": ("Reopened", "/queue?who=any&since={run}"),
    "back": ("Back to work on", "/queue?who=any&since={run}"),
    "due": ("Due within a week, or past", DUE),
}
# The queues, what they count, and where they are looked at.
QUEUES = {
    "open": ("To work on", "/queue?who=any"),
    "waiting": ("Waiting for an answer", "/queue?who=any&state=waiting"),
    "snoozed": ("Snoozed", "/queue?who=any&state=snoozed"),
    "expired": ("Past their last day", "/queue?who=any&state=expired"),
}
SHOWN_DUE = 8


@ROUTES.get("/", SIGNED_IN)
def today(at: At) -> Response:
    """Show the news of the night; who may not see patients is shown the first page that is theirs."""
    if not at.person.may("desk.read"):
        return at.go("/people" if at.person.may("people.manage") else "/audit")
    ctx = at.reading
    run_id = run_story.last_night(ctx)
    if not run_id:
        return at.page("today.html", night=None, run=None, day=ctx.settings.today(), last=None)
    news = since_last_night(ctx)
    within = queue.Filters(due_by=ctx.settings.today() + timedelta(days=DUE_DAYS))
    soon = shown.rows(queue.page(ctx, within, "deadline", size=SHOWN_DUE).rows[[*OF_CASE, "days_left"]])
    cases = shown.rows(news.cases)
    if cases or soon:
        seen = dict.fromkeys(row["case_id"] for row in (*soon, *cases))
        record_shown(ctx, "news of the night", {"cases": list(seen)})
    due = queue.totals(ctx, within)
    counts = [row if row["news"] != "due" else row | due._asdict() for row in shown.rows(news.counts)]
    cards = [
        {**row, "title": NEWS[row["news"]][0], "link": NEWS[row["news"]][1].format(run=news.first_run)}
        for row in counts
    ]
    return at.page(
        "today.html",
        night=overview(ctx, run_id),
        run=run_story.told(ctx, run_id)[0],
        day=ctx.settings.today(),
        news=news,
        stopped=blocked_queue.totals(ctx),
        rejected=rejection_queue.open_totals(ctx),
        off=variances.open_totals(ctx),
        cards=cards,
        cases=cases,
        soon=soon,
        due_link=DUE,
        due_list=quote(urlsplit(DUE).query, safe=""),
        last=last_night(ctx),
        queues=[
            {"title": QUEUES[name][0], "link": QUEUES[name][1], "cases": number, "cents": cents, "name": name}
            for name, (number, cents) in queues(ctx).items()
        ],
        titles_of={name: title for name, (title, _) in NEWS.items()},
    )
