"""Numbers from bytes agree, value by value, with slow and plain ways to read them."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from claims import money
from claims.x12 import numbers
from claims.x12.segments import CODES, code_of, id_words

AMOUNTS = st.one_of(
    st.from_regex(r"-?[0-9]{0,12}(\.[0-9]{0,3})?", fullmatch=True),
    st.text("0123456789.-+, E", max_size=14),
    st.text(max_size=6).filter(lambda text: text == text.strip()),
)


def laid_out(texts: list[str]) -> tuple[numbers.Bytes, numbers.Values]:
    """Put texts behind each other, a delimiter between them, as a window has them."""
    parts = [text.encode() for text in texts]
    lengths = np.array([len(part) for part in parts], np.int64)
    start = np.cumsum(lengths + 1) - lengths - 1
    data = np.frombuffer(b"".join(part + b"*" for part in parts) + bytes(numbers.PAD), np.uint8)
    return data, numbers.values_at(numbers.words_of(data), start, lengths)


@settings(max_examples=300, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=8))
def test_cents_agree_with_the_plain_reader(texts):
    values, good = numbers.cents(*laid_out(texts))
    plain = [money.cents(re.sub(r"^(-?[0-9]*\.[0-9]{2})0+$", r"\1", text)) for text in texts]
    assert good.tolist() == [value is not None for value in plain]
    assert values.tolist() == [value or 0 for value in plain]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,3})?", fullmatch=True), min_size=1, max_size=8))
def test_quantities_are_exact_thousandths(texts):
    values, good = numbers.milli(*laid_out(texts))
    assert good.all()
    assert values.tolist() == [round(float(text) * 1000) for text in texts]


def _day(text: str) -> int:
    if len(text) not in (8, 12, 14, 17) or not (text[:8].isascii() and text[:8].isdecimal()):
        return 0
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return 0
    return int(text[:8]) if day.year >= 1800 else 0


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.from_regex(r"(19|20)[0-9]{2}[01][0-9][0-3][0-9]", fullmatch=True),
            st.from_regex(r"[0-9]{0,17}", fullmatch=True),
            st.dates(date(1800, 1, 1)).map(lambda day: day.strftime("%Y%m%d-%Y%m%d")),
            st.dates(date(1800, 1, 1)).map(lambda day: day.strftime("%Y%m%d")),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_dates_agree_with_the_calendar(texts):
    _, values = laid_out(texts)
    assert numbers.dates(values).tolist() == [_day(text) for text in texts]


def test_leap_days():
    texts = ["20240229", "20230229", "19000229", "20000229"]
    _, values = laid_out(texts)
    assert numbers.dates(values).tolist() == [20240229, 0, 0, 20000229]


def test_the_second_day_of_a_range():
    data, values = laid_out(["20240101-20240131", "20240101", "20240101-20241301"])
    assert numbers.end_dates(numbers.words_of(data), values).tolist() == [20240131, 0, 0]


@given(st.lists(st.text("abzABZ09 :^", max_size=10), min_size=1, max_size=6))
def test_words_are_upper_case_codes_of_up_to_eight_bytes(texts):
    _, values = laid_out(texts)
    expected = [numbers.pack(text.upper()) if len(text) <= 8 else 0 for text in texts]
    assert values.code.tolist() == expected


@given(st.lists(st.one_of(st.sampled_from(sorted(CODES)), st.text("ABCLPS019*~ ", max_size=4)), min_size=1, max_size=9))
def test_segment_ids_are_looked_up_exactly(names):
    for written in (names, [name.lower() for name in names]):
        _, values = laid_out(written)
        assert code_of(id_words(values.eight, values.length)).tolist() == [CODES.get(name, 0) for name in names]
