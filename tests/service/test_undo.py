"""Undo and replay of remittances: the books before, the books after, cent for cent and case for case."""

import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, bank, claims, remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY

PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T0101*1512345678~
          CLP*A1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def number_of(practice, trace):
    table = schema.remittances
    return practice.rows(sa.select(table.c.remit_id).where(table.c.trace_number == trace))[0][0]


def test_a_paid_claim_undone_and_replayed(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), bank(("2025-03-11", "88.00", "T0101")))
    before = state(practice)
    practice.night(remit(PAID))
    posted = state(practice)
    done = undo(practice.ctx, f"remit:{number_of(practice, 'T0101')}", DAY)
    assert done.refused.empty
    check(practice)
    after = state(practice, without=("UNDONE",))
    differs = differences(before, after)
    differs.pop("remittances")
    assert differs == {}
    practice.reconcile()
    assert differences(after, state(practice, without=("UNDONE",))) == {}
    replay(practice.ctx, f"remit:{number_of(practice, 'T0101')}", DAY)
    check(practice)
    assert differences(posted, state(practice)) == {}
