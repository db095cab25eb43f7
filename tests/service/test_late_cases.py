"""A denial, its reversal and what the payer paid in part instead, in every order of nights: the same cases."""

import itertools
from datetime import date

import pytest
import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import payment

CASE, EVENT, CP, R = schema.denial_cases, schema.denial_events, schema.claim_payments, schema.remittances
ONE, TWO = Bill("A1", [("99213", "150")]), Bill("A1", [("99213", "100"), ("85025", "50")])
DENIED = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
DENIED_BACK = "CLP*A1*22*-150*0**12*ICN1~\nSVC*HC:99213*-150*0**1~\nCAS*CO*197*-150~"
PART = "CLP*A1*1*150*80**12*ICN2~\nSVC*HC:99213*150*80**1~\nCAS*CO*45*20~\nCAS*CO*197*50~"
LINES = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*100*0**1~\nCAS*CO*197*100~\nSVC*HC:85025*50*0**1~\nCAS*CO*197*50~"
LINES_BACK = (
    "CLP*A1*22*-150*0**12*ICN1~\nSVC*HC:99213*-100*0**1~\nCAS*CO*197*-100~\nSVC*HC:85025*-50*0**1~\nCAS*CO*197*-50~"
)
LINES_PART = "CLP*A1*1*150*60**12*ICN2~\nSVC*HC:99213*100*60**1~\nCAS*CO*45*40~\nSVC*HC:85025*50*0**1~\nCAS*CO*197*50~"
SPLIT = "CLP*A1*1*100*0**12*ICN1~\nSVC*HC:99213*100*0**1~\nCAS*CO*197*100~"
SPLIT_BACK = "CLP*A1*22*-100*0**12*ICN1~\nSVC*HC:99213*-100*0**1~\nCAS*CO*197*-100~"
SPLIT_OTHER = "CLP*A1*1*50*0**12*ICN2~\nSVC*HC:85025*50*0**1~\nCAS*CO*197*50~"
SPLIT_PART = "CLP*A1*1*100*60**12*ICN3~\nSVC*HC:99213*100*60**1~\nCAS*CO*45*10~\nCAS*CO*197*30~"
# What the cases are in the order in which the payer decided: line, state, outcome, recovered, at risk.
HISTORIES = {
    "one line": (
        ONE,
        [(DENIED, "0"), (DENIED_BACK, "0"), (PART, "80")],
        [(0, "closed", "partly_overturned", 8000, 15000), (1, "new", None, 0, 5000)],
    ),
    "two lines": (
        TWO,
        [(LINES, "0"), (LINES_BACK, "0"), (LINES_PART, "60")],
        [(0, "closed", "partly_overturned", 6000, 15000), (2, "new", None, 0, 5000)],
    ),
}
ORDERS = [(name, order) for name in HISTORIES for order in itertools.permutations(range(3))]
SHORT = [("one line", (1, 2, 0)), ("two lines", (2, 0, 1))]
SHOWN = [pytest.param(*one, marks=[] if one in SHORT else [pytest.mark.long]) for one in ORDERS]


@pytest.fixture
def database_url(sqlite_url):
    """Another order of files is the same on both engines."""
    return sqlite_url


def cases(practice):
    names = ("line_number", "state", "outcome", "recovered_cents", "at_risk_cents")
    return sorted(practice.rows(sa.select(*(CASE.c[name] for name in names))), key=str)


def told(practice):
    """The remittances that the events of the first case name, and those that changed the second."""
    rows = sa.select(CASE.c.extent, R.c.trace_number).select_from(EVENT)
    rows = rows.join(CASE, CASE.c.case_id == EVENT.c.case_id)
    rows = rows.join(CP, CP.c.claim_payment_id == EVENT.c.claim_payment_id).join(R, R.c.remit_id == CP.c.remit_id)
    return set(practice.rows(rows.where(sa.or_(CASE.c.extent == "full", EVENT.c.kind != "attached"))))


@pytest.mark.long
@pytest.mark.parametrize(("name", "order"), SHOWN)
def test_the_cases_of_a_denial_taken_back_and_paid_in_part_are_the_same_in_every_order(practice, name, order):
    bill, history, wanted = HISTORIES[name]
    files = [payment(text, f"T{at}", f"2025031{at}", cash) for at, (text, cash) in enumerate(history)]
    practice.night(claims(bill))
    for at in order:
        practice.night(files[at])
    assert cases(practice) == wanted
    facts = told(practice)
    assert {trace for extent, trace in facts if extent == "full"} == {"T0", "T1", "T2"}
    assert {trace for extent, trace in facts if extent != "full"} == {"T2"}
    assert set(practice.exceptions()) <= {"REMIT_WITHOUT_DEPOSIT"}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    after = state(practice)
    last = practice.rows(sa.select(sa.func.max(R.c.remit_id)))[0][0]
    assert undo(practice.ctx, f"remit:{last}", DAY).refused.empty
    replay(practice.ctx, f"remit:{last}", DAY)
    assert differences(after, state(practice)) == {}


PAID = "CLP*A1*1*150*100**12*ICN3~\nSVC*HC:99213*150*100**1~\nCAS*CO*45*40~\nCAS*PR*2*10~"
# Denied twice and paid, without any reversal, by the day of each.
WITHOUT_REVERSAL = {
    "D": (DENIED, "20250310", "0"),
    "E": (DENIED.replace("ICN1", "ICN2").replace("197", "50"), "20250311", "0"),
    "P": (PAID, "20250312", "100"),
}


@pytest.mark.long
@pytest.mark.parametrize("order", ["PDE", "PED", "DPE", "DEP"])
def test_a_payment_wins_the_denials_of_earlier_days_whichever_comes_first(practice, order):
    practice.night(claims(ONE))
    for name in order:
        text, day, cash = WITHOUT_REVERSAL[name]
        practice.night(payment(text, f"T{name}", day, cash))
    assert cases(practice) == [(0, "closed", "overturned", 10000, 15000)]
    # The case tells the last denial before the payment, whichever came last.
    assert practice.rows(sa.select(CASE.c.reason_code, CASE.c.remit_date)) == [("50", date(2025, 3, 11))]
    assert practice.balances() == {"1050": 10000, "1200": 1000, "4000": -15000, "4100": 4000}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    after = state(practice)
    assert undo(practice.ctx, f"remit:T{order[-1]}", DAY).refused.empty
    replay(practice.ctx, f"remit:T{order[-1]}", DAY)
    assert differences(after, state(practice)) == {}


@pytest.mark.long
def test_of_one_day_nobody_can_say_which_decision_was_first(practice):
    practice.night(claims(ONE), payment(PAID, "T0", "20250310", "100"))
    practice.night(payment(DENIED, "T1", "20250310"))
    assert [(state, outcome) for _, state, outcome, *_ in cases(practice)] == [("new", None)]
    assert "CORRECTION_WITHOUT_REVERSAL" in practice.exceptions()


@pytest.mark.parametrize("is_known", [True, False], ids=["claim first", "claim last"])
@pytest.mark.few(1)
def test_a_denial_taken_back_in_its_own_remittance_leaves_no_open_case(practice, is_known):
    bill = claims(ONE)
    denied = payment(f"{DENIED}\n{DENIED_BACK}", "T0", "20250310")
    for file in (bill, denied) if is_known else (denied, bill):
        practice.night(file)
    assert cases(practice) == [(0, "closed", "superseded", 0, 15000)]
    assert practice.balances() == {"1100": 15000, "4000": -15000}
    assert practice.exceptions() == []
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_what_a_payment_won_is_lost_again_when_its_own_remittance_takes_it_back(practice):
    paid_back = "CLP*A1*22*-150*-100**12*ICN3~\nSVC*HC:99213*-150*-100**1~\nCAS*CO*45*-40~\nCAS*PR*2*-10~"
    practice.night(claims(ONE), payment(DENIED, "T0", "20250310"))
    practice.night(payment(f"{PAID}\n{paid_back}", "T1", "20250311"))
    assert cases(practice) == [(0, "new", None, 0, 15000)]
    assert practice.balances() == {"1110": 15000, "4000": -15000}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


# A part that is denied as a whole is about its lines; -1 stands for the claim.
PARTS = [(SPLIT, "0"), (SPLIT_OTHER, "0"), (SPLIT_BACK, "0"), (SPLIT_PART, "60")]


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(
    "order", [(-1, 1, 0), (0, -1, 1), (0, 1, -1), pytest.param((1, 0, -1), marks=pytest.mark.long)]
)
def test_every_part_of_a_split_claim_that_is_denied_has_its_case(practice, order):
    files = [payment(text, f"T{at}", f"2025031{at}", cash) for at, (text, cash) in enumerate(PARTS)]
    for at in order:
        practice.night(claims(TWO) if at < 0 else files[at])
    assert cases(practice) == [(1, "new", None, 0, 10000), (2, "new", None, 0, 5000)]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
@pytest.mark.parametrize(
    "order", [(2, 3, 1, 0), *(pytest.param(one, marks=pytest.mark.long) for one in ((0, 1, 2, 3), (3, 2, 0, 1)))]
)
def test_a_part_that_is_taken_back_and_paid_leaves_the_other_denied(practice, order):
    practice.night(claims(TWO))
    for at in order:
        text, cash = PARTS[at]
        practice.night(payment(text, f"T{at}", f"2025031{at}", cash))
    assert cases(practice) == [(1, "new", None, 0, 3000), (2, "new", None, 0, 5000)]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    after = state(practice)
    last = practice.rows(sa.select(sa.func.max(R.c.remit_id)))[0][0]
    assert undo(practice.ctx, f"remit:{last}", DAY).refused.empty
    replay(practice.ctx, f"remit:{last}", DAY)
    assert differences(after, state(practice)) == {}


EQUAL = Bill("A1", [("99213", "75"), ("99213", "75")])
EQUAL_PART = "CLP*A1*1*75*0**12*ICN1~\nSVC*HC:99213*75*0**1~\nCAS*CO*197*75~"
EQUAL_BACK = "CLP*A1*22*-75*0**12*ICN1~\nSVC*HC:99213*-75*0**1~\nCAS*CO*197*-75~"
EQUAL_WON = "CLP*A1*1*75*60**12*ICN3~\nSVC*HC:99213*75*60**1~\nCAS*CO*45*5~\nCAS*CO*197*10~"


@pytest.mark.long
def test_two_parts_with_equal_lines_have_a_case_each(practice):
    practice.night(claims(EQUAL), payment(EQUAL_PART, "T0", "20250310"))
    practice.night(payment(EQUAL_PART.replace("ICN1", "ICN2"), "T1", "20250311"))
    assert cases(practice) == [(1, "new", None, 0, 7500), (2, "new", None, 0, 7500)]
    assert practice.exceptions() == []
    practice.night(payment(f"{EQUAL_BACK}\n{EQUAL_WON}", "T2", "20250312", "60"))
    assert cases(practice) == [(1, "new", None, 0, 1000), (2, "new", None, 0, 7500)]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    after = state(practice)
    assert undo(practice.ctx, "remit:T2", DAY).refused.empty
    replay(practice.ctx, "remit:T2", DAY)
    assert differences(after, state(practice)) == {}


@pytest.mark.long
@pytest.mark.parametrize("order", ["DNP", "NPD", "PDN", "DPN", "NDP", "PND"])
def test_a_denial_after_a_payment_without_a_reversal_is_named_in_every_order(practice, order):
    later = DENIED.replace("ICN1", "ICN4")
    files = {
        "D": payment(DENIED, "T0", "20250310"),
        "P": payment(PAID, "T1", "20250311", "100"),
        "N": payment(later, "T2", "20250312"),
    }
    practice.night(claims(ONE))
    for name in order:
        practice.night(files[name])
    assert "CORRECTION_WITHOUT_REVERSAL" in practice.exceptions()
    assert practice.balances(account="1050") == {"1050": 10000}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


# The payment comes first and wins what comes late; then the payer takes it back, and what waited is posted.
PAID_BACK = "CLP*A1*22*-150*-100**12*ICN3~\nSVC*HC:99213*-150*-100**1~\nCAS*CO*45*-40~\nCAS*PR*2*-10~"
PAID_BACK += "\nPLB*1999999984*20251231*WO:X*-100~"


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("late", ["ED", "DE", "D"])
def test_what_a_payment_won_is_denied_again_when_it_is_taken_back(practice, late):
    practice.night(claims(ONE), payment(PAID, "TP", "20250312", "100"))
    for name in late:
        text, day, cash = WITHOUT_REVERSAL[name]
        practice.night(payment(text, f"T{name}", day, cash))
    before = state(practice)
    practice.night(payment(PAID_BACK, "TB", "20250313"))
    after = state(practice)
    assert cases(practice) == [(0, "new", None, 0, 15000)]
    assert practice.balances(account="1110") == {"1110": 15000}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert undo(practice.ctx, "remit:TB", DAY).refused.empty
    now = differences(before, state(practice, without=("UNDONE",)))
    now.pop("remittances")
    assert now == {}
    replay(practice.ctx, "remit:TB", DAY)
    assert differences(after, state(practice)) == {}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


FIRST = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*100*0**1~\nCAS*PR*1*100~\nSVC*HC:85025*50*0**1~\nCAS*CO*50*50~"
WHOLE_PAID = "CLP*A1*1*150*150**12*ICN2~\nSVC*HC:99213*100*100**1~\nSVC*HC:85025*50*50**1~"
WHOLE_BACK = (
    "CLP*A1*22*-150*-150**12*ICN2~\nSVC*HC:99213*-100*-100**1~\nSVC*HC:85025*-50*-50**1~\n"
    "PLB*1999999984*20251231*WO:X3*-150~"
)
WHOLE = "CLP*A1*1*150*0**12*ICN3~\nSVC*HC:99213*100*0**1~\nCAS*CO*97*100~\nSVC*HC:85025*50*0**1~\nCAS*CO*96*50~"


@pytest.mark.long
@pytest.mark.parametrize(
    "nights",
    [
        [(FIRST, "0"), (WHOLE_PAID, "150"), (WHOLE_BACK, "0"), (WHOLE, "0")],
        [(FIRST, "0"), (WHOLE_PAID, "150"), (WHOLE, "0"), (WHOLE_BACK, "0")],
        [(FIRST, "0"), (f"{WHOLE_PAID}\n{WHOLE}", "150"), (WHOLE_BACK, "0")],
    ],
    ids=["after it", "before it", "beside what it takes back"],
)
def test_a_denial_replaces_the_first_that_stands_again_wherever_the_reversal_of_the_payment_comes(practice, nights):
    practice.night(claims(TWO))
    for at, (text, cash) in enumerate(nights):
        practice.night(payment(text, f"T{at}", f"2025031{at}", cash))
        assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert cases(practice) == [(0, "new", None, 0, 15000), (2, "closed", "superseded", 0, 5000)]


@pytest.mark.long
def test_a_denial_beside_a_payment_is_told_by_the_case_that_the_payment_had_won(practice):
    won = "CLP*A1*1*150*70**12*ICN2~\nSVC*HC:99213*100*70**1~\nCAS*CO*50*30~\nSVC*HC:85025*50*0**1~\nCAS*CO*29*50~"
    won_back = (
        "CLP*A1*22*-150*-70**12*ICN2~\nSVC*HC:99213*-100*-70**1~\nCAS*CO*50*-30~\nSVC*HC:85025*-50*0**1~\n"
        "CAS*CO*29*-50~\nPLB*1999999984*20251231*WO:X3*-70~"
    )
    practice.night(claims(TWO))
    practice.night(payment(LINES, "T1", "20250311"))
    denied_again = LINES.replace("ICN1", "ICN3")
    both = payment(f"{LINES_BACK}\n{won}\n{denied_again}", "T2", "20250311", "70")
    practice.night(both, payment(won_back, "T3", "20250313"))
    assert [one for one in cases(practice) if one[1] != "closed"] == [(0, "new", None, 0, 15000)]
    assert practice.balances()["1110"] == 15000
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
