"""Files of rows that have none: a statement of the bank may say nothing, charges may not."""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema
from tests.service.conftest import DAY
from tests.service.outgoing import charges

BANK = b"date,amount,trace_number,payer_name,reference,type\n"
CHARGES = charges(1).split(b"\n", 1)[0] + b"\n"


def outcome(practice, data):
    practice.drop(data, day=DAY)
    return practice.rows(sa.select(schema.files.c.content, schema.files.c.state, schema.files.c.reason_code))


def test_a_statement_without_lines_is_stored_and_nobody_is_asked(practice):
    assert outcome(practice, BANK) == [("bank", "stored", None)]
    assert practice.exceptions() == []


def test_charges_without_rows_are_refused_and_listed(practice):
    assert outcome(practice, CHARGES) == [("charges", "refused", "no-rows")]
    assert practice.exceptions() == ["FILE_REFUSED"]
