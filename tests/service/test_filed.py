"""When the payer had the claim, and whether that was too late: the night and the letters find the same."""

import pytest
import sqlalchemy as sa

from claims.service import appeals
from claims.service.desk import actions
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.answers import ca_277
from tests.service.appealed import begun, case_id, copied, denied, know, payer, sent
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_decisions import payment

CASE, EVENT = schema.denial_cases, schema.denial_events


@pytest.fixture(scope="module")
def folder_sent(sqlite_template, tmp_path_factory):
    return begun(tmp_path_factory.mktemp("sent"), sqlite_template, sent)


def step(practice):
    return practice.rows(sa.select(CASE.c.next_action, CASE.c.then_action, CASE.c.deadline_rule))[0]


@pytest.mark.long
def test_queue_and_letters_agree_on_a_claim_that_came_late(folder_sent, tmp_path):
    with copied(folder_sent, tmp_path / "home") as practice:
        know(practice, payer(filing="30"))  # taken 39 days after the service
        practice.night(ca_277("B1", ("A1", "A2:20", "150")), denied())
        plan = appeals.planned(practice.ctx, case_id(practice), day=DAY)
        assert plan.refused == "filed-late"
        following, then, rule = step(practice)
        assert (following, then) == ("WO", "APP")
        assert rule.removeprefix("this step has no limit of its own; the claim came late: ") in plan.reason
        know(practice, payer(filing="60"))
        practice.night()
        assert appeals.planned(practice.ctx, case_id(practice), day=DAY).refused != "filed-late"
        assert step(practice)[:2] == ("APP", "WO")


@pytest.mark.long
def test_a_late_claims_denial_is_undone_as_often_as_it_was_replayed(folder_sent, tmp_path):
    with copied(folder_sent, tmp_path / "home") as practice:
        know(practice, payer(filing="30"))
        practice.night(ca_277("B1", ("A1", "A2:20", "150")), denied())
        before = state(practice)
        for _ in range(2):
            assert undo(practice.ctx, "remit:1", DAY).refused.empty
            assert practice.rows(sa.select(CASE.c.state, CASE.c.outcome)) == [("closed", "undone")]
            replay(practice.ctx, "remit:1", DAY)
            assert differences(before, state(practice)) == {}
        assert practice.rows(sa.select(EVENT.c.kind).where(EVENT.c.kind == "restored"))
        assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_what_is_done_with_a_denial_stays_where_a_decision_of_another_line_is_undone(folder_sent, tmp_path):
    with copied(folder_sent, tmp_path / "home") as practice:
        know(practice, payer(filing="30"))
        first = "CLP*A1*1*100*0**12*ICN1~SVC*HC:99213*100*0**1~CAS*CO*29*100~"
        practice.night(ca_277("B1", ("A1", "A2:20", "150")), payment(first, "T1", "20250310"))
        practice.night(payment("CLP*A1*1*50*50**12*ICN2~SVC*HC:85025*50*50**1~", "T2", "20250311", "50"))
        undo(practice.ctx, "remit:T1", DAY)  # T2 stands on it, goes with it, and comes again with it
        replay(practice.ctx, "remit:T1", DAY)
        cases = practice.rows(sa.select(CASE.c.case_id, CASE.c.version))
        actions.info_sent(practice.ctx, cases, "FAX", DAY)
        names = (CASE.c.state, CASE.c.waiting_for, CASE.c.next_action, CASE.c.then_action, CASE.c.deadline_date)
        assert practice.rows(sa.select(*names)) == [("waiting", "info_sent", "WO", "APP", None)]
        for step in (undo, replay):
            step(practice.ctx, "remit:T2", DAY)
            assert practice.rows(sa.select(*names)) == [("waiting", "info_sent", "WO", "APP", None)]


@pytest.mark.long
def test_what_the_payer_refused_later_or_only_a_clearing_house_took_is_not_late(folder_sent, tmp_path):
    with copied(folder_sent, tmp_path / "home") as practice:
        know(practice, payer(filing="30"))
        refused = ca_277("B1", ("A1", "A7:21", "150"), day="20250320", own="000000302")
        practice.night(ca_277("B1", ("A1", "A2:20", "150")), refused, denied())
        assert appeals.planned(practice.ctx, case_id(practice), day=DAY).refused != "filed-late"
        assert step(practice)[:2] == ("APP", "WO")
