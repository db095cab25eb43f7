"""What was sent and has no answer comes back on its day; until then the list says to wait, and for what day."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from claims.service import filed
from claims.service.desk import actions, queue
from claims.service.desk.queue import Filters
from claims.service.queue import denial_story
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from tests.charges.build.masters import known
from tests.service.desk.conftest import DAY, cases, chosen, denied, events, paid
from tests.service.desk.test_priority import night

ASK_ON = DAY + timedelta(days=45)  # an appeal to a commercial payer, by codes/follow_up.csv


def row(books, number, state):
    rows = queue.page(books.ctx, queue.Filters(state=state)).rows
    return rows[rows["claim_number"] == number].iloc[0]


def test_an_appeal_that_nobody_answers_comes_back_after_its_day(books):
    actions.appeal_sent(books.ctx, chosen(books, "A3"), 1, "certified mail 1", DAY, packet="")
    waits = row(books, "A3", "waiting")
    assert waits["next_action_label"] == f"Wait for the answer; ask on {ASK_ON}"
    assert waits["deadline_date"] == ASK_ON.isoformat()
    assert waits["deadline_rule"] == "an answer is expected in 45 days (our default)"
    assert night(books, ASK_ON)["denials_unanswered"] == 0
    before = cases(books).loc["A3", "score"]
    assert night(books, ASK_ON + timedelta(days=1))["denials_unanswered"] == 1
    back = row(books, "A3", "open")
    assert back["next_action_label"] == f"No answer by {ASK_ON}: ask the payer"
    assert back["urgency_points"] == 100 and back["score"] >= before
    assert (back["state"], back["waiting_for"]) == ("waiting", "appealed")  # a decision is still the answer to it
    assert events(books, "A3")[-1] == "no_answer"
    assert night(books, ASK_ON + timedelta(days=1))["denials_unanswered"] == 0


def test_what_was_asked_for_may_be_asked_again_later_or_now(books):
    actions.info_sent(books.ctx, chosen(books, "A2"), "portal 17", DAY)
    later = DAY + timedelta(days=90)
    assert actions.snooze(books.ctx, chosen(books, "A2"), later, DAY).done
    night(books, later)
    assert row(books, "A2", "waiting")["deadline_date"] == later.isoformat()
    assert actions.wake(books.ctx, chosen(books, "A2"), later).done
    assert row(books, "A2", "open")["next_action_label"].startswith("No answer by ")
    assert actions.wake(books.ctx, chosen(books, "A2"), later).refused["reason"].tolist() == ["not-asleep"]


def test_the_days_are_the_payers_own_where_master_data_know_them(books, monkeypatch):
    payers = known(payers=[{"payer_code": "1512345678", "payer_name": "PLAN ONE", "answer_days": 10}])
    monkeypatch.setattr("claims.service.desk.steps.load_master", lambda ctx: payers)
    actions.appeal_sent(books.ctx, chosen(books, "A3"), 1, "certified mail 1", DAY, packet="")
    waits = row(books, "A3", "waiting")
    assert waits["deadline_date"] == (DAY + timedelta(days=10)).isoformat()
    assert "its rule in master data" in waits["deadline_rule"]


@pytest.mark.long
def test_undo_of_a_sending_takes_the_day_back_and_an_answer_ends_the_wait(books):
    done = actions.appeal_sent(books.ctx, chosen(books, "A3"), 1, "certified mail 1", DAY, packet="")
    actions.undo(books.ctx, done.action_id, DAY)
    assert cases(books).loc["A3", ["state", "snoozed_until_date"]].fillna("").tolist() == ["new", ""]
    actions.appeal_sent(books.ctx, chosen(books, "A3"), 1, "certified mail 1", DAY, packet="")
    books.night(denied(("A3", "103", "CO", "29", ""), trace="T8", day="20250715"), day=date(2025, 7, 16))
    now = row(books, "A3", "open")
    assert (now["state"], now["snoozed_until_date"]) == ("in_work", "")
    assert "upheld" in events(books, "A3")


def test_the_undo_of_a_repeat_that_changed_nothing_of_a_case_leaves_its_day(books):
    actions.info_sent(books.ctx, chosen(books, "A2"), "portal 17", DAY)
    asked = row(books, "A2", "waiting")["snoozed_until_date"]
    repeat = denied(("A2", "102", "OA", "18", ""), trace="T8", day="20250715")
    books.night(repeat, day=date(2025, 7, 16))
    assert row(books, "A2", "waiting")["snoozed_until_date"] == asked
    for act in (undo, replay):
        act(books.ctx, "remit:T8", date(2025, 7, 16))
        assert row(books, "A2", "waiting")["snoozed_until_date"] == asked
    assert [problem for one in verify(books.ctx) for problem in one.broken] == []


def test_a_case_that_waited_without_a_day_gets_one_in_the_night(books):
    actions.info_sent(books.ctx, chosen(books, "A2"), "portal 17", DAY)
    actions.note(books.ctx, chosen(books, "A2"), "called", DAY + timedelta(days=5))
    from claims.store import desk
    from claims.store.engine import write

    with write(books.ctx.engine) as conn:  # as an earlier version left it
        desk.save(conn, cases(books).loc[["A2"], ["case_id"]].assign(snoozed_until_date=""), cases(books).head(0))
    night(books, DAY + timedelta(days=6))
    assert row(books, "A2", "waiting")["deadline_date"] == (DAY + timedelta(days=30)).isoformat()


def test_a_claim_that_came_late_is_written_off_after_a_check_and_not_appealed(books, monkeypatch):
    before = cases(books).loc["A3"]
    why = "taken 2025-09-29, last day 2025-06-04: 90 days from the first day of service; contract"
    monkeypatch.setattr(filed, "late", lambda conn, master, rows, day: rows["case_id"].map(lambda _: why))
    assert night(books, DAY)["denials_filed_late"] == 1
    now = row(books, "A3", "open")
    assert now["next_action_label"] == "Write it off after a check" and "longer limit" in now["then_action_label"]
    assert now["score"] < before["score"] and now["deadline_date"] == "" and why in now["deadline_rule"]
    assert denial_story(books.ctx, now["case_key"])["next_action_label"] == "Write it off after a check"
    monkeypatch.setattr(filed, "late", lambda conn, master, rows, day: rows["case_id"].map(lambda _: ""))
    night(books, DAY)  # the contract's own limit is known by now
    again = cases(books).loc["A3"]
    names = ["next_action", "then_action", "deadline_date", "score"]
    assert again[names].tolist() == before[names].tolist()
    assert events(books, "A3").count("next_step") == 2


@pytest.mark.long
def test_a_closed_case_says_how_it_ended_and_asks_for_nothing(books):
    actions.appeal_sent(books.ctx, chosen(books, "A3"), 1, "certified mail 1", DAY, packet="")
    books.night(paid("A3", "103", "80"), day=date(2025, 7, 21))
    done = row(books, "A3", "closed")
    assert (done["next_action_label"], done["deadline_date"], done["deadline_rule"]) == ("", "", "")
    told = denial_story(books.ctx, done["case_key"])
    end = told["closing"]
    assert (end["outcome"], end["day"], end["recovered_cents"]) == ("overturned", "2025-07-21", 8000)
    assert (end["paid_cents"], end["trace_number"], end["payment_date"]) == (8000, "T9", "2025-07-20")
    assert (told["next_action_label"], told["proof_needed"], told["then_action_label"]) == ("", "", "")
    totals = queue.totals(books.ctx, queue.Filters(state="closed"))
    assert (totals.cases, totals.at_risk_cents, totals.recovered_cents) == (1, 0, 8000)


def test_a_case_that_a_person_closed_says_who_and_why(books):
    actions.write_off(books.ctx, chosen(books, "A1"), "not worth it", 10**6, DAY)
    end = denial_story(books.ctx, cases(books).loc["A1", "case_key"], show_phi=True)["closing"]
    assert (end["outcome"], end["actor"], end["words"], end["amount_cents"]) == (
        "written_off", "tester", "not worth it", 10100
    )  # fmt: skip
    assert end["decided_by"] == 0


def test_a_second_step_never_repeats_the_first(books):
    with write(books.ctx.engine) as conn:
        conn.execute(sa.update(schema.denial_cases).values(next_action="CALL", then_action="CALL", state="new"))
    rows = queue.page(books.ctx, Filters(state="any")).rows
    assert set(rows["next_action_label"]) == {"Ask the patient or subscriber to act"}
    assert set(rows["then_action_label"]) == {""}
