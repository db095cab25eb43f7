"""Claims at a next payer and what earlier payers say by now: those that tell a decision that has changed come out.

Only claims in whose family an earlier payer was posted after they were made are read again, from the vault.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.charges.build.next_payer import ORDER
from claims.money import dollars
from claims.service import contents
from claims.service.context import Context
from claims.store import decisions, exceptions
from claims.store.engine import read, write

OUTDATED = "NEXT_PAYER_OUTDATED"
CLAIMS_PER_BATCH = 5_000


def watch_told(ctx: Context, posting_date: date) -> int:
    """Keep an exception open for each claim that tells other amounts than are in force; give how many there are.

    It is closed when the claim is over (a version took its place) or the earlier payer decided as it was again.
    """
    with read(ctx.engine) as conn:
        sent = decisions.told_before_a_change(conn)
    parts = [
        _outdated(ctx, sent.iloc[start : start + CLAIMS_PER_BATCH]) for start in range(0, len(sent), CLAIMS_PER_BATCH)
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else _EMPTY
    with write(ctx.engine) as conn:
        exceptions.keep(conn, "claim_id", rows, [OUTDATED], posting_date)
    return len(rows)


_EMPTY = pd.DataFrame({"exception_key": [], "type_code": [], "claim_id": [], "amount_cents": []})


def _outdated(ctx: Context, claims: pd.DataFrame) -> pd.DataFrame:
    """Compare what claims tell with what is in force, per claim and earlier payer together."""
    told = _told(contents.joined(list(contents.read(ctx, claims))))
    with read(ctx.engine) as conn:
        said = decisions.of_families(conn, claims["family_id"].drop_duplicates().tolist())
    both = claims.merge(told, on="claim_id").merge(_in_force(claims, told, said), on="claim_id")
    off = both[(both["paid_told"] != both["paid_now"]) | (both["share_told"] != both["share_now"])]
    amounts = (off[name].tolist() for name in ("paid_told", "share_told", "paid_now", "share_now"))
    messages = [
        f"the claim tells {dollars(paid)} paid and {dollars(share)} of the patient; "
        f"the remittances say {dollars(paid_now)} and {dollars(share_now)}"
        for paid, share, paid_now, share_now in zip(*amounts, strict=True)
    ]
    # The amounts are part of the key: a change after a change is told anew.
    now = off["paid_now"].astype("str") + ":" + off["share_now"].astype("str")
    return off[["claim_id", "family_id", "file_id", "seg"]].assign(
        exception_key=OUTDATED + ":" + off["claim_id"].astype("str") + ":" + now,
        type_code=OUTDATED,
        amount_cents=(off["paid_told"] - off["paid_now"]).abs() + (off["share_told"] - off["share_now"]).abs(),
        message=pd.array(messages, dtype="str"),
    )


def _told(frames: contents.Frames) -> pd.DataFrame:
    """Add up what claims tell of earlier payers: claim_id, rank of its payer, paid_told, share_told (PR)."""
    claims = frames["claims"].set_index("seg")
    payers = frames["other_payers"].assign(paid=frames["other_payers"]["paid_cents"].fillna(0).astype("int64"))
    rank = _ranks(claims["payer_sequence"])
    is_earlier = _ranks(payers["payer_sequence"]) < rank.reindex(payers["claim_seg"]).to_numpy()
    paid = payers[is_earlier].groupby("claim_seg")["paid"].sum()
    cas = frames.get("other_payer_adjustments")
    owed = None if cas is None else cas[cas["group_code"] == "PR"].groupby("claim_seg")["amount_cents"].sum()
    share = pd.Series(0, index=claims.index) if owed is None else owed.reindex(claims.index, fill_value=0)
    return pd.DataFrame(
        {
            "claim_id": claims["claim_id"].to_numpy(),
            "rank": rank.to_numpy(),
            "paid_told": paid.reindex(claims.index, fill_value=0).to_numpy(np.int64),
            "share_told": share.to_numpy(np.int64),
        }
    )


def _in_force(claims: pd.DataFrame, told: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Add up what payers before that of each claim have decided, as it is in force: claim_id, paid_now, share_now."""
    of_claim = claims[["claim_id", "family_id"]].merge(told[["claim_id", "rank"]], on="claim_id")
    rows = of_claim.merge(said, on="family_id")
    rows = rows[(_ranks(rows["payer_sequence"]) < rows["rank"]) & ~rows["status_code"].isin(decisions.NO_DECISION)]
    sums = rows.groupby("claim_id")[["paid_cents", "share_cents"]].sum().reindex(claims["claim_id"], fill_value=0)
    return sums.set_axis(["paid_now", "share_now"], axis=1).reset_index()


def _ranks(sequences: pd.Series) -> pd.Series:
    return sequences.map(ORDER).fillna(len(ORDER)).astype("int64")
