"""Where people look for a case, by its state and the accounting day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd


def queue_of(cases: pd.DataFrame, day: date) -> pd.Series[str]:
    """Say where people look for cases: state, deadline_date, snoozed_until_date, snoozed_for.

    A case that waits comes back when the day to ask for the answer has passed; it still waits, and says so.
    """
    today = day.isoformat()
    is_waiting = cases["state"] == "waiting"
    is_over = is_waiting & (cases["snoozed_until_date"] != "") & (cases["snoozed_until_date"] < today)
    is_late = (cases["deadline_date"] != "") & (cases["deadline_date"] < today)
    is_snoozed = (cases["snoozed_until_date"] > today) | (cases["snoozed_for"] != "")
    conditions = [cases["state"] == "closed", is_over, is_waiting, is_late, is_snoozed]
    names = ["closed", "open", "waiting", "expired", "snoozed"]
    found = np.select([one.to_numpy(bool) for one in conditions], names, "open")
    return pd.Series(found, index=cases.index, dtype="str")
