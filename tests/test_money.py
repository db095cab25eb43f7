"""Amounts as text: exact both ways, and no guess where a text is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims import money

CENTS = st.integers(-money.LIMIT_CENTS, money.LIMIT_CENTS)


@pytest.mark.parametrize(
    ("text", "cents"),
    [("0", 0), ("1", 100), ("12.5", 1250), ("-12.50", -1250), (".5", 50), ("5.", 500), ("-.05", -5), (" 7 ", 700)],
)
def test_amounts_are_read_as_cents(text, cents):
    assert money.cents(text) == cents


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1.234", "1.000", "1,000", "1E3", "+1", "--1", "1-", "1.2.3", "٣", "10000000000.01", "x"]
)
def test_what_is_no_exact_amount_is_none(text):
    assert money.cents(text) is None


@given(CENTS)
def test_amounts_come_back_as_they_were_written(value):
    assert money.cents(money.amount(value)) == value
