"""A read file in, the JSON document of `claims read --json` out: counts, sums and findings, no patient data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from claims.findings import ORDER
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
_BALANCED = ("line", "claim", "transaction")


def _plain(values: pd.Series) -> list[Any]:
    """Return plain Python values, None where there is none."""
    return [None if value is pd.NA else value for value in values.tolist()]


def _records(frame: pd.DataFrame, names: dict[str, str]) -> list[dict[str, Any]]:
    columns = [_plain(frame[column]) for column in names.values()]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


class FileSummary:
    """The summary of one file, put together part by part so that a large one is never held whole."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._sha256, self._bytes = "", 0
        self._interchanges: list[dict[str, Any]] = []
        self._transactions: list[dict[str, Any]] = []
        self._findings: list[dict[str, Any]] = []

    def add(self, part: X12File) -> None:
        """Take the next part of the file in."""
        self._sha256, self._bytes = part.sha256, part.bytes
        self._interchanges += _records(part.interchanges, _INTERCHANGE)
        rows = _records(part.transactions, _TRANSACTION)
        balanced = _records(part.transactions, {name: f"balanced_{name}" for name in _BALANCED})
        self._transactions += [{**row, "balanced": good} for row, good in zip(rows, balanced, strict=True)]
        self._findings += _records(part.findings, {name: name for name in _FINDING})

    def document(self) -> dict[str, Any]:
        """Return the file's entry of the JSON document."""
        return {
            "file": self.name,
            "sha256": self._sha256,
            "bytes": self._bytes,
            "interchanges": self._interchanges,
            "transactions": sorted(self._transactions, key=lambda row: int(row["seg"])),
            "findings": sorted(self._findings, key=lambda row: [row[name] for name in ORDER]),
        }


def summary(name: str, parts: Iterable[X12File]) -> dict[str, Any]:
    """Return one file's entry of the JSON document of `claims read --json`; `name` as the user typed it."""
    whole = FileSummary(name)
    for part in parts:
        whole.add(part)
    return whole.document()
