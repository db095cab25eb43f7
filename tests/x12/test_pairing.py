"""Pairing: one set of columns after another, equal rows in their order."""

from __future__ import annotations

import pandas as pd

from claims.x12.pairing import paired


def pairs(a: list[tuple], b: list[tuple], passes, **options) -> list[tuple[int, int]]:
    one, other = (pd.DataFrame(rows, columns=["name", "amount"], dtype="object") for rows in (a, b))
    return list(paired(one, other, passes, **options).itertuples(index=False, name=None))


def test_a_later_pass_sees_only_what_is_left():
    a = [("X", 1), ("X", 2), ("Y", 3)]
    b = [("Y", 9), ("X", 2), ("X", 5)]
    assert pairs(a, b, [("name", "amount"), ("name",)]) == [(0, 2), (1, 1), (2, 0)]


def test_equal_rows_pair_in_order_and_the_surplus_stays_alone():
    assert pairs([("X", 1), ("X", 2), ("X", 3)], [("X", 7), ("X", 8)], [("name",)]) == [(0, 0), (1, 1)]


def test_a_pass_by_name_leaves_the_nameless_out():
    a, b = [("", 1), ("N", 2)], [("", 9), ("N", 3)]
    assert pairs(a, b, [("name",)], named="name") == [(1, 1)]
    assert pairs(a, b, [("name",), ("amount",)], named="name") == [(1, 1)]


def test_rows_are_named_by_their_index():
    a = pd.DataFrame({"name": ["X", "Y"]}, index=[10, 20])
    b = pd.DataFrame({"name": ["Y", "X"]}, index=[5, 6])
    assert paired(a, b, [("name",)]).to_numpy().tolist() == [[10, 6], [20, 5]]


def test_nothing_pairs_with_nothing():
    assert pairs([], [("X", 1)], [("name",)]) == pairs([("X", 1)], [], [("name",)]) == []
