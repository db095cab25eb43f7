"""A file that cannot be written comes in; the claims at fault, each with the element that stops it, come out."""

from __future__ import annotations

import pandas as pd

from claims import x12
from claims.charges.build import NOT_SENDABLE_EDIT
from claims.errors import UsageError
from claims.service import contents, envelopes
from claims.service.proof import Proof
from claims.x12.write_text import DelimiterInDataError

Frames = dict[str, pd.DataFrame]
_ENVELOPE = ("interchanges", "groups", "transactions")
NOT_WRITTEN = "not-written"  # for another reason than a delimiter: nobody knows which element


def refusal(frames: Frames) -> Proof:
    """Find the claims that the writer refuses by writing halves; all of them where the envelope is at fault."""
    of_envelope = _fault(frames, frames["claims"].iloc[:0])
    if of_envelope:
        return Proof.refused(frames, *of_envelope)
    found = _at_fault(frames, frames["claims"])
    if not found:
        return Proof.refused(frames, NOT_WRITTEN)
    faults = pd.DataFrame(found, columns=["claim_id", "rule", "element"])
    return Proof(faults.astype({"claim_id": "int64", "rule": "str", "element": "str"}), pd.DataFrame())


def _at_fault(frames: Frames, claims: pd.DataFrame) -> list[tuple[int, str, str]]:
    fault = _fault(frames, claims)
    if not fault:
        return []
    if len(claims) == 1:
        return [(int(claims["claim_id"].iloc[0]), *fault)]
    half = len(claims) // 2
    parts = (claims.iloc[:half], claims.iloc[half:])
    return [one for part in parts for one in _at_fault(frames, part.reset_index(drop=True))]


def _fault(frames: Frames, claims: pd.DataFrame) -> tuple[str, str] | None:
    """Say why the envelope with these claims cannot be written: the edit and the element."""
    own = contents.of_claims(frames, claims) if len(claims) else {name: rows.iloc[:0] for name, rows in frames.items()}
    own |= {name: frames[name] for name in _ENVELOPE}
    if len(claims):
        sets = own["transactions"]
        own["transactions"] = sets[sets["seg"].isin(claims["transaction_seg"])].reset_index(drop=True)
    try:
        x12.write(own, delimiters=envelopes.delimiters(own["interchanges"]))
    except DelimiterInDataError as error:
        return NOT_SENDABLE_EDIT, f"{error.segment_id}{error.element:02d}"
    except UsageError:
        return NOT_WRITTEN, ""
    return None
