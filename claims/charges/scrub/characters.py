"""S12: texts that are too long, or hold what separates the elements of a file, or what no file may hold.

Which texts, and how long each may be, stands in `texts.csv`. Names lose a separator when they are written; a code or an
identifier with one would be another one.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np
import pyarrow.compute as pc

from claims.charges.scrub.columns import Flags, Integers, Table, together
from claims.charges.scrub.work import Found, Look, Work

_SEPARATORS = {
    "element_separator": "*", "repetition_separator": "^", "component_separator": ":", "segment_terminator": "~",
}  # fmt: skip
_PLAIN = frozenset(map(chr, range(32, 127)))


@cache
def texts() -> tuple[dict[str, str], ...]:
    """Return the rows of `texts.csv`."""
    text = resources.files("claims.charges.scrub").joinpath("texts.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def look(work: Work) -> Look:
    """Check every text that is sent."""
    owners = _separators(work)
    for row in texts():
        table = work.table(row["frame"])
        if row["column"] in table and len(table):
            yield from _look(work, table, row, owners)


def _look(work: Work, table: Table, row: Mapping[str, str], owners: dict[str, Flags]) -> Look:
    array, longest, is_code = table.arrow(row["column"]), int(row["longest"]), row["form"] == "code"
    if (pc.max(pc.binary_length(array)).as_py() or 0) > longest:
        lengths = table.coded(row["column"]).each(len)
        rows = np.flatnonzero(lengths > longest)
        found = [f"{one} characters" for one in lengths[rows].tolist()]
        yield _at(work, "S12c", row, rows)._replace(found=found, expected=str(longest))
    data = array.buffers()[2]
    octets = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    for separators, mine in owners.items():
        if not _odd(separators, is_code)[octets].any():
            continue
        wrong = table.coded(row["column"]).are(lambda text, marks=separators: _is_odd(text, marks, is_code))  # type: ignore[misc]
        claim = np.arange(len(table)) if row["frame"] == "claims" else work.claim_of(row["frame"])
        yield _at(work, "S12a" if is_code else "S12b", row, np.flatnonzero(wrong & np.append(mine, False)[claim]))


def _separators(work: Work) -> dict[str, Flags]:
    """Return which claims go to partners with which separators."""
    at, distinct = together([work.partner_says(column) for column in _SEPARATORS])
    names = [
        "".join(mark or default for mark, default in zip(one, _SEPARATORS.values(), strict=True)) for one in distinct
    ]
    return {name: np.array([other == name for other in names], np.bool_)[at] for name in sorted(set(names))}


@cache
def _odd(separators: str, is_code: bool) -> Flags:
    """Tell which bytes may be wrong."""
    flags = np.zeros(256, np.bool_)
    flags[[ord(mark) for mark in separators if ord(mark) < 256]] = True
    if is_code:
        flags[[*range(32), *range(127, 256)]] = True
    return flags


def _is_odd(text: str, separators: str, is_code: bool) -> bool:
    return any(mark in separators or (is_code and mark not in _PLAIN) for mark in text)


def _at(work: Work, edit_id: str, row: Mapping[str, str], rows: Integers) -> Found:
    if row["frame"] == "claims":
        return work.at_claims(edit_id, rows, row["element"])
    if row["frame"] == "service_lines":
        return work.at_lines(edit_id, rows, row["element"])
    line, claim = work.line_of(row["frame"])[rows], work.claim_of(row["frame"])[rows]
    return Found(edit_id, claim, line, row["element"])
