"""Provider-level adjustments (PLB) of remittances become journals and exceptions."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.ledger import deposits, returned_deposits
from claims.ledger.provider_adjustments import FORWARD, REISSUED, explain, propose_provider_adjustments
from claims.ledger.rules import CLEARING
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import banking, exceptions, posting, returned, takebacks, waiting_adjustments
from claims.store.handles import Connection

ALONE = "REFUND_WITHOUT_RECOVERY"


def post_provider_adjustments(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, remit_ids: list[int], *, is_replay: bool = False
) -> int:
    """Post the PLB amounts of remittances, name what is odd about them and about interest; give the journals.

    What a CS of a replayed remittance meant before the undo it means again, whatever came since.
    """
    differs = takebacks.interest_that_differs(conn, remit_ids)
    differs = differs.assign(
        type_code="INTEREST_DIFFERS",
        exception_key="INTEREST_DIFFERS:" + differs["remit_key"],
        amount_cents=differs["off_cents"],
    )
    exceptions.open_all(conn, differs, posting_date)
    rows = posting.provider_adjustments(conn, remit_ids)
    if rows.empty:
        return 0
    payables = takebacks.payables(conn)
    named = takebacks.reissuable(conn, remit_ids)
    rows = explain(rows, payables, _lost(conn, named), _before(conn, remit_ids, named) if is_replay else None)
    proposed = propose_provider_adjustments(rows, payables)
    owner = rows.set_index("provider_adjustment_id")
    lines = pd.concat(proposed.lines, ignore_index=True)
    at = lines["provider_adjustment_id"]
    key = _keys(owner)
    lines = lines.assign(
        journal_key=key.reindex(at).to_numpy(),
        effective_date=owner["payment_date"].reindex(at).to_numpy(),
        source="835",
        journal_reason="provider-adjustment",
        reverses_key="",
    )
    written = write_journals(conn, ctx, run_id, posting_date, lines)
    raised = pd.concat(proposed.exceptions, ignore_index=True)
    at = raised["provider_adjustment_id"]
    # What a person may accept stays accepted when it is posted again: its key is that of every generation.
    own = np.where(raised["type_code"] == ALONE, key.str.rpartition(":")[0].reindex(at), key.reindex(at))
    raised = raised.assign(
        exception_key=raised["type_code"] + ":" + own,
        file_id=owner["file_id"].reindex(at).to_numpy(),
        seg=owner["seg"].reindex(at).to_numpy(),
    )
    exceptions.open_all(conn, raised, posting_date)
    return written


def adjust_forwards(conn: Connection, ctx: Context, run_id: int, posting_date: date) -> int:
    """Let a CS that waits on unapplied cash adjust the forward balance that it names, which was announced only since.

    Where the remittances came in the order of their days it did so at once. Gives the journals.
    """
    rows = _waiting(conn)
    if rows.empty:
        return 0
    payables = takebacks.payables(conn)
    rows = explain(rows, payables, takebacks.reissuable(conn, []))
    named = rows[rows["reference_matches"] == FORWARD]
    return _move(conn, ctx, run_id, posting_date, named, payables, "forward")


def issue_again(conn: Connection, ctx: Context, run_id: int, posting_date: date, *, is_replay: bool = False) -> int:
    """Let a CS that waits on unapplied cash issue the payment that it names again, whose money left since.

    Its deposit was returned after the CS was posted: the books end as they do in the other order. A replay issues only
    what an undo took back, and leaves what came since to the next reconcile. Gives how many.
    """
    rows = _waiting(conn)
    if rows.empty:
        return 0
    payables = takebacks.payables(conn)
    remit_ids = rows["remit_id"].unique().tolist()
    named = takebacks.reissuable(conn, remit_ids)
    if is_replay:
        meant = _before(conn, remit_ids, named)
        rows = rows[rows["provider_adjustment_id"].isin(meant["provider_adjustment_id"])].reset_index(drop=True)
        rows = explain(rows, payables, named, meant)
    else:
        rows = explain(rows, payables, _lost(conn, named))
    again = rows[rows["reference_matches"] == REISSUED]
    written = _move(conn, ctx, run_id, posting_date, again, payables, "issued-again")
    if written:
        # What it cancelled out may wait alone now.
        waiting_adjustments.keep_named(conn, posting_date)
    return written


def _waiting(conn: Connection) -> pd.DataFrame:
    """CS that wait on unapplied cash, in posting order, with the keys of their journals."""
    found = waiting_adjustments.by_reference(conn)
    rows = posting.provider_adjustments(conn, found["remit_id"].unique().tolist())
    rows = rows[rows["provider_adjustment_id"].isin(found["provider_adjustment_id"])].reset_index(drop=True)
    return rows.assign(journal_key=_keys(rows))


def _move(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    rows: pd.DataFrame,
    payables: pd.DataFrame,
    word: str,
) -> int:
    """Move explained CS from unapplied cash to what they mean by now; `word` ends the keys of the journals."""
    if rows.empty:
        return 0
    # As it was posted, taken back; as it is posted now. What both say of its own clearing is the same.
    before = propose_provider_adjustments(rows.assign(reference_matches="", original_remit_id=0), payables).lines
    now = propose_provider_adjustments(rows, payables).lines
    taken = pd.concat(before).assign(amount_cents=lambda lines: -lines["amount_cents"])
    lines = pd.concat([taken, *now], ignore_index=True)
    at, owner = lines["provider_adjustment_id"], rows.set_index("provider_adjustment_id")
    is_own_clearing = (lines["account"] == CLEARING) & (lines["remit_id"] == owner["remit_id"].reindex(at).to_numpy())
    lines = lines.assign(
        journal_key=(owner["journal_key"] + ":" + word).reindex(at).to_numpy(),
        effective_date=owner["payment_date"].reindex(at).to_numpy(),
        source="835",
        journal_reason="provider-adjustment",
        reverses_key="",
    )
    return write_journals(conn, ctx, run_id, posting_date, lines[~is_own_clearing].reset_index(drop=True))


def _keys(rows: pd.DataFrame) -> pd.Series[str]:
    """The keys of the journals of provider adjustments."""
    return "835:" + rows["remit_key"] + ":plb:" + rows["ordinal"].astype("str") + ":" + rows["generation"].astype("str")


def _before(conn: Connection, remit_ids: list[int], named: pd.DataFrame) -> pd.DataFrame:
    """To what the CS of these remittances came before an undo took them back, as `explain` wants it."""
    before = takebacks.meant_before(conn, remit_ids)
    open_cents = named.set_index("remit_id")["open_cents"].reindex(before["original_remit_id"], fill_value=0)
    return before.assign(open_cents=open_cents.to_numpy())


def _lost(conn: Connection, named: pd.DataFrame) -> pd.DataFrame:
    """Of the payments that a CS names (`takebacks.reissuable`) those whose money is not here, by all known bank lines.

    Deposits are tied after posting, but a line that was read the same night speaks now: one with the trace number of a
    payment is its money, and one that takes a deposit back opens its payment again.
    """
    if named.empty:
        return named
    lines = banking.open_lines(conn)
    moved = pd.Series(dtype="int64")
    back = lines[lines["rest_cents"] < 0]
    if len(back):
        formers = returned.former_deposits(conn, (-back["rest_cents"]).tolist(), returned_deposits.names_of(back))
        returns, _ = returned_deposits.take_back(back, formers, returned.parts(conn, formers), returned.refused(conn))
        moved = returns[returns["remit_id"] != 0].groupby("remit_id")["amount_cents"].sum()
        gone = returns.loc[returns["remit_id"] == 0, "returns_line_id"]
        lines = lines[~lines["bank_line_id"].isin(gone)]  # it may have come just now
    came = lines[(lines["kind"] != "fee") & (lines["rest_cents"] > 0)]
    ties = deposits.tie(came, named, banking.refused_pairs(conn)).ties
    ties = ties[ties["rule"].str.startswith("trace-")]
    moved = moved.sub(ties.groupby("remit_id")["amount_cents"].sum(), fill_value=0)
    now = named["open_cents"] + moved.reindex(named["remit_id"], fill_value=0).astype("int64").to_numpy()
    return named.assign(open_cents=now)[(now != 0).to_numpy()]
