"""The chain of events: every way to falsify it is found."""

from __future__ import annotations

import stat

import pytest
import sqlalchemy as sa

from claims.errors import AuditKeyError, DatabaseError
from claims.store import audit, engine, schema

KEY = b"k" * 32
EVENTS = schema.audit_events
AT = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def chain(database):
    """Five events in a table whose triggers were dropped, as a forger with the database in hand would."""
    with engine.write(database) as conn:
        for number in range(5):
            body = {"case_id": number, "fields": ["state"], "why": "é"}
            last = audit.append(conn, KEY, actor="ann", action="assign", subject="case", body=body, recorded_at=AT)
        for change in ("update", "delete"):
            on = " ON audit_events" if engine.is_postgresql(conn) else ""
            conn.exec_driver_sql(f"DROP TRIGGER audit_events_no_{change}{on}")
    assert last.seq == 5
    return last


def verified(database, anchor=None, key=KEY):
    with engine.read(database) as conn:
        return audit.verify(conn, key, anchor)


def forge(database, statement):
    with engine.write(database) as conn:
        conn.execute(statement)


def test_a_sound_chain_verifies_with_and_without_anchor(database, chain):
    assert verified(database) is None
    assert verified(database, chain) is None
    with engine.read(database) as conn:
        assert audit.head(conn) == chain


def test_an_empty_chain_is_sound_but_not_when_more_is_known(database):
    assert verified(database) is None
    assert "cut" in verified(database, audit.Head(1, "0" * 64))


@pytest.mark.parametrize("column", ["recorded_at", "actor", "action", "subject", "body", "previous_mac", "mac"])
def test_an_altered_field_is_found(database, chain, column):
    forge(database, EVENTS.update().where(EVENTS.c.seq == 3).values({column: "2"}))
    assert verified(database) == "event 3 was altered"


def test_a_deleted_event_is_found(database, chain):
    forge(database, EVENTS.delete().where(EVENTS.c.seq == 3))
    assert verified(database) == "event 3 is missing"


def test_a_cut_end_is_found_with_the_anchor(database, chain):
    forge(database, EVENTS.delete().where(EVENTS.c.seq > 3))
    assert verified(database) is None
    assert verified(database, chain) == "the chain was cut: it ends at event 3, event 5 is known"


def test_swapped_events_are_found(database, chain):
    for old, new in ((2, 99), (3, 2), (99, 3)):
        forge(database, EVENTS.update().where(EVENTS.c.seq == old).values(seq=new))
    assert verified(database) == "event 2 was altered"


def test_a_rebuilt_chain_is_found_with_the_anchor(database, chain):
    forge(database, EVENTS.delete().where(EVENTS.c.seq > 4))
    with engine.write(database) as conn:
        audit.append(conn, KEY, actor="eve", action="assign", subject="case", body={}, recorded_at=AT)
    assert verified(database) is None
    assert verified(database, chain) == "events up to 5 were rewritten"


def test_another_key_does_not_verify(database, chain):
    assert verified(database, key=b"x" * 32) == "event 1 was altered"


@pytest.mark.parametrize("statement", [EVENTS.update().values(actor="eve"), EVENTS.delete()])
def test_the_table_refuses_changes(database, statement):
    with engine.write(database) as conn:
        audit.append(conn, KEY, actor="ann", action="login", subject="", body={}, recorded_at=AT)
    with pytest.raises(DatabaseError), engine.write(database) as conn:
        conn.execute(statement)
    assert verified(database) is None


def test_an_event_goes_with_its_change(database):
    with pytest.raises(ZeroDivisionError), engine.write(database) as conn:
        audit.append(conn, KEY, actor="ann", action="login", subject="", body={}, recorded_at=AT)
        raise ZeroDivisionError
    with engine.read(database) as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(EVENTS)) == 0


def test_the_key_file_is_made_once_and_private(tmp_path):
    path = tmp_path / "audit.key"
    key = audit.create_key(path)
    assert len(key) == 32 and audit.create_key(path) == audit.load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_bad_key_file_is_refused_without_its_content(tmp_path):
    path = tmp_path / "audit.key"
    with pytest.raises(AuditKeyError, match="missing"):
        audit.load_key(path)
    path.write_bytes(b"\xffsecret")
    path.chmod(0o600)
    with pytest.raises(AuditKeyError, match="64 hex digits") as caught:
        audit.load_key(path)
    assert "secret" not in str(caught.value)
    path.chmod(0o640)
    with pytest.raises(AuditKeyError, match="chmod 600"):
        audit.load_key(path)
