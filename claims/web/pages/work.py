"""What waits besides denials: rejections, which are worked here, and takebacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Form, Query
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import blocked_queue, lowered_requests, rejection_pages, rejection_queue, resubmit, takebacks
from claims.service.context import Context
from claims.service.desk import correcting
from claims.web import paging, several, shown
from claims.web.pages.stopped_acts import REJECTIONS
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat
from claims.web.stopped_asked import Rejections

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
LIST, TAKEBACKS = "rejections", "takebacks"
Said = Literal["", "ready", "assigned", "noted", "closed", "reopened"]
Text = Annotated[str, Form(max_length=400)]
Name = Annotated[str, Form(max_length=120)]
Version = Annotated[int, Form(ge=0, lt=2**60)]
Place = Annotated[str, Query(alias="at", max_length=300)]
Payer = Annotated[str, Query(max_length=80)]


@ROUTES.get("/rejections", READ)
def rejections(at: At, words: Annotated[Rejections, Query()]) -> Response:
    """List what payers and clearing houses refused before anybody judged it."""
    asked = words.asked(at)
    after, is_lost = paging.place(at, words.at, LIST)
    page = rejection_pages.page(at.reading, asked, after)
    count, cents = rejection_pages.totals(at.reading, asked)
    return at.page(
        "rejections.html",
        rows=shown.rows(page.rows),
        in_all=count,
        cents=cents,
        state=words.state,
        payer=words.payer,
        payers=rejection_pages.payers(at.reading),
        stopped=blocked_queue.totals(at.reading),
        said=words.said,
        is_lost=is_lost,
        around=paging.around(at, page, LIST, words.home, **words.words(said="")),
        workers=at.practice.workers(),
        told=several.shown_done(at, REJECTIONS, words.did),
        work=REJECTIONS,
        back=words.address(at=words.at, said=""),
    )


@ROUTES.get("/rejections/{rejection_id}", READ)
def rejection(at: At, rejection_id: Number, said: Said = "") -> Response:
    """Tell one."""
    return _rejection(at, rejection_id, said=said)


@ROUTES.post("/rejections/{rejection_id}/assign", ACT)
def assign(at: At, rejection_id: Number, to: Name = "", was: Name = "") -> Response:
    """Give it to somebody, unless another did meanwhile; empty: to nobody. `was`: by:OWNER, as the page was seen."""
    seen = was.removeprefix("by:") if was else None
    return _act(at, rejection_id, "assigned", lambda ctx: rejection_queue.assign(ctx, rejection_id, to, was=seen))


@ROUTES.post("/rejections/{rejection_id}/note", ACT)
def note(at: At, rejection_id: Number, words: Text = "") -> Response:
    """Write a note on it."""

    def do(ctx: Context) -> None:
        rejection_queue.note(ctx, rejection_id, words, ctx.settings.today())

    return _act(at, rejection_id, "noted", do, note=words)


@ROUTES.post("/rejections/{rejection_id}/close", ACT)
def close(at: At, rejection_id: Number, reason: Text = "", was: Version = 0, sure: Name = "") -> Response:
    """Show what giving its claim up does; with `sure`, do it, unless it changed since it was seen (`was`)."""
    if reason.strip() and sure != "yes":
        try:
            rejection_queue.require_still_open(at.reading, rejection_id)
        except UsageError as error:
            return _rejection(at, rejection_id, 422, problem=str(error), reason=reason)
        return _rejection(at, rejection_id, reason=reason, look="close")

    def do(ctx: Context) -> None:
        if not reason.strip():
            raise UsageError("Say why the claim is not sent again.")
        rejection_queue.close(ctx, rejection_id, ctx.settings.today(), reason, was=was)

    return _act(at, rejection_id, "closed", do, reason=reason)


@ROUTES.post("/rejections/{rejection_id}/reopen", ACT)
def reopen(at: At, rejection_id: Number, reason: Text = "") -> Response:
    """Take a claim up again that was given up."""

    def do(ctx: Context) -> None:
        rejection_queue.reopen(ctx, rejection_id, ctx.settings.today(), reason)

    return _act(at, rejection_id, "reopened", do, reason=reason)


def _act(at: Seat, rejection_id: int, said: str, do: Callable[[Context], None], **typed: str) -> Response:
    try:
        do(at.writing)
    except UsageError as error:
        return _rejection(at, rejection_id, 422, problem=str(error), **typed)
    return at.go(f"/rejections/{rejection_id}?said={said}")


def _rejection(at: Seat, rejection_id: int, status: int = 200, **values: str) -> Response:
    row = rejection_queue.told(at.reading, rejection_id, show_phi=True)
    why = "" if row["state"] != "open" else resubmit.why_not(at.reading, int(row["claim_id"]))
    usual: dict[str, Any] = {"said": "", "problem": "", "note": "", "reason": "", "look": ""}
    is_missed = bool(row["edit_id"]) and correcting.is_missed(at.reading, int(row["claim_id"]), str(row["edit_id"]))
    own = {"row": row, "why_not": why, "workers": at.practice.workers(), "is_missed": is_missed}
    own["lowered"] = lowered_requests.waiting_of(at.reading, claim_id=int(row["claim_id"]))
    return at.page("rejection.html", status, **usual | own | values)


@ROUTES.get("/takebacks", READ)
def takeback_list(
    at: At, state: Literal["open", "settled", "any"] = "open", payer: Payer = "", place: Place = ""
) -> Response:
    """List what payers announced, took and forwarded, a page at a time."""
    after, is_lost = paging.place(at, place, TAKEBACKS)
    page, count, totals = takebacks.page(at.reading, state, payer, after)
    return at.page(
        "takebacks.html",
        rows=shown.rows(page.rows),
        in_all=count,
        totals=totals,
        state=state,
        is_lost=is_lost,
        around=paging.around(at, page, TAKEBACKS, "/takebacks", state=state, payer=payer),
    )


@ROUTES.get("/takebacks/{key}", READ)
def takeback(at: At, key: str) -> Response:
    """Tell one: its entries, and the claims behind it."""
    told = takebacks.told(at.reading, key[:64], show_phi=True)
    return at.page("takeback.html", one=told, entries=shown.rows(told["entries"]), claims=shown.rows(told["claims"]))
