"""What an 835 says twice: patient shares, interest, summaries, dates."""

from __future__ import annotations

from tests.x12.edits.conftest import paid, said


def test_patient_share_is_the_sum_of_claim_and_lines():
    assert said(paid("CLP*A1*1*100*70*30*12*ICN1~CAS*PR*1*20**2*5~CAS*PR*3*5~", "70")) == []
    told = said(paid("CLP*A1*1*100*70*25*12*ICN1~CAS*PR*1*20**2*5~CAS*PR*3*5~", "70"))
    assert told == [("patient-share-differs", "25.00", "30.00")]
    assert said(paid("CLP*A1*1*100*70**12*ICN1~CAS*PR*1*30~", "70")) == [("patient-share-differs", "0.00", "30.00")]


def test_a_reversal_sends_no_patient_share(of_835):
    """
    CLP*A1*22*-100*-70**12*ICN1~
    CAS*PR*1*-30~
    CLP*A1*1*100*70*30*12*ICN1~
    CAS*PR*1*30~
    """
    assert of_835 == []


def test_an_unreadable_share_is_told_of_once():
    found = said(paid("CLP*A1*1*100*70*3O*12*ICN1~CAS*PR*1*30~", "70"))
    assert "patient-share-differs" not in [code for code, _, _ in found]


def test_a_forwarded_claim_carries_no_money():
    assert said(paid("CLP*A1*23*100*0**12*ICN1~CAS*OA*B11*100~")) == []
    assert ("status-with-money", "100.00", "23") in said(paid("CLP*A1*23*100*100**12*ICN1~", "100"))


def test_interest_agrees_with_its_claims():
    text = "CLP*A1*1*100*100**12*ICN1~AMT*I*{asked}~CLP*A2*1*50*50**12*ICN2~AMT*I*1~PLB*1999999984*20261231*L6*-{paid}~"
    assert said(paid(text.format(asked="2.5", paid="3.5"), "153.5")) == []
    told = said(paid(text.format(asked="2", paid="3.5"), "153.5"))
    assert told == [("interest-differs", "-3.50", "-3.00")]


def test_interest_of_the_claims_alone_is_told_of_at_the_amount():
    told = said(paid("CLP*A1*1*100*100**12*ICN1~AMT*I*2~", "100"))
    assert told == [("interest-differs", "0.00", "-2.00")]


def test_each_group_has_its_own_summary():
    text = (
        "TS3*1999999984*11*20261231*{count}*150~CLP*A1*1*100*100**12*ICN1~CLP*A2*1*50*50**12*ICN2~"
        "LX*2~TS3*1999999984*21*20261231*1*{charge}~CLP*A3*1*70*70**12*ICN3~"
    )
    assert said(paid(text.format(count=2, charge="70"), "220")) == []
    assert said(paid(text.format(count=3, charge="70"), "220")) == [
        ("summary-differs", "3 claims of 150.00", "2 claims of 150.00")
    ]
    assert [code for code, _, _ in said(paid(text.format(count=2, charge="71"), "220"))] == ["summary-differs"]


def test_a_payment_before_the_service():
    text = "CLP*A1*{status}*100*100**12*ICN1~SVC*HC:99213*100*100~DTM*472*20260311~"
    assert ("payment-before-service", "20260311", "20260310") in said(paid(text.format(status=1), "100"))
    found = said(paid(text.format(status=25).replace("100~", "0~").replace("*100**", "*0**"), "0"))
    assert "payment-before-service" not in [code for code, _, _ in found]


def test_periods_of_claim_and_line(of_835):
    """
    CLP*A1*1*100*0**12*ICN1~
    CAS*CO*29*60~
    DTM*232*20260105~
    DTM*233*20260101~
    SVC*HC:99213*40*0~
    DTM*150*20260104~
    DTM*151*20260103~
    CAS*CO*29*40~
    """
    told = [one for one in of_835 if one[0] == "payment-dates-reversed"]
    assert told == [
        ("payment-dates-reversed", "20260105", "20260101"), ("payment-dates-reversed", "20260104", "20260103"),
    ]  # fmt: skip


def test_a_payment_without_trace_below_zero_in_other_money():
    text = paid("CLP*A1*22*-100*-100**12*ICN1~", "-100").replace("TRN*1*EFT0001*1512345678~", "CUR*PR*CAD~")
    assert {code for code, _, _ in said(text)} == {"payment-negative", "trace-missing", "currency-not-usd"}
