"""A refund to a payer on the pages: asked for by one person, approved by another, withdrawn and reversed."""

from __future__ import annotations

from datetime import date

import pytest

from claims.service.verify import verify
from tests.books import PAYER_ID, Bill, remit
from tests.books import claims as claims_file

DAY = date(2025, 7, 1)
PAID = f"""BPR*I*20*C*ACH************20250620~
           TRN*1*T5*{PAYER_ID}~
           CLP*R1*1*150*20**12*ICNR1~
           SVC*HC:99213*150*20**1~
           CAS*CO*45*130~"""
FORM = {"payer": PAYER_ID, "number": "ICNR1", "amount": "20.00", "words": "letter of 2 July"}


@pytest.fixture
def ann(desk, tmp_path):
    files = {"r.837": claims_file(Bill("R1", [("99213", "150")]), control="000000071")}
    desk.night(tmp_path, files | {"r.835": remit(PAID, control="000000072")}, DAY)
    return desk.sign_in("ann")


def paid_back(desk):
    return desk.one("select coalesce(sum(amount_cents), 0) from ledger_lines where account = '2100'")


@pytest.mark.long
def test_a_refund_takes_two_people_and_can_be_taken_back(desk, ann):
    assert "books know $20.00" in ann.post("/refunds", data=FORM | {"amount": "5000.00"}).text
    assert "books know $0.00" in ann.post("/refunds", data=FORM | {"number": "ACME123"}).text
    assert ann.post("/refunds", data=FORM).status_code == 303
    assert ann.post("/refunds/1/withdraw", data={"words": "typed wrong"}).status_code == 303
    assert ann.post("/refunds", data=FORM).status_code == 303
    assert (paid_back(desk), ann.post("/approvals/requests/2", data={"decision": "approve"}).status_code) == (0, 403)
    sue = desk.sign_in("sue")
    assert "letter of 2 July" in sue.get("/approvals").text
    assert sue.post("/approvals/requests/2", data={"decision": "approve"}).status_code == 303
    assert paid_back(desk) == 2000
    assert "$20.00 is used today" in sue.get("/approvals").text
    assert 'value="20.00"' not in ann.get("/refunds").text and "Reverse" in sue.get("/refunds").text
    assert sue.post("/refunds/2/reverse", data={"words": "never sent"}).status_code == 303
    assert paid_back(desk) == 0
    assert [problem for check in verify(desk.ctx) for problem in check.broken] == []


def test_who_asks_never_approves_and_the_limit_of_who_approves_holds(desk, ann):
    sue = desk.sign_in("sue")
    assert sue.post("/refunds", data=FORM).status_code == 303
    assert "another person has to agree" in sue.post("/approvals/requests/1", data={"decision": "approve"}).text
    assert ann.post("/refunds", data=FORM | {"amount": "30.00", "although": "with interest"}).status_code == 303
    assert "above your own limit" in sue.post("/approvals/requests/2", data={"decision": "approve"}).text
    assert paid_back(desk) == 0
