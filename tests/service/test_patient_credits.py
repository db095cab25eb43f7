"""Patients' credits: their causes, what moves, what is paid back and what bounced after that."""

import pytest
import sqlalchemy as sa

from claims.errors import PostingRefusedError
from claims.service.patient_acts import apply_payment, void_payment
from claims.service.patient_refunds import pay_refund, request_claim_refund, request_payment_refund, withdraw_refund
from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from tests.books import Bill, claims, remit
from tests.service.test_patient_payments import DAY, PAID, again, bill, named, number, paid, sound

TAKEN_BACK = """CLP*A1*22*-150*-88*-22*12*ICN1~
                SVC*HC:99213*-150*-88**1~
                CAS*CO*45*-40~
                CAS*PR*2*-22~
                """


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_patient_engines.py walks through both."""
    return sqlite_url


@pytest.mark.long
def test_too_much_is_a_credit_with_its_cause_and_moves_to_another_claim_of_the_patient(practice):
    practice.night(bill("A1"), remit(PAID), paid("R1,2025-03-20,30.00,cash,A1,,"))
    table = schema.exceptions
    told = sa.select(table.c.type_code, table.c.amount_cents, table.c.message)
    assert practice.rows(told.where(table.c.type_code.like("CREDIT%"))) == [
        ("CREDIT_BALANCE_PATIENT", 800, "the patient paid more than was due")
    ]
    again(practice)
    practice.night(claims(Bill("A2", [("99213", "150")]), control="000000012"))
    practice.night(remit(PAID.replace("A1", "A2").replace("T1", "T2").replace("ICN1", "ICN2")))
    assert apply_payment(practice.ctx, number(practice, 3000), "A2", DAY) == 800
    assert named(practice) == []
    assert [practice.balances(family_id=practice.family(one), account="1200") for one in ("A1", "A2")] == [
        {},
        {"1200": 1400},
    ]
    assert practice.balances(account="2200") == {}
    sound(practice)


@pytest.mark.long
def test_a_credit_does_not_move_to_another_patient(practice):
    practice.night(bill("A1"), remit(PAID), paid("R1,2025-03-20,30.00,cash,A1,,"))
    other = claims(Bill("Z0", [("99213", "9")]), Bill("A2", [("99213", "150")], member="W2"), control="000000012")
    practice.night(other)
    with pytest.raises(PostingRefusedError, match="Nothing of this payment is in credit on another claim"):
        apply_payment(practice.ctx, number(practice, 3000), "A2", DAY)
    with pytest.raises(PostingRefusedError, match="on that claim already"):
        apply_payment(practice.ctx, number(practice, 3000), "A1", DAY)
    with pytest.raises(PostingRefusedError, match="nothing of it waits without a claim"):
        request_payment_refund(practice.ctx, number(practice, 3000), "too much", DAY)


@pytest.mark.long
def test_a_moved_credit_bounces_whole(practice):
    practice.night(bill("A1", "A2"), remit(PAID), paid("R1,2025-03-20,30.00,cheque,A1,,711"))
    # Both claims of one file belong to persons of their own there: same member, other name.
    with pytest.raises(PostingRefusedError):
        apply_payment(practice.ctx, number(practice, 3000), "A2", DAY)
    practice.night(claims(Bill("A3", [("99213", "150")]), control="000000012"))
    apply_payment(practice.ctx, number(practice, 3000), "A3", DAY)
    assert void_payment(practice.ctx, number(practice, 3000), "no funds", DAY, DAY) == 3
    assert practice.balances(account="1200") == {"1200": 2200}
    assert (practice.balances(account="1000"), practice.balances(account="2200")) == ({}, {})
    sound(practice)


@pytest.mark.long
def test_what_was_paid_back_before_the_cheque_bounced_is_owed_by_the_patient(practice):
    practice.night(bill("A1"), remit(PAID), paid("R1,2025-03-20,30.00,cheque,A1,,711"))
    refund = request_claim_refund(practice.ctx, "A1", "too much", DAY)
    with pytest.raises(PostingRefusedError, match="withdraw it first"):
        void_payment(practice.ctx, number(practice, 3000), "no funds", DAY, DAY)
    pay_refund(practice.ctx, refund, "cheque", "901", DAY, DAY)
    void_payment(practice.ctx, number(practice, 3000), "no funds", DAY, DAY)
    assert named(practice) == ["PATIENT_OWES_REFUND"]
    # 22.00 of share and the 8.00 that he has and never paid.
    assert sound(practice) == {"1000": -800, "1050": 8800, "1200": 3000, "4000": -15000, "4100": 4000}
    again(practice)
    practice.night(paid("R2,2025-07-20,30.00,cash,A1,,"))
    assert (named(practice), sound(practice).get("1200")) == ([], None)


def test_money_on_no_claim_that_was_paid_back_before_it_bounced_is_named(practice):
    practice.night(paid("R1,2025-03-20,30.00,cheque,,W1,711"))
    refund = request_payment_refund(practice.ctx, number(practice, 3000), "moved away", DAY)
    pay_refund(practice.ctx, refund, "cheque", "901", DAY, DAY)
    void_payment(practice.ctx, number(practice, 3000), "no funds", DAY, DAY)
    assert (named(practice), sound(practice)) == (["PATIENT_OWES_REFUND"], {"1000": -3000, "2200": 3000})


@pytest.mark.long
def test_a_share_below_zero_is_a_credit_with_nothing_to_pay_back(practice):
    practice.night(
        bill("A1"),
        remit("""BPR*I*172*C*ACH************20250310~
                 TRN*1*T1*1512345678~
                 CLP*A1*1*150*172**12*ICN1~
                 SVC*HC:99213*150*172**1~
                 CAS*PR*2*-22~"""),
    )
    assert "CREDIT_BALANCE_PATIENT" not in named(practice)
    table = schema.exceptions
    told = sa.select(table.c.amount_cents, table.c.message, table.c.release)
    ((cents, says, release),) = practice.rows(told.where(table.c.type_code == "PATIENT_SHARE_BELOW_ZERO"))
    assert cents == 2200 and says.endswith("puts the patient's share below zero: ask the payer")
    assert release.startswith("Ask the payer") and "pay it back" not in release
    with pytest.raises(PostingRefusedError, match="nothing is in credit on this claim"):
        request_claim_refund(practice.ctx, "A1", "too much", DAY)
    sound(practice)


@pytest.mark.long
def test_what_is_paid_before_the_payers_decide_is_not_paid_back(practice):
    practice.night(bill("A1"), paid("R1,2025-03-20,30.00,cash,A1,,"))
    with pytest.raises(PostingRefusedError, match="no credit yet"):
        request_claim_refund(practice.ctx, "A1", "too much", DAY)
    practice.night(remit(PAID))
    assert request_claim_refund(practice.ctx, "A1", "too much", DAY) == 1


@pytest.mark.long
def test_a_refund_is_asked_for_then_paid_and_never_more_than_the_credit(practice):
    practice.night(bill("A1"), remit(PAID), paid("R1,2025-03-20,30.00,cash,A1,,"))
    with pytest.raises(PostingRefusedError):
        request_claim_refund(practice.ctx, "A1", "too much", DAY, amount_cents=801)
    refund = request_claim_refund(practice.ctx, "A1", "too much", DAY)
    assert sound(practice) == {"1000": 3000, "1050": 8800, "2300": -800, "4000": -15000, "4100": 4000}
    assert named(practice) == []
    withdraw_refund(practice.ctx, refund, "keeps it for the next visit", DAY)
    assert named(practice) == ["CREDIT_BALANCE_PATIENT"]
    refund = request_claim_refund(practice.ctx, "A1", "too much", DAY)
    with pytest.raises(PostingRefusedError):
        void_payment(practice.ctx, number(practice, 3000), "no funds", DAY, DAY)
    assert pay_refund(practice.ctx, refund, "cheque", "901", DAY, DAY) == 800
    with pytest.raises(PostingRefusedError):
        pay_refund(practice.ctx, refund, "cheque", "901", DAY, DAY)
    assert sound(practice) == {"1000": 2200, "1050": 8800, "4000": -15000, "4100": 4000}
    # Two journals made it, one refund refuses.
    says = undo(practice.ctx, "remit:1", DAY).refused["says"]
    assert [text.split(":")[0] for text in says] == ["refund 2, which is paid", "payment 1 of a patient"]


def test_an_undo_and_a_replay_name_the_credit_that_they_make_and_close_the_one_that_they_end(practice):
    lowered = PAID.replace("BPR*I*88", "BPR*I*22").replace("TRN*1*T1", "TRN*1*T2").replace("20250310", "20250410")
    lowered = lowered.replace("CLP*A1*1*150*88*22", "CLP*A1*1*150*110*0").replace("*88**1", "*110**1")
    lowered = lowered.replace("CAS*PR*2*22~", "").replace("CLP*A1*1", TAKEN_BACK + "CLP*A1*1")
    practice.night(bill("A1"), remit(PAID))
    practice.night(paid("R1,2025-04-15,20.00,cash,A1,,"))
    practice.night(remit(lowered))
    assert "CREDIT_BALANCE_PATIENT" in named(practice)
    undo(practice.ctx, "remit:T2", DAY)
    assert practice.balances(account="1200") == {"1200": 200}
    assert "CREDIT_BALANCE_PATIENT" not in named(practice)
    replay(practice.ctx, "remit:T2", DAY)
    assert practice.balances(account="1200") == {"1200": -2000}
    assert "CREDIT_BALANCE_PATIENT" in named(practice)
