"""What only a dental claim says: teeth, surfaces, areas of the mouth, and that it is no claim yet."""

from __future__ import annotations

import pytest

from claims import x12
from claims.x12 import X12File
from tests.x12.envelopes import submission

BODY = """
    BHT*0019*00*B1*20260910*1200*CH~
    NM1*41*2*CLINIC*****46*123~
    NM1*40*2*BIG PAYER*****46*999~
    HL*1**20*1~
    NM1*85*2*CLINIC*****XX*1999999109~
    REF*EI*123456789~
    HL*2*1*22*0~
    SBR*S*18*******CI~
    NM1*IL*1*DOE*JANE****MI*W1~
    NM1*PR*2*BIG PAYER*****PI*12345~
    CLM*A1*900***11:B:1*Y*A*Y*Y~
    DTP*472*D8*20260901~
    DN1*24*22~
    DN2*4*E~
    DN2*13*m~
    SBR*P*18*******CI~
    NM1*PR*2*FIRST PAYER*****PI*P1~
    NM1*DN*1~
    REF*G2*REFERRER1~
    NM1*DD*1~
    REF*G2*SURGEON1~
    LX*1~
    SV3*AD:D5214*700**01:20*R*1~
    TOO*JP*31~
    TOO*JP*30~
    LX*2~
    SV3*AD:D2150*200****1~
    TOO*JP*12*M:O~
    CLM*A2*750***11:B:1*Y*A*Y*I**********PB~
    LX*1~
    SV3*AD:D2750*750***I*1~
"""


@pytest.fixture(scope="module")
def dental() -> X12File:
    return x12.read(submission(BODY, guide="005010X224A2").encode())


def test_every_tooth_has_a_row_of_its_line(dental):
    teeth = dental.frames["teeth"]
    assert teeth["tooth_code"].tolist() == ["31", "30", "12"]
    assert teeth["surface_codes"].tolist() == ["", "", "M O"]
    lines = dental.frames["service_lines"]
    assert teeth["service_seg"].tolist() == [lines["seg"][0], lines["seg"][0], lines["seg"][1]]
    assert set(teeth["claim_seg"]) == {dental.frames["claims"]["seg"][0]}


def test_status_of_a_tooth_belongs_to_the_claim(dental):
    statuses = dental.frames["tooth_statuses"]
    assert list(zip(statuses["tooth_code"], statuses["status_code"], strict=True)) == [("4", "E"), ("13", "M")]
    assert set(statuses["claim_seg"]) == {dental.frames["claims"]["seg"][0]}


def test_line_has_areas_of_the_mouth_and_the_kind_of_prosthesis(dental):
    lines = dental.frames["service_lines"]
    assert lines["oral_cavity_codes"].tolist() == ["01 20", "", ""]
    assert lines["prosthesis_code"].tolist() == ["R", "", "I"]


def test_predetermination_says_that_it_is_one(dental):
    assert dental.frames["claims"]["submission_reason_code"].tolist() == ["", "PB"]


def test_providers_of_another_payer_have_their_own_loops(dental):
    parties, references = dental.frames["parties"], dental.frames["references"]
    assert set(parties.loc[parties["qualifier_code"] == "DN", "loop"]) == {"2330C"}
    assert set(parties.loc[parties["qualifier_code"] == "DD", "loop"]) == {"2330H"}
    found = references[references["qualifier_code"] == "G2"]
    assert list(zip(found["loop"], found["reference"], strict=True)) == [("2330C", "REFERRER1"), ("2330H", "SURGEON1")]


def test_other_claims_have_no_teeth():
    professional = x12.read(submission("CLM*A1*5***11:B:1~LX*1~SV1*HC:99213*5*UN*1~").encode())
    assert professional.frames["teeth"].empty and professional.frames["tooth_statuses"].empty
    assert professional.frames["service_lines"]["prosthesis_code"].tolist() == [""]
