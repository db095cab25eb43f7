"""What came into the bank: the list, one line of it, ties to remittances by hand, and small differences booked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Form, Query
from starlette.responses import Response

from claims.errors import NotFoundError, UsageError
from claims.money import amount
from claims.service import bank_differences, deposit_pages, deposits, returns, same_money
from claims.service.audited import record_shown
from claims.web import paging, shown
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat
from claims.web.typed import cents_of

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
LIST = "deposits"
Money = Annotated[str, Form(max_length=20)]
Text = Annotated[str, Form(max_length=400)]
Sure = Annotated[str, Form(max_length=10)]
Seen = Annotated[str, Form(max_length=60)]
Remit = Annotated[int, Form(ge=0, lt=2**62)]
Part = Annotated[str, Form(pattern=r"^[0-9]{1,18}:(-1|[0-9]{1,18})$")]


@ROUTES.get("/deposits", READ)
def listed(
    at: At,
    state: Literal["open", "tied", "copy", "undone", "any"] = "open",
    place: Annotated[str, Query(alias="at", max_length=300)] = "",
) -> Response:
    """List bank lines, and what each is tied to, a page at a time."""
    asked = "" if state == "any" else state
    after, is_lost = paging.place(at, place, LIST)
    page = deposit_pages.page(at.reading, asked, after)
    lines, rest_cents = deposit_pages.totals(at.reading, asked)
    return at.page(
        "deposits.html",
        rows=shown.rows(page.rows),
        in_all=lines,
        rest_cents=rest_cents,
        state=state,
        is_lost=is_lost,
        around=paging.around(at, page, LIST, "/deposits", state=state),
    )


@ROUTES.get("/deposits/{bank_line_id}", READ)
def one(
    at: At, bank_line_id: Number, said: Literal["", "tied", "untied", "own", "difference", "difference-back"] = ""
) -> Response:
    """Tell one: its ties, and what was considered."""
    return _page(at, bank_line_id, said=said)


@ROUTES.post("/deposits/{bank_line_id}/tie", ACT)
def tie(
    at: At,
    bank_line_id: Number,
    remit: Remit,
    reason: Text = "",
    settles: Money = "",
    fee: Money = "",
    sure: Sure = "",
    seen: Seen = "",
) -> Response:
    """Show what a tie to a remittance would move; with `sure`, make it, unless ties of the two have changed."""
    typed: dict[str, Any] = {"remit": remit, "reason": reason, "settles": settles, "fee": fee}

    def act() -> dict[str, Any]:
        how = {"amount_cents": cents_of(settles), "fee_cents": cents_of(fee) or 0}
        asked = (bank_line_id, remit, reason, at.writing.settings.today())
        if sure != "yes":
            would = deposits.would_tie(at.writing, *asked, **how)  # type: ignore[arg-type]
            return {"would": would, "settles": amount(would.cents)}
        deposits.tie(at.writing, *asked, **how, seen=seen)  # type: ignore[arg-type]
        return {}

    return _acted(at, bank_line_id, "tie", typed, act)


@ROUTES.post("/deposits/{bank_line_id}/untie", ACT)
def untie(
    at: At, bank_line_id: Number, remit: Remit = 0, reason: Text = "", sure: Sure = "", seen: Seen = ""
) -> Response:
    """Show what taking a tie apart would move; with `sure`, do it, unless its ties have changed.

    Without a remittance, all ties of the line.
    """
    typed: dict[str, Any] = {"remit": remit, "reason": reason}
    asked = (bank_line_id, reason, at.writing.settings.today())

    def act() -> dict[str, Any]:
        if sure != "yes":
            return {"would": deposits.would_untie(at.writing, *asked, remit_id=remit or None)}
        deposits.untie(at.writing, *asked, remit_id=remit or None, seen=seen)
        return {}

    return _acted(at, bank_line_id, "untie", typed, act, said="untied")


@ROUTES.post("/deposits/{bank_line_id}/own", ACT)
def own(at: At, bank_line_id: Number, reason: Text = "") -> Response:
    """Say that a line which was taken for a copy is money of its own."""

    def act() -> dict[str, Any]:
        same_money.tell_apart(at.writing, bank_line_id, reason, at.writing.settings.today())
        return {}

    return _acted(at, bank_line_id, "own", {}, act, said="own")


@ROUTES.post("/deposits/{bank_line_id}/take-back", ACT)
def take_back(
    at: At,
    bank_line_id: Number,
    part: Part,
    reason: Text = "",
    settles: Money = "",
    sure: Sure = "",
    seen: Seen = "",
) -> Response:
    """Show what would be open again if this money was that of a former deposit; with `sure`, tie the two.

    `part`: the number of the deposit's line and of a remittance that had its money (`returns.choices`), as 12:40.
    """
    typed: dict[str, Any] = {"part": part, "reason": reason, "settles": settles}
    former, remit = (int(number) for number in part.split(":"))

    def act() -> dict[str, Any]:
        how: dict[str, Any] = {"remit_id": None if remit < 0 else remit, "amount_cents": cents_of(settles)}
        asked = (bank_line_id, former, reason, at.writing.settings.today())
        if sure != "yes":
            would = returns.would_take_back(at.writing, *asked, **how)
            return {"would": would, "open_again": shown.rows(would.remits), "settles": amount(would.cents)}
        returns.take_back(at.writing, *asked, **how, seen=seen)
        return {}

    return _acted(at, bank_line_id, "take-back", typed, act)


@ROUTES.post("/deposits/{bank_line_id}/difference", ACT)
def difference(
    at: At, bank_line_id: Number, remit: Remit, reason: Text = "", sure: Sure = "", seen: Seen = ""
) -> Response:
    """Show what booking the small difference to a remittance would move; with `sure`, book it, unless ties changed."""
    return _differing(at, bank_line_id, "difference", remit, reason, sure, seen)


@ROUTES.post("/deposits/{bank_line_id}/difference-back", ACT)
def difference_back(
    at: At, bank_line_id: Number, remit: Remit, reason: Text = "", sure: Sure = "", seen: Seen = ""
) -> Response:
    """Show what taking a booked difference back would move; with `sure`, do it, unless ties have changed."""
    return _differing(at, bank_line_id, "difference-back", remit, reason, sure, seen)


def _differing(at: Seat, bank_line_id: int, verb: str, remit: int, reason: str, sure: str, seen: str) -> Response:
    look, do = {
        "difference": (bank_differences.would_book, bank_differences.book),
        "difference-back": (bank_differences.would_take_back, bank_differences.take_back),
    }[verb]

    def act() -> dict[str, Any]:
        asked = (bank_line_id, remit, reason, at.writing.settings.today())
        if sure != "yes":
            return {"would": look(at.writing, *asked)}
        do(at.writing, *asked, seen=seen)
        return {}

    return _acted(at, bank_line_id, verb, {"remit": remit, "reason": reason}, act, said=verb)


def _acted(
    at: Seat, bank_line_id: int, verb: str, typed: dict[str, Any], act: Callable[[], dict[str, Any]], said: str = "tied"
) -> Response:
    """Do an act; where it only says what it would do (gives it), or is refused, show the page with what was typed."""
    try:
        would = act()
    except (UsageError, NotFoundError) as error:
        return _page(at, bank_line_id, 422, problem=str(error), **typed)
    if would:
        return _page(at, bank_line_id, verb=verb, **typed | would)
    return at.go(f"/deposits/{bank_line_id}?said={said}")


def _page(at: Seat, bank_line_id: int, status: int = 200, **values: Any) -> Response:
    told = deposits.told(at.reading, bank_line_id, show_phi=True)
    usual: dict[str, Any] = {"said": "", "problem": "", "would": None, "verb": ""}
    usual |= {"remit": 0, "reason": "", "settles": "", "fee": "", "part": "", "open_again": []}
    is_there = told["state"] not in ("undone", "copy") and not told["is_ahead"]
    can_be_tied = told["rest_cents"] > 0 and is_there
    open_ = shown.rows(deposits.open_remittances(at.reading, bank_line_id)) if can_be_tied else []
    if open_:
        record_shown(at.reading, f"bank line {bank_line_id}", {"remittances": [row["remit_id"] for row in open_]})
    went = shown.rows(returns.choices(at.reading, bank_line_id)) if told["rest_cents"] < 0 and is_there else []
    if went:
        seen = sorted({row["returns_line_id"] for row in went})
        record_shown(at.reading, f"bank line {bank_line_id}", {"bank lines": seen})
    parts = {"ties": shown.rows(told["ties"]), "candidates": shown.rows(told["candidates"]), "open": open_}
    parts["former"] = went
    may_act = at.person.may(ACT) and is_there
    differing = bank_differences.choices(at.reading, bank_line_id, at.reading.settings.today()) if may_act else None
    parts["bookable"] = shown.rows(differing.bookable) if differing else []
    parts["booked"] = shown.rows(differing.booked) if differing else []
    parts |= usual | values
    return at.page("deposit.html", status, one=told, parts=parts)
