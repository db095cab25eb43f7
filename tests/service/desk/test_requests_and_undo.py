"""What is asked of a second person ends as it should, and undo touches nothing that is not its own."""

from __future__ import annotations

import json
from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service.desk import actions, money
from claims.service.patient_entry import add_patient_payment
from claims.store import schema
from tests.service.desk.conftest import DAY, as_person, cases, chosen, denied, events
from tests.service.desk.test_priority import night

ACTIONS, AUDIT = schema.denial_actions, schema.audit_events


def test_a_note_that_is_undone_leaves_what_waits_for_a_second_person(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    asked = actions.write_off(anna, chosen(books, "A1"), "small", 0, DAY)
    note = actions.note(anna, chosen(books, "A1"), "wrong case", DAY)
    assert len(actions.undo(anna, note.action_id, DAY).done) == 1
    assert cases(books).loc["A1", "pending_action_id"] == asked.action_id
    done = actions.approve(bert, asked.action_id, DAY)
    assert len(done.done) == 1 and cases(books).loc["A1", "outcome"] == "written_off"


def held_less(monkeypatch, case_id):
    """Let the books hold a cent less for a case than when it was asked for."""
    real = money.books.of_cases

    def less(conn, rows):
        held = real(conn, rows)
        return held.assign(amount_cents=held["amount_cents"] - (held["case_id"] == case_id))

    monkeypatch.setattr(money.books, "of_cases", less)


def test_a_case_with_another_amount_is_left_out_of_an_approval_uncounted_and_free(books, monkeypatch):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    seen = chosen(books, "A1", "A2")
    asked = actions.write_off(anna, seen, "small", 0, DAY)
    with monkeypatch.context() as patch:
        held_less(patch, seen[0][0])
        done = actions.approve(bert, asked.action_id, DAY)
    assert (done.state, done.done, done.amount_cents) == ("approved", [seen[1][0]], 10200)
    assert done.refused["reason"].tolist() == ["amount-changed"]
    body = books.rows(sa.select(AUDIT.c.body).where(AUDIT.c.action == "denial.approve"))[0][0]
    told = json.loads(body)
    assert (told["cases"], told["amount_cents"]) == (1, 10200)
    assert cases(books).loc["A1", ["state", "pending_action_id"]].tolist() == ["new", 0]
    assert events(books, "A1") == ["opened", "write_off_asked", "refused"]
    again = actions.write_off(anna, chosen(books, "A1"), "small", 10**6, DAY)
    assert again.amount_cents == 10100
    assert actions.undo(anna, asked.action_id, DAY).done == [seen[1][0]]


def test_an_approval_that_finds_nothing_left_to_do_is_none(books, monkeypatch):
    seen = chosen(books, "A1")
    asked = actions.write_off(as_person(books, "anna"), seen, "small", 0, DAY)
    held_less(monkeypatch, seen[0][0])
    done = actions.approve(as_person(books, "bert"), asked.action_id, DAY)
    assert (done.state, done.done, done.amount_cents) == ("overtaken", [], 0)
    assert books.rows(sa.select(ACTIONS.c.state, ACTIONS.c.approved_by)) == [("overtaken", "")]
    assert cases(books).loc["A1", "pending_action_id"] == 0


def test_what_the_patient_has_paid_is_not_taken_back_from_the_patient(books):
    billed = actions.to_patient(books.ctx, chosen(books, "A4"), DAY)
    add_patient_payment(books.ctx, "A4", 6000, DAY, "card", DAY, reference="R1")
    before = books.balances()
    undone = actions.undo(books.ctx, billed.action_id, DAY)
    assert undone.done == [] and undone.refused["reason"].tolist() == ["patient-has-paid"]
    assert books.balances() == before
    assert cases(books).loc["A4", "outcome"] == "billed_patient"


@pytest.mark.long
def test_what_was_sent_in_time_does_not_expire_while_its_answer_is_due(books):
    actions.info_sent(books.ctx, chosen(books, "A1"), "fax 17:03", DAY)
    late = date(2026, 8, 1)
    done = actions.expire(books.ctx, chosen(books, "A1"), "late", 10**6, late)
    assert done.refused["reason"].tolist() == ["waits-for-answer"]
    books.night(denied(("A1", "101", "CO", "197", ""), trace="T7", day="20250720"), day=date(2025, 7, 21))
    assert actions.expire(books.ctx, chosen(books, "A1"), "late", 10**6, late).amount_cents == 10100


def test_an_undo_of_a_request_is_not_undone(books):
    asked = actions.write_off(books.ctx, chosen(books, "A1"), "small", 0, DAY)
    undone = actions.undo(books.ctx, asked.action_id, DAY)
    with pytest.raises(UsageError, match="asking for it again"):
        actions.undo(books.ctx, undone.action_id, DAY)


def test_what_is_said_twice_from_one_page_stands_once(books):
    anna, bert, seen = as_person(books, "anna"), as_person(books, "bert"), chosen(books, "A1")
    first = actions.note(anna, seen, "called", DAY)
    again = actions.note(anna, seen, "called", DAY)
    assert (again.action_id, again.done) == (first.action_id, first.done)
    assert actions.note(bert, seen, "called", DAY).action_id != first.action_id
    assert actions.note(anna, chosen(books, "A1"), "called", DAY).action_id != first.action_id  # seen anew, said anew
    assert events(books, "A1").count("note") == 3
    actions.info_sent(anna, chosen(books, "A1"), "fax 17:03", DAY)
    sent = actions.info_sent(anna, chosen(books, "A1"), "fax 17:04", DAY)
    assert sent.refused["reason"].tolist() == ["records-were-sent"]


def test_a_deadline_that_the_night_moved_hinders_no_undo(books):
    assigned = actions.assign(books.ctx, chosen(books, "A2"), "anna", DAY)
    actions.tag(books.ctx, chosen(books, "A2"), "monday", DAY)
    night(books, date(2025, 8, 11))  # the last day of a corrected claim has passed: an appeal is still possible
    assert events(books, "A2")[-1] == "deadline"
    assert len(actions.undo(books.ctx, assigned.action_id, date(2025, 8, 11)).done) == 1
    assert cases(books).loc["A2", ["assignee", "tag"]].tolist() == ["", "monday"]
