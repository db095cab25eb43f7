"""What waits besides denials: rejections and blocked claims, which are worked here, and takebacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Form
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import rejection_queue, resubmit, scrub_shown, takebacks
from claims.service.context import Context
from claims.web import shown
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
MOST = 200
Said = Literal["", "ready", "blocked", "assigned", "noted", "closed", "reopened"]
Text = Annotated[str, Form(max_length=400)]
Name = Annotated[str, Form(max_length=120)]


def _asked(state: str) -> str:
    return "" if state == "any" else state


@ROUTES.get("/rejections", READ)
def rejections(
    at: At, state: Literal["open", "mine", "closed", "any"] = "open", payer: str = "", said: Said = ""
) -> Response:
    """List what payers and clearing houses refused before anybody judged it (`mine`: open, and given to who asks)."""
    asked, owner = ("open", at.person.name) if state == "mine" else (_asked(state), "")
    rows = rejection_queue.listed(at.reading, state=asked, payer=payer[:80], owner=owner, show_phi=True)
    stopped = scrub_shown.blocked_totals(at.reading)
    return at.page("rejections.html", rows=shown.rows(rows), state=state, payer=payer, stopped=stopped, said=said)


@ROUTES.get("/rejections/blocked", READ)
def blocked(at: At, said: Said = "") -> Response:
    """List claims to send that an edit stops, with what to do, and the denial that each was made of."""
    cases, cents = scrub_shown.blocked_totals(at.reading)
    rows = shown.rows(scrub_shown.blocked(at.reading, MOST))
    return at.page("blocked.html", rows=rows, claims=cases, cents=cents, said=said)


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
def close(at: At, rejection_id: Number, reason: Text = "", was: Name = "", sure: Name = "") -> Response:
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
    own = {"row": row, "why_not": why, "workers": at.practice.workers()}
    return at.page("rejection.html", status, **usual | own | values)


@ROUTES.get("/takebacks", READ)
def takeback_list(at: At, state: Literal["open", "settled", "any"] = "open", payer: str = "") -> Response:
    """List what payers announced, took and forwarded."""
    rows = takebacks.listed(at.reading, state=state, payer=payer[:80], show_phi=True)
    return at.page("takebacks.html", rows=shown.rows(rows), state=state, open_cents=int(rows["open_cents"].sum()))


@ROUTES.get("/takebacks/{key}", READ)
def takeback(at: At, key: str) -> Response:
    """Tell one: its entries, and the claims behind it."""
    told = takebacks.told(at.reading, key[:64], show_phi=True)
    return at.page("takeback.html", one=told, entries=shown.rows(told["entries"]), claims=shown.rows(told["claims"]))
