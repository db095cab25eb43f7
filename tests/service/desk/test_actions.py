"""What people do with cases: one change, one event, one record; stale ones are named, and undo gives back what was."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from claims.errors import PeriodClosedError, UsageError
from claims.service import appeals, people
from claims.service.desk import actions, held, queue
from claims.service.periods import close_period
from claims.service.verify import verify
from claims.store import audit, schema
from tests.books import Bill, claims
from tests.service.desk.conftest import DAY, as_person, cases, chosen, denied, events, paid

ACTIONS, AUDIT = schema.denial_actions, schema.audit_events


def broken(practice):
    return [problem for one in verify(practice.ctx) for problem in one.broken]


def balanced(practice):
    """Every action has its record, every case that it changed its event, and the books hold."""
    done = practice.rows(sa.select(ACTIONS.c.action_id, ACTIONS.c.kind, ACTIONS.c.cases))
    told = practice.rows(sa.select(AUDIT.c.subject, AUDIT.c.action).where(AUDIT.c.action.like("denial.%")))
    begun = [one for one in told if one[1] not in ("denial.approve", "denial.refuse")]
    assert begun == [(f"action {action_id}", f"denial.{kind}") for action_id, kind, _ in done]
    event = schema.denial_events
    number = sa.func.count(sa.distinct(event.c.case_id))
    decided = sa.select(ACTIONS.c.action_id).where(ACTIONS.c.state == "approved")  # cases: what was decided, not asked
    is_past = sa.and_(event.c.action_id.in_(decided), sa.or_(event.c.kind.like("%_asked"), event.c.kind == "refused"))
    counted = sa.select(event.c.action_id, number).where(event.c.action_id.is_not(None), ~is_past)
    counted = dict(practice.rows(counted.group_by(event.c.action_id)))
    assert {action_id: counted.get(action_id) for action_id, _, _ in done} == {one: n for one, _, n in done}
    assert broken(practice) == []


@pytest.mark.long
def test_a_selection_is_given_to_somebody_and_what_changed_meanwhile_is_named(books):
    seen = chosen(books, "A1", "A2", "A3")
    done = actions.assign(as_person(books, "bert"), seen[:1], "bert", DAY)
    assert (done.done, done.stale, len(done.refused)) == ([seen[0][0]], [], 0)
    again = actions.assign(as_person(books, "anna"), [*seen, (999, 1)], "anna", DAY)
    assert (set(again.done), again.stale) == ({seen[1][0], seen[2][0]}, [seen[0][0]])
    assert again.refused[["case_id", "reason"]].to_numpy().tolist() == [[999, "not-there"]]
    rows = cases(books)
    assert rows.loc[["A1", "A2", "A4"], "assignee"].tolist() == ["bert", "anna", ""]
    assert rows.loc[["A1", "A2", "A4"], "state"].tolist() == ["assigned", "assigned", "new"]
    assert rows.loc[["A1", "A4"], "version"].tolist() == [2, 1]
    balanced(books)


@pytest.mark.long
def test_nothing_done_leaves_no_trace(books):
    before = books.count(AUDIT)
    done = actions.assign(books.ctx, chosen(books, "A1"), "", DAY)
    assert (done.action_id, done.done) == (0, [])
    assert done.refused[["reason", "says"]].to_numpy().tolist() == [["no-change", "It is so already"]]
    assert books.count(AUDIT) == before and books.count(ACTIONS) == 0


def test_notes_tags_and_undo(books):
    ctx = as_person(books, "anna")
    actions.note(ctx, chosen(books, "A1"), "called, ask for R. next week", DAY)
    assert cases(books).loc["A1", "state"] == "in_work"
    tagged = actions.tag(ctx, chosen(books, "A1", "A2"), "audit", DAY)
    undone = actions.undo(ctx, tagged.action_id, DAY)
    assert undone.done == tagged.done
    assert cases(books).loc["A1", ["tag", "state", "version"]].tolist() == ["", "in_work", 4]
    back = actions.undo(ctx, undone.action_id, DAY)  # undo of undo
    assert cases(books).loc[["A1", "A2", "A3"], "tag"].tolist() == ["audit", "audit", ""] and back.done == tagged.done
    assert events(books, "A2") == ["opened", "tagged", "undo", "undo"]
    with pytest.raises(UsageError, match="undone already"):
        actions.undo(ctx, tagged.action_id, DAY)
    balanced(books)


def test_undo_leaves_alone_what_moved_on(books):
    given = actions.assign(books.ctx, chosen(books, "A1", "A2"), "anna", DAY)
    actions.assign(books.ctx, chosen(books, "A2"), "bea", DAY)
    undone = actions.undo(books.ctx, given.action_id, DAY)
    assert undone.refused["reason"].tolist() == ["moved-on"] and len(undone.done) == 1
    assert cases(books).loc[["A1", "A2"], "assignee"].tolist() == ["", "bea"]
    assert books.rows(sa.select(ACTIONS.c.state)) == [("done",), ("done",), ("done",)]
    balanced(books)


@pytest.mark.long
def test_cases_put_aside_leave_the_queue_and_can_be_woken(books):
    done = actions.snooze(books.ctx, chosen(books, "A1", "A3"), date(2025, 7, 10), DAY)
    assert len(done.done) == 2
    assert cases(books).loc[["A1", "A2", "A3"], "queue"].tolist() == ["snoozed", "open", "snoozed"]
    late = actions.snooze(books.ctx, chosen(books, "A2"), date(2027, 7, 10), DAY)
    assert late.refused["reason"].tolist() == ["after-deadline"]
    assert actions.snooze(books.ctx, chosen(books, "A2"), DAY, DAY).refused["reason"].tolist() == ["day-has-passed"]
    assert len(actions.wake(books.ctx, chosen(books, "A1", "A2"), DAY).done) == 1
    assert len(actions.snooze(books.ctx, chosen(books, "A1"), actions.NEXT_REMIT, DAY).done) == 1
    books.night(paid("A1", "101", "60"), day=date(2025, 7, 21))
    assert cases(books).loc["A1", ["queue", "snoozed_for"]].tolist() == ["closed", ""]
    balanced(books)


@pytest.mark.long
def test_appeals_go_level_by_level_where_the_payer_allows_them(books):
    books.night(denied(("Z1", "80", "CO", "16", "MA130"), trace="T5"))
    done = actions.appeal_sent(books.ctx, chosen(books, "A1", "A2", "Z1"), 1, "fax 17:03, 12 pages", DAY, packet="")
    assert len(done.done) == 2
    assert done.refused["reason"].tolist() == ["unprocessable"]
    assert cases(books).loc["A1", ["state", "waiting_for", "appeal_level", "queue"]].tolist() == [
        "waiting", "appealed", 1, "waiting",
    ]  # fmt: skip
    again = actions.appeal_sent(books.ctx, chosen(books, "A1"), 1, "fax", DAY)
    assert again.refused["reason"].tolist() == ["appeal-level"]
    none = actions.appeal_sent(books.ctx, chosen(books, "A1"), 4, "fax", DAY)
    assert none.refused["says"].tolist() == ["This kind of payer has no appeal of this level"]
    late = actions.appeal_sent(books.ctx, chosen(books, "A3"), 1, "fax", date(2027, 1, 1))
    assert late.refused["reason"].tolist() == ["appeal-window-passed"]
    balanced(books)


@pytest.mark.long
def test_a_denial_that_comes_again_answers_what_was_waited_for(books):
    actions.appeal_sent(books.ctx, chosen(books, "A1"), 1, "fax", DAY, packet="")
    books.night(denied(("A1", "101", "CO", "193", ""), trace="T7", day="20250720"), day=date(2025, 7, 21))
    assert cases(books).loc["A1", ["state", "waiting_for", "appeal_level", "queue"]].tolist() == [
        "in_work", "", 1, "open",
    ]  # fmt: skip


# ---- money ------------------------------------------------------------------------------------------------------


def test_a_write_off_within_the_limit_moves_the_money_and_closes_the_case(books):
    done = actions.write_off(books.ctx, chosen(books, "A1", "A2"), "not worth it", 20300, DAY)
    assert (done.state, done.amount_cents, len(done.done)) == ("done", 20300, 2)
    assert books.balances() == {"1110": 20700, "4000": -41000, "4200": 20300}
    rows = cases(books)
    assert rows.loc["A1", ["state", "outcome", "closed_posting_date", "queue"]].tolist() == [
        "closed", "written_off", "2025-06-30", "closed",
    ]  # fmt: skip
    balanced(books)


def test_above_the_limit_a_second_person_decides(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    asked = actions.write_off(anna, chosen(books, "A1", "A2"), "too late", 20299, DAY)
    assert (asked.state, asked.amount_cents) == ("waiting_approval", 20300)
    assert books.balances() == {"1110": 41000, "4000": -41000}
    assert actions.waiting(bert)["action_id"].tolist() == [asked.action_id]
    twice = actions.write_off(anna, chosen(books, "A1"), "again", 10**6, DAY)
    assert twice.refused["reason"].tolist() == ["waits-for-approval"]
    with pytest.raises(UsageError, match="second person"):
        actions.approve(anna, asked.action_id, DAY)
    with pytest.raises(UsageError, match="above your own limit"):
        actions.approve(bert, asked.action_id, DAY, limit_cents=100)
    actions.note(anna, chosen(books, "A1"), "a note does not hinder it", DAY)
    done = actions.approve(bert, asked.action_id, DAY)
    assert (done.state, len(done.done), done.stale) == ("approved", 2, [])
    assert books.balances() == {"1110": 20700, "4000": -41000, "4200": 20300}
    assert books.rows(sa.select(ACTIONS.c.state, ACTIONS.c.requested_by, ACTIONS.c.approved_by))[0] == (
        "approved", "anna", "bert",
    )  # fmt: skip
    with pytest.raises(UsageError, match="does not wait"):
        actions.approve(bert, asked.action_id, DAY)
    balanced(books)


def test_a_request_that_is_refused_or_withdrawn_frees_its_cases(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    asked = actions.write_off(anna, chosen(books, "A1"), "small", 0, DAY)
    actions.refuse(bert, asked.action_id, "appeal first", DAY)
    assert cases(books).loc["A1", ["state", "pending_action_id"]].tolist() == ["new", 0]
    asked = actions.write_off(anna, chosen(books, "A1"), "small", 0, DAY)
    actions.undo(anna, asked.action_id, DAY)
    assert cases(books).loc["A1", "pending_action_id"] == 0
    with pytest.raises(UsageError, match="undone"):
        actions.approve(bert, asked.action_id, DAY)
    assert books.balances() == {"1110": 41000, "4000": -41000}
    balanced(books)


@pytest.mark.long
def test_a_remittance_ends_a_request(books):
    asked = actions.write_off(as_person(books, "anna"), chosen(books, "A1"), "small", 0, DAY)
    books.night(denied(("A1", "101", "CO", "16", "M51"), trace="T8", day="20250720"), day=date(2025, 7, 21))
    bert = as_person(books, "bert")
    assert actions.waiting(bert).empty and books.rows(sa.select(ACTIONS.c.state)) == [("overtaken",)]
    with pytest.raises(UsageError, match="it is overtaken"):
        actions.approve(bert, asked.action_id, date(2025, 7, 21))
    assert cases(books).loc["A1", "state"] == "new"
    balanced(books)


@pytest.mark.long
def test_a_remittance_for_one_of_two_cases_leaves_the_request_for_the_other(books):
    asked = actions.write_off(as_person(books, "anna"), chosen(books, "A1", "A2"), "small", 0, DAY)
    books.night(paid("A1", "101", "60"), day=date(2025, 7, 21))
    bert = as_person(books, "bert")
    assert actions.waiting(bert)["action_id"].tolist() == [asked.action_id]
    done = actions.approve(bert, asked.action_id, date(2025, 7, 21))
    assert len(done.done) == len(done.stale) == 1 and done.amount_cents == 10200
    assert cases(books).loc["A2", "outcome"] == "written_off"
    balanced(books)


def test_undo_of_a_write_off_brings_the_money_back_and_a_later_reversal_still_finds_it(books):
    done = actions.write_off(books.ctx, chosen(books, "A1"), "oops", 10**6, DAY)
    undone = actions.undo(books.ctx, done.action_id, DAY)
    assert books.balances() == {"1110": 41000, "4000": -41000}
    assert cases(books).loc["A1", ["state", "outcome", "closed_posting_date", "queue"]].tolist() == [
        "new",
        "",
        "",
        "open",
    ]
    with pytest.raises(UsageError, match="asking for it again"):
        actions.undo(books.ctx, undone.action_id, DAY)
    again = actions.write_off(books.ctx, chosen(books, "A1"), "after all", 10**6, DAY)
    assert again.amount_cents == 10100
    assert books.balances()["4200"] == 10100
    balanced(books)


def test_the_patient_is_billed_where_the_payer_says_so_else_on_a_notice_and_approval(books):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    done = actions.to_patient(anna, chosen(books, "A1", "A4"), DAY)
    assert done.refused["reason"].tolist() == ["not-patients"] and done.amount_cents == 10400
    assert books.balances() == {"1110": 30600, "1200": 10400, "4000": -41000}
    assert cases(books).loc["A4", ["state", "outcome", "queue"]].tolist() == ["closed", "billed_patient", "closed"]
    assert queue.totals(books.ctx, queue.Filters()).at_risk_cents == books.balances()["1110"]
    asked = actions.to_patient(anna, chosen(books, "A1"), DAY, basis="notice signed 2025-01-20")
    assert asked.state == "waiting_approval"
    actions.approve(bert, asked.action_id, DAY)
    assert books.balances() == {"1110": 20500, "1200": 20500, "4000": -41000}
    again = actions.to_patient(anna, chosen(books, "A4"), DAY)
    assert again.refused["reason"].tolist() == ["closed"]
    actions.undo(anna, done.action_id, DAY)
    assert cases(books).loc["A4", ["state", "outcome"]].fillna("").tolist() == ["new", ""]
    assert books.balances()["1110"] == 30900
    balanced(books)


@pytest.mark.long
def test_the_desk_refuses_an_appeal_where_the_letters_do_and_nowhere_else(books):
    """A remark that demands a new claim rules an appeal out only where the claim could not be processed at all."""
    remarks = ("MA130", "N142", "N517", "N211")
    books.night(denied(*((f"Z{place}", "80", "CO", "16", remark) for place, remark in enumerate(remarks)), trace="T5"))
    names = [f"Z{place}" for place in range(4)]
    ids = cases(books).loc[names, "case_id"].tolist()
    plans = [appeals.planned(books.ctx, case_id, day=DAY).refused for case_id in ids]
    done = actions.appeal_sent(books.ctx, chosen(books, *names), 1, "fax 17:03", DAY, packet="")
    assert plans == ["unprocessable", "", "", "no-appeal"]
    assert done.done == ids[1:3]
    assert done.refused.set_index("case_id")["reason"].to_dict() == {ids[0]: plans[0], ids[3]: plans[3]}
    assert (done.refused["says"] != "").all()


def test_only_a_person_closes_what_ran_out_of_time(books):
    early = actions.expire(books.ctx, chosen(books, "A1"), "no", 10**6, DAY)
    assert early.refused["reason"].tolist() == ["not-expired"]
    late = date(2026, 1, 15)
    done = actions.expire(books.ctx, chosen(books, "A1"), "nobody saw it", 10**6, late)
    assert done.amount_cents == 10100
    assert cases(books).loc["A1", ["state", "outcome"]].tolist() == ["closed", "expired"]
    balanced(books)


def billed_again(books, place=2, service=b"99213", **other):
    """Bill the patient of A3 the same again as Z1, or somebody or something else; the payer calls it a repeat."""
    bill = Bill("Z1", [(service.decode(), "103")], **other)
    bills = [Bill(f"Z{number}", [("99291", "900")]) for number in range(7, 7 + place)]
    answer = denied(("Z1", "103", "OA", "18", ""), trace="T5").replace(b"HC:99213", b"HC:" + service)
    books.night(claims(*bills, bill, control="000000019"), answer)


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(
    "other", [{"place": 1}, {"service": b"99214"}, {"day": "20250202"}], ids=["patient", "service", "day"]
)
def test_another_patient_service_or_day_proves_no_repeat(books, other):
    billed_again(books, **other)
    original = int(cases(books).loc["A3", "claim_payment_id"])
    done = actions.close_duplicate(books.ctx, chosen(books, "Z1"), original, 0, DAY)
    assert done.refused["reason"].tolist() == ["no-proof"]


@pytest.mark.long
def test_a_duplicate_is_closed_with_its_original_only(books):
    billed_again(books)
    rows = cases(books)
    own = int(rows.loc["Z1", "claim_payment_id"])
    assert actions.close_duplicate(books.ctx, chosen(books, "Z1"), own, 0, DAY).refused["reason"].tolist() == [
        "no-proof"
    ]
    assert actions.close_duplicate(books.ctx, chosen(books, "Z1"), 999, 0, DAY).refused["reason"].tolist() == [
        "no-proof"
    ]
    original = int(rows.loc["A3", "claim_payment_id"])
    done = actions.close_duplicate(books.ctx, chosen(books, "Z1"), original, 10**6, DAY)
    assert (done.amount_cents, len(done.done)) == (10300, 1)
    assert cases(books).loc["Z1", ["state", "outcome"]].tolist() == ["closed", "duplicate"]
    closed = actions.assign(books.ctx, chosen(books, "Z1"), "anna", DAY)
    assert closed.refused["reason"].tolist() == ["closed"]
    balanced(books)


def test_a_write_off_that_dies_leaves_nothing(books, monkeypatch):
    tables = (ACTIONS, AUDIT, schema.denial_events, schema.journals, schema.runs)
    before = [books.count(table) for table in tables]

    def dies(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(held, "write_journals", dies)
    with pytest.raises(KeyboardInterrupt):
        actions.write_off(books.ctx, chosen(books, "A1"), "x", 10**6, DAY)
    assert [books.count(table) for table in tables] == before
    assert cases(books).loc["A1", ["state", "version"]].tolist() == ["new", 1]
    monkeypatch.undo()
    assert actions.write_off(books.ctx, chosen(books, "A1"), "x", 10**6, DAY).amount_cents == 10100
    balanced(books)


def test_an_approved_write_off_is_undone_as_if_it_had_never_been_asked_for(books):
    asked = actions.write_off(as_person(books, "anna"), chosen(books, "A1"), "x", 0, DAY)
    actions.approve(as_person(books, "bert"), asked.action_id, DAY)
    assert len(actions.undo(as_person(books, "anna"), asked.action_id, DAY).done) == 1
    assert cases(books).loc["A1", ["state", "pending_action_id", "queue"]].tolist() == ["new", 0, "open"]
    assert books.balances() == {"1110": 41000, "4000": -41000}


def test_cases_are_given_to_people_of_the_practice_only_where_it_has_any(books):
    assert actions.assign(books.ctx, chosen(books, "A1"), "anybody", DAY).done
    audit.create_key(books.ctx.settings.people_key_file)
    for name, roles in (("anna", ["biller"]), ("otto", ["auditor"])):
        people.add(books.ctx, name, roles, datetime.now(UTC))
    with pytest.raises(UsageError, match="called ana; there are: anna"):
        actions.assign(books.ctx, chosen(books, "A1"), "ana", DAY)
    with pytest.raises(UsageError, match="called otto"):
        actions.assign(books.ctx, chosen(books, "A1"), "otto", DAY)
    assert actions.assign(books.ctx, chosen(books, "A1"), "anna", DAY).done
    assert actions.assign(books.ctx, chosen(books, "A1"), "", DAY).done


def test_one_case_of_an_action_is_undone_alone(books):
    done = actions.assign(books.ctx, chosen(books, "A1", "A2"), "anna", DAY)
    first, second = done.done
    assert actions.undo(books.ctx, done.action_id, DAY, [first]).done == [first]
    assert cases(books).set_index("case_id").loc[[first, second], "assignee"].tolist() == ["", "anna"]
    with pytest.raises(UsageError, match="did nothing with this case"):
        actions.undo(books.ctx, done.action_id, DAY, [999])
    assert actions.undo(books.ctx, done.action_id, DAY, [first]).refused["reason"].tolist() == ["moved-on"]
    assert actions.undo(books.ctx, done.action_id, DAY, [second]).done == [second]


def test_no_action_in_a_closed_period(books):
    close_period(books.ctx, DAY)
    for act in (
        lambda: actions.assign(books.ctx, chosen(books, "A1"), "anna", DAY),
        lambda: actions.write_off(books.ctx, chosen(books, "A1"), "x", 10**6, DAY),
    ):
        with pytest.raises(PeriodClosedError):
            act()
    assert books.count(ACTIONS) == 0
