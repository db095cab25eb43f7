"""A look at what an action would do: it says the same as the action, holds nobody up, and cannot write."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.errors import DatabaseError
from claims.service.desk import actions
from claims.store import schema
from claims.store.engine import looking, open_engine, rehearsal, write
from tests.service.desk.conftest import DAY, chosen
from tests.service.desk.test_actions import ACTIONS, AUDIT, balanced

# What each action wants besides cases, and which of A1 to A4; claims are made in a rehearsal (test_sending).
LOOKED_AT = {
    "assign": (("A1", "A2"), ("anna",)),
    "note": (("A1",), ("called",)),
    "tag": (("A1",), ("audit",)),
    "snooze": (("A2", "A3"), ("next-remit",)),
    "wake": (("A2", "A1"), ()),
    "info_sent": (("A2",), ("upload",)),
    "appeal_sent": (("A1", "A2"), (1, "fax 17:03")),  # no packet was prepared
    "appeal_upheld": (("A1", "A4"), (DAY, "their letter")),
    "write_off": (("A3", "A4"), ("small", 10**6)),
    "expire": (("A2",), ("late", 10**6)),
    "close_duplicate": (("A2",), (999, 0)),
    "to_patient": (("A1", "A2", "A4"), ()),
}


@pytest.mark.long
def test_who_looks_holds_nobody_up_who_writes_and_is_told_what_will_be(books):
    assert {*LOOKED_AT, "resubmit", "bill_next", "bill_other"} == set(actions.ACTIONS)
    elsewhere = open_engine(books.ctx.settings.database_url)
    for name, (names, asked) in LOOKED_AT.items():
        seen, action = chosen(books, *names), actions.ACTIONS[name]
        with write(elsewhere):  # somebody writes for longer than anybody waits
            looked = actions.preview(books.ctx, action, seen, *asked, DAY)
        done = action(books.ctx, seen, *asked, DAY)
        assert looked._replace(action_id=done.action_id, refused=done.refused) == done
        assert looked.refused.equals(done.refused), name
    elsewhere.dispose()
    balanced(books)


def test_what_is_looked_at_cannot_write(books):
    with looking(), pytest.raises(DatabaseError), write(books.ctx.engine) as conn:
        conn.execute(sa.delete(schema.denial_events))
    with looking(), rehearsal(books.ctx.engine) as conn:
        assert conn.execute(sa.update(ACTIONS).values(state="done")).rowcount == 0


def test_a_preview_says_the_same_and_writes_nothing(books):
    tables = (ACTIONS, AUDIT, schema.denial_events, schema.journals, schema.runs)
    before = [books.count(table) for table in tables]
    seen = chosen(books, "A1", "A4")
    looked = actions.preview(books.ctx, actions.to_patient, seen, posting_date=DAY)
    assert [books.count(table) for table in tables] == before
    done = actions.to_patient(books.ctx, seen, posting_date=DAY)
    assert looked._replace(action_id=done.action_id)[:3] == done[:3] and looked.action_id == 0
    assert looked.refused.equals(done.refused) and looked.amount_cents == done.amount_cents
