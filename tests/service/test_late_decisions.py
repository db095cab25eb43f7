"""Decisions that come in another order than they were made: claims and denial cases end alike."""

import itertools

import pytest
import sqlalchemy as sa

from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims, remit

BILL = Bill("A1", [("99213", "150")])
PAID = "CLP*A1*1*150*88*22*12*ICN1~\nSVC*HC:99213*150*88**1~\nCAS*CO*45*40~\nCAS*PR*2*22~"
DENIED = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*16*150~\nLQ*HE*M51~"
PAID_BACK = "CLP*A1*22*-150*-88**12*ICN1~\nSVC*HC:99213*-150*-88**1~\nCAS*CO*45*-40~\nCAS*PR*2*-22~"
DENIED_BACK = "CLP*A1*22*-150*0**12*ICN1~\nSVC*HC:99213*-150*0**1~\nCAS*CO*16*-150~"
AGAIN = "CLP*A1*1*150*100*10*12*ICN2~\nSVC*HC:99213*150*100**1~\nCAS*CO*45*40~\nCAS*PR*2*10~"
C, CASE, EVENT = schema.claims, schema.denial_cases, schema.claim_events


def payment(segments, trace, day, cash="0"):
    head = f"BPR*I*{cash}*C*ACH" if cash != "0" else "BPR*H*0*C*NON"
    return remit(f"{head}************{day}~\nTRN*1*{trace}*1512345678~\n{segments}")


HISTORIES = {
    "paid, corrected": [(PAID, "88"), (PAID_BACK + "\n" + AGAIN, "12")],
    "denied, corrected": [(DENIED, "0"), (DENIED_BACK + "\n" + AGAIN, "100")],
    "denied, taken back, paid": [(DENIED, "0"), (DENIED_BACK, "0"), (AGAIN, "100")],
    "denied, paid, taken back": [(DENIED, "0"), (AGAIN, "100"), (DENIED_BACK, "0")],
}
ORDERS = [
    (name, order)
    for name, history in HISTORIES.items()
    for order in itertools.permutations(range(len(history)))
    if list(order) != sorted(order)
]


def ending(practice):
    lives = practice.rows(sa.select(C.c.life))
    cases = practice.rows(sa.select(CASE.c.state, CASE.c.outcome, CASE.c.denied_cents, CASE.c.recovered_cents))
    return lives, cases, practice.balances(), practice.exceptions()


# Every third order in the short run: all of them in `make test-long`.
SHOWN = [pytest.param(*one, marks=[pytest.mark.long] if at % 3 else []) for at, one in enumerate(ORDERS)]


@pytest.mark.long
@pytest.mark.parametrize(("name", "order"), SHOWN)
def test_a_claim_ends_alike_whatever_comes_first(practice, name, order):
    ends_paid(practice, name, order)


@pytest.mark.long
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)])
def test_what_the_payer_took_back_after_it_paid_instead_takes_nothing_from_that(practice, order):
    ends_paid(practice, "denied, paid, taken back", order)


@pytest.mark.long
def test_what_waited_until_a_denial_was_taken_back_says_how_the_claim_stands(practice):
    later = DENIED.replace("ICN1", "ICN3"), DENIED_BACK.replace("ICN1", "ICN3")
    practice.night(claims(BILL), payment(later[0], "T2", "20250312"))
    practice.night(payment(AGAIN, "T1", "20250311", "100"))
    practice.night(payment(later[1], "T3", "20250313"))
    lives, cases, balances, _ = ending(practice)
    assert lives == [("paid",)]
    assert cases == [("closed", "superseded", 15000, 0)]
    assert balances == {"1050": 10000, "1200": 1000, "4000": -15000, "4100": 4000}


def ends_paid(practice, name, order):
    """Take what a payer decided in an order of nights: the claim is paid, its denial won."""
    files = [payment(text, f"T{at}", f"2025031{at}", cash) for at, (text, cash) in enumerate(HISTORIES[name])]
    practice.night(claims(BILL))
    for at in order:
        practice.night(files[at])
    practice.reconcile()
    lives, cases, balances, exceptions = ending(practice)
    assert lives == [("paid",)]
    assert cases == ([] if name.startswith("paid") else [("closed", "overturned", 15000, 10000)])
    assert balances.pop("1050") == 10000
    assert balances == {"1200": 1000, "4000": -15000, "4100": 4000}
    assert set(exceptions) <= {"REMIT_WITHOUT_DEPOSIT", "RARC_MISSING"}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_the_timeline_tells_what_came_late(practice):
    practice.night(claims(BILL), payment(PAID_BACK + "\n" + AGAIN, "T2", "20250412", "12"))
    practice.night(payment(PAID, "T1", "20250310", "88"))
    told = [event for (event,) in practice.rows(sa.select(EVENT.c.event).order_by(EVENT.c.event_id))]
    assert told == ["paid", "held-reversed"]  # the first payment only waited until it was taken back


@pytest.mark.long
def test_a_duplicate_that_comes_before_its_original_is_read_as_one_when_that_comes(practice):
    numbers = ("A1", "A2", "A3")
    repeat = "CLP*{0}*1*150*0**12*DUP{0}~\nSVC*HC:99213*150*0**1~\nCAS*OA*18*150~"
    part = "CLP*A1*1*150*88**12*ICN1~\nSVC*HC:99213*150*88**1~\nCAS*CO*197*62~"
    practice.night(
        claims(*(Bill(number, [("99213", "150")]) for number in numbers)),
        payment("\n".join(repeat.format(number) for number in numbers), "T2", "20250320"),
        payment(PAID_BACK.replace("A1", "A3") + "\nPLB*1999999984*20251231*WO:ICN1*-88~", "T3", "20250410"),
    )
    assert practice.balances(account="1110") == {"1110": 45000}
    first = "\n".join([part, DENIED.replace("A1", "A2"), PAID.replace("A1", "A3")])
    practice.night(payment(first, "T1", "20250310", "176"))
    # As if the first had come first: A1 is paid in part, A2 denied, A3 open again, and only two cases are open.
    assert practice.balances(account="1110") == {"1110": 6200 + 15000}
    assert practice.balances(account="1100") == {"1100": 15000}
    assert practice.balances(account="4100") == practice.balances(account="2200") == {}
    cases = practice.rows(sa.select(CASE.c.state, CASE.c.outcome, CASE.c.denied_cents, CASE.c.reason_code))
    assert sorted(row[2:] for row in cases if row[0] != "closed") == [(6200, "197"), (15000, "16")]
    assert {row[1] for row in cases if row[0] == "closed"} == {"superseded"}
    assert practice.rows(sa.select(sa.func.sum(CASE.c.recovered_cents))) == [(0,)]
    assert set(practice.exceptions()) <= {"REMIT_WITHOUT_DEPOSIT", "RARC_MISSING"}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
