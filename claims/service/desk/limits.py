"""Master data of payers come in; their own limits and times to answer, as the denial rules want them, go out."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.denials.deadlines import LATER_PAYER, LIMIT
from claims.master import Master

_SERVICE_TO = {"service_to": "service_through"}  # our name for the last day of service, and that of the usual limits
# limit_type, event, column of the payer's days, column of what they count from (or the one thing that it can be)
_RULES = (
    ("", "first_filing", "filing_limit_days", "filing_limit_anchor"),
    ("", "corrected_claim", "corrected_limit_days", "corrected_limit_anchor"),
    ("", "appeal_1", "appeal_limit_days", ""),
    (LATER_PAYER, "first_filing", "secondary_limit_days", ""),
)


def own_limits(master: Master, day: date) -> pd.DataFrame:
    """Give payer_code and LIMIT of every rule that a payer has on a day; an empty anchor is the usual one."""
    rows = master.at("payers", int(day.strftime("%Y%m%d")))
    parts = []
    for limit_type, event, days, anchor in _RULES:
        own = rows[rows[days] > 0]
        part = own[["payer_code"]].assign(
            limit_type=limit_type,
            event=event,
            days=own[days].astype("str"),
            unit="day",
            anchor=own[anchor].replace(_SERVICE_TO) if anchor else "",
            source="its rule in master data",
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True).astype("str")[["payer_code", *LIMIT]]


def as_master_data_say(master: Master, rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Let master data say whose rows these are: own_payer_code, and payer_type where they name one.

    ``rows``: own_payer_code, payer_code, payer_type. The first of the two codes that master data know on the day
    counts; a payer that they do not know, or call `other`, keeps the type that its remittances tell (CLP06).
    """
    known = master.at("payers", int(day.strftime("%Y%m%d"))).drop_duplicates("payer_code", keep="last")
    types = known.set_index("payer_code")["payer_type"]
    own, other = rows["own_payer_code"], rows["payer_code"]
    code = own.where(own.isin(types.index) | ~other.isin(types.index), other)
    found = pd.Series(types.reindex(code).fillna("").to_numpy(), index=rows.index, dtype="str")
    return rows.assign(own_payer_code=code, payer_type=found.where(~found.isin(["", "other"]), rows["payer_type"]))


def answer_days(master: Master, day: date) -> pd.Series[int]:
    """Give the days after which we ask payers for an answer, by payer_code, where master data know them."""
    rows = master.at("payers", int(day.strftime("%Y%m%d")))
    return rows.loc[rows["answer_days"] > 0].set_index("payer_code")["answer_days"].astype("int64")
