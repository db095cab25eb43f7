"""A file that was read or checked in; its JSON document of `claims read --json` or `claims check --json` out.

Counts, sums and findings, no patient data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from claims.findings import ORDER
from claims.x12.acknowledge.interchanges import NONE, InterchangeCodes
from claims.x12.answers import Answers
from claims.x12.check import Verdicts
from claims.x12.file import X12File

_TRANSACTION = {
    "set": "set_code",
    "guide": "guide",
    "control": "control_number",
    "seg": "seg",
    "segments": "segments",
    "claims": "claims",
    "service_lines": "service_lines",
    "adjustments": "adjustments",
    "charge_cents": "charge_cents",
    "paid_cents": "paid_cents",
    "plb_cents": "plb_cents",
    "payment_cents": "payment_cents",
    "denied_status_claims": "denied_status_claims",
    "reversals": "reversals",
}
_INTERCHANGE = {
    "control": "control_number",
    "sender": "sender_id",
    "receiver": "receiver_id",
    "usage": "usage_code",
    "seg": "seg",
}
_FINDING = ("code", "severity", "seg", "element", "offset", "found", "expected", "ack_code", "message")
_CHECKED_FINDING = (*_FINDING, "loop", "repeat")
_BALANCED = ("line", "claim", "transaction")
_WORDS = {"A": "accepted", "E": "accepted with notes", "R": "refused"}


def _plain(values: pd.Series) -> list[Any]:
    """Return plain Python values, None where there is none."""
    return [None if value is pd.NA else value for value in values.tolist()]


def _records(frame: pd.DataFrame, names: dict[str, str]) -> list[dict[str, Any]]:
    columns = [_plain(frame[column]) for column in names.values()]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


class FileSummary:
    """The summary of one file, put together part by part so that a large one is never held whole.

    `is_checked`: the parts come from `scan_checked`; each set has its verdict, whether it is held, and how its
    interchange is answered; each interchange its answer; each finding its loop and repetition.
    Else `answers` says what a file says that answers others, as `Answers` does.
    """

    def __init__(self, name: str, *, is_checked: bool = False) -> None:
        self.name = name
        self._verdicts = Verdicts() if is_checked else None
        self._codes = InterchangeCodes()
        self._around: dict[int, int] = {}
        self._answers = None if is_checked else Answers()
        self._sha256, self._bytes = "", 0
        self._interchanges: list[dict[str, Any]] = []
        self._transactions: list[dict[str, Any]] = []
        self._findings: list[dict[str, Any]] = []

    def add(self, part: X12File) -> None:
        """Take the next part of the file in."""
        self._sha256, self._bytes = part.sha256, part.bytes
        if self._answers:
            self._answers.add(part)
        self._interchanges += _records(part.interchanges, _INTERCHANGE)
        verdicts = self._verdicts.of(part) if self._verdicts else None
        self._transactions += transaction_rows(part, verdicts)
        if self._verdicts:
            self._codes.add(part)
            segs, around = (part.transactions[name].tolist() for name in ("seg", "interchange_seg"))
            self._around.update(zip(segs, around, strict=True))
        names = _CHECKED_FINDING if self._verdicts else _FINDING
        self._findings += _records(part.findings, {name: name for name in names})

    def document(self) -> dict[str, Any]:
        """Return the file's entry of the JSON document."""
        if self._verdicts:
            self._answer()
        return {
            "file": self.name,
            "sha256": self._sha256,
            "bytes": self._bytes,
            "interchanges": self._interchanges,
            "transactions": sorted(self._transactions, key=lambda row: int(row["seg"])),
            **({"answers": self._answers.records()} if self._answers else {}),
            "findings": sorted(self._findings, key=lambda row: [row[name] for name in ORDER]),
        }

    def _answer(self) -> None:
        """Say how each interchange is answered; nothing is posted from a set of one that is refused."""
        codes = self._codes.codes()
        for row in self._interchanges:
            code = codes.get(row["seg"], NONE)
            row["ta1"], row["ta1_note"] = code.status or None, code.note or None
        for row in self._transactions:
            status = codes.get(self._around[row["seg"]], NONE).status
            row["interchange_code"] = status or None
            row["held"] = row["held"] or status == "R"


def transaction_rows(part: X12File, verdicts: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Return a document's rows of the sets that end in a part; with what `Verdicts.of` says, when that is given."""
    rows = _records(part.transactions, _TRANSACTION)
    balanced = _records(part.transactions, {name: f"balanced_{name}" for name in _BALANCED})
    rows = [{**row, "balanced": good} for row, good in zip(rows, balanced, strict=True)]
    if verdicts is None:
        return rows
    names = ["transaction_seg", "verdict", "is_refused", "is_checked"]
    words = {
        seg: "refused" if is_refused else _WORDS[letter] if is_checked else None
        for seg, letter, is_refused, is_checked in verdicts[names].itertuples(index=False)
    }
    held = set(verdicts.loc[verdicts["is_held"], "transaction_seg"])
    return [{**row, "verdict": words.get(row["seg"]), "held": row["seg"] in held} for row in rows]


def summary(name: str, parts: Iterable[X12File]) -> dict[str, Any]:
    """Return one file's entry of the JSON document of `claims read --json`; `name` as the user typed it."""
    whole = FileSummary(name)
    for part in parts:
        whole.add(part)
    return whole.document()
