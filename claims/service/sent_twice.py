"""A claim that left again while an earlier sending of it was taken: what stands of each sending in; where it is, out.

The payer has such a claim, whatever it says of the copy: a later sending that is refused as a copy takes nothing away.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.service import life, rejections
from claims.service.answer_events import REPEATED_INTERCHANGE, highest, said_by
from claims.service.answer_ties import SENDING
from claims.store import answers, exceptions, lives
from claims.store.handles import Connection

SENT_TWICE, COPY_REFUSED = "SENT_TWICE", "copy_refused"
# STC01 of a copy: refused, or returned as not processable, because the claim was there before (54).
_COPY = r"(?:^|; )A[37] 54(?: |;|$)"
_REFUSED = ("rejected", "interchange-rejected", "syntax-rejected")


def settle(conn: Connection, claim_ids: list[int], posting_date: date, *, actor: str, run_id: int) -> None:
    """Let an earlier sending that stands accepted speak where the last one is refused as its copy; list all others.

    Works from what stands, so no order of answers matters.
    """
    sendings = answers.sent_again(conn, claim_ids)
    if sendings.empty:
        return
    heard = answers.heard(conn, np.unique(sendings["claim_id"]).tolist())
    best = highest(heard.assign(said=said_by(heard)))[[*SENDING, "said", "detail_code", "answer_rank"]]
    told = sendings.merge(best, how="left", on=SENDING).fillna({"said": "", "detail_code": "", "answer_rank": ""})
    told = told.sort_values(["claim_id", "attempt"], ignore_index=True)
    is_last = ~told.duplicated("claim_id", keep="last")
    last = told[is_last].set_index("claim_id")
    taken = told[~is_last & (told["said"] == "accepted")].drop_duplicates("claim_id", keep="last").set_index("claim_id")
    is_copy = (last["said"] == "rejected") & last["detail_code"].str.contains(_COPY)
    is_copy |= (last["said"] == "interchange-rejected") & (last["detail_code"] == REPEATED_INTERCHANGE)
    copies = taken[is_copy.reindex(taken.index).to_numpy()]
    claims = lives.of_claims(conn, last.index.tolist()).set_index("claim_id")
    waits = claims["life"].reindex(copies.index) == "rejected"
    speaks = copies[waits.to_numpy()]
    alone = ~last.index.isin(taken.index) & last["said"].isin(_REFUSED)
    silent = last[alone & (claims["life"].reindex(last.index) == "accepted")]
    events = pd.concat([_events(speaks, last, "earlier-stands"), _events(silent, last, "copy-refused")])
    life.record(conn, events, posting_date, actor=actor, run_id=run_id)
    rejections.closed_as(conn, last.loc[copies.index].reset_index(), COPY_REFUSED, posting_date)
    _list(conn, claims, taken, copies, posting_date)


def _events(sendings: pd.DataFrame, last: pd.DataFrame, event: str) -> pd.DataFrame:
    """Name what moves claims back and forth by the answers that it follows from: once for each pair of them."""
    pair = sendings["answer_rank"] + ":" + last["answer_rank"].reindex(sendings.index)
    key = "copy:" + pd.Series(sendings.index.astype("str"), sendings.index) + ":" + event + ":" + pair
    told = sendings.assign(event=event, event_key=key.astype("str")).reset_index()
    return told[["claim_id", "submission_id", "event", "event_key"]]


def _list(
    conn: Connection, claims: pd.DataFrame, taken: pd.DataFrame, copies: pd.DataFrame, posting_date: date
) -> None:
    """Open an exception for each claim that was taken in an earlier sending, until its copy is refused."""
    key = SENT_TWICE + ":" + claims["claim_key"] + ":" + claims["body_hash"].str[:16]
    rows = claims.assign(
        exception_key=key, type_code=SENT_TWICE, amount_cents=claims["charge_cents"],
        message="an earlier sending was accepted, and the claim went again after it",
    )  # fmt: skip
    exceptions.open_all(conn, rows.loc[taken.index].reset_index(), posting_date)
    over = ~claims.index.isin(taken.index) | claims.index.isin(copies.index)
    exceptions.close_keys(conn, key[over], "answered", posting_date)
