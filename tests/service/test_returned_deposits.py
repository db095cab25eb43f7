"""Deposits that went back in part, and returns that a person takes apart or ties: the same books in every order."""

from itertools import permutations

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.service import deposits, returns
from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from claims.store.engine import read
from claims.store.queries import tieout
from claims.store.queries.asof import AsOf
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_bank import again, bank, known, line, paid, remit_id, sound
from tests.service.test_statements_of_a_night import statements_of

PLAN = "FABLEWOOD HEALTH PLAN"


def check(number, cents):
    """The remittance of a check of 10 March."""
    return paid(str(number), f"A{number}", str(cents))


CHECKS = known("A101", "A102", "A103"), check(101, 30), check(102, 40), check(103, 50)
LOCKBOX = bank(f"2025-03-11,120.00,,{PLAN},DEP1,LOCKBOX")
BOUNCED = bank(f"2025-03-14,-40.00,102,{PLAN},RET1,RETURN")
ONE = known("A1"), paid()
# What came, what went back, and how much of the remittances is open then.
SHAPES = {
    "a check of a lockbox deposit": (CHECKS, LOCKBOX, BOUNCED, {"102": 4000}),
    "a check, by the reference": (
        CHECKS,
        LOCKBOX,
        bank(f"2025-03-14,-40.00,,{PLAN},102,RETURN"),
        {"102": 4000},
    ),
    "two deposits, one return": (
        ONE,
        bank(f"2025-03-11,50.00,T1,{PLAN},R0,CHECK", f"2025-03-11,38.00,T1,{PLAN},R1,CHECK"),
        bank(f"2025-03-14,-88.00,T1,{PLAN},Q0,RETURN"),
        {"T1": 8800},
    ),
    "one deposit, two returns": (
        ONE,
        bank(f"2025-03-11,88.00,T1,{PLAN},R0,CHECK"),
        bank(f"2025-03-14,-50.00,T1,{PLAN},Q0,RETURN", f"2025-03-14,-38.00,T1,{PLAN},Q1,RETURN"),
        {"T1": 8800},
    ),
    "a card less its fee, two returns": (
        ONE,
        bank(f"2025-03-11,85.80,T1,{PLAN},R0,CARD"),
        bank(f"2025-03-14,-50.00,T1,{PLAN},Q0,RETURN", f"2025-03-14,-35.80,T1,{PLAN},Q1,RETURN"),
        {"T1": 8800},
    ),
}
SHORT = ("a check of a lockbox deposit", "two deposits, one return", "a card less its fee, two returns")
NAMED = [pytest.param(name, marks=[] if name in SHORT else [pytest.mark.long]) for name in SHAPES]


def open_of(practice):
    """Clearing by trace number."""
    lines, remits = schema.ledger_lines, schema.remittances
    cents = sa.func.sum(lines.c.amount_cents)
    select = sa.select(remits.c.trace_number, cents).join(remits, remits.c.remit_id == lines.c.remit_id)
    select = select.where(lines.c.account == "1050").group_by(remits.c.trace_number).having(cents != 0)
    return dict(practice.rows(select))


def open_exceptions(practice):
    table = schema.exceptions
    return sorted(practice.rows(sa.select(table.c.type_code, table.c.amount_cents).where(table.c.state == "open")))


def went_back(open_cents):
    return [("DEPOSIT_RETURNED", cents) for cents in open_cents.values()]


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("shape", NAMED)
def test_what_went_back_is_open_again_and_paid_again(practice, shape):
    files, came, back, open_cents = SHAPES[shape]
    practice.night(*files, came)
    before = practice.balances()
    practice.night(back)
    assert (open_of(practice), open_exceptions(practice)) == (open_cents, went_back(open_cents))
    assert sound(practice).get("5100", 0) == 0
    cash = {account: practice.balances().get(account, 0) for account in ("1000", "2200")}
    assert cash == {"1000": before["1000"] - sum(open_cents.values()) + before.get("5100", 0), "2200": 0}
    again(practice)
    stood = state(practice)
    with read(practice.ctx.engine) as conn:
        legs = tieout.deposits(conn, AsOf(DAY, practice.rows(sa.select(sa.func.max(schema.runs.c.started_at)))[0][0]))
    assert legs.loc[legs["deposit_cents"] < 0, "tied_cents"].sum() == -sum(open_cents.values())
    (trace,) = open_cents
    named = f"remit:{remit_id(practice, trace)}"
    assert undo(practice.ctx, named, DAY).refused.empty
    sound(practice)
    replay(practice.ctx, named, DAY)
    assert differences(stood, state(practice)) == {}
    practice.reconcile()
    assert differences(stood, state(practice)) == {}
    practice.night(bank(f"2025-03-25,{open_cents[trace] / 100:.2f},{trace},{PLAN},R9,CHECK"))
    assert (open_of(practice), practice.exceptions()) == ({}, [])
    sound(practice)


ORDERS = [
    pytest.param(shape, order, marks=[] if order == (2, 1, 0) and shape in SHORT[:2] else [pytest.mark.long])
    for shape in SHAPES
    for order in permutations(range(3))
]


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(("shape", "order"), ORDERS)
def test_no_order_of_arrival_changes_what_is_open(practice, shape, order):
    files, came, back, open_cents = SHAPES[shape]
    for place in order:
        practice.night(*((files, (came,), (back,))[place]))
    assert (open_of(practice), open_exceptions(practice)) == (open_cents, went_back(open_cents))
    sound(practice)
    again(practice)


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_the_new_deposit_of_the_same_statement_is_for_what_went_back(practice, shape):
    files, came, back, open_cents = SHAPES[shape]
    ((trace, cents),) = open_cents.items()
    practice.night(*files, came, back, bank(f"2025-03-25,{cents / 100:.2f},{trace},{PLAN},R9,CHECK"))
    assert (open_of(practice), practice.exceptions()) == ({}, [])
    sound(practice)
    again(practice)


TWICE = [
    f"2025-03-{day},{cents}.00,T1,{PLAN},{name},ACH"
    for day, cents, name in ((11, 88, "R1"), (13, -88, "Q1"), (15, 88, "R2"), (17, -88, "Q2"))
]
NIGHTS = [
    pytest.param(nights, marks=[] if number < 2 else [pytest.mark.long])
    for number, nights in enumerate([[(0, 1, 2, 3)], [(3,), (1,), (2,), (0,)]])
] + [pytest.param([(one,) for one in order], marks=[pytest.mark.long]) for order in permutations(range(4))]


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("nights", NIGHTS)
def test_two_deposits_and_two_returns_of_one_trace_number_end_alike(practice, nights):
    practice.night(*ONE)
    for lines in nights:
        practice.night(bank(*(TWICE[place] for place in lines)))
    assert (open_of(practice), open_exceptions(practice)) == ({"T1": 8800}, [("DEPOSIT_RETURNED", 8800)])
    assert sound(practice).get("2200", 0) == 0
    again(practice)
    own, back = schema.bank_lines, schema.bank_lines.alias("back")
    ties = schema.deposit_matches
    pairs = sa.select(back.c.reference, own.c.reference).join(ties, ties.c.bank_line_id == back.c.bank_line_id)
    pairs = pairs.join(own, own.c.bank_line_id == ties.c.returns_line_id).where(ties.c.ended_at.is_(None))
    assert set(practice.rows(pairs.where(back.c.amount_cents < 0))) == {("Q1", "R1"), ("Q2", "R2")}
    stood = state(practice)
    undo(practice.ctx, target := f"remit:{remit_id(practice, 'T1')}", DAY)
    sound(practice)
    replay(practice.ctx, target, DAY)
    assert differences(stood, state(practice)) == {}


def test_returns_that_name_no_single_tie_are_left_to_a_person(practice):
    practice.night(
        *CHECKS,
        LOCKBOX,
        bank(f"2025-03-14,-35.00,102,{PLAN},RET1,RETURN", f"2025-03-14,-40.00,,{PLAN},,RETURN"),
        bank("2025-03-14,-40.00,102,,,RETURN", "2025-03-14,-40.00,102,,X,RETURN"),  # the same check twice
    )
    assert open_of(practice) == {}
    assert practice.exceptions() == ["DEPOSIT_AMBIGUOUS"] * 2 + ["RETURN_WITHOUT_DEPOSIT"] * 2
    sound(practice)
    again(practice)


CAME = bank(*(f"2025-03-11,88.00,T{n},{PLAN},R{n},ACH" for n in (1, 2)))
TWO = known("A1", "A2"), paid("T1", "A1"), paid("T2", "A2"), CAME


@pytest.mark.long
def test_a_return_that_a_person_takes_apart_stays_so_and_is_said_to_be_another_deposits(practice):
    practice.night(*TWO)
    practice.night(bank(f"2025-03-14,-88.00,,{PLAN},R1,RETURN"))
    assert open_of(practice) == {"T1": 8800}
    back = line(practice, -8800)
    table = schema.bank_lines
    came = dict(practice.rows(sa.select(table.c.trace_number, table.c.bank_line_id)))
    first, second = came["T1"], came["T2"]
    assert deposits.untie(practice.ctx, back, "it was the other one", DAY) == 1
    practice.reconcile()
    assert (open_of(practice), practice.exceptions()) == ({}, ["RETURN_WITHOUT_DEPOSIT"])
    whys = deposits.told(practice.ctx, back)["candidates"].set_index("returns_line_id")["why"].to_dict()
    assert whys == {first: "untied", second: "left"}
    again(practice)
    for wrong, problem in ((back, "is no deposit"), (99, "99")):
        with pytest.raises((PostingRefusedError, NotFoundError), match=problem):
            returns.take_back(practice.ctx, back, wrong, "said so", DAY)
    with pytest.raises(PostingRefusedError, match=f"tie {back} line:NO"):
        deposits.tie(practice.ctx, back, remit_id(practice, "T2"), "said so", DAY)
    with pytest.raises(UsageError):
        returns.take_back(practice.ctx, back, second, " ", DAY)
    would = returns.would_take_back(practice.ctx, back, second, "said so", DAY)
    assert (would.cents, would.rest_cents, would.remits["amount_cents"].tolist()) == (8800, 0, [8800])
    assert returns.take_back(practice.ctx, back, second, "said so", DAY, seen=would.seen) == 8800
    with pytest.raises(deposits.TiesMovedError):
        returns.take_back(practice.ctx, back, second, "said so", DAY, seen=would.seen)
    assert (open_of(practice), practice.exceptions()) == ({"T2": 8800}, ["DEPOSIT_RETURNED"])
    sound(practice)
    again(practice)
    target = f"remit:{remit_id(practice, 'T2')}"
    refused = undo(practice.ctx, target, DAY).refused
    assert refused["command"].tolist() == [f'claims deposits untie {back} --reason "{target} is undone"']
    assert deposits.untie(practice.ctx, back, "that neither", DAY) == 1
    assert open_of(practice) == {}
    sound(practice)
    again(practice)


@pytest.mark.long
def test_a_part_of_a_deposit_goes_back_by_hand(practice):
    practice.night(*CHECKS, LOCKBOX, bank("2025-03-14,-100.00,,,,RETURN"))
    back, former = line(practice, -10000), line(practice, 12000)
    remits = [remit_id(practice, f"10{n}") for n in (1, 2, 3)]
    options = returns.choices(practice.ctx, back)
    assert list(zip(options["remit_id"], options["cents"], strict=True)) == [
        (-1, 12000), (remits[2], 5000), (remits[1], 4000), (remits[0], 3000),
    ]  # fmt: skip
    asked = (practice.ctx, back, former, "by telephone", DAY)
    with pytest.raises(PostingRefusedError, match="say which went back"):
        returns.take_back(*asked)
    assert returns.take_back(*asked, remit_id=remits[2], amount_cents=4500) == 4500
    with pytest.raises(PostingRefusedError, match="done already"):
        returns.take_back(practice.ctx, back, former, "typed twice", DAY, remit_id=remits[2], amount_cents=500)
    assert open_exceptions(practice) == [("DEPOSIT_SHORT", 4500), ("RETURN_WITHOUT_DEPOSIT", -5500)]
    assert returns.take_back(*asked, remit_id=remits[1]) == 4000
    seen = deposits.told(practice.ctx, back)["seen"]
    assert returns.take_back(practice.ctx, back, former, "more", DAY, remit_id=remits[2], seen=seen) == 500
    assert open_of(practice) == {"102": 4000, "103": 5000}
    assert open_exceptions(practice) == [
        ("DEPOSIT_RETURNED", 4000), ("DEPOSIT_RETURNED", 5000), ("RETURN_WITHOUT_DEPOSIT", -1000),
    ]  # fmt: skip
    sound(practice)
    practice.reconcile()  # what is left is looked at anew
    again(practice)
    with pytest.raises(PostingRefusedError, match="take the return apart first"):
        deposits.untie(practice.ctx, former, "no", DAY, remit_id=remits[1])
    assert deposits.untie(practice.ctx, former, "another", DAY, remit_id=remits[0]) == 1
    assert deposits.untie(practice.ctx, back, "all wrong", DAY) == 3
    assert open_of(practice) == {"101": 3000}
    sound(practice)
    practice.reconcile()  # what is left is looked at anew
    again(practice)


@pytest.mark.long
def test_a_card_in_parts_goes_back_by_hand_with_its_fee(practice):
    files, came, _, _ = SHAPES["a card less its fee, two returns"]
    practice.night(*files, came, bank("2025-03-14,-50.00,,,,RETURN", "2025-03-15,-35.80,,,,RETURN"))
    former = line(practice, 8580)
    assert returns.take_back(practice.ctx, line(practice, -5000), former, "by telephone", DAY) == 5000
    assert sound(practice)["5100"] == 92
    assert returns.take_back(practice.ctx, line(practice, -3580), former, "by telephone", DAY) == 3580
    assert (open_of(practice), sound(practice).get("5100", 0)) == ({"T1": 8800}, 0)
    again(practice)


@pytest.mark.long
def test_a_deposit_without_remittance_goes_back_in_parts(practice):
    practice.night(
        bank(f"2025-03-11,41.00,,{PLAN},R1,CHECK"),
        bank("2025-03-12,-40.00,,,R1,RETURN", "2025-03-13,-1.00,,,R1,RETURN"),
    )
    assert (sound(practice), practice.exceptions()) == ({}, [])
    effective = sa.select(schema.journals.c.effective_date).where(schema.journals.c.reason_code == "deposit-returned")
    assert sorted(str(day) for (day,) in practice.rows(effective)) == ["2025-03-12", "2025-03-13"]
    again(practice)


@pytest.mark.long
def test_many_returns_take_as_many_statements_as_few(practice):
    counts = []
    for letter, size, day in (("A", 1, 10), ("B", 2, 14), ("C", 7, 20)):
        cents = {f"{letter}{at}": str(30 + at) for at in range(size)}
        practice.night(known(*cents), *(paid(f"T{one}", one, paid_, f"202503{day}") for one, paid_ in cents.items()))
        practice.night(bank(f"2025-03-{day + 1},{sum(map(int, cents.values()))}.00,,{PLAN},D{letter},LOCKBOX"))
        practice.drop(bank(*(f"2025-03-{day + 2},-{paid_}.00,T{one},,Q,RETURN" for one, paid_ in cents.items())))
        counts.append(statements_of(practice, practice.reconcile))
    assert counts[1] == counts[2]  # the first night finds no exception of before
    assert practice.exceptions() == ["DEPOSIT_RETURNED"] * 10
