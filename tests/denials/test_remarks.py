"""What is odd about reason and remark codes."""

import pytest

from claims.denials import classify, remark_exceptions
from tests.denials.frames import adjustments, claims, lines, remarks

TWO_LINES = ({}, {"service_payment_id": 2, "ordinal": 2})


def odd(adjustment_rows, remark_rows=(), claim=None):
    """Return (type, code, line, cents) of one claim payment with two lines."""
    claim_payments, service_payments = claims(claim or {}), lines(*TWO_LINES)
    found = adjustments(*((1, *row) for row in adjustment_rows))
    classes = classify(claim_payments, service_payments, found)
    rows = remark_exceptions(claim_payments, found, classes, remarks(*((1, *row) for row in remark_rows)))
    names = ["type_code", "code", "service_payment_id", "amount_cents"]
    return list(rows[names].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("line", "remark_rows", "is_missing"),
    [
        (1, [], True),
        (1, [(1, "M51")], False),
        (1, [(0, "M51")], False),
        (1, [(2, "M51")], True),
        (1, [(1, "MA01")], True),
        (0, [(0, "M51")], False),
        (0, [(2, "M51")], False),
        (0, [], True),
    ],
    ids=[
        "none",
        "on line",
        "on claim",
        "other line",
        "alert",
        "claim level",
        "any line for claim level",
        "none at all",
    ],
)
def test_a_code_that_needs_a_remark(line, remark_rows, is_missing):
    found = odd([(line, "CO", "16", 500)], remark_rows)
    assert found == ([("RARC_MISSING", "16", line, 500)] if is_missing else [])


def test_a_code_that_needs_none():
    assert odd([(1, "CO", "50", 500)]) == []


def test_an_unknown_remark_is_named_and_explains_nothing():
    assert odd([(1, "CO", "16", 500)], [(1, "ZZ99")]) == [
        ("RARC_MISSING", "16", 1, 500),
        ("UNKNOWN_RARC", "ZZ99", 1, 0),
    ]


@pytest.mark.parametrize(
    ("claim", "is_odd"),
    [({}, True), ({"status_code": "2"}, False), ({"payer_sequence": "S"}, False), ({"status_code": "22"}, False)],
    ids=["primary", "secondary by status", "secondary by match", "reversal"],
)
def test_a_stopped_code(claim, is_odd):
    found = odd([(1, "CO", "42", 500)], claim=claim)
    assert found == ([("STOPPED_CARC", "42", 1, 500)] if is_odd else [])


def test_nothing_of_nothing():
    assert odd([]) == []
