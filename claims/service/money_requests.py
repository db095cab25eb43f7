"""What one person asks for and another lets happen: refunds to payers, balances to collection, lowered charges.

Denials wait with their cases (`desk.money`); this is what has none. Who asked never decides, and who decides stays
within their own limit of a day; a practice that has added nobody knows no two persons and no limits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.masking import MASK
from claims.service import people
from claims.service.audited import record, record_shown, record_with_reason, sealed_words
from claims.service.context import Context
from claims.service.periods import require_come
from claims.service.runs import running
from claims.service.zone import begins
from claims.store import money_requests as rows_of
from claims.store import patients
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import given_up

PAYER_REFUND, TO_COLLECTION, LOWERED = "payer_refund", "to_collection", rows_of.LOWERED
WAITS, DONE, REFUSED = rows_of.WAITS, rows_of.DONE, rows_of.REFUSED
WITHDRAWN, REVERSED = rows_of.WITHDRAWN, rows_of.REVERSED
DECIDED_HERE = (PAYER_REFUND, TO_COLLECTION, LOWERED)


_NOTHING = pd.Series(dtype="int64")


class Authority(NamedTuple):
    """What somebody may give up alone in a day and of a claim, and what of it is used, in cents.

    No limit where nobody was added. `of_claims`: what they gave up of claims before, on any day, by family_id.
    """

    limit_cents: int | None
    used_cents: int
    of_claims: pd.Series[int] = _NOTHING

    def covers(self, cents: pd.Series[int]) -> bool:
        """Tell whether so much more (by family_id; 0: of no claim) may be given up alone."""
        if self.limit_cents is None:
            return True
        if self.used_cents + int(cents.sum()) > self.limit_cents:
            return False
        now = cents.groupby(level=0).sum().drop(0, errors="ignore")
        now = now[now > 0]
        return bool((now + self.of_claims.reindex(now.index, fill_value=0) <= self.limit_cents).all())


def authority(conn: Connection, ctx: Context, day: date, family_ids: Sequence[int]) -> Authority:
    """Give what who acts may still give up alone on a day, and of these claims, in whatever way."""
    return within(conn, ctx, people.own_limit(conn, ctx.actor), day, family_ids)


def within(conn: Connection, ctx: Context, limit_cents: int | None, day: date, family_ids: Sequence[int]) -> Authority:
    """Give what of a limit who acts has left on a day, and of these claims."""
    used = given_up.on_day(conn, ctx.actor, day, begins(ctx, ctx.settings.today()))
    families = sorted({int(one) for one in family_ids} - {0})
    return Authority(limit_cents, used, given_up.of_families(conn, ctx.actor, families))


def ask(
    ctx: Context, conn: Connection, kind: str, key: str, amount_cents: int, reason: str, day: date, *,
    state: str = WAITS, although: str = "", parameters: Mapping[str, Any] | None = None, **columns: str,
) -> int:  # fmt: skip
    """Write a request and its record in the audit chain; give our number of it."""
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the request.")
    facts: dict[str, object] = {"request_key": key, "kind": kind, "state": state, "amount_cents": amount_cents}
    facts |= {"reason": reason.strip(), "although": although.strip(), **columns}
    facts |= {"parameters": json.dumps(dict(parameters or {}), sort_keys=True)}
    number = rows_of.add(conn, facts, ctx.actor, day)
    body: dict[str, object] = {"kind": kind, "state": state, "amount_cents": amount_cents}
    body |= {"reason_mac": sealed_words(ctx, reason.strip())}  # the words stand with the request
    record(ctx, conn, "money.requested", f"request {number}", body)
    return number


def decidable(ctx: Context, conn: Connection, request_id: int, day: date) -> dict[str, Any]:
    """Give a request that waits for who acts, its parameters read; raise where they may not let it happen."""
    request = named(conn, request_id)
    if request["state"] != WAITS:
        raise PostingRefusedError(f"Request {request_id} does not wait: it is {request['state']}.")
    people.require_another(conn, ctx, str(request["requested_by"]))
    limit = people.own_limit(conn, ctx.actor)
    if limit is not None:
        used = given_up.approved_on_day(conn, ctx.actor, day, begins(ctx, ctx.settings.today()))
        if used + int(request["amount_cents"]) > limit:
            so_far = ", with what you approved today" if used else ""
            raise UsageError(f"This is above your own limit{so_far}: somebody with a higher one has to approve it.")
    return request


def refuse(ctx: Context, request_id: int, reason: str, day: date) -> int:
    """Say no to what another person asked for; give its cents."""
    return _end(ctx, request_id, reason, day, REFUSED)


def withdraw(ctx: Context, request_id: int, reason: str, day: date) -> int:
    """Take back what oneself asked for and nobody has decided; give its cents."""
    return _end(ctx, request_id, reason, day, WITHDRAWN)


def _end(ctx: Context, request_id: int, reason: str, day: date, state: str) -> int:
    if not reason.strip():
        raise UsageError("A reason is wanted, in words.")
    require_come(ctx, day)
    with running(ctx, "action", day), write(ctx.engine) as conn:
        request = named(conn, request_id)
        if request["state"] != WAITS:
            raise PostingRefusedError(f"Request {request_id} does not wait: it is {request['state']}.")
        if state == REFUSED:
            people.require_another(conn, ctx, str(request["requested_by"]))
        elif request["requested_by"] != ctx.actor:
            raise UsageError("Who asked for it withdraws it; another person refuses it, with a reason.")
        settled(ctx, conn, request_id, state, day, reason)
    return int(request["amount_cents"])


def settled(ctx: Context, conn: Connection, request_id: int, state: str, day: date, reason: str = "") -> None:
    """Note that a request was decided, in the row and in the audit chain."""
    rows_of.settle(conn, request_id, state, ctx.actor, day)
    record_with_reason(ctx, conn, f"money.{state}", f"request {request_id}", {}, reason.strip())


def tell(conn: Connection, request_id: int, parameters: Mapping[str, Any]) -> None:
    """Write what else a request says by now."""
    rows_of.tell(conn, request_id, json.dumps(dict(parameters), sort_keys=True))


def named(conn: Connection, request_id: int) -> dict[str, Any]:
    """Give a request by our number; its parameters read."""
    found = rows_of.one(conn, request_id)
    if found.empty:
        raise NotFoundError("request", request_id)
    return _told(found.iloc[0])


def shown(ctx: Context, *, show_phi: bool = True) -> list[dict[str, Any]]:
    """List what waits for a second person, oldest first, with the numbers of the claims it is about; audited.

    Without `show_phi` these numbers, the payer's own, and what people wrote are masked.
    """
    with read(ctx.engine) as conn:
        rows = [_told(row) for _, row in rows_of.of_state(conn, DECIDED_HERE, [WAITS]).iterrows()]
        families = {int(one) for row in rows for one in row["parameters"].get("families", ())}
        numbers = patients.numbers(conn, sorted(families))["claim_number"]
    if not show_phi:
        numbers = pd.Series(MASK, index=numbers.index, dtype="str")
        rows = [row | {name: MASK if row[name] else "" for name in ("reason", "although", "reference")} for row in rows]
    elif rows:
        record_shown(ctx, "approvals", {"requests": [int(row["money_request_id"]) for row in rows]})
    of = [[int(one) for one in row["parameters"].get("families", ())] for row in rows]
    return [row | {"claims": numbers.reindex(own).tolist()} for row, own in zip(rows, of, strict=True)]


def listed(ctx: Context, kind: str) -> list[dict[str, Any]]:
    """List all requests of a kind, oldest first; what it shows is patient data: the caller records that."""
    with read(ctx.engine) as conn:
        rows = rows_of.of_state(conn, [kind])
    return [_told(row) for _, row in rows.iterrows()]


def _told(row: pd.Series[Any]) -> dict[str, Any]:
    told = {str(name): value for name, value in row.items()}
    return told | {"amount_cents": int(row["amount_cents"]), "parameters": parameters_of(str(row["parameters"]))}


def parameters_of(text: str) -> dict[str, Any]:
    """Read what else a request says."""
    told: dict[str, Any] = json.loads(text)
    return told
