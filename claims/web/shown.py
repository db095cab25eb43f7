"""How things are shown: templates are filled here and nowhere else, and every value in them is escaped."""

from __future__ import annotations

import calendar
import hashlib
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jinja2
import pandas as pd

from claims import codes
from claims.people import roles
from claims.service import zone

if TYPE_CHECKING:
    from claims.web.seat import Seat

# Name, address, permission, key: what stands at the side of each page.
PLACES = (
    ("Today", "/", "desk.read", "t"),
    ("Queue", "/queue", "desk.read", "q"),
    ("Patterns", "/patterns", "desk.read", "p"),
    ("Approvals", "/approvals", "desk.read", "a"),
    ("Rejections", "/rejections", "desk.read", "r"),
    ("Exceptions", "/exceptions", "desk.read", "e"),
    ("Takebacks", "/takebacks", "desk.read", "b"),
    ("Variances", "/variances", "desk.read", "v"),
    ("Deposits", "/deposits", "desk.read", "d"),
    ("Runs", "/runs", "desk.read", "n"),
    ("Charts", "/charts", "desk.read", "c"),
    ("Audit", "/audit", "audit.read", "u"),
    ("People", "/people", "people.manage", "o"),
)


WHOLE, MOST = "whole", 200  # rows of a part of a page, unless its address asks for all of them


@jinja2.pass_context
def some(context: jinja2.runtime.Context, rows: Sequence[Any], first: str = "") -> Sequence[Any]:
    """Give the first rows of a part of a page, or all where that is asked for; where it is cut, those that have
    `first` come first."""
    if context["is_whole"] or len(rows) <= MOST:
        return rows
    has = context.environment.getitem
    return (sorted(rows, key=lambda row: not has(row, first)) if first else rows)[:MOST]


def render(template: str, seat: Seat | None, **values: Any) -> str:
    """Fill a template: as a page, or as the part of it that htmx asks for."""
    person = None if seat is None else seat.person_or_none
    places = [place for place in PLACES if person is not None and person.may(place[2])]
    path = "" if seat is None else seat.request.url.path
    own: dict[str, Any] = {"person": person, "places": places, "path": path, "practice_name": ""}
    own |= {"is_whole": False, "whole_link": "", "MOST": MOST}
    if seat is not None:
        asked = {name: value for name, value in seat.request.query_params.items() if name != WHOLE}
        own |= {"is_whole": seat.request.query_params.get(WHOLE) == "1"}
        own |= {"whole_link": f"{path}?{urlencode(asked | {WHOLE: '1'})}"}
        ctx = seat.practice.ctx
        own |= {"practice_name": ctx.settings.practice_name, "zone": ctx.settings.timezone}
        own["local"] = partial(zone.local, ctx)
    return _environment().get_template(template).render(**own | values)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a frame as rows with plain values; what is missing is None."""
    names = [str(name) for name in frame.columns]
    columns = [_plain(frame.iloc[:, place]) for place in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def money(cents: int | None) -> str:
    """Write cents for people: $1,234.56, -$5.00; nothing for None."""
    if cents is None:
        return ""
    whole, rest = divmod(abs(int(cents)), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}.{rest:02d}"


def days(left: int | None) -> str:
    """Say how far away a day is."""
    if left is None:
        return "no deadline known"
    if left < 0:
        return f"{-left} day{'' if left == -1 else 's'} overdue"
    return "today" if left == 0 else f"{left} day{'' if left == 1 else 's'}"


def urgency(left: int | None) -> str:
    """Name how near a day is, for its colour; the words say it too."""
    if left is None:
        return "unknown"
    return "over" if left < 0 else "near" if left <= 7 else "soon" if left <= 30 else "far"


def words(code: str) -> str:
    """Make words of a code: `in_work` is in work."""
    return code.replace("_", " ").replace("-", " ")


def month(text: str) -> str:
    """Name a month: 2026-10 is Oct 2026."""
    return f"{calendar.month_abbr[int(text[5:7])]} {text[:4]}"


def share(tenths: int) -> str:
    """Write tenths of a percent: 125 is 12.5 %; a share of nothing is none."""
    return f"{tenths // 10}.{tenths % 10} %" if tenths >= 0 else "n/a"


def thousands(cents: int) -> str:
    """Write cents for an axis, in few signs: $950, $1,200k, $34M."""
    dollars = cents // 100
    if dollars < 1_000_000:
        return f"${dollars:,}"
    return f"${dollars // 1000:,}k" if dollars < 10_000_000 else f"${dollars // 1_000_000:,}M"


def lines(text: str, width: int, most: int = 3) -> list[str]:
    """Part a label of a chart into lines of so many signs at most, fewer of capitals; above `most` lines it is cut."""
    own = width * 10 // 13 if text.isupper() else width
    return textwrap.wrap(text, own, max_lines=most, placeholder="…") or [""]


def heading(column: str) -> str:
    """Name a column in plain words: what its table is headed with."""
    known = titles("column_titles", "name")
    return known.get(column) or words(column.removesuffix("_cents").removesuffix("_date").removeprefix("is_"))


def owes(group_code: str) -> str:
    """Say who owes what a payer did not pay, by the group of the adjustment."""
    return {
        "CO": "the practice bears it",
        "PR": "the patient owes it",
        "OA": "another adjustment",
        "PI": "the payer reduced it",
    }.get(group_code, "")


@cache
def assets() -> Mapping[str, tuple[bytes, str]]:
    """Give what browsers may load, by name: bytes and type. Nothing else can be asked for."""
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    folder = resources.files(__package__) / "static"
    found = {}
    for place in (folder, folder / "vendor"):
        for item in place.iterdir():
            kind = kinds.get("." + item.name.rpartition(".")[2])
            if kind:
                found[item.name] = (item.read_bytes(), kind)
    return found


@cache
def asset(name: str) -> str:
    """Give the address of an asset, with what makes it another when its bytes are."""
    return f"/static/{name}?v={hashlib.sha256(assets()[name][0]).hexdigest()[:12]}"


@cache
def titles(table: str, key: str) -> Mapping[str, str]:
    """Give the own_title or own_label of each row of a table of codes."""
    frame = codes.table(table)
    column = "own_title" if "own_title" in frame else "own_label"
    return dict(zip(frame[key], frame[column], strict=True))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for own in (money, days, urgency, words, owes, month, share, thousands, lines, heading, some):
        environment.filters[own.__name__] = own
    environment.globals |= {"asset": asset, "titles": titles, "role_names": roles.ROLES}
    return environment


def _plain(column: pd.Series[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype.kind in "iub" and column.dtype == column.to_numpy().dtype:  # whole numbers, none missing
        return values
    return [None if value is None or value is pd.NA or value is pd.NaT else value for value in values]
