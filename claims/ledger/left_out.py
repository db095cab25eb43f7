"""Lines of a statement that was undone, which a statement that stands in its place does not bring again."""

from __future__ import annotations

import pandas as pd

DAY = ["of", "account", "bank_date"]
FACTS = ["account", "amount_cents", "trace_number", "payer_identifier", "payer_name", "reference", "type_code"]


def spoken_for(gone: pd.DataFrame, said: pd.DataFrame) -> pd.Series[bool]:
    """Tell which undone lines a later statement leaves out: it says other lines of their account and day, or the same
    money (`FACTS`, a trace number or reference among them) on another day.

    `gone`: of (the statement that was undone), line_key, bank_date, `FACTS`. `said`: those columns of every line of
    every statement that stands in the place of one (of).
    """
    by_day = gone[DAY].merge(said[DAY].drop_duplicates(), how="left", on=DAY, indicator=True)["_merge"] == "both"
    # Money that the undone statement says, too, is not the money of another of its lines.
    other = said[~said["line_key"].isin(gone["line_key"]) & (said["trace_number"] + said["reference"] != "")]
    columns = ["of", *FACTS]
    other = other[columns].drop_duplicates()
    by_money = gone[columns].merge(other, how="left", on=columns, indicator=True)["_merge"] == "both"
    return pd.Series((by_day | by_money).to_numpy(), index=gone.index, dtype="bool")
