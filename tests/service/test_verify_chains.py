"""What is appended to a chain by somebody who has the database and not the audit key is named: a journal, a seal."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.service import people as staff
from claims.service import verify as verbs
from claims.store import schema, seals
from claims.store.engine import write
from claims.store.people import change
from claims.store.posted import save_journals
from tests.books import Bill, claims
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken

NOW = datetime(2025, 6, 30, 8, 0, 0, tzinfo=UTC)


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds sound books against both."""
    return sqlite_url


def put_in(practice):
    """Append a journal as somebody does who knows how a hash is made; give its number."""
    head = {"journal_key": "act:77:0", "source": "act", "reason_code": "transfer", "reverses_key": ""}
    lines = [{"journal_key": "act:77:0", "account": "5100", "amount_cents": 5000, "rule_id": "E01"}]
    lines.append(lines[0] | {"account": "4900", "amount_cents": -5000})
    with mock.patch.object(seals, "stretch"), write(practice.ctx.engine) as conn:
        journals = pd.DataFrame([head | {"effective_date": DAY.isoformat()}]).astype("str")
        own = pd.DataFrame(lines).astype(dict.fromkeys(("journal_key", "account", "rule_id"), "str"))
        save_journals(conn, journals, own, posting_date=DAY, actor="tester", run_id=1)
        return conn.scalar(sa.select(sa.func.max(schema.journals.c.journal_id)))


def rule(practice):
    return next(one.rule for one in verbs.verify(practice.ctx) if one.name == "chains")


def test_a_journal_that_is_put_in_is_named_before_and_after_the_next_night(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    assert broken(practice) == {} and "from" not in rule(practice)
    number = put_in(practice)
    named = {"chains": (f"the journals {number} to {number} were put in beside the program: no seal tells of them",)}
    assert broken(practice) == named
    practice.night(claims(Bill("B1", [("99213", "40")])), day=DAY + timedelta(1))
    assert broken(practice) == named


def test_a_row_that_is_changed_and_sealed_without_the_key_is_named(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    staff.add(practice.ctx, "eve", ["supervisor"], NOW, write_off_limit_cents=100)
    assert broken(practice) == {}
    with mock.patch.object(seals, "key_of", return_value=b""), write(practice.ctx.engine) as conn:
        change(conn, 1, write_off_limit_cents=10**9)
    number = practice.count(schema.row_seals)
    named = {"seals": (f"seal {number} or the one before it was altered, removed or put in between",)}
    assert broken(practice) == named
    staff.set_roles(practice.ctx, "eve", ["auditor"], NOW)
    assert broken(practice) == named


def test_books_of_an_earlier_version_are_sealed_by_stretch_from_the_next_one_on(practice):
    with (
        mock.patch.object(seals, "key_of", return_value=b""),
        mock.patch.object(seals, "stretch"),
        mock.patch.object(seals, "_beginning", return_value=[]),
    ):
        practice.night(claims(Bill("C1", [("99213", "150")])))
    assert broken(practice) == {} and rule(practice).endswith("(from the next one that is written on)")
    first = practice.count(schema.row_seals) + 1
    practice.night(claims(Bill("B1", [("99213", "40")])), day=DAY + timedelta(1))
    assert broken(practice) == {} and rule(practice).endswith(f"(from seal {first} on)")
    put_in(practice)
    assert list(broken(practice)) == ["chains"]
