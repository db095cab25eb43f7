"""What was denied of what was decided, and what came of it: counts, cents and shares, the same as CSV."""

from __future__ import annotations

from datetime import date

import pytest

from claims.service import denial_charts
from claims.service.desk import actions
from tests.books import Bill, claims, remit
from tests.service.desk.conftest import as_person, chosen, paid

WON = """BPR*I*60*C*ACH************20250720~
         TRN*1*T8*1512345678~
         CLP*A2*22*-102*0**12*ICNA2~
         SVC*HC:99213*-102*0**-1~
         CAS*CO*16*-102~
         CLP*A2*1*102*60**12*ICNA2B~
         SVC*HC:99213*102*60**1~
         CAS*CO*45*42~"""


@pytest.mark.long
def test_rates_are_of_what_stands_and_say_both_figures(books, monkeypatch):
    monkeypatch.setattr(denial_charts, "MONTHS", 60)
    later = date(2025, 7, 21)
    books.night(claims(Bill("P1", [("99213", "150")]), control="000000031"), paid("P1", "150", "100"), day=later)
    books.night(remit(WON, control="000000032"), day=later)
    actions.write_off(as_person(books, "anna"), chosen(books, "A1"), "small", 10**6, later)
    found = denial_charts.rates(books.ctx)
    (row,) = found["by_payer"].to_dict("records")
    # Of 101, 103, 104, 102 (denied, taken back and paid) and 150 three were denied, with 308 of 560 dollars.
    assert (row["decided"], row["denied"], row["denied_share"]) == (5, 3, 600)
    assert (row["charge_cents"], row["denied_cents"], row["cents_share"]) == (56000, 30800, 550)
    months = found["by_month"].set_index("title")
    assert months["decided"].to_dict() == {"2025-06": 3, "2025-07": 2}
    assert months["denied_share"].to_dict() == {"2025-06": 1000, "2025-07": 0}
    (ended,) = found["ended"].to_dict("records")
    assert (ended["cases"], ended["won"], ended["won_share"]) == (2, 1, 500)
    assert (ended["worth_cents"], ended["recovered_cents"], ended["recovered_share"]) == (20300, 6000, 296)
    head, line = denial_charts.as_csv(books.ctx, "rate_by_payer").split("\r\n")[:2]
    told = dict(zip(head.split(","), line.split(","), strict=True))
    assert (told["title"], told["decided"], told["denied_decisions"]) == ("PLAN ONE", "5", "3")
    assert (told["charge"], told["denied"], told["denied_cents"]) == ("560.00", "308.00", "30800")
    assert (told["denied_percent"], told["cents_percent"]) == ("60.0", "55.0")
    assert "at_risk_cents" in denial_charts.as_csv(books.ctx, "by_cause").split("\r\n")[0].split(",")


def test_a_share_of_nothing_is_none_and_all_payers_are_counted(books, monkeypatch):
    monkeypatch.setattr(denial_charts, "MONTHS", 1)
    assert all(rows.empty for rows in denial_charts.rates(books.ctx).values())
    monkeypatch.setattr(denial_charts, "PAYERS", 0)
    rows = denial_charts.charts(books.ctx)["by_payer"]
    assert rows[["title", "cases", "at_risk_cents"]].to_numpy().tolist() == [["1 others", 4, 41000]]
