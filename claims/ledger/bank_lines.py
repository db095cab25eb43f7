"""What a bank line is, whatever file it came in: its columns, its kind by the rows of codes/bank_types.csv, its key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from typing import NamedTuple

import pandas as pd

from claims import codes

LINE_TYPES = {
    "row_number": "int64",
    "offset": "int64",
    "length": "int64",
    "line_key": "str",
    "bank_date": "str",
    "amount_cents": "int64",
    "trace_number": "str",
    "payer_identifier": "str",
    "payer_name": "str",
    "reference": "str",
    "type_code": "str",
    "kind": "str",
    # What tells which rows of a statement are lines, and which are stored already; not stored itself.
    "account": "str",  # "" where the file names none
    "set_number": "int64",  # of a lockbox deposit and its items (`ledger.lockbox`); 0: of none
    "former_key": "str",  # of books that stored the line when its key stood for its spelling; "" for none
}

# The widths of their columns: a longer text is refused or cut by the reader, never by the database.
LONGEST = {"trace_number": 80, "type": 40, "payer_identifier": 80}


class BankType(NamedTuple):
    """How a line of a type is taken: its kind, its sign ("" where the amount carries it), what its reference is."""

    kind: str
    sign: str
    reference_is: str


OTHER = BankType("other", "", "")
NO_MONEY = "no_money"  # the kind of a record that only tells something: no line


@cache
def _types(format_name: str) -> tuple[tuple[str, str, BankType], ...]:
    rows = codes.table("bank_types")
    rows = rows[rows["format"] == format_name].sort_values("priority", key=lambda number: number.astype("int64"))
    kinds = (BankType(*row) for row in rows[list(BankType._fields)].itertuples(index=False))
    return tuple(zip(rows["code_from"].tolist(), rows["code_to"].tolist(), kinds, strict=True))


def bank_type(format_name: str, code: str) -> BankType | None:
    """Find the first row that fits a type code of `bai2` or a word of `csv`."""
    wanted = code.strip().upper()
    return next((kind for first, last, kind in _types(format_name) if first <= wanted <= last), None)


def lines_frame(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Build the frame of bank lines from rows in the order of `LINE_TYPES`."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in LINE_TYPES]
    return pd.DataFrame(
        {
            name: pd.Series(list(part), dtype=kind)
            for (name, kind), part in zip(LINE_TYPES.items(), columns, strict=True)
        }
    )


class Keys:
    """Gives each line its key: a hash of what the bank says of it, and of its ordinal among equal lines of the file.

    The same statement loaded twice, or in two files that overlap, gives the same keys.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, facts: Iterable[str]) -> str:
        """Key of the next line that says this."""
        text = "\x1f".join(facts)
        self._seen[text] += 1
        return sha256(f"{text}\x1f{self._seen[text]}".encode()).hexdigest()
