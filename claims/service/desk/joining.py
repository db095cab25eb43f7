"""A corrected claim that is made and has not left speaks for all of its lines: cases of others join it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.store import desk, versions
from claims.store.handles import Connection
from claims.store.queries import desk as queries

_HERE = ("draft", "blocked", "ready")
_KEYS = ["family_id", "payer_sequence"]


def joined(conn: Connection, rows: pd.DataFrame, goes_new: pd.Series[bool]) -> pd.Series[int]:
    """Give the claim that each case can wait for, made for another case of the same claim and payer; 0 for none.

    A case that demands a new claim (`goes_new`) joins no replacement, and none joins what it waits for itself.
    """
    none = pd.Series(0, index=rows.index, dtype="int64")
    claims = queries.claims_of(conn, rows.loc[rows["family_id"] != 0, "family_id"].drop_duplicates().tolist())
    here = claims[claims["life"].isin(_HERE) & (claims["origin"] == "to_send") & (claims["version"] > 1)]
    here = here.drop_duplicates(_KEYS, keep="last")
    waiting = desk.waiting_for(conn, here["claim_id"].tolist())
    here = here[here["claim_id"].isin(waiting["claim_id"])]
    if here.empty:
        return none
    made = versions.sources(conn, here["claim_id"].tolist()).set_index("claim_id")
    here = here.assign(is_new=made["frequency_code"].reindex(here["claim_id"]).eq("1").to_numpy())
    found = rows[_KEYS].merge(here[[*_KEYS, "claim_id", "is_new"]], how="left", on=_KEYS)
    claim_id = found["claim_id"].fillna(0).astype("int64").to_numpy()
    own = pd.MultiIndex.from_arrays([rows["case_id"], claim_id]).isin(pd.MultiIndex.from_frame(waiting))
    fits = ~own & (~goes_new.to_numpy(bool) | (found["is_new"] == True).to_numpy(bool))  # noqa: E712 missing is none
    return pd.Series(np.where(fits, claim_id, 0), index=rows.index, dtype="int64")
