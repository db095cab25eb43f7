"""Undo of a night takes what that night posted and no more, and its replay brings just that."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service.master import import_files
from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from tests.books import Bill, bank, claims, remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_booking import LEVIED, paid
from tests.service.test_takebacks import ANNOUNCED, PAID, check

RUN, R = schema.runs, schema.remittances
ANEW = """BPR*H*0*C*NON************20250511~
          TRN*1*T3*1512345678~
          CLP*A1*1*150*85.01*24.99*12*ICN1~
          SVC*HC:99213*150*85.01**1~
          CAS*CO*45*40~
          CAS*PR*2*24.99~
          PLB*1999999984*20251231*WO:ICN1*85.01~"""


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def night(practice, *files):
    """Run a night; give the number of its run."""
    practice.night(*files)
    return practice.rows(sa.select(sa.func.max(RUN.c.run_id)).where(RUN.c.kind == "reconcile"))[0][0]


def posted(practice):
    return {trace for (trace,) in practice.rows(sa.select(R.c.trace_number).where(R.c.state == "posted"))}


@pytest.mark.long
def test_a_night_takes_no_remittance_of_another_along(practice, tmp_path):
    first = night(practice, LEVIED)
    accounts = tmp_path / "provider_adjustment_accounts.csv"
    accounts.write_text("payer_code,reason_code,account\n,LE,1400\n")
    import_files(practice.ctx, [accounts])
    second = night(practice, paid("T9", "20250401", 100, "L6:X*-100"))  # and moves the amount of T1
    before = state(practice)
    assert undo(practice.ctx, f"run:{second}", DAY).counts["moved_of_other_runs"] == 1
    assert posted(practice) == {"T1"} and practice.balances()["1400"] == 3000
    check(practice)
    with pytest.raises(UsageError, match=r"go and come with their remittances, of other runs: remit:1\."):
        undo(practice.ctx, f"run:{second}", DAY)
    replay(practice.ctx, f"run:{second}", DAY)
    assert differences(before, state(practice)) == {}
    # A remittance of provider adjustments alone is of the night that posted it, not of the one that moved its amount.
    undo(practice.ctx, f"run:{first}", DAY)
    assert posted(practice) == {"T9"}
    with pytest.raises(UsageError):
        replay(practice.ctx, f"run:{second}", DAY)
    replay(practice.ctx, f"run:{first}", DAY)
    assert differences(before, state(practice)) == {}
    check(practice)


def test_an_amount_goes_to_the_account_of_the_day_on_which_it_was_moved_first(practice, tmp_path):
    accounts = tmp_path / "provider_adjustment_accounts.csv"
    accounts.write_text(f"payer_code,reason_code,account,effective_to\n,LE,1400,{DAY.isoformat()}\n")
    import_files(practice.ctx, [accounts])
    practice.night(LEVIED)
    before = state(practice)
    assert practice.balances()["1400"] == 3000
    for day in (DAY + timedelta(days=1), DAY + timedelta(days=9)):  # the row holds no more
        undo(practice.ctx, "remit:T1", day)
        replay(practice.ctx, "remit:T1", day)
        assert differences(before, state(practice)) == {}
    check(practice)


def told(practice):
    EV = schema.claim_events
    events = sa.select(EV.c.event, EV.c.life_after).where(EV.c.event_key.like("posting:%")).order_by(EV.c.event_id)
    return practice.rows(events)


@pytest.mark.long
@pytest.mark.parametrize("target", ["remit:T2", "run"])
def test_a_reversal_from_before_its_claim_was_known_is_posted_on_that_with_its_payment(practice, target):
    run_id = night(practice, remit(ANNOUNCED), remit(PAID))
    practice.night(remit(ANEW))
    assert practice.night(claims(Bill("A1", [("99213", "150")])))["reversals_on_claims"] == 1
    assert told(practice) == [("paid", "paid"), ("reversed", "reversed"), ("paid", "paid")]
    before = state(practice)
    target = f"run:{run_id}" if target == "run" else target
    undo(practice.ctx, target, DAY)
    check(practice)
    replay(practice.ctx, target, DAY)
    check(practice)
    assert differences(before, state(practice)) == {}


@pytest.mark.long
@pytest.mark.parametrize("order", [("T1", "T2"), ("T2", "T1")])
def test_a_reversal_and_what_it_took_back_are_undone_and_replayed_apart(practice, order):
    def act(verb, *targets):
        for one in targets:
            assert verb(practice.ctx, one, DAY).refused.empty
        check(practice)

    traces = [f"remit:{trace}" for trace in order]
    for file in (ANNOUNCED, PAID):
        practice.night(remit(file))
    before = state(practice)
    act(undo, *traces)
    practice.night(claims(Bill("A1", [("99213", "150")])))
    act(replay, *traces[::-1])
    # Neither looks for the claim that came since; the next night puts both on it.
    assert told(practice) == [] and differences(before, state(practice)).keys() <= {"lives", "balances"} | {
        f"balances by {name}" for name in ("payer", "claim", "remittance")
    }
    last = night(practice)
    assert told(practice) == [("paid", "paid"), ("reversed", "reversed")]
    after = state(practice)
    assert practice.reconcile()["reversals_on_claims"] == 0
    assert differences(after, state(practice)) == {}
    for targets in ([f"run:{last}"], traces):
        act(undo, *targets)
        act(replay, *targets[::-1])
        assert differences(after, state(practice)) == {}


@pytest.mark.long
def test_an_opposite_bank_line_takes_a_deposit_back(practice):
    practice.night(bank(("2025-03-10", "88.00", "T1")))
    practice.night(bank(("2025-03-10", "-88.00", "T1")))
    assert practice.balances() == {}
    check(practice)
    practice.night(remit(PAID), bank(("2025-03-11", "88.00", "T1")), bank(("2025-03-11", "-88.00", "T1")))
    assert practice.balances()["1050"] == 8800
    check(practice)
