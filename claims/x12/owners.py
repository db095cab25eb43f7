"""Which transaction set and which interchange each segment of a window belongs to, as runs of segments."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import numpy as np

from claims.x12.envelope import Transaction
from claims.x12.numbers import Flags, Integers


class Owners:
    """The sets of a window, in file order: set number `i` owns segments `begins[i]` to (not with) `afters[i]`."""

    def __init__(self, count: int, before: int, interchange_seg: int) -> None:
        self._count, self._before = count, before
        self.transactions: list[Transaction] = []
        self.begins: list[int] = []
        self.afters: list[int] = []
        # Interchange acknowledgements are transactions of their own, also inside of others.
        self.acknowledgements: list[int] = []
        self._interchanges = [(0, interchange_seg)]

    def own(self, begin: int, after: int) -> None:
        """Give segments to the last set that was added: all that it has in this window."""
        self.begins.append(begin)
        self.afters.append(after)

    def enter(self, row: int, interchange_seg: int) -> None:
        """From a segment on all belong to an interchange, or to none (0)."""
        self._interchanges.append((row, interchange_seg))

    def of(self, rows: Integers) -> Integers:
        """Return the number of the set of each segment, -1 for none."""
        place = np.searchsorted(np.array(self.begins, np.int64), rows, side="right") - 1
        # The last one answers for -1.
        return np.where(rows < np.array([*self.afters, 0])[place], place, -1)

    def at(self, row: int) -> Transaction:
        """Return the set that a segment in one belongs to."""
        return self.transactions[bisect_right(self.begins, row) - 1]

    def seg_of(self, rows: Integers) -> Integers:
        """Return the `seg` of the ST of each segment, 0 for none."""
        return np.array([*(own.seg for own in self.transactions), 0], np.int64)[self.of(rows)]

    @cached_property
    def transaction_seg(self) -> Integers:
        """Return the `seg` of the ST (or of the TA1 itself) of every segment, 0 for none."""
        found = np.empty(self._count, np.int64)
        self.write_transaction_seg(out=found)
        return found

    def edges(self) -> Integers:
        """Return the segments at which a set begins, and those behind its end; also of a set without SE."""
        alone = [row for at in self.acknowledgements for row in (at, at + 1)]
        return np.array([*self.begins, *self.afters, *alone], np.int64)

    def write_transaction_seg(self, *, out: Integers) -> None:
        """Write the same into an array."""
        end = 0
        for own, begin, after in zip(self.transactions, self.begins, self.afters, strict=True):
            out[end:begin] = 0
            out[begin:after] = own.seg
            end = max(end, after)
        out[end:] = 0
        for row in self.acknowledgements:
            out[row] = self._before + 1 + row

    def write_interchange_seg(self, *, out: Integers) -> None:
        """Write the `seg` of the ISA of every segment into an array, 0 for none."""
        begins = [row for row, _ in self._interchanges]
        for (begin, seg), after in zip(self._interchanges, [*begins[1:], self._count], strict=True):
            out[begin:after] = seg

    def outside(self) -> Integers:
        """Return the segments that belong to no set."""
        found: Flags = np.ones(self._count, np.bool_)
        for begin, after in zip(self.begins, self.afters, strict=True):
            found[begin:after] = False
        return np.flatnonzero(found)

    def mine(self, set_code: str) -> Flags | None:
        """Tell which segments belong to sets of a kind; None for all."""
        found: Flags = np.zeros(self._count, np.bool_)
        for own, begin, after in zip(self.transactions, self.begins, self.afters, strict=True):
            if own.set_code == set_code:
                found[begin:after] = True
        return None if found.all() else found
