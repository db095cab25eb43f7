"""The names that answers use for transaction sets: the number of their group (GS06) and of their batch (BHT03)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from claims.store.x12_rows import Frames

LONGEST = 80


def named(transactions: pd.DataFrame, groups: pd.DataFrame, batches: pd.Series) -> pd.DataFrame:
    """Add group_control_number and batch_reference to the sets of a file."""
    numbers = groups.set_index("seg")["control_number"]
    return transactions.assign(
        group_control_number=numbers.reindex(transactions["group_seg"], fill_value="").to_numpy(),
        batch_reference=batches.reindex(transactions["seg"], fill_value="").to_numpy(),
    )


def batch_references(frames: Frames, path: Path) -> pd.Series:
    """Read BHT03 of each set of claims that begins in a part of the file at `path`, by the seg of its ST."""
    segments, claims = frames["segments"], frames["claims"]
    rows = segments[(segments["segment_id"] == "BHT") & segments["transaction_seg"].isin(claims["transaction_seg"])]
    if rows.empty:
        return pd.Series(dtype="str")
    found = {}
    with path.open("rb") as file:
        for seg, offset, length in zip(
            *(rows[name].tolist() for name in ("transaction_seg", "offset", "length")), strict=True
        ):
            file.seek(offset)
            elements = file.read(min(length, 1000)).lstrip()
            parts = elements.split(elements[3:4])
            found[seg] = parts[3].decode("latin-1").strip()[:LONGEST] if len(parts) > 3 else ""
    return pd.Series(found, dtype="str")
