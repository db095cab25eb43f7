"""A decision that is held when the payer takes it back: its cash leaves unapplied cash where it lies."""

import sqlalchemy as sa

from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims
from tests.service.test_late_decisions import AGAIN, PAID, PAID_BACK, payment

L, E, R = schema.ledger_lines, schema.exceptions, schema.remittances
BILL = Bill("A1", [("99213", "150")])


def unapplied(practice):
    """What is left on 2200 by the remittance that it is of."""
    sums = sa.select(R.c.trace_number, sa.func.sum(L.c.amount_cents)).join(R, R.c.remit_id == L.c.remit_id)
    rows = practice.rows(sums.where(L.c.account == "2200").group_by(R.c.trace_number))
    return {trace: int(cents) for trace, cents in rows if cents}


def broken(practice):
    return [problem for one in verify(practice.ctx) for problem in one.broken]


def late_first(practice):
    """The reversal and the correction come first, then the decision that they are of: it is held and taken back."""
    practice.night(claims(BILL), payment(PAID_BACK + "\n" + AGAIN, "T2", "20250412", "12"))
    practice.night(payment(PAID, "T1", "20250310", "88"))


def test_a_late_decision_and_its_reversal_leave_nothing_on_unapplied_cash(begun):
    practice = begun(late_first)
    practice.reconcile()
    assert unapplied(practice) == {}
    assert broken(practice) == []
