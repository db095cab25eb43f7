"""Patients' money in lines: what is given up hangs on the shares it was part of."""

import pandas as pd

from claims.ledger.patient_lines import hung


def test_what_is_given_up_hangs_on_the_first_shares_as_far_as_they_go():
    shares = pd.DataFrame(
        [(7, 30, 1, 3, 1200), (7, 20, 2, 2, 500), (7, 20, 1, 1, 900), (8, 40, 1, 4, 100)],
        columns=["family_id", "claim_payment_id", "line_number", "continues_journal_id", "amount_cents"],
    )
    rows = pd.DataFrame({"family_id": [7, 8, 9], "amount_cents": [1500, 150, 60], "kind": ["a", "b", "c"]})
    names = ["family_id", "claim_payment_id", "line_number", "continues_journal_id", "amount_cents", "kind", "place"]
    parts = hung(rows, shares).sort_values(["family_id", "place"])[names]
    assert parts.to_numpy().tolist() == [
        [7, 30, 1, 3, 1200, "a", 1],
        [7, 20, 2, 2, 300, "a", 2],
        [8, 40, 1, 4, 100, "b", 1],
        [8, 0, 0, 0, 50, "b", 2],  # no share covers it
        [9, 0, 0, 0, 60, "c", 1],
    ]
