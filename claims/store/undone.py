"""What an undo and a replay write beside journals: postings, remittances, what was undone, and how it stands again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema, step_marks
from claims.store.bulk_update import bulk_update
from claims.store.earlier import first_at
from claims.store.load import frame
from claims.store.rows import frame_of, in_parts, insert_keyed, update_where, update_where_in

CP, R, P, F, E = (
    schema.claim_payments,
    schema.remittances,
    schema.claim_postings,
    schema.files,
    schema.exceptions,
)
UP, UR, M = schema.undone_postings, schema.undone_remittances, schema.matches


def take_back(
    conn: sa.Connection, withdrawn: pd.DataFrame, waiting: pd.DataFrame, steps: pd.DataFrame, run_id: int, day: date
) -> None:
    """End the postings in force that go, and write those under which cash waits now (`waiting`); keep the `steps`."""
    at = clock.now()
    update_where_in(
        conn, P, P.c.claim_posting_id, withdrawn.loc[withdrawn["is_ended"], "claim_posting_id"], ended_at=at
    )
    wait(conn, waiting, day, at)
    is_target = withdrawn.set_index("claim_payment_id")["is_target"].astype("int64")
    told = steps[["claim_payment_id", "remit_id", "claim_posting_id"]].assign(run_id=run_id, undone_at=at)
    insert_keyed(conn, UP, told.assign(is_target=is_target.reindex(told["claim_payment_id"]).to_numpy()))


def wait(conn: sa.Connection, waiting: pd.DataFrame, day: date, at: str = "") -> None:
    """Write postings under which cash waits: nothing of them is news for the denial rules or the timeline."""
    at = at or clock.now()
    told = {"posting_date": day.isoformat(), "recorded_at": at, "denials_at": at, "life_at": at}
    columns = ["claim_payment_id", "remit_id", "family_id", "payer_sequence", "outcome", "reason_code", "waits_since"]
    rows = insert_keyed(conn, P, waiting[columns].assign(**told, is_superseded=0, unposted_cents=0))
    step_marks.seal(conn, (step_marks.DENIALS, step_marks.LIFE), at, rows["claim_posting_id"])


def undo_remittances(conn: sa.Connection, remit_ids: Sequence[int], run_id: int, day: date) -> None:
    """Set posted remittances to undone; remember which posting that was."""
    rows = frame_of(conn, sa.select(R.c.remit_id, R.c.generation, R.c.posting_date), R.c.remit_id, remit_ids)
    at = posted_since(conn, remit_ids).reindex(rows["remit_id"]).fillna("").to_numpy()
    rows = rows.assign(posted_at=at, run_id=run_id, undone_posting_date=day.isoformat(), undone_at=clock.now())
    insert_keyed(conn, UR, rows)
    update_where_in(conn, R, R.c.remit_id, remit_ids, state="undone", posting_date=None)


def next_generation(conn: sa.Connection, remit_ids: Sequence[int]) -> None:
    """Let what is posted of these remittances from now on have keys of its own."""
    update_where_in(conn, R, R.c.remit_id, remit_ids, generation=R.c.generation + 1)


def restate(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Write is_superseded and unposted_cents of postings in force (claim_posting_id)."""
    bulk_update(conn, P, rows[["claim_posting_id", "is_superseded", "unposted_cents"]])


def remittances(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """What a posting wants of remittances, with state and the hash of their file, in posting order."""
    day = sa.func.coalesce(sa.cast(R.c.payment_date, sa.String), "").label("payment_day")
    names = ("remit_id", "remit_key", "state", "payment_cents", "payment_date", "payer_code", "file_id", "seg")
    select = sa.select(*(R.c[name] for name in names), F.c.sha256, day).join(F, F.c.file_id == R.c.file_id)
    rows = frame_of(conn, select, R.c.remit_id, remit_ids)
    return rows.sort_values(["payment_day", "remit_key"], ignore_index=True)


def open_undone(conn: sa.Connection) -> pd.DataFrame:
    """Open UNDONE exceptions: exception_id, exception_key, remit_id, claim_payment_id."""
    names = ("exception_id", "exception_key", "remit_id", "claim_payment_id")
    return frame(conn, sa.select(*(E.c[name] for name in names)).where(E.c.type_code == "UNDONE", E.c.state == "open"))


def to_replay(conn: sa.Connection, remit_ids: Sequence[int], claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """The steps that go with a replay of these, in the order in which they were posted.

    undone_posting_id, undone_at, claim_payment_id, remit_id, family_id, payer_sequence, place, outcome, reason_code,
    took_back (what a reversal took back, 0: nothing), is_whole;
    and of the posting that was undone recorded_at, when this was posted first (first_at: of one that was replayed
    before, long before that), and when it became denials and a step of a timeline (denials_at, life_at).
    Their own claim payments, and those that stood on them and wait since the same undo.
    """
    select = (
        sa.select(
            *(UP.c.claim_payment_id, UP.c.remit_id, UP.c.run_id, UP.c.claim_posting_id.label("place"), UP.c.is_target),
            *(P.c.recorded_at, P.c.family_id, P.c.payer_sequence, P.c.outcome, UP.c.undone_posting_id, UP.c.undone_at),
            first_at().label("first_at"),
            sa.func.coalesce(P.c.denials_at, "").label("denials_at"),
            sa.func.coalesce(P.c.life_at, "").label("life_at"),
            sa.func.coalesce(P.c.reason_code, "").label("reason_code"),
            sa.func.coalesce(P.c.reverses_claim_payment_id, 0).label("took_back"),
        )
        .join(P, P.c.claim_posting_id == UP.c.claim_posting_id)
        .where(UP.c.replayed_at.is_(None))
    )
    asked = select.where(UP.c.is_target == 1)
    own = pd.concat(
        [
            frame_of(conn, asked, UP.c.remit_id, remit_ids).assign(is_whole=True),
            frame_of(conn, asked, UP.c.claim_payment_id, claim_payment_ids).assign(is_whole=False),
        ]
    )
    runs = own["run_id"].tolist()
    whole = sa.select(UR.c.run_id).where(UR.c.replayed_at.is_(None))
    runs += frame_of(conn, whole, UR.c.remit_id, remit_ids)["run_id"].tolist()
    others = frame_of(conn, select.where(UP.c.is_target == 0), UP.c.run_id, sorted(set(runs)))
    waits = sa.select(P.c.claim_payment_id).where(P.c.ended_at.is_(None), P.c.outcome == "unapplied")
    waiting = frame_of(conn, waits, P.c.claim_payment_id, others["claim_payment_id"].tolist())
    others = others[others["claim_payment_id"].isin(waiting["claim_payment_id"])].assign(is_whole=False)
    rows = pd.concat([own, others], ignore_index=True).drop_duplicates("place", keep="first")
    return rows.sort_values("place", ignore_index=True)


def taken_back_undone(
    conn: sa.Connection, remit_ids: Sequence[int], claim_payment_ids: Sequence[int] = ()
) -> pd.DataFrame:
    """Whose decisions reversals of undone remittances, or undone ones by themselves, took back, where those are undone
    now, with their remittance or by themselves: remit_id, needed_id, needed_payment_id.

    A reversal waited already when it was undone after what it had taken back: posted before that, it waits again, as
    it did.
    """
    taken, other, alone = CP.alias("taken"), R.alias("other"), UP.alias("alone")
    undone_since = (UR.c.remit_id == other.c.remit_id, UR.c.replayed_at.is_(None), UR.c.undone_at >= UP.c.undone_at)
    with_remit = sa.select(sa.literal(1)).where(*undone_since).correlate(other, UP).exists()
    held = sa.select(E.c.claim_payment_id).where(E.c.type_code == "UNDONE", E.c.state == "open")
    own = (alone.c.claim_payment_id == taken.c.claim_payment_id, alone.c.is_target == 1, alone.c.replayed_at.is_(None))
    by_itself = sa.select(sa.literal(1)).where(*own, alone.c.undone_at >= UP.c.undone_at).correlate(taken, UP).exists()
    is_held = taken.c.claim_payment_id.in_(held.where(E.c.claim_payment_id.is_not(None)))
    is_undone = sa.or_(
        sa.and_(other.c.state == "undone", with_remit), sa.and_(other.c.state == "posted", is_held, by_itself)
    )
    needed = (taken.c.remit_id.label("needed_id"), taken.c.claim_payment_id.label("needed_payment_id"))
    select = (
        sa.select(UP.c.remit_id, *needed)
        .join(P, P.c.claim_posting_id == UP.c.claim_posting_id)
        .join(taken, taken.c.claim_payment_id == P.c.reverses_claim_payment_id)
        .join(other, other.c.remit_id == taken.c.remit_id)
        .where(UP.c.is_target == 1, UP.c.replayed_at.is_(None), P.c.outcome == "reversal")
        .where(taken.c.remit_id != UP.c.remit_id, is_undone)
    )
    parts = [frame_of(conn, select, UP.c.remit_id, remit_ids)]
    parts.append(frame_of(conn, select, UP.c.claim_payment_id, claim_payment_ids))
    return pd.concat(parts, ignore_index=True).drop_duplicates(ignore_index=True)


def posted_since(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.Series:
    """Since when posted remittances are posted, by remit_id: by what was written first since they were undone last.

    What moved an amount of them on a later night (an account that the practice says, a CS that issues a payment again)
    is no posting of theirs, nor is what waited and was applied.
    """
    parts = []
    for table, *own in ((P,), (schema.journals, schema.journals.c.source == "835")):
        undone_at = sa.select(sa.func.max(UR.c.undone_at)).where(UR.c.remit_id == table.c.remit_id)
        is_since = table.c.recorded_at > sa.func.coalesce(undone_at.scalar_subquery(), "")
        select = sa.select(table.c.remit_id, sa.func.min(table.c.recorded_at).label("at"))
        select = select.where(is_since, *own).group_by(table.c.remit_id)
        parts.append(frame_of(conn, select, table.c.remit_id, remit_ids))
    return pd.concat(parts, ignore_index=True).groupby("remit_id")["at"].min()


def without_claim(conn: sa.Connection, again: pd.DataFrame) -> list[int]:
    """Claim payments of `again` (`to_replay`) that took back, or were, what waited without a claim; and that itself.

    None of them looks for a claim now that there is one: the reversal is no step of that claim, as it was none. Where
    the reversal has found its claim since, while it waited alone, both belong to that. Of such two the one whose
    other is undone still waits without a claim meanwhile, as it did: else the other would find it on that claim.
    """
    unknown = again[again["family_id"] == 0]
    waits = unknown.loc[unknown["outcome"] == "unapplied", "claim_payment_id"].tolist()
    alone = _of_undone_pairs(conn, waits)
    back = unknown[(unknown["outcome"] == "reversal") & (unknown["took_back"] != 0)]
    found = sa.select(M.c.claim_payment_id).where(M.c.ended_at.is_(None), M.c.family_id.is_not(None))
    matched = frame_of(conn, found, M.c.claim_payment_id, back["claim_payment_id"].tolist())["claim_payment_id"]
    back = back[~back["claim_payment_id"].isin(matched)]
    waiting = sa.select(P.c.claim_payment_id).where(
        P.c.ended_at.is_(None), P.c.outcome == "unapplied", P.c.family_id.is_(None)
    )
    taken = set(frame_of(conn, waiting, P.c.claim_payment_id, back["took_back"].tolist())["claim_payment_id"])
    last = unknown[~unknown["claim_payment_id"].isin(again.loc[again["family_id"] != 0, "claim_payment_id"])]
    taken |= set(last.loc[last["outcome"] == "unapplied", "claim_payment_id"])
    back = back[back["took_back"].isin(taken)]
    return sorted({*back["claim_payment_id"].tolist(), *back["took_back"].tolist(), *alone})


def _of_undone_pairs(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> list[int]:
    """Those of these (they waited without a claim) that took such a payment back, or that a reversal so took back.

    By a step that is undone still; what was taken back is undone still, too, or among these.
    """
    first, step = P.alias("first"), UP.alias("step")
    was_lost = (first.c.outcome == "unapplied", first.c.family_id.is_(None), step.c.replayed_at.is_(None))
    lost = sa.select(step.c.claim_payment_id).join(first, first.c.claim_posting_id == step.c.claim_posting_id)
    pairs = sa.select(UP.c.claim_payment_id, P.c.reverses_claim_payment_id.label("took_back"))
    pairs = pairs.join(P, P.c.claim_posting_id == UP.c.claim_posting_id)
    pairs = pairs.where(UP.c.replayed_at.is_(None), P.c.outcome == "reversal", P.c.family_id.is_(None))
    of_lost = pairs.where(P.c.reverses_claim_payment_id.in_(lost.where(*was_lost)))
    back = frame_of(conn, of_lost, UP.c.claim_payment_id, claim_payment_ids)["claim_payment_id"]
    taken = frame_of(conn, pairs, P.c.reverses_claim_payment_id, claim_payment_ids)["took_back"]
    return sorted({*back.tolist(), *taken.tolist()})


def posted_at(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.Series:
    """When undone remittances were posted, by remit_id."""
    rows = frame_of(conn, sa.select(UR.c.remit_id, UR.c.posted_at, UR.c.undone_at), UR.c.remit_id, remit_ids)
    return rows.sort_values("undone_at").groupby("remit_id")["posted_at"].last()


def ready_again(conn: sa.Connection, remit_ids: Sequence[int], undone_posting_ids: Sequence[int]) -> None:
    """Set undone remittances to ready, and note that all of this is replayed."""
    at = clock.now()
    update_where_in(conn, R, R.c.remit_id, remit_ids, state="ready")
    for part in in_parts(remit_ids):
        update_where(conn, UR, UR.c.remit_id.in_(part), UR.c.replayed_at.is_(None), replayed_at=at)
    update_where_in(conn, UP, UP.c.undone_posting_id, undone_posting_ids, replayed_at=at)
