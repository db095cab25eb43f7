"""People own exceptions, note on them, accept those that only inform and take them up again; reports read as it was."""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import codes
from claims.errors import DatabaseError, NotFoundError, UsageError
from claims.service import deposit_pages, deposits, exception_acts, exception_pages, exceptions, people
from claims.service.replay import replay
from claims.service.report import write_report
from claims.service.undo import undo
from claims.store import clock, schema
from claims.store.engine import read, write
from claims.store.exceptions import open_all
from claims.store.queries import held_now
from tests.books import Bill, bank, claims, remit
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken, faults

# The patient's share differs from the sum of its PR by 8.00, interest of 5.00 is of no claim, TYPO9 is nobody's.
PAID = remit("""BPR*I*181*C*ACH************20250310~
                TRN*1*T1*1512345678~
                CLP*A1*1*150*88*30*12*ICN1~
                SVC*HC:99213*150*88**1~
                CAS*CO*45*40~
                CAS*PR*2*22~
                CLP*TYPO9*1*90*88**12*ICN3~
                SVC*HC:99214*90*88**1~
                CAS*CO*45*2~
                PLB*1987654321*20251231*L6*-5~""")
SHARE, INTEREST, UNMATCHED = "PATIENT_SHARE_DIFFERS", "INTEREST_DIFFERS", "UNMATCHED_CLAIM"
WHY = "this payer never fills it"
E, EVENT = schema.exceptions, schema.exception_events


def begin(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), PAID)


@pytest.fixture
def books(begun):
    return begun(begin)


def number(practice, type_code):
    ((found,),) = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code == type_code))
    return found


def stands(practice, type_code):
    """State, reason, owner, cents."""
    columns = (E.c.state, sa.func.coalesce(E.c.closed_reason, ""), E.c.owner, E.c.amount_cents)
    return practice.rows(sa.select(*columns).where(E.c.type_code == type_code))[0]


def told(practice, exception_id):
    select = sa.select(EVENT.c.kind, EVENT.c.actor, EVENT.c.posting_date, EVENT.c.body, EVENT.c.amount_cents)
    return practice.rows(select.where(EVENT.c.exception_id == exception_id).order_by(EVENT.c.exception_event_id))


def refused(act, *arguments, **named):
    with pytest.raises(UsageError) as error:
        act(*arguments, **named)
    return str(error.value)


def found_again(practice, type_code, cents):
    """What a later night does that finds the same thing, worth so much."""
    key = practice.rows(sa.select(E.c.exception_key).where(E.c.type_code == type_code))[0][0]
    row = pd.DataFrame({"exception_key": [key], "type_code": [type_code], "amount_cents": [cents]})
    with write(practice.ctx.engine) as conn:
        return open_all(conn, row, DAY)


@pytest.mark.long
def test_one_is_owned_noted_accepted_and_taken_up_again_and_each_is_an_event(books):
    ctx, share = books.ctx, number(books, SHARE)
    assert exception_acts.assign(ctx, share, None, DAY) == "tester"
    assert exception_acts.assign(ctx, share, " anna ", DAY) == "anna"
    exception_acts.note(ctx, share, "asked them", DAY)
    assert "once more" in refused(exception_acts.accept, ctx, share, WHY, DAY, seen=2)
    exception_acts.accept(ctx, share, WHY, DAY, seen=3)
    assert stands(books, SHARE) == ("closed", "accepted", "anna", 800)
    assert "closed" in refused(exception_acts.assign, ctx, share, "eve", DAY)
    exception_acts.note(ctx, share, "wrote it down", DAY)
    exception_acts.take_up(ctx, share, "", DAY)
    exception_acts.assign(ctx, share, "", DAY)
    assert stands(books, SHARE) == ("open", "", "", 800)
    assert [(kind, body) for kind, _, _, body, _ in told(books, share)] == [
        ("assigned", '{"owner": "tester"}'), ("assigned", '{"owner": "anna"}'), ("noted", '{"note": "asked them"}'),
        ("accepted", f'{{"reason": "{WHY}"}}'), ("noted", '{"note": "wrote it down"}'), ("taken_up_again", "{}"),
        ("unassigned", "{}"),
    ]  # fmt: skip
    assert {(actor, day, cents) for _, actor, day, _, cents in told(books, share)} == {("tester", DAY, 800)}
    audited = sa.select(schema.audit_events.c.action).where(schema.audit_events.c.subject == f"exception {share}")
    done = ["assign", "assign", "note", "accept", "note", "take-up", "assign"]
    assert books.rows(audited.order_by(schema.audit_events.c.seq)) == [(f"exception.{one}",) for one in done]
    assert broken(books) == {}
    for statement in ("UPDATE exception_events SET actor = 'eve'", "DELETE FROM exception_events"):
        with pytest.raises(DatabaseError), write(ctx.engine) as conn:
            conn.exec_driver_sql(statement)


def test_what_cannot_be_done_is_refused_with_what_releases_it(books):
    ctx, share, waits = books.ctx, number(books, SHARE), number(books, UNMATCHED)
    said = refused(exception_acts.accept, ctx, waits, WHY, DAY)
    assert "Its cash waits on unapplied cash. What releases it: Load the claim" in said
    assert "10 characters" in refused(exception_acts.accept, ctx, share, "  odd     ", DAY)
    assert "not accepted" in refused(exception_acts.take_up, ctx, share, "", DAY)
    assert "wants words" in refused(exception_acts.note, ctx, share, " ", DAY)
    assert "at most 400" in refused(exception_acts.note, ctx, share, "x" * 401, DAY)
    assert "nobody's already" in refused(exception_acts.assign, ctx, share, "", DAY)
    for act in (exception_acts.note, exception_acts.accept, exception_acts.assign):
        with pytest.raises(NotFoundError):
            act(ctx, 999, WHY, DAY)
    assert books.count(EVENT) == 0 and stands(books, UNMATCHED)[0] == "open"


@pytest.mark.long
def test_an_accepted_one_stays_so_while_it_is_worth_the_same(books):
    ctx = books.ctx
    for type_code in (SHARE, INTEREST):
        exception_acts.accept(ctx, number(books, type_code), WHY, DAY)
    books.reconcile()
    assert found_again(books, SHARE, 800) == 0
    undo(ctx, "remit:1", DAY)
    assert stands(books, SHARE)[:2] == stands(books, INTEREST)[:2] == ("closed", "accepted")
    for type_code in (SHARE, INTEREST):
        assert "taken back" in refused(exception_acts.take_up, ctx, number(books, type_code), "", DAY)
    replay(ctx, "remit:1", DAY)
    assert stands(books, SHARE) == ("closed", "accepted", "", 800)
    assert stands(books, INTEREST)[:2] == ("closed", "accepted")
    assert broken(books) == {}, "and L8 counts interest that a person accepted as named"
    assert found_again(books, SHARE, 801) == 1
    assert stands(books, SHARE) == ("open", "", "", 801)
    assert broken(books) == {}


@pytest.mark.long
def test_one_that_is_taken_up_again_is_closed_by_an_undo_and_opened_by_a_replay(books):
    share = number(books, SHARE)
    exception_acts.accept(books.ctx, share, WHY, date(2025, 7, 2))
    exception_acts.take_up(books.ctx, share, "no", date(2025, 7, 9))
    assert exceptions.told(books.ctx, share)["posting_date"] == DAY.isoformat(), "it is as old as it was"
    undo(books.ctx, "remit:1", DAY)
    assert stands(books, SHARE)[:2] == ("closed", "undone")
    replay(books.ctx, "remit:1", DAY)
    assert stands(books, SHARE)[0] == "open"
    assert broken(books) == {}


def report(practice, folder, day, known_at=None):
    manifest = write_report(practice.ctx, "tieout", day, known_at=known_at, out=folder)
    found = {}
    for name in ("exceptions", "exceptions_closed"):
        with (manifest.parent / f"{name}.csv").open(newline="") as file:
            found[name] = {row["type_code"]: row for row in csv.DictReader(file)}
    return found["exceptions"], found["exceptions_closed"]


@pytest.mark.long
def test_a_report_of_an_earlier_day_reads_owner_note_and_resolution_as_they_were(books, tmp_path):
    ctx, share = books.ctx, number(books, SHARE)
    exception_acts.assign(ctx, share, "anna", date(2025, 7, 2))
    exception_acts.note(ctx, share, "=asked them", date(2025, 7, 2))
    known_at = clock.now()
    before = report(books, tmp_path / "a", date(2025, 7, 3), known_at)
    assert before[0][SHARE]["owner"] == "anna" and before[0][SHARE]["last_note"].endswith("=asked them")
    assert not before[0][SHARE]["last_note"].startswith("="), "no formula"
    assert (before[0][SHARE]["days_open"], before[0][UNMATCHED]["owner"], SHARE in before[1]) == ("3", "", False)
    exception_acts.assign(ctx, share, "bob", date(2025, 7, 4))
    exception_acts.note(ctx, share, "they answered", date(2025, 7, 4))
    exception_acts.accept(ctx, share, WHY, date(2025, 7, 5))
    books.night(claims(Bill("TYPO9", [("99214", "90")], member="W3"), control="000000009"), day=date(2025, 7, 6))
    assert report(books, tmp_path / "b", date(2025, 7, 3), known_at) == before
    after = report(books, tmp_path / "c", date(2025, 7, 3))
    assert after[0][SHARE] == before[0][SHARE]
    assert report(books, tmp_path / "d", date(2025, 7, 4))[0][SHARE]["owner"] == "bob"
    still, closed = report(books, tmp_path / "e", date(2025, 7, 31))
    assert SHARE not in still and INTEREST in still
    names = ("resolution", "closed_by", "closed_date", "opened_date", "owner", "last_note", "amount_cents")
    assert [closed[SHARE][name] for name in names] == [
        "accepted", "tester", "2025-07-05", "2025-06-30", "bob", "they answered", "800",
    ]  # fmt: skip
    assert [closed[UNMATCHED][name] for name in names[:3]] == ["applied", "tester", "2025-07-06"]
    assert report(books, tmp_path / "f", date(2025, 8, 1))[1] == {}, "of another month"
    exception_acts.take_up(ctx, share, "", date(2025, 7, 20))
    still, closed = report(books, tmp_path / "g", date(2025, 7, 31))
    assert (still[SHARE]["days_open"], closed[SHARE]["resolution"]) == ("31", "accepted")


CLOSE = "state = 'closed', closed_reason = 'accepted', closed_at = '2025-06-30T00:00:00.000000Z', "
CLOSE += "closed_posting_date = '2025-06-30'"
OPEN = "state = 'open', closed_reason = NULL, closed_at = NULL, closed_posting_date = NULL"
ACCEPTED, OTHER = f"WHERE type_code = '{SHARE}'", f"WHERE type_code = '{INTEREST}'"


DOCTORED = [
    (f"UPDATE exceptions SET {CLOSE} {OTHER}", "is closed as accepted, and no event says so"),
    (f"UPDATE exceptions SET amount_cents = 1 {ACCEPTED}", "is closed as accepted, and no event says so"),
    (f"UPDATE exceptions SET {OPEN} {ACCEPTED}", "was accepted by its last event and is not closed so"),
    (f"UPDATE exceptions SET owner = 'eve' {ACCEPTED}", "has an owner that its events do not give"),
    (f"UPDATE exceptions SET owner = '' {ACCEPTED}", "has an owner that its events do not give"),
    (f"UPDATE exceptions SET owner = 'eve' {OTHER}", "has an owner that its events do not give"),
    (f"UPDATE exceptions SET message = 'x' {ACCEPTED}", "is not as its last event left it"),
    ("UPDATE past_exceptions SET amount_cents = 1", "is closed as accepted, and no event says so"),
]


@pytest.mark.long
def test_verify_finds_what_its_events_do_not_give(books):
    share = number(books, SHARE)
    exception_acts.assign(books.ctx, share, "anna", DAY)
    exception_acts.accept(books.ctx, share, WHY, DAY)
    exception_acts.take_up(books.ctx, share, "", DAY)
    exception_acts.accept(books.ctx, share, WHY, DAY)
    assert broken(books) == {}
    for statement, why in DOCTORED:
        found = faults(books, statement)
        assert set(found) - {"seals"} == {"exceptions"} and len(found["exceptions"]) == 1, (statement, found)
        assert found["exceptions"][0].startswith("exception ") and found["exceptions"][0].endswith(why), statement
    assert {"exceptions", "rows"} <= set(faults(books, "DELETE FROM exception_events"))


def test_every_type_says_why_it_may_be_accepted_or_not(books):
    types = codes.table("exception_types").set_index("type_code")
    assert set(types["acceptable"]) == {"Y", "S", "N"}
    told = types["acceptable_reason"]
    assert (told.str.len() > 10).all() and not told.str.endswith(".").any()
    waits = types.index.str.startswith(("DEPOSIT_W", "REMIT_", "FILE_", "CLAIM_HELD", "PLB_", "UN", "PATIENT_PAYMENT"))
    holds = types[waits & (types["severity"] == "open")]
    assert (holds["acceptable"] != "Y").all() and len(holds) > 15
    settled = types.index[types["acceptable"] == "S"]
    assert sorted(settled) == [
        *("CLAIM_CONFLICT", "CLAIM_HELD", "FILE_HELD", "FILE_REFUSED", "REMIT_CONFLICT", "REMIT_HELD")
    ]


def test_what_holds_something_back_is_accepted_by_who_may_approve(books):
    books.drop(b"no X12")
    waits, users = number(books, "FILE_REFUSED"), schema.users
    for name, role in (("tester", "biller"), ("sue", "supervisor"), ("gone", "supervisor")):
        people.add(books.ctx, name, [role], datetime.now(UTC))
    with write(books.ctx.engine) as conn:  # two have taken their invitation up
        conn.execute(sa.update(users).where(users.c.name != "gone").values(state="active"))
    for name in ("tester", "gone", "nobody"):
        said = refused(exception_acts.accept, replace(books.ctx, actor=name), waits, WHY, DAY)
        assert "who may approve accepts it. What releases it: Read its findings" in said
    exception_acts.accept(replace(books.ctx, actor="sue"), waits, WHY, DAY)
    assert stands(books, "FILE_REFUSED")[:2] == ("closed", "accepted")


def test_what_is_held_now_has_pages_that_are_read_by_an_index(books, monkeypatch):
    monkeypatch.setattr(exception_pages, "HELD", 1)
    books.drop(b"no X12", b"nor this", PAID.replace(b"*I*181*", b"*I*999*").replace(b"*T1*", b"*T9*"))
    found, place = [], None
    while place is not None or not found:
        held = exception_pages.held_now(books.ctx, place)
        found += held.page.rows[["kind", "reason_code"]].itertuples(index=False, name=None)
        place = held.page.next
    assert [kind for kind, _ in found][2:] == ["remittance"], found
    assert len(found) == held.in_all and found[:2] == [("file", "not-x12")] * 2
    back = exception_pages.held_now(books.ctx, held.page.previous).page
    assert list(back.rows["kind"]) == [found[-2][0]]
    with read(books.ctx.engine) as conn:
        if conn.dialect.name != "sqlite":
            pytest.skip("plans of SQLite")
        for select in (held_now.page_select((0, 1, 1), 51), *held_now.counts_selects()):
            text = select.compile(conn, compile_kwargs={"literal_binds": True})
            steps = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            own = [step for step in steps if step.startswith(("SEARCH", "SCAN")) and "anon" not in step]
            lists = ("_stopped (state=?", "ix_claims_state (state=?", "_remittances_1 (file_id=?)")
            others = [step for step in own if not any(one in step for one in lists)]
            assert own and not others, others


@pytest.mark.long
def test_pages_of_exceptions_and_deposits_are_those_of_their_lists(books):
    books.drop(bank(("2025-03-11", "41.00", "T77"), ("2025-03-12", "181.00", "T1")))
    books.reconcile()
    listed, _ = exceptions.listed(books.ctx, state="")
    names = ["severity", "amount_cents", "exception_id"]
    order = [(kind != "open", -abs(cents), one) for kind, cents, one in listed[names].itertuples(index=False)]
    found, place = [], None
    while True:
        page = exception_pages.page(books.ctx, "", "", None, place)
        found += page.rows["exception_id"].tolist()
        place = page.next
        if place is None:
            break
    assert found == [one[2] for one in sorted(order)] and len(found) > 3
    counted = exception_pages.counts(books.ctx, "open", None).set_index("type_code")["exceptions"]
    assert counted.to_dict() == listed[listed["state"] == "open"]["type_code"].value_counts().to_dict()
    lines = deposits.listed(books.ctx, state="")
    assert deposit_pages.page(books.ctx, "", None).rows["bank_line_id"].tolist() == lines["bank_line_id"].tolist()
    assert deposit_pages.totals(books.ctx, "open") == (1, 4100) and deposit_pages.totals(books.ctx, "tied") == (1, 0)
    deposits.untie(books.ctx, 2, "not theirs", DAY)
    assert deposit_pages.totals(books.ctx, "") == (2, 4100 + 18100)
    assert broken(books) == {}
