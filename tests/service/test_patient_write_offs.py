"""Small balances and bad debt: by the row of master data, never above it, once, and back."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.service import money_approvals, money_requests, people
from claims.service.master import import_files
from claims.service.patient_credits import CAUSES
from claims.service.patient_entry import add_patient_payment
from claims.service.patient_write_offs import proposed, take_back, to_collection, write_off_small
from claims.service.statement_export import write_statements
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import audit, patient_statements, schema
from claims.store.engine import read, write
from claims.store.queries import given_up
from claims.store.rows import update_where_in
from tests.books import Bill, claims, remit
from tests.service.test_statements import SHARE, billed, paid, rows

FIRST, LATER = date(2025, 3, 14), date(2025, 6, 30)
HEAD = "billing_npi,write_off_up_to,after_days,kind,users\n"


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here."""
    return sqlite_url


@pytest.fixture
def books(practice, tmp_path):
    """Three shares of 22.00, of which 20.00, 17.00 and nothing was paid; up to 5.00 is written off after 90 days."""
    practice.night(
        claims(*(Bill(number, [("99213", "150")]) for number in ("A1", "A2", "A3"))),
        *(paid(number, SHARE) for number in ("A1", "A2", "A3")),
        day=FIRST,
    )
    for number, cents in (("A1", 2000), ("A2", 1700)):
        add_patient_payment(practice.ctx, number, cents, FIRST, "cash", FIRST)
    rule(practice, tmp_path, ",5.00,90,SMALL,")
    return practice


def rule(practice, tmp_path, *lines):
    path = tmp_path / "small_balances.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n")
    assert [one.state for one in import_files(practice.ctx, [path])] == ["stored"]


def amounts(found):
    return dict(zip(found["claim_number"], found["amount_cents"].tolist(), strict=True))


@pytest.mark.long
def test_small_balances_are_written_off_once_and_due_again_when_taken_back(books, tmp_path):
    assert amounts(proposed(books.ctx, date(2025, 6, 11))) == {}  # 89 days
    assert amounts(proposed(books.ctx, date(2025, 6, 12))) == {"A1": 200, "A2": 500}
    assert books.balances(account="4300") == {}
    assert amounts(write_off_small(books.ctx, LATER)) == {"A1": 200, "A2": 500}
    assert amounts(write_off_small(books.ctx, LATER)) == {}
    assert books.balances(account="4300", reason_code="SMALL") == {"4300": 700}
    assert books.balances(account="1200") == {"1200": 2200}
    tables = rows(books, tmp_path, LATER)
    assert billed(tables) == {"A3": "22.00"}
    assert take_back(books.ctx, "A2", "he wants to pay", LATER) == 500
    assert books.balances(account="4300") == {"4300": 200}
    with pytest.raises(NotFoundError):
        take_back(books.ctx, "A2", "again", LATER)
    assert amounts(write_off_small(books.ctx, LATER)) == {"A2": 500}  # it has been ready all the time
    assert [problem for one in verify(books.ctx) for problem in one.broken] == []


def test_where_nothing_is_due_nothing_is_written_off(practice, tmp_path):
    rule(practice, tmp_path, ",5.00,90,SMALL,")
    assert proposed(practice.ctx, LATER).empty and write_off_small(practice.ctx, LATER).empty


def test_what_is_paid_after_all_is_a_credit_with_that_cause(books):
    write_off_small(books.ctx, LATER)
    add_patient_payment(books.ctx, "A1", 200, LATER, "cash", LATER)
    assert "CREDIT_BALANCE_PATIENT" in books.exceptions()
    take_back(books.ctx, "A1", "paid after all", LATER)
    assert "CREDIT_BALANCE_PATIENT" not in books.exceptions()


def test_the_row_says_who_may_and_the_providers_own_goes_before(books, tmp_path):
    rule(books, tmp_path, ",5.00,90,SMALL,somebody")
    with pytest.raises(PostingRefusedError):
        write_off_small(books.ctx, LATER)
    rule(books, tmp_path, ",5.00,90,SMALL,somebody", "1999999984,2.00,90,SMALL,somebody tester")
    assert amounts(write_off_small(books.ctx, LATER)) == {"A1": 200}


def test_bad_debt_is_only_what_a_statement_names_and_can_be_taken_back(books):
    assert to_collection(books.ctx, ["A3"], "three letters", LATER, although="he moved").amount_cents == 2200
    with pytest.raises(PostingRefusedError):
        to_collection(books.ctx, ["A3"], "three letters", LATER, although="he moved")
    assert books.balances(account="5000") == {"5000": 2200}
    assert take_back(books.ctx, "A3", "he pays", LATER) == 2200
    assert books.balances(account="5000") == {}
    assert [problem for one in verify(books.ctx) for problem in one.broken] == []


def corrected(claim, share):
    """The payer takes its decision back and puts another share on the patient."""
    return remit(
        f"""BPR*I*{22 - share}*C*ACH************20250410~
            TRN*1*C{claim}*1512345678~
            CLP*{claim}*22*-150*-88**12*ICN{claim}~
            SVC*HC:99213*-150*-88**1~
            CAS*CO*45*-40~CAS*PR*2*-22~
            CLP*{claim}*1*150*{110 - share}**12*ICN{claim}B~
            SVC*HC:99213*150*{110 - share}**1~
            CAS*CO*45*40~CAS*PR*2*{share}~"""
    )


def remit_of(practice, trace):
    table = schema.remittances
    return practice.rows(sa.select(table.c.remit_id).where(table.c.trace_number == trace))[0][0]


@pytest.mark.long
def test_a_reversal_takes_back_what_was_written_off_of_its_share(books, tmp_path):
    write_off_small(books.ctx, LATER)  # 2.00 of A1, 5.00 of A2
    to_collection(books.ctx, ["A3"], "three letters", LATER, although="he moved")
    books.night(corrected("A1", 21), corrected("A2", 10), corrected("A3", 12), day=LATER)
    assert books.balances(account="4300") == books.balances(account="5000") == {}
    assert books.exceptions().count("CREDIT_BALANCE_PATIENT") == 1  # of A2: 17.00 paid of a share of 10.00
    tables = rows(books, tmp_path, LATER)
    assert billed(tables) == {"A1": "1.00", "A3": "12.00"}
    credit, message = books.rows(
        sa.select(schema.exceptions.c.amount_cents, schema.exceptions.c.message).where(
            schema.exceptions.c.type_code == "CREDIT_BALANCE_PATIENT"
        )
    )[0]
    assert (credit, message) == (700, CAUSES["share-lowered"])
    with pytest.raises(NotFoundError):
        take_back(books.ctx, "A3", "the payer did", LATER)
    assert to_collection(books.ctx, ["A3"], "one more letter", LATER, although="he moved").amount_cents == 1200
    refused = undo(books.ctx, f"remit:{remit_of(books, 'CA3')}", LATER).refused
    assert list(refused["kind"]) == ["patient to-collection"]  # somebody has given up the new share
    assert undo(books.ctx, f"remit:{remit_of(books, 'CA1')}", LATER).refused.empty
    assert books.balances(account="4300") == {"4300": 200}
    assert take_back(books.ctx, "A1", "he wants to pay", LATER) == 200
    assert [problem for one in verify(books.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_a_collector_comes_after_the_statements_that_the_rule_asks_for(books, tmp_path, monkeypatch):
    for number, day in enumerate((date(2025, 3, 31), date(2025, 5, 1), date(2025, 6, 10))):
        monkeypatch.setattr(type(books.ctx.settings), "today", lambda _: LATER)
        with pytest.raises(PostingRefusedError, match="had no 3 statements over 90 days"):
            to_collection(books.ctx, ["A3"], "unanswered", LATER)
        monkeypatch.setattr(type(books.ctx.settings), "today", lambda _, day=day: day)
        write_statements(books.ctx, day, None, "csv", tmp_path / f"letters-{number}")
        write_statements(books.ctx, day, None, "csv", tmp_path / f"copy-{number}")  # the same statement
    monkeypatch.setattr(type(books.ctx.settings), "today", lambda _: LATER)
    assert to_collection(books.ctx, ["A3"], "unanswered", LATER).state == "done"


def approved_today(books, name):
    with read(books.ctx.engine) as conn:
        return given_up.approved_on_day(conn, name, LATER, "9999")


@pytest.mark.long
def test_collection_and_write_offs_share_one_limit_of_a_day(books):
    audit.create_key(books.ctx.settings.people_key_file)
    for name, limit in (("bea", 2500), ("sue", 100_000)):
        people.add(books.ctx, name, ["supervisor"], datetime(2025, 6, 1, tzinfo=UTC), write_off_limit_cents=limit)
    with write(books.ctx.engine) as conn:
        update_where_in(conn, schema.users, schema.users.c.user_id, [1, 2], state="active")
    bea, sue = (replace(books.ctx, actor=name) for name in ("bea", "sue"))
    asked = to_collection(bea, ["A3"], "unanswered", LATER, although="he moved")  # within the limit, against the rule
    assert (asked.state, books.balances(account="5000")) == ("waiting", {})
    with pytest.raises(UsageError, match="another person"):
        money_approvals.approve(bea, asked.request, LATER)
    money_requests.refuse(sue, asked.request, "write to him", LATER)
    with write(books.ctx.engine) as conn:
        for day in ("2025-01-01", "2025-02-01", "2025-03-01"):
            patient_statements.keep(conn, pd.Series({books.family("A3"): 2200}), date.fromisoformat(day))
    with write(books.ctx.engine) as conn:  # what she took off a charge on the same day
        money_requests.ask(bea, conn, "lowered_charge", "x", 500, "typed wrong", LATER, state="done")
    asked = to_collection(bea, ["A3"], "unanswered", LATER)
    assert (asked.state, asked.used_cents, asked.limit_cents) == ("waiting", 500, 2500)
    assert money_approvals.approve(sue, asked.request, LATER) == 2200
    assert books.balances(account="5000") == {"5000": 2200}
    assert approved_today(books, "sue") == 2200
    take_back(books.ctx, "A3", "she pays by and by", LATER)
    assert approved_today(books, "sue") == 0, "the limit counts what stands"
    for _ in range(2):  # alone, twice: what came back in between counts once
        assert to_collection(sue, ["A3"], "unanswered", LATER).state == "done"
        with read(books.ctx.engine) as conn:
            assert given_up.on_day(conn, "sue", LATER, "9999") == 2200
        take_back(books.ctx, "A3", "she pays after all", LATER)
    with read(books.ctx.engine) as conn:
        assert given_up.on_day(conn, "sue", LATER, "9999") == 0
    assert [problem for one in verify(books.ctx) for problem in one.broken] == []
