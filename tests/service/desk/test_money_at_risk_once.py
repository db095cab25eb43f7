"""A denial that waits for its reversal puts no money at risk that is at risk already."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.service import denial_charts
from claims.service.desk import actions, queue
from claims.service.report import write_report
from claims.service.undo import undo
from claims.service.verify import verify
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


@pytest.mark.long
@pytest.mark.few(1)
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


@pytest.mark.long
def test_when_the_reversal_comes_the_whole_claim_is_at_risk_once(billed):
    billed.night(answer(LINE, 80, date(2025, 7, 10)), day=date(2025, 7, 11))
    billed.night(answer(WHOLE, 0, date(2025, 8, 10)), day=date(2025, 8, 11))
    billed.night(answer(BACK + "\nPLB*1999999984*20251231*WO:X1*-80~", 0, date(2025, 9, 10)), day=date(2025, 9, 11))
    assert "CORRECTION_WITHOUT_REVERSAL" not in billed.exceptions()
    assert at_risk(billed) == [["full", 23000]]


@pytest.mark.long
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


DENIED = "CLP*{0}*{1}*150*0**12*X{1}~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
PAID = "CLP*{0}*19*150*88*22*12*X1~\nSVC*HC:99213*150*88**1~\nCAS*CO*45*40~\nCAS*PR*2*22~"
PART = "CLP*{0}*19*150*50**12*X1~\nSVC*HC:99213*150*50**1~\nCAS*CO*197*100~"
FIRST, SECOND = (DENIED.replace("{1}", "4"), 1, 0), (DENIED.replace("{1}", "2"), 2, 0)
# What was decided, in the order in which it came (segments, payer, paid); what is then at risk by payer in turn.
HISTORIES = {
    "both payers denied": ([FIRST, SECOND], {"P": 15000, "S": 0}),
    "the later one first": ([SECOND, FIRST], {"P": 15000, "S": 0}),
    "the second denies all": ([(PAID, 1, 88), SECOND], {"S": 2200}),
    "a part, then all": ([(PART, 1, 50), SECOND], {"P": 10000, "S": 0}),
    "held: paid before": ([(PAID, 1, 88), FIRST], {"P": 0}),
    "held: the first has not decided": ([SECOND], {"S": 15000}),
}


def decided(number, at, body, payer, paid):
    kind, how = ("I", "ACH") if paid else ("H", "NON")
    head = f"BPR*{kind}*{paid}*C*{how}************2025040{at + 1}~\nTRN*1*{number}{at}*{payer}512345678~\n"
    name = {1: "PLAN ONE", 2: "PLAN TWO"}[payer]
    return remit(head + body.format(number), payer=name, control=f"0000{number[1:]}{at}177")


def risks(books, number):
    select = sa.select(CASE.c.payer_sequence, CASE.c.at_risk_cents).where(CASE.c.claim_number == number)
    return dict(books.rows(select.where(CASE.c.state != "closed")))


@pytest.mark.long
def test_no_cent_of_a_line_is_at_risk_twice_and_none_that_is_not_open(books, tmp_path):
    numbers = {f"C{at}1": history for at, history in enumerate(HISTORIES.values(), 1)}
    others = queue.totals(books.ctx, queue.Filters()).at_risk_cents
    bills = [Bill(number, [("99213", "150")], others=(("S", "PLAN TWO", "2512345678"),)) for number in numbers]
    books.night(claims(*bills, control="000000030"))
    for at in (0, 1):
        came = [decided(number, at, *told[at]) for number, (told, _) in numbers.items() if len(told) > at]
        books.night(*came, day=DAY)
    found = {name: risks(books, number) for name, number in zip(HISTORIES, numbers, strict=True)}
    assert found == {name: expected for name, (_, expected) in HISTORIES.items()}
    for number in numbers:
        owed = books.balances(family_id=books.family(number))
        assert sum(risks(books, number).values()) <= owed.get("1100", 0) + owed.get("1110", 0)
    at_risk = others + sum(sum(expected.values()) for _, expected in HISTORIES.values())
    assert queue.totals(books.ctx, queue.Filters()).at_risk_cents == at_risk
    sums = denial_charts.charts(books.ctx)
    assert [int(sums[of]["at_risk_cents"].sum()) for of in ("by_cause", "by_payer", "by_deadline")] == [at_risk] * 3
    write_report(books.ctx, "denials", DAY, out=tmp_path / "report")
    checks = json.loads((tmp_path / "report" / "manifest.json").read_text())["checks"]
    assert [check["name"] for check in checks if not check["holds"]] == []
    rows = pd.read_csv(tmp_path / "report" / "denied_money.csv").set_index("reason")["amount_cents"]
    assert (rows["open_at_risk"], rows["not_open"], rows["decision_held"]) == (at_risk, 72800, -30000)

    # What one case gives up is at risk in no other, and is again when that is undone.
    anna = as_person(books, "anna")
    mine = sa.select(CASE.c.case_id, CASE.c.version).where(CASE.c.claim_number == "C11", CASE.c.payer_sequence == "P")
    gone = actions.write_off(anna, books.rows(mine), "small", 10**6, DAY)
    assert (gone.amount_cents, risks(books, "C11")) == (15000, {"S": 0})
    actions.undo(anna, gone.action_id, DAY)
    assert risks(books, "C11") == {"P": 15000, "S": 0}
    # When the first payer's decision is undone, what the second denied waits again for that one, and is at risk.
    remits = schema.remittances
    ((number,),) = books.rows(sa.select(remits.c.remit_id).where(remits.c.trace_number == "C211"))
    undo(books.ctx, f"remit:{number}", DAY)
    assert risks(books, "C21") == {"S": 15000}
    assert [problem for one in verify(books.ctx) for problem in one.broken] == []
