"""A page of a list by a place in it: rows come in, the page and the places of those after and before it go out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd

SIZE = 50
BACK = "back"

# Values of the list's keys: the page after that row; with BACK as a last one, the page before it.
Place = tuple[Any, ...]
# Gives so many rows after the values of a row's keys (None: from the beginning), or back from it, nearest first.
Reader = Callable[[Sequence[Any] | None, int, bool], pd.DataFrame]


class Page(NamedTuple):
    """Rows of a list, and the places of the pages after and before them (None: there is none)."""

    rows: pd.DataFrame
    next: Place | None
    previous: Place | None


def page(reader: Reader, keys: Sequence[str], after: Place | None, size: int = SIZE) -> Page:
    """Give the page at a place of a list; `keys` name the columns whose values make a place."""
    is_back = after is not None and len(after) > len(keys)
    place = None if after is None else after[: len(keys)]
    found = reader(place, size + 1, is_back)
    more, rows = len(found) > size, found.head(size)
    rows = rows.iloc[::-1].reset_index(drop=True) if is_back else rows.reset_index(drop=True)
    if rows.empty:
        return Page(rows, None, None)
    first, last = (tuple(_plain(rows[key].iloc[at]) for key in keys) for at in (0, -1))
    return Page(
        rows,
        next=last if is_back or more else None,
        previous=(*first, BACK) if (more if is_back else after is not None) else None,
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
