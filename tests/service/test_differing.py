"""What stops one claim or one batch stops no other: contents that differ, batches that cannot be finished."""

from __future__ import annotations

import errno

import pytest
import sqlalchemy as sa

from claims.service import outbox
from claims.service.scrub import scrub
from claims.service.submit import submit
from claims.store import schema
from claims.store.engine import write
from tests.charges.test_charges_file import written
from tests.service.outgoing import DAY, NOW, PARTNER, PAYER, PERSON, charges, make_ready, master, rows


def send(practice, **options):
    return submit(practice.ctx, DAY, now=NOW, **({"master": master()} | options))


def change(practice, number, **values):
    table = schema.claims
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(table).where(table.c.claim_number == number).values(**values))


def lives(practice):
    claims = rows(practice, schema.claims)
    return dict(zip(claims["claim_number"], claims["life"], strict=True))


def test_a_stray_quote_sends_the_amounts_that_are_booked(practice):
    head, first = written(PERSON | {"claim_number": "K1", "charge": "145.00"}).decode().splitlines()
    second = written(PERSON | {"claim_number": "K2", "charge": "10.00"}).decode().splitlines()[1]
    inner = written(PERSON | {"claim_number": "K2", "charge": "9999.00"}).decode().splitlines()[1]
    practice.drop(f'{head},note_x\n{first},5" x\n{second},"a\n{inner},b"\n'.encode(), day=DAY)
    make_ready(practice)
    assert send(practice).counts["sent_cents"] == 15500
    assert lives(practice) == {"K1": "sent", "K2": "sent"}


@pytest.mark.parametrize("wrong", [{"charge_cents": 1}, {"claim_number": "OTHER"}])
def test_a_claim_whose_file_says_something_else_is_blocked_and_the_others_go(practice, wrong):
    practice.drop(charges(5), day=DAY)
    make_ready(practice)
    change(practice, "A00003", **wrong)
    done = send(practice)
    assert (done.counts["claims_sent"], done.counts["claims_blocked"]) == (4, 1)
    assert practice.exceptions() == ["CONTENT_DIFFERS"]
    assert sorted(lives(practice).values()) == ["blocked", "sent", "sent", "sent", "sent"]


def test_rows_that_are_not_where_the_books_say_stop_only_their_claim(practice):
    practice.drop(charges(5), day=DAY)
    make_ready(practice)
    table = schema.service_lines
    with write(practice.ctx.engine) as conn:
        third = sa.select(schema.claims.c.claim_id).where(schema.claims.c.claim_number == "A00003")
        moved = sa.update(table).where(table.c.claim_id.in_(third))
        conn.execute(moved.values(offset=table.c.offset + 7))
    counts = scrub(practice.ctx, DAY, master=master())
    assert counts["claims"] == 5
    assert lives(practice)["A00003"] == "blocked"
    assert practice.exceptions() == ["CONTENT_DIFFERS"]
    with write(practice.ctx.engine) as conn:
        conn.execute(moved.values(offset=table.c.offset - 7))
    scrub(practice.ctx, DAY, master=master())
    assert practice.exceptions("closed") == ["CONTENT_DIFFERS"]


def test_a_file_of_which_nothing_can_be_used_sends_nothing(practice):
    practice.drop(charges(1), day=DAY)
    make_ready(practice)
    change(practice, "A00001", charge_cents=1)
    assert send(practice, dry_run=True).counts["claims_blocked"] == 1
    assert send(practice).counts["batches"] == 0
    assert lives(practice) == {"A00001": "blocked"}


def two_partners():
    """Give master data with two partners, one payer each."""
    return master(
        partners=[PARTNER, PARTNER | {"partner_code": "SECOND"}],
        payers=[PAYER, PAYER | {"payer_code": "OTHER", "partner_code": "SECOND"}],
    )


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("error", [errno.ENAMETOOLONG, errno.ENOSPC])
def test_a_batch_that_cannot_be_finished_is_listed_and_the_others_go(practice, monkeypatch, error):
    practice.drop(
        written(PERSON | {"claim_number": "K1"}, PERSON | {"claim_number": "K2", "payer_code": "OTHER"}), day=DAY
    )
    make_ready(practice)
    real = outbox.place

    def place(source, folder, name):
        if name.startswith("PRETEND"):
            raise OSError(error, "no")
        return real(source, folder, name)

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "place", place)
        if error == errno.ENOSPC:
            with pytest.raises(OSError, match="no"):
                send(practice, master=two_partners())
        else:
            done = send(practice, master=two_partners())
            assert (done.counts["batches"], done.counts["batches_not_finished"]) == (1, 1)
    assert lives(practice) == {"K1": "batched", "K2": "sent"}
    assert practice.exceptions() == ["BATCH_NOT_FINISHED"]
    assert send(practice, master=two_partners()).counts["claims_sent"] == 1
    assert practice.exceptions() == []


def test_a_partner_whose_code_is_a_path_takes_nothing(practice):
    practice.drop(charges(1), day=DAY)
    make_ready(practice)
    evil = master(partner={"partner_code": "../evil"}, payer={"partner_code": "../evil"})
    assert send(practice, master=evil).counts["claims_without_partner"] == 1
    assert lives(practice) == {"A00001": "ready"}
