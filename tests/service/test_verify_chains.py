"""What is appended to a chain by somebody who has the database and not the audit key is named: a journal, a seal."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import AlteredBooksError, SealsNotKeyedError
from claims.service import people as staff
from claims.service import verify as verbs
from claims.store import chain, chain_heads, schema, seals, upkeep
from claims.store.bulk import bulk_insert
from claims.store.engine import write
from claims.store.load import frame
from claims.store.people import change
from claims.store.posted import save_journals
from tests.books import Bill, claims
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken, let_no_trigger_fire, tamper

NOT_KEYED = {"seals": ("no seal is made with the audit key; claims init takes books of an earlier version over",)}
NOW = datetime(2025, 6, 30, 8, 0, 0, tzinfo=UTC)


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds sound books against both."""
    return sqlite_url


def put_in(practice, **without):
    """Append a journal as somebody does who knows how a hash is made; give its number.

    `without`: what is not called in `store.seals`, and what stands in for its answer: the seal of its stretch.
    """
    ((name, answer),) = (without or {"stretch": None}).items()
    head = {"journal_key": "act:77:0", "source": "act", "reason_code": "transfer", "reverses_key": ""}
    lines = [{"journal_key": "act:77:0", "account": "5100", "amount_cents": 5000, "rule_id": "E01"}]
    lines.append(lines[0] | {"account": "4900", "amount_cents": -5000})
    with mock.patch.object(seals, name, return_value=answer), write(practice.ctx.engine) as conn:
        journals = pd.DataFrame([head | {"effective_date": DAY.isoformat()}]).astype("str")
        own = pd.DataFrame(lines).astype(dict.fromkeys(("journal_key", "account", "rule_id"), "str"))
        save_journals(conn, journals, own, posting_date=DAY, actor="tester", run_id=1)
        return conn.scalar(sa.select(sa.func.max(schema.journals.c.journal_id)))


def rule(practice):
    return next(one.rule for one in verbs.verify(practice.ctx) if one.name == "chains")


@pytest.mark.long
@pytest.mark.parametrize("without", [{"stretch": None}, {"key_of": b""}])
def test_a_journal_that_is_put_in_is_named_before_and_after_the_next_night(practice, without):
    """With no seal of its stretch, or one that is made without the key."""
    practice.night(claims(Bill("A1", [("99213", "150")])))
    assert broken(practice) == {} and "from" not in rule(practice)
    number = put_in(practice, **without)
    named = (f"the journals {number} to {number} were put in beside the program: no sound seal tells of them",)
    found = broken(practice)
    assert found["chains"] == named and set(found) == {"chains"} | ({"seals"} if "key_of" in without else set())
    practice.night(claims(Bill("B1", [("99213", "40")])), day=DAY + timedelta(1))
    assert broken(practice) == found


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


def test_an_audit_chain_that_is_cut_at_its_end_is_named(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    last = max(practice.rows(sa.select(schema.audit_events.c.seq)))[0]
    tamper(practice, f"DELETE FROM audit_events WHERE seq = {last}")
    assert broken(practice) == {
        "audit": (f"the audit chain does not lead to event {last}, which a seal tells of: it was cut",)
    }


@pytest.mark.long
def test_books_of_an_earlier_version_are_taken_over_once_and_sealed_by_stretch_from_then_on(practice):
    with (
        mock.patch.object(seals, "key_of", return_value=b""),
        mock.patch.object(seals, "begun_at", return_value=1),
        mock.patch.object(seals, "stretch"),
        mock.patch.object(chain_heads, "seal_event"),
    ):
        practice.night(claims(Bill("C1", [("99213", "150")])))
    assert broken(practice) == NOT_KEYED
    with pytest.raises(SealsNotKeyedError, match="claims init"):
        practice.night(claims(Bill("B1", [("99213", "40")])))
    first = practice.count(schema.row_seals) + 1
    assert upkeep.take_over_seals(practice.ctx.settings, "tester") == first
    assert upkeep.take_over_seals(practice.ctx.settings, "tester") == 0
    assert broken(practice) == {} and rule(practice).endswith(f"(from seal {first} on)")
    practice.night(claims(Bill("B1", [("99213", "40")])), day=DAY + timedelta(1))
    assert broken(practice) == {} and rule(practice).endswith(f"(from seal {first} on)")
    put_in(practice)
    assert list(broken(practice)) == ["chains"]


@pytest.mark.parametrize("also", [(), ("DELETE FROM audit_events",)])
def test_seals_that_are_made_plain_again_are_not_taken_over(practice, also):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    tamper(practice, "DELETE FROM row_seals WHERE table_name IN ('chains', 'journals', 'audit_events')", *also)
    with write(practice.ctx.engine) as conn:
        let_no_trigger_fire(conn)
        table = schema.row_seals
        rows = frame(conn, sa.select(*table.columns).order_by(table.c.row_seal_id))
        conn.execute(sa.delete(table))
        hashes = chain.chained(chain.START, seals.OWN, rows)
        rows = rows.assign(row_seal_id=range(1, len(rows) + 1), hash=pd.Series(hashes, dtype="str"))
        bulk_insert(conn, table, rows)
        conn.exec_driver_sql(f"UPDATE id_blocks SET next_id = {len(rows) + 1} WHERE table_name = 'row_seals'")
    assert broken(practice)["seals"] == NOT_KEYED["seals"]
    with pytest.raises(AlteredBooksError, match="audit chain tells"):
        upkeep.take_over_seals(practice.ctx.settings, "tester")
