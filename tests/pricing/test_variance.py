"""Lines that were paid below or above the contract."""

from __future__ import annotations

import pandas as pd
import pytest

from claims.pricing import variances

LINE = {
    "payer_code": "FABLE", "payer_sequence": "P", "expected_cents": 10_000, "paid_cents": 8_000, "patient_cents": 2_000,
    "sequestration_cents": 0, "denied_cents": 0, "pending_cents": 0,
}  # fmt: skip


def found(*lines, tolerances=None):
    frame = pd.DataFrame([LINE | line for line in lines]).astype({"expected_cents": "Int64"})
    return variances(frame, tolerances)


@pytest.mark.parametrize("paid", [7_800, 8_000, 8_200])
def test_within_two_percent_is_no_variance(paid):
    assert found({"paid_cents": paid}).empty


def test_below_and_above_are_cases_with_their_sign():
    rows = found({"paid_cents": 7_799}, {"paid_cents": 8_201}, {"paid_cents": 7_799, "sequestration_cents": 201})
    assert rows["variance_cents"].tolist() == [-201, 201]
    assert rows["kind"].tolist() == ["underpaid", "overpaid"]


def test_small_amounts_have_a_tolerance_of_one_dollar():
    small = {"expected_cents": 1_000, "patient_cents": 0}
    assert found(small | {"paid_cents": 900}).empty
    assert len(found(small | {"paid_cents": 899})) == 1


def test_a_payer_may_have_a_tolerance_of_its_own():
    own = pd.DataFrame({"payer_code": ["FABLE"], "tolerance_cents": [0], "tolerance_percent_milli": [0]})
    assert len(found({"paid_cents": 7_999}, tolerances=own)) == 1


@pytest.mark.parametrize(
    "line", [{"payer_sequence": "S"}, {"denied_cents": 1}, {"pending_cents": 1}, {"expected_cents": pd.NA}]
)
def test_later_payers_denied_pending_and_unpriced_lines_are_not_compared(line):
    assert found({"paid_cents": 0} | line).empty
