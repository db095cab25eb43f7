"""What a cell of a master CSV may hold, beside what `claims.cells` knows."""

from __future__ import annotations

import re
from collections.abc import Callable

from claims.cells import KINDS as SHARED
from claims.cells import Kind
from claims.days import read_day
from claims.master.patterns import is_safe

FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"


def _matching(pattern: str, away: str = "") -> Callable[[str], str | None]:
    """Read a text of the form `pattern`, in capitals, without the marks `away`."""
    whole, drop = re.compile(pattern, re.ASCII), str.maketrans("", "", away)

    def read(text: str) -> str | None:
        plain = text.upper().translate(drop)
        return plain if whole.fullmatch(plain) else None

    return read


def _number(least: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        good = re.fullmatch("[0-9]{1,9}", text) is not None
        return int(text) if good and int(text) >= least else None

    return read


def _bound(text: str) -> int | None:
    try:
        day = read_day(text)
    except ValueError:
        return None
    return day.year * 10_000 + day.month * 100 + day.day


def _percent(text: str) -> int | None:
    """Read a percentage as thousandths of one."""
    match = re.fullmatch(r"([0-9]{1,4})(?:\.([0-9]{1,3}))?", text, re.ASCII)
    return int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0")) if match else None


def _percents(text: str) -> str | None:
    parts = text.split()
    return " ".join(parts) if parts and all(_percent(part) is not None for part in parts) else None


def _as_written(pattern: str) -> Callable[[str], str | None]:
    return lambda text: text if re.fullmatch(pattern, text) else None


KINDS = {
    **SHARED,
    "bound": Kind(_bound, "a day, written 2026-01-31", "int32"),
    "word": Kind(_as_written("[A-Za-z0-9_]+"), "one word"),
    "words": Kind(lambda text: _matching("[A-Z0-9]+( [A-Z0-9]+)*")(" ".join(text.split())), "codes between blanks"),
    # It names files.
    "partner": Kind(_as_written("[A-Za-z0-9_-]{1,40}"), "letters, digits, hyphens and underscores, at most 40"),
    "number": Kind(_number(0), "a whole number", "int64"),
    "count": Kind(_number(1), "a whole number, at least 1", "int64"),
    "percent": Kind(_percent, "a percentage of at least 0 with at most three decimals", "int64"),
    "percents": Kind(_percents, "percentages between blanks"),
    "flag": Kind(lambda text: {"Y": 1, "N": 0}.get(text.upper()), "Y or N", "bool"),
    "state": Kind(_matching("[A-Z]{2}"), "two letters"),
    "zip": Kind(_matching("[0-9]{5}([0-9]{4})?", away="-"), "five or nine digits"),
    "tax_id": Kind(_matching("[0-9]{9}", away="-"), "nine digits"),
    "taxonomy": Kind(_matching("[0-9A-Z]{9}X"), "nine capital letters or digits and an X"),
    "mark": Kind(_as_written(r"[!-*,/:-@\[-`{-~]"), "one mark that is no letter, digit, blank, point, plus or hyphen"),
    "pattern": Kind(lambda text: text if is_safe(text) else None, "a simple regular expression (docs/files.md)"),
    "procedure_pattern": Kind(
        _matching(r"[A-Z0-9]{5}|[A-Z0-9]{1,4}\*"), "five letters or digits, or fewer and a star at the end"
    ),
    "diagnosis_pattern": Kind(
        _matching(r"[A-Z][0-9][A-Z0-9]{1,5}|[A-Z][A-Z0-9]{0,5}\*", away="."),
        "an ICD-10 code, or its beginning and a star",
    ),
    "code_pattern": Kind(
        _matching(r"[A-Z0-9]{3,8}|[A-Z0-9]{1,7}\*", away="."), "a code, or its beginning and a star at the end"
    ),
}
