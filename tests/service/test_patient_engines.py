"""One walk through patients' money on each engine: from a file to a claim, to the bank, to another claim, and back."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service import patient_list
from claims.service.patient_acts import apply_payment, void_payment
from claims.service.patient_refunds import pay_refund, request_claim_refund, request_payment_refund
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims, remit
from tests.service.test_patient_banking import bank, paid
from tests.service.test_patient_payments import PAID

DAY = date(2025, 3, 14)


@pytest.mark.long
def test_from_a_file_to_the_claim_the_bank_another_claim_and_back(practice):
    practice.night(
        claims(Bill("A1", [("99213", "150")])),
        claims(Bill("A2", [("99213", "150")]), control="000000010"),
        remit(PAID),
        paid(
            "R1,2025-03-10,60.00,card,A1,TX1,B1",
            "R2,2025-03-10,40.00,card,NONE,TX2,B1",
            ",2025-03-10,5.00,cheque,,711,",
            "R9,2025-03-10,1.00,cash,A1,,",
            "R9,2025-03-10,2.00,cash,A1,,",
        ),
        bank("2025-03-12,97.50,B1,,,CARD", "2025-03-11,5.00,711,,,CHECK"),
        day=DAY,
    )
    rows = patient_list.listed(practice.ctx).set_index("amount_cents")
    assert rows["state"].to_dict() == {
        6000: "applied", 4000: "unapplied", 500: "unapplied", 100: "held", 200: "held",
    }  # fmt: skip
    number = {cents: int(one) for cents, one in rows["patient_payment_id"].items()}
    assert apply_payment(practice.ctx, number[6000], "A2", DAY, amount_cents=3000) == 3000
    assert apply_payment(practice.ctx, number[4000], "id:2", DAY) == 4000
    pay_refund(practice.ctx, request_claim_refund(practice.ctx, "A1", "too much", DAY), "cheque", "9", DAY, DAY)
    request_payment_refund(practice.ctx, number[500], "moved", DAY)
    void_payment(practice.ctx, number[4000], "charged back", DAY, DAY)
    void_payment(practice.ctx, number[200], "a slip", DAY, DAY)
    practice.reconcile(DAY)
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert practice.balances() == {
        "1000": 9750 + 500 - 800 - 4000 + 100, "1050": 8800, "1100": 15000, "1200": -3000 - 100, "2300": -500,
        "4000": -30000, "4100": 4000, "5100": 250,
    }  # fmt: skip
    assert practice.exceptions() == ["CREDIT_BALANCE_PATIENT"]
    table = schema.journals
    before = practice.count(table)
    practice.reconcile(DAY)
    assert practice.count(table) == before
    assert practice.rows(sa.select(sa.func.count()).select_from(schema.patient_refunds)) == [(2,)]
