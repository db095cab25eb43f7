"""The bytes of a file to be sent, held against what was planned: what is wrong, and where each claim stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import findings, x12
from claims.charges.build import content_hashes
from claims.config import Settings

Frames = dict[str, pd.DataFrame]
_ENVELOPE = ("ISA", "GS", "ST", "SE", "GE", "IEA")
_LEVELS = ("billing_seg", "subscriber_seg", "patient_seg")


class Proof(NamedTuple):
    """`faults` (claim_id, rule, element) keep a file from leaving; `places`: claim_id, ordinal, address."""

    faults: pd.DataFrame
    places: pd.DataFrame

    @classmethod
    def refused(cls, frames: Frames, rule: str, element: str = "") -> Proof:
        """Refuse all claims of a file."""
        return cls(_faults(frames["claims"]["claim_id"], rule, element), pd.DataFrame())


def prove(data: bytes, frames: Frames, settings: Settings) -> Proof:
    """Read a file as its receiver would, check it, and hold it against the frames that it was written from."""
    file = x12.check(data, rules=settings.check, code_lists=settings.code_list_folder, complete=True)
    planned = _keys(frames["claims"], frames["transactions"], content_hashes(frames))
    found = _keys(file.frames["claims"], file.transactions, content_hashes(file.frames))
    by = ["set_number", "claim_number", "hash", "seg"]
    planned, found = (rows.sort_values(by, ignore_index=True) for rows in (planned, found))
    if len(planned) != len(found) or not planned[by[:3]].equals(found[by[:3]]):
        differing = planned.merge(found, how="left", on=by[:3], suffixes=("", "_found"), indicator=True)
        ids = differing.loc[differing["_merge"] != "both", "claim_id"]
        return Proof(_faults(ids if len(ids) else planned["claim_id"], "snapshot-differs", ""), pd.DataFrame())
    places = found.assign(claim_id=planned["claim_id"])[["claim_id", "ordinal", "seg", "offset", "length"]]
    bad = file.findings[file.findings["severity"] != findings.NOTE]
    return Proof(_owned(bad, file.frames, places) if len(bad) else _faults([], "", ""), places)


def _keys(claims: pd.DataFrame, sets: pd.DataFrame, hashes: pd.Series) -> pd.DataFrame:
    """Say of each claim which set it stands in, by place, its number and its hash."""
    order = np.sort(sets["seg"].to_numpy())
    kept = claims[[name for name in ("claim_id", "seg", "ordinal", "offset", "length") if name in claims]]
    return kept.assign(
        set_number=np.searchsorted(order, claims["transaction_seg"].to_numpy()),
        claim_number=claims["claim_number"].str.upper(),
        hash=hashes.reindex(claims["seg"]).to_numpy(),
    )


def _faults(claim_ids: pd.Series | list[int], rule: str, element: str) -> pd.DataFrame:
    found = pd.DataFrame({"claim_id": pd.Series(claim_ids, dtype="int64")})
    return found.assign(rule=rule, element=element).astype({"rule": "str", "element": "str"})


def _owned(bad: pd.DataFrame, frames: Frames, places: pd.DataFrame) -> pd.DataFrame:
    """Tell whose findings are: a claim's own, those of all claims under a level, or everybody's."""
    claims = frames["claims"]
    id_of = places.set_index("seg")["claim_id"]
    anchors = np.sort(np.concatenate([claims["seg"], frames["hierarchy"]["seg"]]))
    segments = frames["segments"].set_index("seg")["segment_id"].reindex(bad["seg"]).to_numpy()
    above = np.append(0, anchors)[np.searchsorted(anchors, bad["seg"].to_numpy(), side="right")]
    above = np.where(np.isin(segments, _ENVELOPE), 0, above)
    found = []
    told = pd.DataFrame({"above": above, "rule": bad["code"].to_numpy(), "element": bad["element"].to_numpy()})
    for (anchor, rule, element), _ in told.groupby(["above", "rule", "element"]):
        mine = claims["seg"] == anchor
        for level in _LEVELS:
            mine |= claims[level] == anchor
        owners = claims.loc[mine, "seg"] if anchor else claims["seg"]
        found.append(_faults(id_of.reindex(owners), str(rule), str(element)))
    return pd.concat(found, ignore_index=True).drop_duplicates("claim_id")
