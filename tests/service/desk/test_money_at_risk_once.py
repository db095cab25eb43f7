"""A denial that waits for its reversal puts no money at risk that is at risk already."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service.desk import actions
from claims.store import schema
from claims.store.engine import read
from claims.store.load import frame
from tests.books import Bill, claims, remit
from tests.service.desk.conftest import DAY, as_person

CASE = schema.denial_cases
LINE = """CLP*B1*1*230*80**12*X1~
          SVC*HC:99213*150*0**1~
          CAS*CO*197*150~
          SVC*HC:99214*80*80**1~"""
BACK = """CLP*B1*22*-230*-80**12*X1~
          SVC*HC:99213*-150*0**-1~
          CAS*CO*197*-150~
          SVC*HC:99214*-80*-80**-1~"""
WHOLE = """CLP*B1*4*230*0**12*X9~
           SVC*HC:99213*150*0**1~
           CAS*CO*197*150~
           SVC*HC:99214*80*0**1~
           CAS*CO*197*80~"""


def answer(body, paid, day):
    kind, how = ("I", "ACH") if paid > 0 else ("H", "NON")
    head = f"BPR*{kind}*{paid}*C*{how}************{day:%Y%m%d}~\nTRN*1*T{day:%m%d}*1512345678~\n"
    return remit(head + body, control=f"0000{day:%m%d}9")


def at_risk(books):
    with read(books.ctx.engine) as conn:
        rows = frame(conn, sa.select(CASE).where(CASE.c.claim_number == "B1", CASE.c.state != "closed"))
    return rows[["extent", "at_risk_cents"]].to_numpy().tolist()


@pytest.fixture
def billed(books):
    books.night(claims(Bill("B1", [("99213", "150"), ("99214", "80")]), control="000000029"))
    return books


@pytest.mark.parametrize("nights", [1, 2])
def test_a_whole_denial_without_reversal_opens_no_second_case(billed, nights):
    first, second = answer(LINE, 80, date(2025, 7, 10)), answer(WHOLE, 0, date(2025, 8, 10))
    if nights == 1:
        billed.night(first, second, day=date(2025, 8, 11))
    else:
        billed.night(first, day=date(2025, 7, 11))
        billed.night(second, day=date(2025, 8, 11))
    assert "CORRECTION_WITHOUT_REVERSAL" in billed.exceptions()
    assert at_risk(billed) == [["line", 15000]]


def test_when_the_reversal_comes_the_whole_claim_is_at_risk_once(billed):
    billed.night(answer(LINE, 80, date(2025, 7, 10)), day=date(2025, 7, 11))
    billed.night(answer(WHOLE, 0, date(2025, 8, 10)), day=date(2025, 8, 11))
    billed.night(answer(BACK + "\nPLB*1999999984*20251231*WO:X1*-80~", 0, date(2025, 9, 10)), day=date(2025, 9, 11))
    assert "CORRECTION_WITHOUT_REVERSAL" not in billed.exceptions()
    assert at_risk(billed) == [["full", 23000]]


def test_a_request_on_the_first_case_stands_meanwhile(billed):
    billed.night(answer(LINE, 80, date(2025, 7, 10)), day=date(2025, 7, 11))
    with read(billed.ctx.engine) as conn:
        case_id, version = conn.execute(
            sa.select(CASE.c.case_id, CASE.c.version).where(CASE.c.claim_number == "B1")
        ).one()
    asked = actions.write_off(as_person(billed, "anna"), [(case_id, version)], "small", 0, DAY)
    billed.night(answer(WHOLE, 0, date(2025, 8, 10)), day=date(2025, 8, 11))
    done = actions.approve(as_person(billed, "bert"), asked.action_id, date(2025, 8, 11))
    assert (done.done, done.amount_cents) == ([case_id], 15000)
