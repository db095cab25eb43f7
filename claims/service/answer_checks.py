"""What answers leave open: verdicts that nobody can use, claims that are left out, answers to nothing we know."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.service.answer_events import ODD, REPEATED_INTERCHANGE
from claims.service.answer_ties import SENDING, SET
from claims.service.rejections import DECIDED
from claims.store import answers, exceptions, lives
from claims.store.handles import Connection

SETTLED = "answered"


def check_claims(conn: Connection, sendings: pd.DataFrame, posting_date: date) -> None:
    """Open an exception for each odd answer that no verdict of a later day or a farther place has settled."""
    ids = np.unique(sendings["claim_id"]).tolist()
    heard = answers.heard(conn, ids)
    is_odd = heard["event"].isin(list(ODD))
    odd = heard[is_odd].sort_values("answer_rank").drop_duplicates([*SENDING, "event"], keep="last")
    best = heard[~is_odd & (heard["answer_rank"].str[1:2] == "1")].groupby(SENDING)["answer_rank"].max()
    told = odd.merge(
        sendings.drop_duplicates(SENDING)[[*SENDING, "family_id", "is_latest", "charge_cents"]], on=SENDING
    )
    claims = lives.of_claims(conn, ids).set_index("claim_id").reindex(told["claim_id"])
    outranked = _place(told["answer_rank"]) <= _place(
        best.reindex(pd.MultiIndex.from_frame(told[SENDING]), fill_value="").set_axis(told.index)
    )
    rows = told.assign(
        type_code=told["event"].map(ODD),
        exception_key=(
            told["event"].map(ODD) + ":" + (claims["claim_key"] + ":" + claims["body_hash"].str[:16]).to_numpy()
        ),
        amount_cents=told["charge_cents"],
    )
    settled = outranked | claims["life"].isin(DECIDED).to_numpy() | ~told["is_latest"]
    exceptions.open_all(conn, rows[~settled], posting_date)
    exceptions.close_keys(conn, rows.loc[settled, "exception_key"], SETTLED, posting_date)


def check_syntax(conn: Connection, sets: pd.DataFrame, sendings: pd.DataFrame, posting_date: date) -> None:
    """List the sets that one 999 takes and another refuses, while nothing farther away has judged all their claims."""
    ids = np.unique(sendings["claim_id"]).tolist()
    heard = answers.heard(conn, ids)
    stage, is_refusal = heard["answer_rank"].str[:2], heard["answer_rank"].str[10:11] != "1"
    by_sending = pd.DataFrame(
        {
            "taken": (stage == "21") & ~is_refusal,
            "refused": (stage == "21") & is_refusal,
            "judged": stage.isin(["31", "41"]),
        }
    )
    said = by_sending.groupby([heard[name] for name in SENDING]).any().reset_index()
    lives_now = lives.of_claims(conn, ids).set_index("claim_id")["life"]
    told = sendings[[*SET, *SENDING, "charge_cents"]].merge(said, on=SENDING)
    told["is_odd"] = told["taken"] & told["refused"]
    told["waits"] = told["is_odd"] & ~told["judged"] & ~lives_now.reindex(told["claim_id"]).isin(DECIDED).to_numpy()
    told["amount_cents"] = told["charge_cents"].where(told["waits"], 0)
    by_set = told.groupby(SET, as_index=False).agg(
        is_odd=("is_odd", "any"), waits=("waits", "any"), amount_cents=("amount_cents", "sum")
    )
    rows = sets.drop(columns="charge_cents").merge(by_set[by_set["is_odd"]], on=SET)
    rows = rows.assign(
        exception_key="ANSWER_CONTRADICTS:" + _name(rows),
        type_code="ANSWER_CONTRADICTS",
        file_id=rows["sent_file_id"],
        message="one 999 takes the set, another refuses it: ask the receiver before its claims go again",
    )
    exceptions.close_keys(conn, rows.loc[~rows["waits"], "exception_key"], SETTLED, posting_date)
    exceptions.open_all(conn, rows[rows["waits"]], posting_date)
    exceptions.restate(conn, rows[rows["waits"]])


def _place(rank: pd.Series) -> pd.Series:
    """Compare how far away and on which day only: an odd answer is no verdict, and has no severity."""
    return rank.str[:1] + rank.str[2:10]


def check_sets(conn: Connection, sets: pd.DataFrame, sendings: pd.DataFrame, posting_date: date) -> None:
    """Hold what 277CAs say of each batch against what was sent, in claims and dollars."""
    named = sets[sets["batch_reference"] != ""]
    told = answers.of_batches(conn, sorted(set(named["batch_reference"])))
    refused = told[(told["scope"] != "claim") & (told["verdict"] == "rejected")]
    claims = told[told["scope"] == "claim"]
    sent = named[[*SET, "batch_reference"]].merge(sendings, on=SET)
    sent = sent[sent["batch_reference"].isin(told["batch_reference"])]
    key = ["batch_reference", "claim_number"]
    listed = pd.MultiIndex.from_frame(sent[key]).isin(
        pd.MultiIndex.from_frame(claims[["batch_reference", "reference"]])
    )
    whole = sent["batch_reference"].isin(refused.loc[refused["scope"] == "batch", "batch_reference"])
    provider = pd.MultiIndex.from_frame(sent[["batch_reference", "billing_npi"]]).isin(
        pd.MultiIndex.from_frame(refused.loc[refused["scope"] == "provider", ["batch_reference", "provider_npi"]])
    )
    missing = pd.Series(~(listed | whole.to_numpy() | provider), index=sent.index)
    priced = _standing(conn, sent).merge(
        claims.dropna(subset=["charge_cents"]), on=["file_id", "seg"], suffixes=("", "_told")
    )
    off = (priced["charge_cents_told"].astype("int64") - priced["charge_cents"]).abs()
    # Of one place and day, the one that is right stands.
    least = off.groupby([priced[name] for name in (*SET, *SENDING)]).min().reset_index(name="off")
    by_set = pd.DataFrame(
        {
            "claims": missing.groupby([sent[name] for name in SET]).sum(),
            "amount_cents": sent["charge_cents"].where(missing, 0).groupby([sent[name] for name in SET]).sum(),
        }
    )
    off_cents = least.groupby(SET)["off"].sum().reindex(by_set.index, fill_value=0)
    rows = named.drop(columns=["claims", "charge_cents"]).merge(
        by_set.assign(off_cents=off_cents).reset_index(), on=SET
    )
    rows = rows.assign(
        exception_key="ANSWER_TOTALS_DIFFER:" + _name(rows),
        type_code="ANSWER_TOTALS_DIFFER",
        amount_cents=rows["amount_cents"] + rows["off_cents"],
        file_id=rows["sent_file_id"],
        message=_differences(rows),
    )
    differs = (rows["claims"] > 0) | (rows["off_cents"] > 0)
    exceptions.close_keys(conn, rows.loc[~differs, "exception_key"], SETTLED, posting_date)
    exceptions.open_all(conn, rows[differs], posting_date)
    exceptions.restate(conn, rows[differs])


def _standing(conn: Connection, sent: pd.DataFrame) -> pd.DataFrame:
    """Give sendings with the statuses (file_id, seg) of the farthest place and the last day that were heard of each."""
    heard = answers.heard(conn, np.unique(sent["claim_id"]).tolist())
    heard = heard[~heard["event"].isin(list(ODD))].assign(place=_place(heard["answer_rank"]))
    best = heard.groupby(SENDING)["place"].max().rename("best").reset_index()
    heard = heard.merge(best, on=SENDING)
    heard = heard.loc[heard["place"] == heard["best"], [*SENDING, "file_id", "seg"]]
    return sent[[*SET, *SENDING, "charge_cents"]].merge(heard, on=SENDING)


def _name(sets: pd.DataFrame) -> pd.Series:
    return sets["interchange_number"].str.zfill(9) + ":" + sets["set_number"] + ":" + sets["batch_reference"]


def _differences(rows: pd.DataFrame) -> pd.Series:
    missing = rows["claims"].astype("str") + " claim(s) of the batch are in no 277CA"
    return missing.where(rows["claims"] > 0, "the charges in the 277CA are not those that were sent")


def check_days(conn: Connection, tried: pd.DataFrame, posting_date: date) -> None:
    """List the sets of answers that say a day after that of their own file: they count as of that day."""
    ahead = tried[(tried["interchange_date"] != "") & (tried["status_date"] > tried["interchange_date"])]
    ahead = ahead.drop_duplicates(["sha256", "answer_seg"])
    rows = ahead.assign(
        exception_key="ANSWER_AHEAD:" + ahead["sha256"] + ":" + ahead["answer_seg"].astype("str"),
        type_code="ANSWER_AHEAD",
        amount_cents=0,
    )
    exceptions.open_all(conn, rows, posting_date)


def check_unknown(conn: Connection, tried: pd.DataFrame, posting_date: date) -> None:
    """List the sets of answers that name something we do not know, until it comes; and repeated interchanges."""
    lost = tried[tried["state"] == "unknown"]
    amount = lost["charge_cents"].where(lost["scope"] == "claim").fillna(0).astype("int64")
    by_set = lost.assign(amount_cents=amount).groupby(["sha256", "answer_seg", "file_id"], as_index=False)
    rows = by_set.agg(amount_cents=("amount_cents", "sum"), seg=("seg", "min"))
    rows = rows.assign(exception_key=_unknown_key(rows), type_code="ANSWER_UNKNOWN")
    known = _unknown_key(tried.drop_duplicates(["sha256", "answer_seg"]))
    exceptions.close_keys(conn, known[~known.isin(rows["exception_key"])], SETTLED, posting_date)
    exceptions.open_all(conn, rows, posting_date)
    exceptions.restate(conn, rows)
    repeated = tried[
        (tried["scope"] == "interchange")
        & (tried["verdict"] == "rejected")
        & (tried["detail_code"] == REPEATED_INTERCHANGE)
    ]
    exceptions.open_all(
        conn,
        repeated.assign(
            exception_key="INTERCHANGE_REPEATED:" + repeated["sha256"] + ":" + repeated["seg"].astype("str"),
            type_code="INTERCHANGE_REPEATED",
            amount_cents=0,
        ),
        posting_date,
    )


def _unknown_key(rows: pd.DataFrame) -> pd.Series:
    return "ANSWER_UNKNOWN:" + rows["sha256"] + ":" + rows["answer_seg"].astype("str")
