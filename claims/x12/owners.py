"""Which transaction set and which interchange each segment of a window belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from claims.x12.envelope import Transaction
from claims.x12.numbers import Flags, Integers


@dataclass
class Owners:
    """The sets of a window, in file order: set number `i` owns segments `begins[i]` to (not with) `afters[i]`.

    `of_segment` has that number for each segment, -1 for none; `transaction_seg` and `interchange_seg` the `seg` of its
    ST and its ISA, 0 for none.
    """

    of_segment: Integers
    transaction_seg: Integers
    interchange_seg: Integers
    transactions: list[Transaction] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    afters: list[int] = field(default_factory=list)

    @classmethod
    def none(cls, count: int) -> Owners:
        """Return as many segments without owner."""
        return cls(np.full(count, -1, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64))

    def own(self, begin: int, after: int, transaction: Transaction) -> None:
        """Give segments to the last set that was added, all it has in this window."""
        self.of_segment[begin:after] = len(self.transactions) - 1
        self.transaction_seg[begin:after] = transaction.seg
        self.begins.append(begin)
        self.afters.append(after)

    def mine(self, set_code: str) -> Flags | None:
        """Tell which segments belong to sets of a kind; None for all."""
        found: Flags = np.zeros(len(self.of_segment), np.bool_)
        for own, begin, after in zip(self.transactions, self.begins, self.afters, strict=True):
            if own.set_code == set_code:
                found[begin:after] = True
        return None if found.all() else found
