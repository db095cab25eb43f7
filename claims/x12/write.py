"""Frames in, the bytes of an X12 file out: envelopes, control numbers, segment counts, delimiters, character set.

`write(frames)` takes frames as the reader gives them (docs/frames.md). Keys matter, addresses do not: `seg` orders rows
and joins them to their children; `offset` and `length` are not read, segments are numbered anew. Needed everywhere:

- `interchanges` (seg, sender_id, receiver_id, control_number, interchange_date; optional interchange_time,
  acknowledgement_code ISA14, usage_code, version, the qualifiers and the delimiters);
- `groups` (seg, interchange_seg, control_number, group_date; optional group_time, sender_code, receiver_code, version);
- `transactions` (seg, interchange_seg, group_seg, set_code, control_number; optional guide, convention ST03). Control
  numbers that are not given count from 1; a set that stands in no group (TA1) has group_seg 0.

What each set needs beside these stands in its own module: write_835, write_837, write_answers, write_statuses. What a
frame has no column for is not written; `other_segments` (`read(..., complete=True)`) hold it for claims. `raw_segments`
(`lossless=True`) keep every byte, and when they are among the frames the file is written from them alone, so leave them
out to write what the other frames say.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import resources
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.errors import FrameError, UsageError
from claims.x12 import write_835, write_837, write_answers, write_statuses
from claims.x12.lossless import RAW, write_raw
from claims.x12.numbers import Integers
from claims.x12.write_columns import Columns, Frames, Style
from claims.x12.write_content import Content
from claims.x12.write_control import numbered
from claims.x12.write_envelope import Sets, counted, interchanges
from claims.x12.write_limits import refuse_missing, refuse_sizes
from claims.x12.write_pieces import (
    TEXT,
    Part,
    Texts,
    bytes_of,
    chosen,
    either,
    joined,
    occurrences,
    optional,
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


class UnsupportedSetError(UsageError):
    """A kind of transaction set was to be written that we cannot write."""

    def __init__(self, set_code: str) -> None:
        super().__init__(f"Set {set_code} cannot be written; these can: {', '.join(_SETS)}, TA1.")
        self.set_code = set_code


def write(
    frames: Frames, *, delimiters: Delimiters | None = None, upper: bool = True, control: int | None = None
) -> bytes:
    """Write frames as one X12 file, in ASCII; names are transliterated and, unless `upper` is off, all is upper case.

    Delimiters are those given, else those of each row of `interchanges`, else ``* : ^ ~`` and a line feed. `control`
    numbers interchanges and groups from it on, and sets from 1, instead of by the frames. Raises FrameError for a
    column that is needed and not there, and for a value that could only be written as another one: too long or short,
    no day, no amount, nothing of it in ASCII (`FrameValueError`: it names frame, column and row).
    """
    if control is not None:
        frames = numbered(frames, control)
    if RAW in frames:
        if delimiters is not None:
            raise UsageError(f"Frame {RAW} is written as it is; leave it out to choose delimiters.")
        return write_raw(frames)
    for name, column in _needed():
        is_there = name in ("interchanges", "transactions") or (name in frames and len(frames[name]) > 0)
        if is_there and (name not in frames or column not in frames[name]):
            raise FrameError(name, column, "the column is needed to write a file")
        if is_there:
            refuse_missing(name, column, frames[name])
    for name, frame in frames.items():
        refuse_sizes(name, frame)
    rows = frames["interchanges"].sort_values("seg", kind="stable").reset_index(drop=True)
    marks = _delimiters(rows, delimiters)
    blanked = "".join(sorted({mark for one in marks for mark in one.marks}))
    content = Content(frames, Style(upper, blanked))
    transactions = _with_groups(frames).sort_values("seg", kind="stable").reset_index(drop=True)
    sets = _sets(content, Columns("transactions", transactions, content.style))
    written = interchanges(content, sets, Columns("interchanges", rows, Style(upper=False)))
    return b"".join(
        mark.apply(head, body + tail) for mark, head, body, tail in zip(marks, *map(_each, written), strict=True)
    )


@cache
def _needed() -> list[tuple[str, str]]:
    """Return the columns without which a file would be wrong: keys, codes and amounts, of frames that are there."""
    text = resources.files("claims.x12").joinpath("write_needed.csv").read_text("utf-8")
    return [(row["frame"], row["column"]) for row in csv.DictReader(text.splitlines())]


def _with_groups(frames: Frames) -> pd.DataFrame:
    """Give every transaction its interchange."""
    transactions = frames["transactions"]
    if "interchange_seg" in transactions:
        return transactions
    if "groups" not in frames or "group_seg" not in transactions:
        raise FrameError("transactions", "interchange_seg", "neither it nor the group says where sets belong")
    of_group = frames["groups"].set_index("seg")["interchange_seg"]
    return transactions.assign(interchange_seg=of_group.reindex(transactions["group_seg"]).to_numpy())


def _delimiters(interchanges: pd.DataFrame, given: Delimiters | None) -> list[Delimiters]:
    if given is not None:
        return [given] * len(interchanges)
    names = ["element_separator", "component_separator", "repetition_separator", "terminator"]
    if not set(names) <= set(interchanges.columns):
        return [Delimiters()] * len(interchanges)
    return [_stated(*row) for row in interchanges[names].itertuples(index=False)]


def _stated(element: str, component: str, repetition: str, terminator: str) -> Delimiters:
    """Give the delimiters of an interchange; where it has none for repetitions (before 5010), any will do."""
    repetition = repetition or next(mark for mark in "^!" if mark not in (element, component, terminator))
    return Delimiters(element, component, repetition, terminator, line_end="" if terminator in "\r\n" else "\n")


def _sets(content: Content, transactions: Columns) -> Sets:
    """Write each set from ST to SE (a TA1: its segment)."""
    codes = transactions.frame["set_code"].to_numpy(object)
    parts: list[Texts] = []
    order: list[Integers] = []
    for set_code in dict.fromkeys(codes.tolist()):
        order.append(np.flatnonzero(codes == set_code))
        some = transactions.at(order[-1])
        if set_code == "TA1":
            texts = write_answers.interchange_acknowledgements(content, some)
        elif set_code in _SETS:
            texts = _set(content, some, _SETS[set_code])
        else:
            raise UnsupportedSetError(set_code)
        parts.append(spread(texts, len(some)))
    texts = pa.concat_arrays(parts) if parts else spread("", 0)
    place = np.argsort(np.concatenate([np.zeros(0, np.int64), *order]), kind="stable")
    kinds = [_SETS.get(code) for code in codes.tolist()]
    functional = pa.array([kind.functional_code if kind else "" for kind in kinds], TEXT)
    guide = either(transactions.text("guide"), pa.array([kind.guide if kind else "" for kind in kinds], TEXT))
    return Sets(transactions, chosen(texts, place), codes == "TA1", functional, spread(guide, len(codes)))


def _set(content: Content, some: Columns, how: _Set) -> Part:
    body = spread(how.bodies(content, some), len(some))
    ordinal = pc.utf8_lpad(spread(whole_numbers(counted(some.integers("group_seg"))), len(some)), 4, "0")
    number = either(some.text("control_number"), ordinal)
    named = either(some.text("convention"), some.text("guide", how.guide) if how.names_guide else "")
    guide = optional("*", named, "")
    segments = whole_numbers(occurrences(body, "~") + 2)
    return joined(f"ST*{how.identifier}*", number, guide, "~", body, "SE*", segments, "*", number, "~")


def _each(texts: Texts) -> Iterator[bytes]:
    for row in range(len(texts)):
        yield bytes_of(texts.slice(row, 1))
