"""Rows of the rejections queue: one for each sending that was refused, written anew when another answer decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.queries.asof import count, total
from claims.store.rows import IN_LIST, frame_of, insert_keyed, update_by_key, update_where_in

R, C, F = schema.rejections, schema.claims, schema.files
TOLD = ("source", "detail_code", "cause", "next_step", "edit_id", "amount_cents", "file_id", "seg", "offset", "length")


def put(conn: sa.Connection, rows: pd.DataFrame, posting_date: date) -> None:
    """Write rejections (rejection_key, claim_id, family_id, submission_id, the columns of `TOLD`, closed_reason).

    One that is there already gets the new words and is open again; a closed_reason closes it at once.
    """
    known = _known(conn, rows["rejection_key"].tolist())
    new = rows[~rows["rejection_key"].isin(known)]
    at = clock.now()
    names = (C.c.claim_id, C.c.payer_code, C.c.payer_name)
    payers = frame_of(conn, sa.select(*names), C.c.claim_id, sorted(set(new["claim_id"].tolist())))
    new = new.drop(columns=["payer_code", "payer_name"], errors="ignore").merge(payers, on="claim_id", how="left")
    is_closed = new["closed_reason"] != ""
    insert_keyed(
        conn,
        R,
        new.assign(
            state=is_closed.map({True: "closed", False: "open"}).astype("str"),
            posting_date=posting_date.isoformat(),
            recorded_at=at,
            closed_at=pd.Series(at, new.index).where(is_closed),
            closed_posting_date=pd.Series(posting_date.isoformat(), new.index, dtype="str").where(is_closed, ""),
            closed_reason=new["closed_reason"].where(is_closed),
        ),
    )
    _write_anew(conn, rows[rows["rejection_key"].isin(known)], at, posting_date)


def _write_anew(conn: sa.Connection, rows: pd.DataFrame, at: str, posting_date: date) -> None:
    values = [
        {f"new_{name}": row[name] for name in TOLD}
        | {
            "of": row["rejection_key"],
            "new_state": "closed" if row["closed_reason"] else "open",
            "new_closed_at": at if row["closed_reason"] else None,
            "new_closed_posting_date": posting_date if row["closed_reason"] else None,
            "new_closed_reason": row["closed_reason"] or None,
        }
        for row in rows.to_dict("records")
    ]
    if values:
        names = (*TOLD, "state", "closed_at", "closed_posting_date", "closed_reason")
        changed = sa.update(R).where(R.c.rejection_key == sa.bindparam("of"))
        changed = changed.values({name: sa.bindparam(f"new_{name}") for name in names})
        update_by_key(conn, changed, values, "rejection_key")


def _known(conn: sa.Connection, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), IN_LIST):
        part = list(keys[start : start + IN_LIST])
        found |= set(frame(conn, sa.select(R.c.rejection_key).where(R.c.rejection_key.in_(part)))["rejection_key"])
    return found


def of_claims(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read the rejections of claims: rejection_id, rejection_key, claim_id, submission_id, state, closed_reason."""
    names = ("rejection_id", "rejection_key", "claim_id", "family_id", "submission_id", "state", "closed_reason")
    return frame_of(conn, sa.select(*(R.c[name] for name in names)), R.c.claim_id, claim_ids)


def close(conn: sa.Connection, rejection_ids: Sequence[int], reason: str, posting_date: date) -> int:
    """Close the open ones among these rejections; give their number."""
    ids = [int(one) for one in rejection_ids]
    found = frame_of(conn, sa.select(R.c.rejection_id, R.c.state), R.c.rejection_id, ids)
    open_ids = found.loc[found["state"] == "open", "rejection_id"].tolist()
    closed = {"state": "closed", "closed_at": clock.now(), "closed_posting_date": posting_date, "closed_reason": reason}
    update_where_in(conn, R, R.c.rejection_id, open_ids, **closed)
    return len(open_ids)


def reopen(conn: sa.Connection, rejection_ids: Sequence[int]) -> None:
    """Open closed rejections again."""
    again = dict.fromkeys(("closed_at", "closed_posting_date", "closed_reason"))
    update_where_in(conn, R, R.c.rejection_id, rejection_ids, state="open", **again)


def work(conn: sa.Connection, told: pd.DataFrame) -> None:
    """Write who works on rejections (rejection_id, owner) or what they say of them (rejection_id, notes)."""
    bulk_update(conn, R, told)


def close_of(conn: sa.Connection, claim_ids: Sequence[int], reason: str, posting_date: date) -> int:
    """Close the open rejections of claims; give their number."""
    return close(conn, of_claims(conn, claim_ids)["rejection_id"].tolist(), reason, posting_date)


def open_totals(conn: sa.Connection) -> tuple[int, int]:
    """Count the open rejections, and add up what their claims charge."""
    row = conn.execute(sa.select(count(), total(R.c.amount_cents)).where(R.c.state == "open")).one()
    return int(row[0]), int(row[1])


def open_of_family(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """Read the open rejections of a claim family, the newest first: rejection_id, claim_id, cause, next_step."""
    names = (R.c.rejection_id, R.c.claim_id, R.c.cause, R.c.next_step)
    select = sa.select(*names).join(C, C.c.claim_id == R.c.claim_id)
    return frame(conn, select.where(C.c.family_id == family_id, R.c.state == "open").order_by(R.c.rejection_id.desc()))


def one(conn: sa.Connection, rejection_id: int) -> pd.DataFrame:
    """Read one rejection."""
    return some(conn, [rejection_id])


def some(conn: sa.Connection, rejection_ids: Sequence[int]) -> pd.DataFrame:
    """Read rejections by their numbers, with closed_at."""
    select = rows().add_columns(sa.func.coalesce(R.c.closed_at, "").label("closed_at"))
    return frame_of(conn, select, R.c.rejection_id, rejection_ids)


def rows() -> sa.Select[tuple[object, ...]]:
    """Give the statement of rejections as they are shown, with their claim and file."""
    names = ("rejection_id", "claim_id", "source", "detail_code", "cause", "next_step", "edit_id", "amount_cents")
    days = ("state", "posting_date", "closed_posting_date", "owner", "notes")
    return (
        sa.select(
            *(R.c[name] for name in (*names, *days)),
            sa.func.coalesce(R.c.closed_reason, "").label("closed_reason"),
            R.c.payer_code,
            R.c.payer_name,
            C.c.claim_number,
            C.c.life,
            C.c.origin,
            sa.func.coalesce(F.c.sha256, "").label("sha256"),
            R.c.seg,
            R.c.offset,
            R.c.length,
        )
        .join(C, C.c.claim_id == R.c.claim_id)
        .outerjoin(F, F.c.file_id == R.c.file_id)
    )


def by_edit(conn: sa.Connection) -> pd.DataFrame:
    """Count rejections that stood, by the edit that should have caught them and the payer."""
    return frame(
        conn,
        sa.select(
            R.c.edit_id, C.c.payer_code, count().label("rejections"), total(R.c.amount_cents).label("amount_cents")
        )
        .join(C, C.c.claim_id == R.c.claim_id)
        .where(R.c.edit_id != "", sa.func.coalesce(R.c.closed_reason, "").not_in(["answered", "adjudicated"]))
        .group_by(R.c.edit_id, C.c.payer_code)
        .order_by(R.c.edit_id, C.c.payer_code),
    )
