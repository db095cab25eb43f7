"""Claim payments whose claim was replaced by one that came later: which may be of that, and matches put back."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema, step_marks
from claims.store.load import frame
from claims.store.matching import CP, LM, LOOKING, POSTINGS, SL, SP, C, M, N, R, is_stored
from claims.store.posting import BY_HAND
from claims.store.rows import frame_of, in_parts, insert_keyed, update_where_in

E, UP, RUN = schema.exceptions, schema.undone_postings, schema.runs
AGAIN = ("7", "8")  # CLM05-3 of a replacement, a void
UNDONE = "undone"  # why a claim is not taken: an undo took the match to it back
# What is posted on a claim, and would have to be taken back for another version of it.
STANDS = ("posted", "reversal", "memo")


def families(conn: sa.Connection, after: int, at_most: int) -> list[int]:
    """Claims (family_id, in order, behind `after`) with a payment that fits another of their versions better.

    It says that it is of a replacement or void (CLP09) and its claim is none; or it pays a procedure that its claim
    has not; or its claim was billed with another amount, and a replacement with just this one.
    """
    later, own = C.alias("later"), C.alias("own")
    told = sa.func.coalesce(sa.func.nullif(SP.c.submitted_procedure_code, ""), SP.c.procedure_code)
    one = sa.select(sa.literal(1))
    has_line = one.where(SL.c.claim_id == M.c.claim_id, SL.c.procedure_code == told).correlate(M, SP).exists()
    not_billed = one.where(SP.c.claim_payment_id == CP.c.claim_payment_id, told != "", ~has_line)
    is_not_billed = not_billed.correlate(M, CP).exists()
    paid = sa.func.abs(CP.c.charge_cents)
    by_frequency = sa.and_(CP.c.frequency_code == later.c.frequency_code, own.c.frequency_code != CP.c.frequency_code)
    by_charge = sa.and_(paid == later.c.charge_cents, paid != own.c.charge_cents)
    # Few claims are replaced: these first, then what is matched to them.
    again = C.alias("again")
    replaced = sa.select(again.c.family_id).where(again.c.frequency_code.in_(AGAIN), is_stored(again))
    select = (
        sa.select(M.c.family_id)
        .distinct()
        .join(later, later.c.family_id == M.c.family_id)
        .join(own, own.c.claim_id == M.c.claim_id)
        .join(CP, CP.c.claim_payment_id == M.c.claim_payment_id)
        .where(later.c.frequency_code.in_(AGAIN), is_stored(later), later.c.claim_id != M.c.claim_id)
        .where(_in_force(), M.c.family_id.in_(replaced), M.c.family_id > after)
        .where(sa.or_(by_frequency, by_charge, is_not_billed))
        .order_by(M.c.family_id)
        .limit(at_most)
    )
    return [int(one) for one in conn.scalars(select)]


def _in_force() -> sa.ColumnElement[bool]:
    return sa.and_(M.c.ended_at.is_(None), M.c.rule.not_in(["none", BY_HAND]))


def payments(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Claim payments that rules have matched to these claims, as `matching.looking` gives them.

    With the match: last_match_id, last_evidence, family_id_now, claim_id_now, rule_now, payer_sequence_now,
    payer_code_now, next_sequence_now, next_payer_code_now; and stands (they are posted there, not just waiting).
    """
    stands = sa.and_(
        POSTINGS.c.claim_payment_id == CP.c.claim_payment_id,
        POSTINGS.c.ended_at.is_(None),
        POSTINGS.c.outcome.in_(STANDS),
    )
    names = ("family_id", "claim_id", "rule", "payer_sequence", "payer_code", "next_sequence", "next_payer_code")
    select = (
        sa.select(
            *LOOKING,
            M.c.match_id.label("last_match_id"),
            M.c.evidence.label("last_evidence"),
            *(M.c[name].label(f"{name}_now") for name in names),
            sa.type_coerce(POSTINGS.c.claim_posting_id.is_not(None), sa.Boolean).label("stands"),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(M, M.c.claim_payment_id == CP.c.claim_payment_id)
        .outerjoin(POSTINGS, stands)
        .where(_in_force())
    )
    rows = frame_of(conn, select, M.c.family_id, family_ids)
    return rows.sort_values("claim_payment_id", ignore_index=True)


def line_numbers(conn: sa.Connection, match_ids: Sequence[int]) -> pd.DataFrame:
    """Line matches of matches: match_id, service_payment_id, service_line_id, line_number, rule."""
    names = ("match_id", "service_payment_id", "service_line_id", "line_number", "rule")
    return frame_of(conn, sa.select(*(LM.c[name] for name in names)), LM.c.match_id, match_ids)


def undone_before(conn: sa.Connection, match_ids: Sequence[int]) -> pd.DataFrame:
    """Claims that an undo has said these matches are not to be changed to again: claim_payment_id, claim_id."""
    select = sa.select(N.c.claim_payment_id, N.c.claim_id).where(N.c.why == UNDONE)
    return frame_of(conn, select, N.c.match_id, match_ids)


def changed_in(conn: sa.Connection, run_id: int) -> pd.DataFrame:
    """Claim payments that a run has matched again and that are matched so still: claim_payment_id, new_id, old_id.

    new_id and old_id: the match in force and the one before it.
    """
    began, ended = _span(conn, run_id)
    old, new = M.alias("old"), M.alias("new")
    select = (
        sa.select(new.c.claim_payment_id, new.c.match_id.label("new_id"), sa.func.max(old.c.match_id).label("old_id"))
        .join(old, sa.and_(old.c.claim_payment_id == new.c.claim_payment_id, old.c.match_id < new.c.match_id))
        .where(new.c.recorded_at >= began, new.c.recorded_at <= ended, new.c.ended_at.is_(None))
        .where(new.c.rule.not_in(["none", BY_HAND]), old.c.ended_at == new.c.recorded_at)
        .where(old.c.rule.not_in(["none", BY_HAND]))
        .group_by(new.c.claim_payment_id, new.c.match_id)
    )
    return frame(conn, select)


def changed_back(conn: sa.Connection, run_id: int) -> list[int]:
    """Claims (family_id) with payments that a run had matched again and whose former match an undo has put back."""
    began, ended = _span(conn, run_id)
    made = M.alias("made")
    select = (
        sa.select(M.c.family_id)
        .distinct()
        .select_from(made)
        .join(M, sa.and_(M.c.claim_payment_id == made.c.claim_payment_id, M.c.ended_at.is_(None)))
        .join(N, sa.and_(N.c.match_id == M.c.match_id, N.c.why == UNDONE, N.c.claim_id == made.c.claim_id))
        .where(made.c.recorded_at >= began, made.c.recorded_at <= ended, made.c.ended_at.is_not(None))
        .order_by(M.c.family_id)
    )
    return [int(one) for one in conn.scalars(select)]


def _span(conn: sa.Connection, run_id: int) -> tuple[str, str]:
    began, ended = conn.execute(
        sa.select(RUN.c.started_at, sa.func.coalesce(RUN.c.finished_at, "9")).where(RUN.c.run_id == run_id)
    ).one()
    return str(began), str(ended)


def put_back(conn: sa.Connection, changed: pd.DataFrame, actor: str) -> None:
    """Let the matches that stood before (`changed_in`) hold again, as new rows; what they were changed to is noted."""
    at = clock.now()
    update_where_in(conn, M, M.c.match_id, changed["new_id"], ended_at=at)
    names = [column.name for column in M.columns if column.name not in ("match_id", "ended_at")]
    rows = frame_of(conn, sa.select(M.c.match_id, *(M.c[name] for name in names)), M.c.match_id, _all(changed))
    rows = rows.set_index("match_id")
    old = rows.loc[changed["old_id"]].reset_index(names="old_id").assign(actor=actor, recorded_at=at)
    keyed = insert_keyed(conn, M, old)
    match_of = keyed.set_index("old_id")["match_id"]
    lines = line_numbers(conn, changed["old_id"].tolist())
    insert_keyed(conn, LM, lines.assign(match_id=match_of.reindex(lines["match_id"]).to_numpy()))
    taken = rows.loc[changed["new_id"], ["claim_payment_id", "family_id", "claim_id", "rule", "score", "evidence"]]
    insert_keyed(conn, N, taken.assign(why=UNDONE, match_id=match_of.reindex(changed["old_id"]).to_numpy()))


def _all(changed: pd.DataFrame) -> list[int]:
    return [*changed["old_id"].tolist(), *changed["new_id"].tolist()]


def posted_again_in(conn: sa.Connection, run_id: int) -> list[int]:
    """Claim payments that a run has taken back on their claim, to post them again."""
    select = sa.select(UP.c.claim_payment_id).join(POSTINGS, POSTINGS.c.claim_posting_id == UP.c.claim_posting_id)
    select = select.where(UP.c.run_id == run_id, UP.c.replayed_at.is_not(None), POSTINGS.c.family_id.is_not(None))
    return sorted(int(one) for one in conn.scalars(select.distinct()))


def say_why_closed(conn: sa.Connection, claim_payment_ids: Sequence[int], was: str, since: str, reason: str) -> None:
    """Give another reason to exceptions of claim payments that were closed for one since an instant."""
    select = sa.select(E.c.exception_id).where(E.c.state == "closed", E.c.closed_reason == was, E.c.closed_at >= since)
    found = frame_of(conn, select, E.c.claim_payment_id, claim_payment_ids)["exception_id"]
    update_where_in(conn, E, E.c.exception_id, found, closed_reason=reason)


def price_again(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> None:
    """Let postings in force of these claim payments be held against their contract again."""
    select = sa.select(POSTINGS.c.claim_posting_id).where(
        POSTINGS.c.ended_at.is_(None), POSTINGS.c.priced_at.is_not(None)
    )
    ids = frame_of(conn, select, POSTINGS.c.claim_payment_id, claim_payment_ids)["claim_posting_id"]
    for part in in_parts(ids):
        step_marks.mark(conn, step_marks.PRICED, None, POSTINGS.c.claim_posting_id.in_(part))


def begin_anew(conn: sa.Connection, postings: pd.DataFrame) -> None:
    """End postings (claim_posting_id, in order) and write them again as they are: no money moves.

    They are held against their contract again and told on a timeline again; of a denial they are no news.
    """
    at = clock.now()
    names = [column.name for column in POSTINGS.columns if column.name not in ("ended_at", "priced_at", "life_at")]
    select = sa.select(*(POSTINGS.c[name] for name in names))
    was = frame_of(conn, select, POSTINGS.c.claim_posting_id, postings["claim_posting_id"].tolist())
    was = was.sort_values("claim_posting_id", ignore_index=True)
    update_where_in(conn, POSTINGS, POSTINGS.c.claim_posting_id, was["claim_posting_id"], ended_at=at)
    first = was["waits_since"].fillna("")
    rows = was.assign(waits_since=first.where(first != "", was["recorded_at"]), recorded_at=at)
    keyed = insert_keyed(conn, POSTINGS, rows)
    for denials_at, part in keyed.groupby(keyed["denials_at"].fillna("")):
        step_marks.seal(conn, [step_marks.DENIALS] if denials_at else [], str(denials_at), part["claim_posting_id"])
