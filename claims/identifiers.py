"""Identifiers: whether a text can be what it says it is, and how claim numbers and trace numbers are compared."""

from __future__ import annotations

import re

import pandas as pd

# What the digits of the prefix 80840 add to the Luhn sum of an NPI.
_PREFIX = 24
# By position: digit but 0, letter, letter or digit ...; the letters S L O I B Z are never used.
_LETTER = "[AC-HJKMNP-RT-Y]"
_MIXED = f"(?:{_LETTER}|[0-9])"
_MEDICARE = re.compile(f"[1-9]{_LETTER}{_MIXED}[0-9]{_LETTER}{_MIXED}[0-9]{_LETTER}{{2}}[0-9]{{2}}")


def npi_check_digit(npi: str) -> str:
    """Return the last digit that the first nine of an NPI ask for (Luhn over 80840 and them)."""
    doubled = (int(digit) * 2 for digit in npi[8::-2])
    total = _PREFIX + sum(value // 10 + value % 10 for value in doubled) + sum(int(digit) for digit in npi[7::-2])
    return str(-total % 10)


def has_npi_form(value: str) -> bool:
    """Tell whether a text has ten digits that begin with 1 or 2."""
    return _is_number(value, 10) and value[0] in "12"


def is_npi(value: str) -> bool:
    """Tell whether a text has the form and the check digit of an NPI."""
    return has_npi_form(value) and value[9] == npi_check_digit(value)


def is_taxonomy(value: str) -> bool:
    """Tell whether a text has the form of a taxonomy code: ten letters and digits that end in X."""
    return value.isascii() and value.isalnum() and len(value) == 10 and value[9] in "Xx"


def is_tax_id(value: str) -> bool:
    """Tell whether a text has the form of a tax number: nine digits without hyphen."""
    return _is_number(value, 9)


def is_ndc(value: str) -> bool:
    """Tell whether a text has the form of a drug code: eleven digits (5-4-2)."""
    return _is_number(value, 11)


def is_medicare_id(value: str) -> bool:
    """Tell whether a text has the form of a Medicare beneficiary identifier."""
    return _MEDICARE.fullmatch(value) is not None


def _is_number(value: str, digits: int) -> bool:
    return value.isascii() and value.isdecimal() and len(value) == digits


def normal_number(numbers: pd.Series) -> pd.Series:
    """Claim numbers as payers hand them back: upper case, letters and digits only, no leading zeros."""
    plain = numbers.str.upper().str.replace(r"[^0-9A-Z]+", "", regex=True)
    return plain.str.lstrip("0")


def normal_trace(traces: pd.Series) -> pd.Series:
    """Trace numbers as banks hand them back: upper case, no blanks, no leading zeros."""
    return traces.str.upper().str.replace(r"\s+", "", regex=True).str.lstrip("0")
