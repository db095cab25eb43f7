"""Claims that an edit stops before they leave, as a biller works on them: whose each is, what was noted, given up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from claims.charges.scrub import edits
from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service import giving_up, paged, payer_names
from claims.service.audited import record, record_shown, sealed_words
from claims.service.context import Context
from claims.service.desk import rejected
from claims.service.desk.withdrawing import restore_decision
from claims.service.payer_names import named
from claims.service.periods import require_open
from claims.service.queue import KEY_LENGTH
from claims.service.scrub import scrub
from claims.service.worked import noted, require_new_owner, require_seen, required, version
from claims.store import claim_work
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import made_claims, stopped_claims

BLOCKED = made_claims.BLOCKED
_SEEN = ("life", "state", "owner", "notes", "charge_cents")


def page(
    ctx: Context, after: paged.Place | None = None, owner: str = "", *, given_up: bool = False, size: int = paged.SIZE
) -> paged.Page:
    """Give a page of the claims that an edit stops, the largest first; their numbers are patient data: recorded.

    claim_id, claim_number, payer_name, charge_cents, purpose, version, case_key (of the denial that it was made of),
    owner, notes, and why (a list of what stops it, with what to do). `owner`: only somebody's; `given_up`: instead
    those that a person gave up.
    """
    with read(ctx.engine) as conn:
        found = paged.page(
            lambda place, limit, back: stopped_claims.blocked(conn, place, limit, back, owner, given_up=given_up),
            stopped_claims.BLOCKED_KEYS,
            after,
            size,
        )
        why = _why(conn, found.rows["claim_id"].tolist())
    if len(found.rows):
        record_shown(ctx, "blocked claims", {"claims": found.rows["claim_id"].tolist()})
    told = pd.Series([why.get(one, []) for one in found.rows["claim_id"]], found.rows.index, dtype=object)
    return found._replace(rows=named(ctx, found.rows).assign(why=told))


def listed(
    ctx: Context, owner: str = "", *, given_up: bool = False, size: int = paged.SIZE, show_phi: bool = False
) -> list[dict[str, Any]]:
    """Give the first of the claims that `page` gives, as rows; numbers and notes masked unless `show_phi` (audited)."""
    with read(ctx.engine) as conn:
        rows = stopped_claims.blocked(conn, None, size, False, owner, given_up=given_up)
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


def totals(ctx: Context, owner: str = "", *, given_up: bool = False) -> tuple[int, int]:
    """Count the claims that an edit stops (or those that were given up), and add up what they charge.

    `owner`: only somebody's, of those that an edit stops, as in `page`.
    """
    with read(ctx.engine) as conn:
        if given_up:
            return stopped_claims.given_up_totals(conn)
        return stopped_claims.owned_totals(conn, owner) if owner else made_claims.stopped_totals(conn)


def told(ctx: Context, claim_id: int, *, show_phi: bool = True) -> dict[str, Any]:
    """Tell one: its columns, why, case_key, whether it is given up, and `version`: how it stands.

    Its number and the notes are masked unless `show_phi`, which is recorded. Raises NotFoundError.
    """
    with read(ctx.engine) as conn:
        row = _one(conn, claim_id)
        why = _why(conn, [claim_id]).get(claim_id, [])
        keys = made_claims.behind(conn, [claim_id])["case_key"]
    found: dict[str, Any] = {str(name): value for name, value in row.items()}
    found["payer_name"] = payer_names.one(ctx, found["payer_code"], found["payer_name"])
    if show_phi:
        record_shown(ctx, f"claim {claim_id}", {"part": "blocked"})
    else:
        found |= {"claim_number": MASK, "notes": MASK if found["notes"] else ""}
    found |= {"why": why, "case_key": str(keys.iloc[0])[:KEY_LENGTH] if len(keys) else ""}
    found |= {"is_given_up": _is_given_up(row), "is_blocked": row["life"] == BLOCKED}
    return found | {"version": version(row, _SEEN)}


def assign(ctx: Context, claim_id: int, owner: str, *, was: str | None = None) -> None:
    """Give a blocked claim to somebody of the practice; empty: to nobody.

    `was`: whose it was when the person saw it; where it is another's by now, nothing is done.
    """
    with write(ctx.engine) as conn:
        row = _blocked(conn, claim_id)
        require_new_owner(conn, str(row["owner"]), owner, was)
        claim_work.save(conn, claim_id, owner=owner)
        record(ctx, conn, "blocked-assigned", f"claim {claim_id}", {"owner": owner})


def note(ctx: Context, claim_id: int, words: str, posting_date: date) -> None:
    """Write a note on a claim that is blocked or was given up."""
    words = required(words, "A note wants words.")
    with write(ctx.engine) as conn:
        row = _one(conn, claim_id)
        if row["life"] != BLOCKED and not row["state"]:
            raise UsageError("No edit stops this claim: note on its case, or on its rejection.")
        _tell(ctx, conn, row, words, posting_date)
        record(ctx, conn, "blocked-noted", f"claim {claim_id}", {"words": sealed_words(ctx, words)})


def give_up(ctx: Context, claim_id: int, posting_date: date, reason: str, *, was: str | None = None) -> None:
    """Withdraw a blocked claim, as a rejected one is given up: what it charges stays in the books, as an exception.

    A claim that was made of a denial leaves that to be worked on. `was`: the version that the person saw (`told`);
    where somebody did something since, nothing is done. Raises PeriodClosedError for a day that is closed.
    """
    words = required(reason, "Say why the claim is not sent.")
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        row = _blocked(conn, claim_id)
        require_seen(version(row, _SEEN), was)
        _tell(ctx, conn, row, f"given up: {words}", posting_date)
        claim_work.save(conn, claim_id, state=stopped_claims.GIVEN_UP)
        giving_up.live(ctx, conn, f"blocked:{claim_id}", claim_id, "withdrawn", posting_date)
        cents = int(row["charge_cents"])
        if len(made_claims.behind(conn, [claim_id])):
            restore_decision(ctx, conn, claim_id, posting_date)
            rejected.given_up(ctx, conn, claim_id, posting_date, words)
        else:
            giving_up.name_charge(conn, claim_id, cents, posting_date)
        body = {"amount_cents": cents, "reason": sealed_words(ctx, words)}
        record(ctx, conn, "blocked-given-up", f"claim {claim_id}", body)


def take_up(ctx: Context, claim_id: int, posting_date: date, reason: str) -> str:
    """Take a claim up again that was given up: the edits look at it at once. Give where it is then."""
    words = required(reason, "Say why it is taken up again.")
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        row = _one(conn, claim_id)
        if not _is_given_up(row):
            raise UsageError("It was not given up by a person: there is nothing to take up again.")
        if len(made_claims.behind(conn, [claim_id])):
            raise UsageError("It was made of a denial: correct and send that again, on the page of its case.")
        _tell(ctx, conn, row, f"taken up again: {words}", posting_date)
        claim_work.save(conn, claim_id, state="open")
        giving_up.live(ctx, conn, f"blocked:{claim_id}", claim_id, "taken-up-unsent", posting_date)
        giving_up.close_named(conn, claim_id, posting_date)
        body = {"amount_cents": int(row["charge_cents"]), "reason": sealed_words(ctx, words)}
        record(ctx, conn, "blocked-taken-up", f"claim {claim_id}", body)
    scrub(ctx, posting_date, [claim_id])
    with read(ctx.engine) as conn:
        return str(_one(conn, claim_id)["life"])


def _one(conn: Connection, claim_id: int) -> pd.Series[Any]:
    rows = stopped_claims.one_blocked(conn, claim_id)
    if rows.empty:
        raise NotFoundError("claim to send", claim_id)
    return rows.iloc[0]


def _blocked(conn: Connection, claim_id: int) -> pd.Series[Any]:
    row = _one(conn, claim_id)
    if row["life"] != BLOCKED:
        where = str(row["life"]).replace("_", " ")
        raise UsageError(f"Claim {claim_id} is {where}: no edit stops it.")
    return row


def _is_given_up(row: pd.Series[Any]) -> bool:
    return bool(row["state"] == stopped_claims.GIVEN_UP and row["life"] == giving_up.WITHDRAWN)


def _tell(ctx: Context, conn: Connection, row: pd.Series[Any], words: str, day: date) -> None:
    claim_work.save(conn, int(row["claim_id"]), notes=noted(ctx, str(row["notes"]), words, day))


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
