"""The night ranks open cases by their day, wakes what was put aside, and follows the rules of payers."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from claims.service.desk import actions, priority
from claims.service.runs import running
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from tests.charges.build.masters import known
from tests.service.desk.conftest import DAY, cases, chosen, denied, events

PARTS = ["recovery_percent", "value_points", "urgency_points", "touch_points", "effort_points", "score"]
QUIET = dict.fromkeys(priority.COUNTS, 0)


def night(practice, day, master=None, monkeypatch=None):
    if master is not None:
        monkeypatch.setattr(priority, "load_master", lambda ctx: master)
    with running(practice.ctx, "reconcile", day) as (run_id, counts):
        counts.update(priority.prioritise(practice.ctx, run_id, day))
    return counts


def test_cases_are_ranked_in_the_night_that_opens_them_and_a_second_run_changes_nothing(books):
    rows = cases(books)
    # No authorization (M), effort 40: 101.00 x 45 percent; appeals of a commercial payer: 180 days of the remittance.
    assert rows.loc["A1", ["next_action", "deadline_date"]].tolist() == ["AUTH", "2025-12-08"]
    assert rows.loc["A1", PARTS].tolist() == [45, 33, 5, 0, 40, (50 * 33 + 35 * 5 - 10 * 40) // 100]
    assert (rows["queue"] == "open").all() and (rows["version"] == 1).all()
    assert night(books, DAY) == QUIET
    assert cases(books).equals(rows)


def test_time_that_passes_raises_the_score_and_a_missed_deadline_leaves_the_queue(books):
    before = cases(books)
    due = date.fromisoformat(before.loc["A1", "deadline_date"])
    night(books, due)
    rows = cases(books)
    assert rows.loc["A1", ["urgency_points", "touch_points", "queue"]].tolist() == [100, 100, "open"]
    assert night(books, due + timedelta(days=1))["denials_expired"] == 3  # A2's appeal too
    rows = cases(books)
    assert rows.loc["A1", ["queue", "state"]].tolist() == ["expired", "new"]  # nobody closes it but a person
    assert (rows["version"] == before["version"]).all()


def test_a_rule_of_the_payer_sets_the_deadline_and_its_change_is_told(books, monkeypatch):
    payers = known(payers=[{"payer_code": "1512345678", "payer_name": "PLAN ONE", "appeal_limit_days": 45}])
    before = cases(books).loc["A1"]
    counts = night(books, DAY, payers, monkeypatch)
    assert counts["deadlines_changed"] == 2
    now = cases(books).loc["A1"]
    assert (now["deadline_date"], now["deadline_sort_date"]) == ("2025-07-26", "2025-07-26")
    assert (
        now["deadline_rule"] == "first appeal: 45 days from the remittance date (1512345678: its rule in master data)"
    )
    assert events(books, "A1") == ["opened", "deadline"]
    body = books.rows(sa.select(schema.denial_events.c.body).where(schema.denial_events.c.kind == "deadline"))[0][0]
    names = ("deadline_date", "deadline_rule", "own_payer_code", "payer_type")
    assert json.loads(body)["before"] == {name: before[name] for name in names}
    assert night(books, DAY) == QUIET


def put_aside(practice, **values):
    table = schema.denial_cases
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(table).where(table.c.claim_number == "A1").values(**values))


def test_a_case_put_aside_for_a_day_comes_back_on_it(books):
    put_aside(books, snoozed_until_date=date(2025, 7, 10))
    night(books, date(2025, 7, 9))
    assert cases(books).loc["A1", ["queue", "version"]].tolist() == ["snoozed", 1]
    assert night(books, date(2025, 7, 10))["denials_woken"] == 1
    assert cases(books).loc["A1", ["queue", "version", "snoozed_until_date"]].tolist() == ["open", 2, ""]
    assert events(books, "A1") == ["opened", "woken"]


@pytest.mark.long
def test_a_case_put_aside_for_the_next_remittance_comes_back_with_it(books):
    postings = sa.select(sa.func.max(schema.claim_postings.c.claim_posting_id))
    put_aside(books, snoozed_for="next-remit", snoozed_at_posting=books.rows(postings)[0][0])
    night(books, date(2026, 1, 5))
    assert cases(books).loc["A1", "snoozed_for"] == "next-remit"
    books.night(denied(("A1", "101", "CO", "18", ""), trace="T3", day="20250701"), day=date(2025, 7, 2))
    assert cases(books).loc["A1", "snoozed_for"] == ""


@pytest.mark.long
def test_a_case_goes_on_with_the_step_that_is_still_possible_and_expires_when_none_is(books):
    """A2 (CO-16): a corrected claim until August 10, an appeal until December 8."""
    late = date(2025, 8, 11)
    assert cases(books).loc["A2", ["next_action", "deadline_date"]].tolist() == ["C7", "2025-08-10"]
    asked = actions.expire(books.ctx, chosen(books, "A2"), "late", 10**6, late)  # before any night of that day
    assert asked.refused["reason"].tolist() == ["still-possible"] and not asked.done
    assert "(Appeal to the payer by 2025-12-08)" in asked.refused["says"].iloc[0]
    given_up = actions.preview(
        books.ctx, actions.expire, chosen(books, "A2"), "late", 10**6, late, "below the cost of an appeal"
    )
    assert len(given_up.done) == 1
    night(books, late)
    found = cases(books).loc["A2", ["queue", "next_action", "deadline_date"]].tolist()
    assert found == ["open", "APP", "2025-12-08"] and events(books, "A2")[-2:] == ["next_step", "deadline"]
    assert actions.expire(books.ctx, chosen(books, "A2"), "late", 10**6, late).refused["reason"].tolist() == [
        "not-expired"
    ]
    assert night(books, late + timedelta(days=1))["deadlines_changed"] == 0
    night(books, date(2025, 12, 9))
    assert cases(books).loc["A2", "queue"] == "expired"
    assert len(actions.expire(books.ctx, chosen(books, "A2"), "late", 10**6, date(2025, 12, 9)).done) == 1
    assert not [check.name for check in verify(books.ctx) if check.broken]
