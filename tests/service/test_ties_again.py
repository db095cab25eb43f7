"""Ties to the bank give the same books whatever the nights, and an undo and a replay give them back."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, bank, claims, remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY

LATER = DAY + timedelta(days=7)
BILLS = claims(Bill("A1", [("99213", "150")]), Bill("C1", [("99213", "500")]))


def paid(trace, claim, charge, cents, day="20250310"):
    rest = f"~\nCAS*CO*45*{charge - cents}" if charge > cents else ""
    return remit(
        f"""BPR*I*{cents}*C*ACH************{day}~
            TRN*1*{trace}*1512345678~
            CLP*{claim}*1*{charge}*{cents}**12*ICN{claim}~
            SVC*HC:99213*{charge}*{cents}**1{rest}~"""
    )


T1, T2 = paid("T1", "A1", 150, 88), paid("T2", "C1", 500, 500)
BOTH = bank(("2025-03-11", "588.00", "T1"))


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def target(practice, trace):
    table = schema.remittances
    return f"remit:{practice.rows(sa.select(table.c.remit_id).where(table.c.trace_number == trace))[0][0]}"


HISTORIES = {
    "a deposit of two": ([(BILLS, T1, T2, BOTH)], "T2"),
    "a deposit of two, and the one that it names": ([(BILLS, T1, T2, BOTH)], "T1"),
    "parts on two nights": (
        [(BILLS, T1, bank(("2025-03-11", "50.00", "T1"))), (bank(("2025-03-12", "38.00", "T1")),)],
        "T1",
    ),
    "paid in part": ([(BILLS, T1, bank(("2025-03-11", "50.00", "T1")))], "T1"),
    "returned and paid again": (
        [
            (BILLS, T1, bank(("2025-03-11", "88.00", "T1"))),
            (bank(("2025-03-12", "-88.00", "T1")),),
            (bank(("2025-03-15", "88.00", "T1")),),
        ],
        "T1",
    ),
    "returned with more than it was": (
        [(BILLS, T1, bank(("2025-03-11", "100.00", "T1"))), (bank(("2025-03-12", "-100.00", "T1")),)],
        "T1",
    ),
}


# What makes a difference: two remittances in one deposit, parts on two nights, money that went back.
SHORT = ("a deposit of two", "paid in part", "parts on two nights", "returned with more than it was")
SHOWN = [pytest.param(name, marks=[] if name in SHORT else [pytest.mark.long]) for name in HISTORIES]


@pytest.mark.long
@pytest.mark.parametrize("history", SHOWN)
def test_an_undo_and_a_replay_give_the_ties_back(practice, history):
    nights, trace = HISTORIES[history]
    for files in nights:
        practice.night(*files)
    before, named = state(practice), target(practice, trace)
    for _ in range(
        2 if history == "parts on two nights" else 1
    ):  # the ties of a second undo are not those of the first
        assert undo(practice.ctx, named, LATER).refused.empty
        check(practice)
        replay(practice.ctx, named, LATER)
        assert differences(before, state(practice)) == {}  # what is short or over is as old as it was, too
    check(practice)
    practice.reconcile(LATER)
    assert differences(before, state(practice)) == {}


@pytest.mark.long
def test_what_the_bank_did_meanwhile_is_not_taken_apart_by_a_replay(practice):
    nights, trace = HISTORIES["returned and paid again"]
    for files in nights:
        practice.night(*files)
    balances, named = practice.balances(), target(practice, trace)
    undo(practice.ctx, named, DAY)
    practice.reconcile()  # the deposit and its return find each other
    replay(practice.ctx, named, DAY)
    assert (practice.balances(), practice.exceptions()) == (balances, [])
    check(practice)


NIGHTS = {
    "the deposit last": [(T1, T2), (BOTH,)],
    "the deposit with the one that it names": [(T1, BOTH), (T2,)],
    "the deposit with the other one": [(T2, BOTH), (T1,)],
    "the deposit first": [(BOTH,), (T1,), (T2,)],
}


@pytest.mark.long
@pytest.mark.parametrize(
    "nights",
    [pytest.param(name, marks=[pytest.mark.long] if at % 2 else []) for at, name in enumerate(reversed(NIGHTS))],
)
def test_a_deposit_for_several_remittances_finds_those_that_come_later(practice, nights):
    practice.night(BILLS)
    for files in NIGHTS[nights]:
        practice.night(*files)
    assert practice.exceptions() == []
    assert practice.balances() == {"1000": 58800, "4000": -65000, "4100": 6200}
    check(practice)


@pytest.mark.long
def test_the_rest_of_a_deposit_is_no_other_days_remittance(practice):
    practice.night(BILLS, T1, BOTH)
    practice.night(paid("T2", "C1", 500, 500, day="20250311"))
    assert practice.exceptions() == ["DEPOSIT_OVER", "REMIT_WITHOUT_DEPOSIT"]


@pytest.mark.few(1)
@pytest.mark.parametrize("day", ["", "************20251341"])
def test_money_of_a_remittance_without_a_day_is_missed_too(practice, day):
    practice.night(BILLS, T1.replace(b"************20250310", day.encode()), day=date(2025, 3, 12))
    assert practice.exceptions() == []
    journals = schema.journals
    effective = sa.select(journals.c.effective_date).where(journals.c.source == "835").distinct()
    assert practice.rows(effective) == [(date(2025, 3, 12),)]
    practice.reconcile(date(2025, 3, 20))
    assert practice.exceptions() == ["REMIT_WITHOUT_DEPOSIT"]
    undo(practice.ctx, target(practice, "T1"), date(2025, 3, 20))
    replay(practice.ctx, target(practice, "T1"), date(2025, 3, 20))
    assert practice.exceptions() == ["REMIT_WITHOUT_DEPOSIT"]


def issued_again(trace, day, references):
    """A remittance of nothing but payments that are issued again, 88.00 each."""
    items = "".join(f"*CS:{reference}*-88" for reference in references)
    total = 88 * len(references)
    return remit(f"BPR*I*{total}*C*ACH************{day}~\nTRN*1*{trace}*1512345678~\nPLB*1999999984*20251231{items}~")


@pytest.mark.long
def test_what_was_issued_again_is_so_after_a_replay_whatever_came_since(practice):
    practice.night(BILLS, T1)
    practice.night(issued_again("T8", "20250509", ["T1"]), issued_again("T9", "20250510", ["T1", "F1"]))
    # Only now come the deposit that was lost and the forward balance that the payer wrote off before it told of it.
    forward = "BPR*H*0*C*NON************20250511~\nTRN*1*F1*1512345678~\nPLB*1999999984*20251231*FB:F1*-5*WO:X1*5~"
    practice.night(bank(("2025-05-12", "88.00", "T1")), remit(forward))
    before = state(practice)
    assert {row[0] for row in before["exceptions"]} >= {"PLB_UNCONFIGURED", "DEPOSIT_WITHOUT_REMIT"}
    for traces in (("T9",), ("T9", "T8"), ("T9", "T8", "T1")):
        for trace in traces:
            assert undo(practice.ctx, f"remit:{trace}", LATER).refused.empty
            check(practice)
        for trace in reversed(traces):
            replay(practice.ctx, f"remit:{trace}", LATER)
            check(practice)
        assert differences(before, state(practice)) == {}
        practice.reconcile(LATER)
        assert differences(before, state(practice)) == {}
    # What the bank brought meanwhile is not taken from it: what is issued again waits then, by name.
    undo(practice.ctx, "remit:T8", LATER)
    practice.reconcile(LATER)
    replay(practice.ctx, "remit:T8", LATER)
    assert practice.balances(account="1050") == {"1050": 26400}
    check(practice)
