"""What the ledger says of patients' money, by the key that each of its lines carries; what was written off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import Origin, stands
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of, in_parts

J, L = schema.journals, schema.ledger_lines
OF_PATIENTS = "patient"  # the source of their journals
BILLED_GROUP, NEXT_PAYER_ONLY = "PR", "209"  # what of a share is the patient's to pay
PAID_BACK = ("E07", "P04")  # rules of what is owed back to the patient
ACCOUNTS = ("1000", "1200", "2200", "2300")  # whose lines carry the key of a payment or refund


def money(conn: sa.Connection, keys: Iterable[str]) -> pd.DataFrame:
    """What the ledger says of payments and refunds, by key: reference, account, family_id, amount_cents (not zero).

    On 1000 only what no bank line has taken up yet.
    """
    listed = sorted(set(keys))
    parts = []
    for start in range(0, len(listed), IN_LIST):
        part = listed[start : start + IN_LIST]
        parts.append(frame(conn, _money().where(L.c.reference.in_(part))))
    return pd.concat(parts, ignore_index=True) if parts else frame(conn, _money().where(sa.false()))


def _money() -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(
            L.c.reference,
            L.c.account,
            sa.func.coalesce(L.c.family_id, 0).label("family_id"),
            sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents"),
        )
        .where(L.c.account.in_(ACCOUNTS), L.c.payer_code == "", L.c.reference != "")
        .where(L.c.bank_line_id.is_(None))
        .group_by(L.c.reference, L.c.account, L.c.family_id)
        .having(sa.func.sum(L.c.amount_cents) != 0)
        .order_by(L.c.reference, L.c.account, L.c.family_id)
    )


def times(conn: sa.Connection, keys: Iterable[str]) -> pd.Series:
    """Count the journals that carry each key so far: the ordinal of its next one."""
    listed = sorted(set(keys))
    select = (
        sa.select(L.c.reference, sa.func.count(sa.distinct(L.c.journal_id)).label("times"))
        .where(L.c.account.in_(ACCOUNTS), L.c.payer_code == "")
        .group_by(L.c.reference)
    )
    parts = [
        frame(conn, select.where(L.c.reference.in_(listed[start : start + IN_LIST])))
        for start in range(0, len(listed), IN_LIST)
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))
    return rows.set_index("reference")["times"].reindex(listed, fill_value=0)


def on_claim(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """What of which payment lies on a claim, the last one first: reference, amount_cents (above zero)."""
    cents = sa.cast(-sa.func.sum(L.c.amount_cents), sa.BigInteger)
    return frame(
        conn,
        sa.select(L.c.reference, cents.label("amount_cents"))
        .where(L.c.family_id == family_id, L.c.account == "1200", L.c.reference != "")
        .group_by(L.c.reference)
        .having(sa.func.sum(L.c.amount_cents) < 0)
        .order_by(sa.func.min(L.c.journal_id).desc()),
    )


def paid_back_of_void(conn: sa.Connection) -> pd.DataFrame:
    """What was paid back of payments that bounced later: payment_key, patient_payment_id, family_id, amount_cents."""
    PP = schema.patient_payments
    return frame(
        conn,
        sa.select(
            PP.c.payment_key,
            PP.c.patient_payment_id,
            sa.func.coalesce(L.c.family_id, 0).label("family_id"),
            sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents"),
        )
        .join(L, L.c.reference == PP.c.payment_key)
        .where(PP.c.state == "void", L.c.rule_id.in_(PAID_BACK), L.c.account != "2300", L.c.payer_code == "")
        .group_by(PP.c.payment_key, PP.c.patient_payment_id, L.c.family_id)
        .having(sa.func.sum(L.c.amount_cents) > 0),
    )


def journals_of(conn: sa.Connection, key: str) -> pd.DataFrame:
    """Ledger lines of the journals of patients that carry a key and still stand, newest journal first."""
    own = sa.select(L.c.journal_id).where(L.c.reference == key, L.c.account.in_(ACCOUNTS), L.c.payer_code == "")
    return _standing(conn, own)


def _standing(conn: sa.Connection, own: sa.Select[tuple[int]]) -> pd.DataFrame:
    """Lines of these journals of patients, as far as none takes them back; newest journal first."""
    names = [column for column in L.columns if column.name not in ("ledger_line_id", "journal_id")]
    return frame(
        conn,
        sa.select(J.c.idempotency_key.label("journal_key"), J.c.effective_date, *names)
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(J.c.journal_id.in_(own), J.c.source == OF_PATIENTS, J.c.reverses_journal_id.is_(None), stands())
        .order_by(J.c.journal_id.desc(), L.c.ledger_line_id),
    )


def write_offs(conn: sa.Connection, family_ids: Sequence[int]) -> dict[int, int]:
    """How often a balance of each claim was written off or sent to collection so far."""
    select = (
        sa.select(L.c.family_id, sa.func.count(sa.distinct(L.c.journal_id)))
        .where(L.c.account == "1200", L.c.rule_id.in_(["P05", "E14"]))
        .group_by(L.c.family_id)
    )
    found: dict[int, int] = {}
    for part in in_parts(family_ids):
        found.update({int(family): int(times) for family, times in conn.execute(select.where(L.c.family_id.in_(part)))})
    return found


def written_off(conn: sa.Connection, family_id: int, rules: Sequence[str]) -> pd.DataFrame:
    """Ledger lines of the journals of these rules on a claim that still stand."""
    own = sa.select(L.c.journal_id).where(
        L.c.family_id == family_id, L.c.account == "1200", L.c.rule_id.in_(list(rules))
    )
    return _standing(conn, own)


def shares(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """What payers' decisions put on patients and nobody has written off: the newest posting of each claim first.

    family_id, claim_payment_id, line_number, continues_journal_id (the posting), amount_cents (above zero). What
    patients paid is not taken off.
    """
    origin = Origin()
    by_hand = J.alias("by_hand")  # what a person moved hangs on the posting that it continues
    decision = sa.func.coalesce(
        origin.root.c.claim_payment_id, origin.first.c.claim_payment_id, J.c.claim_payment_id
    ).label("claim_payment_id")
    continued = sa.func.coalesce(by_hand.c.continues_journal_id, origin.journal_id)
    is_billed = sa.and_(L.c.group_code == BILLED_GROUP, L.c.reason_code != NEXT_PAYER_ONLY)
    is_written_off = sa.and_(origin.source == OF_PATIENTS, L.c.reference == "")
    cents = sa.func.sum(L.c.amount_cents)
    select = (
        origin.joined(
            sa.select(
                L.c.family_id,
                decision,
                L.c.line_number,
                sa.func.max(continued).label("continues_journal_id"),
                sa.cast(cents, sa.BigInteger).label("amount_cents"),
            ).join(J, J.c.journal_id == L.c.journal_id)
        )
        .outerjoin(by_hand, by_hand.c.journal_id == origin.journal_id)
        .where(L.c.account == "1200", decision.is_not(None), sa.or_(is_billed, is_written_off))
        .group_by(L.c.family_id, decision, L.c.line_number)
        .having(cents > 0)
    )
    rows = frame_of(conn, select, L.c.family_id, family_ids)
    return rows.sort_values(
        ["family_id", "continues_journal_id", "line_number"], ascending=[True, False, True], ignore_index=True
    )


def history(conn: sa.Connection, key: str) -> pd.DataFrame:
    """Journals that carry a key, oldest first: posting_date, reason_code, rules, amount_cents, actor, journal_key."""
    own = sa.select(L.c.journal_id).where(L.c.reference == key, L.c.account.in_(ACCOUNTS), L.c.payer_code == "")
    select = (
        sa.select(
            J.c.journal_id,
            J.c.posting_date,
            J.c.effective_date,
            J.c.reason_code,
            J.c.actor,
            J.c.idempotency_key.label("journal_key"),
            L.c.rule_id,
            L.c.account,
            L.c.amount_cents,
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(J.c.journal_id.in_(own))
        .order_by(J.c.journal_id, L.c.ledger_line_id)
    )
    return frame(conn, select).drop(columns="journal_id")


def balances(conn: sa.Connection, family_ids: Iterable[int]) -> pd.Series:
    """Balance of 1200 by claim family (debit positive)."""
    select = sa.select(L.c.family_id, sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("cents"))
    select = select.where(L.c.account == "1200").group_by(L.c.family_id)
    parts = [frame(conn, select.where(L.c.family_id.in_(part))) for part in in_parts(sorted(set(family_ids)))]
    rows = pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))
    return rows.set_index("family_id")["cents"]
