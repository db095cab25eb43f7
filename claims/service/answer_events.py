"""What answers say of claims comes in; events of claims, in an order that does not depend on what came first, go out.

Every answer has a rank: how far from us it comes from (TA1, 999, clearing house, payer), whether it is a verdict, its
day (of a 999 that of its file), and how bad it is. The answer of the highest rank says where a sending stands.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.service.answer_ties import SENDING

REPEATED_INTERCHANGE = "025"
OUTRANKED = "outranked"
# Events that say nothing of where the claim is: for a person to look at.
ODD = {"not-found": "CLAIM_NOT_FOUND", "contradicted": "ANSWER_CONTRADICTS", "not-usable": "ANSWER_NOT_USABLE"}
REJECTIONS = ("interchange-rejected", "syntax-rejected", "set-refused", "rejected")
_SEVERITY = {"accepted": 1, "interchange-accepted": 1, "syntax-accepted": 1, "set-refused": 2} | dict.fromkeys(
    ("rejected", "interchange-rejected", "syntax-rejected"), 3
)
_OF_CLAIM = {
    "in_transit": "received",
    "accepted": "accepted",
    "rejected": "rejected",
    "contradiction": "contradicted",
    "unknown": "not-found",
}
STATE_AFTER = {
    "interchange-accepted": "sent",
    "interchange-rejected": "rejected",
    "syntax-accepted": "acknowledged",
    "syntax-rejected": "rejected",
    "set-refused": "rejected",
    "received": "received",
    "accepted": "accepted",
    "rejected": "rejected",
}


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """Add to rows of `answer_ties.spread` their `event` and `answer_rank`; `is_innocent` marks refused with its set."""
    is_interchange = rows["scope"] == "interchange"
    is_syntax = rows["scope"].isin(["group", "set"])
    refused = rows["verdict"] == "rejected"
    accepted = rows["verdict"] == "accepted"
    of_claim = rows["verdict"].map(_OF_CLAIM).fillna("not-usable")
    known = rows["status_code"].isin(["A4"]) | (of_claim != "not-found")
    event = np.select(
        [
            is_interchange & refused,
            is_interchange & accepted,
            is_syntax & refused & rows["is_innocent"],
            is_syntax & refused,
            is_syntax & accepted,
            ~is_interchange & ~is_syntax & known,
        ],
        ["interchange-rejected", "interchange-accepted", "set-refused", "syntax-rejected", "syntax-accepted", of_claim],
        "not-usable",
    )
    events = rows.assign(event=pd.Series(event, index=rows.index, dtype="str"))
    return events.assign(answer_rank=_ranks(events))


def _ranks(rows: pd.DataFrame) -> pd.Series:
    """Text of a fixed width that sorts as answers outrank each other."""
    repeated = (rows["scope"] == "interchange") & (rows["detail_code"] == REPEATED_INTERCHANGE)
    stage = np.select(
        [
            repeated & (rows["verdict"] == "rejected"),
            rows["scope"] == "interchange",
            rows["scope"].isin(["group", "set"]),
            rows["source_code"] != "PR",
        ],
        ["0", "1", "2", "3"],
        "4",
    )
    is_verdict = rows["event"].isin(list(_SEVERITY)).map({True: "1", False: "0"})
    of_file = rows["interchange_date"]
    # No answer is younger than its file: a day in the future would outrank every other for good.
    is_ahead = (of_file != "") & (rows["status_date"] > of_file)
    dated = rows["status_date"].mask(rows["scope"].isin(["group", "set"]) | is_ahead, of_file)
    day = dated.str.replace("-", "").where(dated != "", "00000000")
    severity = rows["event"].map(_SEVERITY).fillna(0).astype("int64").astype("str")
    seg = rows["seg"].astype("str").str.zfill(10)
    return pd.Series(stage, index=rows.index, dtype="str") + is_verdict + day + severity + rows["sha256"].str[:16] + seg


_BY_RANK = {
    "11": "interchange-accepted",
    "13": "interchange-rejected",
    "03": "interchange-rejected",
    "21": "syntax-accepted",
    "22": "set-refused",
    "23": "syntax-rejected",
    "30": "received",
    "40": "received",
    "31": "accepted",
    "41": "accepted",
    "33": "rejected",
    "43": "rejected",
}


def said_by(heard: pd.DataFrame) -> pd.Series:
    """Give what each event of the timeline said, also where it was outranked: its rank knows."""
    rank = heard["answer_rank"]
    told = (rank.str[:1] + rank.str[10:11]).map(_BY_RANK).fillna("")
    return heard["event"].where(heard["event"].isin(list(ODD)), told)


def highest(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the row of the highest rank of each sending, among those that say (`said`) where it is."""
    telling = rows[rows["said"].isin(list(STATE_AFTER))]
    return telling.sort_values("answer_rank", kind="stable").drop_duplicates(SENDING, keep="last")


def in_order(new: pd.DataFrame, heard: pd.DataFrame) -> pd.DataFrame:
    """Sort new events by rank; what does not outrank all that was heard of its sending before is `outranked`.

    An answer to an earlier sending of a claim moves the claim no more; `sent_twice` looks whether it took it. `said`
    keeps the event as it was.
    """
    heard = heard[~heard["event"].isin(list(ODD))]
    before = heard.groupby(SENDING)["answer_rank"].max()
    new = new.sort_values("answer_rank", kind="stable", ignore_index=True)
    last = before.reindex(pd.MultiIndex.from_frame(new[SENDING]), fill_value="").to_numpy()
    late = (new["answer_rank"].to_numpy() <= last) | ~new["is_latest"].to_numpy()
    return new.assign(said=new["event"], event=new["event"].mask(late & ~new["event"].isin(list(ODD)), OUTRANKED))
