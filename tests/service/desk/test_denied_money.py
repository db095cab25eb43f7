"""Open money at risk is what account 1110 holds, and what differs is named: whatever people did with the cases."""

import json

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.denials.at_risk import at_risk
from claims.service.desk import actions
from claims.service.report import write_report
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims, remit
from tests.service.desk.conftest import DAY, as_person, cases, chosen, denied


def reported(books, folder):
    """The differences in cents by reason, and whether the check holds."""
    write_report(books.ctx, "denials", DAY, out=folder)
    rows = pd.read_csv(folder / "denied_money.csv").set_index("reason")["amount_cents"].to_dict()
    (check,) = [one for one in json.loads((folder / "manifest.json").read_text())["checks"] if "1110" in one["name"]]
    assert check["right"] == books.balances()["1110"]
    return rows, check["holds"]


def test_what_people_move_leaves_the_money_at_risk_too(books, tmp_path):
    anna = as_person(books, "anna")
    billed = actions.to_patient(anna, chosen(books, "A4"), DAY)
    actions.write_off(anna, chosen(books, "A1"), "small", 10**6, DAY)
    rows, holds = reported(books, tmp_path / "moved")
    assert holds and rows["open_at_risk"] == 10200 + 10300
    actions.undo(anna, billed.action_id, DAY)
    rows, holds = reported(books, tmp_path / "undone")
    assert holds and rows["open_at_risk"] == 10200 + 10300 + 10400


@pytest.mark.long
def test_money_of_a_claim_that_is_not_in_the_books_is_a_difference_with_a_name(books, tmp_path):
    books.night(denied(("ELSEWHERE", "80", "CO", "197", ""), trace="T5"), day=DAY)
    assert cases(books).loc["ELSEWHERE", "denied_cents"] == 8000
    rows, holds = reported(books, tmp_path / "unknown")
    assert holds and rows["claim_unknown"] == -8000 and rows["open_at_risk"] == 41000 + 8000


@pytest.mark.long
def test_a_line_that_is_charged_less_after_its_denial_is_at_risk_for_what_is_owed(practice):
    practice.night(claims(Bill("A1", [("99213", "150"), ("85025", "80")])), day=DAY)
    practice.night(
        remit(
            """BPR*I*80*C*ACH************20250310~
            TRN*1*T1*1512345678~
            CLP*A1*1*230*80**12*ICN1~
            SVC*HC:99213*150*0**1~
            CAS*CO*197*150~
            SVC*HC:85025*80*80**1~"""
        ),
        day=DAY,
    )
    practice.night(claims(Bill("A1", [("99213", "100"), ("85025", "80")], frequency="7")), day=DAY)
    rows = practice.rows(sa.select(schema.denial_cases.c.at_risk_cents))
    assert rows == [(10000,)]
    assert "CREDIT_BALANCE" not in practice.exceptions()  # nobody has paid what is charged no more
    assert [problem for check in verify(practice.ctx) for problem in check.broken] == []


def test_what_one_payer_paid_too_much_pays_for_no_other():
    case = {"case_id": 1, "family_id": 1, "payer_sequence": "P", "line_number": 2, "extent": "line"}
    cases = pd.DataFrame([case | {"worth_cents": 10000, "is_held": False}])
    owed = pd.DataFrame(
        [(1, "P", 2, 10000), (1, "S", 2, -3000)], columns=["family_id", "payer_sequence", "line_number", "amount_cents"]
    )
    assert at_risk(cases, owed).tolist() == [10000]
    assert at_risk(cases.assign(extent="full", line_number=0), owed).tolist() == [10000]
