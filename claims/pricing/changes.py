"""Variance cases as they are stored and as they follow from the books now; what to insert, replace and tell out."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.pricing.cases import CLOSED, FACTS, OPEN, RECOVERED

SETTLED = ("accepted", "closed")
STATE = ["stance", "stance_cents", "state", "outcome"]
COMPARED = [*FACTS, "state"]
EVENT_COLUMNS = ["case_key", "kind", "claim_payment_id", "amount_cents", "body", "posting_date"]


class Changes(NamedTuple):
    """Rows to insert, rows to replace (by variance_case_id), events to insert (by case_key)."""

    new: pd.DataFrame
    changed: pd.DataFrame
    events: pd.DataFrame


def compare(
    stored: pd.DataFrame, found: pd.DataFrame, decided: pd.Series, priced: pd.DataFrame, posting_date: str
) -> Changes:
    """Hold the cases that follow from the books (`found`: FACTS, case_key and what names the case) against `stored`.

    A stored case that no longer follows is closed: undone when its decision (one of `decided`) stands no more,
    unpriced when nothing prices its line, else repriced. `priced`: claim_id, line_number, expected_cents (Int64).
    """
    is_known = found["case_key"].isin(stored["case_key"])
    new = _dated(with_states(found[~is_known].assign(stance="", stance_cents=0)), None, posting_date)
    now = found[is_known].set_index("case_key")
    old = stored.sort_values("case_key", ignore_index=True)
    stays = old["case_key"].isin(now.index)
    kept = old[stays].reset_index(drop=True)
    fresh = kept.assign(**{name: now[name].reindex(kept["case_key"]).to_numpy() for name in FACTS})
    lost = old[~stays].reset_index(drop=True)
    gone = lost.assign(
        found=CLOSED, open_cents=0, recovered_cents=0, recovered_claim_payment_id=0,
        outcome=_why_lost(lost, decided, priced),
    )  # fmt: skip
    before = pd.concat([kept, lost], ignore_index=True)
    after = with_states(pd.concat([fresh, gone], ignore_index=True).astype(before.dtypes.to_dict()))
    after = _dated(after, before, posting_date)
    differs = (before[COMPARED] != after[COMPARED]).any(axis=1)
    before, after = before[differs].reset_index(drop=True), after[differs].reset_index(drop=True)
    events = pd.concat([_told_of_new(new, posting_date), _told(before, after, posting_date)], ignore_index=True)
    return Changes(_finished(new), _finished(after), events)


def _why_lost(lost: pd.DataFrame, decided: pd.Series, priced: pd.DataFrame) -> pd.Series:
    """Say why cases follow no more; one that was lost already keeps its word while it comes from the decision."""
    bare = priced.loc[priced["expected_cents"].isna(), ["claim_id", "line_number"]]
    bare = pd.concat([bare, bare.assign(line_number=0)])  # a claim as a whole lacks what one of its lines lacks
    is_bare = pd.MultiIndex.from_frame(lost[["claim_id", "line_number"]]).isin(pd.MultiIndex.from_frame(bare))
    why = np.select([~lost["claim_payment_id"].isin(decided), is_bare], ["undone", "unpriced"], "repriced")
    was = lost["outcome"]
    stays = was.isin(["repriced", "unpriced", "undone"]) & ((was == "undone") | (why == "undone"))
    return was.where(stays, pd.Series(why, index=lost.index)).astype("str")


def with_states(rows: pd.DataFrame) -> pd.DataFrame:
    """Add `state` and `outcome` as a person sees them.

    What postings say goes before what a person said of an open case, and that holds while no more is open than the
    person saw.
    """
    says = (rows["found"] == OPEN) & (rows["stance"] != "")
    settles = says & rows["stance"].isin(["accepted", "closed"]) & (rows["open_cents"] <= rows["stance_cents"])
    disputes = says & (rows["stance"] == "disputed")
    state = rows["stance"].where(settles | disputes, rows["found"])
    outcome = rows["stance"].where(settles, rows["outcome"].fillna(""))
    return rows.assign(state=state.astype("str"), outcome=outcome.astype("str"))


def happened(old: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Name what happened to cases that look otherwise than before (same rows, same order), and its amount."""
    was_open, is_open = (old["found"] == OPEN).to_numpy(), (new["found"] == OPEN).to_numpy()
    more = new["recovered_cents"].to_numpy(np.int64) - old["recovered_cents"].to_numpy(np.int64)
    is_recovered = (new["found"] == RECOVERED).to_numpy() & (old["found"] != RECOVERED).to_numpy()
    is_priced_anew = (old["expected_cents"] != new["expected_cents"]).to_numpy()
    is_other = is_priced_anew | (old["procedure_code"] != new["procedure_code"]).to_numpy()
    is_replaced = is_other & (old["claim_id"] != new["claim_id"]).to_numpy()
    ended = (new["found"] == CLOSED).to_numpy() & (old["found"] != CLOSED).to_numpy()
    fits = [is_recovered, ended, is_open & ~was_open, is_replaced, is_priced_anew, more > 0, more < 0]
    named = ("reopened", "replaced", "repriced", "recovered_in_part", "taken_back")
    words = [np.full(len(new), word, object) for word in named]
    words = [np.full(len(new), "recovered", object), new["outcome"].to_numpy(object), *words]
    was_left, left = old["open_cents"].to_numpy(np.int64), new["open_cents"].to_numpy(np.int64)
    kinds = pd.Series(np.select(fits, words, "changed"), index=new.index, dtype="str")
    return kinds, pd.Series(np.select(fits, [more, was_left, left, left, left, more, -more], left), index=new.index)


def _told(before: pd.DataFrame, after: pd.DataFrame, posting_date: str) -> pd.DataFrame:
    kinds, cents = happened(before, after)
    is_won = kinds.isin(["recovered", "recovered_in_part"])
    was, now = before[COMPARED].to_dict("records"), after[COMPARED].to_dict("records")
    bodies = [
        json.dumps({"before": {name: old[name] for name in COMPARED if old[name] != new[name]}}, sort_keys=True)
        for old, new in zip(was, now, strict=True)
    ]
    return pd.DataFrame(
        {
            "case_key": after["case_key"],
            "kind": kinds,
            "claim_payment_id": after["recovered_claim_payment_id"].where(is_won, 0),
            "amount_cents": cents.astype("int64"),
            "body": pd.Series(bodies, index=after.index, dtype="str"),
            "posting_date": pd.Series(posting_date, index=after.index, dtype="str"),
        }
    )[EVENT_COLUMNS]  # fmt: skip


def _told_of_new(new: pd.DataFrame, posting_date: str) -> pd.DataFrame:
    """Tell that cases opened, and of those that were over at once, how."""
    size = new["difference_cents"].abs()
    opened = new.assign(
        open_cents=size, recovered_cents=0, recovered_claim_payment_id=0, found=OPEN, outcome="", state=OPEN
    )
    rows = pd.DataFrame(
        {
            "case_key": new["case_key"],
            "kind": pd.Series("opened", index=new.index, dtype="str"),
            "claim_payment_id": new["claim_payment_id"],
            "amount_cents": size,
            "body": pd.Series("{}", index=new.index, dtype="str"),
            "posting_date": pd.Series(posting_date, index=new.index, dtype="str"),
        }
    )[EVENT_COLUMNS]
    moved = (opened[COMPARED] != new[COMPARED]).any(axis=1)
    later = _told(opened[moved].reset_index(drop=True), new[moved].reset_index(drop=True), posting_date)
    return pd.concat([rows, later], ignore_index=True)


def _dated(rows: pd.DataFrame, before: pd.DataFrame | None, posting_date: str) -> pd.DataFrame:
    """Say when a case opened and when it was over; one that was over already keeps its day."""
    is_over = rows["state"].isin([RECOVERED, *SETTLED])
    if before is None:
        rows = rows.assign(posting_date=posting_date)
        known = pd.Series("", index=rows.index, dtype="str")
    else:
        known = before["closed_posting_date"].where(before["state"] == rows["state"], "")
    day = known.where(known != "", posting_date).where(is_over, "")
    return rows.assign(closed_posting_date=day.astype("str")).astype({"posting_date": "str"})


def _finished(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort by key; an open case has no outcome."""
    rows = rows.drop(columns="recorded_at", errors="ignore")
    return rows.assign(outcome=rows["outcome"].where(rows["outcome"] != "")).sort_values("case_key", ignore_index=True)
