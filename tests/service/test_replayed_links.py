"""What was held, and which decision each reversal takes back, are after an undo and its replay what they were."""

import pytest

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from tests.books import Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import payment

ONE, EQUAL = [("99213", "150")], [("99213", "60"), ("99213", "60"), ("85025", "40")]
WHOLE = "CLP*A1*1*150*105**12*ICN0~\nSVC*HC:99213*150*105**1~\nCAS*CO*45*45~"
PAID = "CLP*A1*1*150*97.5**12*{}~\nSVC*HC:99213*150*97.5**1~\nCAS*CO*45*37.5~\nCAS*PR*2*15~"
# Some payers name no number of their own on a reversal: the cash says what it takes back.
NAMELESS = "CLP*A1*22*-150*-97.5**12*~\nSVC*HC:99213*-150*-97.5**1~\nCAS*CO*45*-37.5~\nCAS*PR*2*-15~"
DENIED = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
DENIED_BACK = "CLP*A1*22*-150*0**12*ICN1~\nSVC*HC:99213*-150*0**1~\nCAS*CO*197*-150~"
WHOLE_BACK = "CLP*A1*22*-150*-105**12*ICN0~\nSVC*HC:99213*-150*-105**1~\nCAS*CO*45*-45~"
PART = "CLP*A1*1*60*15**12*{}~\nSVC*HC:99213*60*15**1~\nCAS*CO*45*15~\nCAS*CO*197*30~"
FULL_PART = "CLP*A1*1*60*60**12*ICN6~\nSVC*HC:99213*60*60**1~"
LAB, LAB_DENIED = (
    f"CLP*A1*1*40*0**12*ICN{number}~\nSVC*HC:85025*40*0**1~\nCAS*{why}*40~"
    for number, why in ((7, "PR*2"), (8, "CO*197"))
)
# The claim's lines; by night (trace, day, cash, what it says); what is undone and replayed, one after the other.
HISTORIES = {
    # The reversal takes back what was held; what waits since the same moment beside it was not there yet.
    "held beside its reversal": (
        ONE,
        [
            [("T0", 0, "202.5", [WHOLE, PAID.format("ICN2")])],
            [("T1", 1, "97.5", [PAID.format("ICN3"), PAID.format("ICN4"), NAMELESS])],
        ],
        [["T0"]],
    ),
    # The denial was held until both were taken back: it is, though what it waited for is taken back by now.
    "held until both were taken back": (
        ONE,
        [
            [("T0", 0, "105", [WHOLE]), ("T1", 1, "0", [DENIED])],
            [("T2", 2, "0", [WHOLE_BACK, DENIED_BACK, PAID.format("ICN5"), "PLB*1999999984*20251231*WO:X1*-7.5~"])],
        ],
        [["T1", "T0"]],
    ),
    # Of the parts some posted and some were held; a replay of what they stood on writes those that posted anew.
    "parts beside held ones": (
        EQUAL,
        [
            [("T1", 1, "15", [PART.format("ICN2")])],
            [("T0", 0, "75", [FULL_PART, PART.format("ICN3"), LAB, LAB_DENIED])],
        ],
        [["T1"], ["T0", "T1"]],
    ),
}


@pytest.fixture
def database_url(sqlite_url):
    """What is held is the same on both engines."""
    return sqlite_url


@pytest.mark.long
@pytest.mark.parametrize("name", HISTORIES)
def test_what_was_held_and_taken_back_is_so_again(practice, name):
    lines, nights, undone = HISTORIES[name]
    practice.night(claims(Bill("A1", lines)))
    for night in nights:
        practice.night(*(payment("\n".join(parts), trace, f"2025031{day}", cash) for trace, day, cash, parts in night))
    before = state(practice)
    for traces in undone:
        for trace in traces:
            assert undo(practice.ctx, f"remit:{trace}", DAY).refused.empty
        for trace in traces[::-1]:
            replay(practice.ctx, f"remit:{trace}", DAY)
        assert differences(before, state(practice)) == {}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


# What the payer said, night by night: a payment made twice whose second a reversal takes back while it waits; a denial
# that comes after its reversal and the correction.
WHILE_IT_WAITS = {
    "paid twice": [
        (f"{PAID.format('ICN1')}", "T1", "20250310", "97.5"),
        (f"{PAID.format('ICN1')}", "T2", "20250317", "97.5"),
        (
            f"{NAMELESS.replace('12*~', '12*ICN1~')}\nPLB*1999999984*20251231*WO:ICN1*-97.5~",
            "T3",
            "20250324",
            "0",
        ),
    ],
    "denied late": [
        (f"{DENIED_BACK}\n{PAID.format('ICN2')}", "T1", "20250324", "97.5"),
        (DENIED, "T2", "20250310", "0"),
    ],
}


@pytest.mark.few(1)
@pytest.mark.parametrize("name", WHILE_IT_WAITS)
def test_a_claim_is_as_before_where_a_reversal_took_back_what_waited(practice, name):
    practice.night(claims(Bill("A1", ONE)))
    for one in WHILE_IT_WAITS[name]:
        practice.night(payment(*one))
    before = state(practice)
    assert undo(practice.ctx, "claim:1", DAY).refused.empty
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    replay(practice.ctx, "claim:1", DAY)
    assert differences(before, state(practice)) == {}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
