"""835 frames: every column, and the worked remittances whose sums are known."""

from __future__ import annotations

import pandas as pd
import pytest

from claims import x12
from tests.x12.envelopes import REMITTANCE, remittance


def row(frame: pd.DataFrame, number: int = 0) -> dict[str, object]:
    """One row as a mapping, without where it stands."""
    return frame.drop(columns=["transaction_seg", "seg", "offset", "length"]).iloc[number].to_dict()


@pytest.fixture(scope="module")
def full():
    return x12.read(remittance(REMITTANCE).encode()).frames


def test_the_payment_with_its_payer_and_payee(full):
    assert row(full["remittances"]) == {
        "handling_code": "I", "payment_cents": 23150, "credit_debit_code": "C", "method_code": "ACH",
        "payment_date": 20250310, "originator_id": "1512345678", "trace_number": "EFT0001",
        "payer_identifier": "1512345678", "trace_supplemental": "", "currency_code": "", "production_date": 20250309,
        "payer_name": "BIG PAYER", "payer_code": "12345", "payee_name": "CLINIC", "payee_qualifier": "XX",
        "payee_identifier": "1999999984", "payee_tax_id": "123456789",
    }  # fmt: skip


def test_a_claim_payment(full):
    assert row(full["claim_payments"]) == {
        "ordinal": 1, "claim_number": "A100", "status_code": "1", "charge_cents": 20000, "paid_cents": 12800,
        "patient_responsibility_cents": 3200, "filing_indicator_code": "12", "payer_claim_number": "ICN1",
        "facility_code": "11", "frequency_code": "1", "patient_last_name": "DOE", "patient_first_name": "JANE",
        "member_id": "W1", "statement_from_date": 20250201, "statement_to_date": 20250228,
        "received_date": 20250303, "is_crossover": True,
    }  # fmt: skip
    assert full["claim_payments"]["patient_responsibility_cents"].isna().tolist() == [False, True]
    assert full["claim_payments"]["is_crossover"].tolist() == [True, False]
    assert full["claim_payments"]["ordinal"].tolist() == [1, 2]


def test_service_payments(full):
    lines, claims = full["service_payments"], full["claim_payments"]
    assert lines["claim_seg"].tolist() == [claims["seg"][0]] * 2
    assert {**row(lines), "claim_seg": 0} == {
        "claim_seg": 0, "ordinal": 1, "procedure_qualifier": "HC", "procedure_code": "99213", "modifiers": "25 59",
        "submitted_procedure_code": "", "submitted_modifiers": "", "revenue_code": "", "charge_cents": 12000,
        "paid_cents": 8000, "allowed_cents": 10000, "paid_units_milli": 1000, "service_date": 20250201,
        "service_to_date": 20250201, "line_control_number": "L1",
    }  # fmt: skip
    second = row(lines, 1)
    assert second["revenue_code"] == "0300"
    assert second["submitted_procedure_code"] == "85027"
    assert (second["service_date"], second["service_to_date"]) == (20250202, 20250203)
    assert pd.isna(second["allowed_cents"])


def test_adjustments_are_one_row_for_each_reason(full):
    found = full["adjustments"]
    columns = ["ordinal", "group_code", "reason_code", "amount_cents"]
    assert found[columns].to_numpy().tolist() == [
        [1, "CO", "45", 2000], [1, "PR", "2", 2000], [1, "CO", "45", 1500], [2, "CO", "253", 500],
        [1, "PR", "2", 1200], [1, "CO", "45", 5000],
    ]  # fmt: skip
    assert found["quantity_milli"].tolist() == [pd.NA, pd.NA, 1000, pd.NA, pd.NA, pd.NA]
    assert (found["service_seg"] == 0).tolist() == [False] * 5 + [True]
    assert found["claim_seg"].tolist()[-1] == full["claim_payments"]["seg"][1]


def test_remarks_of_claim_and_line(full):
    found = full["remarks"]
    assert found[["source", "ordinal", "remark_code"]].to_numpy().tolist() == [
        ["MOA", 3, "MA01"], ["MOA", 4, "MA07"], ["LQ", 2, "N130"],
    ]  # fmt: skip
    assert (found["service_seg"] > 0).tolist() == [False, False, True]


def test_provider_adjustments(full):
    assert row(full["provider_adjustments"]) == {
        "ordinal": 1, "provider_identifier": "1999999984", "fiscal_period_date": 20251231, "reason_code": "L6",
        "reference": "REF1", "amount_cents": -350,
    }  # fmt: skip


def test_every_row_addresses_its_bytes():
    data = remittance(REMITTANCE).encode()
    frames = x12.read(data).frames
    for name, first in (
        ("claim_payments", b"CLP"),
        ("adjustments", b"CAS"),
        ("remittances", b"BPR"),
        ("dates", b"DTM"),
    ):
        for offset, length in zip(frames[name]["offset"].tolist(), frames[name]["length"].tolist(), strict=True):
            assert data[offset : offset + length].startswith(first)
            assert data[offset : offset + length].count(b"~") == 1
    whole = frames["transactions"].iloc[0]
    body = data[whole["offset"] : whole["offset"] + whole["length"]]
    assert body.startswith(b"ST*") and body.endswith(b"*0001~") and body.count(b"~") == whole["segments"]


def test_segments_cover_the_whole_file_byte_for_byte():
    data = remittance(REMITTANCE).encode()
    segments = x12.read(data).frames["segments"]
    places = zip(segments["offset"].tolist(), segments["length"].tolist(), strict=True)
    assert b"".join(data[at : at + length] for at, length in places) == data
    assert segments["seg"].tolist() == list(range(1, data.count(b"~") + 1))


TOTALS = ["charge_cents", "paid_cents", "plb_cents", "payment_cents"]


def totals(found: x12.X12File) -> list[int]:
    """Sums of the only transaction set; all three rules must hold."""
    only = found.transactions.iloc[0]
    assert found.findings.empty, found.findings
    assert only["balanced_claim"] and only["balanced_transaction"]
    return [int(only[name]) for name in TOTALS]


def test_two_claims_and_interest(remit):
    """BPR*I*231.5*C*ACH*CCP*01*111000025*DA*123*1512345678**01*222000111*DA*987*20250310~
    TRN*1*EFT0001*1512345678~ LX*1~ CLP*A100*1*200*128*32*12*ICN1~ NM1*QC*1*DOE*JANE****MI*W1~
    SVC*HC:99213*120*80**1~ DTM*472*20250201~ CAS*CO*45*20~ CAS*PR*2*20~ REF*6R*L1~
    SVC*HC:85025*80*48**1~ DTM*472*20250201~ CAS*CO*45*20~ CAS*PR*2*12~ REF*6R*L2~
    CLP*A101*1*150*100**12*ICN2~ CAS*CO*45*50~ NM1*QC*1*ROE*RAY****MI*W2~ AMT*I*3.5~
    PLB*1999999984*20251231*L6*-3.5~
    """
    assert totals(remit) == [35000, 22800, -350, 23150]
    assert remit.transactions["balanced_line"].tolist() == [True]
    assert remit.transactions["adjustments"].tolist() == [5]


def test_full_denial(remit):
    """BPR*H*0*C*NON************20250311~ TRN*1*NP0002*1512345678~ CLP*A102*1*300*0**12*ICN3~
    SVC*HC:70551*300*0**1~ CAS*CO*197*300~ LQ*HE*N210~
    """
    assert totals(remit) == [30000, 0, 0, 0]


def test_secondary_payer(remit):
    """BPR*I*17*C*CHK************20250312~ TRN*1*778899*1599999999~ CLP*E1*2*150*17*5*12*S77~
    SVC*HC:99214*150*17**1~ CAS*OA*23*128~ CAS*PR*3*5~
    """
    assert totals(remit) == [15000, 1700, 0, 1700]


def test_unbundling_with_a_negative_adjustment(remit):
    """BPR*I*70*C*CHK************20250312~ TRN*1*778900*1599999999~ CLP*U1*1*100*70**12*S78~
    SVC*HC:80051*100*40**1*HC:80050~ CAS*CO*45*30~ CAS*OA*94*30~ REF*6R*L1~
    SVC*HC:85025*0*30**1*HC:80050~ CAS*OA*94*-30~ REF*6R*L1~
    """
    assert totals(remit) == [10000, 7000, 0, 7000]
    assert remit.frames["service_payments"]["submitted_procedure_code"].tolist() == ["80050", "80050"]


def test_recovery_of_an_overpayment(remit):
    """BPR*I*412*C*ACH*CCP*01*111000025*DA*123*1512345678**01*222000111*DA*987*20250401~
    TRN*1*EFT0005*1512345678~ CLP*C1*1*500*500**12*ICN9~ PLB*1999999984*20251231*WO:ICN5*88~
    """
    assert totals(remit) == [50000, 50000, 8800, 41200]
    assert remit.transactions["balanced_line"].isna().all()
    assert remit.frames["provider_adjustments"]["reference"].tolist() == ["ICN5"]


def test_debt_moved_forward(remit):
    """BPR*H*0*C*NON************20250402~ TRN*1*FWD0006*1512345678~ CLP*D1*22*-200*-200**12*ICN6~
    CLP*D2*1*60*60**12*ICN7~ PLB*1999999984*20251231*FB:FWD0006*-140~
    """
    assert totals(remit) == [-14000, -14000, -14000, 0]
    assert remit.transactions["reversals"].tolist() == [1]


def test_debt_collected(remit):
    """BPR*I*360*C*ACH*CCP*01*111000025*DA*123*1512345678**01*222000111*DA*987*20250409~
    TRN*1*EFT0007*1512345678~ CLP*D3*1*500*500**12*ICN8~ PLB*1999999984*20251231*FB:FWD0006*140~
    """
    assert totals(remit) == [50000, 50000, 14000, 36000]


def test_revenue_code_in_place_of_a_procedure(remit):
    """BPR*I*10*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*4*10*10**12*S77~ SVC*NU:0450*10*10~
    SVC*HC:99283:25:59:76:77*0*0*0450*2.5~
    """
    lines = remit.frames["service_payments"]
    assert lines["revenue_code"].tolist() == ["0450", "0450"]
    assert lines["modifiers"].tolist() == ["", "25 59 76 77"]
    assert lines["paid_units_milli"].tolist() == [1000, 2500]
    assert remit.transactions["denied_status_claims"].tolist() == [1]


def test_six_provider_adjustments_in_one_segment(remit):
    """BPR*I*0*C*CHK************20250312~ TRN*1*1*1599999999~
    PLB*1*20251231*WO:A*1*WO:B*2*WO:C*3*L6*-1*CS:D*-2*72:E*-3~ PLB*1*20251231*AP*1*AP*-1~
    """
    found = remit.frames["provider_adjustments"]
    assert found["ordinal"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found["amount_cents"].tolist() == [100, 200, 300, -100, -200, -300, 100, -100]
    assert remit.transactions["plb_cents"].tolist() == [0]
