"""How a bank of the practice names the columns of its CSV: a small CSV in, headings and formats out.

`column` is one of ours (docs/files.md), `heading` what the bank writes above it, `format` how it writes a day or sum.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from claims.errors import ConfigError
from claims.money import amount, cents

OURS = ("date", "amount", "credit", "debit", "trace_number", "payer_name", "reference", "type", "addenda")
# Places of year, month and day in the parts of a written day, and what stands between them.
DAYS = {
    "YYYY-MM-DD": ("-", "ymd"),
    "YYYYMMDD": ("", "ymd"),
    "MM/DD/YYYY": ("/", "mdy"),
    "MM/DD/YY": ("/", "mdy"),
    "DD.MM.YYYY": (".", "dmy"),
}
THOUSANDS = "1,234.56"


class BankColumns(NamedTuple):
    """Headings by our column (lower case), and the formats."""

    headings: Mapping[str, str]
    day_format: str = "YYYY-MM-DD"
    amount_format: str = ""

    def fit(self, header: set[str]) -> bool:
        """Tell whether a header row is that of this bank."""
        return bool(self.headings) and set(self.headings.values()) <= header

    def translated(self, values: Mapping[str, str]) -> dict[str, str]:
        """Give the cells of a row under our names; a day or amount that cannot be read stays as it is."""
        own = {column: values.get(heading, "") for column, heading in self.headings.items()}
        own["date"] = self._day(own["date"])
        if "amount" not in own:
            own["amount"] = self._of_two(own.pop("credit", ""), own.pop("debit", ""))
        else:
            own["amount"] = self._amount(own["amount"])
        return own

    def _day(self, text: str) -> str:
        mark, order = DAYS[self.day_format]
        parts = text.split(mark) if mark else [text[:4], text[4:6], text[6:]] if len(text) == 8 else []
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            return text
        found = dict(zip(order, parts, strict=True))
        if len(found["y"]) not in (2, 4):
            return text
        year = found["y"] if len(found["y"]) == 4 else "20" + found["y"]
        try:
            return date(int(year), int(found["m"]), int(found["d"])).isoformat()
        except ValueError:
            return text

    def _amount(self, text: str) -> str:
        if self.amount_format != THOUSANDS:
            return text
        bare = text.replace(",", "").replace("$", "").replace(" ", "")
        if bare.startswith("(") and bare.endswith(")"):
            bare = "-" + bare[1:-1]
        return "-" + bare[:-1] if bare.endswith("-") else bare

    def _of_two(self, credit: str, debit: str) -> str:
        """One amount of a credit and a debit column, of which one is empty or zero; both filled is no amount."""
        came, went = cents(self._amount(credit) or "0"), cents(self._amount(debit) or "0")
        if came is None or went is None or (came and went) or not (credit or debit):
            return ""
        return amount(came - abs(went))


STRICT = BankColumns({})


def read_columns(data: bytes, source: str) -> BankColumns:
    """Read the file; raise ConfigError (naming `source`) where it cannot be meant."""
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig", errors="replace"))))
    headings: dict[str, str] = {}
    formats: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        column, heading = (row.get("column") or "").strip().lower(), (row.get("heading") or "").strip().lower()
        if column not in OURS or not heading or column in headings:
            problem = f"row {number} must name one of {', '.join(OURS)} once, with the bank's heading"
            raise ConfigError("bank columns", problem, source)
        headings[column], formats[column] = heading, (row.get("format") or "").strip()
    if "date" not in headings or ("amount" in headings) == ("credit" in headings or "debit" in headings):
        raise ConfigError("bank columns", "a date and either an amount or credit and debit are needed", source)
    day = formats["date"] or "YYYY-MM-DD"
    written = {formats.get(column, "") for column in ("amount", "credit", "debit")} - {""}
    if day not in DAYS or written - {THOUSANDS}:
        known = f"{', '.join(DAYS)} for a date and {THOUSANDS} for amounts"
        raise ConfigError("bank columns", f"there is no such format; there are {known}", source)
    return BankColumns(headings, day, THOUSANDS if written else "")
