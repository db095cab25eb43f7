"""Receivables of payers that are in credit: each is named by an exception, whatever posting made it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema
from claims.store.load import frame
from claims.store.rows import frame_of

L, J, E, M, F = schema.ledger_lines, schema.journals, schema.exceptions, schema.matches, schema.families
TYPE = "CREDIT_BALANCE"
_LINE = ["family_id", "payer_sequence", "line_number"]
_CHANGES = ("replaced", "replacement")  # journals of what a later version charges otherwise
_CENTS = sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("cents")


def name_credits(conn: sa.Connection, family_ids: Sequence[int], posting_date: date) -> None:
    """Open an exception for each receivable of these claims that is in credit and that no other one names."""
    rows = _credits(conn, frame_of(conn, _by_line(), L.c.family_id, family_ids))
    rows = rows[~_named(conn, rows, but=rows["exception_key"])]
    exceptions.open_all(conn, rows, posting_date)
    exceptions.restate(conn, rows)


def unnamed_credits(conn: sa.Connection) -> pd.DataFrame:
    """Receivables in credit that no open exception names: family_id, payer_sequence, off_cents."""
    odd = _by_line().having(sa.func.sum(L.c.amount_cents) < 0).subquery()
    rows = _credits(conn, frame(conn, _by_line().where(L.c.family_id.in_(sa.select(odd.c.family_id)))))
    rows = rows[~_named(conn, rows, but=pd.Series(dtype="str"))]
    return rows[["family_id", "payer_sequence", "amount_cents"]].rename(columns={"amount_cents": "off_cents"})


def denied_and_not_charged(conn: sa.Connection, family_ids: Sequence[int]) -> pd.Series[int]:
    """What of each line of these claims is denied and charged no more: cents by family_id, payer_sequence, line_number.

    Above zero only; a claim that is kept as a whole has no line that could say it.
    """
    rows = frame_of(conn, _by_line(), L.c.family_id, family_ids)
    rows = rows[~rows["family_id"].isin(rows.loc[rows["line_number"] == 0, "family_id"]) & (rows["cents"] < 0)]
    none = pd.Series(dtype="int64")
    cents = _denied_and_not_charged(conn, rows, none).clip(upper=-rows["cents"]).to_numpy("int64")
    found = pd.Series(cents, index=pd.MultiIndex.from_frame(rows[_LINE]), dtype="int64")
    return found[found > 0]


def _by_line() -> sa.Select[Any]:
    """Receivables by claim, payer sequence and line."""
    keys = [L.c[name] for name in _LINE]
    return sa.select(*keys, _CENTS).where(L.c.account == "1100").group_by(*keys)


def _credits(conn: sa.Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """What is in credit by claim and payer sequence, line by line where the whole claim is kept by line.

    Rows of `_by_line`, all of a claim, come in; the columns of an exception and payer_sequence go out.
    """
    whole = rows.loc[rows["line_number"] == 0, "family_id"]
    rows["line_number"] = rows["line_number"].where(~rows["family_id"].isin(whole), 0)
    rows = rows.groupby(_LINE)["cents"].sum().reset_index()
    rows = rows[rows["cents"] < 0]
    rows["cents"] += _denied_and_not_charged(conn, rows, whole)
    rows = rows[rows["cents"] < 0].groupby(["family_id", "payer_sequence"])["cents"].sum().reset_index()
    names = sa.select(F.c.family_id, F.c.billing_npi, F.c.claim_number)
    rows = rows.merge(frame_of(conn, names, F.c.family_id, rows["family_id"].unique().tolist()), on="family_id")
    texts = (rows["billing_npi"] + "\x1f" + rows["claim_number"]).tolist()
    claim = pd.Series([sha256(text.encode()).hexdigest()[:16] for text in texts], index=rows.index, dtype="str")
    return rows.assign(
        amount_cents=-rows["cents"], type_code=TYPE, exception_key=TYPE + ":" + claim + ":" + rows["payer_sequence"]
    )


def _denied_and_not_charged(conn: sa.Connection, rows: pd.DataFrame, whole: pd.Series[int]) -> pd.Series[int]:
    """What of each of these receivables stands denied and is charged no more: nobody has paid that.

    A corrected charge lowers the receivable when it is sent; what the payer denied of the line stays on 1110 until it
    decides again. The two together are what the line is worth.
    """
    families = rows["family_id"].unique().tolist()
    keys = [L.c[name] for name in _LINE]
    held = _sums(conn, sa.select(*keys, _CENTS).where(L.c.account == "1110").group_by(*keys), families, whole)
    later = sa.and_(J.c.source == "charge", J.c.reason_code.in_(_CHANGES), L.c.account == "1100")
    changes = sa.select(*keys, _CENTS).join(J, J.c.journal_id == L.c.journal_id).where(later).group_by(*keys)
    lowered = -_sums(conn, changes, families, whole)
    index = pd.MultiIndex.from_frame(rows[_LINE])
    both = [one.reindex(index, fill_value=0).clip(lower=0).to_numpy("int64") for one in (held, lowered)]
    return pd.Series(both[0].clip(max=both[1]), index=rows.index, dtype="int64")


def _sums(conn: sa.Connection, select: sa.Select[Any], families: list[int], whole: pd.Series[int]) -> pd.Series[int]:
    found = frame_of(conn, select, L.c.family_id, families)
    found["line_number"] = found["line_number"].where(~found["family_id"].isin(whole), 0)
    return found.groupby(_LINE)["cents"].sum()


def _named(conn: sa.Connection, rows: pd.DataFrame, but: pd.Series) -> pd.Series:
    """Tell which of `rows` an open exception names: of a decision of that payer, or of the claim as a whole.

    Those with the keys `but` do not count.
    """
    turn = sa.func.coalesce(M.c.payer_sequence, "")
    told = frame(
        conn,
        sa.select(E.c.exception_key, E.c.family_id, turn.label("payer_sequence"))
        .outerjoin(M, sa.and_(M.c.claim_payment_id == E.c.claim_payment_id, M.c.ended_at.is_(None)))
        .where(E.c.type_code == TYPE, E.c.state == "open", E.c.family_id.is_not(None)),
    )
    told = told[~told["exception_key"].isin(but)]
    by_turn = pd.MultiIndex.from_frame(rows[["family_id", "payer_sequence"]]).isin(
        pd.MultiIndex.from_frame(told[["family_id", "payer_sequence"]])
    )
    as_whole = rows["family_id"].isin(told.loc[told["payer_sequence"] == "", "family_id"])
    return as_whole | by_turn
