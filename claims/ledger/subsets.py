"""Which of some amounts add up to a sum: amounts in, the sets that do out, within a bounded search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

STEPS = 20_000
MOST = 60


class Sums(NamedTuple):
    """The sets found (places of the amounts, at most two of them), and whether the search saw everything."""

    found: tuple[tuple[int, ...], ...]
    is_complete: bool

    @property
    def only(self) -> tuple[int, ...] | None:
        """The one set that adds up, when it is sure that there is no other."""
        return self.found[0] if self.is_complete and len(self.found) == 1 else None


def sets_of(amounts: Sequence[int], target: int, *, at_least: int = 2, steps: int = STEPS) -> Sums:
    """Find sets of `at_least` positive amounts that add up to `target`.

    Stops at the second set, since one is wanted; gives up after so many steps, the same on every machine. The answer
    does not depend on the order of the amounts, but for the places that it names.
    """
    order = sorted((place for place, cents in enumerate(amounts) if 0 < cents <= target), key=lambda p: -amounts[p])
    rest = [0] * (len(order) + 1)
    for at in range(len(order) - 1, -1, -1):
        rest[at] = rest[at + 1] + amounts[order[at]]
    if rest[0] <= target:  # all of them or none: no smaller set adds up
        is_found = rest[0] == target and len(order) >= at_least
        return Sums((tuple(sorted(order)),) if is_found else (), True)
    if len(order) > MOST:
        return Sums((), False)
    found: list[tuple[int, ...]] = []
    waiting: list[tuple[int, int, tuple[int, ...]]] = [(0, target, ())]
    for _ in range(steps):
        if not waiting or len(found) == 2:
            return Sums(tuple(found), True)
        at, open_, chosen = waiting.pop()
        if open_ == 0:
            if len(chosen) >= at_least:
                found.append(tuple(sorted(chosen)))
            continue
        if at == len(order) or rest[at] < open_:
            continue
        waiting.append((at + 1, open_, chosen))
        if amounts[order[at]] <= open_:
            waiting.append((at + 1, open_ - amounts[order[at]], (*chosen, order[at])))
    return Sums(tuple(found), not waiting or len(found) == 2)
