"""Claims that an edit stops before they leave: the list, one of it, who works on it, giving it up and letting it go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Form, Query
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import blocked_queue, lowered_requests, resubmit
from claims.service.context import Context
from claims.web import paging, several, shown
from claims.web.pages.stopped_acts import BLOCKED
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat
from claims.web.stopped_asked import Blocked

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
LIST, HERE = "blocked", Blocked.home
Said = Literal["", "ready", "blocked", "assigned", "noted", "closed", "reopened", "let-go"]
Text = Annotated[str, Form(max_length=400)]
Name = Annotated[str, Form(max_length=120)]
Version = Annotated[int, Form(ge=0, lt=2**60)]


@ROUTES.get(HERE, READ)
def listed(at: At, words: Annotated[Blocked, Query()]) -> Response:
    """List claims to send that an edit stops, with what to do, and the denial that each was made of, or those that
    were given up."""
    owner = words.owner(at)
    after, is_lost = paging.place(at, words.at, LIST)
    asked: dict[str, Any] = {"payer": words.payer, "given_up": words.is_given_up}
    page = blocked_queue.page(at.reading, after, owner, **asked)
    claims, cents = blocked_queue.totals(at.reading, owner, **asked)
    return at.page(
        "blocked.html",
        rows=shown.rows(page.rows),
        claims=claims,
        cents=cents,
        state=words.state,
        payer=words.payer,
        payers=blocked_queue.payers(at.reading),
        said=words.said,
        is_lost=is_lost,
        around=paging.around(at, page, LIST, HERE, **words.words(said="")),
        workers=at.practice.workers(),
        told=several.shown_done(at, BLOCKED, words.did),
        work=BLOCKED,
        back=words.address(at=words.at, said=""),
    )


@ROUTES.get(f"{HERE}/{{claim_id}}", READ)
def one(at: At, claim_id: Number, said: Said = "") -> Response:
    """Tell one: what stops it, and what people did with it."""
    return _page(at, claim_id, said=said)


@ROUTES.post(f"{HERE}/{{claim_id}}/assign", ACT)
def assign(at: At, claim_id: Number, to: Name = "", was: Name = "") -> Response:
    """Give it to somebody, unless another did meanwhile; empty: to nobody. `was`: by:OWNER, as the page was seen."""
    seen = was.removeprefix("by:") if was else None
    return _act(at, claim_id, "assigned", lambda ctx: blocked_queue.assign(ctx, claim_id, to, was=seen))


@ROUTES.post(f"{HERE}/{{claim_id}}/note", ACT)
def note(at: At, claim_id: Number, words: Text = "") -> Response:
    """Write a note on it."""

    def do(ctx: Context) -> None:
        blocked_queue.note(ctx, claim_id, words, ctx.settings.today())

    return _act(at, claim_id, "noted", do, note=words)


@ROUTES.post(f"{HERE}/{{claim_id}}/close", ACT)
def close(at: At, claim_id: Number, reason: Text = "", was: Version = 0, sure: Name = "") -> Response:
    """Show what giving it up does; with `sure`, do it, unless it changed since it was seen (`was`)."""
    if reason.strip() and sure != "yes":
        return _page(at, claim_id, reason=reason, look="close")

    def do(ctx: Context) -> None:
        blocked_queue.give_up(ctx, claim_id, ctx.settings.today(), reason, was=was)

    return _act(at, claim_id, "closed", do, reason=reason)


@ROUTES.post(f"{HERE}/{{claim_id}}/reopen", ACT)
def reopen(at: At, claim_id: Number, reason: Text = "") -> Response:
    """Take it up again, where it was given up."""

    def do(ctx: Context) -> None:
        blocked_queue.take_up(ctx, claim_id, ctx.settings.today(), reason)

    return _act(at, claim_id, "reopened", do, reason=reason)


@ROUTES.post(f"{HERE}/{{claim_id}}/let-go", ACT)
def let_go(at: At, claim_id: Number, reason: Text = "") -> Response:
    """Let it go although its payer's answer is here, in a remittance that is held."""

    def do(ctx: Context) -> None:
        blocked_queue.let_go(ctx, claim_id, ctx.settings.today(), reason)

    return _act(at, claim_id, "let-go", do, letting=reason)


def _act(at: Seat, claim_id: int, said: str, do: Callable[[Context], None], **typed: str) -> Response:
    try:
        do(at.writing)
    except UsageError as error:
        return _page(at, claim_id, 422, problem=str(error), **typed)
    return at.go(f"{HERE}/{claim_id}?said={said}")


def _page(at: Seat, claim_id: int, status: int = 200, **values: str) -> Response:
    row = blocked_queue.told(at.reading, claim_id)
    why = resubmit.why_not(at.reading, claim_id) if row["is_blocked"] else ""
    usual: dict[str, Any] = {"said": "", "problem": "", "note": "", "reason": "", "look": "", "letting": ""}
    own: dict[str, Any] = {"row": row, "why_not": why, "workers": at.practice.workers()}
    own["lowered"] = lowered_requests.waiting_of(at.reading, claim_id=claim_id)
    return at.page("blocked_claim.html", status, **usual | own | values)
