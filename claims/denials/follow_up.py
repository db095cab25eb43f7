"""What cases wait for comes in; the day on which a person asks for the answer that has not come goes out.

So many days after it was sent: the payer's own number (master data, ``answer_days``), else that of
``codes/follow_up.csv`` for the step and the payer's type.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims import codes
from claims.denials.deadlines import as_days

NEXT_PAYER = "billed_other"  # who answers that one is the next payer, whose type the case does not know


def ask_days(cases: pd.DataFrame, own: pd.Series[int]) -> pd.Series[str]:
    """Give the ISO day to ask on, in the order of ``cases``; empty where no row says after how long.

    ``cases``: waiting_for, payer_type, own_payer_code, next_payer_code, sent_date (ISO or empty). ``own``: days by
    payer_code.
    """
    days = pd.to_numeric(_rules(cases, own)["days"], errors="coerce").to_numpy("float64", na_value=np.nan)
    sent = as_days(cases["sent_date"])
    is_known = ~np.isnan(days) & ~np.isnat(sent)
    due = np.where(is_known, sent + np.nan_to_num(days).astype("int64"), np.datetime64("NaT", "D"))
    texts = np.where(is_known, np.datetime_as_string(due.astype("datetime64[D]")), "")
    return pd.Series(texts, index=cases.index, dtype="str")


def says(cases: pd.DataFrame, own: pd.Series[int]) -> pd.Series[str]:
    """Say how the day to ask on was found: an answer is expected in 45 days (source)."""
    rules = _rules(cases, own)
    words = "an answer is expected in " + rules["days"] + " days (" + rules["source"] + ")"
    return words.where(rules["days"] != "", "no day to ask on is set for this step")


def _rules(cases: pd.DataFrame, own: pd.Series[int]) -> pd.DataFrame:
    """Give days (text, empty for none) and source of each case, indexed as ``cases``."""
    is_next = cases["waiting_for"] == NEXT_PAYER
    general = cases["payer_type"].str.removesuffix("_institutional").where(~is_next, "")
    table = codes.table("follow_up").set_index(["waiting_for", "payer_type"])[["days", "source"]]
    found = table.reindex(pd.MultiIndex.from_arrays([cases["waiting_for"], general])).set_index(cases.index)
    usual = table.reindex(pd.MultiIndex.from_arrays([cases["waiting_for"], [""] * len(cases)]))
    found = found.where(found["days"].notna(), usual.set_index(cases.index)).fillna("")
    payer = cases["own_payer_code"].where(~is_next, cases["next_payer_code"])
    mine = own.reindex(payer).fillna(0).astype("int64").set_axis(cases.index)
    is_own = (mine > 0) & (cases["waiting_for"] != "")
    return found.assign(
        days=found["days"].where(~is_own, mine.astype("str")),
        source=found["source"].where(~is_own, payer + ": its rule in master data"),
    )
