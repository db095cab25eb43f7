"""A charges file at intake: what is wrong with it is stored and listed."""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema

CHARGES = b"""claim_number,payer_code,payer_name,filing_indicator_code,billing_npi,billing_name,member_id,subscriber_last_name,\
subscriber_birth_date,place_of_service,diagnosis_codes,service_from,procedure_code,charge
A1,FABLE,FABLEWOOD,12,1999999018,MADE UP,W1,TEACUP,yesterday,11,I10,2026-09-01,99213,145.00
"""


def test_a_wrong_cell_of_a_column_with_a_long_name_is_a_finding(practice):
    practice.drop(CHARGES)
    findings = schema.findings
    assert practice.rows(sa.select(findings.c.code, findings.c.element)) == [("charges-row", "subscriber_birth_date")]
    assert practice.exceptions() == ["FILE_REFUSED"]
