"""What had been released stands again where its claim is open, but not what only repeated the decision taken back."""

import pandas as pd
import pytest

from claims.ledger.standing_again import standing_again

OPEN = pd.DataFrame({"family_id": [7], "payer_sequence": ["P"], "line_number": [1], "amount_cents": [15000]})


def released(*reasons, is_by_earlier=True):
    """A denial of 150.00 that was released: a pair of lines for each of its reasons."""
    cents = 15000 // len(reasons)
    rows = [(account, sign * cents, reason) for reason in reasons for account, sign in (("1100", -1), ("1110", 1))]
    return pd.DataFrame(rows, columns=["account", "amount_cents", "reason_code"]).assign(
        release_id=5,
        family_id=7,
        claim_payment_id=2,
        claim_payment_id_by=3,
        payer_sequence="P",
        sequence_first="P",
        line_number=1,
        is_by_earlier=is_by_earlier,
    )


@pytest.mark.parametrize(
    ("lines", "stands"),
    [
        (released("18"), 0),
        (released("18", is_by_earlier=False), 2),  # what released it came after it: it was no repeat of that
        (released("197"), 2),
        (released("B20"), 2),  # another provider's: it says of this claim what nobody said before
        (released("18", "197"), 4),
    ],
)
def test_a_repeat_of_an_earlier_decision_stands_no_more(lines, stands):
    assert len(standing_again(lines, OPEN)) == stands


def test_a_claim_that_is_decided_has_nothing_left_for_it():
    assert standing_again(released("197"), OPEN.assign(amount_cents=10000)).empty
