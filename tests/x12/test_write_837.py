"""Institutional and dental claims, and what other payers said: segment by segment, and accepted by pyx12."""

from __future__ import annotations

import pytest

from claims import x12
from claims.errors import FrameError
from claims.x12.write import write
from tests.x12.reference_validator import reference_errors
from tests.x12.written import CHILD, adjudicated, claims, dental, institutional, rows, segments


def inside(data: bytes, first: str, last: str = "SE*") -> list[str]:
    """Give the segments from the first that begins so to the next that begins with `last`."""
    lines = data.decode().replace("~", "").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(first))
    return lines[start : next(at for at, line in enumerate(lines) if at > start and line.startswith(last))]


def test_institutional_claim_is_written_segment_by_segment():
    assert inside(write(institutional({})), "CLM") == [
        "CLM*A1*200***11:A:1**A*Y*Y",
        "DTP*434*RD8*20260801-20260803",
        "DTP*435*DT*202608010830",
        "DTP*096*TM*1100",
        "CL1*1*7*01",
        "REF*G1*AU1",
        "HI*ABK:J189",
        "HI*ABJ:R0602",
        "HI*ABF:I10*ABF:E119",
        "NM1*71*1*STETHOSCOPE*AVERY****XX*1999999026",
        "PRV*AT*PXC*207R00000X",
        "LX*1",
        "SV2*0120**150*DA*3",
        "REF*6R*L101",
        "LX*2",
        "SV2*0320*HC:71046*50*UN*1",
        "DTP*472*D8*20260802",
        "REF*6R*L102",
    ]


def test_dental_claim_says_the_date_of_all_its_lines_once():
    assert inside(write(dental({})), "CLM") == [
        "CLM*A1*200***11:B:1*Y*A*Y*Y",
        "DTP*472*D8*20260801",
        "AMT*F5*20",
        "REF*G1*AU1",
        "NM1*82*1*STETHOSCOPE*AVERY****XX*1999999026",
        "LX*1",
        "SV3*AD:D2392*100****1",
        "TOO*JP*12*M:O",
        "REF*6R*L101",
        "LX*2",
        "SV3*AD:D1110*100****1",
        "REF*6R*L102",
    ]


def test_dental_lines_of_different_days_say_their_own():
    frames = dental({}, {})
    frames["service_lines"].loc[1, ["service_date", "service_to_date"]] = 20260808
    assert segments(write(frames), "CLM", "DTP") == [
        "CLM*A1*200***11:B:1*Y*A*Y*Y",
        "DTP*472*D8*20260801",
        "DTP*472*D8*20260808",
        "CLM*A2*200***11:B:1*Y*A*Y*Y",
        "DTP*472*D8*20260801",
    ]


def test_dental_columns_of_their_own():
    frames = dental({})
    frames["service_lines"] = frames["service_lines"].assign(
        oral_cavity_codes="10 20", prosthesis_code="I", diagnosis_pointers="1 2", place_of_service="11"
    )
    assert segments(write(frames), "SV3")[0] == "SV3*AD:D2392*100*11*10:20*I*1*****1:2"


@pytest.mark.parametrize("make", [institutional, claims], ids=["837I", "837P"])
@pytest.mark.parametrize("change", [{}, CHILD], ids=["subscriber", "dependent"])
def test_pyx12_accepts_claims_and_secondary_claims(make, change):
    frames = make(change, {}, {**change, "billing_npi": "1999999034"})
    assert reference_errors(write(frames)) == []
    assert reference_errors(write(adjudicated(frames))) == []


@pytest.mark.parametrize("make", [claims, institutional, dental], ids=["837P", "837I", "837D"])
@pytest.mark.parametrize("change", [{}, CHILD], ids=["subscriber", "dependent"])
def test_our_own_check_accepts_claims_and_secondary_claims(make, change):
    """Also the dental guide, which pyx12 does not know; and what the earlier payer says adds up."""
    for frames in (make(change, {}), adjudicated(make(change, {}))):
        found = x12.check(write(frames)).findings
        assert found[found["severity"] != "note"].empty


def test_the_guide_is_the_one_that_the_set_names():
    for make, default in ((claims, "005010X222A1"), (institutional, "005010X223A2"), (dental, "005010X224A2")):
        assert [line.split("*")[-1] for line in segments(write(make({})), "GS", "ST")] == [default, default]
    frames = institutional({})
    frames["transactions"]["guide"] = "005010X223A3"
    assert [line.split("*")[-1] for line in segments(write(frames), "GS", "ST")] == ["005010X223A3"] * 2
    frames["groups"]["version"] = "005010X223A1"
    assert [line.split("*")[-1] for line in segments(write(frames), "GS", "ST")] == ["005010X223A1", "005010X223A3"]


def test_health_information_stands_in_the_order_of_the_guide():
    frames = institutional({})
    frames["claims"] = frames["claims"].drop(columns=["diagnosis_codes", "admitting_diagnosis_code"])
    told = [
        {"qualifier_code": "BG", "code": "17"},
        {"qualifier_code": "BE", "code": "80", "amount_cents": 300},
        {"qualifier_code": "BH", "code": "11", "date": 20260730},
        {"qualifier_code": "BI", "code": "70", "date": 20260701, "date_to": 20260705},
        {"qualifier_code": "BBR", "code": "0DTJ4ZZ", "date": 20260802},
        {"qualifier_code": "ABF", "code": "I10", "present_on_admission_code": "N"},
        {"qualifier_code": "DR", "code": "470"},
        {"qualifier_code": "ABJ", "code": "R0602"},
        {"qualifier_code": "ABK", "code": "J18.9", "present_on_admission_code": "Y"},
    ]
    nothing = {"present_on_admission_code": "", "date": 0, "date_to": 0, "amount_cents": None}
    frames["diagnoses"] = rows(*({"seg": seg, **one} for seg, one in enumerate(told, 20)), claim_seg=10, **nothing)
    frames["diagnoses"] = frames["diagnoses"].astype({"amount_cents": "Int64"})
    data = write(frames)
    assert segments(data, "HI") == [
        "HI*ABK:J189:::::::Y",
        "HI*ABJ:R0602",
        "HI*DR:470",
        "HI*ABF:I10:::::::N",
        "HI*BBR:0DTJ4ZZ:D8:20260802",
        "HI*BI:70:RD8:20260701-20260705",
        "HI*BH:11:D8:20260730",
        "HI*BE:80:::3",
        "HI*BG:17",
    ]
    assert reference_errors(data) == []


def test_more_than_twelve_diagnoses_go_on_in_another_segment():
    codes = " ".join(f"E11{number:02d}" for number in range(14))
    lines = segments(write(institutional({"diagnosis_codes": codes})), "HI")
    assert [line.count("ABF:") for line in lines] == [0, 0, 12, 1]


def test_codes_of_the_claim_win_over_rows_that_say_something_else():
    frames = claims({}, {})
    frames["diagnoses"] = rows(
        {"claim_seg": 10, "seg": 11, "qualifier_code": "BK", "code": "4779"},
        {"claim_seg": 20, "seg": 21, "qualifier_code": "BK", "code": "E119"},
        {"claim_seg": 20, "seg": 21, "qualifier_code": "BF", "code": "I10"},
        {"claim_seg": 20, "seg": 22, "qualifier_code": "BG", "code": "17"},
    )
    assert segments(write(frames), "CLM", "HI") == [
        "CLM*A1*200***11:B:1*Y*A*Y*Y",
        "HI*ABK:E119*ABF:I10",
        "CLM*A2*200***11:B:1*Y*A*Y*Y",
        "HI*BK:E119*BF:I10",
        "HI*BG:17",
    ]


def test_other_payers_are_written_with_their_decisions():
    frames = adjudicated(claims({}))
    frames["other_payers"] = frames["other_payers"].assign(
        relationship_code="01", group_number="G9", member_id="M9", subscriber_last_name="Kettle",
        subscriber_first_name="Jo", noncovered_cents=100, remaining_cents=200, paid_date=20260821,
        remark_codes="MA01 MA07",
    )  # fmt: skip
    frames["other_payer_adjustments"] = rows(
        {"other_payer_seg": 1000, "other_payer_line_seg": 0, "group_code": "OA", "reason_code": "A1"}
        | {"amount_cents": 50},
        *frames["other_payer_adjustments"].to_dict("records"),
    )
    assert inside(write(frames), "SBR*P", "LX") == [
        "SBR*P*01*G9******CI",
        "CAS*OA*A1*0.5",
        "AMT*D*138",
        "AMT*A8*1",
        "AMT*EAF*2",
        "OI***Y***Y",
        "MOA***MA01*MA07",
        "NM1*IL*1*KETTLE*JO****MI*M9",
        "NM1*PR*2*FIRST PLAN*****PI*FIRST",
        "DTP*573*D8*20260821",
        "REF*F8*ICN1",
    ]


def test_adjustments_of_a_line_are_not_taken_for_those_of_a_claim():
    """Other payers without a `seg` of their own: 0 is nobody's."""
    frames = adjudicated(claims({}))
    frames["other_payers"] = frames["other_payers"].drop(columns="seg")
    assert [line[:3] for line in inside(write(frames), "SBR*P")].count("CAS") == 2
    assert not any(line.startswith("CAS") for line in inside(write(frames), "SBR*P", "LX"))


def test_adjustments_belong_to_the_last_payer_or_decision_before_them():
    """As they are read: no column says whose they are, their place does."""
    frames = adjudicated(claims({}))
    line = int(frames["service_lines"]["seg"].iloc[0])
    row = {"claim_seg": 10, "group_code": "CO", "amount_cents": 100}
    frames["other_payer_adjustments"] = rows(
        {**row, "seg": 1000, "service_seg": 0, "reason_code": "1"},
        {**row, "seg": 1002, "service_seg": line, "reason_code": "2"},
        {**row, "seg": 1002, "service_seg": line, "reason_code": "3"},
        {**row, "seg": 1003, "service_seg": line, "reason_code": "4"},
    )
    frames["other_payers"]["seg"] = 999
    assert segments(write(frames), "SBR", "CAS", "SVD")[1:] == [
        "SBR*P*18*******CI",
        "CAS*CO*1*1",
        "SVD*FIRST*138*HC:99213:25**1",
        "CAS*CO*2*1**3*1**4*1",
    ]
    frames["other_payers"]["seg"] = 1001
    with pytest.raises(FrameError, match="no other payer"):
        write(frames)


def test_dates_of_lines_may_be_iso_text():
    frames = claims({})
    frames["service_lines"] = frames["service_lines"].assign(service_date="2026-08-01", service_to_date="2026-08-03")
    assert segments(write(frames), "DTP") == ["DTP*472*RD8*20260801-20260803"]
    frames["service_lines"]["service_date"] = "soon"
    with pytest.raises(FrameError, match="service_date"):
        write(frames)


@pytest.mark.parametrize(
    ("make", "procedure"), [(claims, "HC:99213:25**1"), (institutional, "*0120*1"), (dental, "AD:D2392**1")]
)
def test_lines_are_written_with_what_a_payer_decided(make, procedure):
    frames = adjudicated(make({}))
    frames["other_payer_lines"] = frames["other_payer_lines"].assign(bundled_line_number="2", remaining_cents=5)
    paid = int(frames["other_payer_lines"]["paid_cents"].iloc[0]) // 100
    assert inside(write(frames), "SVD", "LX" if make is not claims else "SE") == [
        f"SVD*FIRST*{paid}*{procedure}*2",
        "CAS*CO*45*40",
        "CAS*PR*2*22",
        "DTP*573*D8*20260820",
        "AMT*EAF*0.05",
    ]


def test_what_a_claim_may_say_beside_is_written_where_it_belongs():
    change = {"patient_signature_code": "P", "related_cause_codes": "AA OA", "accident_state": "OH"}
    change |= {"accident_date": 20260731, "delay_reason_code": "7", "note": "Fell: off a bike"}
    data = write(claims(change))
    assert inside(data, "CLM", "HI") == [
        "CLM*A1*200***11:B:1*Y*A*Y*Y*P*AA:OA::OH*********7",
        "DTP*439*D8*20260731",
        "AMT*F5*20",
        "REF*G1*AU1",
        "NTE*ADD*FELL OFF A BIKE",
    ]
    assert reference_errors(data) == []


def test_an_institutional_claim_has_no_place_for_what_the_patient_paid():
    frames = institutional({"patient_paid_cents": 5000, "estimated_due_cents": 700})
    assert segments(write(frames), "AMT") == ["AMT*F3*7"]


def test_providers_stand_in_the_order_of_the_guide():
    change = {f"{role}_npi": "1999999034" for role in ("referring", "supervising", "facility")}
    change |= {f"{role}_last_name": role.upper() for role in ("referring", "supervising")}
    change |= {f"{role}_first_name": "X" for role in ("referring", "supervising")}
    change |= {"facility_name": "House", "facility_address": "1 Way", "facility_city": "Nowhere"}
    change |= {"facility_state": "OH", "facility_zip": "459990100"}
    data = write(claims(change))
    assert [line.split("*")[1] for line in segments(data, "NM1")][5:] == ["DN", "82", "77", "DQ"]
    assert reference_errors(data) == []


def test_rows_of_all_sets_are_written_where_they_were_read():
    frames = claims({"billing_seg": 4, "subscriber_seg": 6, "patient_seg": 6})
    claim, line = {"claim_seg": 10, "service_seg": 0}, {"claim_seg": 10, "service_seg": 11}
    frames["hierarchy"] = rows({"seg": 4}, {"seg": 6})
    frames["references"] = rows(
        {"seg": 5, "loop": "2010AA", "qualifier_code": "0B", "reference": "LIC", "claim_seg": 0, "service_seg": 0},
        {**claim, "seg": 22, "loop": "2300", "qualifier_code": "D9", "reference": "TRACE"},
        {**claim, "seg": 24, "loop": "2310A", "qualifier_code": "G2", "reference": "OTHER"},
        {**line, "seg": 25, "loop": "2400", "qualifier_code": "X4", "reference": "CLIA"},
    )
    frames["parties"] = rows(
        {**claim, "seg": 23, "loop": "2310A", "qualifier_code": "DN", "last_name": "Sender", "first_name": "Al"}
        | {"identifier_qualifier": "XX", "identifier": "1999999034"}
    )
    frames["dates"] = rows({**claim, "seg": 21, "loop": "2300", "qualifier_code": "431", "date": 20260701})
    data = write(frames)
    assert inside(data, "REF*EI", "HL")[1] == "REF*0B*LIC"
    assert inside(data, "CLM") == [
        "CLM*A1*200***11:B:1*Y*A*Y*Y",
        "DTP*431*D8*20260701",
        "AMT*F5*20",
        "REF*G1*AU1",
        "REF*D9*TRACE",
        "HI*ABK:E119*ABF:I10",
        "NM1*DN*1*SENDER*AL****XX*1999999034",
        "REF*G2*OTHER",
        "NM1*82*1*STETHOSCOPE*AVERY****XX*1999999026",
        "LX*1",
        "SV1*HC:99213:25*200*UN*1***1:2",
        "DTP*472*D8*20260801",
        "REF*6R*L10",
        "REF*X4*CLIA",
    ]


def test_a_column_stands_for_its_row_and_wins():
    """Whoever changes a column need not look for the row that it was read from."""
    frames = x12.read(write(claims({}))).frames
    frames["claims"]["prior_authorization"] = "OTHER"
    frames["claims"]["original_reference"] = "ICN"
    assert segments(write(frames), "REF")[1:3] == ["REF*G1*OTHER", "REF*F8*ICN"]
    frames["claims"]["prior_authorization"] = ""
    assert segments(write(frames), "REF")[1:2] == ["REF*F8*ICN"]
