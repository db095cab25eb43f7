"""A replacement that came in as an 837 under the number of the first claim is decided as what it says."""

import json

import pytest
import sqlalchemy as sa

from claims.service.master import import_files
from claims.service.verify import verify
from claims.store import schema
from tests.books import PAYER_ID, Bill, claims, remit


@pytest.mark.long
def test_a_payment_for_the_lines_of_a_replacement_is_no_underpayment_of_the_first(practice):
    fees = practice.folder / "fees.csv"
    prices = f"{PAYER_ID},99213,110.00\n{PAYER_ID},99212,60.00\n"
    fees.write_text("payer_code,procedure_code,allowed\n" + prices, encoding="utf-8")
    import_files(practice.ctx, [fees])
    again = Bill("A1", [("99212", "150")], frequency="7")
    first = """BPR*I*110*C*ACH************20250310~
               TRN*1*T1*1512345678~
               CLP*A1*1*150*110**12*I1~
               SVC*HC:99213*150*110**1~
               CAS*CO*45*40~"""
    second = """BPR*H*0*C*NON************20250415~
                TRN*1*T2*1512345678~
                CLP*A1*22*-150*-110**12*I1~
                SVC*HC:99213*-150*-110**1~
                CAS*CO*45*-40~
                CLP*A1*1*150*60**12*I2*11*7~
                SVC*HC:99212*150*60**1~
                CAS*CO*45*90~
                PLB*1999999984*20251231*FB:T*-50~"""
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(first))
    practice.night(claims(again, control="000000010"), remit(second, control="000000002"))
    matches, sent = schema.matches, schema.claims
    select = sa.select(sent.c.frequency_code, matches.c.evidence).join(sent, sent.c.claim_id == matches.c.claim_id)
    found = practice.rows(select.where(matches.c.ended_at.is_(None)).order_by(matches.c.claim_payment_id))
    told = [(frequency, json.loads(evidence).get("version", "")) for frequency, evidence in found]
    assert told == [("1", ""), ("1", ""), ("7", "frequency, lines")]
    assert practice.count(schema.variance_cases) == 0
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
