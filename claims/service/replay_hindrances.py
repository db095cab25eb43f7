"""What refuses a replay, in words, and the command to type first: what a reversal took back is undone itself."""

from __future__ import annotations

import pandas as pd

from claims.service import standing
from claims.service.undo_hindrances import COLUMNS, remittance
from claims.store import undone
from claims.store.handles import Connection
from claims.store.undo_hindrances import traces


def named(conn: Connection, remit_ids: list[int], claim_payment_ids: list[int]) -> pd.DataFrame:
    """Give remit_id, says and command of each remittance that is to be replayed before these; the first at the top.

    `claim_payment_ids`: those of other remittances that were undone by themselves and are replayed with these.

    A reversal takes back what it took back the first time: posted before that, it would find nothing, and its cash
    would wait under another name. What cannot be posted now holds nothing up: a rival of it stands, or it takes back
    something of these itself.
    """
    found = undone.taken_back_undone(conn, remit_ids, claim_payment_ids)
    found = found[~found["needed_payment_id"].isin(claim_payment_ids)]
    own = {*remit_ids, *found["remit_id"].tolist()}
    wanted = sorted(set(found["needed_id"]) - set(remit_ids))
    rivals = standing.rivals(conn, wanted)
    stopped = set(standing.beside(rivals, [])["remit_id"])
    free = [one for one in wanted if one not in stopped and not _wants(conn, one, own)]
    texts = traces(conn, free)
    names = [remittance(texts, one) for one in free]
    rows = [
        (one, f"{name}, which is undone: what is to be posted takes back a decision of it", f"claims replay {name}")
        for one, name in zip(free, names, strict=True)
    ]
    return pd.DataFrame(rows, columns=["remit_id", *COLUMNS])


def _wants(conn: Connection, remit_id: int, others: set[int]) -> bool:
    """Tell whether a remittance, or one that is to be replayed before it, takes back something of others."""
    seen, new = {remit_id}, {remit_id}
    while new:
        new = set(undone.taken_back_undone(conn, sorted(new))["needed_id"]) - seen
        seen |= new
    return bool(seen & others)
