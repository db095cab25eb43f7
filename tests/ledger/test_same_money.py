"""Lines of two bank files that are the same money: their places among equals, and which of them stands."""

import pandas as pd
import pytest

from claims.ledger.same_money import money_keys, places, standing


def lines(*rows):
    """Lines of one day, amount and trace number: account, reference, and what else is said of them."""
    texts = dict.fromkeys(("account", "reference", "payer_name", "payer_identifier"), "")
    flags = dict.fromkeys(("is_booked", "was_booked", "is_undone", "is_own"), False)
    usual = {**texts, **flags, "copy_of_line_id": 0, "money_place": 1, "money_key": "K"}
    return pd.DataFrame(
        [{**usual, "bank_line_id": number, "line_key": f"L{number}", **row} for number, row in enumerate(rows, 1)]
    )


def test_money_is_day_amount_and_trace_number_as_it_is_compared():
    rows = pd.DataFrame(
        [("2025-03-11", 88, "0t 1"), ("2025-03-11", 88, "T1"), ("2025-03-11", -88, "T1"), ("2025-03-12", 88, "T1"),
         ("2025-03-11", 88, "000")],
        columns=["bank_date", "amount_cents", "trace_number"],
    )  # fmt: skip
    keys = money_keys(rows)
    assert keys[0] == keys[1] != "" and keys.nunique() == 4 and keys[4] == ""


@pytest.mark.parametrize(
    ("stored", "new", "expected"),
    [
        ((), ({}, {}), [1, 2]),  # equal lines of one file are two deposits
        (({"account": "7"},), ({}, {}), [1, 2]),
        # A line that the books have keeps its place, and no other of its file is it.
        (({"line_key": "known"},), ({}, {"line_key": "known"}), [2, 1]),
        # The bank's own references tell lines of one kind of statement apart, or find them again.
        (({"reference": "R1"},), ({"reference": "R2"}, {"reference": "R1"}), [2, 1]),
        (({"reference": "R1", "account": "7"},), ({"reference": "R2"},), [1]),
        (({"reference": "R1"},), ({"reference": ""},), [1]),
        (({"payer_name": "Plan  one"},), ({"payer_name": "PLAN TWO"}, {"payer_name": "PLAN ONE"}), [2, 1]),
        (({"reference": "R1", "payer_name": "ONE"},), ({"reference": "R1", "payer_name": "TWO"},), [2]),
    ],
)
def test_places_among_equal_money(stored, new, expected):
    books = lines(*stored) if stored else lines({}).iloc[:0]
    rows = lines(*({"line_key": f"N{number}", **row} for number, row in enumerate(new)))
    assert places(rows, books).tolist() == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (({}, {"account": "7"}), [0, 1]),
        (({"line_key": "Z"}, {"account": "7", "line_key": "A"}), [2, 0]),  # by key, so that no order counts
        (({"line_key": "Z", "is_booked": True}, {"account": "7", "line_key": "A"}), [0, 1]),
        (({"account": "8"}, {"account": "7"}), [0, 0]),
        # A file without account says the money of one account, and that of the one that it was held beside.
        (({"is_booked": True}, {"account": "7"}, {"account": "8"}), [0, 1, 0]),
        (({"is_booked": True}, {"account": "7"}, {"account": "8", "copy_of_line_id": 1}), [0, 0, 1]),
        (({}, {"money_place": 2}, {"account": "7"}), [0, 0, 1]),
        # What a person said to be money of its own has a place of its own: a third file finds both.
        (({}, {"account": "7", "is_own": True, "money_place": 2}), [0, 0]),
        (
            ({}, {"account": "7", "is_own": True, "money_place": 2, "copy_of_line_id": 1}, {}, {"money_place": 2}),
            [0, 0, 1, 2],
        ),
        (({"is_own": True, "money_place": 2}, {"account": "7"}, {"account": "7", "money_place": 2}), [0, 0, 1]),
        # Lines of a file without accounts are of one account after the other.
        (({"account": "7"}, {"account": "8"}, {}, {"money_place": 2}), [0, 0, 1, 2]),
        (
            (
                {"account": "7"},
                {"account": "8", "copy_of_line_id": 4},
                {"line_key": "Z"},
                {"is_booked": True, "money_place": 2},
            ),
            [0, 4, 1, 0],
        ),
        # Two payers are no copies of each other; a name may be longer in one file.
        (({"payer_name": "PLAN ONE"}, {"account": "7", "payer_name": "Plan Two"}, {"account": "7"}), [0, 0, 1]),
        (({"payer_name": "PLAN ONE"}, {"account": "7", "payer_name": "Plan-One of Ohio"}), [0, 1]),
        (
            (
                {"payer_name": "ONE", "payer_identifier": "1599999999"},
                {"account": "7", "payer_name": "TWO", "payer_identifier": "599999999"},
            ),
            [0, 1],
        ),
        (({"payer_name": "PLAN ONE"}, {"account": "7", "payer_name": "ADDENDA TRN*1*ZZ*1512345678~"}), [0, 1]),
        (({"payer_identifier": "1"}, {"account": "7", "payer_identifier": "2"}), [0, 0]),
        (({"is_undone": True}, {"account": "7"}), [2, 0]),
        (({"is_undone": True, "was_booked": True}, {"account": "7", "is_undone": True}), [0, 0]),
        (({}, {"account": "7", "was_booked": True}), [2, 0]),
        (({"is_booked": True}, {"account": "7", "is_booked": True}), [0, 0]),  # what is in the books is a person's
    ],
)
def test_which_of_several_lines_stands(rows, expected):
    assert standing(lines(*rows)).tolist() == expected
