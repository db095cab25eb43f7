"""What an auditor acknowledges of what verify names (`claims audit acknowledge`): it is named no more, until it changes
again; rows sealed one by one and rows sealed together alike."""

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, UsageError
from claims.service.acknowledging import acknowledge
from claims.store import batch_seals, schema
from claims.store.engine import rehearsal, write
from claims.store.people import change, set_recovery_codes
from tests.service.test_verify_files import tamper
from tests.service.test_verify_seals import begin, found
from tests.service.test_verify_work import one


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds sound books against both."""
    return sqlite_url


@pytest.fixture
def books(begun):
    return begun(begin)


@pytest.mark.long
def test_what_was_found_of_rows_that_are_sealed_together_is_acknowledged(books):
    seals = schema.row_seals
    first, last, _ = one(books, seals.c.seals, seals.c.table_name == "families").split(" ")
    with rehearsal(books.ctx.engine) as conn:
        tamper(books, "UPDATE line_matches SET rule = 'another'")
        found = [text.removesuffix(" are not as they were put in") for text in batch_seals.unlike(conn)]
        assert found and found[0].startswith("line matches ")
        for name in found:
            assert acknowledge(books.ctx, name) == 0
        assert batch_seals.unlike(conn) == []
        with pytest.raises(UsageError, match="already"):
            acknowledge(books.ctx, found[0])
        tamper(books, "UPDATE line_matches SET rule = 'a third'")  # what comes after that is news
        assert [text.removesuffix(" are not as they were put in") for text in batch_seals.unlike(conn)] == found
        with pytest.raises(NotFoundError):
            acknowledge(books.ctx, "line matches 7 to 7777")
        with pytest.raises(UsageError, match="as the program wrote them"):
            acknowledge(books.ctx, f"claim families {first} to {last}")


@pytest.mark.long
def test_rows_that_were_put_in_beside_those_that_are_sealed_together_are_acknowledged(books):
    columns = [column.name for column in schema.match_candidates.columns][1:]
    with rehearsal(books.ctx.engine) as conn:
        candidate = {column: 1 if column in _numbers(schema.match_candidates) else "x" for column in columns}

        def put_in(*keys):
            names = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(repr(candidate[name]) for name in columns)
            into = f"INSERT INTO match_candidates (match_candidate_id, {names})"
            tamper(books, *(f"{into} VALUES ({key}, {values})" for key in keys))

        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        put_in(700, 701, -3)
        assert batch_seals.unlike(conn) == [
            "claims not taken -3 to -3 were put in beside the program",
            "claims not taken 700 to 701 were put in beside the program",
        ]
        for wrong in ("claims not taken 700 to 700", "claims not taken 800 to 801"):
            with pytest.raises(NotFoundError):
                acknowledge(books.ctx, wrong)
        for name in ("claims not taken 700 to 701", "claims not taken -3 to -3"):
            assert acknowledge(books.ctx, name) == 0
        assert batch_seals.unlike(conn) == []
        with pytest.raises(UsageError, match="already"):
            acknowledge(books.ctx, "claims not taken 700 to 701")
        put_in(702)  # what comes after that is news
        tamper(books, "DELETE FROM match_candidates WHERE match_candidate_id = -3")
        found = ["claims not taken -3 to -3 are not as they were acknowledged"]
        found.append("claims not taken 702 to 702 were put in beside the program")
        assert batch_seals.unlike(conn) == found
        for one in found:
            acknowledge(books.ctx, one.partition(" are ")[0].partition(" were ")[0])
        assert batch_seals.unlike(conn) == []


def _numbers(table):
    return {column.name for column in table.columns if isinstance(column.type, sa.Integer)}


def test_a_row_that_the_program_writes_again_after_it_was_changed_is_named_until_it_is_acknowledged(books):
    users = schema.users
    user = one(books, users.c.user_id)
    tamper(books, "UPDATE users SET roles = 'admin'")
    for limit in (6, 7):  # the second time, the seal before it is the program's own
        with write(books.ctx.engine) as conn:
            change(conn, user, write_off_limit_cents=5)
            change(conn, user, write_off_limit_cents=limit)
    seal = one(books, sa.func.max(schema.row_seals.c.row_seal_id)) - 1
    told = f"person {user} was changed beside the program before it was written again (seal {seal})"
    assert found(books) == [told]
    for wrong in ("person", f"man {user}", "person x"):
        with pytest.raises(UsageError):
            acknowledge(books.ctx, wrong)
    with pytest.raises(NotFoundError):
        acknowledge(books.ctx, "person 77")
    assert acknowledge(books.ctx, f"person {user}") == seal
    assert found(books) == []
    with pytest.raises(UsageError):
        acknowledge(books.ctx, f"person {user}")
    event = schema.audit_events
    assert one(books, event.c.subject, event.c.action == "seal.acknowledged") == f"person {user}"
    tamper(books, "UPDATE users SET roles = 'biller'")  # what comes after is named as before
    with write(books.ctx.engine) as conn:
        change(conn, user, write_off_limit_cents=7)
    assert len(found(books)) == 1


def test_what_stands_otherwise_or_is_gone_is_acknowledged_as_it_is(books):
    rows = schema.rejections
    key = one(books, rows.c.rejection_id)
    tamper(books, "UPDATE rejections SET cause = 'another'", "DELETE FROM recovery_codes WHERE code_sha256 = 'a'")
    gone, odd = found(books)
    assert (gone, odd) == ("recovery code 1 was deleted", f"rejection {key} is not as it was last written")
    acknowledge(books.ctx, "recovery code 1")
    acknowledge(books.ctx, f"rejection {key}")
    assert found(books) == []
    with write(books.ctx.engine) as conn:  # what the program deletes is no break
        set_recovery_codes(conn, one(books, schema.users.c.user_id), ["c"])
    assert found(books) == []
