"""The life of a claim: what happened to claims comes in; their timeline, where they are, and what does not fit go out.

Which event leads where stands in ``codes/claim_life.csv``. An event that the table does not allow is put on the
timeline all the same, moves nothing, and opens an exception.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from claims import codes
from claims.store import exceptions, lives
from claims.store.handles import Connection

CONTRADICTION = "LIFE_CONTRADICTION"
ANY = "any"  # of the table: whatever the life is, it stays

# Columns of events, and what stands where the caller has nothing to say.
COLUMNS: dict[str, str | int] = {
    "claim_id": 0,
    "event": "",
    "detail_code": "",
    "event_key": "",
    "submission_id": 0,
    "file_id": 0,
    "seg": 0,
    "offset": 0,
    "length": 0,
    "effective_date": "",
    "answer_rank": "",
}


def record(
    conn: Connection, events: pd.DataFrame, posting_date: date, *, actor: str = "system", run_id: int = 0
) -> dict[str, int]:
    """Put events on the timelines of their claims, each event_key once, and move the claims and their submissions.

    `events` has the columns of `COLUMNS` (those after event_key may be left out), in the order in which they happened.
    Counts: events_recorded, lives_changed, life_contradictions.
    """
    events = events.assign(**{name: value for name, value in COLUMNS.items() if name not in events})
    events = events[list(COLUMNS)].drop_duplicates("event_key", ignore_index=True)
    events = events[~events["event_key"].isin(lives.known_keys(conn, events["event_key"].tolist()))]
    if events.empty:
        return {"events_recorded": 0, "lives_changed": 0, "life_contradictions": 0}
    claims = lives.of_claims(conn, np.unique(events["claim_id"]).tolist()).set_index("claim_id")
    told = _follow(events.reset_index(drop=True), claims["life"])
    told["family_id"] = claims["family_id"].reindex(told["claim_id"]).to_numpy()
    lives.save_events(conn, told, posting_date=posting_date.isoformat(), actor=actor, run_id=run_id)
    last = told.drop_duplicates("claim_id", keep="last").set_index("claim_id")["life_after"]
    moved = last[last != claims["life"].reindex(last.index)]
    lives.set_lives(conn, moved.rename("life").reset_index())
    sent = told[(told["submission_id"] != 0) & (told["submission_state"] != "")]
    sent = sent.drop_duplicates("submission_id", keep="last")
    lives.set_submission_states(
        conn, sent[["submission_id", "submission_state"]].set_axis(["submission_id", "state"], axis=1)
    )
    odd = told[~told["is_allowed"]].drop_duplicates(["claim_id", "event"])
    exceptions.open_all(conn, _contradictions(odd, claims), posting_date)
    return {"events_recorded": len(told), "lives_changed": len(moved), "life_contradictions": len(odd)}


def contradiction_keys(claims: pd.DataFrame, what: pd.Series | str) -> pd.Series:
    """Name the exceptions of claims (claim_key, body_hash) that `what` contradicts."""
    return CONTRADICTION + ":" + claims["claim_key"] + ":" + claims["body_hash"].str[:16] + ":" + what


def next_lives(life: pd.Series, event: pd.Series) -> pd.DataFrame:
    """Look up where events lead: life_after, submission_state ("": as it was) and is_allowed, indexed as `life`."""
    known = _table()
    pairs, distinct = pd.MultiIndex.from_arrays([life, event]).factorize()
    found = [known.get(pair) or known.get((ANY, pair[1])) for pair in distinct]
    after = [life if row is None else row[0] or life for (life, _), row in zip(distinct, found, strict=True)]
    state = ["" if row is None else row[1] or row[0] for row in found]
    return pd.DataFrame(
        {
            "life_after": np.array(after, dtype=object)[pairs],
            "submission_state": np.array(state, dtype=object)[pairs],
            "is_allowed": np.array([row is not None for row in found], dtype=bool)[pairs],
        },
        index=life.index,
    ).astype({"life_after": "str", "submission_state": "str"})


@cache
def _table() -> dict[tuple[str, str], tuple[str, str]]:
    rows = codes.table("claim_life")
    columns = (rows[name].tolist() for name in ("life", "event", "next_life", "submission"))
    return {(life, event): (after, state) for life, event, after, state in zip(*columns, strict=True)}


def _follow(events: pd.DataFrame, life: pd.Series) -> pd.DataFrame:
    """Add life_before, life_after, submission_state and is_allowed: the n-th events of all claims are one round."""
    rounds = events.groupby("claim_id").cumcount()
    parts = []
    for number in range(int(rounds.max()) + 1):
        part = events[rounds == number]
        before = life.reindex(part["claim_id"]).set_axis(part.index)
        part = part.assign(life_before=before).join(next_lives(before, part["event"]))
        life = part.set_index("claim_id")["life_after"].combine_first(life)
        parts.append(part)
    return pd.concat(parts).sort_index(kind="stable")


def _contradictions(odd: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    of_claim = claims.reindex(odd["claim_id"]).set_axis(odd.index)
    return odd.assign(
        exception_key=contradiction_keys(of_claim, odd["event"]),
        type_code=CONTRADICTION,
        amount_cents=of_claim["charge_cents"],
        message="the event " + odd["event"] + " does not fit a claim that is " + odd["life_before"],
    )
