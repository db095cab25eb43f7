"""A claim whose payer's answer is here in a remittance that is held is not sent as new, until that or a person ends."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service import blocked_acts, blocked_queue, timeline
from claims.service.reconcile import reconcile
from claims.service.replay import replay
from claims.service.scrub import scrub
from claims.service.submit import submit
from claims.service.undo import undo
from claims.store import schema
from tests.books import remit
from tests.service.outgoing import DAY, NOW, charges, master

C = schema.claims
# A00002 has one line of 145.00; what is reduced of it does not add up in the first of the two.
ANSWER = (
    "BPR*I*45*C*ACH************20261018~\nTRN*1*T1*1512345678~\nCLP*A00002*1*145*45**12*ICN1~\n"
    "SVC*HC:99213*145*45**1~\nCAS*CO*45*{}~"
)


def answer(reduced):
    return remit(ANSWER.format(reduced), payee="1999999018", payer="FABLEWOOD HEALTH PLAN")


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def answered(practice):
    """Three claims to send; a held remittance decides the second."""
    practice.drop(charges(3, service_from="2026-10-01"), answer(105), day=DAY)
    reconcile(practice.ctx, DAY)
    return practice


def lives(practice):
    scrub(practice.ctx, DAY, master=master())
    return dict(practice.rows(sa.select(C.c.claim_number, C.c.life)))


def stopped(practice):
    scrub(practice.ctx, DAY, master=master())
    (row,) = blocked_queue.listed(practice.ctx)
    return row["claim_id"], [one["edit_id"] for one in row["why"]]


@pytest.mark.long
def test_a_claim_that_a_held_remittance_decides_stays_and_its_page_says_so(answered):
    assert lives(answered) == {"A00001": "ready", "A00002": "blocked", "A00003": "ready"}
    _, why = stopped(answered)
    assert why == ["S22c"]
    (held,) = timeline.story(answered.ctx, "A00002")["held"].to_dict("records")
    assert (held["why_held"], held["charge_cents"]) == ("claim-out-of-balance", 14500)
    assert timeline.story(answered.ctx, "A00001")["held"].empty
    assert submit(answered.ctx, DAY, master=master(), now=NOW).counts["claims_sent"] == 2
    # The corrected copy decides the claim: it was never sent from here, and nothing of it waits.
    answered.night(answer(100), day=DAY)
    assert lives(answered)["A00002"] == "paid" and timeline.story(answered.ctx, "A00002")["held"].empty


@pytest.mark.long
def test_a_claim_whose_decision_was_undone_waits_for_the_replay(practice):
    practice.night(charges(3, service_from="2026-10-01"), answer(100), day=DAY)
    assert lives(practice)["A00002"] == "paid"
    undo(practice.ctx, "remit:1", DAY)
    assert stopped(practice)[1] == ["S22c"]
    (held,) = timeline.story(practice.ctx, "A00002")["held"].to_dict("records")
    assert held["why_held"] == "undone"
    replay(practice.ctx, "remit:1", DAY)
    assert lives(practice)["A00002"] == "paid"


@pytest.mark.long
def test_a_person_lets_it_go_and_takes_that_back_as_long_as_it_is_here(answered):
    claim_id, _ = stopped(answered)
    with pytest.raises(UsageError, match="Say why"):
        blocked_queue.let_go(answered.ctx, claim_id, DAY, " ")
    done = blocked_acts.let_go(answered.ctx, [(claim_id, None)], DAY, "they take that one back")
    assert lives(answered)["A00002"] == "ready"
    assert blocked_acts.undo(answered.ctx, done.act, DAY).done == [claim_id]
    assert lives(answered)["A00002"] == "blocked"
    act = blocked_acts.let_go(answered.ctx, [(claim_id, None)], DAY, "they take that one back").act
    assert lives(answered)["A00002"] == "ready"
    assert submit(answered.ctx, DAY, master=master(), now=NOW).counts["claims_sent"] == 3
    assert blocked_acts.undo(answered.ctx, act, DAY).refused == {"more has happened to it since": [claim_id]}
    assert "let go: they take that one back" in blocked_queue.told(answered.ctx, claim_id)["notes"]


def test_what_no_held_remittance_decides_is_not_let_go(practice):
    practice.drop(charges(1, service_from="2026-10-21"), day=DAY)
    reconcile(practice.ctx, DAY)
    with pytest.raises(UsageError, match="correct what stops it"):
        blocked_queue.let_go(practice.ctx, stopped(practice)[0], DAY, "why not")
