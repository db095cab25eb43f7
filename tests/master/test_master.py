"""Master data: the row in force for a key on a day, set-based, with what is unknown said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.master import Master, columns


def payers(*rows: tuple[str, str, int, int]) -> Master:
    frame = pd.DataFrame(rows, columns=["payer_code", "payer_name", "effective_from", "effective_to"])
    return Master.of({"payers": frame.assign(partner_code="P")})


def names(master: Master, *asked: tuple[str, int]) -> list[str]:
    keys = pd.DataFrame({"payer_code": [code for code, _ in asked]}, index=range(7, 7 + len(asked)))
    found = master.look_up("payers", keys, pd.Series([day for _, day in asked], index=keys.index))
    assert found.index.equals(keys.index)
    assert (found["payer_name"] != "").tolist() == found["is_known"].tolist()
    return found["payer_name"].tolist()


def test_the_row_in_force_on_the_day_is_found():
    master = payers(("B", "b", 20260101, 20261231), ("A", "late", 20260301, 99991231), ("A", "early", 10101, 20260228))
    asked = [("A", 20260228), ("A", 20260301), ("B", 20251231), ("B", 20260101), ("B", 20270101), ("C", 20260601)]
    assert names(master, *asked) == ["early", "late", "", "b", "", ""]
    assert master.at("payers", 20260301)["payer_name"].tolist() == ["late", "b"]


@pytest.mark.parametrize(
    ("begins", "ends"), [(20260301, 20260228), (20240301, 20240229), (20270101, 20261231), (20260615, 20260614)]
)
def test_an_open_row_ends_the_day_before_the_next_of_its_key_begins(begins, ends):
    master = payers(("A", "first", 10101, 99991231), ("A", "next", begins, 99991231))
    assert master.rows("payers")["effective_to"].tolist() == [ends, 99991231]


def test_columns_that_are_not_given_take_their_defaults_and_types():
    row = payers(("A", "a", 10101, 99991231)).rows("payers").iloc[0]
    assert row["takes_replacement"] and not row["needs_taxonomy"]
    assert (row["payer_identifier_qualifier"], row["eligibility_days"], row["filing_limit_days"]) == ("PI", 7, 0)


@pytest.mark.parametrize("kind", list(columns()))
def test_what_is_unknown_is_empty_zero_and_false_in_the_same_types(kind):
    keys = pd.DataFrame({"payer_code": ["A"]}, index=[3])
    empty = Master.empty().look_up(kind, keys, pd.Series([20260101], index=[3]))
    assert not empty["is_known"].any()
    assert all(value in ("", 0, False) for value in empty.iloc[0])
    assert empty.dtypes.drop("is_known").tolist() == Master.empty().rows(kind).dtypes.tolist()


def test_a_key_column_left_out_is_looked_up_empty():
    rows = pd.DataFrame({"edit_id": ["S22", "S22"], "payer_code": ["", "A"], "severity": ["warn", "block"]})
    master = Master.of({"edit_settings": rows})
    keys = pd.DataFrame({"edit_id": ["S22", "S23"]})
    found = master.look_up("edit_settings", keys, pd.Series([20260101, 20260101]))
    assert found["severity"].tolist() == ["warn", ""]
    assert found["is_known"].tolist() == [True, False]


DAYS = st.integers(0, 40).map(lambda n: int((date(2025, 12, 20) + timedelta(days=n)).strftime("%Y%m%d")))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.dictionaries(st.tuples(st.sampled_from("AB"), st.sampled_from(["", "1", "2"]), DAYS), DAYS, max_size=12),
    asked=st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["", "1", "3"]), DAYS), min_size=1, max_size=12),
)
def test_looking_up_agrees_with_reading_the_rows_one_by_one(rows, asked):
    frame = pd.DataFrame(
        [(*key, np.int64(number), max(until, key[2])) for number, (key, until) in enumerate(rows.items(), 1)],
        columns=["payer_code", "modifier", "effective_from", "allowed_cents", "effective_to"],
    ).assign(procedure_code="99213")
    keys = pd.DataFrame(asked, columns=["payer_code", "modifier", "day"]).assign(procedure_code="99213")
    found = Master.of({"fee_schedules": frame}).look_up("fee_schedules", keys, keys["day"])
    for (payer, modifier, day), allowed in zip(asked, found["allowed_cents"], strict=True):
        begun = [key for key in rows if key[:2] == (payer, modifier) and key[2] <= day]
        newest = max(begun, default=None, key=lambda key: key[2])
        in_force = newest is not None and day <= max(rows[newest], newest[2])
        assert allowed == (list(rows).index(newest) + 1 if in_force else 0)
