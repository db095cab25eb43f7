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
from claims.x12.numbers import Flags, Integers

Hashes = npt.NDArray[np.uint64]

_CLAIM, _SERVICE = "claim-repeated", "service-repeated"
_CLAIM_KEY = ("billing_npi", "claim_number", "payer_code", "frequency_code")
_PATIENT_KEY = ("billing_npi", "rendering_npi", "payer_code", "member_id", "patient_first_name", "patient_last_name")
# A claim that replaces or voids another repeats its services.
_REPEATING = ("7", "8")
_WEIGHTS = np.random.default_rng(837).integers(1, 1 << 63, 1 << 12, np.uint64) | np.uint64(1)


class Seen:
    """Keys and their owners that have gone by, in sorted runs that double in size."""

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, Hashes]] = []

    def owners(self, keys: Hashes) -> tuple[Hashes, Flags]:
        """Return the owner of each key that has gone by, and whether it has."""
        found, known = np.zeros(len(keys), np.uint64), np.zeros(len(keys), np.bool_)
        for run, owners in self._runs:
            at = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            here = (run[at] == keys) & ~known
            found[here], known = owners[at[here]], known | here
        return found, known

    def add(self, keys: Hashes, owners: Hashes) -> None:
        """Take in keys that are all different, in order."""
        if not len(keys):
            return
        while self._runs and len(self._runs[-1][0]) <= 2 * len(keys):
            other = self._runs.pop()
            keys, owners = np.concatenate([other[0], keys]), np.concatenate([other[1], owners])
            order = np.argsort(keys, kind="stable")
            keys, owners = keys[order], owners[order]
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
        numbers = _hash(part, "claims", ("claim_number",))
        if report.wants(_CLAIM):
            keys = _hash(part, "claims", _CLAIM_KEY)
            _, again = _repeated(self.claims, keys, numbers)
            named = ~part.coded("claims", "claim_number").are(("",)) if again.any() else again
            rows = np.flatnonzero(again & named)
            report.add(_CLAIM, part.place("claims", rows), "CLM01")
        if report.wants(_SERVICE) and part.count("service_lines"):
            self._services(part, report, numbers)

    def _services(self, part: Part, report: Report, numbers: Hashes) -> None:
        """Tell of each claim once, at its first line that a claim of another number has, too."""
        claim = part.rows("service_lines", "claim_seg", "claims")
        is_new = ~part.coded("claims", "frequency_code").are(_REPEATING)
        lines = np.flatnonzero((claim >= 0) & np.append(is_new, False)[claim])
        patient = _hash(part, "claims", _PATIENT_KEY) + _mixed(part.numbers("claims", "patient_birth_date"), 1)
        keys = patient[claim] + _hash(part, "service_lines", ("procedure_code", "modifiers", "revenue_code"))
        for place, column in enumerate(("service_date", "charge_cents", "units_milli"), 2):
            keys += _mixed(part.numbers("service_lines", column), place)
        owner, again = _repeated(self.services, keys[lines], numbers[claim[lines]])
        again &= owner != numbers[claim[lines]]
        rows = lines[again]
        _, first = np.unique(claim[rows], return_index=True)
        report.add(_SERVICE, part.place("service_lines", rows[first]), "")


def _repeated(seen: Seen, keys: Hashes, owners: Hashes) -> tuple[Hashes, Flags]:
    """Return the owner of the first of each key, and whether a key is not the first of its kind."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_first = np.append(True, ordered[1:] != ordered[:-1])[: len(keys)]
    first = order[is_first]
    before, known = seen.owners(keys[first])
    seen.add(keys[first][~known], owners[first][~known])
    group = np.cumsum(is_first) - 1
    again, owner = np.empty(len(keys), np.bool_), np.empty(len(keys), np.uint64)
    again[order] = ~is_first | known[group]
    owner[order] = np.where(known, before, owners[first])[group]
    return owner, again


def _hash(part: Part, frame: str, columns: tuple[str, ...]) -> Hashes:
    """Hash some columns of texts together."""
    total = np.zeros(part.count(frame), np.uint64)
    for number, column in enumerate(columns):
        found = part.arrow(frame, column).dictionary_encode().combine_chunks()
        total += _text_hash(found.dictionary, number)[found.indices.to_numpy(zero_copy_only=False)]
    return total


def _text_hash(texts: Any, number: int) -> Hashes:
    """Hash each text; `number` makes equal texts of other columns differ."""
    _, offsets_buffer, data_buffer = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    if data_buffer is None or offsets[-1] == offsets[0]:
        return np.zeros(len(texts), np.uint64)
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    start, length = offsets[:-1] - offsets[0], np.diff(offsets)
    place = np.arange(number * 97, len(data) + number * 97) - np.repeat(start, length)
    if int(length.max()) + number * 97 >= len(_WEIGHTS):
        place %= len(_WEIGHTS)
    weighed = (data.astype(np.uint64) + np.uint64(1)) * _WEIGHTS[place]
    total = np.append(np.uint64(0), np.cumsum(weighed, dtype=np.uint64))
    return np.asarray(total[start + length] - total[start], np.uint64)


def _mixed(values: Integers, place: int) -> Hashes:
    """Spread a number over all bits."""
    spread = (values.astype(np.uint64) + _WEIGHTS[place]) * _WEIGHTS[place + 500]
    return np.asarray((spread ^ (spread >> np.uint64(29))) * _WEIGHTS[place + 900], np.uint64)
