"""NPIs, taxonomy codes and tax numbers."""

from __future__ import annotations

import pytest

from claims.identifiers import npi_check_digit
from tests.x12.edits.conftest import billed, paid, said

CLAIM = """
    CLM*A1*100***11:B:1*Y*A*Y*Y~
    HI*ABK:J069~
    NM1*82*1*WHO*ALICE****XX*{npi}~
    PRV*PE*PXC*{taxonomy}~
    LX*1~
    SV1*HC:99213*100*UN*1***1~
    DTP*472*D8*20250201~
"""


@pytest.mark.parametrize("npi", ["1234567893", "1999999984", "1999999018", "1003000126"])
def test_the_check_digit_is_computed(npi):
    assert npi_check_digit(npi) == npi[9]


@pytest.mark.parametrize(
    ("npi", "told"),
    [
        ("1234567893", []),
        ("1234567890", [("npi-check-digit", "0", "3")]),
        ("3234567893", [("npi-form", "10 characters", "")]),
        ("123456789", [("npi-form", "9 characters", "")]),
        ("12345678X3", [("npi-form", "10 characters", "")]),
    ],
)
def test_rendering_provider_of_a_claim(npi, told):
    assert said(billed(CLAIM.format(npi=npi, taxonomy="207Q00000X"))) == told


@pytest.mark.parametrize(("taxonomy", "is_good"), [("207Q00000X", True), ("207Q000000", False), ("207Q0000X", False)])
def test_taxonomy(taxonomy, is_good):
    found = said(billed(CLAIM.format(npi="1234567893", taxonomy=taxonomy)))
    assert [code for code, _, _ in found] == ([] if is_good else ["taxonomy-form"])


def test_other_identifiers_are_left_alone():
    text = billed(CLAIM.format(npi="1234567893", taxonomy="207Q00000X"))
    assert said(text.replace("XX*1234567893", "24*123").replace("PXC*207Q00000X", "ZZ*1")) == []


def test_payee_and_line_of_a_remittance():
    text = paid("CLP*A1*1*100*100**12*ICN1~SVC*HC:99213*100*100~REF*HPI*1234567890~", "100")
    assert said(text) == [("npi-check-digit", "0", "3")]
    text = text.replace("XX*1999999984", "FI*12-34567").replace("REF*HPI*1234567890~", "")
    told = [("tax-id-form", "8 characters", ""), ("tax-id-form", "7 characters", "")]
    assert said(text.replace("REF*TJ*123456789", "REF*TJ*1234567")) == told
