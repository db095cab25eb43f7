"""What a person changes: a code that becomes another takes with it what belonged to the old one."""

from __future__ import annotations

import pandas as pd
import pytest

from claims.service.changes import changed

CLAIM = {
    "seg": 3, "claim_id": 7, "payer_code": "FABLE", "payer_name": "FABLEWOOD HEALTH PLAN", "payer_sequence": "P",
    "filing_indicator_code": "12", "member_id": "W1", "billing_npi": "1999999018", "billing_name": "MADE UP",
    "billing_tax_id": "900000099", "billing_address": "100 INVENTED WAY", "pay_to_address": "PO BOX 9",
    "rendering_npi": "1999999026", "rendering_last_name": "STETHOSCOPE", "facility_npi": "1999999984",
    "facility_name": "SOMEWHERE", "facility_code": "11", "charge_cents": 100,
}  # fmt: skip
OF_BILLING = {"billing_name": "", "billing_tax_id": "", "billing_address": "", "pay_to_address": ""}


def after(**values):
    """Set columns of the claim; give those that are not as they were."""
    frames = {
        "claims": pd.DataFrame([CLAIM]),
        "service_lines": pd.DataFrame({"claim_seg": [3], "ordinal": [1], "charge_cents": [100]}),
    }
    rows = [(7, 0, column, value) for column, value in values.items()]
    found = changed(frames, pd.DataFrame(rows, columns=["claim_id", "line_number", "column", "value"]))["claims"]
    return {name: value for name, value in found.iloc[0].to_dict().items() if value != CLAIM[name]}


@pytest.mark.parametrize(
    ("values", "emptied"),
    [
        ({"payer_code": "MOONB", "member_id": "MB1"}, {"payer_name": "", "filing_indicator_code": ""}),
        ({"payer_code": "MOONB", "payer_name": "MOONBEAM"}, {"filing_indicator_code": ""}),
        ({"billing_npi": "1999999034"}, OF_BILLING),
        ({"rendering_npi": "1999999034"}, {"rendering_last_name": ""}),
        ({"facility_npi": "1999999034"}, {"facility_name": ""}),
        ({"member_id": "W2"}, {}),
    ],
)
def test_another_code_leaves_nothing_behind_of_the_old_one(values, emptied):
    assert after(**values) == {**values, **emptied}


def test_the_same_code_changes_nothing():
    assert after(payer_code="FABLE") == {}
