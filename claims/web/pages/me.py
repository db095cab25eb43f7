"""What people do for themselves: change the password, and see patient data in an emergency if nobody else can."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import signing_in
from claims.web.errors import status_of
from claims.web.routes import SIGNED_IN, Routes
from claims.web.seat import At

ROUTES = Routes()
Text = Annotated[str, Form(max_length=400)]


@ROUTES.get("/me", SIGNED_IN)
def show(at: At) -> Response:
    """Show who has signed in, as what."""
    return at.page("me.html", problem="", done="")


@ROUTES.post("/me/password", SIGNED_IN)
def change_password(at: At, password: Text = "", new: Text = "", again: Text = "", code: Text = "") -> Response:
    """Change one's own password; all other sessions end."""
    try:
        if new != again:
            raise UsageError("The two new ones are not the same.")
        now = at.practice.now()
        with at.practice.sign_ins.place():
            signing_in.change_password(at.practice.ctx, at.session, password, new, code, at.address, now)
    except UsageError as error:
        return at.page("me.html", status_of(error), problem=str(error), done="")
    return at.page("me.html", problem="", done="The password is changed; all your other sessions have ended.")


@ROUTES.post("/emergency", "emergency.use")
def begin_emergency(at: At, reason: Text = "") -> Response:
    """Open patient data for 15 minutes."""
    try:
        signing_in.begin_emergency(at.practice.ctx, at.session, reason, at.practice.now())
    except UsageError as error:
        return at.page("emergency.html", status_of(error), problem=str(error))
    return at.go("/")
