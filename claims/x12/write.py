"""Frames in, the bytes of an X12 file out: envelopes, control numbers, segment counts, delimiters, character set.

`write(frames)` takes frames as the reader gives them (docs/frames.md). Keys matter, addresses do not: `seg` orders rows
and joins them to their children; `offset` and `length` are not read, segments are numbered anew. Needed everywhere:

- `interchanges` (seg, sender_id, receiver_id, control_number, interchange_date; optional interchange_time,
  acknowledgement_code ISA14, usage_code, version, the qualifiers and the delimiters);
- `groups` (seg, interchange_seg, control_number, group_date; optional group_time, sender_code, receiver_code, version);
- `transactions` (seg, interchange_seg, group_seg, set_code, control_number; optional guide). Control numbers that are
  not given count from 1; a set that stands in no group (TA1) has group_seg 0.

What each set needs beside these stands in its own module: write_835, write_837, write_answers, write_statuses. What a
frame has no column for is not written: `raw_segments` (`read(..., lossless=True)`) keep every byte, and when they are
among the frames the file is written from them alone, so leave them out to write what the other frames say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.errors import FrameError, UsageError
from claims.x12 import write_835, write_837, write_answers, write_statuses
from claims.x12.lossless import RAW, write_raw
from claims.x12.write_columns import Columns, Frames, Style
from claims.x12.write_content import Content, positions
from claims.x12.write_pieces import (
    TEXT,
    Flags,
    Integers,
    Part,
    Texts,
    bytes_of,
    chosen,
    either,
    gathered,
    joined,
    occurrences,
    spread,
    whole_numbers,
)
from claims.x12.write_text import DelimiterInDataError, Delimiters

__all__ = ["DelimiterInDataError", "Delimiters", "UnsupportedSetError", "write"]


class _Set(NamedTuple):
    """How a set code is written: GS01, ST01, the guide, whether ST03 is sent, and what writes its inside."""

    functional_code: str
    identifier: str
    guide: str
    names_guide: bool
    bodies: Callable[[Content, Columns], Part]


_SETS = {
    "835": _Set("HP", "835", "005010X221A1", False, write_835.bodies),
    "837P": _Set("HC", "837", "005010X222A1", True, partial(write_837.bodies, kind="P")),
    "837I": _Set("HC", "837", "005010X223A2", True, partial(write_837.bodies, kind="I")),
    "837D": _Set("HC", "837", "005010X224A2", True, partial(write_837.bodies, kind="D")),
    "999": _Set("FA", "999", "005010X231A1", True, write_answers.implementation_acknowledgements),
    "277CA": _Set("HN", "277", "005010X214", True, write_statuses.claim_acknowledgements),
}
_ISA_WIDTH = 15


class UnsupportedSetError(UsageError):
    """A kind of transaction set was to be written that we cannot write."""

    def __init__(self, set_code: str) -> None:
        super().__init__(f"Set {set_code} cannot be written; these can: {', '.join(_SETS)}, TA1.")
        self.set_code = set_code


def write(frames: Frames, *, delimiters: Delimiters | None = None, upper: bool = True) -> bytes:
    """Write frames as one X12 file, in ASCII; names are transliterated and, unless `upper` is off, all is upper case.

    Delimiters are those given, else those of each row of `interchanges`, else ``* : ^ ~`` and a line feed.
    """
    if RAW in frames:
        if delimiters is not None:
            raise UsageError(f"Frame {RAW} is written as it is; leave it out to choose delimiters.")
        return write_raw(frames)
    for name in ("interchanges", "transactions"):
        if name not in frames:
            raise FrameError(name, "seg", "the frame is needed to write a file")
    interchanges = frames["interchanges"].sort_values("seg", kind="stable").reset_index(drop=True)
    marks = _delimiters(interchanges, delimiters)
    blanked = "".join(sorted({mark for one in marks for mark in one.marks}))
    content = Content(frames, Style(upper, blanked))
    transactions = _with_groups(frames).sort_values("seg", kind="stable").reset_index(drop=True)
    sets = Columns("transactions", transactions, content.style)
    bodies, groups = _inside(content, sets, interchanges["seg"].to_numpy(np.int64))
    heads, tails = _interchanges(Columns("interchanges", interchanges, Style(upper=False)), groups)
    return b"".join(
        mark.apply(head, body + tail)
        for mark, head, body, tail in zip(marks, _each(heads), _each(bodies), _each(tails), strict=True)
    )


def _with_groups(frames: Frames) -> pd.DataFrame:
    """Give every transaction its interchange."""
    transactions = frames["transactions"]
    if "interchange_seg" in transactions:
        return transactions
    groups = frames["groups"]
    return transactions.assign(
        interchange_seg=groups.set_index("seg")["interchange_seg"].reindex(transactions["group_seg"]).to_numpy()
    )


def _delimiters(interchanges: pd.DataFrame, given: Delimiters | None) -> list[Delimiters]:
    if given is not None:
        return [given] * len(interchanges)
    names = ["element_separator", "component_separator", "repetition_separator", "terminator"]
    if not set(names) <= set(interchanges.columns):
        return [Delimiters()] * len(interchanges)
    return [
        Delimiters(element, component, repetition, terminator, line_end="" if terminator in "\r\n" else "\n")
        for element, component, repetition, terminator in interchanges[names].itertuples(index=False)
    ]


def _inside(content: Content, transactions: Columns, interchanges: Integers) -> tuple[Texts, Integers]:
    """Write what stands in each interchange; also return the number of its groups."""
    texts, codes = _sets(content, transactions)
    is_single = codes == "TA1"
    groups = content.columns("groups")
    groups = groups.at(np.argsort(groups.integers("seg"), kind="stable"))
    rows, number = _ordered("transactions", "group_seg", transactions, groups.integers("seg"), ~is_single)
    inside = _groups(groups, transactions.at(rows), codes[rows], chosen(texts, rows), number)
    singles, above = _ordered("transactions", "interchange_seg", transactions, interchanges, is_single)
    order, of = _ordered("groups", "interchange_seg", groups, interchanges, np.ones(len(groups), np.bool_))
    both = joined(
        gathered(chosen(texts, singles), above, len(interchanges)),
        gathered(chosen(inside, order), of, len(interchanges)),
    )
    return spread(both, len(interchanges)), np.bincount(of, minlength=len(interchanges))


def _ordered(name: str, owner: str, columns: Columns, keys: Integers, mine: Flags) -> tuple[Integers, Integers]:
    """Give the rows that are `mine`, ordered by the owner that they name among `keys`, and its number."""
    rows = np.flatnonzero(mine)
    number = positions(keys, columns.integers(owner)[rows])
    if (number < 0).any():
        raise FrameError(name, owner, "names no row that is there, so that it would not be written")
    order = np.argsort(number, kind="stable")
    return rows[order], number[order]


def _sets(content: Content, transactions: Columns) -> tuple[Texts, npt.NDArray[np.object_]]:
    """Write each set from ST to SE (a TA1: its segment); also return its set code."""
    codes = transactions.frame["set_code"].to_numpy(object)
    parts: list[tuple[Integers, Texts]] = []
    for set_code in dict.fromkeys(codes.tolist()):
        rows = np.flatnonzero(codes == set_code)
        some = transactions.at(rows)
        if set_code == "TA1":
            parts.append((rows, spread(write_answers.interchange_acknowledgements(content, some), len(rows))))
        elif set_code in _SETS:
            parts.append((rows, spread(_set(content, some, _SETS[set_code]), len(rows))))
        else:
            raise UnsupportedSetError(set_code)
    if not parts:
        return spread("", 0), codes
    order = np.argsort(np.concatenate([rows for rows, _ in parts]), kind="stable")
    return spread(chosen(pa.concat_arrays([texts for _, texts in parts]), order), len(order)), codes


def _set(content: Content, some: Columns, how: _Set) -> Part:
    body = spread(how.bodies(content, some), len(some))
    within = pd.Series(some.integers("group_seg")).groupby(some.integers("group_seg")).cumcount().to_numpy(np.int64) + 1
    number = either(some.text("control_number"), pc.utf8_lpad(whole_numbers(within), 4, "0"))
    guide = joined("*", some.text("guide", how.guide)) if how.names_guide else ""
    segments = whole_numbers(occurrences(body, "~") + 2)
    return joined(f"ST*{how.identifier}*", number, guide, "~", body, "SE*", segments, "*", number, "~")


def _groups(
    g: Columns, transactions: Columns, codes: npt.NDArray[np.object_], texts: Part, number: Integers
) -> Part:
    """Write the functional groups with the sets inside; `number` is the group of each set."""
    first = np.searchsorted(number, np.arange(len(g)))
    has_sets = np.append(number, -1)[first] == np.arange(len(g))
    kinds = [_SETS[codes[at] if found else "999"] for at, found in zip(first.tolist(), has_sets.tolist(), strict=True)]
    guide = either(
        transactions.at(np.where(has_sets, first, -1)).text("guide"), pa.array([kind.guide for kind in kinds], TEXT)
    )
    interchange = g.integers("interchange_seg")
    ordinal = pd.Series(interchange).groupby(interchange).cumcount().to_numpy(np.int64) + 1
    control = either(pc.utf8_ltrim(spread(g.text("control_number"), len(g)), "0"), whole_numbers(ordinal))
    return joined(
        "GS*", pa.array([kind.functional_code for kind in kinds], TEXT), "*", g.text("sender_code"), "*",
        g.text("receiver_code"), "*", g.date("group_date"), "*", g.text("group_time", "0000"), "*", control, "*X*",
        either(g.text("version"), guide), "~", gathered(texts, number, len(g)),
        "GE*", whole_numbers(np.bincount(number, minlength=len(g))), "*", control, "~",
    )  # fmt: skip


def _interchanges(c: Columns, groups: Integers) -> tuple[Texts, Texts]:
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
    tail = joined("IEA*", whole_numbers(groups), "*", control, "~")
    return spread(head, len(c)), spread(tail, len(c))


def _fixed(c: Columns, column: str) -> Texts:
    texts = pc.utf8_slice_codeunits(spread(c.text(column), len(c)), 0, _ISA_WIDTH)
    return pc.utf8_rpad(texts, _ISA_WIDTH, " ")


def _each(texts: Texts) -> Iterator[bytes]:
    for row in range(len(texts)):
        yield bytes_of(texts.slice(row, 1))
