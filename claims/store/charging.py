"""Claims whose charges are not in the ledger yet, and the ones that are but should not be."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.identities import CLAIM_CONFLICT
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.rows import frame_of

C, F, J, L = schema.claims, schema.files, schema.journals, schema.ledger_lines


# A claim that asks what would be paid (CLM19 PB): never charged.
ESTIMATE = "predetermination"
# Lives of a claim of ours that has not left the house, or never will.
UNRELEASED = ("draft", "blocked", "ready", "batched", "withdrawn")


def _voided(family_id: sa.ColumnElement[int]) -> sa.Exists:
    charge = sa.and_(J.c.family_id == family_id, J.c.source == "charge", J.c.reason_code == "voided", stands())
    return sa.select(sa.literal(1)).where(charge).exists()


def _is_released() -> sa.ColumnElement[bool]:
    return sa.or_(C.c.origin == "sent", C.c.life.not_in(UNRELEASED))


def _unreversed_charge(family_id: sa.ColumnElement[int]) -> sa.Exists:
    charge = sa.and_(J.c.family_id == family_id, J.c.source == "charge", J.c.reverses_journal_id.is_(None), stands())
    return sa.select(sa.literal(1)).where(charge).exists()


def uncharged_claims(conn: sa.Connection) -> pd.DataFrame:
    """Stored claims of families without a charge: the claim's columns, sha256, in order of family and place."""
    return frame(
        conn,
        sa.select(
            C.c.claim_id,
            C.c.family_id,
            C.c.claim_key,
            C.c.body_hash,
            C.c.frequency_code,
            C.c.version,
            C.c.payer_code,
            C.c.payer_sequence,
            C.c.statement_from_date,
            C.c.charge_cents,
            F.c.sha256,
            C.c.file_id,
            C.c.seg,
        )
        .join(F, F.c.file_id == C.c.file_id)
        .where(
            C.c.state == "stored", C.c.purpose != ESTIMATE, ~_unreversed_charge(C.c.family_id), ~_voided(C.c.family_id)
        )
        .order_by(C.c.family_id, F.c.sha256, C.c.seg),
    )


def generations(conn: sa.Connection, claim_ids: pd.Series) -> pd.Series:
    """How many times the charge of each claim was taken back before.

    Where a person said which of several claims of one number stands, with those of its copies: one may have been
    charged before, under the same key.
    """
    copy = C.alias("copy")
    back = (J.c.source == "charge", J.c.reverses_journal_id.is_not(None))
    own = sa.select(J.c.claim_id, sa.func.count().label("times")).where(*back).group_by(J.c.claim_id)
    of_copies = (
        sa.select(C.c.claim_id, sa.func.count().label("times"))
        .join(copy, sa.and_(copy.c.claim_key == C.c.claim_key, copy.c.body_hash == C.c.body_hash))
        .join(J, J.c.claim_id == copy.c.claim_id)
        .where(*back, copy.c.claim_id != C.c.claim_id, sa.func.coalesce(C.c.reason_code, "") == CLAIM_CONFLICT)
        .group_by(C.c.claim_id)
    )
    ids = claim_ids.tolist()
    rows = pd.concat([frame_of(conn, own, J.c.claim_id, ids), frame_of(conn, of_copies, C.c.claim_id, ids)])
    times = rows.groupby("claim_id")["times"].sum()
    return pd.Series(times.reindex(claim_ids, fill_value=0).to_numpy(), index=claim_ids.index, dtype="int64")


def lines_of(conn: sa.Connection, select_claims: list[int]) -> pd.DataFrame:
    """Service lines of claims: claim_id, line_number, charge_cents."""
    lines = schema.service_lines
    parts = [
        frame(
            conn,
            sa.select(lines.c.claim_id, lines.c.line_number, lines.c.charge_cents)
            .where(lines.c.claim_id.in_(select_claims[start : start + 900]))
            .order_by(lines.c.claim_id, lines.c.line_number),
        )
        for start in range(0, len(select_claims), 900)
    ]
    return pd.concat(parts, ignore_index=True)


def is_charged(claim_id: sa.ColumnElement[int]) -> sa.Exists:
    """Tell whether the charge of a claim stands in the books."""
    return (
        sa.select(sa.literal(1))
        .where(J.c.claim_id == claim_id, J.c.source == "charge", J.c.reverses_journal_id.is_(None), stands())
        .exists()
    )


def _replaced(claim_id: sa.ColumnElement[int]) -> sa.Exists:
    """A claim whose charges a later version took back: all of them, where it changed every line."""
    back = sa.and_(J.c.claim_id == claim_id, J.c.source == "charge", J.c.reason_code == "replaced", stands())
    return sa.select(sa.literal(1)).where(back).exists()


def other_versions(conn: sa.Connection) -> pd.DataFrame:
    """Stored claims of charged families that are not the charged one, unless an exception names them already.

    With charged_sequence, the payer sequence that the family's charge stands on: a claim for a later payer is no second
    charge. Nor is one whose charge a version of it took over, or whose replacement (frequency 7, of the same payer and
    turn) came first and is charged: that says what is charged in its place. Versions of ours stay out: their charge
    follows when they are released.
    """
    named = (
        sa.select(sa.literal(1))
        .where(
            schema.exceptions.c.claim_id == C.c.claim_id,
            schema.exceptions.c.type_code.in_(["CLAIM_VERSION_OPEN", "CLAIM_NOT_CHARGED"]),
        )
        .exists()
    )
    sequence = (
        sa.select(sa.func.min(L.c.payer_sequence))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(J.c.family_id == C.c.family_id, J.c.source == "charge", L.c.account == "1100", stands())
        .scalar_subquery()
    )
    again = C.alias("again")
    replaced_before = sa.and_(
        C.c.frequency_code.not_in(["7", "8"]),
        sa.select(sa.literal(1))
        .where(
            again.c.family_id == C.c.family_id,
            again.c.frequency_code == "7",
            again.c.payer_code == C.c.payer_code,
            again.c.payer_sequence == C.c.payer_sequence,
            is_charged(again.c.claim_id),
        )
        .exists(),
    )
    select = (
        sa.select(
            C.c.claim_id,
            C.c.family_id,
            C.c.claim_key,
            C.c.body_hash,
            C.c.file_id,
            C.c.seg,
            C.c.charge_cents,
            C.c.frequency_code,
            C.c.payer_sequence,
            sa.func.coalesce(sequence, "").label("charged_sequence"),
        )
        .where(C.c.state == "stored", ~named, ~is_charged(C.c.claim_id), ~_replaced(C.c.claim_id))
        .where(~replaced_before)
        .where(C.c.purpose != ESTIMATE, C.c.follows_claim_id.is_(None))
        .where(_unreversed_charge(C.c.family_id))
        .order_by(C.c.claim_key)
    )
    # The few families first: a planner without statistics would look at every claim.
    several = frame(conn, _several())["family_id"].tolist()
    return frame_of(conn, select, C.c.family_id, several).sort_values("claim_key", kind="stable", ignore_index=True)


def released_versions(conn: sa.Connection) -> pd.DataFrame:
    """Released claims of charged families of which more than one is stored, as `ledger.charge.versions_in_force` wants.

    Voids, claims for a later payer that we made, and estimates stay out.
    """
    payers, other = schema.claim_payers, schema.claim_payers.alias("other")
    charge = (
        sa.select(
            J.c.family_id,
            sa.func.min(J.c.claim_id).label("charged_claim_id"),
            sa.func.min(L.c.payer_sequence).label("charged_sequence"),
            sa.func.min(L.c.payer_code).label("charged_payer"),
            sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("charged_total_cents"),
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(J.c.source == "charge", L.c.account == "1100", J.c.reverses_journal_id.is_(None), stands())
        .where(J.c.family_id.in_(_several()))
        .group_by(J.c.family_id)
        .subquery()
    )
    names_it = sa.select(sa.literal(1)).where(
        payers.c.claim_id == C.c.claim_id, payers.c.payer_code == charge.c.charged_payer
    )
    is_named = sa.select(sa.literal(1)).where(
        other.c.claim_id == charge.c.charged_claim_id, other.c.payer_code == C.c.payer_code
    )
    return frame(
        conn,
        sa.select(
            *(C.c.claim_id, C.c.family_id, C.c.claim_key, C.c.body_hash, C.c.frequency_code, C.c.version),
            *(C.c.payer_code, C.c.payer_sequence, C.c.statement_from_date, C.c.charge_cents, F.c.sha256, C.c.seg),
            *(charge.c.charged_claim_id, charge.c.charged_sequence, charge.c.charged_total_cents),
            sa.or_(names_it.exists(), is_named.exists()).label("shares_payers"),
        )
        .join(F, F.c.file_id == C.c.file_id)
        .join(charge, charge.c.family_id == C.c.family_id)
        .where(C.c.state == "stored", C.c.purpose.not_in(["void", "next_payer", ESTIMATE]), C.c.frequency_code != "8")
        .where(_is_released())
        .order_by(C.c.family_id, F.c.sha256, C.c.seg),
    )


def _several() -> sa.Select[tuple[int]]:
    others = C.alias("others")
    several = sa.select(others.c.family_id).where(others.c.state == "stored").group_by(others.c.family_id)
    return several.having(sa.func.count() > 1)


def voided_claims(conn: sa.Connection) -> pd.DataFrame:
    """Charged families whose charge a void takes back by now: family_id, claim_id (of the void).

    The payer took its decision back and none stands; or it never decided and has accepted the void.
    """
    P = schema.claim_postings
    own = sa.and_(P.c.family_id == C.c.family_id, P.c.ended_at.is_(None))
    stands = sa.select(sa.literal(1)).where(own, P.c.outcome == "posted", P.c.is_superseded == 0).exists()
    taken_back = sa.select(sa.literal(1)).where(own, P.c.outcome == "reversal").exists()
    decided = sa.select(sa.literal(1)).where(own, P.c.outcome.in_(["posted", "reversal"])).exists()
    is_accepted = C.c.life.in_(["accepted", "voided"])
    select = (
        sa.select(C.c.family_id, C.c.claim_id)
        .where(_unreversed_charge(C.c.family_id), ~stands)
        .where(sa.or_(taken_back, sa.and_(~decided, is_accepted)))
    )
    voids = sa.select(C.c.claim_id).where(C.c.state == "stored", C.c.frequency_code == "8", _is_released())
    rows = frame_of(conn, select, C.c.claim_id, frame(conn, voids)["claim_id"].tolist())
    return rows.sort_values(["family_id", "claim_id"], ignore_index=True).drop_duplicates("family_id")


def charge_lines_of(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Ledger lines of the charges in force of families, to be negated."""
    in_force = sa.and_(J.c.source == "charge", J.c.reverses_journal_id.is_(None), stands())
    return frame_of(conn, _charge_lines().where(in_force), J.c.family_id, family_ids)


def times_reversed(conn: sa.Connection, journal_ids: pd.Series) -> pd.Series:
    """How many times each of these journals was taken back before: more than once where the first was undone."""
    select = sa.select(J.c.reverses_journal_id, sa.func.count().label("times")).group_by(J.c.reverses_journal_id)
    rows = frame_of(conn, select, J.c.reverses_journal_id, journal_ids.drop_duplicates().tolist())
    times = rows.set_index("reverses_journal_id")["times"].reindex(journal_ids, fill_value=0)
    return pd.Series(times.to_numpy("int64"), index=journal_ids.index)


def receivable_credits(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Families with a payer sequence whose receivable is in credit: family_id, amount_cents."""
    select = (
        sa.select(
            L.c.family_id,
            L.c.payer_sequence,
            sa.cast(-sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents"),
        )
        .where(L.c.account == "1100")
        .group_by(L.c.family_id, L.c.payer_sequence)
        .having(sa.func.sum(L.c.amount_cents) < 0)
    )
    rows = frame_of(conn, select, L.c.family_id, family_ids)
    return rows.groupby("family_id")["amount_cents"].sum().reset_index()


def _charge_lines() -> sa.Select[tuple[object, ...]]:
    select: sa.Select[tuple[object, ...]] = (
        sa.select(
            J.c.journal_id,
            J.c.idempotency_key.label("journal_key"),
            J.c.family_id,
            J.c.claim_id,
            L.c.account,
            L.c.amount_cents,
            L.c.payer_code,
            L.c.payer_sequence,
            L.c.line_number,
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .order_by(J.c.journal_id, L.c.ledger_line_id)
    )
    return select


def charge_lines_of_held_claims(conn: sa.Connection) -> pd.DataFrame:
    """Ledger lines of charges in force whose own claim is held by now, to be negated."""
    return frame(
        conn,
        _charge_lines()
        .join(C, C.c.claim_id == J.c.claim_id)
        .where(
            J.c.source == "charge",
            J.c.reverses_journal_id.is_(None),
            stands(),
            C.c.state == "held",
            C.c.reason_code == CLAIM_CONFLICT,
        ),
    )
