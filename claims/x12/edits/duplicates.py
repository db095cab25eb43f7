"""Claims of an 837 in, part by part; those that stood before in the file out. Only hashes are kept of what has gone by.

A hash adds up the bytes of a text, each times a random number of its place: texts that differ meet by chance only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from claims.x12.edits.part import Part
from claims.x12.edits.report import Report
from claims.x12.numbers import Flags

Hashes = npt.NDArray[np.uint64]
# Half a hash is enough to tell whether two equal services are of one claim.
Owners = npt.NDArray[np.uint32]

_CLAIM, _SERVICE = "claim-repeated", "service-repeated"
_CLAIM_KEY = ("billing_npi", "claim_number", "payer_code", "frequency_code")
_PATIENT_KEY = ("billing_npi", "rendering_npi", "payer_code", "member_id", "patient_first_name")
_PROCEDURE_KEY = ("procedure_code", "modifiers", "revenue_code")
_NUMBERS = ("patient_birth_date", "service_date", "charge_cents", "units_milli")
# Equal texts of different columns must not have equal hashes.
_SALTS = {name: 97 * place for place, name in enumerate(dict.fromkeys((*_CLAIM_KEY, *_PATIENT_KEY, *_PROCEDURE_KEY)))}
# A claim that replaces or voids another repeats its services.
_REPEATING = ("7", "8")
_WEIGHTS = np.random.default_rng(837).integers(1, 1 << 63, 1 << 12, np.uint64) | np.uint64(1)


class Seen:
    """Keys and their owners that have gone by, in sorted runs that double in size."""

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, Owners]] = []

    def owners(self, keys: Hashes) -> tuple[Owners, Flags]:
        """Return the owner of each key that has gone by, and whether it has."""
        found, known = np.zeros(len(keys), np.uint32), np.zeros(len(keys), np.bool_)
        for run, owners in self._runs:
            at = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            here = (run[at] == keys) & ~known
            found[here], known = owners[at[here]], known | here
        return found, known

    def add(self, keys: Hashes, owners: Owners) -> None:
        """Take in keys that are all different, in order."""
        if not len(keys):
            return
        while self._runs and len(self._runs[-1][0]) <= 2 * len(keys):
            before, theirs = self._runs.pop()
            at = np.searchsorted(before, keys)
            keys, owners = np.insert(before, at, keys), np.insert(theirs, at, owners)
        self._runs.append((keys, owners))


@dataclass
class Duplicates:
    """What has gone by in a file."""

    claims: Seen = field(default_factory=Seen)
    services: Seen = field(default_factory=Seen)

    def look(self, part: Part, report: Report) -> None:
        """Tell of claims and services that stood before, in this part or an earlier one."""
        if not part.count("claims") or not report.wants(_CLAIM, _SERVICE):
            return
        hashes = {name: _column_hash(part, "claims", name) for name in dict.fromkeys((*_CLAIM_KEY, *_PATIENT_KEY))}
        numbers = (hashes["claim_number"] >> np.uint64(32)).astype(np.uint32)
        if report.wants(_CLAIM):
            _, again = _repeated(self.claims, _added(hashes, _CLAIM_KEY), numbers)
            named = ~part.coded("claims", "claim_number").are(("",)) if again.any() else again
            rows = np.flatnonzero(again & named)
            report.add(_CLAIM, part.place("claims", rows), "CLM01")
        if report.wants(_SERVICE) and part.count("service_lines"):
            patient = _added(hashes, _PATIENT_KEY) + _mixed(part, "claims", "patient_birth_date")
            self._services(part, report, numbers, patient)

    def _services(self, part: Part, report: Report, numbers: Owners, patient: Hashes) -> None:
        """Tell of each claim once, at its first line that a claim of another number has, too."""
        claim = part.rows("service_lines", "claim_seg", "claims")
        is_new = ~part.coded("claims", "frequency_code").are(_REPEATING)
        lines = np.flatnonzero((claim >= 0) & np.append(is_new, False)[claim])
        hashes = {name: _column_hash(part, "service_lines", name) for name in _PROCEDURE_KEY}
        keys = patient[claim] + _added(hashes, _PROCEDURE_KEY)
        for name in _NUMBERS[1:]:
            keys += _mixed(part, "service_lines", name)
        owner, again = _repeated(self.services, keys[lines], numbers[claim[lines]])
        again &= owner != numbers[claim[lines]]
        rows = lines[again]
        _, first = np.unique(claim[rows], return_index=True)
        report.add(_SERVICE, part.place("service_lines", rows[first]), "")


def _repeated(seen: Seen, keys: Hashes, owners: Owners) -> tuple[Owners, Flags]:
    """Return the owner of the first of each key, and whether a key is not the first of its kind."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.append(True, ordered[1:] != ordered[:-1])[: len(keys)]
    distinct = ordered[is_first]
    first = np.minimum.reduceat(order, np.flatnonzero(is_first)) if len(keys) else order
    before, known = seen.owners(distinct)
    seen.add(distinct[~known], owners[first[~known]])
    again: Flags = np.ones(len(keys), np.bool_)
    again[first] = known
    owner = np.empty(len(keys), np.uint32)
    owner[order] = np.where(known, before, owners[first])[np.cumsum(is_first) - 1]
    return owner, again


def _added(hashes: dict[str, Hashes], names: tuple[str, ...]) -> Hashes:
    total = np.zeros(len(next(iter(hashes.values()))), np.uint64)
    for name in names:
        total += hashes[name]
    return total


def _column_hash(part: Part, frame: str, column: str) -> Hashes:
    """Hash each text of a column, by its distinct texts."""
    found = part.arrow(frame, column).dictionary_encode().combine_chunks()
    hashes = _text_hash(found.dictionary, _SALTS[column])
    return np.asarray(hashes[found.indices.to_numpy(zero_copy_only=False)], np.uint64)


def _text_hash(texts: Any, salt: int) -> Hashes:
    _, offsets_buffer, data_buffer = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    if data_buffer is None or offsets[-1] == offsets[0]:
        return np.zeros(len(texts), np.uint64)
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    start, length = offsets[:-1] - offsets[0], np.diff(offsets)
    place = np.arange(salt, len(data) + salt) - np.repeat(start, length)
    if int(length.max()) + salt >= len(_WEIGHTS):
        place %= len(_WEIGHTS)
    weighed = (data.astype(np.uint64) + np.uint64(1)) * _WEIGHTS[place]
    total = np.append(np.uint64(0), np.cumsum(weighed, dtype=np.uint64))
    return np.asarray(total[start + length] - total[start], np.uint64)


def _mixed(part: Part, frame: str, column: str) -> Hashes:
    """Spread a column of numbers over all bits."""
    place = -1 - 3 * _NUMBERS.index(column)
    spread = (part.numbers(frame, column).astype(np.uint64) + _WEIGHTS[place]) * _WEIGHTS[place - 1]
    return np.asarray((spread ^ (spread >> np.uint64(29))) * _WEIGHTS[place - 2], np.uint64)
