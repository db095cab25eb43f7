"""Refunds to payers: asked for here, decided where approvals are; and what else waits for a second person by itself."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Form, Query
from starlette.responses import Response

from claims.days import read_day
from claims.errors import UsageError
from claims.money import cents as cents_of
from claims.service import money_approvals, money_requests, payer_refunds, takebacks
from claims.service.audited import record_shown
from claims.web.pages.acts import waiting
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
READ, POST, APPROVE = "desk.read", "money.post", "desk.approve"
Text = Annotated[str, Form(max_length=400)]
Short = Annotated[str, Form(max_length=80)]
Said = Literal["", "asked", "withdrawn", "reversed"]
_EMPTY = {"payer": "", "number": "", "amount": "", "on": "", "cheque": "", "words": "", "although": ""}


@ROUTES.get("/refunds", READ)
def refunds(at: At, key: Annotated[str, Query(max_length=64)] = "", said: Said = "") -> Response:
    """List refunds to payers; ask for one, of a takeback (`key`) or by the payer's number."""
    typed: dict[str, str] = {}
    if key:
        payer, number, open_cents = takebacks.recovery(at.reading, key)
        typed = {"payer": payer, "number": number, "amount": f"{max(open_cents, 0) / 100:.2f}"}
    return _page(at, said=said, typed=_EMPTY | typed)


@ROUTES.post("/refunds", POST)
def ask(
    at: At, payer: Short = "", number: Short = "", amount: Short = "", on: Short = "", cheque: Short = "",
    words: Text = "", although: Text = "",
) -> Response:  # fmt: skip
    """Ask for a refund: nothing is posted before another person approves."""
    typed = {"payer": payer, "number": number, "amount": amount, "on": on, "cheque": cheque}
    typed |= {"words": words, "although": although}
    day = at.writing.settings.today()
    try:
        worth = cents_of(amount.strip())
        if worth is None or not payer.strip() or not number.strip():
            raise UsageError("A payer's code, its number of the claim and an amount like 12.50 are wanted.")
        payer_refunds.request(
            at.writing, payer.strip(), number.strip(), worth, _day(on, day), day,
            reason=words, cheque=cheque.strip(), although=although,
        )  # fmt: skip
    except UsageError as error:
        return _page(at, 422, typed=typed, problem=str(error))
    return at.go("/refunds?said=asked")


@ROUTES.post("/refunds/{request_id}/withdraw", POST)
def withdraw(at: At, request_id: Number, words: Text = "") -> Response:
    """Take back what was asked for and nobody has decided."""
    return _end(at, "withdrawn", request_id, words)


@ROUTES.post("/refunds/{request_id}/reverse", APPROVE)
def reverse(at: At, request_id: Number, words: Text = "") -> Response:
    """Take back a refund that was approved and that no bank line has paid."""
    return _end(at, "reversed", request_id, words)


@ROUTES.post("/approvals/requests/{request_id}", APPROVE)
def decide(
    at: At, request_id: Number, decision: Annotated[Literal["approve", "refuse"], Form()], words: Text = ""
) -> Response:
    """Say yes or no to what somebody else asked for: a refund, balances to collection, a lowered charge."""
    day = at.writing.settings.today()
    try:
        if decision == "approve":
            money_approvals.approve(at.writing, request_id, day)
        else:
            money_requests.refuse(at.writing, request_id, words, day)
    except UsageError as error:
        return waiting(at, problem=str(error))
    return at.go("/approvals")


@ROUTES.post("/approvals/requests/{request_id}/withdraw", POST)
def withdraw_request(at: At, request_id: Number, words: Text = "") -> Response:
    """Take back what waits with the approvals and nobody has decided."""
    try:
        money_requests.withdraw(at.writing, request_id, words, at.writing.settings.today())
    except UsageError as error:
        return waiting(at, problem=str(error))
    return at.go("/approvals")


def _end(at: Seat, said: str, request_id: int, words: str) -> Response:
    day = at.writing.settings.today()
    try:
        end = payer_refunds.reverse if said == "reversed" else money_requests.withdraw
        end(at.writing, request_id, words, day)
    except UsageError as error:
        return _page(at, 422, problem=str(error))
    return at.go(f"/refunds?said={said}")


def _page(at: Seat, status: int = 200, **values: Any) -> Response:
    rows = money_requests.listed(at.reading, money_requests.PAYER_REFUND)[::-1]
    if rows:
        record_shown(at.reading, "refunds to payers", {"requests": [int(row["money_request_id"]) for row in rows]})
    usual: dict[str, Any] = {"said": "", "problem": "", "typed": _EMPTY}
    return at.page("refunds.html", status, rows=rows, **usual | values)


def _day(text: str, usual: date) -> date:
    try:
        return read_day(text.strip()) if text.strip() else usual
    except ValueError:
        raise UsageError("The day of a refund is written like 2026-11-26.") from None
