"""Reason and remark codes of an 835."""

from __future__ import annotations

import pytest

from claims import codes
from claims.x12.edits.adjustments import _allowed
from tests.x12.edits.conftest import paid, said


def adjusted(status: str, cas: str, more: str = "", filing: str = "12", claim_more: str = "") -> list[str]:
    """Return the codes that a claim of 100.00 with one unpaid line gives."""
    text = f"CLP*A1*{status}*100*0**{filing}*ICN1~{claim_more}SVC*HC:99213*100*0~CAS*{cas}~{more}"
    return [code for code, _, _ in said(paid(text))]


@pytest.mark.parametrize(
    ("status", "cas", "told"),
    [
        ("1", "CO*29*100", []),
        ("1", "CO*045*50**29*50", []),
        ("1", "CO*29*99**777*1", ["carc-not-known"]),
        ("1", "CO*45*99**29*1", []),
        ("1", "CO*45*100", ["contractual-full-charge"]),
        ("22", "CO*45*100", []),
        ("25", "OA*101*100", []),
        ("1", "OA*101*100", ["predetermination-outside-estimate"]),
        ("1", "OA*23*100", []),
        ("2", "CO*23*100", ["adjustment-group-not-allowed"]),
        ("2", "CO*A2*50**29*50", []),
        ("1", "CO*A2*50**29*50", ["carc-stopped"]),
        ("22", "CO*A2*50**29*50", []),
        ("1", "CO*18*100", ["adjustment-group-not-allowed"]),
        ("1", "OA*18*100", []),
        ("1", "CO*16*100", ["carc-without-remark"]),
        ("22", "CO*16*100", []),
        ("1", "CR*29*100", ["correction-group-outside-reversal"]),
        ("22", "CR*29*100", []),
        ("1", "CR*45*100", ["correction-group-outside-reversal"]),
    ],
)
def test_codes_and_groups(status, cas, told):
    assert adjusted(status, cas) == told


def test_a_duplicate_is_the_providers_in_workers_compensation():
    assert adjusted("1", "CO*18*100", filing="WC") == []


@pytest.mark.parametrize(
    ("line", "claim", "told"),
    [
        ("LQ*HE*M20~", "", []),
        ("", "MOA***M20~", []),
        ("LQ*HE*N210~", "", ["carc-without-remark"]),  # an alert names no cause
        ("LQ*HE*N9999~", "", ["rarc-not-known"]),
        ("LQ*RX*70~", "", ["carc-without-remark"]),
        ("LQ*HE*M3~", "", []),  # a code that only the list of the validator has
    ],
)
def test_a_remark_names_the_cause(line, claim, told):
    assert adjusted("1", "CO*16*100", line, claim_more=claim) == told


def test_a_remark_of_another_line_explains_the_claim_but_no_line():
    lines = "SVC*HC:99213*60*0~CAS*CO*16*60~SVC*HC:99214*40*0~CAS*CO*29*40~LQ*HE*M20~"
    assert said(paid(f"CLP*A1*1*100*0**12*ICN1~{lines}")) == [("carc-without-remark", "16", "")]
    lines = "CAS*CO*16*60~SVC*HC:99214*40*0~CAS*CO*29*40~LQ*HE*M20~"
    assert "carc-without-remark" not in [code for code, _, _ in said(paid(f"CLP*A1*1*100*0**12*ICN1~{lines}"))]


def test_the_whole_charge_of_a_claim_without_lines():
    assert said(paid("CLP*A1*1*100*0**12*ICN1~CAS*CO*45*100~")) == [("contractual-full-charge", "CO-45", "")]


def test_what_is_told_names_element_and_groups():
    found = said(paid("CLP*A1*1*100*0*60*12*ICN1~CAS*PR*1*60~CAS*CO*1*30**29*10~"))
    assert found == [("adjustment-group-not-allowed", "CO-1", "PR, OA")]


@pytest.mark.parametrize("code", sorted(set(codes.table("carc")["code"]) - {""}))
def test_every_reason_code_may_stand_in_some_group(code):
    assert _allowed(code)
