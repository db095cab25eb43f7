"""What a correction takes off a charge is given up once: by the correction, not by a write-off of the denial too."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.service import lowered_requests, money_approvals, money_requests, people
from claims.service.desk import actions, held
from claims.service.reconcile import reconcile
from claims.service.resubmit import Change
from claims.store import audit, schema
from claims.store.engine import read, write
from claims.store.queries import given_up
from tests.service.desk.conftest import as_person, cases, chosen
from tests.service.desk.test_sending import KNOWN, leave, practice, sent_home  # noqa: F401
from tests.service.outgoing import DAY, NOW

LESS = [Change(1, "charge_cents", "125.00")]


def balances(made, *accounts):
    """What stands on accounts, in cents."""
    line = schema.ledger_lines
    rows = made.rows(sa.select(line.c.account, sa.func.sum(line.c.amount_cents)).group_by(line.c.account))
    return [dict(rows).get(one, 0) for one in accounts]


def person(made, name, limit):
    """Add somebody who may give up so much."""
    audit.create_key(made.ctx.settings.people_key_file)
    people.add(made.ctx, name, ["supervisor"], NOW, write_off_limit_cents=limit)
    with write(made.ctx.engine) as conn:
        conn.execute(sa.update(schema.users).values(state="active"))


@pytest.mark.long
def test_what_a_correction_takes_off_is_not_given_up_a_second_time(practice, monkeypatch):  # noqa: F811
    ctx = as_person(practice, "anna")
    assert balances(practice, "4200") == [0]
    actions.resubmit(ctx, chosen(practice, "K1"), DAY, LESS, master=KNOWN)
    for act in (actions.preview, lambda ctx, do: do(ctx)):  # and the preview says it
        done = act(ctx, lambda on: actions.write_off(on, chosen(practice, "K1"), "small", 10**6, DAY))
        assert (done.done, done.refused["reason"].tolist()) == ([], ["charge-being-lowered"])
        assert "claim 6" in done.refused["says"].iloc[0]
    assert leave(practice) == 1
    reconcile(ctx, DAY)
    held = balances(practice, "1110")[0]
    done = actions.write_off(ctx, chosen(practice, "K1"), "small", 10**6, DAY)
    assert (done.done, done.amount_cents) == ([int(cases(practice).loc["K1", "case_id"])], 12500)
    assert balances(practice, "4200", "1110") == [12500, held - 14500]
    with read(ctx.engine) as conn:
        assert given_up.on_day(conn, "anna", DAY, "9999") == 2000 + 12500
        family = cases(practice).loc["K1", "family_id"]
        assert given_up.of_families(conn, "anna", [family]).to_dict() == {family: 2000 + 12500}
    person(practice, "anna", 17000)  # a charge lowered on another day is of the same claim
    monkeypatch.setattr(given_up, "on_day", lambda *_: 0)
    with read(ctx.engine) as conn:
        may = money_requests.authority(conn, ctx, DAY, [family])
    assert may.covers(pd.Series({family: 2500})) and not may.covers(pd.Series({family: 2501}))
    assert may.covers(pd.Series({family + 1: 17000}))
    assert "CREDIT_BALANCE" not in practice.exceptions()


@pytest.mark.long
def test_what_was_undone_uses_no_limit_of_who_asked_or_approved(practice, monkeypatch):  # noqa: F811
    monkeypatch.setattr("claims.service.desk.sending.load_master", lambda _: KNOWN)
    person(practice, "anna", 2500)
    person(practice, "sue", 10**6)
    anna, sue = as_person(practice, "anna"), as_person(practice, "sue")

    def used():
        with read(practice.ctx.engine) as conn:
            ways = (("anna", given_up.on_day), ("sue", given_up.approved_on_day))
            return [of(conn, name, DAY, "9999") for name, of in ways]

    done = lowered_requests.of_cases(anna, chosen(practice, "K1"), DAY, LESS)
    assert used() == [2000, 0]
    asked = lowered_requests.of_cases(anna, chosen(practice, "K4"), DAY, LESS, lowered_reason="billed twice")
    assert money_approvals.approve(sue, asked.request, DAY) == 2000 and used() == [2000, 2000]
    for number in (done.action_id, done.action_id + 1):
        assert len(actions.undo(anna, number, DAY).done) == 1
    assert used() == [0, 0]


def test_where_nothing_is_left_nothing_is_given_up(books, monkeypatch):
    with read(books.ctx.engine) as conn:
        denied = held.of_cases(conn, cases(books).loc[["A1"]].reset_index(drop=True))
    line = denied.set_index(["family_id", "payer_sequence", "line_number"])["amount_cents"]
    monkeypatch.setattr(held.credits, "denied_and_not_charged", lambda *_: line)  # all of it is charged no more
    before = balances(books, "4200", "1110", "1100")
    done = actions.write_off(books.ctx, chosen(books, "A1"), "small", 0, DAY)
    assert (done.state, len(done.done), done.amount_cents) == ("done", 1, 0)
    assert balances(books, "4200", "1110", "1100") == [before[0], before[1] - 10100, before[2] + 10100]
    event = schema.denial_events
    assert books.rows(sa.select(event.c.amount_cents).where(event.c.kind == "written_off")) == [(0,)]
