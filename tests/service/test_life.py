"""Events move claims as codes/claim_life.csv says; each is told once, and what does not fit moves nothing."""

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import codes
from claims.service.life import record
from claims.store import schema
from claims.store.engine import write
from tests.books import Bill, claims
from tests.service.conftest import DAY

EVENT, C = schema.claim_events, schema.claims


@pytest.fixture
def books(practice):
    practice.night(claims(Bill("A1", [("99213", "100")]), Bill("A2", [("99213", "50")])))
    return practice


def happen(practice, *events):
    """Record (claim_id, event, key)."""
    rows = pd.DataFrame(events, columns=["claim_id", "event", "event_key"])
    with write(practice.ctx.engine) as conn:
        return record(conn, rows, DAY)


def lives(practice):
    return dict(practice.rows(sa.select(C.c.claim_id, C.c.life)))


def timeline(practice, claim_id):
    rows = sa.select(EVENT.c.event, EVENT.c.life_before, EVENT.c.life_after).where(EVENT.c.claim_id == claim_id)
    return practice.rows(rows.order_by(EVENT.c.event_id))


def test_events_of_one_call_follow_each_other_claim_by_claim(books):
    counts = happen(
        books, (1, "syntax-accepted", "a"), (2, "accepted", "b"), (1, "received", "c"), (1, "accepted", "d")
    )
    assert counts == {"events_recorded": 4, "lives_changed": 2, "life_contradictions": 0}
    assert lives(books) == {1: "accepted", 2: "accepted"}
    assert timeline(books, 1) == [
        ("syntax-accepted", "sent", "acknowledged"),
        ("received", "acknowledged", "received"),
        ("accepted", "received", "accepted"),
    ]


def test_an_event_key_counts_once_in_one_call_and_ever(books):
    happen(books, (1, "accepted", "a"), (1, "accepted", "a"))
    assert happen(books, (1, "accepted", "a"), (1, "paid", "b"))["events_recorded"] == 1
    assert len(timeline(books, 1)) == 2


def test_what_the_table_does_not_allow_is_told_and_moves_nothing(books):
    counts = happen(books, (1, "voided", "a"), (2, "accepted", "b"))
    assert counts == {"events_recorded": 2, "lives_changed": 1, "life_contradictions": 1}
    assert lives(books) == {1: "sent", 2: "accepted"}
    assert timeline(books, 1) == [("voided", "sent", "sent")]
    assert books.exceptions() == ["LIFE_CONTRADICTION"]


def test_what_only_informs_moves_nothing_wherever_the_claim_is(books):
    happen(books, (1, "paid", "a"), (1, "outranked", "b"), (2, "not-found", "c"))
    assert lives(books) == {1: "paid", 2: "sent"}
    assert books.exceptions() == []


def test_every_life_that_is_reached_can_be_left_or_is_an_end():
    table = codes.table("claim_life")
    reached = set(table["next_life"]) - {""}
    assert reached - set(table["life"]) == set()
    assert set(table["life"]) - reached == {"", "any"}
