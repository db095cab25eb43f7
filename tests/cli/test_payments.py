"""claims payments: what a person types and sees, hidden unless asked for, in two steps where money leaves."""

from __future__ import annotations

from datetime import date

import pytest

from tests.books import Bill, remit
from tests.books import claims as claims_file

DAY = date(2025, 6, 30)
PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*ZZCLAIM1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""
FILE = """payment_id,paid_on,amount,method,claim_number,paid_by,reference
R1,2025-03-20,30.00,cheque,ZZCLAIM1,ZZCANARY,711
R2,2025-03-20,5.00,cash,ZZUNKNOWN,,
R3,someday,5.00,cash,ZZCLAIM1,,
"""
AT = ("--date", DAY.isoformat())


@pytest.fixture
def books(practice_of, tmp_path):
    """One decided claim, and a file of payments: one too much, one for a claim not there, one wrong row."""
    (tmp_path / "p.csv").write_text(FILE)
    return practice_of(DAY, claims_file(Bill("ZZCLAIM1", [("99213", "150")])), remit(PAID))


@pytest.mark.long
def test_a_payment_goes_from_a_file_to_a_refund(books, tmp_path):
    said = books("payments", "import", tmp_path / "p.csv", *AT)
    assert said.code == 1
    assert "row 3, paid_on" in said.out and "1 refused" in said.out
    assert books("payments", "import", tmp_path / "p.csv", *AT, "--json").json["counts"]["duplicate"] == 1
    rows = books("payments", "list", "--json").json["payments"]
    assert [(row["amount_cents"], row["state"], row["reason_code"]) for row in rows] == [
        (3000, "applied", ""),
        (500, "unapplied", "unmatched"),
    ] or [row["amount_cents"] for row in rows] == [500, 3000]
    number = next(row["patient_payment_id"] for row in rows if row["amount_cents"] == 3000)
    shown = books("payments", "show", number)
    assert "E06" in shown.out and "ZZ" not in shown.out
    assert "ZZCANARY" in books("payments", "show", number, "--show-phi").out
    listed = books("exceptions", "list", "--json").json["exceptions"]
    kinds = {row["type_code"] for row in listed}
    assert {"CREDIT_BALANCE_PATIENT", "PATIENT_PAYMENT_UNMATCHED"} <= kinds
    asked = books("payments", "refund", "--claim", "ZZCLAIM1", "--reason", "too much", *AT, "--json")
    refund = asked.json["refund"]
    paid = books("payments", "refund", "--pay", refund, "--method", "cheque", "--reference", "9", *AT, "--json")
    assert paid.json["paid_cents"] == 800
    assert books("payments", "refunds", "--json").json["refunds"][0]["state"] == "paid"
    money = {row["account"]: row["amount_cents"] for row in books("claim", "show", "ZZCLAIM1", "--json").json["money"]}
    assert (money["1000"], money.get("1200", 0)) == (2200, 0)
    assert books("audit", "verify").code == 0


def test_one_typed_in_is_applied_moved_and_taken_back(books):
    words = ("--amount", "25.00", "--method", "card", "--on", "2025-03-20", *AT, "--json")
    added = books("payments", "add", *words).json
    assert (added["state"], added["reason_code"], added["is_new"]) == ("unapplied", "on-account", True)
    assert books("payments", "add", *words).json["is_new"] is False
    number = added["patient_payment_id"]
    assert books("payments", "apply", number, "--claim", "ZZCLAIM1", *AT, "--json").json["applied_cents"] == 2500
    assert books("payments", "void", number, "--reason", "charged back", *AT, "--json").json["journals_reversed"] == 2
    assert books("payments", "list", "--state", "void", "--json").json["count"] == 1


def test_wrong_use_is_said_in_a_sentence(books):
    for words in (
        ("add", "--amount", "0", "--method", "cash"),
        ("add", "--amount", "5", "--method", "barter"),
        ("refund",),
        ("refund", "--pay", "9", "--claim", "x"),
        ("show", "x"),
        ("show", "99"),
        ("list", "--state", "lost"),
        ("apply", "99", "--claim", "none"),
    ):
        said = books("payments", *words)
        assert said.code == 2 and said.err.strip() and "Traceback" not in said.err, words


def test_statements_are_written_verified_and_recorded(books, tmp_path):
    out = tmp_path / "s"
    said = books("statements", "--as-of", "2025-06-30", "--format", "json", "--out", out)
    assert said.code == 0 and "ZZ" not in said.out.replace(str(out), "")
    assert (out / "statements.json").is_file()
    assert books("report", "verify", out).code == 0
    assert books("statements", "small-balances").code == 2
    assert books("statements", "small-balances", "--dry-run", "--json").json["count"] == 0
    sent = books(
        "statements", "to-collection", "ZZCLAIM1", "--reason", "letters came back", "--although", "moved", *AT, "--json"
    )
    assert (sent.json["state"], sent.json["amount_cents"]) == ("done", 2200)
    back = books("statements", "small-balances", "--take-back", "ZZCLAIM1", "--reason", "he pays", *AT, "--json")
    assert back.json == {"taken_back_cents": 2200}
