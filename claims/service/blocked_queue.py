"""Claims that an edit stops before they leave, as a biller works on them: whose each is, what was noted, given up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from claims.charges.scrub import edits
from claims.errors import NotFoundError
from claims.masking import MASK
from claims.service import blocked_acts, paged, payer_names, several
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.payer_names import named
from claims.service.queue import KEY_LENGTH
from claims.service.several import only
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import made_claims, stopped_claims

MOST_LOOKED_AT = 10_000  # payers among which a name is looked for


def page(
    ctx: Context, after: paged.Place | None = None, owner: str = "", *, payer: str = "", given_up: bool = False,
    size: int = paged.SIZE,
) -> paged.Page:  # fmt: skip
    """Give a page of the claims that an edit stops, the largest first; their numbers are patient data: recorded.

    claim_id, claim_number, payer_name, charge_cents, purpose, version, case_key (of the denial that it was made of),
    owner, notes, `seen` (how it stands), and why (a list of what stops it, with what to do). `owner`: only somebody's;
    `payer`: only those to one (its code); `given_up`: instead those that a person gave up.
    """
    with read(ctx.engine) as conn:
        found = paged.page(
            lambda place, limit, back: stopped_claims.blocked(
                conn, place, limit, back, owner, payer=payer, given_up=given_up
            ),
            stopped_claims.BLOCKED_KEYS,
            after,
            size,
        )
        why = _why(conn, found.rows["claim_id"].tolist())
        stands = stopped_claims.some_blocked(conn, found.rows["claim_id"].tolist())
    seen = pd.Series(several.versions(stands, blocked_acts.STANDS), stands["claim_id"], dtype="int64")
    if len(found.rows):
        record_shown(ctx, "blocked claims", {"claims": found.rows["claim_id"].tolist()})
    told = pd.Series([why.get(one, []) for one in found.rows["claim_id"]], found.rows.index, dtype=object)
    seen_of = seen.reindex(found.rows["claim_id"]).to_numpy("int64")
    return found._replace(rows=named(ctx, found.rows).assign(why=told, seen=seen_of))


def listed(
    ctx: Context, owner: str = "", *, payer: str = "", given_up: bool = False, size: int = paged.SIZE,
    show_phi: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Give the first of the claims that `page` gives, as rows; numbers and notes masked unless `show_phi` (audited)."""
    with read(ctx.engine) as conn:
        rows = stopped_claims.blocked(conn, None, size, False, owner, payer=payer, given_up=given_up)
        why = _why(conn, rows["claim_id"].tolist())
    shown = named(ctx, rows)
    if not show_phi:
        shown = shown.assign(claim_number=MASK, notes=rows["notes"].where(rows["notes"] == "", MASK))
    elif len(rows):
        record_shown(ctx, "blocked claims", {"claims": rows["claim_id"].tolist()})
    return [
        {str(name): value for name, value in row.items()} | {"why": why.get(int(row["claim_id"]), [])}
        for row in shown.to_dict("records")
    ]


def totals(ctx: Context, owner: str = "", *, payer: str = "", given_up: bool = False) -> tuple[int, int]:
    """Count the claims that an edit stops (or those that were given up), and add up what they charge, as in `page`."""
    with read(ctx.engine) as conn:
        return stopped_claims.blocked_totals(conn, owner, payer=payer, given_up=given_up)


def payers(ctx: Context) -> list[tuple[str, str]]:
    """Give (code, name) of the payers that blocked claims are to, by name."""
    with read(ctx.engine) as conn:
        found = stopped_claims.blocked_payers(conn)
    return payer_names.listed(ctx, found)


def payer(ctx: Context, text: str) -> str:
    """Give the code of the payer that is meant, as `rejection_pages.payer` does, among those of blocked claims."""
    with read(ctx.engine) as conn:
        of_claims = stopped_claims.blocked_payers(conn, MOST_LOOKED_AT) if text else []
    return payer_names.fitting(ctx, text, of_claims)


def told(ctx: Context, claim_id: int, *, show_phi: bool = True) -> dict[str, Any]:
    """Tell one: its columns, why, case_key, whether it is given up, and `version`: how it stands.

    Its number and the notes are masked unless `show_phi`, which is recorded. Raises NotFoundError.
    """
    with read(ctx.engine) as conn:
        rows = _one(conn, claim_id)
        why = _why(conn, [claim_id]).get(claim_id, [])
        keys = made_claims.behind(conn, [claim_id])["case_key"]
    row = rows.iloc[0]
    found: dict[str, Any] = {str(name): value for name, value in row.items()}
    found["payer_name"] = payer_names.one(ctx, found["payer_code"], found["payer_name"])
    if show_phi:
        record_shown(ctx, f"claim {claim_id}", {"part": "blocked"})
    else:
        found |= {"claim_number": MASK, "notes": MASK if found["notes"] else ""}
    found |= {"why": why, "case_key": str(keys.iloc[0])[:KEY_LENGTH] if len(keys) else ""}
    given_up = bool(blocked_acts.is_given_up(rows).iloc[0])
    found |= {"is_given_up": given_up, "is_blocked": row["life"] == blocked_acts.BLOCKED}
    found["is_answered"] = any(one["edit_id"] == blocked_acts.ANSWERED for one in why)
    return found | {"version": several.versions(rows, blocked_acts.STANDS)[0]}


def assign(ctx: Context, claim_id: int, owner: str, *, was: str | None = None) -> None:
    """Give one blocked claim to somebody of the practice; empty: to nobody.

    `was`: whose it was when the person saw it; where it is another's by now, nothing is done.
    """
    only(blocked_acts.assign(ctx, [(claim_id, None)], owner, was=was))


def note(ctx: Context, claim_id: int, words: str, posting_date: date) -> None:
    """Write a note on one claim that is blocked or was given up."""
    only(blocked_acts.note(ctx, [(claim_id, None)], words, posting_date))


def give_up(ctx: Context, claim_id: int, posting_date: date, reason: str, *, was: int | None = None) -> None:
    """Withdraw one blocked claim (`blocked_acts.give_up`).

    `was`: the version that the person saw (`told`); where somebody did something since, nothing is done.
    """
    only(blocked_acts.give_up(ctx, [(claim_id, was)], posting_date, reason))


def take_up(ctx: Context, claim_id: int, posting_date: date, reason: str) -> str:
    """Take one claim up again that was given up. Give where it is then."""
    only(blocked_acts.take_up(ctx, [(claim_id, None)], posting_date, reason))
    with read(ctx.engine) as conn:
        return str(_one(conn, claim_id)["life"].iloc[0])


def let_go(ctx: Context, claim_id: int, posting_date: date, reason: str) -> str:
    """Let one claim go although a held remittance decides it (`blocked_acts.let_go`). Give where it is then."""
    only(blocked_acts.let_go(ctx, [(claim_id, None)], posting_date, reason))
    with read(ctx.engine) as conn:
        return str(_one(conn, claim_id)["life"].iloc[0])


def _one(conn: Connection, claim_id: int) -> pd.DataFrame:
    rows = stopped_claims.some_blocked(conn, [claim_id])
    if rows.empty:
        raise NotFoundError("claim to send", claim_id)
    return rows


def _why(conn: Connection, claim_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Say what stops each claim: edit_id, message, line_number, fix."""
    found, known = made_claims.reasons(conn, claim_ids), edits()
    return {
        int(str(claim_id)): [
            {"edit_id": row["edit_id"], "message": row["message"], "line_number": int(row["line_number"]),
             "fix": known[row["edit_id"]].fix if row["edit_id"] in known else ""}
            for row in part.to_dict("records")
        ]
        for claim_id, part in found.groupby("claim_id")
    }  # fmt: skip
