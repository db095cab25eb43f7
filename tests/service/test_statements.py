"""Statements of real books: worked by hand; never what CO, PI or OA covers; the patients' account to the cent."""

from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.reports import manifest
from claims.service.master import import_files
from claims.service.patient_entry import add_patient_payment
from claims.service.report import verify_reports, write_report
from claims.service.statement_export import write_statements
from claims.store import schema
from claims.store.clock import now
from tests.books import Bill, claims, remit

FIRST, SECOND = date(2025, 3, 14), date(2025, 4, 30)


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_report.py writes every report on both."""
    return sqlite_url


def paid(claim, rest, *, cents="88", status="1", trace=None):
    """A remittance on a claim of 150.00."""
    return remit(
        f"""BPR*I*{cents}*C*ACH************20250310~
            TRN*1*{trace or "T" + claim}*1512345678~
            CLP*{claim}*{status}*150*{cents}**12*ICN{claim}~
            SVC*HC:99213*150*{cents}**1~
            {rest}"""
    )


def rows(practice, tmp_path, day=SECOND, known_at=None):
    """The tables of the report, each a list of rows, after every check of it was looked at."""
    folder = tmp_path / f"{day}{known_at or ''}"
    write_statements(practice.ctx, day, known_at, "csv", folder)
    assert verify_reports(folder)[0]["problems"] == []
    assert all(check["holds"] for check in manifest.load(folder)["checks"])
    read_back = {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in folder.glob("*.csv")}
    return {name: table.to_dict("records") for name, table in read_back.items()}


def billed(tables):
    return {row["claim_number"]: row["balance"] for row in tables["statements"]}


def waits(tables):
    return sorted((row["claim_number"], row["why"], row["amount"]) for row in tables["held_back"])


SHARE = "CAS*CO*45*40~CAS*PR*2*22~"


@pytest.mark.long
def test_a_share_is_told_with_its_reason_and_its_bytes(practice, tmp_path):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid("A1", SHARE), day=FIRST)
    add_patient_payment(practice.ctx, "A1", 500, SECOND, "cash", SECOND)
    tables = rows(practice, tmp_path)
    (told,) = tables["statements"]
    assert {name: told[name] for name in told if not name.endswith("_cents")} == {
        "guarantor_last_name": "TEST", "guarantor_first_name": "PERSON0", "patient_last_name": "TEST",
        "patient_first_name": "PERSON0", "member_id": "W1", "billing_npi": "1999999984", "claim_number": "A1",
        "payer_name": "PLAN ONE", "service_from": "2025-02-01", "service_to": "2025-02-01", "charge": "150.00",
        "insurance_paid": "88.00", "adjusted": "40.00", "denied_open": "0.00", "patient_share": "22.00",
        "not_billed": "0.00", "patient_paid": "5.00", "written_off": "0.00", "balance": "17.00",
        "ready_date": "2025-03-14", "days": "47",
    }  # fmt: skip
    (why,) = tables["reasons"]
    assert (why["group_code"], why["reason_code"], why["amount"], why["is_billed"]) == ("PR", "2", "22.00", "yes")
    assert practice.ctx.vault.read(why["sha256"], int(why["offset"]), int(why["length"])).startswith(b"CAS*PR*2*22")
    assert tables["guarantors"][0]["balance"] == "17.00"


NEVER = {
    "A1": "CAS*OA*2*22~",
    "A2": "CAS*OA*209*22~",
    "A3": "CAS*PR*209*22~",
    "A4": "CAS*PI*2*22~",
    "A5": "CAS*CO*2*22~",
    "A6": "CAS*CO*197*22~",
    "A7": "CAS*PR*96*22~",
    "A8": "CAS*OA*133*22~",
}


@pytest.mark.long
def test_nothing_but_pr_is_billed(practice, tmp_path):
    files = [paid(number, "CAS*CO*45*40~" + rest) for number, rest in NEVER.items()]
    practice.night(claims(*(Bill(number, [("99213", "150")]) for number in NEVER)), *files, day=FIRST)
    tables = rows(practice, tmp_path)
    assert billed(tables) == {}
    # All the others never came to the patients' account.
    assert waits(tables) == [("A1", "the payer does not call it the patient's (group other than PR)", "22.00")]


@pytest.mark.long
def test_what_patients_paid_goes_to_pr_first_and_never_to_what_is_not_billed(practice, tmp_path):
    rest = "CAS*CO*45*30~CAS*PR*2*22~CAS*OA*1*10~"
    practice.night(claims(Bill("A1", [("99213", "150")])), paid("A1", rest), day=FIRST)
    add_patient_payment(practice.ctx, "A1", 2500, SECOND, "cash", SECOND)
    tables = rows(practice, tmp_path)
    assert billed(tables) == {}
    not_pr = "the payer does not call it the patient's (group other than PR)"
    assert waits(tables) == [("A1", "in credit", "-3.00"), ("A1", not_pr, "10.00")]


@pytest.mark.long
def test_while_a_payer_has_not_decided_a_line_nothing_of_the_claim_is_billed(practice, tmp_path):
    two = claims(Bill("A1", [("99213", "150"), ("73030", "50")]))
    practice.night(two, paid("A1", SHARE), day=FIRST)
    tables = rows(practice, tmp_path)
    assert (billed(tables), waits(tables)) == ({}, [("A1", "a payer still owes a part, or has not decided", "22.00")])


@pytest.mark.long
def test_what_goes_to_another_payer_is_his_until_he_decides(practice, tmp_path):
    both = Bill("A1", [("99213", "150")], others=(("S", "PLAN TWO", "1598765432"),))
    practice.night(claims(both), paid("A1", SHARE), day=FIRST)
    assert (billed(rows(practice, tmp_path)), practice.balances(account="1200")) == ({}, {})
    second = remit(
        """BPR*I*17*C*ACH************20250410~
                      TRN*1*T9*1598765432~
                      CLP*A1*2*150*17**12*ICN9~
                      SVC*HC:99213*150*17**1~
                      CAS*OA*23*128~
                      CAS*PR*3*5~""",
        payer="PLAN TWO",
    )
    practice.night(second, day=date(2025, 4, 20))
    tables = rows(practice, tmp_path, date(2025, 4, 29))
    assert billed(tables) == {"A1": "5.00"}
    assert (tables["statements"][0]["ready_date"], tables["statements"][0]["days"]) == ("2025-04-20", "9")


@pytest.mark.long
def test_a_prepayment_is_no_statement_and_a_paid_share_neither(practice, tmp_path):
    practice.night(claims(Bill("A1", [("99213", "150")]), Bill("A2", [("99213", "150")])), day=FIRST)
    add_patient_payment(practice.ctx, "A1", 2200, FIRST, "cash", FIRST)
    assert waits(rows(practice, tmp_path, FIRST)) == [("A1", "paid before the payers have decided", "-22.00")]
    practice.night(paid("A1", SHARE), paid("A2", SHARE), day=SECOND)
    assert billed(rows(practice, tmp_path)) == {"A2": "22.00"}


@pytest.mark.long
def test_a_claim_that_medicaid_covers_is_never_billed(practice, tmp_path):
    file = claims(Bill("A1", [("99213", "150")])).replace(b"SBR*P*18*******12~", b"SBR*P*18*******MC~")
    practice.night(file, paid("A1", SHARE), day=FIRST)
    tables = rows(practice, tmp_path)
    assert (billed(tables), waits(tables)) == ({}, [("A1", "Medicaid covers the claim", "22.00")])


def test_master_data_say_who_is_medicaid_as_known_then(practice, tmp_path):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid("A1", SHARE), day=FIRST)
    then = now()
    path = tmp_path / "payers.csv"
    path.write_text("payer_code,payer_name,partner_code,payer_type\n1512345678,PLAN ONE,PRETEND,medicaid_managed\n")
    assert import_files(practice.ctx, [path])[0].state == "stored"
    assert billed(rows(practice, tmp_path / "a")) == {}
    assert billed(rows(practice, tmp_path / "b", known_at=then)) == {"A1": "22.00"}


@pytest.mark.long
def test_a_decision_that_is_taken_back_begins_the_days_anew(practice, tmp_path):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid("A1", SHARE), day=FIRST)
    back = remit(
        """BPR*I*12*C*ACH************20250410~
                    TRN*1*T9*1512345678~
                    CLP*A1*22*-150*-88**12*ICNA1~
                    SVC*HC:99213*-150*-88**1~
                    CAS*CO*45*-40~
                    CAS*PR*2*-22~""".replace("BPR*I*12", "BPR*H*0").replace("T9*", "T8*")
        + """
                    PLB*1999999984*20251231*WO:ICNA1*-88~"""
    )
    practice.night(back, day=date(2025, 4, 1))
    assert billed(rows(practice, tmp_path, date(2025, 4, 1))) == {}
    practice.night(paid("A1", "CAS*CO*45*40~CAS*PR*2*10~", cents="100", trace="T10"), day=date(2025, 4, 20))
    (told,) = rows(practice, tmp_path, date(2025, 4, 21))["statements"]
    assert (told["balance"], told["ready_date"]) == ("10.00", "2025-04-20")


@pytest.mark.long
def test_an_earlier_day_or_instant_is_told_as_it_was(practice, tmp_path):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid("A1", SHARE), day=FIRST)
    then = now()
    before = rows(practice, tmp_path / "a", FIRST, then)
    add_patient_payment(practice.ctx, "A1", 2200, FIRST, "cash", FIRST)
    practice.night(claims(Bill("A2", [("99213", "150")]), control="000000010"), paid("A2", SHARE), day=SECOND)
    assert rows(practice, tmp_path / "b", FIRST, then) == before
    assert billed(rows(practice, tmp_path / "c", FIRST)) == {}
    assert billed(rows(practice, tmp_path / "d", SECOND)) == {"A2": "22.00"}
    one = write_report(practice.ctx, "statements", FIRST, then, "csv", tmp_path / "e").parent
    two = tmp_path / "a" / f"{FIRST}{then}"
    assert all((one / path.name).read_bytes() == path.read_bytes() for path in two.glob("*.csv"))


def test_an_export_is_recorded(practice, tmp_path):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid("A1", SHARE), day=FIRST)
    write_statements(practice.ctx, SECOND, None, "json", tmp_path / "s")
    table = schema.audit_events
    last = sa.select(table.c.action, table.c.actor, table.c.subject).order_by(table.c.seq.desc()).limit(1)
    assert practice.rows(last) == [("statements.export", "tester", "statements as of 2025-04-30")]
