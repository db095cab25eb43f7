"""Dates of an 837: birth, death, file, admission, statement."""

from __future__ import annotations

from claims import x12
from tests.x12.edits.conftest import billed, said

CLAIM = "CLM*A{number}*100***11:B:1*Y*A*Y*Y~{dtp}HI*ABK:J069~LX*1~SV1*HC:99213*100*UN*1***1~DTP*472*{day}~"


def claim(day: str = "D8*20250201", dtp: str = "", number: int = 1) -> str:
    """Return a claim with one line."""
    return CLAIM.format(day=day, dtp=dtp, number=number)


def test_service_and_birth():
    assert said(billed(claim()).replace("19800115", "20250201")) == []
    told = said(billed(claim()).replace("19800115", "20250202"))
    assert told == [("service-before-birth", "20250201", "")]


def test_the_patients_birth_counts_and_not_the_subscribers():
    child = "HL*3*2*23*0~PAT*19~NM1*QC*1*DOE*KIM~DMG*D8*20250301*F~" + claim()
    assert said(billed(child).replace("HL*2*1*22*0", "HL*2*1*22*1")) == [("service-before-birth", "20250201", "")]


def test_service_and_death():
    text = billed(claim() + claim("D8*20250203", number=2).replace("99213", "99214"))
    assert said(text.replace("CI~", "CI~PAT*****D8*20250203~")) == []
    assert said(text.replace("CI~", "CI~PAT*****D8*20250202~")) == [("service-after-death", "20250203", "")]


def test_the_death_of_one_patient_is_not_that_of_the_next():
    text = billed(claim() + "HL*3*1*22*0~SBR*P*18*******CI~NM1*IL*2*ROE*****MI*W2~" + claim("D8*20250301", number=2))
    assert said(text.replace("CI~", "CI~PAT*****D8*20250202~", 1)) == []


def test_service_and_file():
    assert said(billed(claim("D8*20250310"))) == []
    assert said(billed(claim("D8*20250311"))) == [("service-after-file", "20250311", "20250310")]
    assert said(billed(claim("D8*20250311")).replace("*20250310*1200*1*X", "*20250000*1200*1*X")) == []


def test_periods():
    assert said(billed(claim("RD8*20250201-20250203"))) == []
    told = said(billed(claim("RD8*20250203-20250201")))
    assert told == [("date-range-reversed", "20250203", "20250201")]


def test_admission_and_discharge():
    assert said(billed(claim(dtp="DTP*435*D8*20250201~DTP*096*D8*20250201~"))) == []
    told = said(billed(claim(dtp="DTP*435*D8*20250202~DTP*096*D8*20250201~")))
    assert told == [("discharge-before-admission", "20250202", "20250201")]


INSTITUTIONAL = (
    "CLM*A1*100***11:A:1**A*Y*Y~DTP*434*RD8*20250201-20250205~DTP*435*DT*{admitted}~CL1*1*1*01~HI*ABK:J069~"
    "LX*1~SV2*0450*HC:99283*100*UN*1~DTP*472*{day}~"
)


def test_an_institutional_claim_is_discharged_on_its_last_day():
    text = INSTITUTIONAL.format(admitted="{}", day="D8*20250201")
    assert said(billed(text.format("202502051200"), guide="005010X223A2")) == []
    told = said(billed(text.format("202502061200"), guide="005010X223A2"))
    assert told == [("discharge-before-admission", "20250206", "20250205")]


def test_lines_lie_inside_the_statement_period():
    text = INSTITUTIONAL.format(admitted="202502011200", day="{}")
    assert said(billed(text.format("D8*20250205"), guide="005010X223A2")) == []
    assert said(billed(text.replace("DTP*472*{}~", ""), guide="005010X223A2")) == []
    for day, found in (("D8*20250206", "20250206"), ("D8*20250131", "20250131"), ("RD8*20250204-20250206", "20250206")):
        told = said(billed(text.format(day), guide="005010X223A2"))
        assert told == [("service-outside-statement", found, "20250201-20250205")]


def test_it_is_told_at_the_date():
    found = x12.check(billed(claim("D8*20250311")).encode()).findings
    only = found[found["code"] == "service-after-file"].iloc[0]
    assert only["element"] == "DTP03"
    assert only["message"] == (
        "segment 21, DTP03: the service of 20250311 lies after the file of 20250310; transaction set held."
    )
