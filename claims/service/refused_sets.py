"""Sets that a 999 refused come in; the claims that caused it, and what is wrong with them in plain words, come out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims import codes, x12
from claims.store.vault import Vault

CAUSES = {"sent_file_id": "int64", "sent_seg": "int64", "file_id": "int64", "detail_code": "str", "cause": "str"}


def causes(vault: Vault, refused: pd.DataFrame, hashes: pd.Series) -> pd.DataFrame:
    """Name the claims in error, by the file sent and the segment of their CLM: `detail_code`, `cause` of each.

    `refused`: file_id (of the 999) and sent_file_id of each refused set; `hashes`: sha256 by file_id. A file that we
    do not have names no claim.
    """
    found = []
    for file_id, sent_file_id in refused[["file_id", "sent_file_id"]].drop_duplicates().itertuples(index=False):
        if sent_file_id in hashes.index:
            rows = _of_pair(vault, str(hashes[file_id]), str(hashes[sent_file_id]))
            found.append(rows.assign(file_id=file_id, sent_file_id=sent_file_id))
    if not found:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in CAUSES.items()})
    return pd.concat(found, ignore_index=True)[list(CAUSES)].astype(CAUSES)


def _of_pair(vault: Vault, answer_hash: str, sent_hash: str) -> pd.DataFrame:
    answer, sent = x12.read(vault.path(answer_hash)), x12.read(vault.path(sent_hash))
    told = x12.meanings(answer.frames)
    sets = told["set_acknowledgements"]
    refused = sets.loc[sets["verdict"] == "rejected", "seg"]
    errors = x12.claims_in_error(answer.frames, sent.frames)
    errors = errors[errors["set_seg"].isin(refused) & (errors["transaction_seg"] > 0)]
    errors = _of_levels(errors, sent.frames)
    elements = told["element_errors"]
    elements = elements.assign(
        place=elements["element"].astype("str").str.zfill(2), said=elements["own_label"].str.lower()
    )
    errors = errors.merge(
        elements[["segment_seg", "place", "said", "error_code"]],
        how="left", left_on="seg", right_on="segment_seg", suffixes=("", "_element"),
    )  # fmt: skip
    labels = codes.table("ack_codes").query("element == 'IK304'").set_index("code")["own_label"].str.lower()
    of_segment = errors["segment_id"] + ": " + errors["error_code"].map(labels).fillna("not understood")
    of_element = errors["segment_id"] + errors["place"] + ": " + errors["said"]
    errors = errors.assign(
        cause=of_element.fillna(of_segment),
        detail_code=("IK304 " + errors["error_code"] + " IK403 " + errors["error_code_element"]).fillna(
            "IK304 " + errors["error_code"]
        ),
    )
    of_claim = errors.drop_duplicates(["claim_seg", "cause"]).groupby("claim_seg", as_index=False)
    return of_claim.agg(
        detail_code=("detail_code", "first"), cause=("cause", lambda texts: "; ".join(texts[:5]))
    ).rename(columns={"claim_seg": "sent_seg"})


def _of_levels(errors: pd.DataFrame, sent: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give an error that stands in a level, before any claim of it, to the claims of that level."""
    levels = np.sort(sent["hierarchy"]["seg"].to_numpy(np.int64))
    stray = errors[errors["claim_seg"] == 0]
    before = 1 + (stray["error_code"] == "3").astype("int64")  # what is missing was noticed at the segment after it
    target = (stray["transaction_seg"] + stray["position"] - before).to_numpy(np.int64)
    at = np.searchsorted(levels, target, side="right") - 1
    level = np.where(at >= 0, levels[at] if len(levels) else 0, 0)
    stray = stray.assign(level=np.where(level > stray["transaction_seg"], level, 0)).query("level > 0")
    claims = sent["claims"]
    below = pd.concat(
        [
            claims[["seg", name]].set_axis(["seg", "level"], axis=1)
            for name in ("billing_seg", "subscriber_seg", "patient_seg")
        ]
    ).drop_duplicates()
    given = stray.drop(columns="claim_seg").merge(below.rename(columns={"seg": "claim_seg"}), on="level")
    return pd.concat([errors[errors["claim_seg"] > 0], given.drop(columns="level")], ignore_index=True)
