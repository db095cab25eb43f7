"""claims takebacks: what is open and how old, and the claims behind it; references only for who may see them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from claims.cli.takebacks import SUMS, how_long
from claims.service import takebacks
from tests.books import Bill, remit
from tests.books import claims as claims_file

DAY = date(2025, 6, 30)
PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*SECRET1*1*150*88*22*12*SECRETICN~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""
ANNOUNCED = """BPR*H*0*C*NON************20250410~
               TRN*1*T2*1512345678~
               CLP*SECRET1*22*-150*-88**12*SECRETICN~
               SVC*HC:99213*-150*-88**1~
               CAS*CO*45*-40~
               CAS*PR*2*-22~
               PLB*1999999984*20251231*WO:SECRETICN*-88~"""
TAKEN = """BPR*H*0*C*NON************20250510~
           TRN*1*T3*1512345678~
           PLB*1999999984*20251231*WO:SECRETICN*30*WO:OTHER*10*FB:T3*-40~"""


@pytest.fixture
def books(practice_of):
    """A recovery of 88.00 of which 30.00 is taken, one of 10.00 that nobody announced, 40.00 forwarded."""
    return practice_of(
        DAY, claims_file(Bill("SECRET1", [("99213", "150")])), remit(PAID), remit(ANNOUNCED), remit(TAKEN)
    )


def test_open_takebacks_are_listed_with_what_is_left_and_their_age(books):
    found = books("takebacks", "list", "--as-of", "2025-06-30", "--json").json["takebacks"]
    facts = [
        (one["kind"], one["announced_cents"], one["taken_cents"], one["open_cents"], one["state"]) for one in found
    ]
    assert sorted(facts) == [
        ("forward balance", 4000, 0, 4000, "open"),
        ("recovery", 0, 1000, -1000, "unannounced"),
        ("recovery", 8800, 3000, 5800, "open"),
    ]
    assert [one["age_days"] for one in found] == sorted((one["age_days"] for one in found), reverse=True)
    assert found[0]["since"] == "2025-04-10"
    assert found[0]["age_days"] == 81
    said = books("takebacks", "list", "--as-of", "2025-06-30").out
    assert "3 takeback(s), $98.00 still to be taken; $10.00 taken that nothing announced." in said


def test_the_columns_of_a_takeback_add_up_to_what_is_open():
    codes = ["WO", "WO", "72", "", "CS", "WU", "LE", "FB"]  # WU and LE: a person said that they belong here
    cents = [-8800, 3000, -1005, 500, 700, 30, -20, -4000]
    texts = {"payer_code": "P", "payee": "", "reference": "R", "effective_date": "2025-06-01", "day": "2025-06-01"}
    rows = pd.DataFrame({"code": codes, "amount_cents": cents, "account": [*["2100"] * 7, "2110"], "is_undo": False})
    (one, other) = takebacks.summed(rows.assign(provider_adjustment_id=0, **texts), DAY)[list(SUMS)].to_numpy().tolist()
    assert one == [8820, 1005, 3030, 500, 700, 8820 + 1005 - 3030 - 500 - 700]
    assert other == [4000, 0, 0, 0, 0, 4000]


def test_one_takeback_tells_its_entries_and_the_claims_behind_it(books):
    first = books("takebacks", "list", "--json").json["takebacks"][0]
    story = books("takebacks", "show", first["key"], "--json").json
    long = f"open for {story['age_days']} day(s), since 2025-04-10"
    assert long in books("takebacks", "show", first["key"]).out.splitlines()[0]
    settled = {"state": "settled", "since": "2025-04-10", "last_date": "2025-04-14", "age_days": 4}
    assert how_long(settled) == " on 2025-04-14; it was open for 4 day(s), from 2025-04-10"
    assert [(one["code"], one["amount_cents"]) for one in story["entries"]] == [("WO", -8800), ("WO", 3000)]
    assert [(one["status_code"], one["paid_cents"], one["outcome"]) for one in story["claims"]] == [
        ("1", 8800, "posted"),
        ("22", -8800, "reversal"),
    ]


def test_references_and_claim_numbers_are_masked_unless_asked_for(books):
    key = books("takebacks", "list", "--json").json["takebacks"][0]["key"]
    for arguments in (("list",), ("show", key)):
        assert "SECRET" not in books("takebacks", *arguments).out
        assert "SECRETICN" in books("takebacks", *arguments, "--show-phi", "--json").out


def test_a_key_that_fits_none_is_said_so(books):
    assert books("takebacks", "show", "zzzz").code == 2


def test_a_refund_to_a_payer_is_rehearsed_then_posted_once(books):
    listed = books("takebacks", "list", "--json").json["takebacks"]
    key = next(row["key"] for row in listed if row["open_cents"] == 5800)
    asked = ("takebacks", "refund", key[:6], "--on", "2025-06-01", "--reason", "letter")
    rehearsed = books(*asked, "--dry-run", "--json").json
    assert (rehearsed["amount_cents"], rehearsed["unannounced_cents"], rehearsed["dry_run"]) == (5800, 0, True)
    said = books(*asked)
    assert (said.code, "$58.00 to be paid back to the payer" in said.out) == (0, True)
    assert "SECRETICN" not in said.out
    assert "takebacks approve 1" in said.out
    by_number = ("--payer", "1512345678", "--number", "SECRETICN", "--amount", "58.00")
    again = books("takebacks", "refund", *by_number, "--on", "2025-06-01", "--reason", "letter")
    assert (again.code, "This refund is in the books" in again.err) == (2, True)
    waits = books("denials", "approvals")
    assert "$58.00" in waits.out and "takebacks approve NO" in waits.out and "SECRETICN" not in waits.out
    assert "$58.00 approved and posted" in books("takebacks", "approve", "1").out
    assert "payer-refund:1" in books("takebacks", "refunds").out
    assert "$58.00, reversed" in books("takebacks", "reverse", "1", "--reason", "never sent").out
    listed = books("takebacks", "refunds", "--json").json["refunds"]
    assert [(row["state"], row["amount_cents"]) for row in listed] == [("reversed", 5800)]
    assert not {"SECRETICN", "letter"} & {row[name] for row in listed for name in ("reference", "reason")}
    (shown,) = books("takebacks", "refunds", "--show-phi", "--json").json["refunds"]
    assert (shown["reference"], shown["reason"]) == ("SECRETICN", "letter")
    assert books("takebacks", "refund", "--payer", "1512345678", "--reason", "letter").code == 2


def test_a_number_that_the_books_do_not_know_is_no_refund(books):
    typed = ("--payer", "1512345678", "--number", "ACME123", "--amount", "5000.00", "--reason", "letter")
    said = books("takebacks", "refund", *typed)
    assert (said.code, "more than this payer can want" in said.err) == (2, True)
    assert "$5,000.00" not in books("takebacks", "refunds").out
    assert books("takebacks", "refund", *typed, "--although", "its number is new").code == 0
    assert "$5,000.00" in books("takebacks", "refunds").out
    assert books("takebacks", "withdraw", "1", "--reason", "typed wrong").code == 0
