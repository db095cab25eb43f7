"""A file in; its frames out, with everything that is wrong with it: as read, by its guides, and by the rules beyond."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from claims import findings
from claims.x12 import guides
from claims.x12.conform import Conformance
from claims.x12.file import X12File, joined
from claims.x12.read import PART, scan
from claims.x12.source import Readable

_NO_LIMIT = 1 << 62
# Notes of the reader on what conformance says more exactly, for the same segment.
_SAID_BETTER = {
    "trailing-separator": ("separator-trailing",),
    "lower-case-id": ("segment-id-lower-case",),
    "segment-not-known": ("segment-not-in-guide", "segment-unexpected", "segment-id-invalid"),
    "date-not-readable": ("date-not-valid",),
}


def check(readable: Readable) -> X12File:
    """Read and check a whole file (a path, or its bytes); content never raises, it becomes findings."""
    return joined(list(scan_checked(readable, part=_NO_LIMIT)))


def scan_checked(readable: Readable, *, part: int = PART) -> Iterator[X12File]:
    """Read and check a file of any size in parts, as `scan` does."""
    for one in scan(readable, part=part, conformance=Conformance()):
        one.frames["findings"] = _without_repetition(one.findings)
        yield one


def _without_repetition(found: pd.DataFrame) -> pd.DataFrame:
    """Leave out notes of the reader on segments of which conformance says the same."""
    said = found["code"].isin(_SAID_BETTER)
    if not said.any():
        return found
    keys = set(zip(found["seg"].tolist(), found["code"].tolist(), strict=True))
    rows = found[said]
    repeated = [
        any((seg, other) in keys for other in _SAID_BETTER[code])
        for seg, code in zip(rows["seg"].tolist(), rows["code"].tolist(), strict=True)
    ]
    return found.drop(rows.index[repeated]).reset_index(drop=True)


def verdicts(file: X12File) -> pd.DataFrame:
    """Return `transaction_seg` and `verdict` of each set: R refused by its guide or envelope, E with notes, A accepted.

    Findings with a code for a 999 decide; those on balance and on rules beyond the guide have none. A set that is not
    read here is refused whatever it holds.
    """
    found, transactions = file.findings, file.transactions
    coded = found[found["ack_code"].str.startswith("999 ")]
    refused = set(coded.loc[coded["severity"] != findings.NOTE, "transaction_seg"])
    refused.update(transactions.loc[~transactions["set_code"].isin(guides.READ), "seg"])
    noted = set(coded["transaction_seg"])
    segs = transactions.loc[transactions["set_code"] != "TA1", "seg"]
    letters = ["R" if seg in refused else "E" if seg in noted else "A" for seg in segs.tolist()]
    return pd.DataFrame({"transaction_seg": segs.to_numpy(), "verdict": pd.Series(letters, dtype="str")})
