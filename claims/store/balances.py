"""Balances of claim families, and the postings behind a held denial, for people's actions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import Origin, stands
from claims.store.rows import frame_of

J, L, F = schema.journals, schema.ledger_lines, schema.families
P, CP = schema.claim_postings, schema.claim_payments


def families_of(conn: sa.Connection, claim_number: str) -> list[int]:
    """Family ids that carry a claim number."""
    rows = conn.scalars(sa.select(F.c.family_id).where(F.c.claim_number == claim_number).order_by(F.c.family_id))
    return [int(one) for one in rows]


def balance(conn: sa.Connection, family_id: int, account: str) -> int:
    """Balance of one account for one family (debit positive)."""
    total = conn.scalar(
        sa.select(sa.func.sum(L.c.amount_cents)).where(L.c.family_id == family_id, L.c.account == account)
    )
    return int(total or 0)


def open_on(conn: sa.Connection, family_id: int, payer_sequence: str) -> int:
    """Give what is open on one payer of a family, denied or not (1100 and 1110)."""
    own = (L.c.family_id == family_id, L.c.payer_sequence == payer_sequence, L.c.account.in_(["1100", "1110"]))
    return int(conn.scalar(sa.select(sa.func.sum(L.c.amount_cents)).where(*own)) or 0)


def shares(conn: sa.Connection, family_ids: Sequence[int]) -> list[int]:
    """Give the families of which decisions stand that left the patient a share (1200), paid by now or not."""
    origin = Origin()
    amount = sa.func.sum(L.c.amount_cents)
    select = origin.joined(sa.select(L.c.family_id).join(J, J.c.journal_id == L.c.journal_id))
    select = select.where(L.c.account == "1200", origin.source.in_(["835", "denial"]))
    found = frame_of(conn, select.group_by(L.c.family_id).having(amount > 0), L.c.family_id, family_ids)
    return [int(one) for one in found["family_id"]]


def paid(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Add up what payers have paid by decisions that stand: family_id, payer_sequence, where it is not zero."""
    amount = sa.func.sum(CP.c.paid_cents)
    keys = (P.c.family_id, P.c.payer_sequence)
    select = sa.select(*keys).join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
    select = select.where(P.c.ended_at.is_(None)).group_by(*keys).having(amount != 0)
    return frame_of(conn, select, P.c.family_id, family_ids)


def held_denials(conn: sa.Connection, family_ids: Sequence[int], accounts: Sequence[str] = ("1110",)) -> pd.DataFrame:
    """What stands on 1110 for families, by the posting that put it there: its journal, line, payer, codes, cents.

    What people moved away and what was taken back again counts for the posting that it continues.
    """
    reversed_one, origin = J.alias("reversed_one"), J.alias("origin")
    root = sa.func.coalesce(
        *(J.c.continues_journal_id, reversed_one.c.continues_journal_id, reversed_one.c.reverses_journal_id),
        *(J.c.reverses_journal_id, J.c.journal_id),
    )
    keys = [
        *(L.c.family_id, L.c.line_number, L.c.payer_code, L.c.payer_sequence, L.c.group_code, L.c.reason_code),
        *(origin.c.claim_payment_id, L.c.account),
    ]
    total = sa.func.sum(L.c.amount_cents)
    select = (
        sa.select(
            origin.c.journal_id.label("origin_journal_id"), *keys, sa.cast(total, sa.BigInteger).label("amount_cents")
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .outerjoin(reversed_one, reversed_one.c.journal_id == J.c.reverses_journal_id)
        .join(origin, origin.c.journal_id == root)
        .where(L.c.account.in_(accounts))
        .group_by(origin.c.journal_id, *keys)
        .having(total > 0)
        .order_by(origin.c.journal_id, L.c.line_number)
    )
    return frame_of(conn, select, L.c.family_id, family_ids)


def receivable(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Add up what is open on 1100 by family_id, payer_sequence and payer_code: amount_cents."""
    keys = (L.c.family_id, L.c.payer_sequence, L.c.payer_code)
    amount = sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents")
    select = sa.select(*keys, amount).where(L.c.account == "1100").group_by(*keys)
    return frame_of(conn, select, L.c.family_id, family_ids)


def of_actions(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Ledger lines of people's journals on denials of families, as far as nobody has taken them back."""
    select = (
        sa.select(
            J.c.idempotency_key.label("journal_key"), J.c.claim_payment_id, J.c.continues_journal_id,
            L.c.family_id, L.c.account, L.c.amount_cents, L.c.rule_id, L.c.payer_code, L.c.payer_sequence,
            L.c.line_number, L.c.group_code, L.c.reason_code,
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(
            J.c.source == "denial",
            J.c.reverses_journal_id.is_(None),
            stands(),
        )
        .order_by(L.c.ledger_line_id)
    )  # fmt: skip
    return frame_of(conn, select, J.c.family_id, family_ids)
