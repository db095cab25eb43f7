"""What a cell of a CSV may hold: for each kind, its text in; the frame's value out, or None when wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from claims.money import cents


class Kind(NamedTuple):
    """How a kind of cell is read, what to say when it cannot be, and the dtype of its column."""

    read: Callable[[str], str | int | None]
    expected: str
    dtype: str = "str"


def _matching(pattern: str) -> Callable[[str], str | None]:
    whole = re.compile(pattern)
    return lambda text: text if whole.fullmatch(text) else None


def _day(text: str) -> int | None:
    """Read an ISO day as YYYYMMDD; 0 when empty."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day.year * 10_000 + day.month * 100 + day.day if day and day.year >= 1880 else None


def _amount(text: str) -> int | None:
    value = cents(text)
    return value if value is not None and value >= 0 else None


def _units(text: str) -> int | None:
    match = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,3}))?", text, re.ASCII)
    milli = int(match.group(1)) * 1000 + int((match.group(2) or "").ljust(3, "0")) if match else 0
    return milli or None


def _npi(text: str) -> str | None:
    """Check an NPI's last digit: Luhn over 80840 and the rest."""
    if not re.fullmatch(r"[12]\d{9}", text, re.ASCII):
        return None
    digits = [int(mark) for mark in reversed("80840" + text)]
    total = sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return text if total % 10 == 0 else None


def _diagnoses(text: str) -> str | None:
    codes = text.replace(".", "").upper().split()
    good = len(codes) <= 12 and all(re.fullmatch(r"[A-Z]\d[A-Z0-9]{1,5}", code, re.ASCII) for code in codes)
    return " ".join(codes) if good else None


def _pointers(text: str) -> str | None:
    places = text.split()
    good = len(places) <= 4 and len(set(places)) == len(places)
    good = good and all(re.fullmatch(r"[1-9]|1[0-2]", place, re.ASCII) for place in places)
    return " ".join(places) if good else None


def _modifiers(text: str) -> str | None:
    codes = text.upper().split()
    good = len(codes) <= 4 and all(re.fullmatch(r"[A-Z0-9]{2}", code, re.ASCII) for code in codes)
    return " ".join(codes) if good else None


KINDS = {
    "identifier": Kind(_matching(r"[!-~]+"), "no blanks and no letters beyond ASCII"),
    "text": Kind(_matching(r"[^\x00-\x1f\x7f]+"), "no control characters"),
    "code": Kind(_matching(r"[A-Z0-9]+"), "capital letters and digits"),
    "digits": Kind(_matching(r"[0-9]+"), "digits only"),
    "npi": Kind(_npi, "ten digits, first 1 or 2, with a right check digit"),
    "date": Kind(_day, "a day, written 2026-01-31", "int32"),
    "amount": Kind(_amount, "an amount of at least 0 with at most two decimals", "int64"),
    "units": Kind(_units, "a number above 0 with at most three decimals", "int64"),
    "gender": Kind(_matching("[FMU]"), "F, M or U"),
    "relationship": Kind(_matching("18|01|19|20|21|39|40|53|G8"), "18, 01, 19, 20, 21, 39, 40, 53 or G8"),
    "place": Kind(_matching("[0-9]{2}"), "two digits"),
    "frequency": Kind(_matching("[178]"), "1, 7 or 8"),
    "diagnoses": Kind(_diagnoses, "up to twelve ICD-10 codes, separated by blanks"),
    "procedure": Kind(_matching("[A-Z0-9]{5}"), "five capital letters or digits"),
    "modifiers": Kind(_modifiers, "up to four modifiers of two characters, separated by blanks"),
    "pointers": Kind(_pointers, "up to four different numbers from 1 to 12, separated by blanks"),
    "unit": Kind(_matching("UN|MJ"), "UN or MJ"),
}
