"""Returns and deposits of one trace number and amount: the first takes the first back, whichever came to us first."""

import pandas as pd
import pytest

from claims.ledger.returned_turns import in_turn, out_of_turn


def pairs(backs, cames):
    """Each return (number, day) beside each deposit (number, day) that had come by then."""
    rows = [
        (back, f"2025-03-{day}", str(back), came, f"2025-03-{before}", str(came))
        for back, day in backs
        for came, before in cames
        if before <= day
    ]
    columns = ["bank_line_id", "bank_date", "line_key", "remit_id", "payment_date", "remit_key"]
    return pd.DataFrame(rows, columns=columns).assign(trace="1", rest_cents=8800)


@pytest.mark.parametrize(
    ("backs", "cames", "taken"),
    [
        ([(5, 13), (6, 17)], [(1, 11), (2, 15)], [(5, 1), (6, 2)]),
        ([(5, 13), (6, 17)], [(1, 11)], [(5, 1)]),
        ([(6, 17)], [(1, 11), (2, 15)], []),  # which one nobody can tell yet
        ([(5, 16), (6, 17)], [(1, 11), (2, 15)], [(5, 1), (6, 2)]),
        ([(5, 13), (6, 13)], [(1, 11)], []),
        ([(5, 13), (6, 13)], [(1, 11), (2, 12)], [(5, 1), (6, 2)]),
        ([(5, 13), (6, 17)], [(1, 11), (2, 15), (3, 16)], [(5, 1)]),
    ],
)
def test_each_return_takes_back_in_turn(backs, cames, taken):
    rows = pairs(backs, cames)
    assert in_turn(rows) == taken
    assert in_turn(rows.iloc[::-1]) == taken


@pytest.mark.parametrize(("day", "apart", "found"), [(13, [], [6]), (18, [], []), (10, [], []), (13, [(5, 1)], [])])
def test_a_later_return_gives_way_to_the_earlier_one_that_came_since(day, apart, found):
    facts = {"trace_number": "01", "amount_cents": -8800}
    came = pd.DataFrame([facts | {"bank_line_id": 5, "bank_date": f"2025-03-{day}"}])
    taken = {"bank_line_id": 6, "bank_date": "2025-03-17", "returns_line_id": 1, "came": "2025-03-11"}
    refused = pd.DataFrame(apart, columns=["bank_line_id", "returns_line_id"])
    ways = out_of_turn(came, pd.DataFrame([facts | taken | {"came_trace": "1"}]), refused)
    assert ways["bank_line_id"].tolist() == found
