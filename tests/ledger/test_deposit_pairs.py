"""One deposit beside one remittance: what a person is told before tying the two."""

import pandas as pd
import pytest

from claims.ledger.deposit_pairs import compared

LINE = {"rest_cents": 8800, "trace_number": "00T1", "payer_identifier": "", "payer_name": "PLAN ONE HEALTH"}
REMIT = {
    "open_cents": 9900,
    "trace_number": "T1",
    "payer_identifier": "1512345678",
    "payer_name": "PLAN ONE HEALTH A",
}


@pytest.mark.parametrize(
    ("line", "remit", "told"),
    [
        ({}, {}, ("agrees", "agrees", "agrees")),
        ({"trace_number": "X9"}, {}, ("differs", "agrees", "agrees")),
        ({"trace_number": ""}, {"payment_date": ""}, ("unknown", "agrees", "unknown")),
        ({"payer_name": "MOON"}, {"payer_name": "SUN"}, ("agrees", "differs", "agrees")),
        ({"payer_name": "Moon"}, {"payer_name": "MOON"}, ("agrees", "agrees", "agrees")),
        ({"payer_name": ""}, {"payment_date": "2025-03-03"}, ("agrees", "unknown", "differs")),
        ({"payer_name": "", "payer_identifier": "999999999"}, {}, ("agrees", "differs", "agrees")),
    ],
)
def test_trace_payer_and_date_are_told_each(line, remit, told):
    own = pd.DataFrame([LINE | {"bank_date": "2025-03-11"} | line])
    other = pd.DataFrame([REMIT | {"payment_date": "2025-03-10"} | remit])
    assert compared(own, other) == dict(zip(("trace", "payer", "date"), told, strict=True))
