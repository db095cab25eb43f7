"""The way from page to page of a list: its place stands in the address, signed, beside the filters."""

from __future__ import annotations

from urllib.parse import urlencode

from claims.service.paged import Page, Place
from claims.web import cursors
from claims.web.seat import Seat


def place(at: Seat, cursor: str, name: str) -> tuple[Place | None, bool]:
    """Give the place in a list of this name that an address asks for, and whether it is none: the first page, then.

    It is good for everybody, on any day, and with other filters: a page begins after a row.
    """
    try:
        return (tuple(cursors.unsign(at.practice.key("cursor"), cursor, name)), False) if cursor else (None, False)
    except cursors.CursorError:
        return None, True


def around(at: Seat, page: Page, name: str, address: str, /, *, word: str = "at", **filters: str) -> dict[str, str]:
    """Give the addresses of the pages after and before one (empty: there is none), with its filters.

    `word`: what the place is called in the address; a page with two lists has two of them.
    """
    key = at.practice.key("cursor")
    places = {"next": page.next, "previous": page.previous}
    return {
        way: f"{address}?{urlencode(filters | {word: cursors.sign(key, to, name)})}" if to else ""
        for way, to in places.items()
    }
