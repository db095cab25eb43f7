"""What a payer decided and took back on one day is put in its order; everything else stays where it is posted."""

from __future__ import annotations

import pandas as pd
import pytest

from claims.ledger.order import in_order

# Decision, remittance, what it takes back; as they are posted.
FIRST, BACK, AGAIN, BACK_AGAIN, LAST = (
    ("d1", "A", ""),
    ("r1", "B", "d1"),
    ("d2", "B", ""),
    ("r2", "C", "d2"),
    ("d3", "C", ""),
)
CHAIN = ["d1", "r1", "d2", "r2", "d3"]


def ordered(*posted, family=0):
    ids = {name: place + 1 for place, (name, *_) in enumerate(posted)} | {"": 0}
    rows = pd.DataFrame(
        [(ids[name], ord(remit), family, "reversal" if of else "posted", ids[of]) for name, remit, of in posted],
        columns=["claim_payment_id", "remit_id", "family_id", "outcome", "reverses_claim_payment_id"],
    )
    # Another family in between stays where it is.
    other = rows.assign(claim_payment_id=-rows["claim_payment_id"], family_id=9, outcome="posted")
    both = pd.concat([rows, other]).sort_index(kind="stable")
    found = in_order(both)["claim_payment_id"].tolist()
    assert found[1::2] == [-one for one in range(1, len(posted) + 1)]
    names = {number: name for name, number in ids.items()}
    return [names[one] for one in found[::2]]


@pytest.mark.parametrize("remits", ["ABC", "ACB", "BAC", "BCA", "CAB", "CBA"])
def test_whatever_the_keys_of_a_day_are_a_decision_comes_before_what_takes_it_back(remits):
    rows = [one for remit in remits for one in (FIRST, BACK, AGAIN, BACK_AGAIN, LAST) if one[1] == remit]
    assert ordered(*rows) == CHAIN


def test_in_one_remittance_a_reversal_comes_right_after_what_it_takes_back():
    assert ordered(("r1", "A", "d1"), ("r2", "A", "d2"), ("d1", "A", ""), ("d2", "A", ""), ("d3", "A", "")) == CHAIN


def test_another_remittance_of_the_day_stays_where_its_key_puts_it():
    rows = [("e1", "D", ""), BACK, AGAIN, ("e2", "E", ""), FIRST, ("e3", "F", "")]
    assert ordered(*rows) == ["e1", "e2", "d1", "r1", "d2", "e3"]


def test_two_that_take_back_each_other_end():
    rows = [("r2", "A", "d2"), ("d1", "A", ""), ("r1", "B", "d1"), ("d2", "B", "")]
    assert sorted(ordered(*rows)) == ["d1", "d2", "r1", "r2"]
