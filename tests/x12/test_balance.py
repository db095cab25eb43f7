"""835 balancing at line, claim and transaction, 837 totals: what is off is held or noted, to the cent."""

from __future__ import annotations

import numpy as np
import pytest

from claims import x12
from claims.x12.balance import sums
from tests.x12.envelopes import remittance


def only(found, code):
    """The one finding with this code."""
    mine = found.findings[found.findings["code"] == code]
    assert len(mine) == 1, found.findings
    return mine.iloc[0]


def balanced(found):
    """The three flags of the only transaction set."""
    row = found.transactions.iloc[0]
    return [row["balanced_line"], row["balanced_claim"], row["balanced_transaction"]]


def test_a_line_that_does_not_add_up_holds_the_set(remit):
    """BPR*I*74*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*74**12*S77~
    SVC*HC:99214*119*74**1~ CAS*CO*45*40~
    """
    line, claim = only(remit, "line-out-of-balance"), only(remit, "claim-out-of-balance")
    assert (line["severity"], line["element"], line["found"], line["expected"]) == ("hold", "SVC03", "74.00", "79.00")
    assert (claim["seg"], claim["element"]) == (6, "CLP04")
    assert claim["message"] == (
        "segment 6, CLP04: paid 74.00 leaves 5.00 of 119.00 unexplained; transaction set held from posting."
    )
    assert claim["transaction_seg"] == 3
    assert balanced(remit) == [False, False, True]


def test_a_payment_that_is_not_the_sum_of_its_claims_holds_the_set(remit):
    """BPR*I*80*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79**12*S77~
    SVC*HC:99214*119*79**1~ CAS*CO*45*40~ PLB*1*20251231*WO:X*5~
    """
    found = only(remit, "remittance-out-of-balance")
    assert (found["severity"], found["element"], found["found"], found["expected"]) == (
        "hold",
        "BPR02",
        "80.00",
        "74.00",
    )
    assert balanced(remit) == [True, True, False]


def test_lines_that_the_payer_left_out_are_a_note_only(remit):
    """BPR*I*79*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79**12*S77~ CAS*CO*45*20~
    SVC*HC:99214*99*79**1~ CAS*CO*45*20~
    """
    assert only(remit, "service-lines-do-not-add-up")["severity"] == "note"
    assert balanced(remit) == [True, True, True]


def test_the_same_dollar_at_both_levels_breaks_the_claim_rule(remit):
    """BPR*I*79*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79**12*S77~ CAS*CO*45*40~
    SVC*HC:99214*119*79**1~ CAS*CO*45*40~
    """
    assert balanced(remit) == [True, False, True]
    assert only(remit, "claim-out-of-balance")["expected"] == "39.00"


def test_a_claim_level_adjustment_beside_lines_is_legal(remit):
    """BPR*I*69*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*69**12*S77~ CAS*CO*253*10~
    SVC*HC:99214*119*79**1~ CAS*CO*45*40~
    """
    assert remit.findings.empty
    assert balanced(remit) == [True, True, True]


def test_an_unreadable_amount_leaves_its_sum_unknown(remit):
    """BPR*I*79*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79.005**12*S77~
    SVC*HC:99214*119*79**1~ CAS*CO*45*40~
    """
    found = only(remit, "amount-not-readable")
    assert (found["severity"], found["element"], found["found"]) == ("hold", "CLP04", "79.005")
    assert remit.transactions["paid_cents"].isna().tolist() == [True]
    assert remit.transactions["charge_cents"].tolist() == [11900]
    assert balanced(remit) == [True, False, False]
    assert remit.frames["claim_payments"]["paid_cents"].tolist() == [0]


def test_an_unreadable_quantity_is_noted_and_holds_nothing(remit):
    """BPR*I*79*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79**12*S77~
    SVC*HC:99214*119*79**q~ CAS*CO*45*40~
    """
    found = only(remit, "quantity-not-readable")
    assert (found["severity"], found["element"], found["found"]) == ("note", "SVC05", "1 character")
    assert remit.frames["service_payments"]["paid_units_milli"].tolist() == [0]
    assert balanced(remit) == [True, True, True]


def test_missing_amounts_count_as_nothing_and_hold(remit):
    """BPR*I*0*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119***12*S77~
    SVC*HC:99214*119***1~ CAS*CO*45*119~ CAS*CO*253~ PLB*1*20251231*WO:X~
    """
    assert remit.findings[["code", "element"]].to_numpy().tolist() == [
        ["amount-missing", "CLP04"],
        ["amount-missing", "CAS03"],
        ["adjustment-incomplete", "PLB04"],
    ]
    assert set(remit.findings["severity"]) == {"hold"}
    assert balanced(remit) == [True, True, True]


def test_an_amount_without_a_reason_holds(remit):
    """BPR*I*79*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79**12*S77~
    SVC*HC:99214*119*79**1~ CAS*CO*45*30***10~
    """
    assert only(remit, "adjustment-incomplete")["element"] == "CAS05"
    assert balanced(remit) == [False, False, True]


def test_a_provider_adjustment_without_a_code_holds_and_one_of_zero_is_noted(remit):
    """BPR*I*69*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79**12*S77~
    SVC*HC:99214*119*79**1~ CAS*CO*45*40~ PLB*1*20251231*WO:X*0*:X*10*:Y~
    """
    assert remit.findings[["code", "severity", "element"]].to_numpy().tolist() == [
        ["provider-adjustment-zero", "note", "PLB04"],
        ["adjustment-incomplete", "hold", "PLB05"],
        ["adjustment-incomplete", "hold", "PLB07"],
    ]


def test_an_amount_above_the_limit_is_named_for_its_size(remit):
    """BPR*I*79*C*CHK************20250312~ TRN*1*1*1599999999~ CLP*E1*1*119*79**12*S77~
    SVC*HC:99214*119*999999999999999.99**1~ CAS*CO*45*40~
    """
    found = only(remit, "amount-not-readable")
    assert (found["element"], found["expected"]) == ("SVC03", "at most 10000000000.00")
    assert "larger than any can be" in found["message"]


def test_a_line_outside_a_claim_holds(remit):
    """BPR*I*0*C*CHK************20250312~ TRN*1*1*1599999999~ SVC*HC:99214*119*79**1~ CAS*CO*45*40~"""
    assert only(remit, "line-without-claim")["severity"] == "hold"
    assert remit.frames["service_payments"]["claim_seg"].tolist() == [0]
    assert remit.transactions["service_lines"].tolist() == [1]
    assert remit.transactions["balanced_claim"].isna().all()


def test_two_payments_in_one_set_hold_it(remit):
    """BPR*I*0*C*CHK************20250312~ BPR*I*5*C*CHK************20250312~ TRN*1*1*1599999999~"""
    assert only(remit, "segment-repeated")["severity"] == "hold"
    assert remit.transactions["payment_cents"].tolist() == [0]


def test_a_claim_that_is_not_the_sum_of_its_lines_is_noted(submitted):
    """HL*1**20*1~ HL*2*1*22*0~ SBR*P~ CLM*X*100***11:B:1~ LX*1~ SV1*HC:1*60.01*UN*1***1~ LX*2~
    SV1*HC:2*40*UN*1***1~
    """
    found = only(submitted, "claim-total-differs")
    assert (found["severity"], found["found"], found["expected"]) == ("note", "100.00", "100.01")
    assert submitted.transactions["balanced_claim"].tolist() == [False]
    assert submitted.transactions["balanced_transaction"].isna().all()


def test_sums_are_exact_where_floats_are_not():
    owners = np.array([0, 0, 1, -1])
    values = np.array([2**53, 1, -5, 7])
    assert sums(owners, values, 2).tolist() == [2**53 + 1, -5]


@pytest.mark.parametrize(("paid", "codes"), [("40", ["remittance-out-of-balance"]), ("-40", [])])
def test_a_debit_takes_its_amount_back(paid, codes):
    body = f"BPR*I*40*D*ACH************20250312~TRN*1*1*1599999999~CLP*E1*1*40*{paid}**12*S77~"
    body += "CAS*OA*23*80~" if paid == "-40" else ""
    data = remittance(body).encode()
    read = x12.read(data, complete=True)
    assert read.findings["code"].tolist() == codes
    assert (
        read.transactions["payment_cents"].tolist() == read.frames["remittances"]["payment_cents"].tolist() == [-4000]
    )
    assert "payment-negative" in set(x12.check(data).findings["code"])
    assert b"BPR*I*40*D*" in x12.write(read.frames)


def test_zeros_behind_cents_are_exact_and_a_third_decimal_is_no_bad_character():
    body = "BPR*I*79*C*CHK************20250312~TRN*1*1*1599999999~CLP*E1*1*119.000*79.{}**12*S77~CAS*CO*45*40.000~"
    read = x12.read(remittance(body.format("00000")).encode())
    assert read.findings[["code", "severity", "element"]].to_numpy().tolist() == [
        ["amount-with-more-zeros", "note", "CLP03"]
    ]
    assert balanced(read)[1:] == [True, True] and read.frames["claim_payments"]["charge_cents"].tolist() == [11900]
    assert only(x12.read(remittance(body.format("005")).encode()), "amount-not-readable")["ack_code"] == "999 IK403 I12"
