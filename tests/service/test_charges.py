"""A charges file at intake: what is wrong with it is stored and listed."""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema

ROW = {
    "claim_number": "A1",
    "payer_code": "FABLE",
    "payer_name": "FABLEWOOD HEALTH PLAN",
    "filing_indicator_code": "12",
    "billing_npi": "1999999018",
    "billing_name": "MADE UP PRACTICE",
    "member_id": "W1",
    "subscriber_last_name": "TEACUP",
    "subscriber_birth_date": "yesterday",
    "place_of_service": "11",
    "diagnosis_codes": "I10",
    "service_from": "2026-09-01",
    "procedure_code": "99213",
    "charge": "145.00",
}


def test_a_wrong_cell_of_a_column_with_a_long_name_is_a_finding(practice):
    practice.drop(f"{','.join(ROW)}\n{','.join(ROW.values())}\n".encode())
    findings = schema.findings
    assert practice.rows(sa.select(findings.c.code, findings.c.element)) == [("charges-row", "subscriber_birth_date")]
    assert practice.exceptions() == ["FILE_REFUSED"]
