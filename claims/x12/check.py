"""A file in; its frames out, with everything that is wrong with it: as read, by its guides, and by the rules beyond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from claims import findings
from claims.codes import lists
from claims.x12.conform import Conformance
from claims.x12.edits import Edits
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
# What reading forgives and the guides do not: a control number of a set is text, 1 is not 0001.
_NOT_FORGIVEN = {"set-control-number-padded": "999 IK502 3"}


def check(readable: Readable, *, rules: Mapping[str, str] | None = None, code_lists: Path | None = None) -> X12File:
    """Read and check a whole file (a path, or its bytes); content never raises, it becomes findings.

    `rules` switches rules beyond the guides: their id and `off`, `on`, or another severity, as in docs/check.md.
    `code_lists` is a folder of code lists with dates.
    """
    return joined(list(scan_checked(readable, part=_NO_LIMIT, rules=rules, code_lists=code_lists)))


def scan_checked(
    readable: Readable, *, part: int = PART, rules: Mapping[str, str] | None = None, code_lists: Path | None = None
) -> Iterator[X12File]:
    """Read and check a file of any size in parts, as `scan` does."""
    edits = Edits(rules or {}, lists.load(code_lists))
    for one in scan(readable, part=part, conformance=Conformance()):
        one.frames["findings"] = _strict(_without_repetition(edits.look(one)))
        yield one


def _strict(found: pd.DataFrame) -> pd.DataFrame:
    """Refuse what reading only notes."""
    codes = found["code"].map(_NOT_FORGIVEN)
    if not codes.notna().any():
        return found
    return found.assign(
        severity=found["severity"].where(codes.isna(), findings.REJECT), ack_code=codes.fillna(found["ack_code"])
    )


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

    Findings with a code for a 999 (IK...) decide; those on balance and on rules beyond the guide have none.
    """
    found = file.findings
    coded = found[found["ack_code"].str.startswith("999 IK")]
    refused = set(coded.loc[coded["severity"] != findings.NOTE, "transaction_seg"])
    noted = set(coded["transaction_seg"])
    segs = file.transactions.loc[file.transactions["set_code"] != "TA1", "seg"]
    letters = ["R" if seg in refused else "E" if seg in noted else "A" for seg in segs.tolist()]
    return pd.DataFrame({"transaction_seg": segs.to_numpy(), "verdict": pd.Series(letters, dtype="str")})
