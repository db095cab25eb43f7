"""Which provider adjustment (PLB) an exception is about, and those of a remittance: a segment can hold six of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import total
from claims.store.rows import frame_of, frame_of_texts

PA, R, E, J, L = (
    schema.provider_adjustments,
    schema.remittances,
    schema.exceptions,
    schema.journals,
    schema.ledger_lines,
)
CLEARING = "1050"
# Behind the type, an exception's key has that of a journal: of a provider adjustment, or of a person who booked one.
_BY_ORDINAL, _BY_PERSON = r":835:[^:]+:plb:([0-9]+)(?::|$)", r"^[^:]+:(act:exception-.+)$"
TYPES = {
    **{"adjustment_code": "str", "adjustment_reference": "str", "adjustment_pair": "int64"},
    **{"adjustment_pairs": "int64", "adjustment_cents": "int64"},
}


def of_exceptions(conn: sa.Connection, exceptions: pd.DataFrame) -> pd.DataFrame:
    """Give what exceptions (exception_id, exception_key) are about, row by row: the columns of `TYPES`.

    adjustment_pair is its place in its segment, adjustment_pairs how many that has, adjustment_cents its amount as it
    was filed. Empty and 0 for what is about no provider adjustment.
    """
    keys = exceptions["exception_key"]
    ordinal = keys.str.extract(_BY_ORDINAL, expand=False)
    own = exceptions.loc[ordinal.notna(), ["exception_id"]].assign(ordinal=ordinal.dropna().astype("int64"))
    ids = sorted(set(own["exception_id"]))
    remits = frame_of(conn, sa.select(E.c.exception_id, E.c.remit_id).where(E.c.remit_id > 0), E.c.exception_id, ids)
    named = own.drop_duplicates().merge(remits, on="exception_id")
    booked = keys.str.extract(_BY_PERSON, expand=False).dropna()
    if len(booked):
        named = pd.concat([named, _booked(conn, exceptions, booked)], ignore_index=True)
    pairs = _numbered(conn, sorted(set(named["remit_id"])))
    found = named.merge(pairs, on=["remit_id", "ordinal"]).drop_duplicates("exception_id").set_index("exception_id")
    told = found[list(TYPES)].reindex(exceptions["exception_id"])
    nothing = {name: "" if kind == "str" else 0 for name, kind in TYPES.items()}
    return told.fillna(nothing).astype(TYPES).set_axis(exceptions.index)


def _booked(conn: sa.Connection, exceptions: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """Of exceptions about what a person booked: exception_id, ordinal and remit_id of the adjustment."""
    own = sa.select(J.c.idempotency_key.label("key"), PA.c.ordinal, PA.c.remit_id)
    own = own.join(L, L.c.journal_id == J.c.journal_id)
    own = own.join(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
    found = frame_of_texts(conn, own, J.c.idempotency_key, keys)
    rows = pd.DataFrame({"exception_id": exceptions.loc[keys.index, "exception_id"], "key": keys})
    return rows.merge(found.drop_duplicates(), on="key").drop(columns="key")


def of_remittance(conn: sa.Connection, remit_id: int) -> pd.DataFrame:
    """Read the provider adjustments of a remittance in the order of the file.

    ordinal, seg, the columns of `TYPES`, account (where its amount lies; empty: nothing of it does) and exception_ids
    (the open exceptions that name it, with a comma between).
    """
    rows = _numbered(conn, [remit_id])
    is_elsewhere = sa.or_(L.c.account != CLEARING, L.c.remit_id != remit_id)
    lies = (
        sa.select(PA.c.ordinal, L.c.account)
        .join(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .where(PA.c.remit_id == remit_id, is_elsewhere)
        .group_by(PA.c.ordinal, L.c.account)
        .having(total(L.c.amount_cents) != 0)
    )
    accounts = frame(conn, lies.order_by(L.c.account)).groupby("ordinal")["account"].agg(" ".join)
    told = frame(
        conn,
        sa.select(E.c.exception_id, E.c.exception_key)
        .where(E.c.remit_id == remit_id, E.c.state == "open")
        .order_by(E.c.exception_id),
    )
    told["ordinal"] = told["exception_key"].str.extract(_BY_ORDINAL, expand=False)
    own = told.dropna(subset=["ordinal"]).astype({"ordinal": "int64", "exception_id": "str"})
    names = own.groupby("ordinal")["exception_id"].agg(", ".join)
    return rows.drop(columns="remit_id").assign(
        account=accounts.reindex(rows["ordinal"]).fillna("").astype("str").to_numpy(),
        exception_ids=names.reindex(rows["ordinal"]).fillna("").astype("str").to_numpy(),
    )


def _numbered(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Read the provider adjustments of remittances, each with its place in its segment."""
    names = {"reason_code": "adjustment_code", "reference": "adjustment_reference", "amount_cents": "adjustment_cents"}
    columns = [PA.c[name].label(told) for name, told in names.items()]
    select = sa.select(PA.c.remit_id, PA.c.ordinal, PA.c.seg, *columns)
    rows = frame_of(conn, select, PA.c.remit_id, list(remit_ids)).sort_values(
        ["remit_id", "ordinal"], ignore_index=True
    )
    own = rows.groupby(["remit_id", "seg"])["ordinal"]
    return rows.assign(adjustment_pair=own.cumcount() + 1, adjustment_pairs=own.transform("size"))
