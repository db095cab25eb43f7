"""Claims whose stored file no longer says what the books say: each is listed, and none that waits goes on its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from claims.service import life
from claims.service.context import Context
from claims.store import exceptions, lives
from claims.store.handles import Connection

DIFFERS = "CONTENT_DIFFERS"
_MAY_BE_BLOCKED = ("draft", "ready")


def hold(conn: Connection, ctx: Context, run_id: int, day: date, claim_ids: Sequence[int]) -> None:
    """Block claims that wait, and open an exception for each."""
    if not len(claim_ids):
        return
    claims = lives.of_claims(conn, claim_ids)
    waiting = claims.loc[claims["life"].isin(_MAY_BE_BLOCKED), "claim_id"]
    events = pd.DataFrame(
        {
            "claim_id": waiting.to_numpy(),
            "event": "blocked",
            "detail_code": DIFFERS,
            "event_key": [f"content:{run_id}:blocked:{claim_id}" for claim_id in waiting.tolist()],
        }
    ).astype({"event": "str", "detail_code": "str", "event_key": "str"})
    life.record(conn, events, day, actor=ctx.actor, run_id=run_id)
    rows = claims.assign(
        exception_key=[f"{DIFFERS}:{claim_id}" for claim_id in claims["claim_id"].tolist()],
        type_code=DIFFERS,
        amount_cents=claims["charge_cents"],
    )
    exceptions.open_all(conn, rows, day)


def settle(conn: Connection, day: date, claim_ids: Sequence[int]) -> None:
    """End what is listed of claims whose file says what the books say."""
    exceptions.close_for(conn, "claim_id", claim_ids, [DIFFERS], "the file says it again", day)
