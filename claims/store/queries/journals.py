"""The general ledger line by line, read in parts: what was posted on some days, and where each line comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.chain import START
from claims.store.load import frame, frames
from claims.store.queries.asof import AsOf, J, count, total
from claims.store.rows import frame_of

L, F, R, FILE = schema.ledger_lines, schema.families, schema.remittances, schema.files
CP, SP, A, PA = schema.claim_payments, schema.service_payments, schema.adjustments, schema.provider_adjustments
BANK, C, S, PP = schema.bank_lines, schema.claims, schema.service_lines, schema.patient_payments
ROWS_AT_ONCE = 50_000
_NAMED = (L.c.claim_payment_id, L.c.service_payment_id, L.c.adjustment_id)
_PLACE = ("seg", "offset", "length")


@dataclass(frozen=True)
class Stretch:
    """What was posted from ``start`` to ``end``, both included, on one account, or on all ("")."""

    start: date
    end: date
    account: str = ""

    def condition(self, at: AsOf) -> sa.ColumnElement[bool]:
        """Condition on journals joined with their lines."""
        days = sa.and_(at.journals(), J.c.posting_date.between(self.start, self.end))
        return sa.and_(days, L.c.account == self.account) if self.account else days


def lines(conn: sa.Connection, at: AsOf, stretch: Stretch) -> Iterator[pd.DataFrame]:
    """Read ledger lines by day and in the order in which their journals were written, frame by frame.

    The address is the innermost thing that a line names: adjustment, line, provider adjustment or claim of an 835,
    bank line, line of a claim, payment of a patient, remittance, claim. Where a payer takes back a decision it is the
    reversal's CLP, not what is taken back: that is `service_payment_id` and `adjustment_id` then, and the reversal
    `claim_payment_id` (else 0). `previous_hash`: of the journal that was written before.
    """
    reversed_one, whole, own = J.alias("reversed_one"), CP.alias("whole"), C.alias("own")
    booked, first = _payments(), C.alias("first_claims")
    # Inside of what the line itself is about: a reversal names the adjustments of what it takes back.
    inside = [one.c.claim_payment_id == L.c.claim_payment_id for one in (A, SP)]
    places = (A, SP, PA, CP, BANK, S, booked, own, whole, R, first)
    file_id, seg, offset, length = (
        sa.func.coalesce(*((BANK.c.row_number if one is BANK and name == "seg" else one.c[name]) for one in places))
        for name in ("file_id", "seg", "offset", "length")
    )
    is_back = sa.and_(CP.c.status_code == "22", A.c.adjustment_id.is_(None), SP.c.service_payment_id.is_(None))
    none = sa.cast(sa.literal(0), sa.BigInteger)
    family_id = sa.func.coalesce(L.c.family_id, J.c.family_id)
    any_claim = C.alias("any_claim")
    of_family = (
        sa.select(sa.func.min(any_claim.c.claim_id))
        .where(any_claim.c.family_id == family_id)
        .correlate(L, J)
        .scalar_subquery()
    )
    before = J.alias("before")
    last = sa.select(before.c.hash).where(before.c.journal_id < J.c.journal_id).correlate(J)
    previous = last.order_by(before.c.journal_id.desc()).limit(1).scalar_subquery()
    select = (
        sa.select(
            L.c.journal_id,
            J.c.idempotency_key.label("journal"),
            J.c.posting_date,
            J.c.effective_date,
            J.c.source,
            J.c.reason_code.label("reason"),
            L.c.rule_id,
            L.c.account,
            sa.case((L.c.amount_cents > 0, L.c.amount_cents), else_=0).label("debit_cents"),
            sa.case((L.c.amount_cents < 0, -L.c.amount_cents), else_=0).label("credit_cents"),
            L.c.payer_code,
            L.c.payer_sequence,
            sa.func.coalesce(F.c.billing_npi, "").label("billing_npi"),
            sa.func.coalesce(F.c.claim_number, CP.c.claim_number, whole.c.claim_number, "").label("claim_number"),
            L.c.line_number,
            L.c.group_code,
            L.c.reason_code,
            L.c.reference,
            sa.func.coalesce(R.c.remit_key, "").label("remit_key"),
            sa.func.coalesce(R.c.trace_number, "").label("trace_number"),
            R.c.payment_date,
            J.c.actor,
            sa.func.coalesce(reversed_one.c.idempotency_key, "").label("reverses"),
            sa.func.coalesce(FILE.c.sha256, "").label("sha256"),
            *(
                sa.func.coalesce(one, 0).label(name)
                for one, name in ((seg, "seg"), (offset, "offset"), (length, "length"))
            ),
            *(sa.case((is_back, one), else_=none).label(one.name) for one in _NAMED),
            sa.func.coalesce(previous, START).label("previous_hash"),
            J.c.hash,
        )
        .select_from(J)
        .join(L, L.c.journal_id == J.c.journal_id)
        .outerjoin(reversed_one, reversed_one.c.journal_id == J.c.reverses_journal_id)
        .outerjoin(A, sa.and_(A.c.adjustment_id == L.c.adjustment_id, inside[0]))
        .outerjoin(SP, sa.and_(SP.c.service_payment_id == L.c.service_payment_id, inside[1]))
        .outerjoin(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .outerjoin(CP, CP.c.claim_payment_id == L.c.claim_payment_id)
        .outerjoin(BANK, BANK.c.bank_line_id == L.c.bank_line_id)
        .outerjoin(S, sa.and_(S.c.claim_id == J.c.claim_id, S.c.line_number == L.c.line_number))
        .outerjoin(booked, sa.and_(booked.c.payment_key == L.c.reference, L.c.payer_code == ""))
        .outerjoin(own, own.c.claim_id == J.c.claim_id)
        .outerjoin(whole, whole.c.claim_payment_id == J.c.claim_payment_id)
        .outerjoin(R, R.c.remit_id == sa.func.coalesce(L.c.remit_id, J.c.remit_id))
        .outerjoin(F, F.c.family_id == family_id)
        .outerjoin(first, first.c.claim_id == of_family)
        .outerjoin(FILE, FILE.c.file_id == file_id)
        .where(stretch.condition(at))
        .order_by(J.c.posting_date, J.c.journal_id, L.c.ledger_line_id)
    )
    yield from frames(conn, select, ROWS_AT_ONCE)


def _payments() -> sa.Subquery:
    """Payments of patients by their key: of rows that contradict each other the one that is in the books."""
    waits = sa.case((PP.c.state.in_(["new", "held"]), 1), else_=0)
    nth = sa.func.row_number().over(partition_by=PP.c.payment_key, order_by=[waits, PP.c.patient_payment_id])
    names = (PP.c.payment_key, PP.c.file_id, PP.c.seg, PP.c.offset, PP.c.length)
    rows = sa.select(*names, nth.label("nth")).subquery()
    return sa.select(*(rows.c[one.name] for one in names)).where(rows.c.nth == 1).subquery("booked")


def reversals(conn: sa.Connection, at: AsOf, journal_ids: Sequence[int]) -> pd.DataFrame:
    """Read which journals took these back: reverses_journal_id, reversed_by, as they came."""
    select = sa.select(J.c.reverses_journal_id, J.c.idempotency_key.label("reversed_by")).where(at.journals())
    return frame_of(conn, select.order_by(J.c.journal_id), J.c.reverses_journal_id, journal_ids)


def segments(conn: sa.Connection, reversals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read services and adjustments of reversals and of what they take back, as `reversed_segments.places` wants them.

    `reversals`: claim_payment_id, and service_payment_id and adjustment_id of what is taken back.
    """
    ids = set(reversals["claim_payment_id"].tolist())
    for table, key in ((SP, SP.c.service_payment_id), (A, A.c.adjustment_id)):
        named = sorted(set(reversals[key.name]) - {0})
        ids |= set(frame_of(conn, sa.select(table.c.claim_payment_id), key, named)["claim_payment_id"].tolist())
    names = ("claim_payment_id", "service_payment_id", *_PLACE)
    told = ("procedure_code", "modifiers", "charge_cents", "paid_cents", "service_date", "line_control_number")
    services = sa.select(*(SP.c[name] for name in (*names, *told)))
    within = ("claim_payment_id", "adjustment_id", *_PLACE, "ordinal", "group_code", "reason_code", "amount_cents")
    service = sa.func.coalesce(A.c.service_payment_id, sa.cast(sa.literal(0), sa.BigInteger))
    adjustments = sa.select(*(A.c[name] for name in within), service.label("service_payment_id"))
    known = sorted(ids)
    return (
        frame_of(conn, services, SP.c.claim_payment_id, known),
        frame_of(conn, adjustments, A.c.claim_payment_id, known),
    )


def counts(conn: sa.Connection, at: AsOf, stretch: Stretch) -> tuple[int, int]:
    """Count journals and ledger lines of the stretch."""
    heads = sa.select(count()).select_from(J).where(at.journals(), J.c.posting_date.between(stretch.start, stretch.end))
    if stretch.account:
        own = sa.select(sa.literal(1)).where(L.c.journal_id == J.c.journal_id, L.c.account == stretch.account)
        heads = heads.where(own.exists())
    rows = sa.select(count()).select_from(J).join(L, L.c.journal_id == J.c.journal_id).where(stretch.condition(at))
    return int(conn.execute(heads).scalar_one()), int(conn.execute(rows).scalar_one())


def balances(conn: sa.Connection, at: AsOf) -> dict[str, int]:
    """Sum every account up to the day, debits positive."""
    select = sa.select(L.c.account, total(L.c.amount_cents).label("amount_cents")).join(
        J, J.c.journal_id == L.c.journal_id
    )
    rows = frame(conn, select.where(at.journals()).group_by(L.c.account))
    return dict(zip(rows["account"].tolist(), rows["amount_cents"].tolist(), strict=True))
