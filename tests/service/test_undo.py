"""Undo and replay: the books before, the books after, what refuses, what reports of earlier days still say."""

import multiprocessing
import os
import random
import signal
import time
from datetime import date

import pytest
import sqlalchemy as sa

from claims import config
from claims.errors import PeriodClosedError, UsageError
from claims.service.context import open_context
from claims.service.deposits import tie
from claims.service.periods import close_period
from claims.service.replay import replay
from claims.service.undo import rehearse_undo, undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.clock import now
from tests.books import Bill, bank, claims, remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.fingerprint import differences as changed_reports
from tests.service.fingerprint import fingerprint

LATER = date(2025, 7, 15)
PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T0101*1512345678~
          CLP*A1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""
DENIED = """BPR*H*0*C*NON************20250310~
            TRN*1*T1*1512345678~
            CLP*P1*1*300*0**12*ICN17~
            SVC*HC:70551*300*0**1~
            CAS*CO*197*300~"""
OVERTURNED = """BPR*I*210*C*ACH************20250410~
                TRN*1*T2*1512345678~
                CLP*P1*22*-300*0**12*ICN17~
                SVC*HC:70551*-300*0**1~
                CAS*CO*197*-300~
                CLP*P1*1*300*210**12*ICN17B~
                SVC*HC:70551*300*210**1~
                CAS*CO*45*90~"""
BILLS = claims(Bill("P1", [("70551", "300")]))


def check(ctx):
    assert [problem for one in verify(ctx) for problem in one.broken] == []


def number_of(practice, trace):
    table = schema.remittances
    return practice.rows(sa.select(table.c.remit_id).where(table.c.trace_number == trace))[0][0]


@pytest.mark.long
def test_a_paid_claim_undone_and_replayed_with_its_deposit(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), bank(("2025-03-11", "88.00", "T0101")))
    before = state(practice)
    practice.night(remit(PAID))
    posted = state(practice)
    written = practice.count(schema.journals)
    target = f"remit:{number_of(practice, 'T0101')}"
    assert undo(practice.ctx, target, DAY).refused.empty
    check(practice.ctx)
    after = state(practice, without=("UNDONE",))
    assert set(differences(before, after)) == {"remittances"}
    assert practice.exceptions().count("UNDONE") == 1
    practice.night(remit(PAID, control="000000077"))  # a copy of it is no news either
    assert differences(after["balances"] and {"balances": after["balances"]}, state(practice)) == {}
    replay(practice.ctx, target, DAY)
    check(practice.ctx)
    assert set(differences(posted, state(practice))) <= {"remittances"}  # the copy, a duplicate
    assert practice.count(schema.journals) > written


@pytest.mark.long
@pytest.mark.parametrize("was_undone", [False, True])
def test_what_others_posted_on_it_waits_and_the_next_reconcile_posts_it(practice, was_undone):
    practice.night(BILLS, remit(DENIED))
    practice.night(remit(OVERTURNED))
    if was_undone:  # once before, and posted again
        undo(practice.ctx, "claim:1", DAY)
        replay(practice.ctx, "claim:1", DAY)
    done = undo(practice.ctx, f"remit:{number_of(practice, 'T1')}", DAY)
    assert sorted(done.postings["is_target"]) == [False, False, True]
    check(practice.ctx)
    assert practice.balances(account="2200") == {"2200": -21000}
    assert practice.exceptions() == ["POSTED_ON_UNDONE", "POSTED_ON_UNDONE", "REMIT_WITHOUT_DEPOSIT", "UNDONE"]
    cases = schema.denial_cases
    assert practice.rows(sa.select(cases.c.state, cases.c.outcome)) == [("closed", "undone")]
    practice.reconcile()
    check(practice.ctx)
    assert practice.balances(account="2200") == {}
    assert practice.exceptions() == ["REMIT_WITHOUT_DEPOSIT", "REVERSAL_ORPHAN", "UNDONE"]


@pytest.mark.long
def test_what_a_person_did_on_top_refuses_and_nothing_changes(practice):
    practice.night(BILLS, remit(DENIED))
    practice.write_off("P1", "CO-197", DAY)
    practice.night(remit(OVERTURNED))
    before = state(practice)
    for target in (f"remit:{number_of(practice, 'T1')}", f"file:{2}"):
        refused = undo(practice.ctx, target, DAY).refused
        assert set(refused["kind"]) == {"denial written-off"}
    assert differences(before, state(practice)) == {}
    assert undo(practice.ctx, f"remit:{number_of(practice, 'T2')}", DAY).refused.empty  # it came after the person
    check(practice.ctx)
    assert practice.balances(account="4200") == {"4200": 30000}


@pytest.mark.long
def test_a_deposit_that_a_person_tied_refuses(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(PAID), bank(("2025-03-11", "80.00", "OTHER")))
    tie(practice.ctx, 1, 1, "as the payer says", DAY, amount_cents=None, fee_cents=0)
    assert list(undo(practice.ctx, "remit:1", DAY).refused["kind"]) == ["tie by hand"]


def test_a_claim_alone_is_taken_out_of_its_remittances(practice):
    levied = PAID.replace("BPR*I*88", "BPR*I*83") + "PLB*1999999984*20251231*LE:AA*5~"
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(levied))
    before = state(practice)
    undo(practice.ctx, "claim:1", DAY)
    check(practice.ctx)
    assert practice.balances() == {"1050": 8300, "1100": 15000, "2200": -8300, "4000": -15000}
    practice.reconcile()
    assert practice.balances(account="2200") == {"2200": -8300}
    check(practice.ctx)  # the levy, which stays posted, is named as before
    for target in ("remit:1", "file:2"):  # undone twice, it would be posted twice
        refused = undo(practice.ctx, target, DAY).refused
        assert refused[["kind", "command"]].to_numpy().tolist() == [["undone by itself", "claims replay remit:T0101"]]
    replay(practice.ctx, "claim:1", DAY)
    check(practice.ctx)
    assert differences(before, state(practice)) == {}


def test_a_run_is_undone_with_what_it_applied(practice):
    practice.night(remit(PAID), remit(DENIED))
    waiting = state(practice)
    practice.night(claims(Bill("A1", [("99213", "150")])))
    applied = state(practice)
    run_id = practice.rows(sa.select(sa.func.max(schema.runs.c.run_id)))[0][0]
    undo(practice.ctx, f"run:{run_id}", DAY)
    check(practice.ctx)
    practice.reconcile()
    now_open = state(practice, without=("UNDONE",))
    assert now_open["exceptions"] == waiting["exceptions"]
    assert now_open["postings"] == waiting["postings"]
    replay(practice.ctx, f"run:{run_id}", DAY)
    check(practice.ctx)
    assert differences(applied, state(practice)) == {}


@pytest.mark.long
def test_reports_of_earlier_days_stay_as_they_were_byte_for_byte(practice):
    practice.night(BILLS, remit(DENIED), bank(("2025-04-11", "210.00", "T2")))
    practice.night(remit(OVERTURNED))
    close_period(practice.ctx, DAY)
    told = fingerprint(practice.ctx, DAY)
    target = f"remit:{number_of(practice, 'T2')}"
    with pytest.raises(PeriodClosedError):
        undo(practice.ctx, target, DAY)
    undo(practice.ctx, target, LATER)
    check(practice.ctx)
    assert changed_reports(told, fingerprint(practice.ctx, DAY)) == []
    undone = fingerprint(practice.ctx, LATER)
    assert changed_reports(told, undone) != []
    replay(practice.ctx, target, date(2025, 7, 16))
    check(practice.ctx)
    assert changed_reports(told, fingerprint(practice.ctx, DAY)) == []
    assert changed_reports(undone, fingerprint(practice.ctx, LATER)) == []
    days = schema.journals.c.posting_date
    effective = sa.select(days, schema.journals.c.effective_date).where(schema.journals.c.source == "undo")
    assert set(practice.rows(effective)) == {(LATER, date(2025, 4, 10))}


def test_a_dry_run_and_a_target_without_postings_change_nothing(practice):
    practice.night(BILLS, remit(DENIED))
    before, at = state(practice), now()
    assert len(rehearse_undo(practice.ctx, "remit:1", DAY).journals)
    with pytest.raises(UsageError):
        replay(practice.ctx, "remit:1", DAY)
    assert differences(before, state(practice)) == {}
    assert practice.rows(sa.select(schema.journals.c.journal_id).where(schema.journals.c.recorded_at > at)) == []


def _undo_in(home):
    ctx = open_context(config.load(home=home), actor="tester")
    undo(ctx, "remit:1", DAY)
    ctx.engine.dispose()


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.long)])
def test_a_kill_leaves_all_of_an_undo_or_nothing(practice, settings, kills):
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("the same transaction on both engines")
    practice.night(BILLS, remit(DENIED), bank(("2025-04-11", "210.00", "T2")))
    practice.night(remit(OVERTURNED))
    before = state(practice)
    practice.ctx.engine.dispose()
    moments, ends = random.Random(1), set()
    for _ in range(kills):
        process = multiprocessing.get_context("fork").Process(target=_undo_in, args=(settings.home,))
        process.start()
        process.join(moments.uniform(0.05, 1.5))
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        time.sleep(0)
        check(practice.ctx)
        (found,) = practice.rows(sa.select(schema.remittances.c.state).where(schema.remittances.c.remit_id == 1))
        ends.add(found[0])
        if found[0] == "undone":
            replay(practice.ctx, "remit:1", DAY)
        assert differences(before, state(practice)) == {}
        practice.ctx.engine.dispose()
    assert ends <= {"posted", "undone"}
