"""What the denial rules look at: postings not looked at yet, with their lines, adjustments, remarks and known cases."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.next_remittances import next_remittances
from claims.store.posting import AGAIN
from claims.store.rows import frame_of

P, CP, SP, A = schema.claim_postings, schema.claim_payments, schema.service_payments, schema.adjustments
R, M, LM, F = schema.remittances, schema.matches, schema.line_matches, schema.families
REM, CLASS, CASE, EA = schema.remarks, schema.classifications, schema.denial_cases, schema.expected_allowed
EVENT, C, J = schema.denial_events, schema.claims, schema.journals

Ids = sa.Select[tuple[int]]
WON = ("overturned", "partly_overturned")


def remittances_to_look_at(conn: sa.Connection, claims_at_most: int) -> list[int]:
    """Give the next remittances with postings that the denial rules have not seen, in posting order."""
    return next_remittances(conn, sa.and_(P.c.ended_at.is_(None), P.c.denials_at.is_(None)), claims_at_most)


def not_looked_at(remit_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Condition on claim_postings: in force, of these remittances, not seen by the denial rules."""
    return sa.and_(P.c.remit_id.in_(remit_ids), P.c.ended_at.is_(None), P.c.denials_at.is_(None))


def that_matter(remit_ids: Sequence[int]) -> Ids:
    """Select the claim payments among them that can open or change a case: most were simply paid."""
    denied = sa.select(CLASS.c.claim_payment_id).where(
        CLASS.c.claim_payment_id == P.c.claim_payment_id, CLASS.c.counts_as_denial == 1
    )
    known = sa.select(CASE.c.case_id).where(CASE.c.claim_payment_id == P.c.claim_payment_id)
    worked = sa.select(CASE.c.case_id).where(CASE.c.family_id == P.c.family_id)
    other = P.alias("other")
    taken_back = sa.select(other.c.claim_posting_id).where(
        other.c.family_id == P.c.family_id, other.c.outcome == "reversal"
    )
    news: Ids = (
        sa.select(P.c.claim_payment_id)
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .where(
            not_looked_at(remit_ids),
            sa.or_(
                P.c.outcome.in_(["reversal", "memo"]),
                P.c.reverses_claim_payment_id.is_not(None),
                CP.c.status_code == "22",
                denied.exists(),
                known.exists(),
                sa.and_(P.c.outcome == "posted", sa.or_(worked.exists(), taken_back.exists())),
            ),
        )
    )
    parts = sa.union(news, _paid_since(remit_ids), _held_and_taken_back(remit_ids))
    return sa.select(parts.subquery().c.claim_payment_id)


def _held_and_taken_back(remit_ids: Sequence[int]) -> Ids:
    """Select decisions that wait, looked at before, and are taken back by a reversal that came only now."""
    held = P.alias("held")
    select: Ids = (
        sa.select(held.c.claim_payment_id)
        .join(P, P.c.reverses_claim_payment_id == held.c.claim_payment_id)
        .where(
            not_looked_at(remit_ids),
            P.c.outcome == "reversal",
            held.c.outcome == "unapplied",
            held.c.ended_at.is_(None),
            held.c.denials_at.is_not(None),
        )
    )
    return select


def _paid_since(remit_ids: Sequence[int]) -> Ids:
    """Select payments in force, looked at before, of payers whose earlier denial, or its reversal, came only now.

    Of a reversal it is what it takes back that was decided before, no later than on the day of the payment: the payer
    may have paid otherwise long before it took that back. What a payment denies itself is no news then.
    """
    paid, of_paid, of_late = P.alias("paid"), R.alias("of_paid"), R.alias("of_late")
    taken, of_taken = CP.alias("taken"), R.alias("of_taken")
    denied = sa.select(CLASS.c.claim_payment_id).where(CLASS.c.counts_as_denial == 1)
    is_back = P.c.outcome == "reversal"
    select: Ids = (
        sa.select(paid.c.claim_payment_id)
        .join(P, sa.and_(P.c.family_id == paid.c.family_id, P.c.payer_sequence == paid.c.payer_sequence))
        .join(of_paid, of_paid.c.remit_id == paid.c.remit_id)
        .join(of_late, of_late.c.remit_id == P.c.remit_id)
        .outerjoin(taken, taken.c.claim_payment_id == P.c.reverses_claim_payment_id)
        .outerjoin(of_taken, of_taken.c.remit_id == taken.c.remit_id)
        .where(
            not_looked_at(remit_ids),
            sa.or_(is_back, denied.where(CLASS.c.claim_payment_id == P.c.claim_payment_id).exists()),
            paid.c.ended_at.is_(None),
            paid.c.outcome == "posted",
            paid.c.is_superseded == 0,
            paid.c.denials_at.is_not(None),
            sa.or_(
                of_paid.c.payment_date > of_late.c.payment_date,
                sa.and_(is_back, of_paid.c.payment_date >= of_taken.c.payment_date),
            ),
        )
    )
    return select


def _stands_again() -> sa.Exists:
    """Tell that the claim payment `CP` was released, and stands again since that was taken back."""
    own = sa.and_(J.c.claim_payment_id == CP.c.claim_payment_id, J.c.reason_code == AGAIN)
    return sa.select(sa.literal(1)).where(own, stands()).correlate(CP).exists()


def claim_payments(conn: sa.Connection, ids: Ids) -> pd.DataFrame:
    """Read claim payments with remittance, posting, match and family, as ``denials.propose`` wants them."""
    rows = frame(
        conn,
        sa.select(
            CP.c.claim_payment_id,
            R.c.remit_key,
            R.c.payment_date,
            R.c.payer_code,
            R.c.payer_name,
            CP.c.ordinal,
            CP.c.claim_number,
            CP.c.payer_claim_number,
            CP.c.status_code,
            CP.c.charge_cents,
            CP.c.paid_cents,
            CP.c.filing_indicator_code,
            CP.c.statement_from_date,
            CP.c.statement_to_date,
            C.c.statement_from_date.label("claim_from_date"),
            C.c.statement_to_date.label("claim_to_date"),
            P.c.outcome,
            P.c.reverses_claim_payment_id,
            P.c.is_superseded,
            sa.type_coerce(_stands_again(), sa.Boolean).label("stands_again"),
            P.c.denials_at.is_not(None).label("is_seen"),
            P.c.recorded_at.label("posted_at"),
            M.c.family_id,
            sa.func.coalesce(M.c.payer_sequence, "").label("payer_sequence"),
            sa.func.coalesce(M.c.payer_code, "").label("own_payer_code"),
            sa.func.coalesce(M.c.next_payer_code, "").label("next_payer_code"),
            sa.func.coalesce(F.c.billing_npi, "").label("billing_npi"),
            sa.func.coalesce(F.c.claim_number, "").label("family_claim_number"),
            sa.func.coalesce(C.c.charge_cents, 0).label("whole_charge_cents"),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .outerjoin(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(F, F.c.family_id == M.c.family_id)
        .outerjoin(C, C.c.claim_id == M.c.claim_id)
        .where(CP.c.claim_payment_id.in_(ids)),
    )
    # Where the payer names no day of the claim, the claim's own is the day; those of its lines go before both.
    is_named = (rows["statement_from_date"] != "") | (rows["statement_to_date"] != "")
    for told, own in (("statement_from_date", "claim_from_date"), ("statement_to_date", "claim_to_date")):
        rows[told] = rows[told].where(is_named, rows.pop(own))
    return rows.assign(has_other_payer=rows["next_payer_code"] != "")


def service_payments(conn: sa.Connection, ids: Ids) -> pd.DataFrame:
    """Read service payments with the line number of their match, 0 where no line fits, and what its contract allows.

    A line that the payer answered in parts shares its expected_cents among them as their charges are.
    """
    rows = frame(
        conn,
        sa.select(
            SP.c.service_payment_id,
            SP.c.claim_payment_id,
            SP.c.ordinal,
            SP.c.procedure_code,
            SP.c.charge_cents,
            SP.c.paid_cents,
            SP.c.service_date,
            SP.c.service_to_date,
            sa.func.coalesce(LM.c.line_number, 0).label("line_number"),
            EA.c.expected_cents,
        )
        .outerjoin(M, sa.and_(M.c.claim_payment_id == SP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(LM, sa.and_(LM.c.match_id == M.c.match_id, LM.c.service_payment_id == SP.c.service_payment_id))
        .outerjoin(
            EA,
            sa.and_(
                EA.c.claim_payment_id == SP.c.claim_payment_id,
                EA.c.line_number == LM.c.line_number,
                EA.c.ended_at.is_(None),
            ),
        )
        .where(SP.c.claim_payment_id.in_(ids)),
    )
    line = ["claim_payment_id", "line_number"]
    is_part = rows.duplicated(line, keep=False) & rows["expected_cents"].notna()
    if is_part.any():
        parts = rows[is_part].sort_values("ordinal").groupby(line)
        reached, whole = parts["charge_cents"].cumsum(), parts["charge_cents"].transform("sum").clip(lower=1)
        until = parts["expected_cents"].transform("first").astype("int64") * reached // whole
        before = until.groupby([rows.loc[until.index, name] for name in line]).shift(fill_value=0)
        rows.loc[until.index, "expected_cents"] = (until - before).astype("Int64")
    return rows


def adjustments(conn: sa.Connection, ids: Ids) -> pd.DataFrame:
    """Read adjustments, claim level as service_payment_id 0."""
    names = ("adjustment_id", "claim_payment_id", "service_payment_id", "seg", "ordinal")
    columns = [A.c[name] for name in (*names, "group_code", "reason_code", "amount_cents")]
    return frame(conn, sa.select(*columns).where(A.c.claim_payment_id.in_(ids)))


def remarks(conn: sa.Connection, ids: Ids) -> pd.DataFrame:
    """Read remark codes, claim level as service_payment_id 0."""
    names = ("remark_id", "claim_payment_id", "service_payment_id", "seg", "ordinal", "source", "remark_code")
    return frame(conn, sa.select(*(REM.c[name] for name in names)).where(REM.c.claim_payment_id.in_(ids)))


def related_cases(conn: sa.Connection, ids: Ids) -> pd.DataFrame:
    """Read the stored cases that these claim payments may concern, with billing_npi of their family.

    Those of the same families, of the same claim payments, of the decisions they take back, and of unknown claims with
    the same payer and claim number. Those whose opening was undone are as if they had never opened.
    """
    families = sa.select(M.c.family_id).where(
        M.c.claim_payment_id.in_(ids), M.c.ended_at.is_(None), M.c.family_id.is_not(None)
    )
    reversed_ids = sa.select(P.c.reverses_claim_payment_id).where(
        P.c.claim_payment_id.in_(ids), P.c.ended_at.is_(None), P.c.reverses_claim_payment_id.is_not(None)
    )
    numbers = (
        sa.select(R.c.payer_code, CP.c.claim_number)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(CP.c.claim_payment_id.in_(ids))
    )
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    return frame(
        conn,
        sa.select(
            *columns,
            sa.func.coalesce(F.c.billing_npi, "").label("billing_npi"),
        )
        .outerjoin(F, F.c.family_id == CASE.c.family_id)
        .where(
            sa.func.coalesce(CASE.c.outcome, "") != "undone",
            sa.or_(
                CASE.c.family_id.in_(families),
                CASE.c.claim_payment_id.in_(ids),
                CASE.c.claim_payment_id.in_(reversed_ids),
                sa.and_(CASE.c.family_id.is_(None), sa.tuple_(CASE.c.payer_code, CASE.c.claim_number).in_(numbers)),
            ),
        ),
    )


def wins(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read what won these cases, and the undos and replays that took back some of it, in order."""
    names = ("event_id", "case_id", "kind", "claim_payment_id", "amount_cents", "body")
    select = sa.select(*(EVENT.c[name] for name in names)).where(EVENT.c.kind.in_([*WON, "undone", "restored"]))
    return frame_of(conn, select, EVENT.c.case_id, case_ids).sort_values("event_id", ignore_index=True)
