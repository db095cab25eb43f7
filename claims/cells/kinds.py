"""What a cell of a CSV may hold: for each kind, its text in; the frame's value out, or None when wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from claims.days import read_day
from claims.identifiers import is_npi
from claims.money import cents

Reader = Callable[[str], str | int | None]


class Kind(NamedTuple):
    """How a kind of cell is read, what to say when it cannot be, and the dtype of its column.

    `details` are the columns of `diagnoses` for what stands behind the codes of a list.
    """

    read: Reader
    expected: str
    dtype: str = "str"
    details: tuple[str, ...] = ()


def _matching(pattern: str) -> Callable[[str], str | None]:
    whole = re.compile(pattern)
    return lambda text: text if whole.fullmatch(text) else None


def _day(text: str) -> int | None:
    """Read an ISO day as YYYYMMDD; 0 when empty."""
    try:
        day = read_day(text)
    except ValueError:
        return None
    return day.year * 10_000 + day.month * 100 + day.day if day.year >= 1880 else None


def _amount(text: str) -> int | None:
    value = cents(text)
    return value if value is not None and value >= 0 else None


def _units(text: str) -> int | None:
    match = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,3}))?", text, re.ASCII)
    milli = int(match.group(1)) * 1000 + int((match.group(2) or "").ljust(3, "0")) if match else 0
    return milli or None


def _npi(text: str) -> str | None:
    return text if is_npi(text) else None


def _pointed(text: str) -> str:
    return text.replace(".", "").upper()


def _items(code: str, *details: Callable[[str], str | int | None], most: int, optional: bool = False) -> Reader:
    """Read codes separated by blanks, each with its details behind colons; give them in the same form."""
    whole = re.compile(code, re.ASCII)

    def item(text: str) -> str | None:
        name, *rest = text.split(":")
        good = whole.fullmatch(name) and (len(rest) == len(details) or (optional and not rest))
        read = [how(part) for how, part in zip(details, rest, strict=False)] if good else [None]
        return None if None in read else ":".join([name, *map(str, read)])

    def items(text: str) -> str | None:
        read = [item(part) for part in text.split()]
        return " ".join(filter(None, read)) if None not in read and len(read) <= most else None

    return items


def _spans(text: str) -> str | None:
    read = _items("[A-Z0-9]{2}", _day, _day, most=24)(text)
    days = [part.split(":")[1:] for part in str(read or "").split()]
    return str(read) if read and all(first <= last for first, last in days) else None


def _time(text: str) -> str | None:
    match = re.fullmatch(r"([01]\d|2[0-3]):?([0-5]\d)?", text, re.ASCII)
    return match.group(1) + (match.group(2) or "00") if match else None


def _padded(pattern: str, width: int) -> Reader:
    """Read digits whose first 0 may be missing."""
    whole = re.compile(pattern, re.ASCII)
    return lambda text: text.zfill(width) if len(text) >= width - 1 and whole.fullmatch(text.zfill(width)) else None


def _ndc(text: str) -> str | None:
    if not re.fullmatch(r"\d{11}|\d{5}-\d{4}-\d{2}", text, re.ASCII):
        return None
    return text.replace("-", "")


def _surfaces(text: str) -> str | None:
    letters = text.replace(" ", "").upper()
    good = re.fullmatch("[BDFILMO]{1,5}", letters, re.ASCII) and len(set(letters)) == len(letters)
    return " ".join(letters) if good else None


def _pointers(text: str) -> str | None:
    places = text.split()
    good = len(places) <= 4 and len(set(places)) == len(places)
    good = good and all(re.fullmatch(r"[1-9]|1[0-2]", place, re.ASCII) for place in places)
    return " ".join(places) if good else None


def _modifiers(text: str) -> str | None:
    codes = text.upper().split()
    good = len(codes) <= 4 and all(re.fullmatch(r"[A-Z0-9]{2}", code, re.ASCII) for code in codes)
    return " ".join(codes) if good else None


_ICD10 = "[A-Z][0-9][A-Z0-9]{1,5}"
_PRESENT = _matching("[YNUW]")
_TOOTH = "[1-9]|[12][0-9]|3[0-2]|5[1-9]|[67][0-9]|8[0-2]|[A-T]S?"

KINDS = {
    "identifier": Kind(_matching(r"[!-~]+"), "no blanks and no letters beyond ASCII"),
    "text": Kind(_matching(r"[^\x00-\x1f\x7f]+"), "no control characters"),
    "code": Kind(_matching(r"[A-Z0-9]+"), "capital letters and digits"),
    "digits": Kind(_matching(r"[0-9]+"), "digits only"),
    "type": Kind(_matching("[PID]"), "P, I or D"),
    "sequence": Kind(_matching("[PSTABCDEFGHU]"), "P, S, T, A to H or U"),
    "yes": Kind(_matching("[YN]"), "Y or N"),
    "npi": Kind(_npi, "ten digits, first 1 or 2, with a right check digit"),
    "taxonomy": Kind(_matching("[0-9A-Z]{9}X"), "nine digits or capital letters and X"),
    "date": Kind(_day, "a day, written 2026-01-31", "int32"),
    "time": Kind(_time, "an hour, or hour and minutes: 14 or 1430"),
    "amount": Kind(_amount, "an amount of at least 0 with at most two decimals", "int64"),
    "units": Kind(_units, "a number above 0 with at most three decimals", "int64"),
    "gender": Kind(_matching("[FMU]"), "F, M or U"),
    "relationship": Kind(_matching("18|01|19|20|21|39|40|53|G8"), "18, 01, 19, 20, 21, 39, 40, 53 or G8"),
    "place": Kind(_matching("[0-9]{2}"), "two digits"),
    "bill": Kind(_padded("0[1-9][1-9][0-9A-Z]", 4), "four digits, first 0, or three without it"),
    "revenue": Kind(_padded("0[1-9][0-9]{2}|[1-9][0-9]{3}|00[1-9][0-9]|000[2-9]", 4), "four digits, not 0001"),
    "frequency": Kind(_matching("[0-9A-Z]"), "one digit or capital letter"),
    "causes": Kind(_items("AA|EM|OA", most=3), "AA, EM or OA, up to three"),
    "diagnosis": Kind(lambda text: _items(_ICD10, most=1)(_pointed(text)), "an ICD-10 code"),
    "diagnoses": Kind(
        lambda text: _items(_ICD10, _PRESENT, most=25, optional=True)(_pointed(text)),
        "up to 25 ICD-10 codes, separated by blanks",
        details=("present_on_admission_code",),
    ),
    "drg": Kind(_matching("[0-9]{3,4}"), "three or four digits"),
    "procedures": Kind(
        _items("[0-9A-HJ-NP-Z]{7}", _day, most=25), "ICD-10 procedures and days: 02703ZZ:2026-09-02", details=("date",)
    ),
    "occurrences": Kind(_items("[A-Z0-9]{2}", _day, most=24), "codes and days: 11:2026-08-30", details=("date",)),
    "spans": Kind(_spans, "codes, first and last days: 74:2026-09-01:2026-09-02", details=("date", "date_to")),
    "values": Kind(_items("[A-Z0-9]{2}", _amount, most=24), "codes and amounts: 80:3", details=("amount_cents",)),
    "conditions": Kind(_items("[A-Z0-9]{2}", most=24), "up to 24 codes of two characters, separated by blanks"),
    "procedure": Kind(_matching("[A-Z0-9]{5}"), "five capital letters or digits"),
    "modifiers": Kind(_modifiers, "up to four modifiers of two characters, separated by blanks"),
    "pointers": Kind(_pointers, "up to four different numbers from 1 to 12, separated by blanks"),
    "unit": Kind(_matching("UN|MJ|DA"), "UN, MJ or DA"),
    "ndc": Kind(_ndc, "eleven digits, or 5-4-2 with hyphens"),
    "teeth": Kind(_items(_TOOTH, most=16), "tooth numbers or letters, separated by blanks"),
    "surfaces": Kind(_surfaces, "up to five of B D F I L M O, each once"),
    "cavities": Kind(_items("[0-9]{2}", most=5), "up to five codes of two digits, separated by blanks"),
}
