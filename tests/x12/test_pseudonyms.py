"""Aliases: a permutation of what looks alike, the same everywhere, NPIs among NPIs."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.x12.pseudonyms import MOST_DAYS, Pseudonyms, is_npi

KEY = b"some key"
NAMES = Pseudonyms(KEY)


def pattern(value: bytes) -> bytes:
    """Show letters as A or a, digits as 0, all else as it is."""
    return bytes(
        ord("0") if c in b"0123456789" else 65 if 65 <= c <= 90 else 97 if 97 <= c <= 122 else c for c in value
    )


@settings(deadline=None)
@given(st.binary(max_size=140))
def test_an_alias_keeps_length_letter_case_and_punctuation(value):
    assert pattern(NAMES.alias(value)) == pattern(value)


@pytest.mark.parametrize("alphabet", [b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_two_short_values_share_an_alias(alphabet, length):
    values = [bytes(value) for value in product(alphabet, repeat=length)]
    assert sorted(NAMES.alias(value) for value in values) == values


def test_no_two_values_of_letters_and_digits_share_an_alias():
    values = [b"%c%d%c" % (one, number, two) for one in b"ABC" for number in range(100, 400) for two in b"XYZ"]
    assert len({NAMES.alias(value) for value in values}) == len(values)


def test_letter_case_and_punctuation_do_not_change_who_it_is():
    assert NAMES.alias(b"ab-12.c") == NAMES.alias(b"AB-12.C").lower()
    assert NAMES.alias(b"AB-12 C").replace(b"-", b"").replace(b" ", b"") == NAMES.alias(b"AB12C")


def test_a_valid_npi_becomes_another_and_nothing_else_becomes_one():
    npis = [b"%d" % number for number in range(1_234_560_000, 1_234_561_000) if is_npi(b"%d" % number)]
    others = [b"%d" % number for number in range(1_234_560_000, 1_234_561_000) if not is_npi(b"%d" % number)]
    assert len(npis) == 100 and is_npi(b"1234567893") and is_npi(b"1999999984") and not is_npi(b"3234567893")
    aliases = [NAMES.alias(npi) for npi in npis]
    assert all(is_npi(alias) for alias in aliases) and len(set(aliases)) == len(npis)
    rest = [NAMES.alias(value) for value in others]
    assert not any(is_npi(alias) for alias in rest) and len(set(rest)) == len(others)


def test_aliases_depend_on_the_key():
    values = [b"CLAIM%04d" % number for number in range(50)]
    others = Pseudonyms(KEY + b"2")
    assert [Pseudonyms(KEY).alias(value) for value in values] == [NAMES.alias(value) for value in values]
    assert not any(NAMES.alias(value) in (value, others.alias(value)) for value in values)


def test_a_text_too_long_for_an_alias_is_filled_over():
    assert NAMES.alias(b"Ab1" * 50) == b"Xx9" * 50


def test_days_are_few_differ_by_person_and_overlook_how_an_id_is_written():
    days = {NAMES.days(f"W{number}") for number in range(300)}
    assert days == set(range(1, MOST_DAYS + 1))
    assert NAMES.days("w-12") == NAMES.days("W12")
