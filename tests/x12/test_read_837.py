"""837 frames: claims with the parties that their hierarchy gives them, lines, other payers, diagnoses."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from claims import x12
from tests.x12.envelopes import SUBMISSION, submission


@pytest.fixture(scope="module")
def full():
    return x12.read(submission(SUBMISSION).encode()).frames


def test_nothing_is_wrong_with_it():
    assert x12.read(submission(SUBMISSION).encode()).findings.empty


def test_claims_take_their_parties_from_the_levels_they_hang_on(full):
    first, second = (full["claims"].iloc[number].to_dict() for number in (0, 1))
    hierarchy = full["hierarchy"]
    segs = dict(zip(hierarchy["number"], hierarchy["seg"], strict=True))
    assert (first["billing_seg"], first["subscriber_seg"], first["patient_seg"]) == (segs["1"], segs["2"], segs["2"])
    assert (second["billing_seg"], second["subscriber_seg"], second["patient_seg"]) == (segs["1"], segs["3"], segs["4"])
    assert first["billing_npi"] == second["billing_npi"] == "1999999984"
    assert first["billing_tax_id"] == "123456789"
    assert (first["payer_code"], first["payer_name"], first["payer_sequence"]) == ("12345", "BIG PAYER", "P")
    assert (second["payer_code"], second["payer_sequence"], second["member_id"]) == ("777", "S", "W2")
    assert (first["patient_last_name"], first["patient_first_name"]) == ("DOE", "JANE")
    assert (second["subscriber_first_name"], second["patient_first_name"]) == ("RAY", "ROB")
    assert (first["patient_birth_date"], second["patient_birth_date"]) == (19800115, 20100101)
    assert hierarchy["parent_seg"].tolist() == [0, segs["1"], segs["1"], segs["3"]]


def test_claims(full):
    claims = full["claims"]
    assert claims["kind"].tolist() == ["P", "P"]
    assert claims["ordinal"].tolist() == [1, 2]
    assert claims["charge_cents"].tolist() == [20000, 5000]
    assert claims["frequency_code"].tolist() == ["1", "7"]
    assert claims["facility_code"].tolist() == ["11", "11"]
    assert claims["original_reference"].tolist() == ["", "ICN9"]
    assert claims["prior_authorization"].tolist() == ["AUTH1", ""]
    assert claims["rendering_npi"].tolist() == ["1234567893", ""]
    assert claims["diagnosis_codes"].tolist() == ["J069 R05", "Z000"]
    assert claims["statement_from_date"].tolist() == [20250201, 20250205]
    assert claims["statement_to_date"].tolist() == [20250204, 20250205]
    assert claims["patient_paid_cents"].isna().all()


def test_service_lines(full):
    lines = full["service_lines"]
    assert lines["line_number"].tolist() == [1, 2, 1]
    assert lines["ordinal"].tolist() == [1, 2, 1]
    assert lines["procedure_code"].tolist() == ["99213", "85025", "99212"]
    assert lines["modifiers"].tolist() == ["25", "", ""]
    assert lines["units_milli"].tolist() == [1000, 1500, 1000]
    assert lines["diagnosis_pointers"].tolist() == ["1 2", "1", "1"]
    assert lines["service_date"].tolist() == [20250201, 20250203, 20250205]
    assert lines["service_to_date"].tolist() == [20250201, 20250204, 20250205]
    assert lines["line_control_number"].tolist() == ["L1", "L2", ""]
    assert lines["claim_seg"].tolist() == [full["claims"]["seg"][0]] * 2 + [full["claims"]["seg"][1]]


def test_blanks_at_the_edges_of_components_are_no_part_of_them():
    text = submission(SUBMISSION).replace("HC:99213:25*", "HC : 99213 : 25*")
    assert text != submission(SUBMISSION)
    lines = x12.read(text.encode()).frames["service_lines"]
    assert lines["procedure_qualifier"][0] == "HC"
    assert lines["procedure_code"][0] == "99213"
    assert lines["modifiers"][0] == "25"


def test_other_payers(full):
    only = full["other_payers"].iloc[0]
    assert (only["payer_code"], only["payer_name"], only["payer_sequence"]) == ("P1", "FIRST PAYER", "P")
    assert (only["filing_indicator_code"], only["paid_cents"]) == ("MB", 3500)
    assert only["claim_seg"] == full["claims"]["seg"][1]


def test_adjustments_of_earlier_payers_are_counted(full):
    assert full["transactions"]["adjustments"].tolist() == [3]
    assert full["transactions"]["balanced_claim"].tolist() == [True]
    assert full["transactions"]["balanced_line"].isna().all()


def test_loops(full):
    parties = full["parties"]
    assert parties["loop"].tolist() == [
        "1000A", "1000B", "2010AA", "2010BA", "2010BB", "2310B", "2010BA", "2010BB", "2010CA", "2330A", "2330B",
    ]  # fmt: skip
    assert full["dates"]["loop"].tolist() == ["2400", "2400", "2400"]
    assert full["amounts"]["loop"].tolist() == ["2320"]


def test_the_hash_of_a_claim_covers_its_segments_and_no_more():
    data = submission(SUBMISSION).encode()
    claim = x12.read(data).frames["claims"].iloc[0]
    begin, end = data.index(b"CLM*A1"), data.index(b"HL*3")
    assert claim["body_hash"] == hashlib.sha256(data[begin:end]).hexdigest()


def test_a_parent_is_found_by_its_number_not_by_nearness(submitted):
    """HL*1**20*1~ NM1*85*2*FIRST*****XX*1111111112~ HL*2*1*22*0~ SBR*P~ NM1*PR*2*A*****PI*PA~
    HL*3**20*1~ NM1*85*2*SECOND*****XX*2222222222~
    HL*4*1*22*0~ SBR*P~ NM1*PR*2*B*****PI*PB~ CLM*X*10***11:B:1~ LX*1~ SV1*HC:1*10*UN*1***1~
    """
    claim = submitted.frames["claims"].iloc[0]
    assert (claim["billing_npi"], claim["payer_code"]) == ("1111111112", "PB")


def test_a_lost_parent_is_noted(submitted):
    """HL*1**20*1~ HL*2*9*22*0~ SBR*P~ CLM*X*10***11:B:1~ LX*1~ SV1*HC:1*10*UN*1***1~"""
    assert submitted.findings["code"].tolist() == ["parent-level-missing"]
    assert submitted.frames["claims"]["billing_seg"].tolist() == [0]


INSTITUTIONAL = """HL*1**20*1~ HL*2*1*22*0~ SBR*P~ CLM*I1*150.25***13:A:1~ DTP*434*RD8*20250201-20250203~
    HI*ABK:I10~ HI*ABF:E119*ABF:Z794~ NM1*71*1*A*B~ NM1*82*1*C*D****XX*1234567893~
    LX*1~ SV2*0450*HC:99283:25*100.25*UN*1~ LX*2~ SV2*0250**50*UN*2~ DTP*472*D8*20250202~"""


def test_institutional_claims():
    found = x12.read(submission(INSTITUTIONAL, guide="005010X223A2").encode())
    claim, lines = found.frames["claims"].iloc[0], found.frames["service_lines"]
    assert found.transactions["set_code"].tolist() == ["837I"]
    assert found.transactions["balanced_claim"].tolist() == [True]
    assert (claim["kind"], claim["statement_from_date"], claim["statement_to_date"]) == ("I", 20250201, 20250203)
    assert claim["rendering_npi"] == "1234567893"
    assert claim["diagnosis_codes"] == "I10 E119 Z794"
    assert lines["revenue_code"].tolist() == ["0450", "0250"]
    assert lines["procedure_code"].tolist() == ["99283", ""]
    assert lines["service_date"].tolist() == [20250201, 20250202]


DENTAL = """HL*1**20*1~ HL*2*1*22*0~ SBR*P~ CLM*D1*80***11:B:1~ DTP*472*D8*20250201~
    LX*1~ SV3*AD:D1110*80****1~ TOO*JP*14~"""


def test_dental_claims():
    found = x12.read(submission(DENTAL, guide="005010X224A2").encode())
    assert found.transactions["set_code"].tolist() == ["837D"]
    assert found.frames["claims"]["kind"].tolist() == ["D"]
    line = found.frames["service_lines"].iloc[0]
    assert (line["procedure_code"], line["charge_cents"], line["units_milli"]) == ("D1110", 8000, 1000)
    assert line["service_date"] == 20250201


def test_the_kind_of_a_claim_without_a_known_guide_is_told_from_its_lines():
    found = x12.read(submission(DENTAL, guide="005010X999").encode())
    assert found.transactions["set_code"].tolist() == ["837"]
    assert found.frames["claims"]["kind"].tolist() == ["D"]
    assert found.findings["code"].tolist() == ["guide-not-known"]


def test_optional_columns_have_their_promised_dtypes(full):
    assert full["claims"]["patient_paid_cents"].dtype == pd.Int64Dtype()
    assert full["claims"]["charge_cents"].dtype == "int64"
    assert full["claims"]["statement_from_date"].dtype == "int32"
    assert full["claims"]["payer_name"].dtype == "str"
