"""Histories whose cases an undo and its replay once left otherwise than they were."""

import pytest
import sqlalchemy as sa

from claims.denials import undone as rules
from claims.service.queue import denial_story
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import payment

DENIED = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
EARLIER = DENIED.replace("ICN1", "ICN0")
EARLIER_BACK = "CLP*A1*22*-150*0**12*ICN0~\nSVC*HC:99213*-150*0**1~\nCAS*CO*197*-150~"
PATIENTS = "CLP*A1*1*150*0**12*ICN2~\nSVC*HC:99213*150*0**1~\nCAS*CO*45*30~\nCAS*PR*2*120~"
PATIENTS_BACK = "CLP*A1*22*-150*0**12*ICN2~\nSVC*HC:99213*-150*0**1~\nCAS*CO*45*-30~\nCAS*PR*2*-120~"
PAID = "CLP*A1*1*150*100**12*ICN3~\nSVC*HC:99213*150*100**1~\nCAS*CO*45*40~\nCAS*PR*2*10~"
PAID_BACK = (
    "CLP*A1*22*-150*-100**12*ICN3~\nSVC*HC:99213*-150*-100**1~\nCAS*CO*45*-40~\nCAS*PR*2*-10~\n"
    "PLB*1999999984*20251231*WO:X1*-100~"
)
WHOLE = "CLP*A1*1*150*150**12*ICN0~\nSVC*HC:99213*150*150**1~"
REPEAT = "CLP*A1*1*150*0**12*ICN4~\nSVC*HC:99213*150*0**1~\nCAS*OA*18*150~"
# The nights in their order, each with its cash, and which of them are undone and replayed, one after the other.
HISTORIES = {
    # The denial came after its reversal, and was held: the replayed payment stood before the reversal found it.
    "taken back while it was held": ([(f"{EARLIER_BACK}\n{PAID}", "100"), (EARLIER, "0")], [1, 2]),
    # The reversal takes back what had won the case, and it won again in that night: an undo knows both wins.
    "won twice": ([(DENIED, "0"), (PATIENTS, "0"), (f"{PATIENTS_BACK}\n{PAID}", "100")], [3]),
    # A denial of an earlier day came last and was held: its case opened because the first one was won by then.
    "held denial came last": ([(DENIED, "0"), (PATIENTS, "0"), (EARLIER, "0")], [2]),
    # It was held until the later decision was taken back, and told with that: the claim stands as the last day says.
    "held until a reversal": ([(PAID, "100"), (WHOLE, "150"), (PAID_BACK, "0")], [2]),
    # It touched a case that was won before: what had won it has ended it, not the undo.
    "repeat of what was won": ([(DENIED, "0"), (PAID, "100"), (REPEAT, "0")], [3]),
}


@pytest.fixture
def database_url(sqlite_url):
    """What becomes of cases is the same on both engines."""
    return sqlite_url


def endings(practice):
    """What ended each closed case, as a person reads it."""
    case = schema.denial_cases
    closed = practice.rows(sa.select(case.c.case_key).where(case.c.state == "closed", case.c.outcome != "undone"))
    told = {key: denial_story(practice.ctx, key, show_phi=False)["closing"] for (key,) in closed}
    return {key: (one["outcome"], one["decided_by"], one["amount_cents"]) for key, one in told.items()}


@pytest.mark.long
@pytest.mark.parametrize("name", HISTORIES)
def test_cases_are_as_they_were_after_an_undo_and_its_replay(practice, name):
    nights, undone = HISTORIES[name]
    practice.night(claims(Bill("A1", [("99213", "150")])))
    for at, (text, cash) in enumerate(nights, 1):
        practice.night(payment(text, f"T{at}", f"2025031{at if text not in (EARLIER, WHOLE) else 0}", cash))
    before, ended = state(practice), endings(practice)
    for number in undone * 2:
        assert undo(practice.ctx, f"remit:T{number}", DAY).refused.empty
        replay(practice.ctx, f"remit:T{number}", DAY)
        assert differences(before, state(practice)) == {}
        assert endings(practice) == ended
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_a_denial_that_was_taken_back_counts_nowhere_after_it_is_looked_at_again(practice):
    denied_again, taken_back_again = EARLIER.replace("ICN0", "ICN5"), EARLIER_BACK.replace("ICN0", "ICN5")
    replaced = f"{DENIED}\n{PAID_BACK}"
    denied_back = EARLIER_BACK.replace("ICN0", "ICN1")
    practice.night(claims(Bill("A1", [("99213", "150")])))
    nights = [(PAID, "100"), (replaced, "0"), (denied_back, "0"), (denied_again, "0"), (taken_back_again, "0")]
    for at, (text, cash) in enumerate(nights, 1):
        practice.night(payment(text, f"T{at}", f"2025031{at}", cash))
    # What the second undo takes back was looked at before the first undo and after its replay.
    assert undo(practice.ctx, "remit:T2", DAY).refused.empty
    replay(practice.ctx, "remit:T2", DAY)
    assert undo(practice.ctx, "remit:T5", DAY).refused.empty
    case = schema.denial_cases
    assert practice.rows(sa.select(case.c.state, case.c.at_risk_cents)) == [("new", 15000)]
    assert practice.balances(account="1110") == {"1110": 15000}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert undo(practice.ctx, "remit:T3", DAY).refused.empty
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def test_a_case_whose_denial_is_undone_stays_closed_as_what_had_won_it_is_undone_too(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    for number, (text, cash) in enumerate([(PAID, "100"), (DENIED, "0")]):
        practice.night(payment(text, f"T{number}", f"2025031{9 - number}", cash))
    assert undo(practice.ctx, "remit:T0", DAY).refused.empty
    replay(practice.ctx, "remit:T0", DAY)
    for number in (1, 0):
        assert undo(practice.ctx, f"remit:T{number}", DAY).refused.empty
        assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    case = schema.denial_cases
    assert practice.rows(sa.select(case.c.state, case.c.outcome)) == [("closed", "undone")]


@pytest.mark.long
@pytest.mark.parametrize("filed", [rules.FILED, ()], ids=["filed", "undone before cases stayed filed"])
def test_a_denial_posted_again_before_what_came_first_has_an_open_case(practice, monkeypatch, filed):
    paid = PAID.replace("ICN3", "ICN0")
    taken = PAID_BACK.replace("ICN3", "ICN0").replace("WO:X1", "FB:X1")
    nights = [payment(text, f"T{at}", f"2025031{at}", cash) for at, (text, cash) in enumerate(
        [(paid, "100"), (taken, "0"), (DENIED, "0")])]  # fmt: skip
    practice.night(*nights)
    practice.night(claims(Bill("A1", [("99213", "150")])))
    case = schema.denial_cases
    still_open = sa.select(case.c.state, case.c.at_risk_cents).where(case.c.state != "closed")
    assert practice.rows(still_open) == [("new", 15000)]
    monkeypatch.setattr(rules, "FILED", filed)
    for number in (0, 2):
        assert undo(practice.ctx, f"remit:T{number}", DAY).refused.empty
    for number in (2, 0):
        replay(practice.ctx, f"remit:T{number}", DAY)
    practice.reconcile()
    assert practice.balances(account="1110") == {"1110": 15000}
    assert practice.rows(still_open) == [("new", 15000)]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    if filed:
        with practice.ctx.engine.begin() as conn:
            conn.execute(sa.update(case).values(state="closed", closed_posting_date=DAY))
        (broken,) = [one.broken for one in verify(practice.ctx) if one.name == "denials"]
        assert len(broken) == 1 and "is off by 15000 cents" in broken[0]
