"""What one person asks for and another lets happen: refunds to payers, balances of patients sent to collection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.rows import insert_keyed, update_where_in

MR, J, L = schema.money_requests, schema.journals, schema.ledger_lines
WAITS, DONE, REFUSED, WITHDRAWN, REVERSED = "waiting", "done", "refused", "withdrawn", "reversed"
LOWERED = "lowered_charge"
STANDING = (WAITS, DONE)
_TEXTS = ("request_key", "kind", "state", "payer_code", "reference", "parameters", "reason", "although")


def requests(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Read requests, in the order in which they were asked for."""
    return frame(conn, sa.select(*MR.columns).where(*conditions).order_by(MR.c.money_request_id))


def one(conn: sa.Connection, request_id: int) -> pd.DataFrame:
    """Read a request by our number of it."""
    return requests(conn, MR.c.money_request_id == request_id)


def of_state(conn: sa.Connection, kinds: Sequence[str], states: Sequence[str] = ()) -> pd.DataFrame:
    """Read the requests of these kinds, in any of these states (none: all)."""
    return requests(conn, MR.c.kind.in_(list(kinds)), MR.c.state.in_(list(states)) if states else sa.true())


def lowered_waiting(conn: sa.Connection) -> list[dict[str, Any]]:
    """Read the lowered charges that wait: request, amount_cents, requested_by, reason, and whom they are about (sets
    of ids: cases, claims, families)."""
    rows = of_state(conn, [LOWERED], [WAITS]).to_dict("records")
    told = [json.loads(str(row["parameters"])) for row in rows]
    return [
        {
            "request": int(row["money_request_id"]),
            "amount_cents": int(row["amount_cents"]),
            "requested_by": str(row["requested_by"]),
            "reason": str(row["reason"]),
            "cases": {int(case_id) for case_id, _ in one.get("cases", ())},
            "claims": {int(claim_id) for claim_id in one.get("claims", ())},
            "families": {int(family_id) for family_id in one.get("families", ())},
        }
        for row, one in zip(rows, told, strict=True)
    ]


def of_reference(conn: sa.Connection, payer_code: str, reference: str) -> pd.DataFrame:
    """Read the requests about a payer's number of a claim."""
    return requests(conn, MR.c.payer_code == payer_code, MR.c.reference == reference)


def add(conn: sa.Connection, row: dict[str, object], actor: str, posting_date: date) -> int:
    """Write a request; give our number of it."""
    told = {"payer_code": "", "reference": "", "although": "", **row}
    facts = pd.DataFrame([told]).astype(dict.fromkeys(_TEXTS, "str"))
    facts = facts.assign(requested_by=actor, requested_at=clock.now(), posting_date=posting_date.isoformat())
    return int(insert_keyed(conn, MR, facts.assign(decided_by=""))["money_request_id"].iloc[0])


def settle(conn: sa.Connection, request_id: int, state: str, actor: str, day: date) -> None:
    """Note who decided a request, and as what."""
    decided = {"decided_by": actor, "decided_at": clock.now(), "decided_posting_date": day}
    update_where_in(conn, MR, MR.c.money_request_id, [request_id], state=state, **decided)


def tell(conn: sa.Connection, request_id: int, parameters: str) -> None:
    """Write what else a request says."""
    update_where_in(conn, MR, MR.c.money_request_id, [request_id], parameters=parameters)


def set_state(conn: sa.Connection, request_id: int, state: str) -> None:
    """Say what became of a request that was decided."""
    update_where_in(conn, MR, MR.c.money_request_id, [request_id], state=state)


def lines_of(conn: sa.Connection, journal_key: str) -> pd.DataFrame:
    """Read the ledger lines of a journal that stands: journal_key, effective_date, all columns of the lines."""
    names = [column for column in L.columns if column.name not in ("ledger_line_id", "journal_id")]
    return frame(
        conn,
        sa.select(J.c.idempotency_key.label("journal_key"), J.c.effective_date, *names)
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(J.c.idempotency_key == journal_key, J.c.reverses_journal_id.is_(None), stands())
        .order_by(L.c.ledger_line_id),
    )


def in_hand(conn: sa.Connection, request_key: str) -> int:
    """What of a refund the bank has not paid yet, in cents."""
    own = (L.c.account == "1000", L.c.reference == request_key, L.c.bank_line_id.is_(None))
    cents = sa.cast(sa.func.coalesce(sa.func.sum(L.c.amount_cents), 0), sa.BigInteger)
    return -int(conn.scalar(sa.select(cents).where(*own)) or 0)
