"""Everything that became of a claim and its family, each step with the bytes it stands in."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import total

C, F, FAM, EVENT, S, B = (
    schema.claims,
    schema.files,
    schema.families,
    schema.claim_events,
    schema.submissions,
    schema.batches,
)
J, L, CP, P, R = (
    schema.journals,
    schema.ledger_lines,
    schema.claim_payments,
    schema.claim_postings,
    schema.remittances,
)
DM, BANK, CASE, DE = schema.deposit_matches, schema.bank_lines, schema.denial_cases, schema.denial_events
PP, SET, ENVELOPE = schema.patient_payments, schema.transactions, schema.interchanges
OWN_ID = "id:"


def found(conn: sa.Connection, text: str) -> pd.DataFrame:
    """Find claims by their number as somebody typed it, and by our id: claim_id, family_id, claim_number, by_id.

    A text of digits may be either; `id:` before it says that it is our id.
    """
    is_id = text.lower().startswith(OWN_ID)
    text = text[len(OWN_ID) :] if is_id else text
    columns = sa.select(C.c.claim_id, C.c.family_id, C.c.claim_number, C.c.version, C.c.state)
    by_family = sa.select(FAM.c.family_id).where(FAM.c.claim_number == text)
    named = sa.or_(C.c.claim_number == text, C.c.family_id.in_(by_family))
    rows = frame(conn, columns.where(named, C.c.state != "duplicate").order_by(C.c.version, C.c.claim_id))
    rows = rows.iloc[: 0 if is_id else None].assign(by_id=False)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return rows
    own = frame(conn, columns.where(C.c.claim_id == int(text))).assign(by_id=True)
    return pd.concat([rows, own], ignore_index=True) if len(rows) else own


def versions(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read the versions of a family, oldest first."""
    names = (
        "claim_id", "version", "purpose", "frequency_code", "claim_number", "origin", "state", "life", "payer_code",
        "payer_name", "payer_sequence", "charge_cents", "statement_from_date", "statement_to_date",
    )  # fmt: skip
    select = sa.select(*(C.c[name] for name in names)).where(C.c.family_id == family_id, C.c.state != "duplicate")
    return frame(conn, select.order_by(C.c.version, C.c.claim_id))


def money(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read what the ledger says of a family: account and amount_cents, debits positive."""
    select = sa.select(L.c.account, total(L.c.amount_cents).label("amount_cents")).where(L.c.family_id == family_id)
    return frame(conn, select.group_by(L.c.account).order_by(L.c.account))


def payments(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read what payers decided of a family, oldest first: paid, reduced and left to the patient by each remittance.

    known_by: of a reversal, by what it was known which decision it takes back.
    """
    A = schema.adjustments
    of_patient = sa.case((A.c.group_code == "PR", A.c.amount_cents), else_=0)
    others = sa.case((A.c.group_code == "PR", 0), else_=A.c.amount_cents)
    sums = sa.select(
        A.c.claim_payment_id, total(of_patient).label("patient_cents"), total(others).label("adjusted_cents")
    ).group_by(A.c.claim_payment_id)
    ids = sa.select(P.c.claim_payment_id).where(P.c.family_id == family_id, P.c.ended_at.is_(None))
    reduced = sums.where(A.c.claim_payment_id.in_(ids)).subquery()
    return frame(
        conn,
        sa.select(
            *(R.c.remit_id, R.c.payment_date, R.c.payer_name, CP.c.status_code, P.c.outcome, P.c.known_by),
            *(CP.c.charge_cents, CP.c.paid_cents),
            sa.func.coalesce(reduced.c.adjusted_cents, 0).label("adjusted_cents"),
            sa.func.coalesce(reduced.c.patient_cents, 0).label("patient_cents"),
            *(R.c.trace_number, R.c.payment_cents, F.c.sha256, CP.c.seg),
        )
        .join(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(F, F.c.file_id == CP.c.file_id)
        .outerjoin(reduced, reduced.c.claim_payment_id == CP.c.claim_payment_id)
        .where(P.c.family_id == family_id)
        .order_by(R.c.payment_date, CP.c.claim_payment_id),
    )


def _step(kind: str, **columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    """Give the columns of a step; what a kind of step does not have is empty."""
    text, number = sa.literal(""), sa.cast(sa.literal(0), sa.BigInteger)
    empty: dict[str, sa.ColumnElement[Any]] = {
        "claim_id": number, "step": text, "detail_code": text, "life_before": text, "life_after": text,
        "amount_cents": number,
        "effective_date": text, "envelope_date": text, "posting_date": text, "recorded_at": text, "actor": text,
        "sha256": text, "seg": number, "offset": number, "length": number,
    }  # fmt: skip
    return [sa.literal(kind).label("kind"), *((empty | columns)[name].label(name) for name in empty)]


def steps(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read the steps of a family in no order: kind, step, detail_code, life_after, amount, days, actor and address.

    envelope_date: of the interchange that brought a step, where it is another's.
    """
    return pd.concat([frame(conn, select) for select in _selects(family_id)], ignore_index=True)


def _selects(family_id: int) -> list[sa.Select[Any]]:
    run = schema.runs
    stored = sa.select(
        *_step(
            "import", claim_id=C.c.claim_id, step=C.c.purpose, detail_code=C.c.state, amount_cents=C.c.charge_cents,
            effective_date=C.c.statement_from_date, recorded_at=F.c.recorded_at, sha256=F.c.sha256, seg=C.c.seg,
            offset=C.c.offset, length=C.c.length,
            posting_date=sa.func.coalesce(run.c.posting_date, _made("posting_date"), type_=sa.Date),
            actor=sa.func.coalesce(run.c.actor, _made("actor"), ""),
            envelope_date=sa.case((C.c.origin == "sent", _envelope(C))),
        )
    )  # fmt: skip
    stored = stored.join(F, F.c.file_id == C.c.file_id).outerjoin(run, run.c.run_id == F.c.run_id)
    events = sa.select(
        *_step(
            "life", claim_id=EVENT.c.claim_id, step=EVENT.c.event, detail_code=EVENT.c.detail_code,
            life_before=EVENT.c.life_before, life_after=EVENT.c.life_after, effective_date=EVENT.c.effective_date,
            posting_date=EVENT.c.posting_date, recorded_at=EVENT.c.recorded_at, actor=EVENT.c.actor,
            sha256=F.c.sha256, seg=EVENT.c.seg, envelope_date=sa.case((EVENT.c.answer_rank != "", _envelope(EVENT))),
            offset=EVENT.c.offset, length=EVENT.c.length,
        )
    ).outerjoin(F, F.c.file_id == EVENT.c.file_id)  # fmt: skip
    # A journal stands where its cause stands: in the claim that was charged, the CLP or the row of a payment.
    place = {name: sa.func.coalesce(CP.c[name], C.c[name], PP.c[name], 0) for name in ("seg", "offset", "length")}
    debit = (
        sa.select(sa.func.sum(L.c.amount_cents))
        .where(L.c.journal_id == J.c.journal_id, L.c.amount_cents > 0)
        .scalar_subquery()
    )
    journals = (
        sa.select(
            *_step(
                "journal", claim_id=J.c.claim_id, step=J.c.source, detail_code=J.c.reason_code,
                amount_cents=sa.cast(sa.func.coalesce(debit, 0), sa.BigInteger), effective_date=J.c.effective_date,
                posting_date=J.c.posting_date, recorded_at=J.c.recorded_at, actor=J.c.actor, sha256=F.c.sha256, **place,
            )
        )
        .outerjoin(CP, CP.c.claim_payment_id == J.c.claim_payment_id)
        .outerjoin(C, C.c.claim_id == J.c.claim_id)
        .outerjoin(PP, PP.c.patient_payment_id == _payment_of(J.c.journal_id))
        .outerjoin(F, F.c.file_id == sa.func.coalesce(CP.c.file_id, C.c.file_id, PP.c.file_id))
    )  # fmt: skip
    denials = (
        sa.select(
            *_step(
                "denial", step=DE.c.kind, detail_code=CASE.c.all_codes, amount_cents=DE.c.amount_cents,
                effective_date=sa.case((DE.c.claim_payment_id.is_not(None), R.c.payment_date)),
                posting_date=DE.c.posting_date, recorded_at=DE.c.recorded_at, actor=DE.c.actor, sha256=F.c.sha256,
                seg=sa.func.coalesce(CP.c.seg, 0), offset=sa.func.coalesce(CP.c.offset, 0),
                length=sa.func.coalesce(CP.c.length, 0),
            )
        )
        .join(CASE, CASE.c.case_id == DE.c.case_id)
        .outerjoin(CP, CP.c.claim_payment_id == sa.func.coalesce(DE.c.claim_payment_id, CASE.c.claim_payment_id))
        .outerjoin(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(F, F.c.file_id == CP.c.file_id)
    )  # fmt: skip
    paid = sa.select(P.c.remit_id).where(P.c.family_id == family_id, P.c.ended_at.is_(None))
    deposits = (
        sa.select(
            *_step(
                "deposit", step=DM.c.rule, amount_cents=DM.c.amount_cents, effective_date=BANK.c.bank_date,
                posting_date=J.c.posting_date, recorded_at=DM.c.recorded_at, actor=J.c.actor, sha256=F.c.sha256,
                seg=BANK.c.row_number, offset=BANK.c.offset, length=BANK.c.length,
            )
        )
        .join(BANK, BANK.c.bank_line_id == DM.c.bank_line_id)
        .join(J, J.c.journal_id == DM.c.journal_id)
        .join(F, F.c.file_id == BANK.c.file_id)
        .where(DM.c.ended_at.is_(None), DM.c.remit_id.in_(paid))
    )  # fmt: skip
    own = sa.select(L.c.reference).where(L.c.family_id == family_id, L.c.account == "1200", L.c.reference != "")
    part = sa.and_(L.c.account == "1000", L.c.bank_line_id.is_(None), L.c.payer_code == "", L.c.reference.in_(own))
    banked = (
        sa.select(
            *_step(
                "deposit", step=DM.c.rule, detail_code=sa.literal("patient"), amount_cents=-L.c.amount_cents,
                effective_date=BANK.c.bank_date, posting_date=J.c.posting_date, recorded_at=DM.c.recorded_at,
                actor=J.c.actor, sha256=F.c.sha256, seg=BANK.c.row_number, offset=BANK.c.offset, length=BANK.c.length,
            )
        )
        .join(BANK, BANK.c.bank_line_id == DM.c.bank_line_id)
        .join(J, J.c.journal_id == DM.c.journal_id)
        .join(L, sa.and_(L.c.journal_id == J.c.journal_id, part))
        .join(F, F.c.file_id == BANK.c.file_id)
        .where(DM.c.ended_at.is_(None))
    )  # fmt: skip
    return [
        stored.where(C.c.family_id == family_id, C.c.state != "duplicate"),
        events.where(EVENT.c.family_id == family_id),
        journals.where(J.c.family_id == family_id),
        denials.where(CASE.c.family_id == family_id),
        deposits,
        banked,
    ]


def _payment_of(journal_id: sa.ColumnElement[int]) -> sa.ScalarSelect[Any]:
    """The payment of a patient that a journal is about; of rows that contradict each other the one in the books."""
    key = sa.select(L.c.reference).where(L.c.journal_id == journal_id, L.c.account == "1200", L.c.reference != "")
    rank = sa.case((PP.c.state.in_(["applied", "unapplied"]), 0), (PP.c.state == "void", 1), else_=2)
    found = sa.select(PP.c.patient_payment_id).where(PP.c.payment_key.in_(key)).order_by(rank, PP.c.patient_payment_id)
    return found.limit(1).correlate(J).scalar_subquery()


def _envelope(table: sa.Table) -> sa.ScalarSelect[Any]:
    """The day of the interchange that a row of a file stands in."""
    around = sa.select(ENVELOPE.c.interchange_date).where(
        ENVELOPE.c.file_id == table.c.file_id, ENVELOPE.c.seg <= table.c.seg
    )
    return around.order_by(ENVELOPE.c.seg.desc()).limit(1).correlate(table).scalar_subquery()


def _made(name: str) -> sa.ColumnElement[Any]:
    """Who made a claim here, and on which day: by the event of its case, else of the claim whose place it took."""
    of_case = sa.select(DE.c[name]).where(DE.c.claim_id == C.c.claim_id).order_by(DE.c.event_id).limit(1)
    before = EVENT.alias("before")
    of_claim = sa.select(before.c[name]).where(before.c.claim_id == C.c.follows_claim_id, before.c.event == "corrected")
    of_claim = of_claim.order_by(before.c.recorded_at.desc()).limit(1)
    return sa.func.coalesce(*(one.correlate(C).scalar_subquery() for one in (of_case, of_claim)))


def payer_acceptances(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read the acceptances of payers, which prove that a claim was filed in time: day, file and segment."""
    select = (
        sa.select(EVENT.c.claim_id, EVENT.c.effective_date, EVENT.c.detail_code, F.c.sha256, EVENT.c.seg)
        .join(F, F.c.file_id == EVENT.c.file_id)
        .where(EVENT.c.family_id == family_id, EVENT.c.answer_rank.like("41________1%"))
    )
    return frame(conn, select.order_by(EVENT.c.effective_date, F.c.sha256, EVENT.c.seg))


def sendings(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read how often and in which interchange the claims of a family were sent, from here or (`elsewhere`) by others.

    envelope_date: the day of an interchange that was not ours.
    """
    ours = (
        sa.select(
            S.c.claim_id, S.c.attempt, S.c.state, S.c.claim_number, S.c.payer_claim_number, S.c.charge_cents,
            B.c.interchange_control_number, B.c.partner_code, B.c.posting_date,
            sa.literal("").label("envelope_date"),
        )
        .join(B, B.c.batch_id == S.c.batch_id)
        .where(S.c.family_id == family_id)
    )  # fmt: skip
    theirs = (
        sa.select(
            C.c.claim_id, sa.cast(sa.literal(1), sa.Integer).label("attempt"), sa.literal("elsewhere").label("state"),
            C.c.claim_number, sa.literal("").label("payer_claim_number"), C.c.charge_cents,
            ENVELOPE.c.control_number.label("interchange_control_number"), sa.literal("").label("partner_code"),
            sa.literal("").label("posting_date"), ENVELOPE.c.interchange_date.label("envelope_date"),
        )
        .join(SET, SET.c.transaction_id == C.c.transaction_id)
        .join(ENVELOPE, sa.and_(ENVELOPE.c.file_id == SET.c.file_id, ENVELOPE.c.seg == SET.c.interchange_seg))
        .where(C.c.family_id == family_id, C.c.origin == "sent", C.c.state != "duplicate")
    )  # fmt: skip
    both = pd.concat([frame(conn, ours), frame(conn, theirs)], ignore_index=True)
    return both.sort_values(["claim_id", "attempt"], kind="stable", ignore_index=True)
