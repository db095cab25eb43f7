"""Where a page meets its person: the cookie is looked at, the permission checked, contexts and templates handed out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from claims.people import sessions
from claims.service import signing_in
from claims.service.context import Context
from claims.store.sessions import Session
from claims.web import shown
from claims.web.practice import Person, Practice
from claims.web.routes import HALF_WAY, OPEN, SIGNED_IN


class SignInFirst(Exception):
    """Nobody we know asks, or the session has ended."""


class NotAllowed(Exception):
    """Somebody asks who may not: says for what."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class Seat:
    """What an endpoint gets: the request, who makes it, and the ways to answer."""

    def __init__(self, request: Request, session: Session | None, person: Person | None) -> None:
        self.request = request
        self.practice: Practice = request.app.state.practice
        self.session_or_none, self.person_or_none = session, person

    @property
    def person(self) -> Person:
        """Who has signed in; never asked for on open pages."""
        assert self.person_or_none is not None
        return self.person_or_none

    @property
    def session(self) -> Session:
        """The session, perhaps half-way."""
        assert self.session_or_none is not None
        return self.session_or_none

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.request.client.host if self.request.client else ""

    @property
    def reading(self) -> Context:
        """For pages."""
        return self.practice.reading(self.person)

    @property
    def writing(self) -> Context:
        """For actions."""
        return self.practice.writing(self.person)

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true" and self.request.headers.get("hx-boosted") != "true"

    def page(
        self, template: str, status: int = 200, *, parts: Mapping[str, Any] | None = None, **values: Any
    ) -> Response:
        """Answer with a page, filled with values."""
        return HTMLResponse(shown.render(template, self, **(parts or {}), **values), status)

    def go(self, path: str) -> Response:
        """Answer with another page to go to; htmx is told so too."""
        if self.request.headers.get("hx-request") == "true":
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, 303)

    def set_cookie(self, response: Response, token: str) -> Response:
        """Give the browser the token of a session, for as long as it stays open."""
        web = self.practice.web
        response.set_cookie(web.cookie, token, secure=web.is_tls, httponly=True, samesite="lax", path="/")
        return response

    def drop_cookie(self, response: Response) -> Response:
        """Take the token away, with all that the browser kept."""
        web = self.practice.web
        response.delete_cookie(web.cookie, secure=web.is_tls, httponly=True, samesite="lax", path="/")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def require(permission: str, by_itself: bool) -> Callable[[Request], None]:
    """Make the check that stands before each endpoint of a route with this permission.

    What an open page asks for `by_itself` keeps no session open: nobody may sit before it any more.
    """

    def check(request: Request) -> None:
        practice: Practice = request.app.state.practice
        token = request.cookies.get(practice.web.cookie, "")
        session = None
        if token and permission != OPEN:
            session = signing_in.session_of(practice.ctx, token, practice.now(), is_use=not by_itself)
        is_in = session is not None and session.state == sessions.SIGNED_IN
        person = practice.person(session) if session is not None and is_in else None
        request.state.seat = Seat(request, session, person)
        if permission == OPEN or (permission == HALF_WAY and session is not None):
            return
        if person is None:
            raise SignInFirst
        request.state.user_id = person.session.user.user_id
        if permission != SIGNED_IN and not person.may(permission):
            raise NotAllowed(permission)

    return check


def _seat(request: Request) -> Seat:
    seat: Seat = request.state.seat
    return seat


At = Annotated[Seat, Depends(_seat)]
