"""Bank files that a person undoes: which lines they say, which of them stand, and what of the books hangs on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema
from claims.store.banking import UNDONE, line_states
from claims.store.bulk_update import bulk_update
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.rows import frame_of, frame_of_texts, update_where_in
from claims.store.undo import made_by_hand

B, D, F, E = schema.bank_lines, schema.deposit_matches, schema.files, schema.exceptions
J, L, PP, AUDIT = schema.journals, schema.ledger_lines, schema.patient_payments, schema.audit_events
TYPE, LEFT_OUT = "UNDONE", "BANK_LINE_LEFT_OUT"
REPLACED = "replaced"  # why the exception of an undone file closes: a later statement stands in its place
BANK = "bank"


def marker(sha256: str) -> str:
    """Key of the exception that is open while a bank file is undone, as long as no other stands in its place."""
    return f"{TYPE}:bank:{sha256}"


def is_marker() -> sa.ColumnElement[bool]:
    """Condition: the exception says that a bank file is undone."""
    of_file = sa.and_(E.c.file_id.is_not(None), E.c.remit_id.is_(None), E.c.claim_payment_id.is_(None))
    return sa.and_(E.c.type_code == TYPE, of_file)


def is_marked() -> sa.ColumnElement[bool]:
    """Condition: the exception says that a bank file is undone, whether another stands in its place or not."""
    return sa.and_(is_marker(), sa.or_(E.c.state == "open", E.c.closed_reason == REPLACED))


def sha256_of(conn: sa.Connection, file_id: int) -> str:
    """Give the hash of a file."""
    return str(conn.scalar(sa.select(F.c.sha256).where(F.c.file_id == file_id)))


def is_undone(conn: sa.Connection, file_id: int) -> bool:
    """Tell whether a bank file is undone."""
    return conn.scalar(sa.select(E.c.exception_id).where(is_marked(), E.c.file_id == file_id)) is not None


def standing_files(conn: sa.Connection, but: int) -> pd.DataFrame:
    """Other bank files that stand: file_id, sha256, recorded_at, overlaps (it says lines that another file has)."""
    gone = sa.select(E.c.file_id).where(is_marked())
    rows = frame(
        conn,
        sa.select(F.c.file_id, F.c.sha256, F.c.recorded_at, F.c.counts)
        .where(F.c.content == BANK, F.c.file_id != but, F.c.file_id.not_in(gone))
        .order_by(F.c.file_id),
    )
    told = [json.loads(text or "{}") for text in rows["counts"].tolist()]
    overlaps = [bool(one.get("known") or one.get("again")) for one in told]
    return rows.assign(overlaps=pd.Series(overlaps, index=rows.index, dtype="bool")).drop(columns="counts")


def of_file(conn: sa.Connection, file_ids: Sequence[int], line_keys: Iterable[str]) -> pd.DataFrame:
    """Bank lines that files brought, and those of these keys: bank_line_id, line_key, file_id, amount_cents, state."""
    select = sa.select(B.c.bank_line_id, B.c.line_key, B.c.file_id, B.c.amount_cents, B.c.state)
    parts = [frame_of(conn, select, B.c.file_id, list(file_ids)), frame_of_texts(conn, select, B.c.line_key, line_keys)]
    return pd.concat(parts, ignore_index=True).drop_duplicates("bank_line_id", ignore_index=True)


def withdraw(conn: sa.Connection, line_ids: Sequence[int]) -> None:
    """Set bank lines to undone: no step takes them up."""
    update_where_in(conn, B, B.c.bank_line_id, line_ids, state=UNDONE)


def stand_again(conn: sa.Connection, line_ids: Sequence[int]) -> None:
    """Let bank lines that were undone stand again, with nothing that explains them."""
    rows = frame_of(conn, sa.select(B.c.bank_line_id, B.c.rest_cents, B.c.state), B.c.bank_line_id, line_ids)
    rows = rows[rows["state"] == UNDONE]
    bulk_update(conn, B, rows[["bank_line_id"]].assign(state=line_states(rows["rest_cents"])))


def rest_journals(conn: sa.Connection, line_ids: Sequence[int]) -> list[int]:
    """Journals of the bank that still stand of lines whose ties were taken apart: what put them on 2200."""
    select = (
        sa.select(J.c.journal_id, L.c.bank_line_id)
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(J.c.source == "bank", J.c.reverses_journal_id.is_(None), stands())
    )
    return sorted(set(frame_of(conn, select, L.c.bank_line_id, line_ids)["journal_id"].tolist()))


def taken_apart(conn: sa.Connection, file_id: int, line_ids: Sequence[int]) -> pd.DataFrame:
    """Ties to remittances that the last undo of a bank file took apart, as `undone_ties.taken_apart` gives them."""
    back = J.alias("back")
    told = sa.select(AUDIT.c.body).where(AUDIT.c.action == "undo", AUDIT.c.subject == f"file:{file_id}")
    body = conn.scalar(told.order_by(AUDIT.c.seq.desc()).limit(1))
    run_id = int(json.loads(body or "{}").get("run_id", 0))
    select = (
        sa.select(
            *(D.c.deposit_match_id, D.c.bank_line_id, D.c.remit_id, D.c.amount_cents, D.c.fee_cents),
            *(D.c.rule, D.c.score, D.c.evidence, sa.func.coalesce(D.c.returns_line_id, 0).label("returns_line_id")),
        )
        .join(back, back.c.reverses_journal_id == D.c.journal_id)
        .where(D.c.ended_at.is_not(None), D.c.remit_id.is_not(None), back.c.run_id == run_id)
    )
    return frame_of(conn, select, D.c.bank_line_id, line_ids).sort_values("deposit_match_id", ignore_index=True)


def by_hand(conn: sa.Connection, line_ids: Sequence[int]) -> pd.DataFrame:
    """Ties in force of these lines that a person has made: journal_id, remit_id, kind."""
    return frame_of(conn, made_by_hand(), D.c.bank_line_id, line_ids)


def returned_later(conn: sa.Connection, line_ids: Sequence[int]) -> pd.DataFrame:
    """Returns of these deposits, and money of the same payments of patients, on lines of other files: journal_id."""
    mine = set(line_ids)
    back = sa.select(D.c.journal_id, D.c.bank_line_id).join(B, B.c.bank_line_id == D.c.bank_line_id)
    parts = [frame_of(conn, back.where(D.c.ended_at.is_(None), B.c.amount_cents < 0), D.c.returns_line_id, line_ids)]
    own = sa.select(L.c.reference).join(D, D.c.journal_id == L.c.journal_id)
    own = own.where(D.c.ended_at.is_(None), D.c.remit_id.is_(None), L.c.account == "1000", L.c.reference != "")
    keys = frame_of(conn, own, D.c.bank_line_id, line_ids)["reference"]
    same = sa.select(D.c.journal_id, D.c.bank_line_id).join(L, L.c.journal_id == D.c.journal_id)
    same = same.where(D.c.ended_at.is_(None), D.c.remit_id.is_(None), L.c.account == "1000")
    parts.append(frame_of_texts(conn, same, L.c.reference, keys))
    rows = pd.concat(parts, ignore_index=True)
    return rows.loc[~rows["bank_line_id"].isin(mine), ["journal_id"]].drop_duplicates(ignore_index=True)


def voided(conn: sa.Connection, line_ids: Sequence[int]) -> pd.DataFrame:
    """Payments of patients that these lines brought and that a person has taken back since: journal_id."""
    select = (
        sa.select(D.c.journal_id)
        .join(L, L.c.journal_id == D.c.journal_id)
        .join(PP, PP.c.payment_key == L.c.reference)
        .where(D.c.ended_at.is_(None), D.c.remit_id.is_(None), L.c.account == "1000", PP.c.state == "void")
    )
    return frame_of(conn, select, D.c.bank_line_id, line_ids).drop_duplicates(ignore_index=True)


def files_of(conn: sa.Connection, journal_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Give the bank line (of a return: the return) and its file that the tie of each of these journals is of."""
    select = sa.select(D.c.journal_id, B.c.bank_line_id, B.c.file_id, B.c.amount_cents)
    rows = frame_of(conn, select.join(B, B.c.bank_line_id == D.c.bank_line_id), D.c.journal_id, journal_ids)
    rows = rows.sort_values(["amount_cents", "bank_line_id"]).drop_duplicates("journal_id")
    columns = ["journal_id", "bank_line_id", "file_id"]
    return {int(journal): (int(line), int(file)) for journal, line, file in rows[columns].itertuples(index=False)}


def booked_by_run(conn: sa.Connection, run_id: int) -> list[int]:
    """Bank files of which a run put lines into the books that still stand."""
    select = (
        sa.select(B.c.file_id)
        .join(L, L.c.bank_line_id == B.c.bank_line_id)
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(J.c.run_id == run_id, J.c.source == "bank", L.c.account == "1000", stands(), B.c.state != UNDONE)
    )
    return sorted({int(one) for one in conn.scalars(select.distinct())})


def tied_by_run(conn: sa.Connection, run_id: int) -> list[int]:
    """Bank lines that a run tied, by ties that are in force."""
    select = sa.select(D.c.bank_line_id).join(J, J.c.journal_id == D.c.journal_id)
    return sorted({int(one) for one in conn.scalars(select.where(J.c.run_id == run_id, D.c.ended_at.is_(None)))})


def hidden(conn: sa.Connection) -> list[str]:
    """Name bank lines (line_key) that say they are undone, and no event of the audit chain undid their file, something
    of them is in the books, or another statement stands in its place and no exception names them nor has the money."""
    subject = sa.literal("file:") + sa.cast(B.c.file_id, sa.String)
    told = sa.select(sa.literal(1)).where(AUDIT.c.action == "undo", AUDIT.c.subject == subject).exists()
    moves = (
        sa.select(L.c.bank_line_id)
        .where(L.c.bank_line_id.is_not(None))
        .group_by(L.c.bank_line_id, L.c.account)
        .having(sa.func.sum(L.c.amount_cents) != 0)
    )
    marked = sa.select(E.c.file_id).where(is_marker(), E.c.state == "open")
    left_out = sa.and_(E.c.type_code == LEFT_OUT, E.c.bank_line_id.is_not(None))
    is_seen = sa.or_(E.c.state == "open", E.c.closed_reason == exceptions.ACCEPTED)
    named = sa.select(E.c.bank_line_id).where(left_out, is_seen)
    other = B.alias("other")
    stands_as = sa.select(other.c.bank_line_id).where(other.c.state.in_(["open", "tied"]))
    is_named = sa.or_(B.c.file_id.in_(marked), B.c.bank_line_id.in_(named), B.c.copy_of_line_id.in_(stands_as))
    wrong = sa.and_(B.c.state == UNDONE, sa.or_(~told, ~is_named, B.c.bank_line_id.in_(moves)))
    return [str(key) for key in conn.scalars(sa.select(B.c.line_key).where(wrong).order_by(B.c.line_key))]
