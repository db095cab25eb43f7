"""What corrections take off the charges of claims: money given up, within who corrects them may give up in a day."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pandas as pd

from claims.errors import UsageError
from claims.money import dollars
from claims.service import money_requests
from claims.service.context import Context
from claims.service.money_requests import Authority
from claims.store import lives, versions
from claims.store.handles import Connection


class AboveLimitError(UsageError):
    """A correction takes more off what is charged than who corrects may give up alone in a day."""

    def __init__(self, cents: int, may: Authority) -> None:
        so_far = f", of which {dollars(may.used_cents)} is used today" if may.used_cents else ""
        before = int(may.of_claims.sum())
        so_far += f"; of this, {dollars(before)} was given up before" if before else ""
        super().__init__(
            f"This takes {dollars(cents)} off what is charged, which counts as a write-off: your own limit of a day "
            f"and of a claim is {dollars(may.limit_cents or 0)}{so_far}. Say why, and it waits for a second person."
        )
        self.cents = cents
        self.may = may


def counted(
    ctx: Context, conn: Connection, made: pd.DataFrame, posting_date: date, *, is_approved: bool = False
) -> int:
    """Add up what new claims (`made`: claim_id, follows_claim_id) are charged less than those they follow, in cents.

    It counts as a write-off of the day does; above what the actor may give up alone it is no correction of theirs:
    AboveLimitError, and a second person lets it happen (`lowered_requests`). `is_approved`: one does, and their
    request counts. A claim that is charged more makes up for no other.
    """
    if made.empty:
        return 0
    charges = versions.charges(conn, [*made["claim_id"], *made["follows_claim_id"]])
    was, now = (charges.reindex(made[name]).to_numpy("int64") for name in ("follows_claim_id", "claim_id"))
    family = lives.of_claims(conn, made["claim_id"].tolist()).set_index("claim_id")["family_id"]
    by_claim = pd.Series((was - now).clip(min=0), index=family.reindex(made["claim_id"]).to_numpy("int64"))
    cents = int(by_claim.sum())
    if not cents or is_approved:
        return cents
    may = money_requests.authority(conn, ctx, posting_date, by_claim.index[by_claim > 0].tolist())
    if not may.covers(by_claim):
        raise AboveLimitError(cents, may)
    ids = [int(one) for one in made["claim_id"]]
    key = sha256(repr(sorted(ids)).encode()).hexdigest()
    money_requests.ask(
        ctx, conn, money_requests.LOWERED, key, cents, "A correction lowered the charge", posting_date,
        state=money_requests.DONE, parameters={"made": ids},
    )  # fmt: skip
    return cents
