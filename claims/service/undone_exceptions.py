"""Exceptions as they are when a posting is undone: what it named is over, what it settled is open again."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims import codes
from claims.ledger.undo import Withdrawal
from claims.service import parking
from claims.service.posting import SETTLED_BY_REVERSAL
from claims.service.undo_targets import Target
from claims.store import (
    credits,
    exceptions,
    overtaken,
    posting,
    repeated,
    rests,
    settled,
    takebacks,
    unannounced,
    undone,
    undone_exceptions,
    waiting_adjustments,
)
from claims.store import undo as rows
from claims.store.handles import Connection

CAUSE = "undone"
# What holds a remittance before anybody posts it is no news of its posting.
NOT_OF_POSTING = ("REMIT_CONFLICT", "REMIT_HELD", posting.UNDONE)


def take_back(
    conn: Connection, day: date, target: Target, gone: Withdrawal, waiting: pd.DataFrame, *, is_named: bool
) -> None:
    """Close what the postings that went had named, open again what they had settled, and name what waits now.

    `is_named`: what waits now is named.
    """
    went = gone.postings.loc[gone.postings["is_ended"], "claim_payment_id"]
    types = sorted(set(codes.table("exception_types")["type_code"]) - set(NOT_OF_POSTING))
    exceptions.close_for(conn, "claim_payment_id", went, types, CAUSE, day)
    exceptions.close_for(conn, "remit_id", target.remit_ids, [*undone_exceptions.OF_REMITTANCES], CAUSE, day)
    _open_again(conn, day, gone, waiting)
    if is_named:
        _name(conn, day, target, gone.postings, waiting)
    settled.close_settled(conn, day)
    repeated.close_repeated(conn, day)
    families = gone.postings.loc[gone.postings["family_id"] != 0, "family_id"].unique().tolist()
    credits.name_credits(conn, families, day)
    rests.name_rests(conn, families, day)
    unannounced.keep_named(conn, day)
    waiting_adjustments.keep_named(conn, day)
    takebacks.name_several_forwards(conn, day)


def _open_again(conn: Connection, day: date, gone: Withdrawal, waiting: pd.DataFrame) -> None:
    """What was closed because something was posted that stands no more."""
    payments = rows.payments(conn, waiting.loc[waiting["former_id"] != 0, "claim_payment_id"].tolist())
    reasons = waiting.set_index("claim_payment_id")["reason_code"].reindex(payments["claim_payment_id"]).to_numpy()
    keys = reasons + ":" + payments["remit_key"] + ":" + payments["ordinal"].astype("str")
    families = gone.postings.loc[gone.postings["family_id"] != 0, "family_id"].unique().tolist()
    taken = rows.decided_before(conn, gone.postings, gone.journals["journal_id"].tolist())
    again = [
        *undone_exceptions.closed_keys(conn, "applied", keys.tolist()),
        *undone_exceptions.of_payments(conn, "reversed", taken["claim_payment_id"].tolist(), SETTLED_BY_REVERSAL),
        *undone_exceptions.unsettled(conn, families),
        *overtaken.not_any_more(conn, families),
        *undone_exceptions.voids_again(conn, families),
        *undone_exceptions.held_again(conn),
    ]  # fmt: skip
    exceptions.reopen(conn, again, day)


def _name(conn: Connection, day: date, target: Target, gone: pd.DataFrame, waiting: pd.DataFrame) -> None:
    """One exception for each remittance that is undone, and for each claim payment that waits."""
    remits = undone.remittances(conn, target.remit_ids)
    whole = remits.assign(
        type_code=posting.UNDONE,
        exception_key=posting.UNDONE + ":" + remits["remit_key"],
        amount_cents=remits["payment_cents"],
    )
    exceptions.open_all(conn, whole, day)
    single = gone[~gone["is_whole"] & gone["is_target"]]
    # Cash that waited before it was applied is named by why it waits (again): the hold itself is worth nothing then.
    is_named = single["claim_payment_id"].isin(waiting.loc[waiting["former_id"] != 0, "claim_payment_id"])
    # What waited for something undone before, and was replayed since, waits for this now: nothing names it yet.
    is_new = (waiting["former_id"] == 0) | (waiting["reason_code"] == posting.ON_UNDONE)
    new = waiting[~waiting["is_target"] & is_new]
    parking.name(conn, day, posting.UNDONE, single[~is_named])
    parking.name(conn, day, posting.UNDONE, single[is_named], is_cash=False)
    parking.name(conn, day, posting.ON_UNDONE, new)
