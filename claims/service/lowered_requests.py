"""Corrections that take more off a charge than who corrects may give up alone: asked for, and let happen by another.

They wait with refunds to payers and balances sent to collection (`money_requests`): refused or withdrawn with a
reason, or approved and then done just as they were asked for. What has moved on since is asked for anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from claims.charges import columns
from claims.errors import PostingRefusedError, UsageError
from claims.master import Master
from claims.service import money_requests, resubmit
from claims.service.context import Context
from claims.service.desk import sending
from claims.service.desk.acting import Cases, Done
from claims.service.lowered_charges import AboveLimitError
from claims.service.money_requests import LOWERED, WAITS
from claims.service.periods import require_come
from claims.service.rehearsing import rehearsing
from claims.service.resubmit import Change, Corrected
from claims.store import clock, desk, lives
from claims.store import money_requests as rows_of
from claims.store.engine import read, write
from claims.store.handles import Connection

Result = TypeVar("Result")
WAITING = "waiting_approval"
_STALE = "Something happened to it since it was asked for: refuse it, and let it be asked for again."


def of_cases(
    ctx: Context, cases: Cases, posting_date: date, changes: Sequence[Change] = (), *, lowered_reason: str = "",
    as_new: bool = False, late_reason: str = "", master: Master | None = None,
) -> Done:  # fmt: skip
    """Do what `desk.sending.resubmit` does; above the actor's limit it waits for a second person (`Done.request`).

    `lowered_reason`: why so much is taken off the charge; it is wanted there (AboveLimitError).
    """
    how: dict[str, Any] = {"as_new": as_new, "late_reason": late_reason}
    try:
        if not ctx.is_looking:
            _rehearse(
                ctx, changes, lambda own: sending.resubmit(own, cases, posting_date, changes, **how, master=master)
            )
        return sending.resubmit(ctx, cases, posting_date, changes, **how, master=master)
    except AboveLimitError as error:
        above = error
    if ctx.is_looking:
        looked = sending.resubmit(ctx, cases, posting_date, changes, **how, master=master, is_approved=True)
        return looked._replace(**_waits(looked.lowered_cents, above))
    if not lowered_reason.strip():
        raise above
    first = looked = _rehearsed(ctx, cases, posting_date, changes, how, master)
    while looked.refused.size or looked.stale:  # what is asked for is what can be done
        kept = set(looked.done)
        cases = [one for one in cases if one[0] in kept]
        if not cases:
            return first
        looked = _rehearsed(ctx, cases, posting_date, changes, how, master)
    cents = looked.lowered_cents
    what = {"cases": [list(one) for one in cases], "changes": [list(one) for one in changes], **how}
    with write(ctx.engine) as conn:
        families = desk.families(conn, [case_id for case_id, _ in cases])
        what["stands"] = _stands(conn, [case_id for case_id, _ in cases])
        number = _asked(ctx, conn, what, sorted(set(families.values())), cents, lowered_reason, posting_date)
    return first._replace(action_id=0, request=number, **_waits(cents, above))


def _stands(conn: Connection, case_ids: Sequence[int]) -> dict[str, list[Any]]:
    """Say what matters of cases to who lets it happen: their claim, money and state; a note is none of it."""
    rows = sending.with_claims(conn, desk.cases(conn, list(case_ids)))
    state = rows["state"].where(rows["state"].isin(["waiting", "closed"]), "open")
    names = ("claim_id", "denied_cents", "at_risk_cents")
    told = zip(state, *(rows[name].astype("int64") for name in names), strict=True)
    return {
        str(case_id): [str(first), *map(int, rest)]
        for case_id, (first, *rest) in zip(rows["case_id"], told, strict=True)
    }


def _rehearse(ctx: Context, changes: Sequence[Change], do: Callable[[Context], object]) -> None:
    """Let what is above the limit (AboveLimitError) be refused before anything is written, into the vault too."""
    amounts = columns().query("kind == 'amount'")["target"]
    if any(change.column in set(amounts) for change in changes):
        with rehearsing(ctx) as own:
            do(own)


def _within_limit(
    ctx: Context, changes: Sequence[Change], lowered_reason: str, do: Callable[[Context], Result]
) -> Result | None:
    """Do it; None where it is above the actor's limit, and there is a reason to ask for it."""
    try:
        _rehearse(ctx, changes, do)
        return do(ctx)
    except AboveLimitError:
        if not lowered_reason.strip():
            raise
    return None


def _rehearsed(
    ctx: Context, cases: Cases, day: date, changes: Sequence[Change], how: dict[str, Any], master: Master | None
) -> Done:
    with rehearsing(ctx) as own:
        return sending.resubmit(own, cases, day, changes, **how, master=master, is_approved=True)


def _waits(cents: int, above: AboveLimitError) -> dict[str, Any]:
    may = above.may
    told = {"state": WAITING, "lowered_cents": cents, "amount_cents": cents}
    return told | {"limit_cents": may.limit_cents, "used_cents": may.used_cents}


def of_claim(
    ctx: Context, claim_id: int, changes: Sequence[Change], posting_date: date, *, lowered_reason: str = "",
    master: Master | None = None,
) -> Corrected:  # fmt: skip
    """Do what `resubmit.correct` does, or let it wait for a second person as `of_cases` does (`Corrected.request`)."""
    done = _within_limit(
        ctx, changes, lowered_reason, lambda own: resubmit.correct(own, claim_id, changes, posting_date, master=master)
    )
    if done is not None:
        return done
    looked = look(ctx, claim_id, changes, posting_date, master=master)
    number = _of_claims(ctx, [claim_id], changes, looked.lowered_cents, lowered_reason, posting_date)
    return looked._replace(claim_id=0, request=number)


def look(
    ctx: Context, claim_id: int, changes: Sequence[Change], posting_date: date, *, master: Master | None = None
) -> Corrected:
    """Say what `of_claim` would do, and do nothing."""
    with rehearsing(ctx) as own:
        try:
            return resubmit.correct(own, claim_id, changes, posting_date, master=master)
        except AboveLimitError:
            pass
    with rehearsing(ctx) as own:
        done = resubmit.correct(own, claim_id, changes, posting_date, master=master, is_approved=True)
        return done._replace(is_asked=True)


def of_claims(
    ctx: Context, claims: Sequence[str], changes: Sequence[Change], posting_date: date, *, lowered_reason: str = "",
    master: Master | None = None,
) -> dict[str, int]:  # fmt: skip
    """Do what `resubmit.resubmit` does, or let it wait for a second person: then the counts name the `request`."""
    done = _within_limit(
        ctx, changes, lowered_reason, lambda own: resubmit.resubmit(own, claims, changes, posting_date, master=master)
    )
    if done is not None:
        return done
    with rehearsing(ctx) as own:
        ids = resubmit.named(own, claims)
        counts = resubmit.resubmit(own, claims, changes, posting_date, master=master, is_approved=True)
    if counts["claims_refused"]:
        raise UsageError("Not all of these claims can be corrected: ask for those that can, one by one.")
    number = _of_claims(ctx, ids, changes, counts["charge_lowered_cents"], lowered_reason, posting_date)
    return {"charge_lowered_cents": counts["charge_lowered_cents"], "request": number}


def _of_claims(
    ctx: Context, ids: Sequence[int], changes: Sequence[Change], cents: int, reason: str, posting_date: date
) -> int:
    what = {"claims": list(ids), "changes": [list(one) for one in changes]}
    with write(ctx.engine) as conn:
        families = sorted(set(lives.of_claims(conn, list(ids))["family_id"].tolist()))
        return _asked(ctx, conn, what, families, cents, reason, posting_date)


def _asked(
    ctx: Context, conn: Connection, what: dict[str, Any], families: list[int], cents: int, reason: str, day: date
) -> int:
    require_come(ctx, day)
    for row in rows_of.of_state(conn, [LOWERED], [WAITS]).to_dict("records"):
        others = money_requests.parameters_of(str(row["parameters"]))["families"]
        if set(others) & set(families):
            raise UsageError(
                f"Request {row['money_request_id']} about the charge of this claim waits already: withdraw that first."
            )
    key = sha256(repr((LOWERED, what, clock.now())).encode()).hexdigest()
    told = what | {"families": families}
    return money_requests.ask(ctx, conn, LOWERED, key, cents, reason, day, parameters=told)


class Waiting(NamedTuple):
    """A lowered charge that waits for a second person."""

    request: int
    amount_cents: int
    requested_by: str


def waiting_of(ctx: Context, *, case_id: int = 0, claim_id: int = 0) -> Waiting | None:
    """Give the lowered charge of a case, or of a claim that nobody has, that waits; none where there is none."""
    with read(ctx.engine) as conn:
        rows = rows_of.lowered_waiting(conn)
    for one in rows:
        if case_id in one["cases"] or claim_id in one["claims"]:
            return Waiting(one["request"], one["amount_cents"], one["requested_by"])
    return None


def cases_waiting(ctx: Context) -> set[int]:
    """Give the cases of which a lowered charge waits."""
    with read(ctx.engine) as conn:
        return {case_id for one in rows_of.lowered_waiting(conn) for case_id in one["cases"]}


def said(changes: Sequence[Sequence[Any]]) -> list[str]:
    """Say what a request changes: the value where it is money, else the name of what is changed only."""
    known = columns().set_index("target")
    found = []
    for one in changes:
        change = Change(*one)
        column = known[known["kind"] == "amount"].index
        name = change.column.removesuffix("_cents").replace("_", " ")
        of_line = f" of line {change.line_number}" if change.line_number else ""
        found.append(f"{name}{of_line}" + (f" to {change.value}" if change.column in column else ""))
    return found


def post(ctx: Context, conn: Connection, run_id: int, asked: dict[str, Any], posting_date: date) -> None:
    """Correct claims as another person asked for; PostingRefusedError where that is not what it would be by now."""
    told, cents = asked["parameters"], int(asked["amount_cents"])
    changes = [Change(*one) for one in told["changes"]]
    if "cases" in told:
        ids = [int(case_id) for case_id, _ in told["cases"]]
        if _stands(conn, ids) != told["stands"]:
            raise PostingRefusedError(_STALE)
        now = desk.cases(conn, ids)  # as they are now: remarks do not hinder it
        cases = list(zip(now["case_id"].tolist(), now["version"].tolist(), strict=True))
        how = {name: told[name] for name in ("as_new", "late_reason")}
        done = sending.resubmit(ctx, cases, posting_date, changes, **how, is_approved=True)
        is_same = len(done.done) == len(cases) and done.lowered_cents == cents
        made = desk.events_of(conn, done.action_id)["claim_id"].tolist() if is_same else []
    else:
        claims = [resubmit.own(one) for one in told["claims"]]
        counts = resubmit.resubmit(ctx, claims, changes, posting_date, is_approved=True)
        is_same = counts["claims_corrected"] == len(claims) and counts["charge_lowered_cents"] == cents
        made = lives.corrections(conn, told["claims"])["later_claim_id"].tolist()
    if not is_same:
        raise PostingRefusedError(_STALE)
    money_requests.tell(conn, int(asked["money_request_id"]), told | {"made": sorted({int(one) for one in made})})
