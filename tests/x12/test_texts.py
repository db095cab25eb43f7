"""Columns of text agree with lists: rows taken in any way, separators between other bytes or at an edge."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claims import x12
from claims.x12.texts import Choice
from tests.x12.envelopes import SUBMISSION, submission

TEXTS = st.lists(st.sampled_from(["", "A", "BB", "CLINIC", "MÜLLER"]), min_size=1, max_size=40)
RUN = st.tuples(st.integers(-1, 39), st.sampled_from([1, 2, 20]), st.booleans())


@settings(max_examples=200, deadline=None)
# A run of rows that begins in one window's texts and ends in the next one's.
@example(texts=["A", "BB", "CLINIC"], runs=[(0, 3, True)], cut=1, is_known=True)
@given(texts=TEXTS, runs=st.lists(RUN, max_size=20), cut=st.integers(0, 40), is_known=st.booleans())
def test_a_choice_takes_the_texts_of_its_rows(texts, runs, cut, is_known):
    count = len(texts)
    # Rows that follow each other, and rows again and again, as those of subscribers and of billing providers come.
    rows = [min(row + step * rises, count - 1) for row, times, rises in runs for step in range(times)]
    if is_known:
        rows = [max(row, 0) for row in rows]
    chosen = Choice(np.array(rows, np.int64), count)
    parts = [part for part in (texts[:cut], texts[cut:]) if part]
    column = pa.chunked_array([pa.array(part, pa.large_string()) for part in parts])
    found = chosen.of(column)
    found.validate(full=True)
    assert found.to_pylist() == [texts[row] if row >= 0 else "" for row in rows]
    assert chosen.of(None).to_pylist() == [""] * len(rows)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("1:2*1:2", ["1 2", "1 2"]), ("1:2:3*1:2", ["1 2 3", "1 2"]), (":2*1:2", ["2", "1 2"]),
        ("1:2*:2", ["1 2", "2"]), ("1:2:*1:2", ["1 2", "1 2"]), ("1:2*1:", ["1 2", "1"]), ("1:*", ["1", ""]),
        ("*1:2", ["", "1 2"]), ("1:2*", ["1 2", ""]), ("*:2", ["", "2"]), (":2*", ["2", ""]), ("1::3*2", ["1 3", "2"]),
    ],
)  # fmt: skip
def test_a_blank_stands_for_each_run_of_separators_but_not_at_an_edge(sent, read):
    lines = x12.read(_with_pointers(submission(SUBMISSION), sent.split("*")).encode()).frames["service_lines"]
    assert lines["diagnosis_pointers"].tolist()[:2] == read


def _with_pointers(text: str, pointers: list[str]) -> str:
    """Put diagnosis pointers into the first lines of a file."""
    head, *lines = text.split("SV1*")
    for number, pointer in enumerate(pointers):
        own, _, rest = lines[number].partition("~")
        elements = [*own.split("*"), *[""] * 7][:6]
        lines[number] = "*".join([*elements, pointer]) + "~" + rest
    return "SV1*".join([head, *lines])
