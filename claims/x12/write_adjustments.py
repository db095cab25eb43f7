"""Adjustments in, their CAS segments per owner out: six to a segment, which opens with the first."""

from __future__ import annotations

import numpy as np

from claims.x12.numbers import Integers
from claims.x12.write_columns import Columns
from claims.x12.write_pieces import (
    Part,
    choice,
    edges_of,
    gathered,
    joined,
    numbered,
    optional,
    segment_starts,
    spread,
    when,
    whole_numbers,
)

_PER_SEGMENT = 6


def adjustment_texts(a: Columns, owner: Integers, owners: int) -> Part:
    """Write the adjustments of each owner (`owner` never falls): one CAS per group code.

    Where rows say their `ordinal` in the CAS that they were read from, another begins with each 1.
    """
    if not len(a):
        return ""
    if "ordinal" in a:
        run = spread(a.text("group_code"), len(a)).dictionary_encode().indices.to_numpy()
        begins = (a.integers("ordinal") == 1) | np.append(True, owner[1:] != owner[:-1])
    else:
        run = numbered(a.text("group_code"), whole_numbers(owner), rows=len(a))
        if (run[1:] < run[:-1]).any():
            order = np.argsort(run, kind="stable")
            a, owner, run = a.at(order), owner[order], run[order]
        begins = np.zeros(len(a), np.bool_)
    opens = segment_starts(begins | np.append(True, run[1:] != run[:-1]), _PER_SEGMENT)
    quantity = a.quantity("quantity_milli")
    no_quantity_before = np.append(False, np.diff(edges_of(spread(quantity, len(a))))[:-1] == 0)
    head = choice(opens, joined("CAS*", a.text("group_code")), choice(no_quantity_before, "*", ""))
    texts = joined(
        head, "*", a.text("reason_code"), "*", a.money("amount_cents"), optional("*", quantity, ""),
        when(np.append(opens[1:], True), "~"),
    )  # fmt: skip
    return gathered(texts, owner, owners)
