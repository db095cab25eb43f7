"""Claims that came in as an 837 go out as one, of each kind, with all that they said and no finding above a note."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from claims import x12
from claims.service.submit import submit
from claims.store import schema
from claims.store.engine import write
from tests.service.outgoing import DAY, NOW, PARTNER, master, rows
from tests.x12.reference import reference_of

SAMPLES = Path(__file__).parents[2] / "edi_samples"


def ready(practice, kind):
    """Let the samples of a kind be claims to send; give master data in which a partner takes them."""
    practice.night(*(path.read_bytes() for path in sorted((SAMPLES / f"837{kind.lower()}" / "pass").glob("*.edi"))))
    with write(practice.ctx.engine) as conn:
        where = schema.claims.c.state == "stored"
        conn.execute(sa.update(schema.claims).where(where).values(origin="to_send", life="ready"))
    codes = rows(practice, schema.claims)["payer_code"].drop_duplicates().tolist()
    payers = [{"payer_code": code, "payer_name": "PLAN", "partner_code": "PRETEND"} for code in codes if code]
    return master(payers=payers, partners=[PARTNER])


@pytest.mark.parametrize("kind", ["P", "I", "D"])
def test_what_was_said_is_sent(practice, kind):
    known = ready(practice, kind)
    count = len(rows(practice, schema.claims).query("life == 'ready'"))
    done = submit(practice.ctx, DAY, now=NOW, master=known)
    messages = rows(practice, schema.exceptions)["message"].tolist()
    assert (done.counts["claims_sent"], messages) == (count, messages), messages
    paths = sorted(practice.ctx.settings.outbox_folder.glob("*.837"))
    for path in paths:
        checked = x12.check(path)
        assert checked.findings[checked.findings["severity"] != "note"].empty
        assert kind == "D" or reference_of(path.read_bytes()).pairs == set()
    lines = sum(len(x12.read(path).frames["service_lines"]) for path in paths)
    assert lines == int(rows(practice, schema.batches)["service_lines"].sum())
