"""Diagnoses and the pointers to them."""

from __future__ import annotations

import pytest

from claims import x12
from tests.x12.edits.conftest import billed, said

CLAIM = "CLM*A1*100***11:B:1*Y*A*Y*Y~{hi}LX*1~{line}DTP*472*D8*{day}~"
GOOD = {"hi": "HI*ABK:J069*ABF:R059~", "line": "SV1*HC:99213*100*UN*1***1:2~", "day": "20250201"}


def claim(**changes: str) -> list[tuple[str, str, str]]:
    """Check a claim that differs from a good one."""
    return said(billed(CLAIM.format(**GOOD | changes)))


@pytest.mark.parametrize(
    ("pointers", "told"),
    [
        ("1", []),
        ("2:1", []),
        ("3", [("diagnosis-pointer-out-of-range", "3", "2")]),
        ("1:0", [("diagnosis-pointer-out-of-range", "1 0", "2")]),
        ("A", [("diagnosis-pointer-out-of-range", "A", "2")]),
        ("1:1", [("diagnosis-pointer-repeated", "1 1", "")]),
        ("3:3", [("diagnosis-pointer-out-of-range", "3 3", "2"), ("diagnosis-pointer-repeated", "3 3", "")]),
    ],
)
def test_pointers(pointers, told):
    assert claim(line=f"SV1*HC:99213*100*UN*1***{pointers}~") == told


@pytest.mark.parametrize(
    ("hi", "told"),
    [
        ("HI*ABK:J069*ABF:J069~", [("diagnosis-repeated", "J069", "")]),
        ("HI*ABK:J06.9*ABF:R059~", [("diagnosis-with-point", "J06.9", "")]),
        ("HI*ABK:J069*BF:4019~", [("diagnosis-code-sets-mixed", "", "")]),
        ("HI*BK:4019*BF:25000~", [("diagnosis-code-set-date", "ICD-9", "20250201")]),
    ],
)
def test_diagnoses(hi, told):
    assert claim(hi=hi) == told


def test_the_code_list_changed_in_october_2015():
    old = "HI*BK:4019*BF:25000~"
    assert claim(hi=old, day="20150930") == []
    assert claim(day="20150930") == [("diagnosis-code-set-date", "ICD-10", "20150930")]
    assert claim(day="20151001") == []
    assert claim(hi=old, day="20151001") == [("diagnosis-code-set-date", "ICD-9", "20151001")]


def test_the_same_diagnosis_of_two_claims_is_no_repeat():
    assert said(billed(CLAIM.format(**GOOD) + CLAIM.format(**GOOD).replace("A1", "A2").replace("100", "90"))) == []


def test_an_external_cause_may_repeat_a_diagnosis():
    assert claim(hi="HI*ABK:J069*ABF:R059~HI*ABN:J069~") == []


def test_counts_of_an_institutional_claim():
    others = "".join(f"HI*ABF:R{number:02d}~" for number in range(26))
    text = (
        "CLM*A1*100***11:A:1**A*Y*Y~DTP*434*RD8*20250201-20250202~CL1*1*1*01~HI*ABK:J069~{more}LX*1~SV2*0450**100*UN*1~"
    )
    assert said(billed(text.format(more="HI*APR:R05~HI*ABN:V001~"), guide="005010X223A2")) == []
    told = said(billed(text.format(more=others + "HI*APR:R1*APR:R2*APR:R3*APR:R4~"), guide="005010X223A2"))
    assert told == [("diagnoses-too-many", "26", "24"), ("diagnoses-too-many", "4", "3")]


def test_it_is_told_where_the_diagnosis_is():
    found = x12.check(billed(CLAIM.format(**GOOD | {"hi": "HI*BK:4019*BF:25000~"})).encode()).findings
    only = found[found["code"] == "diagnosis-code-set-date"].iloc[0]
    assert (only["element"], only["seg"]) == ("HI", 18)
