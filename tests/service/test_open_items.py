"""Open items of liabilities: each is named with its bytes, and together they are the balance of their account."""

import functools
import zipfile
from collections import Counter
from datetime import date

import pytest
import sqlalchemy as sa

from claims import codes
from claims.service import posting, takebacks
from claims.service.patient_refunds import request_claim_refund
from claims.service.report import write_report
from claims.store import schema
from tests.books import Bill, bank, claims, remit
from tests.service.conftest import DAY
from tests.service.test_report import described, rows

BILLS = claims(Bill("A1", [("99213", "150")]), Bill("A2", [("99214", "90")], member="W2"))
PAID = remit("""BPR*I*158*C*ACH************20250310~
                TRN*1*T1*1512345678~
                CLP*A1*1*150*70*22*12*ICN1~
                SVC*HC:99213*150*70**1~
                CAS*CO*45*58~
                CAS*PR*2*22~
                CLP*TYPO9*1*90*88**12*ICN3~
                SVC*HC:99214*90*88**1~
                CAS*CO*45*2~""")
# Announced and not taken yet, carried forward, paid ahead, and a code that nobody knows.
LATER = remit("""BPR*I*55*C*ACH************20250610~
                 TRN*1*T2*1512345678~
                 PLB*1999999984*20251231*WO:ICN7*-30*FB:T2*-20*AP:AHEAD*-4*ZZ:ODD*-1~""")
MONEY = bank(("2025-03-11", "158", "T1"), ("2025-06-12", "41.00", "T77"))
PAYMENTS = (
    b"payment_number,paid_on,amount,method,claim_number\nR1,2025-03-20,30.00,cash,A1\nR2,2025-03-21,12.00,cash,NOBODY\n"
)


def begin(practice):
    practice.night(BILLS, PAID, MONEY, PAYMENTS, day=DAY.replace(day=2))
    practice.night(LATER)
    request_claim_refund(practice.ctx, "A1", "too much", DAY)


@pytest.fixture
def books(begun):
    return begun(begin)


def listed(practice, tmp_path, day=DAY, format="csv"):
    path = write_report(practice.ctx, "tieout", day, None, format, tmp_path)
    return path, described(path)


def test_items_are_named_and_add_up_to_their_accounts(books, tmp_path):
    path, manifest = listed(books, tmp_path)
    found = {(row["account"], row["item"], row["amount"]): row for row in rows(path, "open_items")}
    assert sorted(found) == [
        ("1000", "in the bank", "199.00"),
        ("1000", "patient payment", "12.00"),
        ("1000", "patient payment", "30.00"),
        ("1050", "remittance", "55.00"),
        ("2100", "takeback", "30.00"),
        ("2110", "forward balance", "20.00"),
        ("2120", "advance", "4.00"),
        ("2200", "claim payment", "88.00"),
        ("2200", "deposit", "41.00"),
        ("2200", "patient payment", "12.00"),
        ("2200", "provider adjustment", "1.00"),
        ("2300", "refund", "8.00"),
    ]
    takebacks_told = takebacks.listed(books.ctx, as_of=DAY)[["since", "age_days"]].astype("str").to_numpy().tolist()
    told = [[row["since_date"], row["days_open"]] for key, row in found.items() if key[0] in ("2100", "2110")]
    assert told == takebacks_told == [["2025-06-10", str((DAY - date(2025, 6, 10)).days)]] * 2
    waits = found["2200", "claim payment", "88.00"]
    assert (waits["claim_number"], waits["trace_number"], waits["since_date"], waits["days_open"]) == (
        "TYPO9", "T1", "2025-06-02", "28",
    )  # fmt: skip
    assert waits["named_by"] == "UNMATCHED_CLAIM"
    assert found["2200", "deposit", "41.00"]["named_by"] == "DEPOSIT_WITHOUT_REMIT"
    assert found["2200", "provider adjustment", "1.00"]["named_by"].startswith("PLB_")
    assert (found["2100", "takeback", "30.00"]["reference"], found["2300", "refund", "8.00"]["claim_number"]) == (
        "ICN7", "A1",
    )  # fmt: skip
    checks = [check for check in manifest["checks"] if check["name"].startswith("open items of ")]
    assert [check["left"] for check in checks] == [24100, 5500, 0, 3000, 2000, 400, 14200, 800]
    assert all(check["holds"] for check in manifest["checks"])
    for row in found.values():
        if row["item"] == "in the bank":  # the bank's own statement lists it
            continue
        stored = books.ctx.vault.read(row["sha256"])[int(row["offset"]) :][: int(row["length"])]
        assert stored.startswith((b"CLP*TYPO9", b"2025-06-12", b"R1,", b"R2,", b"BPR*", b"PLB*", b"CLM*A1")), stored


@pytest.mark.long
def test_each_account_has_its_balance_item_by_item_or_says_why_not(books, tmp_path, monkeypatch):
    of_payer = functools.partial(posting.classify, payer_rules={"1512345678": {"withhold_receivable"}})
    monkeypatch.setattr(posting, "classify", of_payer)
    withheld = remit("""BPR*I*67*C*ACH************20250620~
                        TRN*1*T4*1512345678~
                        CLP*A2*1*90*70**12*ICN4~
                        SVC*HC:99214*90*70**1~
                        CAS*CO*104*6**45*14~
                        PLB*1999999984*20251231*IR:TAX*3~""")
    books.night(withheld, claims(Bill("A3", [("99215", "120")]), control="000000019"))
    path, _ = listed(books, tmp_path / "tieout")
    items = rows(path, "open_items")
    aging = write_report(books.ctx, "aging", DAY, None, "csv", tmp_path / "aging")
    aged, line = rows(aging, "aging"), schema.ledger_lines.c
    for row in aged:
        stored = books.ctx.vault.read(row["sha256"])[int(row["offset"]) :][: int(row["length"])]
        assert stored.startswith(b"CLM*" if row["line_number"] == "0" else (b"LX*", b"SV1*")), (row, stored)
    lines = books.rows(sa.select(line.account, line.amount_cents))
    known = codes.table("accounts")
    assert {account for account, _ in lines} - {"4200", "5000"} >= {"1000", "1050", "1100", "1200", "1400", "2200"}
    for row in known.to_dict("records"):
        balance = sum(cents for account, cents in lines if account == row["account"])
        balance *= 1 if row["normal_side"] == "Dr" or row["items_in"] == "aging" else -1
        of_table = {"open_items": (items, "amount_cents"), "aging": (aged, "balance_cents")}
        if row["items_in"] in of_table:
            table, column = of_table[row["items_in"]]
            assert sum(int(one[column]) for one in table if one["account"] == row["account"]) == balance, row
        else:
            assert row["no_items_because"] and row["kind"] not in ("asset", "liability"), row
    payers = Counter()
    for account, payer, cents in books.rows(sa.select(line.account, line.payer_code, line.amount_cents)):
        payers[payer if account != "1200" else ""] += cents * (account in ("1100", "1110", "1200"))
    by_payer = {row["payer_code"]: (row["payer_name"], int(row["total_cents"])) for row in rows(aging, "by_payer")}
    assert by_payer == {"1512345678": ("PLAN ONE", payers["1512345678"]), "": ("", payers[""])}
    assert sum(int(row["balance_cents"]) for row in aged if row["payer_code"]) == payers["1512345678"] > 0
    found = {row["reference"]: row for row in items if row["account"] == "1400"}
    assert {name: (row["item"], row["amount"], row["claim_number"]) for name, row in found.items()} == {
        "CO-104": ("withholding", "6.00", "A2"), "TAX": ("withholding", "3.00", ""),
    }  # fmt: skip
    for name, start in (("CO-104", b"CLP*A2*1*90*70"), ("TAX", b"PLB*")):
        stored = books.ctx.vault.read(found[name]["sha256"])[int(found[name]["offset"]) :]
        assert stored.startswith(start)


@pytest.mark.long
def test_an_item_that_is_settled_is_listed_no_more_and_earlier_days_stay_what_they_were(books, tmp_path):
    path, _ = listed(books, tmp_path / "before")
    before = rows(path, "open_items")
    taken = remit("""BPR*I*0*C*NON************20250710~
                     TRN*1*T3*1512345678~
                     CLP*A2*1*90*5**12*ICN9~
                     SVC*HC:99214*90*5**1~
                     CAS*CO*45*85~
                     PLB*1999999984*20251231*WO:ICN7*5~""")
    books.night(taken, day=DAY.replace(month=7))
    after = {
        row["account"]: row for row in rows(listed(books, tmp_path / "after", DAY.replace(month=7))[0], "open_items")
    }
    assert (after["2100"]["amount"], after["2100"]["since_date"]) == ("25.00", "2025-06-10")  # of the notice
    assert rows(listed(books, tmp_path / "again")[0], "open_items") == before
    workbook, manifest = listed(books, tmp_path / "workbook", format="xlsx")
    (told,) = [one for one in manifest["tables"] if one["name"] == "open_items"]
    with zipfile.ZipFile(workbook.parent / "tieout.xlsx") as parts:
        assert b'name="open_items"' in parts.read("xl/workbook.xml")
    assert told["rows"] == 12
