"""When claims came to their payers, and whether that was too late by the limit that we know: for one case or many.

The night (which step comes next) and the letters (whether there is one) ask the same questions here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from claims.denials import appeals as rules
from claims.denials.appeal_values import day_of
from claims.denials.limits import decided_before
from claims.master import Master
from claims.service.answer_events import STATE_AFTER, said_by
from claims.store.handles import Connection
from claims.store.queries import appeals as answer_rows
from claims.store.queries import filed as rows_of

SENDING = ["claim_id", "submission_id"]
OF_FILING = ("filing_limit_days", "filing_limit_anchor", "secondary_limit_days")
_PAYER, _REJECTED = "4", "3"  # first letter of a rank; its eleventh


def accepted(heard: pd.DataFrame) -> pd.DataFrame:
    """Give the sendings that the payer accepted and did not refuse later: claim_id, submission_id, accepted_date.

    ``heard``: rows of `answer_rows.answers`, lowest rank first. The earliest accepted comes first.
    """
    told = heard.assign(said=said_by(heard))
    verdicts = told[told["said"].isin(list(STATE_AFTER))]
    rank = verdicts["answer_rank"].str
    last = verdicts.assign(is_refused=rank[10] == _REJECTED).drop_duplicates(SENDING, keep="last")
    taken = verdicts[(verdicts["said"] == "accepted") & (rank[0] == _PAYER)]
    days = taken.groupby(SENDING, as_index=False)["effective_date"].min()
    days = days.merge(last.loc[~last["is_refused"], SENDING], on=SENDING)
    days = days.rename(columns={"effective_date": "accepted_date"})
    ordered: pd.DataFrame = days.sort_values(["accepted_date", *SENDING], kind="stable", ignore_index=True)
    return ordered


def payers(master: Master, cases: pd.DataFrame, today: date) -> pd.DataFrame:
    """Give the payer's row of each case, indexed as ``cases``: as of today, but its limits as of service and decision.

    ``cases``: own_payer, claim_payer, payer_code (the first that master data know counts), service_date, remit_date.
    ``is_known`` is False where none is.
    """
    now = pd.Series(_number(today), index=cases.index)
    code = pd.Series("", index=cases.index, dtype="str")
    for name in ("own_payer", "claim_payer", "payer_code"):
        is_known = _payer(master, cases[name], now)["is_known"] & (cases[name] != "")
        code = code.where((code != "") | ~is_known, cases[name])
    found = _payer(master, code, now)
    for day, names in (("service_date", OF_FILING), ("remit_date", ("appeal_limit_days",))):
        days = cases[day].str.replace("-", "").where(cases[day] != "", str(_number(today))).astype("int64")
        then = _payer(master, code, days)
        for name in names:
            found[name] = found[name].where(~then["is_known"], then[name])
    return found


def late(conn: Connection, master: Master, cases: pd.DataFrame, today: date) -> pd.Series[str]:
    """Say of each case with its figures that its claim came too late; empty where not, or where nobody knows.

    ``cases``: case_id, family_id, payer_code, payer_type, payer_sequence, service_date, remit_date.
    """
    if cases.empty:
        return pd.Series("", index=cases.index, dtype="str")
    facts = cases[["case_id"]].merge(rows_of.facts(conn, cases["case_id"].tolist()), on="case_id", how="left")
    rows = cases.assign(**{name: facts[name].fillna("").to_numpy() for name in facts.columns.drop("case_id")})
    rows["service_date"] = rows["statement_from_date"].where(rows["statement_from_date"] != "", rows["service_date"])
    families = rows.loc[rows["family_id"] != 0, "family_id"].drop_duplicates().tolist()
    claims = rows_of.sent_claims(conn, families)
    heard = answer_rows.answers(conn, claims["claim_id"].tolist())
    keys = ["family_id", "payer_sequence"]
    taken = accepted(heard).merge(claims, on="claim_id").drop_duplicates(keys)
    rows = rows.merge(taken[[*keys, "accepted_date"]], on=keys, how="left").fillna({"accepted_date": ""})
    rows["before"] = decided_before_each(conn, rows)
    known = payers(master, rows, today)
    own_type = known["payer_type"].where(~known["payer_type"].isin(["", "other"]), rows["payer_type"])
    rows["payer_type"] = own_type
    texts = [_late(row, payer) for row, payer in zip(rows.to_dict("records"), known.to_dict("records"), strict=True)]
    return pd.Series(texts, index=cases.index, dtype="str")


def _late(row: Mapping[Any, Any], payer: Mapping[Any, Any]) -> str:
    first = day_of(row["service_date"])
    days = first, day_of(row["statement_to_date"]) or first
    limits = payer if payer["is_known"] else {}
    window = rules.filing_window(limits, row["payer_type"], row["payer_sequence"], days, day_of(row["before"]))
    return rules.filed_late(rules.receipt(day_of(row["accepted_date"]), day_of(row["received_date"])), window)


def decided_before_each(conn: Connection, rows: pd.DataFrame) -> pd.Series[str]:
    """Give the day of the first decision of the payer before that of each case (family_id, payer_sequence)."""
    families = rows.loc[rows["family_id"] != 0, "family_id"].drop_duplicates().tolist()
    told = rows_of.decided(conn, families)
    first: dict[int, dict[str, str]] = {family: {} for family in families}
    for family, sequence, day in zip(*(told[name].tolist() for name in told), strict=True):
        first[family][sequence] = day
    pairs = zip(rows["family_id"].tolist(), rows["payer_sequence"].tolist(), strict=True)
    days = [decided_before(first.get(family, {}), sequence) for family, sequence in pairs]
    return pd.Series(days, index=rows.index, dtype="str")


def _payer(master: Master, code: pd.Series[str], days: pd.Series[int]) -> pd.DataFrame:
    return master.look_up("payers", code.to_frame("payer_code"), days)


def _number(day: date) -> int:
    return int(day.strftime("%Y%m%d"))
