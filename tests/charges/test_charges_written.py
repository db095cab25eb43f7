"""Charges of each kind become an 837 that the guide accepts, and say in it what their rows say."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from claims import x12
from claims.charges import read_charges
from tests.x12.written import enveloped

SAME = {
    "payer_code": "FABLE",
    "billing_npi": "1999999018",
    "member_id": "FW10851",
    "subscriber_last_name": "MUFFINGTON",
    "subscriber_first_name": "ODETTE",
    "subscriber_birth_date": "1989-04-08",
    "subscriber_gender": "F",
    "subscriber_address": "181 PENCIL WAY",
    "subscriber_city": "NOWHERE",
    "subscriber_state": "OH",
    "subscriber_zip": "45999",
}
OTHER_PAYER = {
    "secondary_payer_code": "DRAGN",
    "secondary_payer_name": "DRAGON MUTUAL",
    "secondary_filing_indicator_code": "CI",
    "secondary_member_id": "DM20411",
    "secondary_group_number": "G77",
    "secondary_relationship_code": "01",
    "secondary_subscriber_last_name": "MUFFINGTON",
    "secondary_subscriber_first_name": "PIP",
    "secondary_subscriber_birth_date": "1988-01-02",
    "secondary_subscriber_gender": "M",
    "secondary_subscriber_address": "181 PENCIL WAY",
    "secondary_subscriber_city": "NOWHERE",
    "secondary_subscriber_state": "OH",
    "secondary_subscriber_zip": "45999",
    "tertiary_payer_code": "UNICN",
    "tertiary_member_id": "U1",
    "tertiary_subscriber_last_name": "MUFFINGTON",
}
PROFESSIONAL = {
    **SAME,
    **OTHER_PAYER,
    "claim_number": "P1",
    "insurance_type_code": "12",
    "rendering_npi": "1999999026",
    "rendering_last_name": "STETHOSCOPE",
    "rendering_first_name": "AVERY",
    "rendering_taxonomy": "207Q00000X",
    "referring_npi": "1999999034",
    "referring_last_name": "BANDAGE",
    "supervising_npi": "1999999042",
    "supervising_last_name": "PLASTER",
    "facility_npi": "1999999059",
    "facility_name": "MADE UP SURGERY",
    "facility_address": "7 PRETEND PLAZA",
    "facility_city": "NOWHERE",
    "facility_state": "OH",
    "facility_zip": "459990200",
    "place_of_service": "22",
    "diagnosis_codes": "S72.001A E119",
    "related_cause_codes": "AA OA",
    "accident_state": "OH",
    "accident_date": "2026-08-30",
    "onset_date": "2026-08-30",
    "last_menstrual_period_date": "2026-08-01",
    "admission_date": "2026-09-01",
    "discharge_date": "2026-09-03",
    "delay_reason_code": "7",
    "special_program_code": "09",
    "referral_number": "RF77",
    "clia_number": "99D9999999",
    "mammography_number": "MM1",
    "prior_authorization": "PA9",
    "note": "FELL FROM A LADDER",
    "condition_codes": "09",
    "patient_paid": "10.00",
    "service_from": "2026-09-01",
    "procedure_code": "J1885",
    "diagnosis_pointers": "1 2",
    "charge": "205.00",
    "emergency_code": "Y",
    "drug_code": "00409-1207-30",
    "drug_quantity": "1.5",
    "drug_unit_code": "ML",
}
INSTITUTIONAL = {
    **SAME,
    **OTHER_PAYER,
    "claim_number": "I1",
    "claim_type": "I",
    "type_of_bill": "111",
    "statement_from": "2026-09-01",
    "statement_to": "2026-09-04",
    "admission_type_code": "1",
    "admission_source_code": "1",
    "patient_status_code": "01",
    "admission_date": "2026-09-01",
    "admission_time": "14:30",
    "discharge_time": "11",
    "attending_npi": "1999999026",
    "attending_last_name": "STETHOSCOPE",
    "attending_first_name": "AVERY",
    "attending_taxonomy": "207Q00000X",
    "operating_npi": "1999999034",
    "operating_last_name": "SCALPEL",
    "diagnosis_codes": "I21.4:Y E119:N Z87891",
    "admitting_diagnosis_code": "R079",
    "external_cause_codes": "W19XXXA:Y",
    "drg_code": "281",
    "inpatient_procedures": "02703ZZ:2026-09-02 B2111ZZ:2026-09-02",
    "occurrence_span_codes": "74:2026-09-02:2026-09-03",
    "occurrence_codes": "11:2026-08-30 A1:2026-08-31",
    "value_codes": "80:3 A1:100.00",
    "condition_codes": "09 17",
    "estimated_due": "100.00",
    "charge": "4500.00",
    "revenue_code": "120",
    "unit_code": "DA",
    "units": "3",
    "noncovered": "50.00",
}
EMERGENCY = {
    **INSTITUTIONAL,
    "revenue_code": "0450",
    "procedure_code": "99284",
    "unit_code": "UN",
    "units": "1",
    "noncovered": "",
    "charge": "300.00",
    "service_from": "2026-09-01",
    "service_to": "2026-09-04",
}
DENTAL = {
    **SAME,
    **OTHER_PAYER,
    "claim_number": "D1",
    "claim_type": "D",
    "place_of_service": "11",
    "service_from": "2026-09-01",
    "procedure_code": "D2740",
    "charge": "980.00",
    "tooth_codes": "14",
    "tooth_surfaces": "MO",
    "oral_cavity_codes": "10",
    "prosthesis_code": "R",
    "prior_placement_date": "2019-05-02",
    "assistant_npi": "1999999034",
    "assistant_last_name": "FORCEPS",
    "appliance_placement_date": "2026-09-01",
}


def charges(*rows: dict[str, str]) -> bytes:
    """Write rows as a charges CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def written(kind: str, *rows: dict[str, str]) -> bytes:
    """Write charges of one kind as an 837, with what master data would fill in."""
    file = read_charges(charges(*rows))
    assert file.findings["message"].tolist() == []
    frames = {name: _in_set(frame) for name, frame in file.frames.items()}
    frames["claims"] = frames["claims"].assign(
        payer_name="FABLEWOOD HEALTH PLAN",
        filing_indicator_code="CI",
        billing_name="MADE UP FAMILY PRACTICE",
        billing_tax_id="900000099",
        billing_address="100 INVENTED WAY",
        billing_city="NOWHERE",
        billing_state="OH",
        billing_zip="459990100",
    )
    other = frames["other_payers"]
    frames["other_payers"] = other.assign(
        payer_name=other["payer_name"].where(other["payer_name"] != "", "UNICORN LIFE"),
        filing_indicator_code=other["filing_indicator_code"].where(other["filing_indicator_code"] != "", "CI"),
    )
    return x12.write(enveloped(f"837{kind}", **frames))


def _in_set(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(transaction_seg=3)


def segments(data: bytes) -> list[str]:
    """Give the segments of a file as texts."""
    return data.decode().replace("\n", "").split("~")


@pytest.mark.parametrize(
    ("kind", "rows"),
    [("P", [PROFESSIONAL]), ("I", [INSTITUTIONAL, EMERGENCY]), ("D", [DENTAL, {**DENTAL, "tooth_codes": "15"}])],
)
def test_what_is_written_passes_the_check_and_reads_back(kind, rows):
    data = written(kind, *rows)
    checked = x12.check(data)
    # What remains are notes: lists that are not there, and that the dental map is our own.
    assert set(checked.findings["code"]) <= {"not-checked", "guide-map-experimental"}
    assert set(checked.findings["severity"]) == {"note"}
    read, said = x12.read(data).frames, read_charges(charges(*rows))
    for name in ("claim_number", "charge_cents", "facility_code", "frequency_code", "diagnosis_codes", "member_id"):
        assert read["claims"][name].tolist() == said.claims[name].tolist(), name
    for name in ("procedure_code", "revenue_code", "charge_cents", "units_milli", "service_date", "service_to_date"):
        assert read["service_lines"][name].tolist() == said.service_lines[name].tolist(), name
    for name in ("qualifier_code", "code"):
        assert sorted(read["diagnoses"][name]) == sorted(said.frames["diagnoses"][name]), name
    assert read["other_payers"]["payer_code"].tolist() == ["DRAGN", "UNICN"]


def test_a_professional_claim_says_all_its_columns():
    said = segments(written("P", PROFESSIONAL))
    for segment in (
        "CLM*P1*205***22:B:1*Y*A*Y*Y**AA:OA::OH*09********7",
        "DTP*431*D8*20260830",
        "DTP*484*D8*20260801",
        "DTP*096*D8*20260903",
        "REF*9F*RF77",
        "REF*X4*99D9999999",
        "REF*EW*MM1",
        "NTE*ADD*FELL FROM A LADDER",
        "HI*ABK:S72001A*ABF:E119",
        "HI*BG:09",
        "NM1*82*1*STETHOSCOPE*AVERY****XX*1999999026",
        "NM1*DN*1*BANDAGE*****XX*1999999034",
        "NM1*DQ*1*PLASTER*****XX*1999999042",
        "NM1*77*2*MADE UP SURGERY*****XX*1999999059",
        "LIN**N4*00409120730",
        "CTP****1.5*ML",
        "SBR*S*01*G77******CI",
    ):
        assert segment in said


def test_an_institutional_claim_says_all_its_columns():
    said = segments(written("I", INSTITUTIONAL, EMERGENCY))
    for segment in (
        "CLM*I1*4800***11:A:1**A*Y*Y",
        "DTP*434*RD8*20260901-20260904",
        "DTP*435*DT*202609011430",
        "DTP*096*TM*1100",
        "CL1*1*1*01",
        "AMT*F3*100",
        "HI*ABK:I214:::::::Y",
        "HI*ABJ:R079",
        "HI*ABN:W19XXXA:::::::Y",
        "HI*DR:281",
        "HI*ABF:E119:::::::N*ABF:Z87891",
        "HI*BBR:02703ZZ:D8:20260902",
        "HI*BBQ:B2111ZZ:D8:20260902",
        "HI*BI:74:RD8:20260902-20260903",
        "HI*BH:11:D8:20260830*BH:A1:D8:20260831",
        "HI*BE:80:::3*BE:A1:::100",
        "HI*BG:09*BG:17",
        "NM1*71*1*STETHOSCOPE*AVERY****XX*1999999026",
        "NM1*72*1*SCALPEL*****XX*1999999034",
        "SV2*0120**4500*DA*3**50",
        "SV2*0450*HC:99284*300*UN*1",
    ):
        assert segment in said
    assert said.count("DTP*472*RD8*20260901-20260904") == 1  # of the line that has days, though they are the claim's


def test_a_dental_claim_says_all_its_columns():
    said = segments(written("D", DENTAL))
    for segment in (
        "CLM*D1*980***11:B:1*Y*A*Y*Y",
        "DTP*452*D8*20260901",
        "NM1*DD*1*FORCEPS*****XX*1999999034",
        "SV3*AD:D2740*980**10*R*1",
        "TOO*JP*14*M:O",
        "DTP*441*D8*20190502",
    ):
        assert segment in said


def test_one_file_holds_all_kinds():
    file = read_charges(charges(PROFESSIONAL, INSTITUTIONAL, DENTAL, EMERGENCY))
    assert file.findings.empty
    assert file.claims["kind"].tolist() == ["P", "I", "D"]
    assert file.service_lines["procedure_qualifier"].tolist() == ["HC", "", "AD", "HC"]
    assert file.service_lines["claim_seg"].tolist() == [1, 2, 3, 2]
    assert file.other_payers["payer_sequence"].tolist() == ["S", "T"] * 3
    assert file.other_payers[["subscriber_birth_date", "subscriber_gender"]].to_numpy().tolist()[:2] == [
        [19880102, "M"],
        [0, ""],
    ]
    for name, frame in file.frames.items():
        assert frame["seg"].is_unique, name
