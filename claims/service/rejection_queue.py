"""The queue of rejections as a biller reads it: what was refused, why, and what to do; a person or a claim ends it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service import giving_up
from claims.service.audited import record, record_shown, sealed_words
from claims.service.context import Context
from claims.service.payer_names import named
from claims.service.periods import require_open
from claims.service.queue import KEY_LENGTH
from claims.service.worked import noted, require_new_owner, require_seen, required, short, version
from claims.store import desk, rejections
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import made_claims

STATES = ("open", "closed")
WITHDRAWN = giving_up.WITHDRAWN
_SEEN = ("state", "detail_code", "cause", "owner", "notes", "life", "amount_cents")


def listed(
    ctx: Context, *, state: str = "open", payer: str = "", owner: str = "", show_phi: bool = False
) -> pd.DataFrame:
    """Give rejections of a state (empty: any), the largest first; numbers are masked unless `show_phi` (audited).

    `owner`: only those of somebody.
    """
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    with read(ctx.engine) as conn:
        rows = rejections.listed(conn, state, payer, owner)
    return shown(ctx, rows, "rejections", show_phi=show_phi)


def told(ctx: Context, rejection_id: int, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one rejection; `case_key`: of the denial that its claim was made of, else empty. Raises NotFoundError."""
    with read(ctx.engine) as conn:
        rows = rejections.one(conn, rejection_id)
        keys = made_claims.behind(conn, rows["claim_id"].tolist())["case_key"]
    if rows.empty:
        raise NotFoundError("rejection", rejection_id)
    row = shown(ctx, rows, f"rejection {rejection_id}", show_phi=show_phi).to_dict("records")[0]
    told: dict[str, Any] = {str(name): value for name, value in row.items()}
    told["version"] = version(rows.iloc[0], _SEEN)
    return told | {"case_key": str(keys.iloc[0])[:KEY_LENGTH] if len(keys) else ""}


def open_totals(ctx: Context) -> tuple[int, int]:
    """Count the open rejections, and add up what their claims charge."""
    with read(ctx.engine) as conn:
        return rejections.open_totals(conn)


def of_case(ctx: Context, case_id: int, family_id: int) -> dict[str, Any]:
    """Give the open rejection of the claim that was made of a case (rejection_id, cause, next_step); else nothing."""
    with read(ctx.engine) as conn:
        rows = rejections.open_of_family(conn, family_id) if family_id else pd.DataFrame()
        of = made_claims.behind(conn, rows["claim_id"].tolist()) if len(rows) else pd.DataFrame()
    mine = rows[rows["claim_id"].isin(of.loc[of["case_id"] == case_id, "claim_id"])] if len(of) else rows.head(0)
    return {str(name): value for name, value in mine.iloc[0].items()} if len(mine) else {}


def open_of_claim(ctx: Context, claim_id: int) -> dict[str, Any]:
    """Give the open rejection of a claim (rejection_id, source, cause, next_step, edit_id); else nothing."""
    with read(ctx.engine) as conn:
        known = rejections.of_claims(conn, [claim_id])
        ids = known.loc[known["state"] == "open", "rejection_id"].tolist()
        rows = rejections.one(conn, int(ids[-1])) if ids else pd.DataFrame()
    return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else {}


def open_case_behind(ctx: Context, claim_id: int) -> str:
    """Give the key of the open denial that a claim was made of; empty where there is none."""
    with read(ctx.engine) as conn:
        rows = made_claims.behind(conn, [claim_id])
        cases = desk.cases(conn, rows["case_id"].tolist())
    is_open = cases["state"] != "closed"
    return str(cases.loc[is_open, "case_key"].iloc[0])[:KEY_LENGTH] if is_open.any() else ""


def shown(ctx: Context, rows: pd.DataFrame, subject: str, *, show_phi: bool) -> pd.DataFrame:
    """Give rows as people read them: what was sent elsewhere says so; numbers masked unless `show_phi` (audited)."""
    away = (rows["origin"] != "to_send") & (rows["state"] == "open")
    step = rows["next_step"].where(rows["next_step"] != "", "Read the answer") + ", where it was sent from"
    rows = (
        named(ctx, rows).assign(is_elsewhere=away, next_step=rows["next_step"].mask(away, step)).drop(columns="origin")
    )
    if not show_phi:
        return rows.assign(claim_number=MASK, notes=rows["notes"].where(rows["notes"] == "", MASK))
    record_shown(ctx, subject, {"rejections": rows["rejection_id"].tolist()})
    return rows


def close(ctx: Context, rejection_id: int, posting_date: date, reason: str = "", *, was: str | None = None) -> None:
    """Give a refused claim up: its rejection is closed, the claim withdrawn, and both stand in the audit chain.

    `reason` is kept with its notes. `was`: the version that the person saw (`told`); where somebody did something
    since, nothing is done. What the claim charges stays in the books, so it is an exception until somebody takes it up
    again or accepts it; a claim that was made of a denial is worked on as that. Raises PeriodClosedError for a day
    that is closed.
    """
    words = short(reason)
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        row = _open(conn, rejection_id)
        require_seen(version(row, _SEEN), was)
        _tell(ctx, conn, row, f"dealt with: {words}" if words else "", posting_date)
        rejections.close(conn, [rejection_id], WITHDRAWN, posting_date)
        claim_id = int(row["claim_id"])
        if row["life"] == "rejected":
            giving_up.live(ctx, conn, f"rejection:{rejection_id}", claim_id, "withdrawn", posting_date)
            if made_claims.behind(conn, [claim_id]).empty:
                giving_up.name_charge(conn, claim_id, int(row["amount_cents"]), posting_date)
        body: dict[str, Any] = {"amount_cents": int(row["amount_cents"])}
        body |= {"reason": sealed_words(ctx, words)} if words else {}
        record(ctx, conn, "rejection-closed", f"rejection {rejection_id}", body)


def require_still_open(ctx: Context, rejection_id: int) -> None:
    """Raise UsageError for a rejection that is closed by now."""
    with read(ctx.engine) as conn:
        _open(conn, rejection_id)


def reopen(ctx: Context, rejection_id: int, posting_date: date, reason: str) -> None:
    """Take a claim up again that a person gave up: its rejection is open, and it can be corrected and sent."""
    words = required(reason, "Say why it is taken up again.")
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        row = _one(conn, rejection_id)
        if row["state"] != "closed" or row["closed_reason"] != WITHDRAWN:
            raise UsageError("It was not given up by a person: there is nothing to take up again.")
        _tell(ctx, conn, row, f"taken up again: {words}", posting_date)
        rejections.reopen(conn, rejection_id)
        claim_id = int(row["claim_id"])
        if row["life"] == WITHDRAWN:
            giving_up.live(ctx, conn, f"rejection:{rejection_id}", claim_id, "taken-up", posting_date)
        giving_up.close_named(conn, claim_id, posting_date)
        body = {"amount_cents": int(row["amount_cents"]), "reason": sealed_words(ctx, words)}
        record(ctx, conn, "rejection-reopened", f"rejection {rejection_id}", body)


def assign(ctx: Context, rejection_id: int, owner: str, *, was: str | None = None) -> None:
    """Give an open rejection to somebody of the practice; empty: to nobody.

    `was`: whose it was when the person saw it; where it is another's by now, nothing is done.
    """
    with write(ctx.engine) as conn:
        row = _open(conn, rejection_id)
        require_new_owner(conn, str(row["owner"]), owner, was)
        rejections.work(conn, rejection_id, owner=owner)
        record(ctx, conn, "rejection-assigned", f"rejection {rejection_id}", {"owner": owner})


def note(ctx: Context, rejection_id: int, words: str, posting_date: date) -> None:
    """Write a note on a rejection, a closed one too."""
    words = required(words, "A note wants words.")
    with write(ctx.engine) as conn:
        row = _one(conn, rejection_id)
        _tell(ctx, conn, row, words, posting_date)
        record(ctx, conn, "rejection-noted", f"rejection {rejection_id}", {"words": sealed_words(ctx, words)})


def _one(conn: Connection, rejection_id: int) -> pd.Series[Any]:
    rows = rejections.one(conn, rejection_id)
    if rows.empty:
        raise NotFoundError("rejection", rejection_id)
    return rows.iloc[0]


def _open(conn: Connection, rejection_id: int) -> pd.Series[Any]:
    row = _one(conn, rejection_id)
    if row["state"] != "open":
        raise UsageError(f"Rejection {rejection_id} is closed already: {row['closed_reason'].replace('_', ' ')}.")
    return row


def _tell(ctx: Context, conn: Connection, row: pd.Series[Any], words: str, day: date) -> None:
    if words:
        rejections.work(conn, int(row["rejection_id"]), notes=noted(ctx, str(row["notes"]), words, day))
