"""Claims and their HI rows in; each diagnosis with its claim and place, and which of them a line points to, out.

`diagnosis_codes` of claims wins over principal and other diagnoses of `diagnoses`, as it does in writing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from claims.charges.scrub.columns import Coded, Integers, counts, some
from claims.charges.scrub.work import Work

ICD9_POINTED, ICD10_POINTED = ("BK", "BF"), ("ABK", "ABF")
POINTED = ICD10_POINTED + ICD9_POINTED
MOST_POINTERS = 4


class Diagnoses:
    """Rows in the order of claims; `claim` is the row of claims, `first` the first row of each claim's pointed ones."""

    def __init__(self, work: Work) -> None:
        table = work.table("diagnoses")
        owner, qualifier = work.claim_of("diagnoses"), table.coded("qualifier_code")
        count = len(work.claims)
        is_pointed = qualifier.are(POINTED)
        listed, texts = _listed(work)
        has_list = np.append(some(listed, count), False)
        kept = np.flatnonzero((owner >= 0) & ~(is_pointed & has_list[owner]))
        is_old = some(owner[qualifier.are(ICD9_POINTED)], count)
        place = np.arange(len(listed)) - np.concatenate([[0], np.cumsum(counts(listed, count))])[:-1][listed]
        named = np.where(is_old[listed], "B", "AB") + np.where(place == 0, "K", "F").astype(object)
        frame = pd.DataFrame(
            {
                "claim": np.concatenate([listed, owner[kept]]),
                "code": np.concatenate([texts, np.array(table.coded("code").texts(kept), object)]),
                "qualifier": np.concatenate([named, np.array(qualifier.texts(kept), object)]),
            }
        )
        frame["is_other"] = ~frame["qualifier"].isin(POINTED)
        frame = frame.sort_values(["claim", "is_other"], kind="stable", ignore_index=True)
        self.claim = frame["claim"].to_numpy(np.int64)
        self.code, self.qualifier = _coded(frame["code"]), _coded(frame["qualifier"])
        self.is_pointed = ~frame["is_other"].to_numpy(np.bool_)
        self.each = counts(self.claim[self.is_pointed], count)
        self.first = np.searchsorted(self.claim, np.arange(count))


def of(work: Work) -> Diagnoses:
    """Return the diagnoses of what is scrubbed, put together once."""
    if "diagnoses" not in work.made:
        work.made["diagnoses"] = Diagnoses(work)
    found: Diagnoses = work.made["diagnoses"]
    return found


def pointed(work: Work) -> list[Integers]:
    """Return for each line the rows of up to four diagnoses that it points to, -1 for none."""
    rows, pointers = of(work), work.lines.coded("diagnosis_pointers")
    most = work.on_lines(rows.each)
    found = []
    for number in range(MOST_POINTERS):
        place = pointers.each(lambda text, number=number: _place(text, number))  # type: ignore[misc]
        is_there = (place > 0) & (place <= most)
        found.append(np.where(is_there, work.on_lines(rows.first) + place - 1, -1))
    return found


def _place(text: str, number: int) -> int:
    words = text.split()
    word = words[number] if number < len(words) else ""
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 2 else 0


def _listed(work: Work) -> tuple[Integers, np.ndarray]:
    if "diagnosis_codes" not in work.claims or not len(work.claims):
        return np.zeros(0, np.int64), np.zeros(0, object)
    parts = pc.split_pattern(work.claims.arrow("diagnosis_codes"), " ")
    texts, owner = pc.list_flatten(parts), pc.list_parent_indices(parts)
    filled = pc.not_equal(texts, "")
    return (
        owner.filter(filled).to_numpy(zero_copy_only=False).astype(np.int64),
        texts.filter(filled).to_numpy(zero_copy_only=False),
    )


def _coded(texts: pd.Series) -> Coded:
    at, values = pd.factorize(texts)
    return Coded(np.asarray(at, np.int64), [str(value) for value in values])
