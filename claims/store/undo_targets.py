"""What somebody may ask to undo or to replay: remittances, files, claims, runs; which postings each of them is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.undone import posted_since

CP, R, P, C, J, RUN, F = (
    schema.claim_payments,
    schema.remittances,
    schema.claim_postings,
    schema.claims,
    schema.journals,
    schema.runs,
    schema.files,
)
UP, UR, E = schema.undone_postings, schema.undone_remittances, schema.exceptions
KEYS = {"remit": R.c.remit_id, "file": F.c.file_id, "claim": C.c.claim_id, "run": RUN.c.run_id}


def _ids(conn: sa.Connection, select: sa.Select[Any]) -> list[int]:
    return sorted({int(one) for one in conn.scalars(select)})


def exists(conn: sa.Connection, kind: str, number: int) -> bool:
    """Tell whether there is such a thing."""
    return conn.scalar(sa.select(KEYS[kind]).where(KEYS[kind] == number)) is not None


def remittances(conn: sa.Connection, kind: str, number: int, state: str) -> list[int]:
    """Whole remittances of a state (posted, undone) that a target names: itself, or those of a file."""
    chosen = R.c.remit_id if kind == "remit" else R.c.file_id
    return _ids(conn, sa.select(R.c.remit_id).where(chosen == number, R.c.state == state))


def of_claim(conn: sa.Connection, claim_id: int) -> list[int]:
    """Claim payments in force of a claim's family."""
    family = sa.select(C.c.family_id).where(C.c.claim_id == claim_id).scalar_subquery()
    return _ids(conn, sa.select(P.c.claim_payment_id).where(P.c.family_id == family, P.c.ended_at.is_(None)))


def of_run(conn: sa.Connection, run_id: int) -> tuple[list[int], list[int]]:
    """What a run posted and what still stands of it: whole remittances, and claim payments that it applied later.

    Remittances of other runs of which it moved amounts are not its own (`moved_by_run`).
    """
    began, ended = conn.execute(
        sa.select(RUN.c.started_at, sa.func.coalesce(RUN.c.finished_at, "9")).where(RUN.c.run_id == run_id)
    ).one()
    by_journal = _by_journal(run_id)
    before = P.alias("before")
    continues = sa.select(sa.literal(1)).where(
        before.c.claim_payment_id == P.c.claim_payment_id, before.c.ended_at == P.c.recorded_at
    )
    # One writer at a time: what was posted while the run was at it, it posted. A posting of zeros has no journal.
    in_run = sa.and_(P.c.recorded_at >= began, P.c.recorded_at <= ended, P.c.ended_at.is_(None))
    of_zeros = sa.select(P.c.remit_id).where(in_run, ~continues.exists())
    posted = sa.or_(R.c.remit_id.in_(by_journal), R.c.remit_id.in_(of_zeros))
    found = _ids(conn, sa.select(R.c.remit_id).where(R.c.state == "posted", posted))
    since = posted_since(conn, found)
    whole = [int(one) for one in sorted(since.index[(since >= began) & (since <= ended)])]
    applied = sa.select(P.c.claim_payment_id, P.c.remit_id).where(
        in_run, continues.exists(), P.c.outcome.in_(["posted", "reversal", "memo"])
    )
    rows = frame(conn, applied)
    return whole, sorted(rows.loc[~rows["remit_id"].isin(whole), "claim_payment_id"].tolist())


def _by_journal(run_id: int) -> sa.Select[Any]:
    return sa.select(J.c.remit_id).where(J.c.run_id == run_id, J.c.source == "835", stands())


def moved_by_run(conn: sa.Connection, run_id: int) -> list[int]:
    """Posted remittances of other runs whose provider adjustments a run moved: to the account that the practice says,
    or to the payment that a CS issues again."""
    own = _by_journal(run_id).where(J.c.reason_code == "provider-adjustment")
    found = _ids(conn, sa.select(R.c.remit_id).where(R.c.state == "posted", R.c.remit_id.in_(own)))
    return sorted(set(found) - set(of_run(conn, run_id)[0]))


def is_of_bank(conn: sa.Connection, file_id: int) -> bool:
    """Tell whether a file holds bank lines."""
    return conn.scalar(sa.select(F.c.content).where(F.c.file_id == file_id)) == "bank"


def undone_of_run(conn: sa.Connection, run_id: int) -> tuple[list[int], list[int]]:
    """What was asked for and undone by a run, or was posted by it and undone since: remittances, claim payments."""
    began, ended = conn.execute(
        sa.select(RUN.c.started_at, sa.func.coalesce(RUN.c.finished_at, "9")).where(RUN.c.run_id == run_id)
    ).one()
    at = sa.and_(UR.c.posted_at >= began, UR.c.posted_at <= ended)
    mine = sa.or_(UR.c.run_id == run_id, at)
    undone = sa.select(UR.c.remit_id).join(R, R.c.remit_id == UR.c.remit_id)
    remits = _ids(conn, undone.where(mine, UR.c.replayed_at.is_(None), R.c.state == "undone"))
    posted = P.c.claim_posting_id == UP.c.claim_posting_id
    by_run = sa.or_(UP.c.run_id == run_id, sa.and_(P.c.recorded_at >= began, P.c.recorded_at <= ended))
    held = sa.select(E.c.claim_payment_id).where(E.c.type_code == "UNDONE", E.c.state == "open")
    held = held.where(E.c.claim_payment_id.is_not(None))
    asked = sa.and_(UP.c.is_target == 1, UP.c.replayed_at.is_(None), UP.c.claim_payment_id.in_(held))
    return remits, _ids(conn, sa.select(UP.c.claim_payment_id).join(P, posted).where(by_run, asked))


def held_of_remittances(conn: sa.Connection, kind: str, number: int) -> list[int]:
    """Claim payments of a posted remittance, or of those of a file, that were undone by themselves."""
    chosen = R.c.remit_id if kind == "remit" else R.c.file_id
    held = sa.select(CP.c.claim_payment_id).join(R, R.c.remit_id == CP.c.remit_id)
    held = held.join(E, E.c.claim_payment_id == CP.c.claim_payment_id)
    return _ids(conn, held.where(chosen == number, E.c.type_code == "UNDONE", E.c.state == "open"))


def held_of_claim(conn: sa.Connection, claim_id: int) -> list[int]:
    """Claim payments of posted remittances that were undone by themselves, of a claim's family by the posting that was
    undone: what waited before it waits without a claim again, and a person may have taken the match away since."""
    family = sa.select(C.c.family_id).where(C.c.claim_id == claim_id).scalar_subquery()
    held = (
        sa.select(UP.c.claim_payment_id)
        .join(P, P.c.claim_posting_id == UP.c.claim_posting_id)
        .join(E, E.c.claim_payment_id == UP.c.claim_payment_id)
        .join(R, R.c.remit_id == UP.c.remit_id)
        .where(R.c.state == "posted", P.c.family_id == family, UP.c.is_target == 1, UP.c.replayed_at.is_(None))
    )
    return _ids(conn, held.where(E.c.type_code == "UNDONE", E.c.state == "open"))


def remittances_of(conn: sa.Connection, claim_id: int) -> pd.DataFrame:
    """Remittances that decided a claim and are undone as a whole: remit_id."""
    M = schema.matches
    family = sa.select(C.c.family_id).where(C.c.claim_id == claim_id).scalar_subquery()
    select = sa.select(R.c.remit_id).join(CP, CP.c.remit_id == R.c.remit_id)
    select = select.join(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
    return frame(conn, select.where(M.c.family_id == family, R.c.state == "undone").distinct())
