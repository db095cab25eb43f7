"""People: who may sign in, as what, up to which limit."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.responses import Response

from claims.errors import UsageError
from claims.people import roles as role_rules
from claims.service import people
from claims.web import shown
from claims.web.errors import status_of
from claims.web.routes import Routes
from claims.web.seat import At
from claims.web.typed import cents_of

ROUTES = Routes()
MANAGE = "people.manage"
Text = Annotated[str, Form(max_length=100)]
Roles = Annotated[list[str], Form()]


@ROUTES.get("/people", MANAGE)
def listed(at: At) -> Response:
    """List everybody."""
    return _page(at)


@ROUTES.post("/people", MANAGE)
def add(at: At, roles: Roles, name: Text = "", limit: Text = "0") -> Response:
    """Add a person; the link for the first sign-in is shown once."""
    try:
        token = people.add(at.writing, name, roles, at.practice.now(), write_off_limit_cents=cents_of(limit) or 0)
    except UsageError as error:
        return _page(at, problem=str(error), status=status_of(error))
    return _page(at, link=_link(at, token), of=name)


@ROUTES.post("/people/{name}/reset", MANAGE)
def reset(at: At, name: str) -> Response:
    """Take password and second factor away; the new link is shown once."""
    try:
        return _page(at, link=_link(at, people.reset(at.writing, name, at.practice.now())), of=name)
    except UsageError as error:
        return _page(at, problem=str(error), status=status_of(error))


@ROUTES.post("/people/{name}/disable", MANAGE)
def disable(at: At, name: str) -> Response:
    """Let somebody in no more."""
    try:
        people.disable(at.writing, name, at.practice.now())
    except UsageError as error:
        return _page(at, problem=str(error), status=status_of(error))
    at.practice.workers_changed()
    return at.go("/people")


@ROUTES.post("/people/{name}", MANAGE)
def change(at: At, name: str, roles: Roles, limit: Text = "0") -> Response:
    """Change roles and limit."""
    try:
        now = {row["name"]: row for row in shown.rows(people.listed(at.reading))}.get(name)
        people.set_limit(at.writing, name, cents_of(limit) or 0)
        if now is not None and now["roles"] != " ".join(role_rules.checked(roles)):
            people.set_roles(at.writing, name, roles, at.practice.now())
    except UsageError as error:
        return _page(at, problem=str(error), status=status_of(error))
    at.practice.workers_changed()
    return at.go("/people")


def _link(at: At, token: str) -> str:
    return f"{at.practice.web.origins[0]}/enrol/{token}"


def _page(at: At, *, problem: str = "", link: str = "", of: str = "", status: int = 200) -> Response:
    at.practice.workers_changed()
    everybody = shown.rows(people.listed(at.reading))
    table = shown.rows(role_rules.table())
    return at.page("people.html", status, everybody=everybody, table=table, problem=problem, link=link, of=of)
