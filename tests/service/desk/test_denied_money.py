"""Open money at risk is what account 1110 holds, and what differs is named: whatever people did with the cases."""

import json

import pandas as pd

from claims.service.desk import actions
from claims.service.report import write_report
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


def test_money_of_a_claim_that_is_not_in_the_books_is_a_difference_with_a_name(books, tmp_path):
    books.night(denied(("ELSEWHERE", "80", "CO", "197", ""), trace="T5"), day=DAY)
    assert cases(books).loc["ELSEWHERE", "denied_cents"] == 8000
    rows, holds = reported(books, tmp_path / "unknown")
    assert holds and rows["claim_unknown"] == -8000 and rows["open_at_risk"] == 41000 + 8000
