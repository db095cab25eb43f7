"""After a replay a claim stands where it stood before the undo, where its decisions do (as `restored_cases` says)."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.service.context import Context
from claims.service.rejections import DECIDED
from claims.service.undone_lives import AGAIN, EVENT
from claims.store import lives
from claims.store import undone_lives as rows
from claims.store.handles import Connection


def restore(conn: Connection, ctx: Context, run_id: int, day: date, owner: pd.DataFrame, undone_in: int) -> None:
    """Set claims back to where the timeline says that they stood when run `undone_in` undid their decisions.

    Decisions that were told in one night are told by their days; a replay tells those that it posts again after the
    others. What else a timeline was told since holds, and the claim stays where that leads.
    """
    events = rows.of_families(conn, sorted(set(owner["family_id"].tolist())))
    undone = events[events["event_key"] == "undone:" + str(undone_in) + ":" + events["claim_id"].astype("str")]
    undone = undone.set_index("claim_id")
    later = events[events["event_id"] > events["claim_id"].map(undone["event_id"])]
    is_other = ~later["event"].isin([EVENT, AGAIN]) & ~later["event_key"].str.startswith(rows.OF_POSTING)
    undone = undone[~undone.index.isin(later.loc[is_other, "claim_id"]) & undone["life_before"].isin(DECIDED)]
    claims = lives.of_claims(conn, undone.index.tolist()).set_index("claim_id")
    was = undone["life_before"].reindex(claims.index)
    moved = claims[claims["life"] != was]
    if moved.empty:
        return
    life = was.reindex(moved.index)
    told = moved.reset_index().assign(
        event=AGAIN,
        event_key=[f"replayed:{run_id}:{claim_id}" for claim_id in moved.index],
        life_before=moved["life"].to_numpy(),
        life_after=life.to_numpy(),
        detail_code="",
        submission_id=undone["submission_id"].reindex(moved.index).to_numpy(),
    )
    lives.save_events(conn, told, posting_date=day.isoformat(), actor=ctx.actor, run_id=run_id)
    lives.set_lives(conn, life.rename("life").rename_axis("claim_id").reset_index())
    sent = told[told["submission_id"] != 0]
    lives.set_submission_states(
        conn, sent[["submission_id", "life_after"]].set_axis(["submission_id", "state"], axis=1)
    )
