"""What changes without an event (people, actions, master data, prices, ties, lives of claims, rejections, what the
night says of cases and exceptions) is held by seals: a change beside the program is found, and the row is named."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from claims.errors import DatabaseError
from claims.service import people as staff
from claims.service import rejection_queue
from claims.service import verify as verbs
from claims.service.desk import people as desk
from claims.store import audit, checking_seals, claim_work, schema
from claims.store.engine import rehearsal, write
from claims.store.people import change
from claims.store.seals import HELD
from tests.answers import ca_277
from tests.books import Bill, bank, claims
from tests.service import test_verify_work
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken, tamper
from tests.service.test_verify_work import one

NOW = datetime(2025, 6, 30, 8, 0, 0, tzinfo=UTC)
REFUSED = ca_277("0", ("Z1", "A7:562:85", "40"))


def begin(practice):
    audit.create_key(practice.ctx.settings.people_key_file)
    test_verify_work.begin(practice)
    practice.night(bank(("2025-03-11", "228", "T1")), claims(Bill("Z1", [("99213", "40")])))
    practice.night(REFUSED)
    staff.add(practice.ctx, "eve", ["auditor"], NOW, write_off_limit_cents=2500)
    case = schema.denial_cases
    with write(practice.ctx.engine) as conn:
        claim_work.save(conn, one(practice, schema.claims.c.claim_id), owner="eve", notes="asked")
    seen = [(one(practice, case.c.case_id), one(practice, case.c.version))]
    assert desk.snooze(practice.ctx, seen, DAY + timedelta(days=2), DAY).done


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds sound books against both."""
    return sqlite_url


@pytest.fixture
def books(begun):
    return begun(begin)


CHANGED = {
    "person": [
        "UPDATE users SET roles = 'admin'",
        "UPDATE users SET state = 'active'",
        "UPDATE users SET write_off_limit_cents = 99999999",
        "UPDATE users SET password_hash = 'another'",
        "UPDATE users SET sealed_secret = 'another'",
        "UPDATE users SET invitation_sha256 = 'another'",
    ],
    "action": [
        "UPDATE denial_actions SET reason = 'another' WHERE kind = 'assign'",
        "UPDATE denial_actions SET requested_by = 'eve' WHERE kind = 'assign'",
        "UPDATE denial_actions SET approved_by = 'eve' WHERE kind = 'assign'",
        "UPDATE denial_actions SET amount_cents = 1 WHERE kind = 'assign'",
        "UPDATE denial_actions SET state = 'undone' WHERE kind = 'assign'",
    ],
    "master row": [
        "UPDATE master_rows SET body = replace(body, '110.00', '11.00')",
        "UPDATE master_rows SET effective_to_date = '2025-01-01'",
        "UPDATE master_rows SET ended_at = recorded_at",
        "UPDATE master_rows SET actor = 'eve'",
    ],
    "expected amount": [
        "UPDATE expected_allowed SET expected_cents = 1 WHERE expected_cents > 1",
        "UPDATE expected_allowed SET arithmetic = '1 = 1'",
        "UPDATE expected_allowed SET outcome = 'no-term'",
        "UPDATE expected_allowed SET ended_at = recorded_at",
    ],
    "tie": [
        "UPDATE deposit_matches SET rule = 'manual'",
        "UPDATE deposit_matches SET actor = 'eve'",
        "UPDATE deposit_matches SET evidence = ''",
        "UPDATE deposit_matches SET words = 'she said so'",
    ],
    "claim": [
        "UPDATE claims SET life = 'paid' WHERE claim_number = 'Z1'",
        "UPDATE claims SET state = 'duplicate' WHERE claim_number = 'Z1'",
        "UPDATE claims SET purpose = 'void' WHERE claim_number = 'Z1'",
        "UPDATE claims SET version = 2 WHERE claim_number = 'Z1'",
    ],
    "rejection": [
        "UPDATE rejections SET state = 'closed'",
        "UPDATE rejections SET closed_reason = 'withdrawn'",
        "UPDATE rejections SET cause = 'another'",
    ],
    "work on a blocked claim": [
        "UPDATE claim_work SET owner = 'another'",
        "UPDATE claim_work SET notes = ''",
        "UPDATE claim_work SET state = 'closed'",
    ],
    "denial case": [
        "UPDATE denial_cases SET snoozed_until_date = '2035-01-01'",
        "UPDATE denial_cases SET snoozed_until_date = NULL WHERE snoozed_until_date IS NOT NULL",
        "UPDATE denial_cases SET queue = 'closed'",
    ],
    "exception": [
        "UPDATE exceptions SET closed_reason = 'accepted' WHERE type_code = 'UNMATCHED_CLAIM'",
        "UPDATE exceptions SET closed_posting_date = '2025-01-01' WHERE type_code = 'UNMATCHED_CLAIM'",
        "UPDATE exceptions SET posting_date = '2025-01-01' WHERE type_code = 'UNMATCHED_CLAIM'",
        "UPDATE exceptions SET amount_cents = 1 WHERE type_code = 'UNMATCHED_CLAIM'",
    ],
}
TABLES = {
    "person": "users", "action": "denial_actions", "master row": "master_rows", "expected amount": "expected_allowed",
    "tie": "deposit_matches", "claim": "claims", "rejection": "rejections", "denial case": "denial_cases",
    "exception": "exceptions", "work on a blocked claim": "claim_work",
}  # fmt: skip


def named(practice, *statements):
    """What the check says after these statements, which are taken back."""
    with rehearsal(practice.ctx.engine) as conn:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # of a row that is gone, others may still speak
        tamper(practice, *statements)
        return checking_seals.unlike(conn)


@pytest.mark.parametrize("called", CHANGED)
def test_each_column_that_is_changed_beside_the_program_names_its_row(books, called):
    for statement in CHANGED[called]:
        found = named(books, statement)
        assert found, statement
        assert all(one.startswith(f"{called} ") and one.endswith(" is not as it was last written") for one in found)


@pytest.mark.parametrize("called", TABLES)
def test_a_row_that_is_deleted_or_put_in_is_named(books, called):
    table = schema.metadata.tables[TABLES[called]]
    key = next(iter(table.primary_key.columns))
    last = one(books, sa.func.max(key))
    assert named(books, f"DELETE FROM {table.name} WHERE {key.name} = {last}") == [f"{called} {last} was deleted"]
    put_in = named(books, f"UPDATE {table.name} SET {key.name} = 999 WHERE {key.name} = {last}")
    assert put_in == [f"{called} {last} was deleted", f"{called} 999 was put in beside the program"]


def test_verify_names_them_and_nothing_else_is_wrong(books):
    assert broken(books) == {}
    with rehearsal(books.ctx.engine):
        tamper(books, *(statements[0] for statements in CHANGED.values()))
        found = broken(books)["seals"]
    assert {called for called in CHANGED if any(one.startswith(f"{called} ") for one in found)} == set(CHANGED)
    assert not any(word in " ".join(found) for word in ("eve", "Z1", "W1", "PERSON"))


def test_seals_are_append_only_and_a_chain(books):
    with pytest.raises(DatabaseError), write(books.ctx.engine) as conn:
        conn.execute(sa.delete(schema.row_seals))
    last = one(books, sa.func.max(schema.row_seals.c.row_seal_id))
    where = f"WHERE row_seal_id = {last}"
    assert f"the seals were cut: {last} were written, the last one here is {last - 1}" in named(
        books, f"DELETE FROM row_seals {where}"
    )
    altered = named(books, f"UPDATE row_seals SET seals = '' {where}")
    assert f"seal {last} or the one before it was altered, removed or put in between" in altered


def test_what_a_step_that_failed_had_noted_is_not_sealed(books):
    """Else what somebody changes meanwhile beside the program would be sealed as the program's own."""
    user = one(books, schema.users.c.user_id)
    with pytest.raises(ZeroDivisionError), write(books.ctx.engine) as conn:
        change(conn, user, state="active")
        raise ZeroDivisionError
    with write(books.ctx.engine) as conn:
        conn.exec_driver_sql("UPDATE users SET roles = 'admin'")
    staff.add(books.ctx, "another", ["auditor"], NOW)
    with rehearsal(books.ctx.engine) as conn:
        assert checking_seals.unlike(conn) == [f"person {user} is not as it was last written"]


def test_who_works_on_a_rejection_is_written_with_its_seal(books):
    staff.set_roles(books.ctx, "eve", ["biller"], NOW)
    rejection_queue.assign(books.ctx, one(books, schema.rejections.c.rejection_id), "eve")
    rejection_queue.note(books.ctx, one(books, schema.rejections.c.rejection_id), "asked the payer", DAY)
    assert broken(books) == {}


def test_seals_that_were_cut_and_a_row_put_back_are_shown_by_the_head_that_was_noted(books):
    table, last = schema.row_seals, sa.select(sa.func.max(schema.row_seals.c.row_seal_id))
    before = books.rows(sa.select(schema.users.c.roles).where(schema.users.c.name == "eve"))[0][0]
    staff.set_roles(books.ctx, "eve", ["supervisor"], NOW)
    head = verbs.head(books.ctx)
    assert broken(books, head) == {}
    number = books.rows(last)[0][0]
    tamper(
        books,
        f"DELETE FROM {table.name} WHERE row_seal_id = {number}",
        f"UPDATE id_blocks SET next_id = {number} WHERE table_name = '{table.name}'",
        f"UPDATE users SET roles = '{before}' WHERE name = 'eve'",
    )
    assert broken(books) == {}
    assert broken(books, head)["seals"] == (
        f"the seals do not lead to the head that was noted: {number} is gone or another",
    )


def test_every_table_that_is_held_has_a_name_here():
    assert set(TABLES.values()) == set(HELD)
