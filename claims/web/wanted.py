"""Where somebody wanted to go before they had to sign in: a page of ours, or Today."""

from __future__ import annotations

import re
from urllib.parse import quote

HOME = "/"
LONGEST = 2000
_PAGE = re.compile(r"/[A-Za-z0-9][\w./-]*")
_QUERY = re.compile(r"[\w.~%&=+*:,-]*", re.ASCII)
# Pages that begin or end a session, and parts that are no pages.
_NOT_THESE = ("/login", "/logout", "/enrol", "/static", "/healthz")
_PARTS = ("/here", "/more", "/totals", "/chain", ".csv")


def own(path: str, query: str = "") -> str:
    """Give the address of a page of ours with its query; `/` for anything that is none."""
    if (
        not _PAGE.fullmatch(path)
        or "//" in path
        or ".." in path
        or path.startswith(_NOT_THESE)
        or path.endswith(_PARTS)
    ):
        return HOME
    whole = f"{path}?{query}" if query and _QUERY.fullmatch(query) else path
    return whole if len(whole) <= LONGEST else HOME


def read(text: str) -> str:
    """Give the address that a form or a query says, if it is one of ours."""
    path, _, query = text.partition("?")
    return own(path, query)


def sign_in(then: str) -> str:
    """Give the address where one signs in to go there."""
    return _with("/login", then)


def code(then: str) -> str:
    """Give the address where one shows the second factor to go there."""
    return _with("/login/code", then)


def _with(page: str, then: str) -> str:
    return page if then == HOME else f"{page}?then={quote(then, safe='')}"
