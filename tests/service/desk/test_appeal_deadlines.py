"""Until when the next appeal is possible: it counts from the decision on the last; desk and letters say the same."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from claims.codes import table
from claims.denials import appeals as rules
from claims.denials.deadlines import deadlines
from claims.denials.limits import decided_before
from claims.service import appeals, master
from claims.service.desk import actions, priority
from claims.service.filed import decided_before_each
from claims.service.runs import running
from claims.service.verify import verify
from claims.store.engine import read
from tests.service.desk.conftest import cases, chosen, denied, events, paid

SENT, NIGHT = date(2025, 11, 20), date(2025, 12, 20)
SHOWN = ["state", "queue", "deadline_date", "decision_date"]


def look(books, day):
    with running(books.ctx, "reconcile", day) as (run_id, _):
        priority.prioritise(books.ctx, run_id, day)


@pytest.fixture
def appealed(books):
    """The same practice, with a first appeal of A1 sent, and the night a month later."""
    assert len(actions.appeal_sent(books.ctx, chosen(books, "A1"), 1, "certified mail", SENT, packet="").done) == 1
    look(books, NIGHT)
    return books


@pytest.mark.long
def test_no_second_deadline_runs_before_the_first_decision(appealed):
    case = cases(appealed).loc["A1"]
    assert case[SHOWN].tolist() == ["waiting", "waiting", "", ""]
    assert case["deadline_rule"] == "the day the decision came is not known"


@pytest.mark.long
def test_a_decision_by_letter_starts_the_second_deadline(appealed):
    seen = chosen(appealed, "A1")
    done = actions.appeal_upheld(appealed.ctx, seen, date(2025, 12, 18), "letter of December 14", NIGHT)
    assert done.done == [seen[0][0]]
    assert cases(appealed).loc["A1", SHOWN].tolist() == ["in_work", "open", "2026-02-16", "2025-12-18"]
    plan = appeals.planned(appealed.ctx, seen[0][0], day=NIGHT)
    assert (plan.level, plan.refused, plan.deadline.last_day) == (2, "", date(2026, 2, 16))
    look(appealed, date(2025, 12, 21))
    assert cases(appealed).loc["A1", "deadline_date"] == "2026-02-16"
    late = actions.appeal_sent(appealed.ctx, chosen(appealed, "A1"), 2, "fax", date(2026, 2, 17))
    assert late.refused["reason"].tolist() == ["appeal-window-passed"]
    sent = actions.appeal_sent(appealed.ctx, chosen(appealed, "A1"), 2, "fax", date(2026, 2, 16), packet="")
    assert len(sent.done) == 1
    assert cases(appealed).loc["A1", ["appeal_level", "decision_date"]].tolist() == [2, ""]


def test_the_note_of_a_decision_can_be_undone(appealed):
    done = actions.appeal_upheld(appealed.ctx, chosen(appealed, "A1"), date(2025, 12, 18), "letter", NIGHT)
    actions.undo(appealed.ctx, done.action_id, NIGHT)
    assert cases(appealed).loc["A1", SHOWN].tolist() == ["waiting", "waiting", "", ""]
    assert events(appealed, "A1")[-2:] == ["appeal_upheld", "undo"]


@pytest.mark.parametrize(
    ("number", "on", "reason"),
    [
        ("A2", date(2025, 12, 18), "no-appeal-waits"),
        ("A1", date(2025, 12, 21), "decision-ahead"),
        ("A1", date(2025, 6, 10), "before-the-denial"),
        ("A1", date(2025, 11, 19), "before-the-appeal"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(appealed, number, on, reason):
    done = actions.appeal_upheld(appealed.ctx, chosen(appealed, number), on, "letter", NIGHT)
    assert done.refused["reason"].tolist() == [reason]


@pytest.mark.long
def test_one_deadline_stands_on_case_and_letter_and_the_payer_is_of_the_type_that_master_data_say(books):
    """The remittance says ZZ (any other payer: 30 days); master data, once they know the payer, say commercial."""
    text = denied(("A1", "101", "CO", "197", "")).replace(b"**12*ICNA1", b"**ZZ*ICNA1")
    books.night(text.replace(b"*T2*", b"*T8*").replace(b"20250611", b"20250612"), day=date(2025, 6, 20))
    (number,) = [one for one, _ in chosen(books, "A1")]
    assert cases(books).loc["A1", ["payer_type", "deadline_date"]].tolist() == ["other", "2025-07-12"]
    path = books.folder / "payers.csv"
    path.write_text("payer_code,payer_name,partner_code,payer_type\n1512345678,PLAN ONE,PRETEND,commercial\n")
    assert [one.state for one in master.import_files(books.ctx, [path])] == ["stored"]
    look(books, date(2025, 6, 21))
    assert cases(books).loc["A1", ["payer_type", "deadline_date"]].tolist() == ["commercial", "2025-12-09"]
    assert appeals.planned(books.ctx, number, day=date(2025, 6, 21)).deadline.last_day == date(2025, 12, 9)
    actions.appeal_sent(books.ctx, chosen(books, "A1"), 1, "fax", date(2025, 6, 22), packet="")
    actions.appeal_upheld(books.ctx, chosen(books, "A1"), date(2025, 7, 1), "letter", date(2025, 7, 2))
    assert cases(books).loc["A1", "deadline_date"] == "2025-08-30"
    assert appeals.planned(books.ctx, number, day=date(2025, 7, 2)).deadline.last_day == date(2025, 8, 30)
    assert not [check.name for check in verify(books.ctx) if check.broken]
    # A denial that comes after is of that type at once; where no remittance names a day of service, the claim does.
    again = denied(("A4", "104", "CO", "197", "")).replace(b"*T2*", b"*T6*").replace(b"**12*", b"**ZZ*")
    books.night(again.replace(b"20250611", b"20250703"), day=date(2025, 7, 4))
    found = cases(books).loc["A4", ["payer_type", "deadline_date", "service_date"]].tolist()
    assert found == ["commercial", "2025-12-30", "2025-02-01"]


@pytest.mark.long
def test_a_remittance_that_denies_again_is_the_decision_too(appealed):
    appealed.night(denied(("A1", "101", "CO", "197", ""), trace="T7", day="20251222"), day=date(2025, 12, 23))
    assert cases(appealed).loc["A1", SHOWN].tolist() == ["in_work", "open", "2026-02-20", "2025-12-22"]


@pytest.mark.long
def test_a_later_payer_is_filed_with_from_the_first_decision_of_the_payer_before(books):
    books.night(paid("A1", "101", "60"), day=date(2025, 7, 21))
    of = [{"family_id": int(cases(books).loc["A1", "family_id"]), "payer_sequence": one} for one in ("S", "T", "P")]
    with read(books.ctx.engine) as conn:
        days = decided_before_each(conn, pd.DataFrame(of))
    assert days.tolist() == ["2025-06-11", "2025-06-11", ""]


@pytest.mark.parametrize(
    ("sequence", "day"), [("P", ""), ("S", "2025-01-01"), ("T", "2025-02-02"), ("A", "2025-02-02"), ("", "")]
)
def test_the_payer_before_is_the_nearest_that_decided(sequence, day):
    assert decided_before({"P": "2025-01-01", "S": "2025-02-02", "B": "2025-03-03"}, sequence) == day


@pytest.mark.parametrize("payer_type", ["commercial", "medicare_ffs", "medicare_ffs_institutional", "bcbs"])
@pytest.mark.parametrize("level", [2, 3, 4, 5, 6])
def test_desk_and_letters_know_the_same_levels_and_limits(payer_type, level):
    days = dict.fromkeys(("remit_date", "service_from", "service_through", "primary_remit_date"), "2025-12-01")
    case = {"next_action": "APP", "payer_type": payer_type, "appeal_level": level - 1, "decision_date": "2026-01-31"}
    told = deadlines(pd.DataFrame([case | days])).iloc[0]
    event = str(rules._level(payer_type, level).get("event", ""))
    limit = rules.limits.appeal({}, payer_type, event)
    last_day = limit.last_day({"decision_receipt": date(2026, 1, 31)})
    assert told["deadline_date"] == (last_day.isoformat() if last_day else "")
    if not event:
        assert told["deadline_rule"] == "no appeal after the last is known for this kind of payer"
    assert (event == "external_review") == (payer_type in ("commercial", "bcbs") and level == 3)
    assert not event or event in set(table("appeal_levels")["event"])
