"""Claims stand again where they stood before the decisions that are undone; their timelines say so."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.service.context import Context
from claims.service.life import contradiction_keys, next_lives
from claims.service.rejections import ADJUDICATED, DECIDED
from claims.store import exceptions, lives
from claims.store import undone_lives as rows
from claims.store.handles import Connection

EVENT, AGAIN = "decision-undone", "decisions-as-before"


def take_back(conn: Connection, ctx: Context, run_id: int, day: date, gone: pd.DataFrame) -> None:
    """Withdraw what the postings `gone` (claim_posting_id) told the timelines of claims."""
    claim_ids = rows.claims_told(conn, gone["claim_posting_id"].tolist())
    if not claim_ids:
        return
    claims = lives.of_claims(conn, claim_ids).set_index("claim_id")
    events = rows.events(conn, claim_ids)
    own = events["event_key"].isin("posting:" + gone["claim_posting_id"].astype("str"))
    first = events[own].groupby("claim_id").first()
    life = _followed(events, first)
    told = claims.reset_index().assign(
        event=EVENT,
        event_key=[f"undone:{run_id}:{claim_id}" for claim_id in claims.index],
        life_before=claims["life"].to_numpy(),
        life_after=life.reindex(claims.index).to_numpy(),
        detail_code="",
        submission_id=first["submission_id"].reindex(claims.index).to_numpy(),
    )
    lives.save_events(conn, told, posting_date=day.isoformat(), actor=ctx.actor, run_id=run_id)
    lives.set_lives(conn, life.rename("life").rename_axis("claim_id").reset_index())
    _submissions(conn, events, own)
    _contradictions(conn, events, own, claims, life, day)


def _followed(events: pd.DataFrame, first: pd.DataFrame) -> pd.Series:
    """Follow each claim from before its first event that is withdrawn, over what still holds of the later ones."""
    later = events["event_id"] > events["claim_id"].map(first["event_id"])
    holds = events[later & ~events["is_stale"] & ~events["event"].isin([EVENT, AGAIN])]
    holds = holds.assign(nth=holds.groupby("claim_id").cumcount())
    life = first["life_before"].astype("str")
    for _, step in holds.groupby("nth"):
        after = next_lives(life.reindex(step["claim_id"]).set_axis(step.index), step["event"])["life_after"]
        life = pd.Series(after.to_numpy(), index=step["claim_id"].to_numpy()).combine_first(life)
    return life


def _submissions(conn: Connection, events: pd.DataFrame, own: pd.Series) -> None:
    """Let each sending stand where the last event that still holds left it."""
    sent = np.unique(events.loc[own & (events["submission_id"] != 0), "submission_id"])
    holds = events[events["submission_id"].isin(sent) & ~events["is_stale"] & ~events["event"].isin([EVENT, AGAIN])]
    state = next_lives(holds["life_before"], holds["event"])["submission_state"]
    last = holds.assign(state=state)[state != ""].drop_duplicates("submission_id", keep="last")
    lives.set_submission_states(conn, last[["submission_id", "state"]])


def _contradictions(
    conn: Connection, events: pd.DataFrame, own: pd.Series, claims: pd.DataFrame, life: pd.Series, day: date
) -> None:
    """Close what named an event that holds no more; open rejections that a decision had closed."""
    odd = events[~next_lives(events["life_before"], events["event"])["is_allowed"]]
    still = pd.MultiIndex.from_frame(odd.loc[~odd["is_stale"], ["claim_id", "event"]])
    gone = odd[own.reindex(odd.index)]
    gone = gone[~pd.MultiIndex.from_frame(gone[["claim_id", "event"]]).isin(still)]
    of_claim = claims.reindex(gone["claim_id"]).set_axis(gone.index)
    exceptions.close_keys(conn, contradiction_keys(of_claim, gone["event"]), "undone", day)
    undecided = life.index[~life.isin(DECIDED)]
    again = rows.reopen_rejections(conn, undecided.tolist())
    exceptions.close_keys(conn, contradiction_keys(claims.reindex(again), ADJUDICATED), "undone", day)
