"""What returns take back, by frames: named parts to the cent, with their share of a fee and their small difference."""

import pandas as pd
import pytest

from claims.ledger.returned_deposits import take_back
from tests.ledger.deposit_frames import lines

PART = {
    "remit_id": 0,
    "remit_key": "",
    "payer_code": "P",
    "trace_number": "",
    "is_difference": False,
    "amount_cents": 0,
    "fee_cents": 0,
}
DEPOSIT = {"bank_line_id": 1, "rest_cents": 0, "bank_date": "2026-03-11"}
BACK = {"bank_line_id": 2, "bank_date": "2026-03-13", "payer_name": ""}


def bank(*rows, **more):
    return lines(*rows).assign(reference="", **more)


def parts(*rows):
    texts = {"remit_key": "str", "payer_code": "str", "trace_number": "str", "is_difference": "bool"}
    return pd.DataFrame([PART | {"bank_line_id": 1} | row for row in rows]).astype(texts)


CHECKS = [
    {"remit_id": 1, "remit_key": "a", "trace_number": "101", "amount_cents": 3000},
    {"remit_id": 2, "remit_key": "b", "trace_number": "0102", "amount_cents": 3999},
    {"remit_id": 2, "remit_key": "b", "trace_number": "0102", "amount_cents": 1, "fee_cents": 1, "is_difference": True},
    {"remit_id": 3, "remit_key": "c", "trace_number": "103", "amount_cents": 5000},
    {"remit_id": 3, "remit_key": "c", "trace_number": "103", "fee_cents": -2, "is_difference": True},
]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]])
@pytest.mark.parametrize(
    ("backs", "taken"),
    [
        ([(-3999, "102")], [(2, 2, 1, 1), (2, 2, 3999, 0)]),  # the cent that was booked as short goes with it
        ([(-3998, "102")], []),
        ([(-3999, "103")], []),
        ([(-3000, "102"), (-999, "102")], [(2, 2, 3000, 0), (3, 2, 1, 1), (3, 2, 999, 0)]),
        ([(-3999, "102"), (-3999, "102")], []),
        ([(-5002, "103")], [(2, 3, 0, -2), (2, 3, 5000, 0)]),  # what was booked as over went, too
        ([(-5000, "103")], [(2, 3, 5000, 0)]),  # its money stayed in the bank
        ([(-4000, "103"), (-1002, "103")], [(2, 3, 4000, 0), (3, 3, 0, -2), (3, 3, 1000, 0)]),
        ([(-5001, "103")], []),
    ],
)
def test_a_named_part_goes_back_to_the_cent(order, backs, taken):
    returns = bank(
        *(
            BACK | {"bank_line_id": n, "rest_cents": cents, "trace_number": trace}
            for n, (cents, trace) in enumerate(backs, 2)
        ),
        is_over=False,
    )
    formers = bank(DEPOSIT, is_whole=True, amount_cents=11999)
    ties, considered = take_back(returns, formers, parts(*(CHECKS[place] for place in order)))
    found = ties[["bank_line_id", "remit_id", "amount_cents", "fee_cents"]].itertuples(index=False, name=None)
    assert sorted(found) == taken
    assert (considered["why"] == "chosen").any() == bool(taken)
    apart = pd.DataFrame({"bank_line_id": returns["bank_line_id"], "returns_line_id": 1})
    ties, considered = take_back(returns, formers, parts(*CHECKS), apart)
    assert ties.empty
    assert set(considered["why"]) == {"untied"}
