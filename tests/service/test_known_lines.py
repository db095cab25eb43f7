"""Which lines of a statement the books have already: however it is spelled, and whatever key they were stored under."""

from datetime import date

import pytest

from claims import findings
from claims.ledger.bank_bai2 import read_bai2
from claims.service import bank_files, intake
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.ledger.test_bank_bai2 import ACH, bai2

ROW = b"date,amount,trace_number,payer_name,reference,type\n2025-03-11,88.00,T1,PLAN ONE,R1,\n"
OTHERWISE = ROW.replace(b"88.00", b"88").replace(b",R1,\n", b",R1\n")


@pytest.fixture
def database_url(sqlite_url):
    """Keys are made before the engine."""
    return sqlite_url


def sound(practice):
    return [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_a_line_whose_key_stood_for_its_spelling_is_known_again(practice, monkeypatch):
    with monkeypatch.context() as before:
        as_it_was = lambda _, __, rows, ___: (rows.assign(line_key=rows["former_key"]), findings.frame())  # noqa: E731
        before.setattr(bank_files, "said", as_it_was)
        practice.night(ROW)
    assert sound(practice)
    practice.night(ROW + b"2025-03-12,5.00,T2,PLAN ONE,R2,\n")
    assert (practice.count(schema.bank_lines), practice.balances()["1000"], sound(practice)) == (2, 9300, True)
    undo(practice.ctx, "file:1", date(2025, 3, 25))
    assert (practice.balances()["1000"], sound(practice)) == (9300, True)


def test_a_statement_that_was_held_says_nothing_though_it_could_be_read_today(practice, monkeypatch):
    held = findings.frame([findings.Finding("bank-record", findings.HOLD, "it was not known")])
    with monkeypatch.context() as before:
        before.setattr(intake, "read_bai2", lambda data: (read_bai2(data)[0].iloc[:0], held))
        practice.night(bai2(ACH))
    assert (practice.count(schema.bank_lines), sound(practice)) == (0, True)


def test_a_line_that_is_spelled_otherwise_is_known(practice):
    practice.night(ROW)
    practice.night(OTHERWISE)
    assert (practice.count(schema.bank_lines), practice.balances()["1000"], sound(practice)) == (1, 8800, True)
