"""What people do with claims that an edit stops, one or a whole list: owner, notes, given up, taken up, let go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from claims.service import giving_up, several, taken_back
from claims.service.audited import sealed_words
from claims.service.context import Context
from claims.service.desk import rejected
from claims.service.desk.withdrawing import restore_decisions
from claims.service.periods import require_open
from claims.service.scrub import scrub
from claims.service.several import MOVED_ON, Chosen, Done, Seen
from claims.service.worked import noted, required, short, why_not_given
from claims.store import claim_work, lives
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import audit_list, made_claims, stopped_claims

BLOCKED = made_claims.BLOCKED
STANDS = ("life", "state", "owner", "notes", "charge_cents")  # how one is as a person sees it
KIND, CENTS, GIVEN_UP = "claim", "charge_cents", "blocked-given-up"
LET_GO, ANSWERED = "blocked-let-go", "S22c"  # the act, and the edit past which it lets a claim go


def selection(
    ctx: Context, owner: str = "", *, payer: str = "", given_up: bool = False, most: int = several.MOST
) -> list[tuple[int, int]]:
    """Give the claims of a list as they are now, the largest first; of so many at most."""
    with read(ctx.engine) as conn:
        found = stopped_claims.blocked(conn, None, most, False, owner, payer=payer, given_up=given_up)
        rows = stopped_claims.some_blocked(conn, found["claim_id"].tolist())
    return several.seen(KIND, rows, STANDS)


def first(ctx: Context, ids: Sequence[int]) -> pd.DataFrame:
    """Give key (the number), claim_number, payer_code, payer_name and cents of the first of these: recorded."""
    with read(ctx.engine) as conn:
        rows = stopped_claims.some_blocked(conn, list(ids[: several.FIRST]))
    return several.looked_at(ctx, KIND, rows, CENTS, "blocked claims")


def assign(ctx: Context, seen: Seen, owner: str, *, was: str | None = None) -> Done:
    """Give blocked claims to somebody of the practice; empty: to nobody.

    `was`: whose they were when the person saw them; what is another's by now stays.
    """
    with write(ctx.engine) as conn:
        found = _blocked(_chosen(conn, seen))
        found = found.without(why_not_given(conn, found.rows["owner"], owner, was))
        if ctx.is_looking or found.rows.empty:
            return found.looked(CENTS)
        claim_work.save(conn, found.rows[["claim_id"]].assign(owner=owner))
        body = {"owner": owner, "was": taken_back.owners(found.rows, found.key)}
        return found.recorded(ctx, conn, "blocked-assigned", body, CENTS)


def note(ctx: Context, seen: Seen, words: str, posting_date: date) -> Done:
    """Write a note on claims that are blocked or were given up, also where somebody changed them meanwhile."""
    words = short(words) if ctx.is_looking else required(words, "A note wants words.")
    with write(ctx.engine) as conn:
        found = _chosen(conn, seen, changed=True)
        is_here = (found.rows["life"] == BLOCKED) | (found.rows["state"] != "")
        no = "no edit stops this claim: note on its case, or on its rejection"
        found = found.without(["" if one else no for one in is_here])
        if ctx.is_looking or found.rows.empty:
            return found.looked(CENTS)
        _tell(ctx, conn, found.rows, words, posting_date)
        return found.recorded(ctx, conn, "blocked-noted", {"words": sealed_words(ctx, words)}, CENTS)


def give_up(ctx: Context, seen: Seen, posting_date: date, reason: str) -> Done:
    """Withdraw blocked claims, as rejected ones are given up: what they charge stays in the books, as exceptions.

    A claim that was made of a denial leaves that to be worked on. Raises PeriodClosedError for a day that is closed.
    """
    words = short(reason) if ctx.is_looking else required(reason, "Say why the claim is not sent.")
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        found = _blocked(_chosen(conn, seen))
        if ctx.is_looking or found.rows.empty:
            return found.looked(CENTS)
        rows = found.rows
        _tell(ctx, conn, rows, f"given up: {words}", posting_date)
        claim_work.save(conn, rows[["claim_id"]].assign(state=stopped_claims.GIVEN_UP))
        giving_up.live(ctx, conn, rows, "withdrawn", posting_date)
        made = made_claims.behind(conn, found.ids)["claim_id"].tolist()
        restore_decisions(ctx, conn, made, posting_date)
        rejected.given_up(ctx, conn, made, posting_date, words)
        charges = rows.loc[~rows["claim_id"].isin(made), ["claim_id", CENTS]]
        giving_up.name_charges(conn, charges.rename(columns={CENTS: "amount_cents"}), posting_date)
        body = {"amount_cents": int(rows[CENTS].sum()), "reason": sealed_words(ctx, words)}
        return found.recorded(ctx, conn, GIVEN_UP, body, CENTS)


def take_up(ctx: Context, seen: Seen, posting_date: date, reason: str) -> Done:
    """Take claims up again that were given up: the edits look at them at once."""
    words = short(reason) if ctx.is_looking else required(reason, "Say why it is taken up again.")
    with write(ctx.engine) as conn:
        done = _take_up(ctx, conn, _chosen(conn, seen), posting_date, words)
    return _looked_at(ctx, done, posting_date)


def let_go(ctx: Context, seen: Seen, posting_date: date, reason: str) -> Done:
    """Let claims go although their payer's answer is here, in a remittance that is held: the edits look at them at
    once, and what else stops one stops it still."""
    words = short(reason) if ctx.is_looking else required(reason, "Say why it is sent although its answer is here.")
    with write(ctx.engine) as conn:
        require_open(conn, posting_date)
        found = _blocked(_chosen(conn, seen))
        stops = made_claims.reasons(conn, found.ids)
        held = set(stops.loc[stops["edit_id"] == ANSWERED, "claim_id"])
        no = f"no held remittance decides it ({ANSWERED}): correct what stops it"
        found = found.without(["" if one in held else no for one in found.ids])
        if ctx.is_looking or found.rows.empty:
            return found.looked(CENTS)
        _tell(ctx, conn, found.rows, f"let go: {words}", posting_date)
        claim_work.save(conn, found.rows[["claim_id"]].assign(state=claim_work.LET_GO))
        done = found.recorded(ctx, conn, LET_GO, {"reason": sealed_words(ctx, words)}, CENTS)
    return _looked_at(ctx, done, posting_date)


def _stopped_again(ctx: Context, conn: Connection, act: int, found: Chosen, posting_date: date) -> Done:
    """Let a held remittance stop claims again that were let go and have not left."""
    gone = [life not in ("ready", BLOCKED) for life in found.rows["life"]]
    stays = (found.rows["state"] != claim_work.LET_GO) | pd.Series(gone, found.rows.index, dtype="bool")
    found = found.without([MOVED_ON if one else "" for one in stays])
    if ctx.is_looking or found.rows.empty:
        return found.looked(CENTS)
    _tell(ctx, conn, found.rows, "letting it go was undone", posting_date)
    claim_work.save(conn, found.rows[["claim_id"]].assign(state="open"))
    return found.recorded(ctx, conn, f"{LET_GO}-undone", {"undoes": act}, CENTS)


def undo(ctx: Context, act: int, posting_date: date) -> Done:
    """Take back that claims were given to somebody, noted on, given up or let go, by the number of the act.

    Those to which more has happened stay.
    """
    with write(ctx.engine) as conn:
        told = audit_list.one(conn, act)
        if taken_back.is_known(told, "blocked"):
            found = _chosen(conn, [(one, None) for one in several.undone_act(told, str(told["action"]), KIND)])
            found = _blocked(found) if told["action"] == "blocked-assigned" else found
            return taken_back.undo(ctx, conn, act, told, found, claim_work.save, CENTS)
        if told.get("action") == LET_GO:
            found = _chosen(conn, [(one, None) for one in several.undone_act(told, LET_GO, KIND)])
            done = _stopped_again(ctx, conn, act, found, posting_date)
        else:
            found = _chosen(conn, [(one, None) for one in several.undone_act(told, GIVEN_UP, KIND)])
            moved = set(lives.moved_since(conn, found.ids, str(told["recorded_at"])))
            found = found.without([MOVED_ON if one in moved else "" for one in found.ids])
            done = _take_up(ctx, conn, found, posting_date, "giving it up was undone")
    return _looked_at(ctx, done, posting_date)


def _take_up(ctx: Context, conn: Connection, found: Chosen, posting_date: date, words: str) -> Done:
    require_open(conn, posting_date)
    made = set(made_claims.behind(conn, found.ids)["claim_id"].tolist())
    no = "it was not given up by a person: there is nothing to take up again"
    denied = "it was made of a denial: correct and send that again, on the page of its case"
    rows = found.rows
    was_given_up = is_given_up(rows)
    why = [denied if one in made else "" for one in rows["claim_id"].tolist()]
    found = found.without([one if was else no for one, was in zip(why, was_given_up, strict=True)])
    if ctx.is_looking or found.rows.empty:
        return found.looked(CENTS)
    rows = found.rows
    _tell(ctx, conn, rows, f"taken up again: {words}", posting_date)
    claim_work.save(conn, rows[["claim_id"]].assign(state="open"))
    giving_up.live(ctx, conn, rows, "taken-up-unsent", posting_date)
    giving_up.close_named(conn, found.ids, posting_date)
    body = {"amount_cents": int(rows[CENTS].sum()), "reason": sealed_words(ctx, words)}
    return found.recorded(ctx, conn, "blocked-taken-up", body, CENTS)


def _looked_at(ctx: Context, done: Done, posting_date: date) -> Done:
    if done.done and not ctx.is_looking:
        scrub(ctx, posting_date, done.done)
    return done


def is_given_up(rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell which claims a person gave up."""
    return (rows["state"] == stopped_claims.GIVEN_UP) & (rows["life"] == giving_up.WITHDRAWN)


def _chosen(conn: Connection, seen: Seen, *, changed: bool = False) -> Chosen:
    rows = stopped_claims.some_blocked(conn, [one for one, _ in seen])
    rows = rows.assign(subject="blocked:" + rows["claim_id"].astype("str"))
    return several.chosen(KIND, rows, seen, STANDS, changed=changed)


def _blocked(found: Chosen) -> Chosen:
    why = "it is " + found.rows["life"].str.replace("_", " ") + ": no edit stops it"
    return found.without(why.where(found.rows["life"] != BLOCKED, ""))


def _tell(ctx: Context, conn: Connection, rows: pd.DataFrame, words: str, day: date) -> None:
    notes = [noted(ctx, one, words, day) for one in rows["notes"].tolist()]
    claim_work.save(conn, rows[["claim_id"]].assign(notes=notes))
