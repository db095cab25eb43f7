"""Finds claims and denial cases by what a person has in hand: a number, a name, a key."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

CASE, CLAIM, FAMILY, PAYMENT = schema.denial_cases, schema.claims, schema.families, schema.claim_payments
MOST = 50


def cases(conn: sa.Connection, words: str, normal: str, name: str) -> pd.DataFrame:
    """Read cases whose key or claim number begins so, or whose patient is named so."""
    lower = words.lower()
    fits = [CASE.c.claim_number.startswith(words, autoescape=True), CASE.c.payer_claim_number == words]
    if len(lower) >= 6 and all(letter in "0123456789abcdef" for letter in lower):
        fits.append(CASE.c.case_key.startswith(lower, autoescape=True))
    if normal:
        family = sa.select(FAMILY.c.family_id).where(FAMILY.c.claim_number_normal == normal)
        fits.append(CASE.c.family_id.in_(family))
    if name:
        patient = sa.func.upper(PAYMENT.c.patient_last_name).startswith(name, autoescape=True)
        fits.append(CASE.c.claim_payment_id.in_(sa.select(PAYMENT.c.claim_payment_id).where(patient)))
        of_claim = sa.select(CLAIM.c.family_id).where(CLAIM.c.patient_last_name.startswith(name, autoescape=True))
        fits.append(CASE.c.family_id.in_(of_claim))
    names = ("case_key", "claim_number", "payer_name", "all_codes", "cause", "at_risk_cents", "state", "deadline_date")
    select = sa.select(*(CASE.c[column] for column in names), PAYMENT.c.patient_last_name, PAYMENT.c.patient_first_name)
    return frame(
        conn,
        select.join(PAYMENT, PAYMENT.c.claim_payment_id == CASE.c.claim_payment_id)
        .where(sa.or_(*fits))
        .order_by(CASE.c.at_risk_cents.desc(), CASE.c.case_key)
        .limit(MOST),
    )


def claims(conn: sa.Connection, words: str, normal: str, name: str) -> pd.DataFrame:
    """Read claims with this number or member number, or whose patient is named so."""
    fits = [CLAIM.c.member_id == words]
    if normal:
        family = sa.select(FAMILY.c.family_id).where(FAMILY.c.claim_number_normal == normal)
        fits.append(CLAIM.c.family_id.in_(family))
    if name:
        fits.append(CLAIM.c.patient_last_name.startswith(name, autoescape=True))
    names = ("claim_id", "claim_number", "version", "purpose", "payer_name", "charge_cents", "life")
    patient = ("patient_last_name", "patient_first_name", "statement_from_date")
    select = sa.select(*(CLAIM.c[column] for column in (*names, *patient))).where(sa.or_(*fits))
    return frame(conn, select.order_by(CLAIM.c.claim_id.desc()).limit(MOST))
