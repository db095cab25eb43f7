"""A lockbox that two statements tell differently: its money is booked once, and the books stay what their files say."""

from itertools import permutations

import pytest
import sqlalchemy as sa

from claims import findings
from claims.ledger.same_money import money_keys
from claims.service import bank_files
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims, remit
from tests.ledger.test_bank_bai2 import bai2
from tests.service.conftest import DAY

DEPOSIT, ITEMS = "16,115,9000,Z,BOX,,LOCKBOX", ("16,116,5000,Z,BOX,101,X", "16,116,4000,Z,BOX,102,X")
ONE, OTHER, BOTH = bai2(DEPOSIT), bai2(*ITEMS), bai2(DEPOSIT, *ITEMS)


@pytest.fixture
def database_url(sqlite_url):
    """Which rows are lines is decided before the engine."""
    return sqlite_url


def check(practice, cents=9000):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert practice.balances().get("1000", 0) == cents


def files(practice):
    table = schema.files
    return [one for (one,) in practice.rows(sa.select(table.c.file_id).where(table.c.content == "bank"))]


@pytest.mark.long
def test_a_lockbox_is_booked_once_in_whatever_order_it_is_told(practice):
    """Deposit alone, items alone, both: on days of their own, in every order."""
    for number, told in enumerate(permutations((ONE, OTHER, BOTH)), 1):
        for statement in told:
            practice.drop(statement.replace(b"250311", f"2503{number:02d}".encode()))
    practice.reconcile(DAY)
    check(practice, 9000 * 6)
    days = schema.bank_lines.c.bank_date
    rows = practice.rows(sa.select(days, sa.func.sum(schema.bank_lines.c.amount_cents)).group_by(days))
    assert [cents for _, cents in rows] == [9000] * 6
    notes = practice.rows(sa.select(schema.findings.c.code, schema.findings.c.severity).distinct())
    assert notes == [("bank-lockbox", "note")]


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(("first", "second"), [(OTHER, ONE), (ONE, OTHER), (BOTH, ONE)])
def test_what_both_statements_say_stays_until_both_are_undone(practice, first, second):
    practice.night(first)
    practice.night(second)
    numbers = files(practice)
    for file_id, cents in zip(numbers, (9000, 0), strict=True):
        undo(practice.ctx, f"file:{file_id}", DAY)
        check(practice, cents)
    replay(practice.ctx, f"file:{numbers[-1]}", DAY)
    check(practice)


@pytest.mark.long
def test_items_of_a_deposit_find_the_remittances_of_their_checks(practice):
    cents = {"101": 5000, "102": 4000}
    for number, (trace, paid) in enumerate(cents.items(), 1):
        practice.night(
            claims(Bill(f"A{number}", [("99213", f"{paid // 100}")])),
            remit(
                f"""BPR*I*{paid // 100}*C*CHK************20250310~
                    TRN*1*{trace}*151234567{number}~
                    CLP*A{number}*1*{paid // 100}*{paid // 100}**12*I{number}~
                    SVC*HC:99213*{paid // 100}*{paid // 100}~"""
            ),
        )
    practice.night(BOTH)
    ties = schema.deposit_matches
    found = practice.rows(sa.select(ties.c.amount_cents, ties.c.rule).order_by(ties.c.amount_cents))
    assert found == [(4000, "trace-amount"), (5000, "trace-amount")]
    check(practice)


def test_a_deposit_that_older_books_have_stays_the_line(practice, monkeypatch):
    """Before items could be lines, they were left out beside their deposit."""

    def deposits_only(_, __, rows, ___):
        lines = rows[rows["kind"] == "lockbox"]
        return lines.assign(money_key=money_keys(lines)), findings.frame()

    with monkeypatch.context() as before:
        before.setattr(bank_files, "said", deposits_only)
        practice.night(BOTH)
    check(practice)
    practice.night(BOTH.replace(b",0600,", b",0700,"))
    check(practice)
    assert practice.count(schema.bank_lines) == 1
