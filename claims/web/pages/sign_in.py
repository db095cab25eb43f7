"""Sign in: a link or a password first, then the second factor; and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query
from starlette.responses import Response

from claims.errors import UsageError
from claims.people import second_factor, sessions
from claims.service import signing_in
from claims.web import wanted
from claims.web.errors import status_of
from claims.web.routes import HALF_WAY, OPEN, SIGNED_IN, Routes
from claims.web.seat import At

ROUTES = Routes()
Text = Annotated[str, Form(max_length=400)]
Wanted = Annotated[str, Query(max_length=wanted.LONGEST)]
WantedForm = Annotated[str, Form(max_length=wanted.LONGEST)]


@ROUTES.get("/login", OPEN)
def ask(at: At, then: Wanted = "") -> Response:
    """Ask for name and password."""
    return at.page("sign_in.html", problem="", name="", then=wanted.read(then))


@ROUTES.post("/login", OPEN)
def sign_in(at: At, name: Text = "", password: Text = "", then: WantedForm = "") -> Response:
    """Take name and password."""
    then = wanted.read(then)
    try:
        with at.practice.sign_ins.place():
            opened = signing_in.sign_in(at.practice.ctx, name, password, at.address, at.practice.now())
    except UsageError as error:
        return at.page("sign_in.html", status_of(error), problem=str(error), name="", then=then)
    return at.set_cookie(at.go(wanted.code(then)), opened.token)


@ROUTES.get("/login/code", HALF_WAY)
def ask_code(at: At, then: Wanted = "") -> Response:
    """Ask for the code; who has no second factor yet is shown how to set it up."""
    then = wanted.read(then)
    return at.go(then) if at.person_or_none else _code_page(at, "", then)


@ROUTES.post("/login/code", HALF_WAY)
def confirm(at: At, code: Text = "", then: WantedForm = "") -> Response:
    """Take the code, and go where one wanted to."""
    then = wanted.read(then)
    if at.person_or_none:
        return at.go(then)
    try:
        with at.practice.sign_ins.place():
            opened = signing_in.confirm(at.practice.ctx, at.session, code, at.address, at.practice.now())
    except UsageError as error:
        return _code_page(at, str(error), then, status_of(error))
    if opened.recovery_codes:
        return at.set_cookie(at.page("recovery_codes.html", codes=opened.recovery_codes, then=then), opened.token)
    return at.set_cookie(at.go(then), opened.token)


@ROUTES.get("/enrol/{token}", OPEN)
def ask_password(at: At, token: str) -> Response:
    """Ask who comes with a link for a password."""
    try:
        user = signing_in.invited(at.practice.ctx, token, at.practice.now())
    except UsageError as error:
        return at.page("sign_in.html", 410, problem=str(error), name="", then=wanted.HOME)
    return at.page("enrol.html", name=user.name, problem="")


@ROUTES.post("/enrol/{token}", OPEN)
def enrol(at: At, token: str, password: Text = "", again: Text = "") -> Response:
    """Take the first password."""
    try:
        user = signing_in.invited(at.practice.ctx, token, at.practice.now())
    except UsageError as error:
        return at.page("sign_in.html", 410, problem=str(error), name="", then=wanted.HOME)
    try:
        if password != again:
            raise UsageError("The two are not the same.")
        with at.practice.sign_ins.place():
            opened = signing_in.accept(at.practice.ctx, token, password, at.address, at.practice.now())
    except UsageError as error:
        return at.page("enrol.html", status_of(error), name=user.name, problem=str(error))
    return at.set_cookie(at.go("/login/code"), opened.token)


@ROUTES.post("/logout", SIGNED_IN)
def sign_out(at: At) -> Response:
    """End the session."""
    signing_in.sign_out(at.practice.ctx, at.session, at.practice.now())
    return at.drop_cookie(at.go("/login"))


def _code_page(at: At, problem: str, then: str, status: int = 200) -> Response:
    user = at.session.user
    if user.has_second_factor or at.session.state != sessions.PASSWORD:
        return at.page("code.html", status, problem=problem, then=then)
    secret = signing_in.secret(at.practice.ctx, user)
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    address = second_factor.address(secret, user.name)
    picture = second_factor.picture(address)
    values = {"groups": groups, "address": address, "picture": picture, "then": then}
    return at.page("second_factor.html", status, problem=problem, parts=values)
