"""Frames in, the bytes of an X12 file out: envelopes, control numbers, segment counts, delimiters, character set.

`write(frames)` takes frames as the reader gives them (docs/frames.md). Keys matter, addresses do not: `seg` orders rows
and joins them to their children; `offset` and `length` are not read, segments are numbered anew. Needed everywhere:

- `interchanges` (seg, sender_id, receiver_id, control_number, interchange_date; optional interchange_time,
  acknowledgement_code ISA14, usage_code, the qualifiers and the delimiters);
- `groups` (seg, interchange_seg, control_number, group_date; optional group_time, sender_code, receiver_code, version);
- `transactions` (seg, interchange_seg, group_seg, set_code, control_number). Control numbers that are not given count
  from 1; a set that stands in no group (TA1) has group_seg 0.

What each set needs beside these stands in its own module: write_835, write_837, write_answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.errors import FrameError, UsageError
from claims.x12 import write_835, write_837, write_answers
from claims.x12.write_text import Columns, DelimiterInDataError, Delimiters, Frames, trimmed

__all__ = ["DelimiterInDataError", "Delimiters", "UnsupportedSetError", "write"]


class _Set(NamedTuple):
    """How a set code is written: GS01, ST01, the guide, whether ST03 is sent, and what writes its inside."""

    functional_code: str
    identifier: str
    guide: str
    names_guide: bool
    bodies: Callable[..., list[str]]


_SETS = {
    "835": _Set("HP", "835", "005010X221A1", False, write_835.bodies),
    "837P": _Set("HC", "837", "005010X222A1", True, write_837.bodies),
    "999": _Set("FA", "999", "005010X231A1", True, write_answers.implementation_acknowledgements),
    "277CA": _Set("HN", "277", "005010X214", True, write_answers.claim_acknowledgements),
}


class UnsupportedSetError(UsageError):
    """A kind of transaction set was to be written that we cannot write."""

    def __init__(self, set_code: str) -> None:
        super().__init__(f"Set {set_code} cannot be written; these can: {', '.join(_SETS)}, TA1.")
        self.set_code = set_code


def write(frames: Frames, *, delimiters: Delimiters | None = None, upper: bool = True) -> bytes:
    """Write frames as one X12 file, in ASCII; names are transliterated and, unless `upper` is off, all is upper case.

    Delimiters are those given, else those of each row of `interchanges`, else ``* : ^ ~`` and a line feed.
    """
    for name in ("interchanges", "transactions"):
        if name not in frames:
            raise FrameError(name, "seg", "the frame is needed to write a file")
    interchanges = frames["interchanges"].sort_values("seg", kind="stable").reset_index(drop=True)
    marks = _delimiters(interchanges, delimiters)
    blanked = "".join(sorted({mark for one in marks for mark in one.marks}))
    transactions = _with_groups(frames).sort_values("seg", kind="stable").reset_index(drop=True)
    bodies = _bodies(frames, transactions, upper=upper, blanked=blanked)
    groups = frames.get("groups", pd.DataFrame({"seg": [], "interchange_seg": []}, dtype="int64"))
    pieces = []
    for number, (interchange_seg, mark) in enumerate(zip(interchanges["seg"].tolist(), marks, strict=True)):
        mine = groups[groups["interchange_seg"] == interchange_seg].sort_values("seg", kind="stable")
        ours = transactions["interchange_seg"] == interchange_seg
        inside = [bodies[row] for row in np.flatnonzero(ours & (transactions["set_code"] == "TA1")).tolist()]
        inside += _groups(Columns("groups", mine, upper=upper), transactions, bodies)
        one = Columns("interchanges", interchanges.iloc[[number]], upper=False)
        head, tail = _interchange(one, number, len(mine))
        pieces.append(mark.apply(head + trimmed("".join(inside) + tail)))  # the ISA is never trimmed
    return "".join(pieces).encode("ascii")


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


def _bodies(frames: Frames, transactions: pd.DataFrame, *, upper: bool, blanked: str) -> list[str]:
    """Write each set from ST to SE (a TA1: its segment), in the order of `transactions`."""
    texts = np.full(len(transactions), "", dtype=object)
    control = Columns("transactions", transactions, upper=upper).text("control_number")
    for set_code in dict.fromkeys(transactions["set_code"].tolist()):
        rows = np.flatnonzero(transactions["set_code"] == set_code)
        some = transactions.iloc[rows]
        if set_code == "TA1":
            texts[rows] = write_answers.interchange_acknowledgements(frames, some, upper=upper)
            continue
        if set_code not in _SETS:
            raise UnsupportedSetError(set_code)
        how = _SETS[set_code]
        bodies = how.bodies(frames, some, upper=upper, blanked=blanked)
        within = some.groupby("group_seg").cumcount().tolist()
        for row, body, ordinal in zip(rows.tolist(), bodies, within, strict=True):
            number = control[row] or f"{ordinal + 1:04d}"
            guide = f"*{how.guide}" if how.names_guide else ""
            texts[row] = f"ST*{how.identifier}*{number}{guide}~{body}SE*{body.count('~') + 2}*{number}~"
    result: list[str] = texts.tolist()
    return result


def _groups(groups: Columns, transactions: pd.DataFrame, bodies: list[str]) -> list[str]:
    """Write the functional groups of one interchange with the sets inside."""
    texts = []
    for seg, day, time, sender, receiver, number, version, ordinal in zip(
        groups.frame["seg"].tolist(),
        groups.date("group_date"),
        groups.text("group_time", "0000"),
        groups.text("sender_code"),
        groups.text("receiver_code"),
        groups.text("control_number"),
        groups.text("version"),
        range(1, len(groups) + 1),
        strict=True,
    ):
        rows = np.flatnonzero((transactions["group_seg"] == seg) & (transactions["set_code"] != "TA1")).tolist()
        kind = _SETS[transactions["set_code"].iloc[rows[0]]] if rows else _SETS["999"]
        control = number.lstrip("0") or str(ordinal)
        head = f"GS*{kind.functional_code}*{sender}*{receiver}*{day}*{time}*{control}*X*{version or kind.guide}~"
        texts.append(head + "".join(bodies[row] for row in rows) + f"GE*{len(rows)}*{control}~")
    return texts


def _interchange(one: Columns, number: int, groups: int) -> tuple[str, str]:
    """Write the ISA, whose elements have fixed lengths, and the IEA."""

    def element(column: str, default: str = "") -> str:
        return one.text(column, default)[0]

    control = (element("control_number") or str(number + 1)).zfill(9)
    elements = [
        "ISA", "00", " " * 10, "00", " " * 10,
        element("sender_qualifier", "ZZ"), f"{element('sender_id'):15.15}",
        element("receiver_qualifier", "ZZ"), f"{element('receiver_id'):15.15}",
        one.date("interchange_date")[0][-6:] or "000101", element("interchange_time", "0000"),
        "^", "00501", control, element("acknowledgement_code", "0"), element("usage_code", "P"), ":",
    ]  # fmt: skip
    return "*".join(elements) + "~", f"IEA*{groups}*{control}~"
