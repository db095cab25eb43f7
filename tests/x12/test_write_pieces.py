"""Texts put together column by column: constants, masks and owners give what a loop over rows would give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.errors import FrameError
from claims.x12.layout import table
from claims.x12.write_columns import Columns, Style, amounts
from claims.x12.write_content import Content
from claims.x12.write_pieces import (
    TEXT,
    choice,
    chosen,
    either,
    gathered,
    joined,
    numbered,
    optional,
    segment_starts,
    settled,
    spread,
    when,
)
from claims.x12.write_text import trimmed

TEXTS = st.lists(st.text("AB :*", max_size=3), min_size=1, max_size=8)


def array(texts):
    return pa.array(texts, TEXT)


def told(part, rows):
    return spread(part, rows).to_pylist()


@given(TEXTS, st.data())
def test_parts_are_put_together_row_by_row(texts, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    column, rows = array(texts), len(texts)
    assert told(joined("<", column, ">", "!"), rows) == [f"<{text}>!" for text in texts]
    assert told(when(mask, "<", column, ">"), rows) == [
        f"<{text}>" if on else "" for text, on in zip(texts, mask, strict=True)
    ]
    assert told(when(mask, "x"), rows) == ["x" if on else "" for on in mask]
    assert told(optional("<", column, ">"), rows) == [f"<{text}>" if text else "" for text in texts]
    assert told(either(column, "?"), rows) == [text or "?" for text in texts]
    assert told(choice(mask, column, "no"), rows) == [
        text if on else "no" for text, on in zip(texts, mask, strict=True)
    ]
    assert told(settled(column), rows) == texts


@given(TEXTS, st.data())
def test_texts_of_one_owner_are_put_together(texts, data):
    owner = np.sort(np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(texts), max_size=len(texts)))))
    found = gathered(array(texts), owner, 6).to_pylist()
    assert found == ["".join(t for t, o in zip(texts, owner, strict=True) if o == one) for one in range(6)]


@given(TEXTS, st.lists(st.integers(-1, 0), max_size=4))
def test_row_minus_one_is_empty(texts, rows):
    rows = np.array([*rows, len(texts) - 1])
    assert told(chosen(array(texts), rows), len(rows)) == ["" if row < 0 else texts[row] for row in rows]


def test_constants_alone_stay_constants():
    assert joined("a", "", "b") == "ab"
    assert when(False, "a") == "" and when(np.array([True, True]), "a") == "a"
    assert optional("<", "", ">") == "" and settled(array(["x", "x", "x"])) == "x"


def test_combinations_are_numbered_in_order_of_appearance():
    found = numbered(array(["b", "a", "b", "b"]), "same", array(["1", "1", "1", "2"]), rows=4)
    assert found.tolist() == [0, 1, 0, 2]


def test_segments_start_with_each_run_and_after_so_many():
    begins = np.array([True, False, False, False, True, False])
    assert segment_starts(begins, 2).tolist() == [True, False, True, False, True, False]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=6))
def test_amounts_say_the_same_number_without_needless_zeros(cents):
    for value, text in zip(cents, told(amounts(np.array(cents)), len(cents)), strict=True):
        whole, _, rest = text.partition(".")
        assert int(whole + rest.ljust(2, "0")) == value and not rest.endswith("0")


@given(st.text("A*:~", max_size=30))
def test_empty_tails_are_dropped_as_by_replacing_again_and_again(text):
    expected = text
    while any(tail in expected for tail in ("*~", ":~", ":*")):
        for tail, kept in ((":*", "*"), (":~", "~"), ("*~", "~")):
            expected = expected.replace(tail, kept)
    assert trimmed(text.encode()).replace(b"\0", b"").decode() == expected


def test_columns_are_cleaned_for_all_rows_alike():
    frame = pd.DataFrame({"name": [" Ann ", "a*b  c", "x  y", None], "code": ["a", "b", None, " c"]})
    columns = Columns("x", frame, Style(upper=True))
    assert told(columns.names("name"), 4) == ["ANN", "A B C", "X  Y", ""]
    assert told(columns.text("code", "?"), 4) == ["A", "B", "?", "C"]
    assert told(columns.at(np.array([3, -1, 0])).text("code"), 3) == ["C", "", "A"]
    assert told(columns.text("nothing", "?"), 4) == ["?"] * 4


@pytest.mark.parametrize(
    ("column", "values", "read"),
    [("code", [1, 2], "text"), ("cents", ["x", "y"], "money"), ("cents", [1.5, 2.0], "money")],
)
def test_a_column_of_another_kind_is_named(column, values, read):
    with pytest.raises(FrameError, match=column):
        getattr(Columns("x", pd.DataFrame({column: values})), read)(column)


def test_parents_that_are_there_twice_are_refused():
    """Which of them a row belongs to cannot be told: nothing is guessed."""
    content = Content({"children": pd.DataFrame({"seg": [5], "owner": [1]})})
    with pytest.raises(FrameError, match="more than once"):
        content.children("children", "owner", np.array([1, 2, 1]))


def test_health_information_table_names_each_qualifier_once_and_orders_segments():
    rows = table("health_information")
    assert len({(row["sets"], row["qualifier"]) for row in rows}) == len(rows)
    for name in ("837P", "837I", "837D"):
        order = [int(row["segment"]) for row in rows if row["sets"] == name]
        assert order == sorted(order) and set(order) == set(range(1, max(order) + 1))
