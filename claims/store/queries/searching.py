"""Finds claims and denial cases by what a person has in hand: a number, a name, a key, a tag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.case_events import keys_from
from claims.store.schema.folded import accented, begins, folded

Names = Sequence[Sequence[str]]  # the words of a name that is looked for, each as it may be spelled

CASE, CLAIM, FAMILY, PAYMENT = schema.denial_cases, schema.claims, schema.families, schema.claim_payments
MATCH, REMIT = schema.matches, schema.remittances
MOST = 50
SHORTEST_KEY = SHORTEST_BEGINNING = 4
SOME = 500  # families whose number begins so
_LAST = "Z" * 40  # no number of capitals and digits with the same beginning comes after it, however a database sorts


def cases(conn: sa.Connection, words: str, normal: str, names: Names, *, within: bool = False) -> pd.DataFrame:
    """Read cases whose key or claim number begins so, or whose tag, member number or trace number (TRN02) it is.

    Or whose patient has all of these names, of which one begins the last or the first name; `within`: wherever they
    stand in these, which no index finds.
    """
    return frame(conn, cases_select(words, normal, names, within=within))


def cases_select(words: str, normal: str, names: Names, *, within: bool = False) -> sa.Select[Any]:
    """Give the statement of `cases`."""
    fits: list[sa.ColumnElement[bool]] = [
        CASE.c.family_id.in_(_of_member(words)),
        PAYMENT.c.member_id.in_(_spelled(words)),
        CASE.c.claim_payment_id.in_(_traced(words)),
    ]
    fits += [CASE.c.claim_number.startswith(words, autoescape=True), CASE.c.payer_claim_number == words]
    fits += [CASE.c.tag == words, *_key(words)]
    if normal:
        fits.append(CASE.c.family_id.in_(_families(normal, begins=True)))
    if names:
        fits += [
            CASE.c.claim_payment_id.in_(_of_names(PAYMENT, PAYMENT.c.claim_payment_id, names, within=within)),
            CASE.c.family_id.in_(_of_names(CLAIM, CLAIM.c.family_id, names, within=within)),
        ]
    columns = ("case_key", "claim_number", "payer_name", "all_codes", "cause", "at_risk_cents", "state", "queue", "tag")
    select = sa.select(
        *(CASE.c[column] for column in (*columns, "deadline_date")),
        PAYMENT.c.patient_last_name,
        PAYMENT.c.patient_first_name,
    )
    select = select.join(PAYMENT, PAYMENT.c.claim_payment_id == CASE.c.claim_payment_id).where(sa.or_(*fits))
    return select.order_by(CASE.c.at_risk_cents.desc(), CASE.c.case_key).limit(MOST)


def claims(conn: sa.Connection, words: str, normal: str, names: Names, *, within: bool = False) -> pd.DataFrame:
    """Read claims whose number begins so, with this member number or trace number of a payment, or these names.

    `within` as in `cases`.
    """
    return frame(conn, claims_select(words, normal, names, within=within))


def claims_select(words: str, normal: str, names: Names, *, within: bool = False) -> sa.Select[Any]:
    """Give the statement of `claims`."""
    paid = sa.select(MATCH.c.family_id).where(MATCH.c.claim_payment_id.in_(_traced(words)), MATCH.c.ended_at.is_(None))
    fits: list[sa.ColumnElement[bool]] = [CLAIM.c.member_id.in_(_spelled(words)), CLAIM.c.family_id.in_(paid)]
    if normal:
        fits.append(CLAIM.c.family_id.in_(_families(normal, begins=True)))
    if names:
        fits.append(CLAIM.c.claim_id.in_(_of_names(CLAIM, CLAIM.c.claim_id, names, within=within)))
    columns = ("claim_id", "claim_number", "version", "purpose", "payer_code", "payer_name", "charge_cents", "life")
    patient = ("patient_last_name", "patient_first_name", "statement_from_date")
    select = sa.select(*(CLAIM.c[column] for column in (*columns, *patient))).where(sa.or_(*fits))
    return select.order_by(CLAIM.c.claim_id.desc()).limit(MOST)


def exactly(conn: sa.Connection, words: str, normal: str) -> tuple[list[str], list[int]]:
    """Give the keys of cases with just this claim number, payer's number or beginning of a key; else claims with it.

    Two of each at most; of a claim the last version.
    """
    fits = [CASE.c.claim_number == words, CASE.c.payer_claim_number == words, *_key(words)]
    if normal:
        fits.append(CASE.c.family_id.in_(_families(normal)))
    keys = list(conn.scalars(sa.select(CASE.c.case_key).where(sa.or_(*fits)).order_by(CASE.c.case_key).limit(2)))
    if keys or not normal:
        return keys, []
    last = sa.select(sa.func.max(CLAIM.c.claim_id)).where(
        CLAIM.c.family_id.in_(_families(normal)), CLAIM.c.state != "duplicate"
    )
    found = conn.scalars(last.group_by(CLAIM.c.family_id).order_by(CLAIM.c.family_id).limit(2))
    return keys, [int(one) for one in found]


def accented_names(conn: sa.Connection) -> set[str]:
    """Read the names of patients that have accents, as they are looked for (`schema.folded`): few, by their index."""
    found: set[str] = set()
    for table in (CLAIM, PAYMENT):
        for name in (table.c.patient_last_name, table.c.patient_first_name):
            found |= set(conn.scalars(sa.select(folded(name)).where(accented(name)).distinct()))
    return found


def _families(normal: str, *, begins: bool = False) -> sa.CompoundSelect[tuple[int]]:
    """Select the families with a number, that of the first version or of another; or with one that begins so."""

    def fits(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        is_beginning = begins and len(normal) >= SHORTEST_BEGINNING
        return column.between(normal, normal + _LAST) if is_beginning else column == normal

    # The first of them in the order of the index: a beginning that most numbers have is no search for one.
    parts = [
        sa.select(of.c.family_id).where(fits(of.c.claim_number_normal), *more).order_by(of.c.claim_number_normal)
        for of, more in ((FAMILY, ()), (CLAIM, (CLAIM.c.version > 1,)))
    ]
    first, other = (sa.select(part.limit(SOME).subquery().c.family_id) for part in parts)
    return first.union(other)


def _of_member(words: str) -> sa.Select[tuple[int]]:
    return sa.select(CLAIM.c.family_id).where(CLAIM.c.member_id.in_(_spelled(words)))


def _traced(words: str) -> sa.Select[tuple[int]]:
    """Select the claim payments of remittances with this trace number."""
    remits = sa.select(REMIT.c.remit_id).where(REMIT.c.trace_number.in_(_spelled(words)))
    return sa.select(PAYMENT.c.claim_payment_id).where(PAYMENT.c.remit_id.in_(remits))


def _spelled(words: str) -> list[str]:
    return list(dict.fromkeys([words, words.upper()]))


def _key(words: str) -> list[sa.ColumnElement[bool]]:
    lower = words.lower()
    is_key = len(lower) >= SHORTEST_KEY and all(letter in "0123456789abcdef" for letter in lower)
    return [sa.and_(*keys_from(lower))] if is_key else []


def _of_names(table: Any, column: sa.ColumnElement[int], names: Names, *, within: bool) -> sa.Select[int]:
    """Select what belongs to patients of these names."""
    select = sa.select(column).where(_named(table, names))
    if within:
        return select
    both = (table.c.patient_last_name, table.c.patient_first_name)
    return select.where(sa.or_(*(begins(name, spelt) for name in both for word in names for spelt in word)))


def _named(table: Any, names: Names) -> sa.ColumnElement[bool]:
    """Condition on rows with a patient: each word begins a name of theirs, whichever comes first.

    Apostrophes and hyphens are forgiven: O'NEIL is O NEIL and ONEIL, too.
    """
    last, first = (sa.func.upper(table.c[name]) for name in ("patient_last_name", "patient_first_name"))
    parted = _without(last, " ")
    return sa.and_(
        *(
            sa.or_(
                *(_without(last, "").startswith(spelt, autoescape=True) for spelt in word),
                *(_without(first, "").startswith(spelt, autoescape=True) for spelt in word),
                *(parted.contains(" " + spelt, autoescape=True) for spelt in word),
            )
            for word in names
        )
    )


def _without(name: Any, instead: str) -> Any:
    """Give a name with something (a blank, nothing) instead of what parts it in itself."""
    for mark in ("'", "-", *(() if instead else (" ",))):
        name = sa.func.replace(name, mark, instead)
    return name
