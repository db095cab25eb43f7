"""What people do with rejections, one or a whole list: owner, notes, their claims given up and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from claims.service import giving_up, several, taken_back
from claims.service.audited import sealed_words
from claims.service.context import Context
from claims.service.periods import require_open
from claims.service.several import MOVED_ON, Chosen, Done, Seen
from claims.service.worked import noted, required, short, why_not_given
from claims.store import rejections
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import audit_list, made_claims, stopped_claims
from claims.store.queries.stopped_claims import Asked

WITHDRAWN = giving_up.WITHDRAWN
STANDS = ("state", "detail_code", "cause", "owner", "notes", "life", "amount_cents")  # how one is as a person sees it
KIND, CENTS, CLOSED = "rejection", "amount_cents", "rejection-closed"


def selection(ctx: Context, asked: Asked, most: int = several.MOST) -> list[tuple[int, int]]:
    """Give the rejections of a list as they are now, the largest first; of so many at most."""
    with read(ctx.engine) as conn:
        rows = stopped_claims.page(conn, asked, None, most, False)
    return several.seen(KIND, rows, STANDS)


def first(ctx: Context, ids: Sequence[int]) -> pd.DataFrame:
    """Give key (the number), claim_number, payer_code, payer_name and cents of the first of these: recorded."""
    with read(ctx.engine) as conn:
        rows = rejections.some(conn, list(ids[: several.FIRST]))
    return several.looked_at(ctx, KIND, rows, CENTS, "rejections")


def assign(ctx: Context, seen: Seen, owner: str, *, was: str | None = None) -> Done:
    """Give open rejections to somebody of the practice; empty: to nobody.

    `was`: whose they were when the person saw them; what is another's by now stays.
    """
    with write(ctx.engine) as conn:
        found = _open(_chosen(conn, seen))
        found = found.without(why_not_given(conn, found.rows["owner"], owner, was))
        if ctx.is_looking or found.rows.empty:
            return found.looked(CENTS)
        rejections.work(conn, found.rows[["rejection_id"]].assign(owner=owner))
        body = {"owner": owner, "was": taken_back.owners(found.rows, found.key)}
        return found.recorded(ctx, conn, "rejection-assigned", body, CENTS)


def note(ctx: Context, seen: Seen, words: str, posting_date: date) -> Done:
    """Write a note on rejections, closed ones too, and those that somebody changed meanwhile."""
    words = short(words) if ctx.is_looking else required(words, "A note wants words.")
    with write(ctx.engine) as conn:
        found = _chosen(conn, seen, changed=True)
        if ctx.is_looking:
            return found.looked(CENTS)
        _tell(ctx, conn, found.rows, words, posting_date)
        return found.recorded(ctx, conn, "rejection-noted", {"words": sealed_words(ctx, words)}, CENTS)


def close(ctx: Context, seen: Seen, posting_date: date, reason: str = "") -> Done:
    """Give refused claims up: their rejections are closed, the claims withdrawn, and both stand in the audit chain.

    `reason` is kept with the notes. What the claims charge stays in the books, so it is an exception until somebody
    takes it up again or accepts it; a claim that was made of a denial is worked on as that. Raises PeriodClosedError
    for a day that is closed.
    """
    words = short(reason)
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        found = _open(_chosen(conn, seen))
        if ctx.is_looking or found.rows.empty:
            return found.looked(CENTS)
        rows = found.rows
        if words:
            _tell(ctx, conn, rows, f"dealt with: {words}", posting_date)
        rejections.close(conn, found.ids, WITHDRAWN, posting_date)
        refused = rows[rows["life"] == "rejected"].drop_duplicates("claim_id")
        giving_up.live(ctx, conn, refused, "withdrawn", posting_date)
        made = made_claims.behind(conn, refused["claim_id"].tolist())["claim_id"]
        giving_up.name_charges(conn, refused.loc[~refused["claim_id"].isin(made), ["claim_id", CENTS]], posting_date)
        body: dict[str, Any] = {"amount_cents": int(rows[CENTS].sum())}
        body |= {"reason": sealed_words(ctx, words)} if words else {}
        return found.recorded(ctx, conn, CLOSED, body, CENTS)


def reopen(ctx: Context, seen: Seen, posting_date: date, reason: str) -> Done:
    """Take claims up again that a person gave up: their rejections are open, and they can be corrected and sent."""
    words = short(reason) if ctx.is_looking else required(reason, "Say why it is taken up again.")
    with write(ctx.engine) as conn:
        return _reopen(ctx, conn, _chosen(conn, seen), posting_date, words)


def undo(ctx: Context, act: int, posting_date: date) -> Done:
    """Take back that rejections were given to somebody, noted on or given up, by the number of the act.

    Those to which more has happened stay.
    """
    with write(ctx.engine) as conn:
        told = audit_list.one(conn, act)
        if taken_back.is_known(told, "rejection"):
            found = _chosen(conn, [(one, None) for one in several.undone_act(told, str(told["action"]), KIND)])
            found = _open(found) if told["action"] == "rejection-assigned" else found
            return taken_back.undo(ctx, conn, act, told, found, rejections.work, CENTS)
        found = _chosen(conn, [(one, None) for one in several.undone_act(told, CLOSED, KIND)])
        again = (found.rows["state"] != "closed") | (found.rows["closed_at"] > str(told["recorded_at"]))
        found = found.without([MOVED_ON if one else "" for one in again])
        return _reopen(ctx, conn, found, posting_date, "giving it up was undone")


def _reopen(ctx: Context, conn: Connection, found: Chosen, posting_date: date, words: str) -> Done:
    require_open(conn, posting_date)
    was_given_up = (found.rows["state"] == "closed") & (found.rows["closed_reason"] == WITHDRAWN)
    no = "it was not given up by a person: there is nothing to take up again"
    found = found.without(["" if one else no for one in was_given_up])
    if ctx.is_looking or found.rows.empty:
        return found.looked(CENTS)
    rows = found.rows
    _tell(ctx, conn, rows, f"taken up again: {words}", posting_date)
    rejections.reopen(conn, found.ids)
    giving_up.live(ctx, conn, rows[rows["life"] == WITHDRAWN], "taken-up", posting_date)
    giving_up.close_named(conn, rows["claim_id"].tolist(), posting_date)
    body = {"amount_cents": int(rows[CENTS].sum()), "reason": sealed_words(ctx, words)}
    return found.recorded(ctx, conn, "rejection-reopened", body, CENTS)


def _chosen(conn: Connection, seen: Seen, *, changed: bool = False) -> Chosen:
    rows = rejections.some(conn, [one for one, _ in seen])
    rows = rows.assign(subject="rejection:" + rows["rejection_id"].astype("str"))
    return several.chosen(KIND, rows, seen, STANDS, changed=changed)


def _open(found: Chosen) -> Chosen:
    reasons = found.rows["closed_reason"].str.replace("_", " ")
    closed = "it is closed already: " + reasons
    return found.without(closed.where(found.rows["state"] != "open", ""))


def _tell(ctx: Context, conn: Connection, rows: pd.DataFrame, words: str, day: date) -> None:
    notes = [noted(ctx, one, words, day) for one in rows["notes"].tolist()]
    rejections.work(conn, rows[["rejection_id"]].assign(notes=notes))
