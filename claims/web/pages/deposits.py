"""What came into the bank: the list, one line of it, and ties to remittances that a person makes or takes apart."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form
from starlette.responses import Response

from claims.errors import NotFoundError, UsageError
from claims.money import amount, cents
from claims.service import deposits
from claims.service.audited import record_shown
from claims.web import shown
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
Money = Annotated[str, Form(max_length=20)]
Text = Annotated[str, Form(max_length=400)]
Sure = Annotated[str, Form(max_length=10)]
Remit = Annotated[int, Form(ge=0, lt=2**62)]


@ROUTES.get("/deposits", READ)
def listed(at: At, state: Literal["open", "tied", "any"] = "open") -> Response:
    """List bank lines, and what each is tied to."""
    rows = deposits.listed(at.reading, state="" if state == "any" else state, show_phi=True)
    return at.page("deposits.html", rows=shown.rows(rows), state=state, rest_cents=int(rows["rest_cents"].sum()))


@ROUTES.get("/deposits/{bank_line_id}", READ)
def one(at: At, bank_line_id: Number, said: Literal["", "tied", "untied"] = "") -> Response:
    """Tell one: its ties, and what was considered."""
    return _page(at, bank_line_id, said=said)


@ROUTES.post("/deposits/{bank_line_id}/tie", ACT)
def tie(
    at: At, bank_line_id: Number, remit: Remit, reason: Text = "", settles: Money = "", fee: Money = "", sure: Sure = ""
) -> Response:
    """Show what a tie to a remittance would move; with `sure`, make it."""
    typed: dict[str, Any] = {"remit": remit, "reason": reason, "settles": settles, "fee": fee}
    try:
        how = {"amount_cents": _cents(settles), "fee_cents": _cents(fee) or 0}
        asked = (bank_line_id, remit, reason, at.writing.settings.today())
        if sure != "yes":
            would = deposits.would_tie(at.writing, *asked, **how)  # type: ignore[arg-type]
            return _page(at, bank_line_id, would=would, verb="tie", **typed | {"settles": amount(would.cents)})
        deposits.tie(at.writing, *asked, **how)  # type: ignore[arg-type]
    except (UsageError, NotFoundError) as error:
        return _page(at, bank_line_id, 422, problem=str(error), **typed)
    return at.go(f"/deposits/{bank_line_id}?said=tied")


@ROUTES.post("/deposits/{bank_line_id}/untie", ACT)
def untie(at: At, bank_line_id: Number, remit: Remit = 0, reason: Text = "", sure: Sure = "") -> Response:
    """Show what taking a tie apart would move; with `sure`, do it. Without a remittance, all ties of the line."""
    typed: dict[str, Any] = {"remit": remit, "reason": reason}
    asked = (bank_line_id, reason, at.writing.settings.today())
    try:
        if sure != "yes":
            would = deposits.would_untie(at.writing, *asked, remit_id=remit or None)
            return _page(at, bank_line_id, would=would, verb="untie", **typed)
        deposits.untie(at.writing, *asked, remit_id=remit or None)
    except (UsageError, NotFoundError) as error:
        return _page(at, bank_line_id, 422, problem=str(error), **typed)
    return at.go(f"/deposits/{bank_line_id}?said=untied")


def _cents(text: str) -> int | None:
    """Read an amount as people type it; none where there is none."""
    words = text.strip().removeprefix("$").replace(",", "")
    if not words:
        return None
    found = cents(words)
    if found is None or found < 0:
        raise UsageError("An amount is written like 12.50.")
    return found


def _page(at: Seat, bank_line_id: int, status: int = 200, **values: Any) -> Response:
    told = deposits.told(at.reading, bank_line_id, show_phi=True)
    usual: dict[str, Any] = {"said": "", "problem": "", "would": None, "verb": ""}
    usual |= {"remit": 0, "reason": "", "settles": "", "fee": ""}
    open_ = shown.rows(deposits.open_remittances(at.reading, bank_line_id)) if told["rest_cents"] > 0 else []
    if open_:
        record_shown(at.reading, f"bank line {bank_line_id}", {"remittances": [row["remit_id"] for row in open_]})
    parts = {"ties": shown.rows(told["ties"]), "candidates": shown.rows(told["candidates"]), "open": open_}
    parts |= usual | values
    return at.page("deposit.html", status, one=told, parts=parts)
