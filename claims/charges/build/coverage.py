"""Claims to a payer that they did not name come out: in the place of the one that denied them, before it, or after it.

A person has found out who covers the patient. What the earlier payer gave (authorization, referral, group) stays with
it; the charge and the lines are as they were.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from claims.charges.build.next_payer import ORDER, SIDES, as_other_payers, stacked, without_payers, without_permissions
from claims.frames import next_seg

Frames = dict[str, pd.DataFrame]
INSTEAD, BEFORE, AFTER = "instead", "before", "after"
ITSELF = "18"  # the patient is the subscriber
_LETTERS = list(ORDER)
_OF_COVERAGE = ("group_number", "group_name", "insurance_type_code", "prior_authorization")
_OF_PAYER = "2010BB"  # what a payer calls the provider


def turned(frames: Frames, payer_code: str, order: str, relationship_code: str) -> Frames:
    """Free claims of their payer's coverage, for `payer_code` to be billed in its place, or before it.

    Before it, the payer that was billed stands behind as the next of the other payers, and those behind it move on.
    Where the new payer stood behind, it does no more. Payer and member are written by who knows them.
    """
    claims = frames["claims"].set_index("seg", drop=False).rename_axis(None)
    others = frames["other_payers"]
    again = others["claim_seg"].isin(claims.index) & (others["payer_code"] == payer_code)
    told = without_payers(frames, others.loc[again, "seg"])
    told = without_permissions(told)
    if "references" in told:
        rows = told["references"]
        told["references"] = rows[~(rows["loop"] == _OF_PAYER)] if "loop" in rows else rows
    if order == BEFORE:
        others = told["other_payers"]
        own = _rank(claims["payer_sequence"]).reindex(others["claim_seg"]).to_numpy()
        later = _rank(others["payer_sequence"]).to_numpy() > own
        moved = others["payer_sequence"].where(~later, _behind(others["payer_sequence"]))
        first = next_seg(frames)
        own_rows = as_other_payers(claims, pd.Series(np.arange(len(claims)) + first, index=claims.index))
        own_rows = own_rows.assign(payer_sequence=_behind(claims["payer_sequence"]))
        own_rows = own_rows.assign(paid_cents=pd.array([pd.NA] * len(own_rows), dtype="Int64"), paid_date=np.int32(0))
        told["other_payers"] = stacked(others.assign(payer_sequence=moved.astype("str")), own_rows)
    columns: dict[str, pd.Series | str | int] = {name: "" for name in _OF_COVERAGE if name in claims}
    for name in (one for one in SIDES if one.startswith("subscriber_") and one in claims):
        kind = claims[name].dtype
        nothing = pd.Series("" if kind == "str" else 0, index=claims.index, dtype=kind)
        mine = claims[name.replace("subscriber_", "patient_")]
        columns[name] = mine.astype(kind) if relationship_code == ITSELF else nothing
    columns |= {"relationship_code": relationship_code, "subscriber_seg": 0, "patient_seg": 0}
    texts = {name: "str" for name in (*_OF_COVERAGE, "relationship_code") if name in claims}
    told["claims"] = claims.assign(**columns).astype(texts).reset_index(drop=True)
    return told


def followed(frames: Frames, coverage: Mapping[str, str]) -> Frames:
    """Name one more payer on claims, right behind their own: columns of `other_payers`."""
    claims, first = frames["claims"], next_seg(frames)
    rows = pd.DataFrame(
        {
            "transaction_seg": claims["transaction_seg"],
            "claim_seg": claims["seg"],
            "seg": np.arange(len(claims)) + first,
            "payer_sequence": _behind(claims["payer_sequence"]),
            **{name: pd.Series(value, index=claims.index) for name, value in coverage.items()},
        }
    )
    texts = dict.fromkeys((*coverage, "payer_sequence"), "str")
    return frames | {"other_payers": stacked(frames["other_payers"], rows.astype(texts))}


def _rank(sequence: pd.Series[str]) -> pd.Series[int]:
    return sequence.map(ORDER).fillna(len(ORDER)).astype("int64")


def _behind(sequence: pd.Series[str]) -> pd.Series[str]:
    """Give the place behind each; the last one stays."""
    place = np.minimum(_rank(sequence).to_numpy() + 1, len(_LETTERS) - 1)
    return pd.Series([_LETTERS[one] for one in place], index=sequence.index, dtype="str")
