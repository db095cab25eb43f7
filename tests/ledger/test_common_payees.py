"""A payee that copies of a payment name by its tax number and by its NPI."""

import pandas as pd
import pytest

from claims.ledger.identity import common_payees

NPI, OTHER, TIN, TIN2 = "1999999984", "1234567893", "123456789", "987654321"


@pytest.mark.parametrize(
    ("payees", "known", "expected"),
    [
        (((TIN, TIN), (NPI, TIN)), {}, [TIN, TIN]),  # REF*TJ
        (((TIN, TIN), (NPI, "")), {NPI: {TIN}}, [TIN, TIN]),  # master data
        (((TIN, TIN), (NPI, "")), {}, [TIN, TIN]),  # nobody knows
        (((TIN, TIN), (NPI, TIN2)), {}, [TIN, NPI]),
        (((TIN, TIN), (NPI, "")), {NPI: {TIN2}}, [TIN, NPI]),
        (((TIN, TIN), (NPI, TIN), (OTHER, TIN2), (TIN2, TIN2)), {}, [TIN, TIN, TIN2, TIN2]),
        (((NPI, ""), (OTHER, "")), {}, [NPI, OTHER]),  # two of one kind are two
        (((TIN, TIN), (TIN2, TIN2)), {}, [TIN, TIN2]),
        (((TIN, TIN), ("PLAN7", "")), {}, [TIN, "PLAN7"]),
    ],
)
def test_payees_of_one_payment(payees, known, expected):
    rows = pd.DataFrame(payees, columns=["payee_identifier", "payee_tax_id"]).assign(
        payer_identifier="1512345678", payer_code="", payer_name="PLAN", trace_number="T1", payment_cents=8800,
        payment_date="2025-03-10", method_code="ACH", body_hash="",
    )  # fmt: skip
    rows["body_hash"] = [f"B{number}" for number in rows.index]
    assert common_payees(rows, known).tolist() == expected
    elsewhere = rows.assign(trace_number=[f"T{number}" for number in rows.index])  # another payment tells nothing
    assert common_payees(elsewhere, known).tolist() == [payee for payee, _ in payees]
