"""What posting writes: journals with their lines, what became of each claim payment, how adjustments were read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import chain, clock, ids, schema, seals
from claims.store.bulk import bulk_insert
from claims.store.posting import RELEASED, TAKEN_BACK
from claims.store.rows import in_parts, insert_keyed, update_where, update_where_in

CP, R, P = schema.claim_payments, schema.remittances, schema.claim_postings
J, L = schema.journals, schema.ledger_lines


def save_journals(
    conn: sa.Connection, journals: pd.DataFrame, lines: pd.DataFrame, *, posting_date: date, actor: str, run_id: int
) -> int:
    """Write balanced journals (journal_key, source, reason_code, effective_date, ...) and their lines.

    A `reverses_key` names the idempotency key of the journal that is taken back, written before or in this call.
    """
    if journals.empty:
        return 0
    at = clock.now()
    rows = journals.rename(columns={"journal_key": "idempotency_key"}).assign(
        posting_date=posting_date.isoformat(), recorded_at=at, actor=actor, run_id=run_id
    )
    wanted = rows.loc[rows["reverses_key"] != "", "reverses_key"].tolist()
    known: dict[str, int] = {}
    for start in range(0, len(wanted), 900):
        found = conn.execute(
            sa.select(J.c.idempotency_key, J.c.journal_id).where(J.c.idempotency_key.in_(wanted[start : start + 900]))
        )
        known.update({str(key): int(journal_id) for key, journal_id in found})
    # Originals first: a reversal may name a journal of the same batch.
    rows = rows.sort_values("reverses_key", key=lambda key: key != "", kind="stable", ignore_index=True)
    first = ids.take(conn, J, len(rows))
    rows = rows.assign(journal_id=np.arange(first, first + len(rows), dtype="int64"))
    known.update(zip(rows["idempotency_key"].tolist(), rows["journal_id"].tolist(), strict=True))
    rows["reverses_journal_id"] = rows["reverses_key"].map(known).fillna(0).astype("int64")
    id_of = rows.set_index("idempotency_key")["journal_id"]
    own = lines.assign(journal_id=id_of.reindex(lines["journal_key"]).to_numpy())
    own = own.sort_values("journal_id", kind="stable", ignore_index=True)
    first = ids.take(conn, L, len(own))
    own = own.assign(ledger_line_id=np.arange(first, first + len(own), dtype="int64"))
    hashes = chain.seal(chain.head(conn), rows, own)
    rows["hash"] = pd.Series(hashes, index=rows.index, dtype="str")
    seals.stretch(conn, J, int(rows["journal_id"].iloc[0]), hashes)
    for table, made in ((J, rows), (L, own)):
        bulk_insert(conn, table, made[[column.name for column in table.columns if column.name in made]])
    return len(rows)


def is_written(conn: sa.Connection, key: str) -> bool:
    """Tell whether the journal of an idempotency key is in the books."""
    return conn.execute(sa.select(J.c.journal_id).where(J.c.idempotency_key == key)).first() is not None


def save_postings(conn: sa.Connection, postings: pd.DataFrame, released: pd.DataFrame, posting_date: date) -> None:
    """Write what became of claim payments; end the rows they had, and mark what a reversal took back.

    `released`: earlier decisions that the system took back (claim_payment_id, is_whole, unposted_cents).
    """
    at = clock.now()
    ended = postings.loc[postings["last_posting_id"] != 0, "last_posting_id"]
    update_where_in(conn, P, P.c.claim_posting_id, ended, ended_at=at)
    insert_keyed(conn, P, postings.assign(posting_date=posting_date.isoformat(), recorded_at=at, is_superseded=0))
    by_payer = postings.loc[postings["outcome"] == "reversal", "reverses_claim_payment_id"]
    by_system = released.loc[released["is_whole"], "claim_payment_id"]
    for taken, word in ((by_system, RELEASED), (by_payer, TAKEN_BACK)):
        for part in in_parts(taken):
            update_where(conn, P, P.c.claim_payment_id.in_(part), P.c.ended_at.is_(None), is_superseded=word)
    in_part = released[~released["is_whole"] & (released["unposted_cents"] != 0)]
    for claim_payment_id, cents in zip(
        in_part["claim_payment_id"].tolist(), in_part["unposted_cents"].tolist(), strict=True
    ):
        still = (P.c.claim_payment_id == claim_payment_id, P.c.ended_at.is_(None))
        update_where(conn, P, *still, unposted_cents=P.c.unposted_cents + cents)


def save_classifications(conn: sa.Connection, rows: pd.DataFrame, again: Sequence[int]) -> None:
    """Write how adjustments were read; what was read before of the claim payments `again` goes."""
    table = schema.classifications
    for part in in_parts(again):
        of_these = table.c.claim_payment_id.in_(part)
        seals.note(conn, table, conn.scalars(sa.select(table.c.adjustment_id).where(of_these)))
        conn.execute(sa.delete(table).where(of_these))
    if again:  # some of them stood there before
        seals.note(conn, table, rows["adjustment_id"])
    else:
        seals.note_new(conn, table, rows["adjustment_id"])
    bulk_insert(conn, table, rows)


def mark_posted(conn: sa.Connection, remit_ids: Sequence[int], posting_date: date) -> None:
    """Set remittances to posted on this accounting day."""
    update_where_in(conn, R, R.c.remit_id, remit_ids, state="posted", posting_date=posting_date)
