"""What an undo reads: postings and journals in force around what is asked for, and what a person did on top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.banking import BY_PEOPLE, DIFFERENCE
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.posting import AGAIN, CASH_RULES, REDUCTION_RULES
from claims.store.rows import frame_of

CP, R, P, M = schema.claim_payments, schema.remittances, schema.claim_postings, schema.matches
J, L, RUN, D = schema.journals, schema.ledger_lines, schema.runs, schema.deposit_matches
E = schema.exceptions
A_POSTING = ("835", "apply")
BY_HAND = "by-hand"

_POSTING = (
    *(P.c.claim_posting_id, P.c.claim_payment_id, P.c.remit_id, P.c.family_id, P.c.payer_sequence, P.c.outcome),
    sa.func.coalesce(P.c.reason_code, "").label("reason_code"),
    *(P.c.reverses_claim_payment_id, P.c.is_superseded, P.c.unposted_cents, P.c.recorded_at),
    sa.func.coalesce(P.c.ended_at, "").label("ended_at"),
    sa.func.coalesce(P.c.waits_since, "").label("waits_since"),
)


def in_force(conn: sa.Connection, column: str, values: Iterable[int]) -> pd.DataFrame:
    """Postings in force whose `column` (remit_id, family_id, claim_payment_id, ...) is one of `values`."""
    return frame_of(conn, sa.select(*_POSTING).where(P.c.ended_at.is_(None)), P.c[column], list(values))


def around(conn: sa.Connection, chosen: pd.DataFrame) -> pd.DataFrame:
    """Postings in force that may stand on `chosen`: of the same families, and reversals of what they decided."""
    found = chosen
    while True:
        families = found.loc[found["family_id"] != 0, "family_id"].unique().tolist()
        parts = [
            found,
            in_force(conn, "family_id", families),
            in_force(conn, "reverses_claim_payment_id", found["claim_payment_id"].tolist()),
        ]
        more = pd.concat(parts, ignore_index=True).drop_duplicates("claim_posting_id", ignore_index=True)
        if len(more) == len(found):
            return more.sort_values("claim_posting_id", ignore_index=True)
        found = more


def steps(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """All postings that claim payments ever had."""
    return frame_of(conn, sa.select(*_POSTING), P.c.claim_payment_id, claim_payment_ids)


def journals(conn: sa.Connection, postings: pd.DataFrame, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Journals of claim payments, of their families and of whole remittances that no undo took back.

    `ledger.undo.withdraw` says what they are for; taken_by: the journal in force that takes one back (0: none).
    """
    only_cash = sa.select(L.c.journal_id).where(L.c.rule_id.in_(CASH_RULES), L.c.account == "2200")
    is_cash = sa.and_(J.c.source == "835", J.c.reverses_journal_id.is_(None), J.c.journal_id.in_(only_cash))
    back = J.alias("back")
    select = (
        sa.select(
            *(J.c.journal_id, J.c.source, J.c.reason_code, J.c.claim_payment_id, J.c.remit_id, J.c.family_id),
            *(J.c.continues_journal_id, J.c.reverses_journal_id, back.c.journal_id.label("taken_by")),
            sa.type_coerce(is_cash, sa.Boolean).label("is_cash"),
        )
        .select_from(J)
        .outerjoin(back, sa.and_(back.c.reverses_journal_id == J.c.journal_id, ~_undone(back)))
        .where(~_undone(J), J.c.source != "undo")
    )
    families = postings.loc[postings["family_id"] != 0, "family_id"].unique().tolist()
    parts = [
        frame_of(conn, select, J.c.claim_payment_id, postings["claim_payment_id"].tolist()),
        frame_of(conn, select.where(J.c.source.in_(A_POSTING)), J.c.remit_id, remit_ids),
        frame_of(conn, select, J.c.family_id, families),
    ]
    rows = pd.concat(parts, ignore_index=True)
    parts = [rows, frame_of(conn, select, J.c.continues_journal_id, rows["journal_id"].drop_duplicates().tolist())]
    return pd.concat(parts, ignore_index=True).drop_duplicates("journal_id", ignore_index=True)


def _undone(journals: Any) -> sa.Exists:
    undo = J.alias("undo")
    of_journal = sa.and_(undo.c.reverses_journal_id == journals.c.journal_id, undo.c.source == "undo")
    return sa.select(sa.literal(1)).where(of_journal).exists()


def lines_of(conn: sa.Connection, journal_ids: Sequence[int]) -> pd.DataFrame:
    """Ledger lines of journals, with journal_key, effective_date, family_id and claim_id of the journal."""
    names = [column for column in L.columns if column.name not in ("ledger_line_id", "journal_id")]
    select = sa.select(
        *(J.c.journal_id, J.c.idempotency_key.label("journal_key"), J.c.effective_date, J.c.claim_id),
        sa.func.coalesce(J.c.remit_id, 0).label("journal_remit_id"),
        *names,
    ).join(L, L.c.journal_id == J.c.journal_id)
    rows = frame_of(conn, select.order_by(L.c.ledger_line_id), J.c.journal_id, journal_ids)
    return rows.sort_values("journal_id", ascending=False, kind="stable", ignore_index=True)


def matched_by_hand(conn: sa.Connection, postings: pd.DataFrame) -> pd.DataFrame:
    """Claim payments of `postings` (with since) that a person has matched after they were posted."""
    select = sa.select(M.c.claim_payment_id, M.c.recorded_at).where(M.c.rule == BY_HAND, M.c.ended_at.is_(None))
    rows = frame_of(conn, select, M.c.claim_payment_id, postings["claim_payment_id"].tolist())
    rows = rows.merge(postings[["claim_payment_id", "since"]], on="claim_payment_id")
    return rows[rows["recorded_at"] > rows["since"]]


def tied_by_hand(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Ties in force of remittances that a person has made: remit_id, journal_id, kind."""
    return frame_of(conn, made_by_hand(), D.c.remit_id, remit_ids)


def made_by_hand() -> sa.Select[Any]:
    """Select ties in force that a person has made (remit_id, 0: none; journal_id; kind: what refuses an undo)."""
    kind = sa.case((D.c.rule == DIFFERENCE, "bank difference"), else_="tie by hand").label("kind")
    select = sa.select(sa.func.coalesce(D.c.remit_id, 0).label("remit_id"), D.c.journal_id, kind)
    return select.where(D.c.rule.in_(BY_PEOPLE), D.c.ended_at.is_(None))


def issued_again(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Adjustments (CS) of other remittances that issued the payment of these again: journal_id, remit_id of the other.

    They credit the clearing of these.
    """
    select = (
        sa.select(J.c.journal_id, J.c.remit_id)
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(L.c.account == "1050", L.c.remit_id != J.c.remit_id, J.c.source == "835", stands())
    )
    rows = frame_of(conn, select, L.c.remit_id, remit_ids).drop_duplicates("journal_id")
    return rows[~rows["remit_id"].isin(list(remit_ids))].reset_index(drop=True)


def undone_alone(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Claim payments of these that were undone by themselves, and wait for a replay: claim_payment_id, remit_id."""
    select = (
        sa.select(CP.c.claim_payment_id, CP.c.remit_id)
        .join(E, E.c.claim_payment_id == CP.c.claim_payment_id)
        .where(E.c.type_code == "UNDONE", E.c.state == "open")
    )
    return frame_of(conn, select, CP.c.remit_id, remit_ids)


def refunds_after(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """What a person paid back of what these remittances announced to take: journals on the same payer and reference."""
    # No payee is asked for: people refund what 2100 says, which is the same for all payees.
    own, other = L.alias("own"), J.alias("announcing")
    select = (
        sa.select(J.c.journal_id, J.c.source, J.c.reason_code, other.c.remit_id)
        .join(L, L.c.journal_id == J.c.journal_id)
        .join(
            own,
            sa.and_(own.c.account == L.c.account, own.c.payer_code == L.c.payer_code, own.c.reference == L.c.reference),
        )
        .join(other, other.c.journal_id == own.c.journal_id)
        .where(
            L.c.account.in_(["2100", "2110"]),
            J.c.source.not_in(["835", "apply", "charge", "bank", "undo"]),
            J.c.journal_id > other.c.journal_id,
            J.c.reverses_journal_id.is_(None),
            stands(),
            stands(other),
            other.c.source == "835",
        )
    )
    return frame_of(conn, select, other.c.remit_id, remit_ids).drop_duplicates("journal_id", ignore_index=True)


def payments(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """What a journal that puts cash on 2200 needs of claim payments."""
    select = sa.select(
        *(CP.c.claim_payment_id, CP.c.remit_id, CP.c.ordinal, CP.c.status_code, CP.c.paid_cents, CP.c.file_id),
        *(CP.c.seg, R.c.remit_key, R.c.generation, R.c.payer_code, R.c.payment_date),
    ).join(R, R.c.remit_id == CP.c.remit_id)
    return frame_of(conn, select, CP.c.claim_payment_id, claim_payment_ids)


def decided_before(conn: sa.Connection, withdrawn: pd.DataFrame, journal_ids: Sequence[int]) -> pd.DataFrame:
    """Postings in force of the decisions that the withdrawn ones, or these journals, took back.

    Of the withdrawn ones themselves only those that waited before and wait on: the others ended (`undone.take_back`).
    """
    taken, back = J.alias("taken"), J.alias("back")
    select = sa.select(taken.c.claim_payment_id).join(back, back.c.reverses_journal_id == taken.c.journal_id)
    by_journal = frame_of(
        conn, select.where(taken.c.source.in_(A_POSTING)), back.c.journal_id, journal_ids
    )["claim_payment_id"]  # fmt: skip
    by_posting = withdrawn.loc[withdrawn["outcome"] == "reversal", "reverses_claim_payment_id"]
    again = held_again(conn, journal_ids)["claim_payment_id"]
    ended = set(withdrawn.loc[withdrawn["is_ended"], "claim_payment_id"].tolist())
    return in_force(
        conn, "claim_payment_id", sorted({int(one) for one in [*by_journal, *by_posting, *again]} - {0} - ended)
    )


def _reduced() -> sa.Label[int]:
    """What the journal `J` holds of a payer's reductions, as reduced_cents."""
    own = sa.and_(L.c.journal_id == J.c.journal_id, L.c.rule_id.in_(REDUCTION_RULES))
    reduced = sa.select(sa.func.coalesce(sa.func.sum(L.c.amount_cents), 0)).where(own)
    return sa.cast(reduced.scalar_subquery(), sa.BigInteger).label("reduced_cents")


def held_again(conn: sa.Connection, journal_ids: Sequence[int]) -> pd.DataFrame:
    """Those of the journals that held again what had been released: claim_payment_id, reduced_cents."""
    select = sa.select(J.c.claim_payment_id, _reduced()).where(J.c.reason_code == AGAIN, J.c.source == "835")
    return frame_of(conn, select, J.c.journal_id, journal_ids)


def own_journals(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """The journals of decisions that no undo took back: is_in_force, and the release (now or before) of each.

    claim_payment_id, journal_id, is_in_force, released_by, release_journal_id, reduced_cents; once for each release
    that stands or was undone.
    """
    release, again = J.alias("release"), J.alias("again")
    select = (
        sa.select(
            *(J.c.claim_payment_id, J.c.journal_id),
            sa.type_coerce(stands(), sa.Boolean).label("is_in_force"),
            sa.func.coalesce(release.c.claim_payment_id, 0).label("released_by"),
            sa.func.coalesce(release.c.journal_id, 0).label("release_journal_id"),
            sa.func.coalesce(again.c.run_id, 0).label("undone_in_run_id"),
            _reduced(),
        )
        .select_from(J)
        .outerjoin(
            release, sa.and_(release.c.reverses_journal_id == J.c.journal_id, release.c.reason_code == "release")
        )
        .outerjoin(again, again.c.reverses_journal_id == release.c.journal_id)
        .where(J.c.reverses_journal_id.is_(None), J.c.source.in_(A_POSTING), ~_undone(J))
    )
    return frame_of(conn, select, J.c.claim_payment_id, claim_payment_ids)


def journals_of_run(conn: sa.Connection, run_id: int) -> pd.DataFrame:
    """Journals of a run in the order in which they were written, one row per account, with the ids they are about."""
    return frame(
        conn,
        sa.select(
            *(J.c.idempotency_key, J.c.source, J.c.reason_code, J.c.remit_id, J.c.claim_payment_id, J.c.family_id),
            *(J.c.effective_date, L.c.account, sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("cents")),
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(J.c.run_id == run_id)
        .group_by(
            *(J.c.journal_id, J.c.idempotency_key, J.c.source, J.c.reason_code, J.c.remit_id, J.c.claim_payment_id),
            *(J.c.family_id, J.c.effective_date, L.c.account),
        )
        .order_by(J.c.journal_id, L.c.account),
    ).rename(columns={"cents": "amount_cents"})
