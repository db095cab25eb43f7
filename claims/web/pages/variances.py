"""Lines that a payer paid below or above its contract: the list, one of it, and what a person says of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form, Path, Query
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import variance_letters, variances
from claims.service.audited import record_shown
from claims.web import paging, several, shown
from claims.web.pages import appeals
from claims.web.pages.variance_acts import WORK
from claims.web.routes import Routes
from claims.web.seat import At, Seat
from claims.web.variances_asked import LIST, Asked

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
TYPES = {suffix: kind for kind, suffix in appeals.TYPES.values()}
Verb = Literal["note", "dispute", "accept", "close", "undo"]


@ROUTES.get("/variances", READ)
def listed(at: At, asked: Annotated[Asked, Query()]) -> Response:
    """List lines that a payer paid below or above its contract, a page at a time."""
    after, is_lost = paging.place(at, asked.at, f"{LIST}.{asked.sort}")
    page = variances.page(at.reading, asked.filter(at), asked.sort, after)
    return at.page(
        "variances.html",
        rows=shown.rows(page.rows),
        asked=asked,
        payers=variances.payers(at.reading),
        is_lost=is_lost,
        is_priced=bool(len(page.rows)) or variances.is_priced(at.reading),
        around=paging.around(at, page, f"{LIST}.{asked.sort}", "/variances", **asked.words()),
        told=several.shown_done(at, WORK, asked.did),
        work=WORK,
        back=asked.address(at=asked.at),
    )


@ROUTES.get("/variances/totals", READ)
def totals(at: At, asked: Annotated[Asked, Query()]) -> Response:
    """Count the list and add it up: apart from its page, for it takes longer."""
    sums = shown.rows(variances.totals(at.reading, asked.filter(at)))
    template = "part_variance_totals.html" if at.is_fragment else "variance_totals.html"
    return at.page(template, sums=sums, asked=asked)


@ROUTES.get("/variances/{key}", READ)
def one(at: At, key: str, said: Literal["", "note", "dispute", "accept", "close", "undo", "letter"] = "") -> Response:
    """Tell one: how it was priced, the decisions behind it, what happened."""
    return _page(at, key, said=said)


@ROUTES.post("/variances/{key}", ACT)
def say(
    at: At,
    key: str,
    verb: Annotated[Verb, Form()],
    words: Annotated[str, Form(max_length=400)] = "",
    seen: Annotated[int, Form(ge=0, lt=2**31)] = 0,
) -> Response:
    """Note something, dispute, accept or close it, or take back what was said last; no money moves."""
    try:
        if verb == "undo":
            variances.take_back(at.writing, key[:64])
        else:
            variances.say(at.writing, key[:64], verb, words.strip(), seen=seen)
    except UsageError as error:
        return _page(at, key, 422, problem=str(error), words=words)
    return at.go(f"/variances/{key[:64]}?said={verb}")


@ROUTES.post("/variances/{key}/letter", ACT)
def write_letter(at: At, key: str) -> Response:
    """Write letter and packet to the payer; several at a time, no more."""
    try:
        with at.practice.exports.place():
            variance_letters.prepare(at.writing, key[:64])
    except UsageError as error:
        return _page(at, key, 422, problem=str(error))
    return at.go(f"/variances/{key[:64]}?said=letter")


@ROUTES.get("/variances/{key}/letter/{sha256}", READ)
def take_letter(at: At, key: str, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """Give a file of a letter about this case, and of no other."""
    told = variances.told(at.reading, key[:64], show_phi=False)["key"]
    name, content = variance_letters.file_named(at.reading, told, sha256)
    record_shown(at.reading, f"variance {told}", {"part": "letter", "file": sha256[:12]})
    headers = {"Content-Disposition": f'attachment; filename="variance-{told}-{name}"'}
    return Response(content, media_type=TYPES[name.rpartition(".")[2]], headers=headers)


def _page(at: Seat, key: str, status: int = 200, *, said: str = "", problem: str = "", words: str = "") -> Response:
    told = variances.told(at.reading, key[:64], show_phi=True)
    parts: dict[str, Any] = {name: shown.rows(told[name]) for name in ("lines", "decisions", "events")}
    parts |= {
        "said": said,
        "problem": problem,
        "words": words,
        "letters": variance_letters.told(at.reading, told["key"]),
    }
    parts |= {"no_letter": variance_letters.why_not(told["case"])}
    return at.page("variance.html", status, one=told["case"], key=told["key"], parts=parts)
