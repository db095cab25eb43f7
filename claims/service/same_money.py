"""A bank line that says the money of a line of another file is its copy: it is kept, and moves nothing.

Which of them stands is looked at before every tie, and when a file is undone or comes back: the line of one that stands
takes the place of one that is undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from claims.errors import PostingRefusedError, UsageError
from claims.ledger.same_money import standing
from claims.service import undone_statements
from claims.service.audited import record_with_reason
from claims.service.context import Context
from claims.service.deposits import line_of
from claims.service.runs import running
from claims.service.tying import OF_LINES
from claims.store import exceptions
from claims.store import same_money as rows_of
from claims.store.banking import COPY, UNDONE, line_states
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.same_money import TYPE
from claims.store.undo_bank import REPLACED

OWN = "own-money"  # why the exception of a copy closes: a person said that it is none
NO_COPY = "no-copy"  # ... the line as which it stood is undone
SAME = "same-money"  # why what was open of a line closes that is a copy


def keys_of(conn: Connection, line_ids: Iterable[int]) -> list[str]:
    """Money keys of some lines."""
    return rows_of.of_lines(conn, line_ids)


def close(conn: Connection, line_ids: Iterable[int], done: str, day: date) -> None:
    """Close what names lines as copies."""
    rows_of.close(conn, line_ids, done, day)


def settle(conn: Connection, ctx: Context, day: date, keys: Iterable[str] | None = None, done: str = NO_COPY) -> None:
    """Say of lines of some money keys (None: of all that are open) which stand and which are copies; name these."""
    rows = _changed(conn, rows_of.of_keys(conn, rows_of.shared(conn) if keys is None else keys))
    rows_of.write(conn, rows)
    copies, others = rows[rows["state"] == COPY], rows[(rows["state"] != COPY) & (rows["before"] == COPY)]
    key = TYPE + ":" + copies["line_key"]
    named = copies.assign(type_code=TYPE, exception_key=key, seg=copies["row_number"])
    columns = ["exception_key", "type_code", "amount_cents", "bank_line_id", "file_id", "seg"]
    exceptions.open_all(conn, named[columns], day)
    exceptions.close_for(conn, "bank_line_id", copies["bank_line_id"], OF_LINES, SAME, day)
    rows_of.close(conn, others["bank_line_id"], done, day)
    if (rows["state"] == UNDONE).any():
        undone_statements.name(conn, ctx, day, REPLACED)


def _changed(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Give the lines that stand as something else than they did: state and copy_of_line_id now, `before` the state."""
    if len(rows) < 2:
        return rows.iloc[:0].assign(before="")
    cash = rows_of.booked(conn, rows["bank_line_id"].tolist()).set_index("bank_line_id")["cash_cents"]
    cash = cash.reindex(rows["bank_line_id"]).set_axis(rows.index)
    told = rows.assign(
        is_booked=cash.fillna(0) != 0,
        was_booked=cash.notna(),
        is_undone=rows["state"] == UNDONE,
        is_own=rows["place_before_own"] != 0,
    )
    of = standing(told).set_axis(rows.index)
    states = line_states(rows["rest_cents"]).mask(of != 0, COPY).mask(told["is_undone"], UNDONE)
    changed = rows.assign(before=rows["state"], state=states, copy_of_line_id=of)
    return changed[(states != rows["state"]) | (of != rows["copy_of_line_id"])]


def tell_apart(ctx: Context, bank_line_id: int, reason: str, posting_date: date, *, is_taken_back: bool = False) -> int:
    """Say that a copy is money of its own, which the next reconcile ties and books; give its cents.

    It has a place of its own from now on, so that a third file that says both finds both. `is_taken_back`: it was none;
    only while nothing of it is in the books. Raises NotFoundError, UsageError without a reason, or PostingRefusedError
    for a line of which that cannot be said. The audit chain seals the reason.
    """
    if not reason.strip():
        raise UsageError("Say why it is money of its own, or not.")
    with running(ctx, "action", posting_date), write(ctx.engine) as conn:
        cents = int(line_of(conn, bank_line_id)["amount_cents"].iloc[0])
        keys = keys_of(conn, [bank_line_id])
        rows = rows_of.of_keys(conn, keys).set_index("bank_line_id")
        if is_taken_back:
            _require_unbooked_own(conn, rows, bank_line_id)
            rows_of.place(conn, bank_line_id, int(rows["place_before_own"].loc[bank_line_id]), 0)
        else:
            if bank_line_id not in rows.index or rows["state"].loc[bank_line_id] != COPY:
                raise PostingRefusedError("This bank line is no copy of another one.")
            before = int(rows["money_place"].loc[bank_line_id])
            rows_of.place(conn, bank_line_id, 1 + int(rows["money_place"].max()), before)
        settle(conn, ctx, posting_date, keys, OWN)
        action = "deposit.own-taken-back" if is_taken_back else "deposit.own"
        record_with_reason(ctx, conn, action, f"bank line {bank_line_id}", {"amount_cents": cents}, reason.strip())
    return cents


def _require_unbooked_own(conn: Connection, rows: pd.DataFrame, bank_line_id: int) -> None:
    if bank_line_id not in rows.index or not rows["place_before_own"].loc[bank_line_id]:
        raise PostingRefusedError("Nobody said that this bank line is money of its own.")
    if rows_of.booked(conn, [bank_line_id])["cash_cents"].any():
        number = int(rows["file_id"].loc[bank_line_id])
        raise PostingRefusedError(
            f"It is in the books. First: claims undo file:{number}; then this again, then claims replay file:{number}."
        )
