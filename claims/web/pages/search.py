"""Search: a form is sent, the search kept, and its results stand under an address that names nobody."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.responses import Response

from claims.service import searching
from claims.web import shown
from claims.web.routes import Routes
from claims.web.seat import At

ROUTES = Routes()


@ROUTES.post("/q", "desk.search")
def search(at: At, words: Annotated[str, Form(max_length=400)] = "") -> Response:
    """Keep a search and go to its results; what has just this number or key is opened at once."""
    at.practice.searches.take(at.person.session.user.user_id)
    one = searching.direct(at.reading, words)
    if one is not None:
        return at.go(f"/cases/{one[1]}" if one[0] == "case" else f"/claims/{one[1]}")
    return at.go(f"/q/{searching.keep(at.reading, at.person.session.user.user_id, words)}")


@ROUTES.get("/q/{key}", "desk.search")
def results(at: At, key: str) -> Response:
    """Show the results of one's own search."""
    at.practice.results.take(at.person.session.user.user_id)
    words, cases, claims = searching.found(at.reading, at.person.session.user.user_id, key[:32])
    return at.page("search.html", words=words, cases=shown.rows(cases), claims=shown.rows(claims))
