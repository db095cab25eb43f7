"""Open items of liabilities: each is named with its bytes, and together they are the balance of their account."""

import zipfile

import pytest

from claims.service.patient_refunds import request_claim_refund
from claims.service.report import write_report
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
        ("2100", "takeback", "30.00"),
        ("2110", "forward balance", "20.00"),
        ("2120", "advance", "4.00"),
        ("2200", "claim payment", "88.00"),
        ("2200", "deposit", "41.00"),
        ("2200", "patient payment", "12.00"),
        ("2200", "provider adjustment", "1.00"),
        ("2300", "refund", "8.00"),
    ]
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
    assert [check["left"] for check in checks] == [3000, 2000, 400, 14200, 800]
    assert all(check["holds"] for check in manifest["checks"])
    for row in found.values():
        stored = books.ctx.vault.read(row["sha256"])[int(row["offset"]) :][: int(row["length"])]
        assert stored.startswith((b"CLP*TYPO9", b"2025-06-12", b"R2,", b"PLB*", b"CLM*A1")), stored


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
    assert (after["2100"]["amount"], after["2100"]["since_date"]) == ("25.00", DAY.isoformat())
    assert rows(listed(books, tmp_path / "again")[0], "open_items") == before
    workbook, manifest = listed(books, tmp_path / "workbook", format="xlsx")
    (told,) = [one for one in manifest["tables"] if one["name"] == "open_items"]
    with zipfile.ZipFile(workbook.parent / "tieout.xlsx") as parts:
        assert b'name="open_items"' in parts.read("xl/workbook.xml")
    assert told["rows"] == 8
