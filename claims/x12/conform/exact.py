"""One value and its element in, what is wrong with it out: the rules in full, for the few values that need them.

The order of the rules, and that a control character ends them, are those of pyx12's validator: X12's types and lengths
(N and R without sign and point), its extended character set, dates from 1800 on.
"""

from __future__ import annotations

import re
from functools import cache

from claims.x12.conform.nodes import Element

TOO_SHORT, TOO_LONG, BAD_CHARACTER, TRAILING_BLANKS = "too-short", "too-long", "character", "trailing-blanks"
BAD_CODE, BAD_DATE, BAD_TIME, BAD_PATTERN = "code", "date", "time", "pattern"

_CONTROL = re.compile(r"[\x01-\x07\x09-\x0d\x11-\x17\x1c-\x1f]")
_OUTSIDE = re.compile(r"[^\x20-\x7e]")
_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
_REAL = re.compile(r"-?[0-9]*(?:\.[0-9]+)?", re.ASCII)
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DATES = ("DT", "D8", "D6", "RD8")


def faults(element: Element, text: str, formats: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what is wrong with a value that was sent; `formats` are the date formats it must have one of."""
    found = []
    is_numeric = element.kind == "R" or element.kind[:1] == "N"
    length = len(text.replace("-", "").replace(".", "")) if is_numeric else len(text)
    if length < element.min_length:
        found.append(TOO_SHORT)
    if length > element.max_length:
        found.append(TOO_LONG)
    if _CONTROL.search(text):
        return (*found, BAD_CHARACTER)
    if element.kind in ("AN", "ID") and text[-1] == " " and len(text.rstrip()) >= element.min_length:
        found.append(TRAILING_BLANKS)
    if element.codes is not None and text not in element.codes:
        found.append(BAD_CODE)
    if not is_of_kind(text, element.kind):
        found.append(BAD_DATE if element.kind in _DATES else BAD_TIME if element.kind == "TM" else BAD_CHARACTER)
    if formats and not any(is_of_kind(text, one) for one in formats):
        if "TM" in formats:
            found.append(BAD_TIME)
        elif any(one in _DATES for one in formats):
            found.append(BAD_DATE)
    if element.pattern and not _pattern(element.pattern).search(text):
        found.append(BAD_PATTERN)
    return tuple(found)


def is_of_kind(text: str, kind: str) -> bool:
    """Tell whether a value is of a type of X12 (AN, ID, N0, R, DT, TM) or has a format of dates (D8, RD8, ...)."""
    if not kind or kind == "B":
        return True
    if kind[0] == "N":
        return _WHOLE.fullmatch(text) is not None
    if kind == "R":
        return _REAL.fullmatch(text) is not None
    if kind in ("ID", "AN"):
        return _OUTSIDE.search(text) is None
    if kind == "RD8":
        first, dash, second = text.partition("-")
        return bool(dash) and is_of_kind(first, "D8") and is_of_kind(second, "D8")
    if kind in ("DT", "D8", "D6"):
        return _is_date(text, kind)
    return kind == "TM" and _is_time(text)


def _is_date(text: str, kind: str) -> bool:
    wanted = {"D8": (8,), "D6": (6,)}.get(kind, (6, 8, 12))
    if len(text) not in wanted or not _are_digits(text):
        return False
    if len(text) == 6:
        text = ("20" if int(text[:2]) < 50 else "19") + text
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    if year < 1800 or not 1 <= month <= 12 or not 1 <= day <= _LONGEST[month - 1]:
        return False
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        return False
    return len(text) != 12 or _is_time(text[8:])


def _is_time(text: str) -> bool:
    if not _are_digits(text) or text[:2] > "23" or text[2:4] > "59":
        return False
    return len(text) <= 4 or (6 <= len(text) <= 8 and text[4:6] <= "59")


def _are_digits(text: str) -> bool:
    return text.isascii() and (text == "" or text.isdigit())


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.DOTALL)
