"""The night sends what is ready after the books are up to date; a second night sends nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.service import outgoing, submit
from claims.store import schema
from claims.store.engine import write
from tests.flows.test_nightly import practice
from tests.service.outgoing import charges, make_ready, master

__all__ = ["practice"]

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def known(monkeypatch):
    """Master data for these claims; edits, which are not asked about here, let all of them go."""
    monkeypatch.setattr(submit, "load_master", lambda ctx: master())
    monkeypatch.setattr(outgoing, "prepare", lambda *_arguments: {})


def test_a_night_sends_each_ready_claim_once(practice, known):
    (practice.inbox / "charges.csv").write_bytes(charges(3))
    practice.night()
    make_ready(practice)
    night = practice.night()
    assert (night.submitted["claims_sent"], night.submitted["batches"]) == (3, 1)
    assert len(list(practice.ctx.settings.outbox_folder.glob("*.837"))) == 1
    assert not any(practice.night().submitted.values())


@pytest.mark.long
def test_a_batch_that_a_dead_night_left_is_finished_by_the_next(practice, known, monkeypatch):
    from claims.service import production
    from flows.failures import StepError

    (practice.inbox / "charges.csv").write_bytes(charges(3))
    practice.night()
    make_ready(practice)

    def die(*_arguments):
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(production.outbox, "place", die)
        with pytest.raises(StepError):
            practice.night()
    assert practice.rows(sa.select(schema.batches.c.state)) == [("written",)]
    with write(practice.ctx.engine) as conn:  # what is sent is what was planned, whatever became of the claim since
        conn.execute(sa.update(schema.claims).values(payer_name="ANOTHER NAME"))
    assert practice.night().submitted["claims_sent"] == 3
    assert practice.rows(sa.select(schema.batches.c.state)) == [("released",)]
