"""What an import changes: the rows kept so far and a file's rows in; what to add, end and refuse out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

_OPEN = "9999-12-31"
_KEY = ["row_key", "effective_from_date"]


class Changes(NamedTuple):
    """Entries to insert, ids of kept rows to end, and counts; `refused` are entries that overlap with kept rows."""

    new: pd.DataFrame
    ended_ids: pd.Series
    refused: pd.DataFrame
    counts: dict[str, int]


def compare(kept: pd.DataFrame, entries: pd.DataFrame, *, replace: bool) -> Changes:
    """Compare by key and first day; `replace` ends kept rows that the file does not have."""
    refused = entries.iloc[:0]
    while True:
        pairs = entries.merge(kept, on=_KEY, how="left", suffixes=("", "_kept"))
        is_known = pairs["master_row_id"].notna().to_numpy()
        same = (pairs["body"] == pairs["body_kept"]) & (pairs["effective_to_date"] == pairs["effective_to_date_kept"])
        stays = same.to_numpy(dtype=bool)
        new = entries[~stays]
        replaced = pairs.loc[is_known & ~stays, "master_row_id"].astype("int64")
        missing = kept.loc[~kept["master_row_id"].isin(pairs["master_row_id"]), "master_row_id"]
        ended = pd.concat([replaced, missing]) if replace else replaced
        wrong = _overlapping(kept[~kept["master_row_id"].isin(ended)], new)
        if wrong.empty:
            break
        refused = pd.concat([refused, wrong])
        entries = entries.drop(index=wrong.index)
    counts = {
        "added": int(np.count_nonzero(~is_known)),
        "changed": len(replaced),
        "unchanged": int(np.count_nonzero(stays)),
        "ended": len(ended) - len(replaced),
    }
    return Changes(new, ended.astype("int64"), refused, counts)


def _overlapping(kept: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Find new rows whose days run into a row of the same key that says its last day, or the other way round."""
    both = pd.concat(
        [kept[[*_KEY, "effective_to_date"]].assign(place=-1), new[[*_KEY, "effective_to_date"]].assign(place=new.index)]
    ).sort_values(_KEY, kind="stable")
    ends, begins = both["effective_to_date"], both["effective_from_date"].shift(-1)
    runs_on = (both["row_key"] == both["row_key"].shift(-1)) & (ends < _OPEN) & (ends >= begins)
    later = both["place"].shift(-1, fill_value=-1)
    blamed = later.where(later >= 0, both["place"])[runs_on]
    return new.loc[sorted(set(blamed[blamed >= 0].tolist()))]
