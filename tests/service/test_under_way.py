"""What stands when claims are on their way: a repeat with another content changes nothing of what was sent."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service import outbox, production
from claims.service.submit import submit
from claims.store import control_numbers, schema
from claims.store.engine import write
from tests.charges.test_charges_file import written
from tests.service.outgoing import DAY, NOW, PERSON, make_ready, master, rows

FIRST = written(PERSON | {"claim_number": "K1"})
OTHER = written(PERSON | {"claim_number": "K1", "charge": "99.00"})


def states(practice):
    claims = rows(practice, schema.claims, schema.claims.c.claim_id)
    return list(zip(claims["state"], claims["life"], claims["charge_cents"], strict=True))


@pytest.mark.long
def test_a_claim_that_was_sent_stands_and_the_other_content_is_held(practice):
    practice.drop(FIRST, day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())
    practice.night(OTHER, day=DAY)
    assert [state for state, _, _ in states(practice)] == ["stored", "held"]
    assert set(map(abs, practice.balances().values())) == {14500}


@pytest.mark.long
def test_a_claim_in_a_planned_batch_stands(practice, monkeypatch):
    practice.drop(FIRST, day=DAY)
    make_ready(practice)
    with monkeypatch.context() as broken:
        broken.setattr(production, "finish", lambda *_: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            submit(practice.ctx, DAY, now=NOW, master=master())
    practice.night(OTHER, day=DAY)
    assert submit(practice.ctx, DAY, now=NOW, master=master()).counts["claims_sent"] == 1
    assert [(state, life) for state, life, _ in states(practice)] == [("stored", "sent"), ("held", "draft")]


def test_two_contents_that_both_wait_are_both_held(practice):
    practice.night(FIRST, OTHER, day=DAY)
    assert [state for state, _, _ in states(practice)] == ["held", "held"]


def test_the_last_interchange_number_is_not_followed_by_the_first(practice):
    practice.drop(FIRST, day=DAY)
    make_ready(practice)
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.insert(schema.control_numbers).values(sequence="interchange", next_number=999_999_999))
    assert control_numbers.take(practice.ctx.engine, "interchange") == 999_999_999
    with pytest.raises(UsageError, match="used up"):
        submit(practice.ctx, DAY, now=NOW, master=master())
    assert rows(practice, schema.batches).empty
    assert [life for _, life, _ in states(practice)] == ["ready"]


@pytest.mark.parametrize("name", ["../a.837", "a/b.837", "..", "", ".", "a\\b"])
def test_the_outbox_takes_plain_names_only(tmp_path, name):
    source = tmp_path / "source"
    source.write_bytes(b"x")
    with pytest.raises(UsageError):
        outbox.place(source, tmp_path / "outbox", name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]
