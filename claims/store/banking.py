"""Bank lines, the remittances whose money they may be, the ties between the two."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.replaced import is_replaced
from claims.store.rows import frame_of, in_parts, insert_keyed, update_where

B, D, R, F = schema.bank_lines, schema.deposit_matches, schema.remittances, schema.files
J, L = schema.journals, schema.ledger_lines

REFUSED = "untied"
MANUAL, DIFFERENCE, DIFFERENCE_BACK = "manual", "bank-difference", "difference-taken-back"
BY_PEOPLE = (MANUAL, DIFFERENCE)  # rules of ties that only a person makes


def _total(amount: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(amount), 0), sa.BigInteger)


def known_lines(conn: sa.Connection, keys: list[str]) -> set[str]:
    """Which of these line keys are stored already."""
    known: set[str] = set()
    for start in range(0, len(keys), 900):
        part = keys[start : start + 900]
        known.update(str(row[0]) for row in conn.execute(sa.select(B.c.line_key).where(B.c.line_key.in_(part))))
    return known


UNDONE = "undone"  # the state of a line whose file a person has undone: nothing of it is in the books
COPY = "copy"  # ... of one that says the money of a line of another file, and that moves nothing
OUT = (UNDONE, COPY)


def line_states(rests: pd.Series[int]) -> pd.Series[str]:
    """Name the states of bank lines by what is left of each: open, or tied."""
    return pd.Series("tied", index=rests.index, dtype="str").where(rests == 0, "open")


def restate(conn: sa.Connection, line_ids: Iterable[int]) -> None:
    """Write what the ties in force leave of these lines, and their states."""
    ids = sorted({int(one) for one in line_ids} - {0})
    own = frame_of(
        conn, sa.select(B.c.bank_line_id, B.c.amount_cents, B.c.rest_cents, B.c.state), B.c.bank_line_id, ids
    )
    ties = sa.select(D.c.bank_line_id, D.c.amount_cents, D.c.fee_cents).where(D.c.ended_at.is_(None))
    told = frame_of(conn, ties, D.c.bank_line_id, ids)
    settled = (told["amount_cents"] - told["fee_cents"]).groupby(told["bank_line_id"]).sum()
    rests = own["amount_cents"] - settled.reindex(own["bank_line_id"]).fillna(0).astype("int64").to_numpy()
    states = line_states(rests).mask(own["state"].isin(OUT), own["state"])
    changed = own[["bank_line_id"]].assign(rest_cents=rests, state=states)
    bulk_update(conn, B, changed[rests != own["rest_cents"]])


def lines(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Bank lines with rest_cents (what nothing explains yet), unapplied_cents (what they put on 2200), is_over.

    `is_over`: the rest is what remains of a deposit that was tied. Credit on 2200 counts as positive.
    """
    settled = (
        sa.select(
            D.c.bank_line_id,
            _total(D.c.amount_cents - D.c.fee_cents).label("cents"),
            sa.cast(sa.func.count(), sa.BigInteger).label("ties"),
        )
        .where(D.c.ended_at.is_(None))
        .group_by(D.c.bank_line_id)
        .subquery()
    )
    on_2200 = (
        sa.select(L.c.bank_line_id, (-_total(L.c.amount_cents)).label("cents"))
        .where(L.c.account == "2200", L.c.bank_line_id.is_not(None))
        .group_by(L.c.bank_line_id)
        .subquery()
    )
    rest = B.c.amount_cents - sa.func.coalesce(settled.c.cents, 0)
    return frame(
        conn,
        sa.select(
            B.c.bank_line_id,
            B.c.file_id,
            B.c.row_number,
            B.c.line_key,
            B.c.bank_date,
            B.c.amount_cents,
            B.c.trace_number,
            B.c.payer_identifier,
            B.c.payer_name,
            B.c.reference,
            B.c.type_code,
            B.c.kind,
            B.c.state,
            B.c.copy_of_line_id,
            sa.cast(rest, sa.BigInteger).label("rest_cents"),
            sa.cast(sa.func.coalesce(on_2200.c.cents, 0), sa.BigInteger).label("unapplied_cents"),
            (sa.func.coalesce(settled.c.ties, 0) > 0).label("is_over"),
        )
        .outerjoin(settled, settled.c.bank_line_id == B.c.bank_line_id)
        .outerjoin(on_2200, on_2200.c.bank_line_id == B.c.bank_line_id)
        .where(*conditions)
        .order_by(B.c.bank_date, B.c.line_key),
    )


def open_lines(conn: sa.Connection, through: date | None = None) -> pd.DataFrame:
    """Bank lines that something is left of; with `through`, those of a later day that nothing is booked of stay out.

    A bank that names a day that has not come says what it expects: no money is in the account before.
    """
    explained = (
        sa.select(D.c.bank_line_id)
        .join(B, B.c.bank_line_id == D.c.bank_line_id)
        .where(D.c.ended_at.is_(None))
        .group_by(D.c.bank_line_id, B.c.amount_cents)
        .having(sa.func.sum(D.c.amount_cents - D.c.fee_cents) == B.c.amount_cents)
    )
    rows = lines(conn, B.c.amount_cents != 0, B.c.state.not_in(OUT), B.c.bank_line_id.not_in(explained))
    return rows if through is None else rows[~is_ahead(rows, through)].reset_index(drop=True)


def is_ahead(rows: pd.DataFrame, day: date) -> pd.Series[bool]:
    """Tell which of `lines` lie ahead of a day, with nothing of them booked."""
    return (rows["bank_date"] > day.isoformat()) & (rows["unapplied_cents"] == 0) & ~rows["is_over"].astype(bool)


def remittances(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Posted remittances with open_cents (on clearing), tied_cents (by deposits in force) and is_returned.

    by_card_cents: tied_cents, where cards alone brought them and nothing was kept of them as a fee yet (else 0).
    first_posted: the accounting day on which they were first posted, of those that name no day of payment (else "").
    """
    open_ = (
        sa.select(L.c.remit_id, _total(L.c.amount_cents).label("cents"))
        .where(L.c.account == "1050", L.c.remit_id.is_not(None))
        .group_by(L.c.remit_id)
        .having(sa.func.sum(L.c.amount_cents) != 0)
        .subquery()
    )
    tied = (
        sa.select(
            D.c.remit_id,
            _total(D.c.amount_cents).label("cents"),
            _total(sa.case((D.c.amount_cents < 0, 1), else_=0)).label("returns"),
            _total(sa.case((sa.and_(B.c.kind == "card", D.c.fee_cents == 0), 0), else_=1)).label("others"),
        )
        .join(B, B.c.bank_line_id == D.c.bank_line_id)
        .where(D.c.ended_at.is_(None), D.c.remit_id.is_not(None))
        .group_by(D.c.remit_id)
        .subquery()
    )
    first = sa.select(sa.func.min(J.c.posting_date)).where(J.c.remit_id == R.c.remit_id, J.c.source == "835")
    return frame(
        conn,
        sa.select(
            R.c.remit_id,
            R.c.remit_key,
            R.c.trace_number,
            R.c.payer_identifier,
            R.c.payer_name,
            R.c.payer_code,
            R.c.payment_date,
            R.c.payment_cents,
            R.c.file_id,
            R.c.seg,
            sa.case((R.c.payment_date.is_(None), first.scalar_subquery())).label("first_posted"),
            sa.cast(sa.func.coalesce(open_.c.cents, 0), sa.BigInteger).label("open_cents"),
            sa.cast(sa.func.coalesce(tied.c.cents, 0), sa.BigInteger).label("tied_cents"),
            sa.cast(sa.case((tied.c.others == 0, tied.c.cents), else_=0), sa.BigInteger).label("by_card_cents"),
            (sa.func.coalesce(tied.c.returns, 0) > 0).label("is_returned"),
        )
        .outerjoin(open_, open_.c.remit_id == R.c.remit_id)
        .outerjoin(tied, tied.c.remit_id == R.c.remit_id)
        .where(R.c.state == "posted", *(conditions or (open_.c.cents.is_not(None),)))
        .order_by(R.c.payment_date, R.c.remit_key),
    )


def held_remittances(conn: sa.Connection) -> pd.DataFrame:
    """Trace numbers of remittances that are held, and that no other has replaced."""
    return frame(conn, sa.select(R.c.trace_number).where(R.c.state == "held", ~is_replaced()))


def refused_pairs(conn: sa.Connection) -> pd.DataFrame:
    """Pairs of bank line and remittance that a person took apart."""
    return frame(
        conn,
        sa.select(D.c.bank_line_id, D.c.remit_id)
        .where(D.c.ended_reason == REFUSED, D.c.remit_id.is_not(None))
        .distinct(),
    )


def matches(conn: sa.Connection, line_ids: Iterable[int], *, all_time: bool = False) -> pd.DataFrame:
    """Ties of some bank lines, those in force or all that ever were, with their journal and remittance."""
    in_force = sa.true() if all_time else D.c.ended_at.is_(None)
    select = (
        sa.select(
            D.c.deposit_match_id,
            D.c.bank_line_id,
            D.c.remit_id,
            D.c.returns_line_id,
            D.c.amount_cents,
            D.c.fee_cents,
            D.c.rule,
            D.c.score,
            D.c.evidence,
            D.c.journal_id,
            D.c.actor,
            D.c.recorded_at,
            sa.func.coalesce(D.c.ended_reason, "").label("ended_reason"),
            D.c.words,
            D.c.ended_words,
            J.c.idempotency_key.label("journal_key"),
            J.c.posting_date,
            sa.func.coalesce(R.c.remit_key, "").label("remit_key"),
            sa.func.coalesce(R.c.payer_code, "").label("payer_code"),
            sa.func.coalesce(R.c.payer_name, "").label("payer_name"),
            sa.func.coalesce(R.c.trace_number, "").label("trace_number"),
            R.c.payment_date,
            sa.func.coalesce(R.c.payer_identifier, "").label("payer_identifier"),
        )
        .join(J, J.c.journal_id == D.c.journal_id)
        .outerjoin(R, R.c.remit_id == D.c.remit_id)
        .order_by(D.c.deposit_match_id)
    )
    parts = [frame(conn, select.where(in_force, D.c.bank_line_id.in_(part))) for part in in_parts(line_ids)]
    return pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))


def booked_differences(ties: pd.DataFrame) -> pd.Series[int]:
    """What of each tie (amount_cents, fee_cents) is a small difference that a person booked, in cents; else 0.

    Short: all that it settles. Over: it settles nothing. A return takes it back in a tie of the same shape; the fee of
    a card processor is always less than what its tie settles.
    """
    return ties["fee_cents"].where(is_difference(ties), 0)


def is_difference(ties: pd.DataFrame) -> pd.Series[bool]:
    """Tell which ties (amount_cents, fee_cents) are booked differences, or take one back, by what they settle."""
    return (ties["amount_cents"] == ties["fee_cents"]) | (ties["amount_cents"] == 0)


def settled_twice(conn: sa.Connection, ties: pd.DataFrame) -> pd.DataFrame:
    """Ties of other lines (`matches`) that settled a remittance after the returns among `ties`, and would be too much.

    `ties` (`matches`) are to be taken apart: with a return goes that its deposit is not the remittance's any more.
    """
    back = ties[ties["remit_id"].fillna(0).ne(0) & (ties["amount_cents"] < 0)]
    if back.empty:
        return ties.iloc[:0]
    given = ties.groupby("remit_id")["amount_cents"].sum()
    ids = sorted({int(one) for one in back["remit_id"]})
    parts = [remittances(conn, R.c.remit_id.in_(part)) for part in in_parts(ids)]
    open_ = pd.concat(parts, ignore_index=True).set_index("remit_id")["open_cents"]
    too_much = open_.index[open_ + given.reindex(open_.index, fill_value=0) < 0]
    first = back.groupby("remit_id")["deposit_match_id"].min()
    others = matches(conn, of_remittances(conn, too_much))
    others = others[others["remit_id"].isin(too_much) & ~others["deposit_match_id"].isin(ties["deposit_match_id"])]
    is_later = others["deposit_match_id"] > first.reindex(others["remit_id"]).to_numpy()
    return others[is_later & (others["amount_cents"] > 0)].reset_index(drop=True)


def of_remittances(conn: sa.Connection, remit_ids: Iterable[int]) -> list[int]:
    """Bank lines tied to some remittances."""
    found: set[int] = set()
    for part in in_parts(remit_ids):
        select = sa.select(D.c.bank_line_id).where(D.c.ended_at.is_(None), D.c.remit_id.in_(part))
        found.update(int(one) for one in conn.scalars(select))
    return sorted(found)


def rest_generations(conn: sa.Connection, line_ids: Iterable[int]) -> dict[int, int]:
    """How many journals have put rests of these lines on 2200 so far."""
    found: dict[int, int] = {}
    for part in in_parts(line_ids):
        select = (
            sa.select(L.c.bank_line_id, sa.func.count(sa.distinct(L.c.journal_id)))
            .join(J, J.c.journal_id == L.c.journal_id)
            .where(L.c.bank_line_id.in_(part), L.c.rule_id.in_(["E04", "E20"]), J.c.reverses_journal_id.is_(None))
            .group_by(L.c.bank_line_id)
        )
        found.update({int(line): int(count) for line, count in conn.execute(select)})
    return found


def journal_lines(conn: sa.Connection, journal_ids: Iterable[int]) -> pd.DataFrame:
    """Ledger lines of journals, with the journal's key and day."""
    select = (
        sa.select(
            J.c.journal_id,
            J.c.idempotency_key.label("journal_key"),
            J.c.effective_date,
            L.c.account,
            L.c.amount_cents,
            L.c.rule_id,
            L.c.payer_code,
            L.c.bank_line_id,
            L.c.remit_id,
            L.c.reference,
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .order_by(J.c.journal_id, L.c.ledger_line_id)
    )
    parts = [frame(conn, select.where(J.c.journal_id.in_(part))) for part in in_parts(journal_ids)]
    return pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))


def save_ties(conn: sa.Connection, ties: pd.DataFrame, actor: str) -> None:
    """Write deposit matches (columns of the table, and journal_key -> journal_id; no remittance or line: 0)."""
    keys = ties["journal_key"].tolist()
    ids: dict[str, int] = {}
    for start in range(0, len(keys), 900):
        found = conn.execute(
            sa.select(J.c.idempotency_key, J.c.journal_id).where(J.c.idempotency_key.in_(keys[start : start + 900]))
        )
        ids.update({str(key): int(journal_id) for key, journal_id in found})
    rows = ties.assign(journal_id=ties["journal_key"].map(ids).astype("int64"), recorded_at=clock.now(), actor=actor)
    insert_keyed(conn, D, rows)
    restate(conn, rows["bank_line_id"])


def seen(conn: sa.Connection, bank_line_id: int, remit_id: int = 0) -> str:
    """Name the state of the ties of a bank line, or of it and a remittance: another one after every change.

    What is said of the line alone is never said of the two, nor of other two.
    """
    mine = sa.or_(D.c.bank_line_id == bank_line_id, D.c.returns_line_id == bank_line_id)
    mine = sa.or_(mine, D.c.remit_id == remit_id) if remit_id else mine
    last, ever, ended = conn.execute(
        sa.select(sa.func.coalesce(sa.func.max(D.c.deposit_match_id), 0), sa.func.count(), sa.func.count(D.c.ended_at))
        .select_from(D)
        .where(mine)
    ).one()
    return f"{f'both{bank_line_id}-{remit_id}' if remit_id else f'line{bank_line_id}'}.{last}.{ever}.{ended}"


def seen_together(conn: sa.Connection, pairs: pd.DataFrame) -> pd.Series[str]:
    """What `seen` says of each of `pairs` (bank_line_id, remit_id), for all at once."""
    columns = (D.c.deposit_match_id, D.c.bank_line_id, D.c.returns_line_id, D.c.remit_id)
    select = sa.select(
        *(sa.func.coalesce(column, 0).label(column.name) for column in columns),
        sa.case((D.c.ended_at.is_(None), 0), else_=1).label("is_ended"),
    )
    wanted = [
        sa.or_(D.c.bank_line_id.in_(part), D.c.returns_line_id.in_(part)) for part in in_parts(pairs["bank_line_id"])
    ]
    wanted += [D.c.remit_id.in_(part) for part in in_parts(pairs["remit_id"])]
    parts = [frame(conn, select.where(condition)) for condition in [*wanted, sa.false()]]
    rows = pd.concat(parts, ignore_index=True).drop_duplicates("deposit_match_id")
    other = rows[rows["returns_line_id"] != rows["bank_line_id"]]
    of_lines = pd.concat([rows, other.assign(bank_line_id=other["returns_line_id"])], ignore_index=True)

    def counted(ties: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
        sums = ties.groupby(keys)["deposit_match_id"].agg(last="max", ever="size")
        sums["ended"] = ties.groupby(keys)["is_ended"].sum()
        return pairs[keys].merge(sums, how="left", left_on=keys, right_index=True).fillna(0)[["last", "ever", "ended"]]

    line, remit = counted(of_lines, ["bank_line_id"]), counted(rows, ["remit_id"])
    both = line + remit - counted(of_lines, ["bank_line_id", "remit_id"])  # what is of the two was counted twice
    both["last"] = line["last"].where(line["last"] > remit["last"], remit["last"])
    texts = both.astype("int64").astype("str")
    of = pairs.astype("str")
    told: pd.Series[str] = "both" + of["bank_line_id"] + "-" + of["remit_id"]
    for name in ("last", "ever", "ended"):
        told = told + "." + texts[name]
    return told


def end_ties(conn: sa.Connection, journal_ids: Iterable[int], reason: str, posting_date: date, words: str = "") -> None:
    """End the ties of some journals that are in force; `words` are those of a person."""
    ended = {"ended_posting_date": posting_date, "ended_reason": reason, "ended_words": words}
    for part in in_parts(journal_ids):
        in_force = (D.c.journal_id.in_(part), D.c.ended_at.is_(None))
        line_ids = conn.scalars(sa.select(D.c.bank_line_id).where(*in_force)).all()
        update_where(conn, D, *in_force, ended_at=clock.now(), **ended)
        restate(conn, line_ids)


def place(conn: sa.Connection, bank_line_id: int) -> dict[str, object]:
    """Where a bank line stands: sha256 of its file, row, offset and length."""
    select = sa.select(F.c.sha256, B.c.row_number, B.c.offset, B.c.length).join(F, F.c.file_id == B.c.file_id)
    return dict(conn.execute(select.where(B.c.bank_line_id == bank_line_id)).mappings().one())
