"""What goes wrong becomes a page: what to do now, and a number; never what the fault itself said."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from claims.errors import ClaimsError, DatabaseBusyError, NotFoundError, PostingRefusedError, UsageError
from claims.service.signing_in import RefusedError, TooManyAttemptsError
from claims.web import shown, wanted
from claims.web.guards import log
from claims.web.guards.rates import AllBusyError, TooMuchError
from claims.web.seat import NotAllowed, Seat, SignInFirst

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (TooManyAttemptsError, 429),
    (TooMuchError, 429),
    (AllBusyError, 503),
    (RefusedError, 403),
    (PostingRefusedError, 409),
    (UsageError, 422),
    (DatabaseBusyError, 503),
)
_TITLES = {
    400: "This cannot be read",
    403: "Not for you",
    404: "Nothing here",
    405: "Not this way",
    409: "This cannot be done now",
    422: "This does not fit",
    429: "Wait a little",
    503: "The books are busy",
}


def status_of(error: Exception) -> int:
    """Give the status of an error of ours; 500 for a fault."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def register(app: FastAPI) -> None:
    """Put the handlers in."""
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClaimsError, _ours)
    app.add_exception_handler(Exception, _fault)


def _sign_in_first(request: Request, _error: Exception) -> Response:
    if request.headers.get("hx-request") == "true":
        page = urlsplit(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={"HX-Redirect": wanted.sign_in(wanted.own(page.path, page.query))})
    if request.method == "GET" and "text/html" in request.headers.get("accept", "text/html"):
        then = wanted.own(request.url.path, request.url.query)
        return HTMLResponse(shown.render("sign_in.html", None, problem="", name="", then=then), 401)
    return _page(request, 401, "Sign in first", "Your session has ended, or never began.")


def _not_allowed(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAllowed)
    seat: Seat = request.state.seat
    may_break_glass = error.permission in ("desk.read", "desk.search") and seat.person.may("emergency.use")
    if may_break_glass and request.method == "GET":
        return seat.page("emergency.html", 403, problem="")
    return _page(request, 403, "Not for you", "Your role does not have this; an admin can change that.")


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _page(request, error.status_code, _TITLES.get(error.status_code, "Not done"), "")


def _invalid(request: Request, _error: Exception) -> Response:
    return _page(request, 422, _TITLES[422], "Something in the address or the form is not what this page takes.")


def _ours(request: Request, error: Exception) -> Response:
    status = status_of(error)
    if status == 500:
        return _fault(request, error)
    return _page(request, status, _TITLES.get(status, "Not done"), str(error))


def _fault(request: Request, error: Exception) -> Response:
    log.fault(error, request.state.request_id)
    request.state.is_told = True
    text = "It is written down under the number below; nothing half-done was kept. Tell whoever keeps the desk running."
    return _page(request, 500, "Something failed here", text)


def _page(request: Request, status: int, title: str, text: str) -> Response:
    error_id = getattr(request.state, "request_id", "")
    if "application/json" in request.headers.get("accept", "") and "text/html" not in request.headers["accept"]:
        return JSONResponse({"error": title, "text": text, "id": error_id}, status)
    seat = getattr(request.state, "seat", None)
    typed = [one for one in getattr(request.state, "typed", ()) if one.strip()] if seat and seat.person_or_none else []
    values = {"title": title, "text": text, "error_id": error_id, "status": status, "typed": typed}
    template = "part_error.html" if request.headers.get("hx-request") == "true" else "error.html"
    response = HTMLResponse(shown.render(template, seat, **values), status)
    if template == "part_error.html":  # it is shown beside the page, whatever part of it was asked for
        response.headers.update({"HX-Retarget": "#toast", "HX-Reswap": "innerHTML", "HX-Reselect": ".toast"})
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response
