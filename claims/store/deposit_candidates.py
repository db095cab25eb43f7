"""What was considered for a bank line, chosen or not, and why not; the rows in force are the last look."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.load import frame
from claims.store.rows import frame_of, in_parts, insert_keyed, update_where_in

B, C, R = schema.bank_lines, schema.deposit_candidates, schema.remittances

CANDIDATE = ["bank_line_id", "remit_id", "returns_line_id", "amount_cents", "why", "rule", "score", "evidence"]


def save_candidates(conn: sa.Connection, line_ids: Iterable[int], rows: pd.DataFrame) -> int:
    """Make `rows` what was considered for some bank lines; lines for which nothing changed are left. Gives new rows."""
    listed = [int(one) for one in line_ids]
    stood = candidates(conn, listed)
    before = {line: _same(part) for line, part in stood.groupby("bank_line_id")}
    now = {line: _same(part) for line, part in rows.groupby("bank_line_id")}
    changed = [line for line in listed if before.get(line, ()) != now.get(line, ())]
    gone = stood.loc[stood["bank_line_id"].isin(changed), "deposit_candidate_id"]
    update_where_in(conn, C, C.c.deposit_candidate_id, gone, ended_at=clock.now())
    new = rows[rows["bank_line_id"].isin(changed)]
    insert_keyed(conn, C, new.assign(recorded_at=clock.now()))
    return len(new)


def _same(rows: pd.DataFrame) -> tuple[tuple[object, ...], ...]:
    return tuple(rows[CANDIDATE].sort_values(CANDIDATE).itertuples(index=False, name=None))


def candidates(conn: sa.Connection, line_ids: Iterable[int]) -> pd.DataFrame:
    """What was considered last for some bank lines, best first, with what can be said of it."""
    other = B.alias("other")
    select = (
        sa.select(
            C.c.deposit_candidate_id,
            *(C.c[name] for name in CANDIDATE),
            sa.func.coalesce(R.c.payer_name, "").label("payer_name"),
            sa.func.coalesce(R.c.trace_number, other.c.trace_number, "").label("trace_number"),
            sa.func.coalesce(R.c.payment_date, other.c.bank_date).label("day"),
        )
        .outerjoin(R, R.c.remit_id == C.c.remit_id)
        .outerjoin(other, other.c.bank_line_id == C.c.returns_line_id)
        .where(C.c.ended_at.is_(None))
        .order_by(C.c.bank_line_id, C.c.score.desc(), C.c.deposit_candidate_id)
    )
    parts = [frame(conn, select.where(C.c.bank_line_id.in_(part))) for part in in_parts(line_ids)]
    return pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))


def mark_candidates(conn: sa.Connection, pairs: pd.DataFrame) -> None:
    """Say anew why remittances were taken for bank lines or not (bank_line_id, remit_id, why, rule); each pair once.

    One that was not considered before is added, with what the remittance paid.
    """
    if pairs.empty:
        return
    stood = candidates(conn, pairs["bank_line_id"].unique()).drop(columns=["why", "rule"])
    rows = pairs[["bank_line_id", "remit_id", "why", "rule"]].merge(stood, how="left", on=["bank_line_id", "remit_id"])
    gone = rows["deposit_candidate_id"].dropna()
    update_where_in(conn, C, C.c.deposit_candidate_id, gone, ended_at=clock.now())
    paid = sa.select(R.c.remit_id, R.c.payment_cents)
    added = rows.loc[rows["deposit_candidate_id"].isna(), "remit_id"].unique().tolist()
    cents = frame_of(conn, paid, R.c.remit_id, added).set_index("remit_id")["payment_cents"]
    of_remittance = pd.Series(cents.reindex(rows["remit_id"]).to_numpy(), index=rows.index)
    amounts = rows["amount_cents"].fillna(of_remittance).fillna(0).astype("int64")
    numbers = rows[["returns_line_id", "score"]].fillna(0).astype("int64")
    texts = rows["evidence"].fillna("")
    insert_keyed(conn, C, rows.assign(amount_cents=amounts, **numbers, evidence=texts, recorded_at=clock.now()))


def mark_candidate(conn: sa.Connection, bank_line_id: int, remit_id: int, why: str, rule: str) -> None:
    """Say anew why a remittance was taken for a bank line or not."""
    pair = {"bank_line_id": [bank_line_id], "remit_id": [remit_id], "why": [why], "rule": [rule]}
    mark_candidates(conn, pd.DataFrame(pair))


def mark_returned(conn: sa.Connection, bank_line_id: int, formers: Iterable[int], why: str, rule: str) -> None:
    """Say anew why former deposits were taken for a return or not; one that was not considered before is added."""
    listed = [int(one) for one in formers]
    stood = candidates(conn, [bank_line_id])
    stood = stood[stood["returns_line_id"].isin(listed)]
    update_where_in(conn, C, C.c.deposit_candidate_id, stood["deposit_candidate_id"], ended_at=clock.now())
    came = frame_of(conn, sa.select(B.c.bank_line_id, B.c.amount_cents), B.c.bank_line_id, listed)
    came = came[~came["bank_line_id"].isin(stood["returns_line_id"])].rename(
        columns={"bank_line_id": "returns_line_id"}
    )
    added = came.assign(bank_line_id=bank_line_id, remit_id=0, score=0, evidence="")
    rows = pd.concat([stood[CANDIDATE], added], ignore_index=True).assign(why=why, rule=rule)
    insert_keyed(conn, C, rows.assign(recorded_at=clock.now()))


def choose_again(conn: sa.Connection, ties: pd.DataFrame) -> None:
    """Say of ties (bank_line_id, remit_id, rule) that were made again that they are chosen, where that is not said."""
    stood = candidates(conn, ties["bank_line_id"].unique())
    pair = ["bank_line_id", "remit_id"]
    chosen = pd.MultiIndex.from_frame(stood.loc[stood["why"] == "chosen", pair])
    again = ties[~pd.MultiIndex.from_frame(ties[pair]).isin(chosen)]
    mark_candidates(conn, again.drop_duplicates(pair, keep="last").assign(why="chosen"))


def ambiguous_lines(conn: sa.Connection) -> list[int]:
    """Bank lines that several remittances or former deposits fit, as they were looked at last."""
    select = sa.select(C.c.bank_line_id).where(C.c.ended_at.is_(None), C.c.why == "several-fit").distinct()
    return [int(one) for one in conn.scalars(select)]
