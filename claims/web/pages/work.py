"""What waits besides denials: rejections, exceptions, takebacks, variances, deposits; each list and one of it."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from claims.service import deposits, exceptions, rejection_queue, scrub_shown, takebacks, variances
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


@ROUTES.get("/exceptions", READ)
def exception_list(at: At, state: State = "open", type_code: str = "") -> Response:
    """List what is held, unmatched or odd, and what is held or refused right now."""
    rows, held = exceptions.listed(at.reading, state=_asked(state), type_code=type_code[:40], show_phi=True)
    return at.page("exceptions.html", rows=shown.rows(rows), held=shown.rows(held), state=state)


@ROUTES.get("/exceptions/{exception_id}", READ)
def exception(at: At, exception_id: Number) -> Response:
    """Tell one: what releases it, its findings, its payment or deposit."""
    story = exceptions.told(at.reading, exception_id, show_phi=True)
    return at.page("exception.html", story=story, findings=shown.rows(story["findings"]))


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


@ROUTES.get("/deposits", READ)
def deposit_list(at: At, state: Literal["open", "tied", "any"] = "open") -> Response:
    """List bank lines, and what each is tied to."""
    rows = deposits.listed(at.reading, state=_asked(state), show_phi=True)
    return at.page("deposits.html", rows=shown.rows(rows), state=state, rest_cents=int(rows["rest_cents"].sum()))


@ROUTES.get("/deposits/{bank_line_id}", READ)
def deposit(at: At, bank_line_id: Number) -> Response:
    """Tell one: its ties, and what was considered."""
    told = deposits.told(at.reading, bank_line_id, show_phi=True)
    parts = {"ties": shown.rows(told["ties"]), "candidates": shown.rows(told["candidates"])}
    return at.page("deposit.html", one=told, parts=parts)


@ROUTES.get("/variances", READ)
def variance_list(
    at: At, state: Literal["open", "disputed", "accepted", "recovered", "closed", "any"] = "open", payer: str = ""
) -> Response:
    """List lines that a payer paid below or above its contract."""
    found, sums = variances.listed(at.reading, variances.asked_for(state, payer=payer[:80]), limit=MOST, show_phi=True)
    return at.page("variances.html", rows=shown.rows(found), sums=shown.rows(sums), state=state)


@ROUTES.get("/variances/{key}", READ)
def variance(at: At, key: str) -> Response:
    """Tell one: how it was priced, the decisions behind it, what happened."""
    told = variances.told(at.reading, key[:64], show_phi=True)
    parts = {name: shown.rows(told[name]) for name in ("lines", "decisions", "events")}
    return at.page("variance.html", one=told["case"], key=told["key"], parts=parts)
