"""What simulated payers remember between two calls: services, deductibles, claim numbers, who is who, open balances."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from claims.payer.draws import Integers
from claims.payer.tally import Tally

_BETWEEN = "\x1f"
RECOVERIES = {
    "payer": "int64", "payee": "int64", "mailbox": "int64", "reference": "str", "amount_cents": "int64",
    "due_day": "int64", "withheld_seg": "int64",
}  # fmt: skip
FORWARDS = {"payer": "int64", "payee": "int64", "mailbox": "int64", "reference": "str", "amount_cents": "int64"}


@dataclass
class Directory:
    """Numbers from 0 for rows of text, in order of appearance: the first columns are the key, the rest comes along."""

    columns: list[str]
    key_length: int
    rows: list[list[str]] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)

    def numbers(self, frame: pd.DataFrame) -> Integers:
        """Give the number of each row; a key that is new gets the next one. A loop over distinct keys."""
        names = self.columns[: self.key_length]
        text = frame[names[0]].astype("str")
        for name in names[1:]:
            text = text + _BETWEEN + frame[name].astype("str")
        code, distinct = pd.factorize(text)
        first = np.unique(code, return_index=True)[1]
        found = np.zeros(len(distinct) + 1, np.int64)
        rest = frame[self.columns].astype("str").take(first).to_numpy(object).tolist()
        for place, (key, row) in enumerate(zip(distinct, rest, strict=True)):
            number = self.index.setdefault(str(key), len(self.rows))
            if number == len(self.rows):
                self.rows.append([str(value) for value in row])
            found[place] = number
        return found[code]

    def frame(self) -> pd.DataFrame:
        """Give all rows in order of their numbers."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(self.columns)
        pairs = zip(self.columns, columns, strict=True)
        return pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in pairs})

    def take_up(self, rows: list[list[str]]) -> None:
        """Begin with rows that `rows` held before."""
        self.rows = [list(row) for row in rows]
        self.index = {_BETWEEN.join(row[: self.key_length]): number for number, row in enumerate(self.rows)}


def _none(kinds: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})


@dataclass
class Books:
    """What the payers remember: services adjudicated, deductible taken by member and year, claim numbers, keys.

    These are sums by key (`draws.keys`), so that no name or number of a member stands in them: `services` counts,
    `deductibles` has cents, `numbers` the sequence number of a claim that can be reversed, `interchanges` counts
    those received by sender and ISA13. `recoveries` and `forwards` are what payees owe.
    """

    services: Tally = field(default_factory=Tally)
    deductibles: Tally = field(default_factory=Tally)
    numbers: Tally = field(default_factory=Tally)
    interchanges: Tally = field(default_factory=Tally)
    payers: Directory = field(default_factory=lambda: Directory(["payer_code", "payer_name"], 1))
    payees: Directory = field(default_factory=lambda: Directory(["billing_npi", "billing_tax_id", "billing_name"], 2))
    mailboxes: Directory = field(
        default_factory=lambda: Directory(
            ["sender_qualifier", "sender_id", "receiver_qualifier", "receiver_id", "usage_code"], 5
        )
    )
    recoveries: pd.DataFrame = field(default_factory=lambda: _none(RECOVERIES))
    forwards: pd.DataFrame = field(default_factory=lambda: _none(FORWARDS))
    next_seg: int = 1
    next_sequence: int = 1
    next_control: int = 1
    next_trace: int = 1

    def take(self, count: int) -> int:
        """Hand out `count` keys for rows of a remittance; give the first."""
        first = self.next_seg
        self.next_seg += count
        return first

    def take_sequence(self, count: int) -> Integers:
        """Hand out sequence numbers for claims."""
        first = self.next_sequence
        self.next_sequence += count
        return np.arange(first, first + count, dtype=np.int64)

    def take_control(self) -> int:
        """Hand out a control number."""
        self.next_control += 1
        return self.next_control - 1
