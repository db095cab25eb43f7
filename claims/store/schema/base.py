"""What the tables have in common: one MetaData, the types of money and instants, keys and addresses."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
Cents = BigInteger
Instant = String(27)
Code = String(40)


def key(name: str) -> Column[int]:
    return Column(name, Id, primary_key=True, autoincrement=False)


def ref(name: str, target: str, *, optional: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(target), nullable=optional)


def address() -> list[Column[int]]:
    """Where a row stands: segment number in its file, and the raw bytes of that segment."""
    return [
        Column("seg", BigInteger, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("length", BigInteger, nullable=False),
    ]
