"""What a person reads in the morning: the news of the night, patterns, views, and the story of a case."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from claims import config
from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service import denial_charts
from claims.service.desk import actions, patterns, queue, story, today, views
from claims.service.desk.queue import Filters
from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from tests.books import Bill, claims
from tests.service.desk.conftest import DAY, as_person, cases, chosen, denied, paid

NEXT = date(2025, 7, 21)


def news(practice):
    found = today.since_last_night(practice.ctx)
    return {
        row["news"]: (row["cases"], row["at_risk_cents"], row["event_cents"]) for row in found.counts.to_dict("records")
    }


@pytest.mark.long
def test_the_news_are_those_of_the_last_day_however_often_it_ran(books):
    assert news(books)["new"] == (4, 41000, 41000)
    books.night(paid("A1", "101", "60"), denied(("A2", "102", "CO", "29", ""), trace="T8", day="20250720"), day=NEXT)
    told = news(books)
    assert told["new"] == (0, 0, 0)
    assert told["paid"] == (1, 10100, 6000) and told["changed"] == (1, 10200, 10200)
    books.reconcile(NEXT)
    books.reconcile(NEXT)
    assert news(books) == told
    found = today.since_last_night(books.ctx)
    assert found.posting_date == NEXT
    assert found.cases[["news", "claim_number"]].to_numpy().tolist() == [["changed", "A2"], ["paid", "A1"]]
    listed = queue.page(books.ctx, Filters(state="any", changed_since_run=found.first_run)).rows
    assert set(listed["claim_number"]) == {"A1", "A2"}
    for trace, kind, other in (("T8", "changed", "paid"), ("T9", "paid", "changed")):
        undo(books.ctx, f"remit:{trace}", NEXT)
        now = news(books)
        assert (now[kind], now[other]) == ((0, 0, 0), told[other])
        replay(books.ctx, f"remit:{trace}", NEXT)
        assert news(books) == told
    undo(books.ctx, "remit:T2", NEXT)  # what opened the cases
    books.reconcile(NEXT)
    assert news(books)["paid"] == (0, 0, 0)


def test_what_falls_due_is_counted_by_the_accounting_day(books):
    due = date.fromisoformat(cases(books).loc["A2", "deadline_date"])
    books.reconcile(date.fromordinal(due.toordinal() - 7))
    assert news(books)["due"][0] == 1
    books.reconcile(date.fromordinal(due.toordinal() + 1))
    assert news(books)["due"][0] == 0


def test_before_any_night_there_are_no_news(sqlite_url, tmp_path, sqlite_template):
    from claims import config
    from claims.service.context import open_context

    ctx = open_context(config.load(home=tmp_path / "claims-data", database_url=sqlite_url), actor="anna")
    found = today.since_last_night(ctx)
    assert (found.posting_date, found.first_run, found.counts["cases"].sum()) == (None, 0, 0)
    ctx.engine.dispose()


def test_views_are_ones_own_or_the_teams_and_say_what_they_hold(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    mine = views.save(anna, "Mine", Filters(mine_or_unassigned=True))
    team = views.save(anna, "Due", Filters(due_by=date(2026, 1, 1)), "deadline", team=True)
    actions.assign(bert, chosen(books, "A1"), "bert", DAY)
    assert views.listed(anna)[["name", "cases", "at_risk_cents"]].to_numpy().tolist() == [
        ["Due", 3, 30600], ["Mine", 3, 30900],
    ]  # fmt: skip
    assert views.listed(bert)["view_id"].tolist() == [team]
    assert views.listed(bert)["filters"].tolist() == [Filters(due_by=date(2026, 1, 1))]
    assert views.save(anna, "Mine", Filters(assignee="anna")) == mine
    with pytest.raises(NotFoundError):
        views.delete(bert, mine)
    views.delete(anna, mine)
    assert views.listed(anna, counts=False)["name"].tolist() == ["Due"]
    with pytest.raises(UsageError, match="sorted by"):
        views.save(anna, "X", Filters(pattern_id=1), "deadline")


def test_a_view_of_what_is_due_in_so_many_days_counts_from_the_day_that_it_is_looked_at(books, monkeypatch):
    anna = as_person(books, "anna")
    for day in (DAY, date(2025, 12, 1)):
        monkeypatch.setattr(config.Settings, "today", lambda _, day=day: day)
        if day == DAY:
            views.save(anna, "Soon", Filters(due_by=day + timedelta(days=10)), due_in=10)
        (view,) = views.listed(anna).to_dict("records")
        assert view["filters"].due_by == day + timedelta(days=10) and view["due_in"] == 10
    assert view["cases"] == int((cases(books)["deadline_sort_date"] <= "2025-12-11").sum()) > 0


@pytest.mark.long
def test_many_of_one_cause_are_one_item_and_are_worked_as_one(books):
    bills = [Bill(f"P{number}", [("99213", "50")]) for number in range(12)]
    books.night(
        claims(*bills, control="000000077"),
        denied(*((one.number, "50", "CO", "16", "N290") for one in bills), trace="T44"),
    )
    told = denial_charts.causes(books.ctx)
    found = told.patterns
    # A2 has the same cause.
    assert found[["reason_code", "remark_codes", "procedure_codes", "cases"]].to_numpy().tolist() == [
        ["16", "N290", "99213", 13]
    ]
    asked = Filters(pattern_id=int(found["pattern_id"].iloc[0]))
    assert (told.groups["cases"] >= 2).all()
    assert told.groups["cases"].sum() + told.alone[0] == queue.totals(books.ctx, Filters()).cases
    done = actions.assign(books.ctx, queue.selection(books.ctx, asked), "anna", DAY)
    assert len(done.done) == 13
    before = books.rows(sa.select(schema.denial_patterns))
    assert patterns.find_patterns(books.ctx, DAY) == {"patterns_found": 0, "pattern_cases": 0}
    assert books.rows(sa.select(schema.denial_patterns)) == before
    case = cases(books).loc["P3"]
    told = story.story(books.ctx, int(case["case_id"]))
    assert len(told["siblings"]) == 12 and set(told["siblings"]["claim_number"]) == {MASK}
    # Denied again for another reason, a case leaves the pattern.
    books.night(denied(("P3", "50", "CO", "29", ""), trace="T45", day="20250701"))
    assert cases(books).loc["P3", "pattern_id"] == 0


def test_a_story_adds_up_and_hides_what_names_a_patient(books):
    actions.note(as_person(books, "anna"), chosen(books, "A2"), "MRS TEST called", DAY)
    asked = actions.write_off(as_person(books, "anna"), chosen(books, "A2"), "MRS TEST moved", 0, DAY)
    actions.approve(as_person(books, "bert"), asked.action_id, DAY)
    case_id = int(cases(books).loc["A2", "case_id"])
    told = story.story(books.ctx, case_id)
    assert told["sums"] == {"charge_cents": 10200, "adjusted_cents": 10200, "paid_cents": 0, "left_cents": 0}
    assert told["events"]["kind"].tolist() == ["opened", "note", "write_off_asked", "written_off"]
    assert told["events"][["requested_by", "approved_by"]].to_numpy().tolist()[-1] == ["anna", "bert"]
    assert told["events"]["before"].tolist()[1] == {"state": "new"}
    assert "TEST" not in str(told)
    assert "MRS TEST called" in story.story(books.ctx, case_id, show_phi=True)["events"]["reason"].tolist()
    assert told["places"].columns.tolist() == ["file_id", "sha256", "seg", "offset", "length"]
    raw = [books.ctx.vault.read(row.sha256, row.offset, row.length) for row in told["places"].itertuples()]
    assert [one[:3] for one in raw] == [b"CLP", b"SVC", b"CAS", b"LQ*"]
    assert set(told["timeline"]["kind"]) >= {"import", "journal", "denial"}
    with pytest.raises(NotFoundError):
        story.story(books.ctx, 999)
