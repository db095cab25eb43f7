"""A payer takes back a decision that had released another without a reversal: what it had released stands again."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.ledger import standing_again as rules
from claims.ledger.proposal import REVERSAL
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import posting, stands_again, undone_cases
from claims.store.handles import Connection


def stand_again(
    conn: Connection, ctx: Context, run_id: int, day: date, postings: pd.DataFrame, claims: pd.DataFrame
) -> int:
    """Hold again what stood before the decisions that the `postings` of just now take back; give the journals.

    They are journals of the last of these reversals on the claim, and go when that is undone.
    """
    back = postings[(postings["outcome"] == REVERSAL) & (postings["family_id"] != 0)]
    if back.empty:
        return 0
    lines = stands_again.released(conn, sorted(set(back["family_id"].tolist())))
    if lines.empty:
        return 0
    lines = rules.standing_again(lines, posting.open_receivables(conn, sorted(set(lines["family_id"].tolist()))))
    if lines.empty:
        return 0
    last = back.drop_duplicates("family_id", keep="last").set_index("family_id")["claim_payment_id"]
    by = claims.set_index("claim_payment_id").loc[last.reindex(lines["family_id"])].reset_index(drop=True)
    nth = lines.groupby("family_id")["release_id"].rank(method="dense").astype("int64").astype("str")
    facts = [by[name].astype("str") for name in ("remit_key", "ordinal", "generation")]
    lines["journal_key"] = "835:" + facts[0] + ":" + facts[1] + ":again:" + nth + ":" + facts[2]
    lines = lines.assign(
        remit_id=by["remit_id"],
        effective_date=by["payment_date"],
        source="835",
        journal_reason=posting.AGAIN,
        reverses_key="",
    )
    stands_again.stand(conn, lines)
    undone_cases.look_again(conn, sorted(set(lines["claim_payment_id"].tolist())))
    unused = ["release_id", "claim_payment_id_by", "is_whole", "sequence_first", "is_by_earlier"]
    return write_journals(conn, ctx, run_id, day, lines.drop(columns=unused))
