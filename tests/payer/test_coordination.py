"""What other payers settled of a line: the charge without the patient's share that the last of them left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.coordination import follows, settled

LINES = pd.DataFrame({"claim_seg": [10, 10, 20], "seg": [11, 12, 21], "charge_cents": [15000, 5000, 7000]})


def frame(columns: str, *rows: tuple) -> pd.DataFrame:
    """Give a frame; numbers stay whole."""
    return pd.DataFrame(rows, columns=columns.split()) if rows else pd.DataFrame({n: [] for n in columns.split()})


def payers(*rows):
    return frame("claim_seg seg payer_sequence paid_cents", *rows).astype({"paid_cents": "Int64"})


def paid(*rows):
    return frame("claim_seg service_seg seg paid_cents", *rows)


def adjusted(*rows):
    return frame("claim_seg service_seg seg group_code amount_cents", *rows)


def both(*frames) -> tuple[list[int], list[bool]]:
    prior, missing = settled(LINES, np.array([True, True, False]), *frames)
    return list(prior), list(missing)


def test_a_claim_follows_by_its_own_place_or_by_that_of_another_payer():
    claims = pd.DataFrame({"seg": [10, 20, 30], "payer_sequence": ["P", "S", "P"]})
    assert list(follows(claims, payers((10, 13, "S", 1), (30, 33, "P", 1)))) == [False, True, True]


def test_the_patients_share_of_a_line_is_left():
    """The worked claim of the guide: 150.00, paid 88.00, CO-45 40.00, PR-2 22.00; the other line was paid whole."""
    found = both(
        payers((10, 100, "P", 13800)),
        paid((10, 11, 110, 8800), (10, 12, 120, 5000)),
        adjusted((10, 11, 111, "CO", 4000), (10, 11, 112, "PR", 2200)),
    )
    assert found == ([15000 - 2200, 5000, 0], [False, False, False])


def test_a_line_that_the_first_payer_did_not_return_waits():
    found = both(payers((10, 100, "P", 8800)), paid((10, 11, 110, 15000)), adjusted())
    assert found == ([15000, 0, 0], [False, True, False])


def test_of_two_earlier_payers_the_last_one_counts():
    found = both(
        payers((10, 100, "P", 8800), (10, 105, "S", 1700)),
        paid((10, 11, 110, 8800), (10, 11, 120, 1700), (10, 12, 130, 5000)),
        adjusted((10, 11, 111, "PR", 2200), (10, 11, 121, "OA", 12800), (10, 11, 122, "PR", 500)),
    )
    assert found[0][0] == 15000 - 500


def test_a_share_told_of_the_claim_is_spread_over_its_lines_to_the_cent():
    found = both(payers((10, 100, "P", 10000)), paid(), adjusted((10, 0, 101, "CO", 6667), (10, 0, 102, "PR", 3333)))
    assert sum(found[0][:2]) == 20000 - 3333
    assert found[1] == [False, False, False]


def test_without_any_adjustment_what_was_not_paid_is_left():
    found = both(payers((10, 100, "P", 15000)), paid(), adjusted())
    assert sum(found[0][:2]) == 15000


def test_without_a_decision_all_lines_wait():
    assert both(payers((10, 100, "P", None)), paid(), adjusted()) == ([0, 0, 0], [True, True, False])
