"""The life of each case comes in; rows to insert, rows to replace and events go out."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from claims.denials.cases import FACTS, case_keys

STATE = ["state", "waiting_for", "outcome", "recovered_cents", "decision_date", "posting_date", "closed_posting_date"]
CASE_COLUMNS = ["case_key", *FACTS, *STATE]
EVENT_COLUMNS = ["case_key", "kind", "claim_payment_id", "amount_cents", "body", "posting_date"]
KEY = ["base", "opening"]
CLOSING = ("taken_back", "paid", "lost")  # kinds of effects


def _at(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[KEY])


def with_keys(lived: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Give each effect the key of its case: the stored one, else the one that follows from its base and opening."""
    names = pd.Series(kept["case_key"].to_numpy(), index=_at(kept), dtype="str").reindex(_at(lived))
    is_new = names.isna().to_numpy()
    keys = names.to_numpy(dtype=object)
    keys[is_new] = case_keys(lived.loc[is_new, "base"], lived.loc[is_new, "opening"])
    return lived.assign(case_key=pd.Series(keys, index=lived.index, dtype="str"))


def _states(lived: pd.DataFrame) -> pd.DataFrame:
    """Return per case: is_closed, outcome, recovered_cents and the last denial of this batch (candidate, or -1)."""
    ends = lived[lived["is_state"]].set_index(KEY)
    states = pd.DataFrame({"is_closed": ends["is_closed"], "outcome": ends["outcome"].where(ends["is_closed"], "")})
    is_closing = lived["kind"].isin(CLOSING) & (lived["event"] != "")
    recovered = lived["recovered_cents"].where(is_closing, 0).groupby([lived["base"], lived["opening"]]).sum()
    states["recovered_cents"] = recovered.reindex(states.index, fill_value=0)
    denials = (
        lived[(lived["kind"] == "denied") | lived["is_last"]]
        .drop_duplicates(KEY, keep="last")
        .set_index(KEY)["candidate"]
    )
    states["candidate"] = denials.reindex(states.index, fill_value=-1)
    return states


def new_cases(lived: pd.DataFrame, cases: pd.DataFrame, posting_date: str) -> pd.DataFrame:
    """Return the cases that this batch opens, as its last decision leaves them."""
    opened = lived[lived["event"] == "opened"].reset_index(drop=True)
    states = _states(lived).reindex(_at(opened))
    rows = cases.loc[states["candidate"].to_numpy(), FACTS].reset_index(drop=True)
    is_closed = states["is_closed"].to_numpy(bool)
    rows["case_key"] = opened["case_key"]
    rows["state"] = pd.Series(np.where(is_closed, "closed", "new"), dtype="str")
    rows["waiting_for"] = ""
    rows["outcome"] = states["outcome"].to_numpy()
    rows["recovered_cents"] = states["recovered_cents"].to_numpy("int64")
    rows["decision_date"] = ""
    rows["posting_date"] = posting_date
    rows["closed_posting_date"] = pd.Series(np.where(is_closed, posting_date, ""), dtype="str")
    return _finished(rows, CASE_COLUMNS)


def changed_cases(lived: pd.DataFrame, cases: pd.DataFrame, kept: pd.DataFrame, posting_date: str) -> pd.DataFrame:
    """Return the stored cases that this batch changes, whole."""
    happened = lived[~lived["event"].isin(["", "attached", "opened"]) | lived["is_last"]]
    is_touched = _at(kept).isin(_at(happened)) | kept["is_matched"] | kept["is_merged"]
    rows = kept[is_touched].reset_index(drop=True)
    states = _states(lived).reindex(_at(rows))
    lives = states["is_closed"].notna().to_numpy() & ~rows["is_merged"].to_numpy(bool)
    # A case that was only filed under its claim takes the facts of the same denial, now that the claim is known.
    own = cases.reset_index().drop_duplicates(["claim_payment_id", "base"]).set_index(["claim_payment_id", "base"])
    again = own["index"].reindex(pd.MultiIndex.from_frame(rows[["claim_payment_id", "base"]])).fillna(-1).to_numpy()
    candidate = states["candidate"].fillna(-1).astype("int64").to_numpy()
    candidate = np.where((candidate < 0) & rows["is_matched"].to_numpy(bool), again, candidate).astype("int64")
    for name in FACTS:
        fresh = cases[name].reindex(candidate[candidate >= 0]).to_numpy()
        rows.loc[candidate >= 0, name] = fresh
    was_closed = (rows["state"] == "closed").to_numpy(bool)
    is_closed = np.where(lives, states["is_closed"].fillna(False).astype(bool), was_closed) | rows["is_merged"]
    outcome = np.where(lives, states["outcome"].fillna(""), rows["outcome"])
    # Another case is about the same line of the claim: this one counts nowhere, as if the claim had been known.
    rows["outcome"] = pd.Series(np.where(rows["is_merged"], "undone", outcome), dtype="str")
    # What was waited for has come: a person decides what is next.
    is_answered = _at(rows).isin(_at(happened)) & (rows["state"] == "waiting").to_numpy()
    is_decided = is_answered & (rows["waiting_for"] == "appealed") & (candidate >= 0)
    rows["decision_date"] = rows["decision_date"].where(~is_decided, rows["remit_date"])
    open_state = rows["state"].where(~is_answered, "in_work").where(~was_closed, "new")
    rows["state"] = open_state.where(~is_closed, "closed")
    rows["waiting_for"] = rows["waiting_for"].where(rows["state"] == "waiting", "")
    # What is open of it is looked at when all is written; a closed case keeps what it was worth.
    rows["at_risk_cents"] = rows["worth_cents"]
    rows["recovered_cents"] += states["recovered_cents"].fillna(0).astype("int64").to_numpy()
    anew = lived.loc[(lived["event"] == "reopened") | (lived["kind"].isin(CLOSING) & (lived["event"] != "")), KEY]
    closed_now = is_closed & (~was_closed | _at(rows).isin(_at(anew)))
    closed_date = rows["closed_posting_date"].where(is_closed, "")
    rows["closed_posting_date"] = closed_date.where(~closed_now, posting_date)
    return _finished(rows, ["case_id", *CASE_COLUMNS])


def events(lived: pd.DataFrame, cases: pd.DataFrame, kept: pd.DataFrame, posting_date: str) -> pd.DataFrame:
    """Return what happened to each case, in order."""
    rows = lived[lived["event"] != ""].rename(columns={"event": "kind_of", "kind": "effect"})
    amounts = np.append(cases["denied_cents"].to_numpy("int64"), 0)[rows["candidate"]]
    appealed = kept.loc[kept["waiting_for"] == "appealed", "case_key"]
    is_upheld = (rows["kind_of"] == "repeated") & rows["case_key"].isin(appealed)
    rows = rows.assign(kind_of=rows["kind_of"].where(~is_upheld, "upheld"))
    reasons = np.append(cases["action_reason"].to_numpy(dtype=object), "")[rows["candidate"]]
    happened = pd.DataFrame(
        {
            "case_key": rows["case_key"],
            "kind": rows["kind_of"],
            "claim_payment_id": rows["claim_payment_id"],
            "amount_cents": np.where(rows["effect"].isin(CLOSING), rows["recovered_cents"], amounts),
            "body": [json.dumps({"action_reason": reason}) if reason else "{}" for reason in reasons],
            "at": rows["at"],
        }
    )
    filed = kept[kept["is_matched"] | kept["is_merged"]]
    matched = pd.DataFrame(
        {
            "case_key": filed["case_key"],
            "kind": pd.Series(np.where(filed["is_matched"], "matched", "superseded"), index=filed.index, dtype="str"),
            "claim_payment_id": filed["claim_payment_id"],
            "amount_cents": filed["denied_cents"].where(filed["is_matched"], 0),
            "body": "{}",
            "at": -1,
        }
    )
    both = pd.concat([matched, happened], ignore_index=True).astype({"case_key": "str", "kind": "str", "body": "str"})
    both["posting_date"] = pd.Series(np.full(len(both), posting_date), dtype="str")
    return both.sort_values(["at", "case_key"], kind="stable", ignore_index=True)[EVENT_COLUMNS]


def with_before(rows: pd.DataFrame, stored: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """Write into the first event of each changed case which values its columns had before."""
    old = stored.set_index("case_id").reindex(changed["case_id"])
    bodies = {}
    for was, now in zip(old[CASE_COLUMNS].to_dict("records"), changed[CASE_COLUMNS].to_dict("records"), strict=True):
        differs = {
            name: was[name] for name in CASE_COLUMNS if was[name] != (now[name] if now[name] == now[name] else "")
        }
        bodies[now["case_key"]] = differs
    first = ~rows.duplicated("case_key") & rows["case_key"].isin(list(bodies))
    texts = [
        json.dumps(json.loads(body) | {"before": bodies[key]}, sort_keys=True) if is_first else body
        for body, key, is_first in zip(rows["body"], rows["case_key"], first, strict=True)
    ]
    return rows.assign(body=pd.Series(texts, index=rows.index, dtype="str"))


def _finished(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Sort by case_key; an open case has no outcome (missing, not empty)."""
    rows = rows.assign(outcome=rows["outcome"].where(rows["outcome"] != ""))
    return rows.sort_values("case_key", ignore_index=True)[columns]
