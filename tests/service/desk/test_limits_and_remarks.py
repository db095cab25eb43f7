"""A limit is not got round by splitting; remarks hinder no undo; approvals are of what still waits."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service import desk_case
from claims.service.desk import actions, approving, correcting, money
from claims.service.verify import verify
from claims.service.zone import begins
from claims.store import schema
from claims.store.engine import read
from claims.store.queries import given_up
from tests.service.desk.conftest import DAY, as_person, cases, chosen

ACTIONS, AUDIT = schema.denial_actions, schema.audit_events


def is_whole(books):
    return [problem for one in verify(books.ctx) for problem in one.broken] == []


def page_of(practice, number):
    return desk_case.of_key(practice.ctx, cases(practice).loc[number, "case_key"])


@pytest.mark.long
def test_notes_and_tags_hinder_no_undo_and_stay(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    before, balances = cases(books).loc["A1"], books.balances()
    done = actions.write_off(anna, chosen(books, "A1"), "small", 20000, DAY)
    sent = actions.info_sent(anna, chosen(books, "A2"), "upload 1", DAY)
    given = actions.assign(anna, chosen(books, "A3"), "anna", DAY)
    actions.note(bert, chosen(books, "A1", "A2", "A3"), "they called", DAY)
    actions.tag(bert, chosen(books, "A1", "A2"), "audit", DAY)
    word = actions.tag(bert, chosen(books, "A1"), "other", DAY)
    assert len(actions.undo(bert, word.action_id, DAY).done) == 1
    told = desk_case.happened(books.ctx, page_of(books, "A1")).set_index("kind")
    assert told.loc["written_off", "can_undo"] and told.loc["written_off", "action_id"] == done.action_id
    for action in (done, sent, given):
        undone = actions.undo(anna, action.action_id, DAY)
        assert len(undone.done) == 1, undone.refused
    rows = cases(books)
    assert rows.loc["A1", ["state", "outcome", "tag"]].tolist() == [before["state"], "", "audit"]
    assert rows.loc["A2", ["state", "waiting_for", "tag"]].tolist() == ["new", "", "audit"]
    assert rows.loc["A3", ["state", "assignee"]].tolist() == ["in_work", ""]  # who has noted something works on it
    assert books.balances() == balances and is_whole(books)
    snoozed = actions.snooze(anna, chosen(books, "A3"), "next-remit", DAY)
    actions.assign(bert, chosen(books, "A3"), "bert", DAY)
    assert actions.undo(anna, snoozed.action_id, DAY).refused["reason"].tolist() == ["moved-on"]


def test_one_by_one_is_no_way_round_a_limit(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    first = actions.write_off(anna, chosen(books, "A1"), "small", 15000, DAY)
    assert first.state == "done"
    looked = actions.preview(anna, actions.write_off, chosen(books, "A2"), "small", 15000, DAY)
    assert (looked.state, looked.amount_cents, looked.limit_cents, looked.used_cents) == (
        "waiting_approval", 10200, 15000, 10100
    )  # fmt: skip
    assert actions.write_off(anna, chosen(books, "A2"), "small", 15000, DAY).state == "waiting_approval"
    assert actions.write_off(bert, chosen(books, "A3"), "small", 15000, DAY).state == "done"  # each their own
    actions.undo(anna, first.action_id, DAY)
    assert actions.write_off(anna, chosen(books, "A4"), "small", 15000, DAY).state == "done"


def test_what_is_written_off_of_one_claim_counts_whatever_the_day(books):
    anna = as_person(books, "anna")
    first = actions.write_off(anna, chosen(books, "A1"), "small", 15000, DAY)
    with books.ctx.engine.begin() as conn:  # another line of the same claim, on the day after
        family = sa.select(schema.denial_cases.c.family_id).where(schema.denial_cases.c.claim_number == "A1")
        conn.execute(
            sa.update(schema.denial_cases)
            .where(schema.denial_cases.c.claim_number == "A2")
            .values(family_id=family.scalar_subquery(), line_number=9, extent="line")
        )
        families = [int(conn.scalar(family))]
        assert given_up.of_families(conn, "anna", families).tolist() == [10100]
        assert given_up.of_families(conn, "bert", families).tolist() == []
        assert given_up.on_day(conn, "anna", DAY, begins(anna, anna.settings.today())) == 10100
    assert first.state == "done"


def test_a_repeat_of_what_is_not_paid_counts_as_a_write_off(books, monkeypatch):
    anna = as_person(books, "anna")
    monkeypatch.setattr(money, "is_repeat_of", lambda _conn, rows, _proof: pd.Series(True, rows.index))
    proof = int(cases(books).loc["A4", "claim_payment_id"])
    close = [actions.close_duplicate(anna, chosen(books, one), proof, 15000, DAY) for one in ("A1", "A2")]
    assert [one.state for one in close] == ["done", "waiting_approval"]
    assert actions.write_off(anna, chosen(books, "A3"), "small", 15000, DAY).state == "waiting_approval"
    family = int(cases(books).loc["A1", "family_id"])
    with read(books.ctx.engine) as conn:
        assert given_up.of_families(conn, "anna", [family]).to_dict() == {family: 10100}
        monkeypatch.setattr(money.originals, "is_paid", lambda *_: True)  # then nothing is given up
        assert actions.close_duplicate(anna, chosen(books, "A4"), proof, 15000, DAY).state == "done"
        assert given_up.on_day(conn, "anna", DAY, "9999") == 10100


def test_another_day_that_is_typed_is_no_way_round_a_limit(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    days = [DAY, DAY - timedelta(days=1), DAY + timedelta(days=1)]
    ahead = anna.settings.today() + timedelta(days=1)
    with pytest.raises(UsageError, match="ahead of today"):
        actions.write_off(anna, chosen(books, "A1"), "small", 15000, ahead)
    asked = [
        actions.write_off(anna, chosen(books, number), "small", 15000, day)
        for number, day in zip(("A1", "A2", "A3"), days, strict=True)
    ]
    assert [one.state for one in asked] == ["done", "waiting_approval", "waiting_approval"]
    with pytest.raises(UsageError, match="ahead of today"):
        actions.approve(bert, asked[1].action_id, ahead, limit_cents=20000)
    assert actions.approve(bert, asked[1].action_id, days[1], limit_cents=20000).state == "approved"
    with pytest.raises(UsageError, match="with what you approved today"):
        actions.approve(bert, asked[2].action_id, days[2], limit_cents=20000)


def test_what_is_billed_to_patients_counts_to_the_limit_of_who_approves(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    asked = [actions.to_patient(anna, chosen(books, number), DAY, "signed notice").action_id for number in ("A1", "A2")]
    assert actions.approve(bert, asked[0], DAY, limit_cents=15000).state == "approved"
    with pytest.raises(UsageError, match="with what you approved today"):
        actions.approve(bert, asked[1], DAY, limit_cents=15000)


def test_requests_one_by_one_are_no_way_round_the_limit_of_who_approves(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    asked = [actions.write_off(anna, chosen(books, number), "small", 0, DAY).action_id for number in ("A1", "A2", "A3")]
    assert actions.approve(bert, asked[0], DAY, limit_cents=20000).state == "approved"
    for limit in (20299, 10200):  # 101.00 and 102.00 of one day are above both; the request alone is not
        with pytest.raises(UsageError, match="above your own limit, with what you approved today"):
            actions.approve(bert, asked[1], DAY, limit_cents=limit)
    assert approving.approved_on(bert, DAY) == 10100 and approving.approved_on(anna, DAY) == 0
    assert actions.approve(as_person(books, "cleo"), asked[1], DAY, limit_cents=10200).state == "approved"
    actions.undo(anna, asked[0], DAY)  # what does not stand is not counted
    assert approving.approved_on(bert, DAY) == 0
    with pytest.raises(UsageError, match="above your own limit"):  # of one request
        actions.approve(bert, asked[2], DAY, limit_cents=10299)
    assert actions.approve(bert, asked[2], DAY, limit_cents=10300).amount_cents == 10300


def test_approvals_are_of_what_still_waits(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    asked = actions.write_off(anna, chosen(books, "A1", "A2", "A3"), "small", 0, DAY)
    with pytest.raises(UsageError, match="above your own limit"):
        actions.approve(bert, asked.action_id, DAY, limit_cents=21000)
    actions.undo(anna, asked.action_id, DAY, only=chosen(books, "A3")[0][:1])
    row = actions.waiting(books.ctx).iloc[0]
    assert (row["cases"], row["amount_cents"]) == (2, 20300)
    assert len(approving.cases(books.ctx, [asked.action_id])[asked.action_id]) == 2
    done = actions.approve(bert, asked.action_id, DAY, limit_cents=21000)
    assert (done.state, len(done.done), done.amount_cents) == ("approved", 2, 20300)
    kept = books.rows(sa.select(ACTIONS.c.cases, ACTIONS.c.amount_cents).where(ACTIONS.c.action_id == asked.action_id))
    assert kept == [(2, 20300)] and is_whole(books)
    again = actions.write_off(anna, chosen(books, "A3", "A4"), "small", 0, DAY)
    actions.undo(anna, again.action_id, DAY, only=chosen(books, "A4")[0][:1])
    assert actions.refuse(bert, again.action_id, "appeal first", DAY).amount_cents == 10300
    body = books.rows(sa.select(AUDIT.c.body).where(AUDIT.c.action == "denial.refuse"))[0][0]
    assert (json.loads(body)["cases"], json.loads(body)["amount_cents"]) == (1, 10300)


def test_what_a_remark_is_about_is_the_first_to_correct():
    fields = [
        correcting.Field(name, name, 1, "99213", "", "", name != "2:units", ())
        for name in ("1:modifiers", "1:units", "2:units")
    ]
    first = [correcting._first(fields, said)[0].name for said in ({"N362"}, {"151"}, {"N290"})]
    assert first == ["1:units", "1:units", "1:modifiers"]
