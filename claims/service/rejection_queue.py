"""The queue of rejections as a biller reads it: what was refused, why, and what to do; a person or a claim ends it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service import rejection_acts, several
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.payer_names import named
from claims.service.queue import KEY_LENGTH
from claims.service.several import only
from claims.store import desk, rejections
from claims.store.engine import read
from claims.store.queries import made_claims, stopped_claims
from claims.store.queries.stopped_claims import Asked

STATES = ("open", "closed")


def states_of(word: str) -> str:
    """Give the state that a word means, as lists want it (any: empty); raise UsageError for one that is none."""
    if word not in (*STATES, "any"):
        raise UsageError(f"There is no state {word}; there are: {', '.join(STATES)}, any.")
    return "" if word == "any" else word


def listed(ctx: Context, asked: Asked | None = None, *, limit: int = 50, show_phi: bool = False) -> pd.DataFrame:
    """Give the first rejections of a list (none: the open ones), the largest first.

    Numbers are masked unless `show_phi` (audited, with those that are given).
    """
    with read(ctx.engine) as conn:
        rows = stopped_claims.page(conn, asked or Asked(), None, limit, False)
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
    told["version"] = several.versions(rows, rejection_acts.STANDS)[0]
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


def close(ctx: Context, rejection_id: int, posting_date: date, reason: str = "", *, was: int | None = None) -> None:
    """Give one refused claim up (`rejection_acts.close`).

    `was`: the version that the person saw (`told`); where somebody did something since, nothing is done.
    """
    only(rejection_acts.close(ctx, [(rejection_id, was)], posting_date, reason))


def require_still_open(ctx: Context, rejection_id: int) -> None:
    """Raise UsageError for a rejection that is closed by now."""
    only(several.preview(ctx, lambda one: rejection_acts.close(one, [(rejection_id, None)], ctx.settings.today())))


def reopen(ctx: Context, rejection_id: int, posting_date: date, reason: str) -> None:
    """Take one claim up again that a person gave up."""
    only(rejection_acts.reopen(ctx, [(rejection_id, None)], posting_date, reason))


def assign(ctx: Context, rejection_id: int, owner: str, *, was: str | None = None) -> None:
    """Give one open rejection to somebody of the practice; empty: to nobody.

    `was`: whose it was when the person saw it; where it is another's by now, nothing is done.
    """
    only(rejection_acts.assign(ctx, [(rejection_id, None)], owner, was=was))


def note(ctx: Context, rejection_id: int, words: str, posting_date: date) -> None:
    """Write a note on one rejection, a closed one too."""
    only(rejection_acts.note(ctx, [(rejection_id, None)], words, posting_date))
