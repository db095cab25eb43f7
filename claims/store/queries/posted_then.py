"""Whether a remittance was posted on a day, as a condition: also one that was undone since, or posted again; and the
files that came in on a later day than what they brought was posted on."""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema
from claims.store.queries.asof import AsOf, J
from claims.store.queries.exceptions import open_then

R, U, L = schema.remittances, schema.undone_remittances, schema.ledger_lines
C, BANK, PP, E, FILE = schema.claims, schema.bank_lines, schema.patient_payments, schema.exceptions, schema.files


def was_posted(as_of: AsOf, remits: sa.FromClause = R) -> sa.ColumnElement[bool]:
    """Condition on remittances, or an alias: a posting stood at the end of the day, as known at the instant."""
    undone = sa.select(sa.func.max(U.c.undone_at)).where(U.c.remit_id == remits.c.remit_id)
    undone_at = undone.correlate(remits).scalar_subquery()
    own = sa.select(sa.literal(1)).where(
        J.c.remit_id == remits.c.remit_id, J.c.source == "835", J.c.recorded_at > sa.func.coalesce(undone_at, "")
    )
    # A remittance of zeros posts no journal: its day alone tells.
    known = sa.or_(own.where(J.c.recorded_at <= as_of.known_at).exists(), ~own.exists())
    stands = sa.and_(remits.c.state == "posted", remits.c.posting_date <= as_of.day, known)
    stood = sa.select(sa.literal(1)).where(
        U.c.remit_id == remits.c.remit_id,
        U.c.posting_date <= as_of.day,
        U.c.posted_at <= as_of.known_at,
        sa.or_(U.c.undone_posting_date > as_of.day, U.c.undone_at > as_of.known_at),
    )
    return sa.or_(stands, stood.exists())


def came_later(conn: sa.Connection, as_of: AsOf) -> tuple[int, ...]:
    """Give the files (file_id) of a later accounting day of which something stood in the books at the end of the day.

    A remittance or bank line that was posted, a claim that was charged, a payment of a patient, an open exception.
    """
    lines = sa.select(J.c.journal_id).join(L, L.c.journal_id == J.c.journal_id).where(as_of.journals())
    of_patient = sa.and_(L.c.account.in_(["1000", "1200", "2200"]), L.c.payer_code == "", J.c.source == "patient")
    then = open_then(as_of)
    stood = (
        (R.c.file_id, was_posted(as_of)),
        (BANK.c.file_id, lines.where(L.c.bank_line_id == BANK.c.bank_line_id).correlate(BANK).exists()),
        (C.c.file_id, lines.where(J.c.claim_id == C.c.claim_id).correlate(C).exists()),
        (PP.c.file_id, lines.where(of_patient, L.c.reference == PP.c.payment_key).correlate(PP).exists()),
        (E.c.file_id, E.c.exception_id.in_(sa.select(then.c.exception_id))),
    )
    known, found = as_of.file_ids(), set[int]()
    for file_id, condition in stood:
        received = sa.and_(FILE.c.file_id == file_id, FILE.c.direction == "received")
        select = sa.select(file_id).join(FILE, received).where(file_id.not_in(known), condition).distinct()
        found |= {int(one) for one in conn.scalars(select)}
    return tuple(sorted(found))
