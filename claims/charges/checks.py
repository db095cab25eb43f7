"""A table of rows in; what its cells say together that cannot be, blamed on a row and column."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from claims.charges.columns import specs
from claims.charges.columns import table as rules
from claims.charges.table import Table, ordinals

LINES_PER_CLAIM = {"P": 50, "I": 999, "D": 50}  # the guides hold no more


def compare(table: Table) -> None:
    """Check what the cells say together."""
    _check_types(table)
    _check_company(table)
    _check_days(table)
    _check_codes(table)
    _check_claims(table)


def _check_types(table: Table) -> None:
    """Say what a claim of its type may have."""
    for spec in specs():
        if spec.claim_types != "PID":
            other = "".join({"P", "I", "D"} - set(spec.claim_types))
            wrong = table.columns[spec.column].is_given() & table.is_of(other)
            table.blame(wrong, spec.column, "nothing on a claim of this claim_type")
    for name, claim_types, pattern, expected in rules("claim_type_rules.csv").values.tolist():
        bad = table.columns[name].which(_unlike(pattern))
        table.blame(bad & table.is_of(claim_types), name, expected)


def _unlike(pattern: str) -> Callable[[str | int], bool]:
    whole = re.compile(pattern, re.ASCII)
    return lambda value: bool(value) and not whole.fullmatch(str(value))


def _check_company(table: Table) -> None:
    """Say which columns need others beside them."""
    for spec in specs():
        given = table.columns[spec.column].is_given() if spec.needs else np.zeros(0, bool)
        for other in spec.needs if given.any() else ():
            missing = table.columns[other].which(lambda value: not value)
            table.blame(given & missing, other, f"a value, since {spec.column} has one")
    for who in ("secondary", "tertiary"):
        is_other = table.columns[f"{who}_relationship_code"].which(lambda value: value != "18")
        nameless = table.columns[f"{who}_subscriber_last_name"].which(lambda value: not value)
        named = table.columns[f"{who}_payer_code"].is_given()
        wrong = named & is_other & nameless
        table.blame(wrong, f"{who}_subscriber_last_name", "a value, since the patient is not the subscriber")


def _check_days(table: Table) -> None:
    for first, last in (("service_from", "service_to"), ("statement_from", "statement_to")):
        start, end = table.numbers(first), table.numbers(last)
        table.blame((end != 0) & (end < start), last, f"a day not before {first}")


def _check_codes(table: Table) -> None:
    column = table.columns
    known = table.counts("diagnosis_codes", lambda value: len(str(value).split()))
    highest = table.counts("diagnosis_pointers", lambda value: max(map(int, str(value).split()), default=0))
    wrong = (known > 0) & (highest > known) & table.is_of("PD")
    table.blame(wrong, "diagnosis_pointers", "only places that diagnosis_codes has")
    frequency = table.frequency()
    names_earlier = frequency.which(lambda value: value in ("7", "8", "Q"))
    told = column["original_reference"].which(bool)
    table.blame(names_earlier & ~told, "original_reference", "a value for frequency 7, 8 and Q")
    table.blame(~names_earlier & told, "original_reference", "nothing but for frequency 7, 8 and Q")
    differs = column["frequency_code"].at(np.arange(table.count)) != frequency.at(np.arange(table.count))
    differs &= column["frequency_code"].is_given()
    table.blame(differs.to_numpy(bool), "frequency_code", "the last digit of type_of_bill")
    several = column["tooth_codes"].which(lambda value: len(str(value).split()) > 1)
    table.blame(several & column["tooth_surfaces"].which(bool), "tooth_surfaces", "nothing beside several teeth")
    for mark, name in (("S", "secondary_payer_code"), ("T", "tertiary_payer_code")):
        own = column["payer_sequence"].which([mark].__contains__)
        table.blame(own & column[name].which(bool), name, f"nothing on a claim with payer_sequence {mark}")


def _check_claims(table: Table) -> None:
    """Say what the rows of a claim, and all rows, have to do with each other."""
    claim = table.claim_numbers()
    first_row = np.full(int(claim.max(initial=-1)) + 1, -1, np.int64)
    first_row[claim[::-1]] = np.arange(table.count)[::-1]
    for spec in specs():
        codes = table.columns[spec.column].codes
        if spec.level == "claim" and len(table.columns[spec.column].values) > 1:
            table.blame(codes != codes[first_row[claim]], spec.column, "the same as in the claim's first row")
    place = ordinals(claim)
    for claim_type, most in LINES_PER_CLAIM.items():
        wrong = (place > most) & table.is_of(claim_type)
        table.blame(wrong, "claim_number", f"at most {most} rows for one claim")
    control = table.columns["line_control_number"]
    again = pd.Series(control.codes).duplicated().to_numpy(bool) & control.which(bool)
    table.blame(again, "line_control_number", "a number that no other row has")
