"""What waits besides denials and is only looked at: rejections and takebacks; each list and one of it."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from claims.service import rejection_queue, scrub_shown, takebacks
from claims.web import shown
from claims.web.routes import Number, Routes
from claims.web.seat import At

ROUTES = Routes()
READ = "desk.read"
MOST = 200
State = Literal["open", "closed", "any"]


def _asked(state: str) -> str:
    return "" if state == "any" else state


@ROUTES.get("/rejections", READ)
def rejections(at: At, state: State = "open", payer: str = "") -> Response:
    """List what payers and clearing houses refused before anybody judged it."""
    rows = rejection_queue.listed(at.reading, state=_asked(state), payer=payer[:80], show_phi=True)
    stopped = scrub_shown.blocked_totals(at.reading)
    return at.page("rejections.html", rows=shown.rows(rows), state=state, payer=payer, stopped=stopped)


@ROUTES.get("/rejections/blocked", READ)
def blocked(at: At) -> Response:
    """List claims to send that an edit stops, with what to do, and the denial that each was made of."""
    cases, cents = scrub_shown.blocked_totals(at.reading)
    rows = shown.rows(scrub_shown.blocked(at.reading, MOST))
    return at.page("blocked.html", rows=rows, claims=cases, cents=cents)


@ROUTES.get("/rejections/{rejection_id}", READ)
def rejection(at: At, rejection_id: Number) -> Response:
    """Tell one."""
    return at.page("rejection.html", row=rejection_queue.told(at.reading, rejection_id, show_phi=True))


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
