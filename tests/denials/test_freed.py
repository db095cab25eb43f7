"""Denials that are posted only when what held them is taken back: after that reversal, not where their file stands."""

import pandas as pd
import pytest

from claims.denials.freed import let_go

LATEST = pd.DataFrame({"base": ["a"], "claim_payment_id": [1], "state": ["new"], "outcome": [""]})
HELD, BACK = 2, 3  # a denial that waited, and the reversal of the payment for which it did


def places(*, latest=LATEST, **changes):
    """Where the denials 1 and HELD of one claim have their place."""
    rows = pd.DataFrame(
        {
            "claim_payment_id": [1, HELD, BACK],
            "family_id": [7, 7, 7],
            "payer_sequence": ["P", "P", "P"],
            "outcome": ["posted", "posted", "reversal"],
            "reverses_claim_payment_id": [0, 0, 9],
            "at": [0, 10, 20],
            "is_seen": [True, False, False],
            "posted_at": ["01", "05", "04"],
        }
    ).assign(**changes)
    denied = pd.DataFrame({"base": ["a", "a"], "claim_payment_id": [1, HELD], "at": [0, 10]})
    return let_go(denied, latest, rows).tolist()


def test_a_denial_that_waited_for_a_reversal_of_its_look_comes_right_after_it():
    assert places() == [-1, 21]


@pytest.mark.parametrize(
    "changes",
    [
        {"posted_at": ["01", "04", "04"]},  # posted together with it, in its own turn
        {"is_seen": [True, False, True]},  # that look is over
        {"payer_sequence": ["P", "S", "P"]},
        {"outcome": ["posted", "unapplied", "reversal"]},
        {"at": [0, 30, 20]},
        {"latest": LATEST.assign(claim_payment_id=HELD)},  # an open case tells it already
    ],
)
def test_any_other_denial_stays_in_its_turn(changes):
    assert places(**changes) == [-1, -1]
