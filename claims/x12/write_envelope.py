"""Written transaction sets in, the interchanges around them out: GS and GE, ISA and IEA, control numbers, counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from claims.errors import FrameError
from claims.x12.numbers import Flags, Integers
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content, positions
from claims.x12.write_pieces import Part, Texts, chosen, either, gathered, joined, spread, whole_numbers

_ID_WIDTH = 15
# What an empty group says of itself.
_EMPTY = ("FA", "005010X231A1")


class Sets(NamedTuple):
    """The transaction sets, row by row: each from ST to SE, or one TA1 (`is_single`); GS01 and the guide of each."""

    columns: Columns
    texts: Texts
    is_single: Flags
    functional_code: Texts
    guide: Texts


class Interchanges(NamedTuple):
    """The template text of each interchange: its ISA, what is inside, its IEA."""

    heads: Texts
    bodies: Texts
    tails: Texts


def interchanges(content: Content, sets: Sets, rows: Columns) -> Interchanges:
    """Put sets into their groups, and groups into the interchanges `rows`."""
    keys, count = rows.integers("seg"), len(rows)
    groups = content.columns("groups")
    singles, above = _ordered("transactions", "interchange_seg", sets.columns, keys, sets.is_single)
    order, of = _ordered("groups", "interchange_seg", groups, keys, np.ones(len(groups), np.bool_))
    inside = chosen(_groups(groups, sets), order)
    bodies = joined(gathered(chosen(sets.texts, singles), above, count), gathered(inside, of, count))
    heads, tails = _ends(rows, np.bincount(of, minlength=count).astype(np.int64))
    return Interchanges(*(spread(part, count) for part in (heads, bodies, tails)))


def _ordered(name: str, owner: str, columns: Columns, keys: Integers, mine: Flags) -> tuple[Integers, Integers]:
    """Give the rows that are `mine`, ordered by the owner that they name among `keys`, and its number."""
    rows = np.flatnonzero(mine)
    number = positions(keys, columns.integers(owner)[rows])
    if (number < 0).any():
        raise FrameError(name, owner, "names no row that is there, so that it would not be written")
    order = np.lexsort((columns.integers("seg")[rows], number))
    return rows[order], number[order]


def _groups(g: Columns, sets: Sets) -> Part:
    """Write the functional groups with the sets inside."""
    rows, number = _ordered("transactions", "group_seg", sets.columns, g.integers("seg"), ~sets.is_single)
    first = np.append(np.searchsorted(number, np.arange(len(g))), 0)[:-1]
    found = np.append(number, -1)[first] == np.arange(len(g))
    first = np.where(found, np.append(rows, 0)[first], -1)
    functional, guide = (
        either(chosen(part, first), default)
        for part, default in zip((sets.functional_code, sets.guide), _EMPTY, strict=True)
    )
    ordinal = whole_numbers(counted(g.integers("interchange_seg")))
    control = either(pc.utf8_ltrim(spread(g.text("control_number"), len(g)), "0"), ordinal)
    return joined(
        "GS*", either(g.text("functional_code"), functional), "*", g.text("sender_code"), "*",
        g.text("receiver_code"), "*", g.date("group_date"), "*", g.text("group_time", "0000"), "*", control, "*X*",
        either(g.text("version"), guide), "~", gathered(chosen(sets.texts, rows), number, len(g)),
        "GE*", whole_numbers(np.bincount(number, minlength=len(g)).astype(np.int64)), "*", control, "~",
    )  # fmt: skip


def counted(owner: Integers) -> Integers:
    """Count rows from 1 for each owner."""
    return pd.Series(owner).groupby(owner).cumcount().to_numpy(np.int64) + np.int64(1)


def _ends(c: Columns, groups: Integers) -> tuple[Part, Part]:
    """Write the ISA of each interchange, whose elements have fixed lengths, and its IEA."""
    count = np.arange(1, len(c) + 1)
    control = pc.utf8_lpad(spread(either(c.text("control_number"), whole_numbers(count)), len(c)), 9, "0")
    day = pc.utf8_lpad(spread(c.date("interchange_date"), len(c)), 8, " ")
    head = joined(
        f"ISA*00*{'':10}*00*{'':10}*", c.text("sender_qualifier", "ZZ"), "*", _fixed(c, "sender_id"), "*",
        c.text("receiver_qualifier", "ZZ"), "*", _fixed(c, "receiver_id"), "*",
        either(pc.utf8_trim(pc.utf8_slice_codeunits(day, 2), " "), "000101"), "*", c.text("interchange_time", "0000"),
        "*^*", c.text("version", "00501"), "*", control, "*", c.text("acknowledgement_code", "0"), "*",
        c.text("usage_code", "P"), "*:~",
    )  # fmt: skip
    return head, joined("IEA*", whole_numbers(groups), "*", control, "~")


def _fixed(c: Columns, column: str) -> Texts:
    return pc.utf8_rpad(pc.utf8_slice_codeunits(spread(c.text(column), len(c)), 0, _ID_WIDTH), _ID_WIDTH, " ")
