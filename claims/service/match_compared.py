"""A waiting payment beside the claim that it may be of, with the values of both; and the claims that come nearest."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pandas as pd

from claims.ledger import match
from claims.masking import MASK
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.matching_by_hand import seen_of, waiting, weighed
from claims.store import matching
from claims.store import matching_by_hand as by_hand
from claims.store.engine import read
from claims.store.queries import exceptions as exception_rows

MOST_CONSIDERED = 5


class Side(NamedTuple):
    """What a payment or a claim says of itself; `lines`: procedure_code, service_date, charge_cents."""

    claim_id: int
    claim_number: str
    patient: str
    member_id: str
    payer: str
    charge_cents: int
    days: str
    lines: list[dict[str, Any]]


class Look(NamedTuple):
    """A payment and a claim beside each other: which facts agree and differ, and the values of both."""

    facts: dict[str, str]
    seen: str
    paid: Side
    claim: Side


def looked_at(ctx: Context, exception_id: int, claim_number: str) -> Look:
    """Put the payment of an exception and a claim side by side, without matching them. Who shows it records that."""
    with read(ctx.engine) as conn:
        payment = waiting(conn, exception_id)
        _, best, facts = weighed(conn, payment, claim_number)
        ids = payment["claim_payment_id"].tolist()
        paid_lines, lines = (
            matching.service_payments(conn, ids),
            matching.service_lines(conn, best["claim_id"].tolist()),
        )
    row, known = best.iloc[0], payment.iloc[0]
    paid = Side(
        claim_id=0,
        claim_number=str(known["claim_number"]),
        patient=_name(known),
        member_id=str(known["member_id"]),
        payer=str(known["payer_name"]),
        charge_cents=int(known["charge_cents"]),
        days=_days(row["first_date_paid"], row["last_date_paid"]),
        lines=_shown(paid_lines),
    )
    claim = Side(
        claim_id=int(row["claim_id"]),
        claim_number=str(row["claim_number"]),
        patient=_name(row),
        member_id=str(row["member_id"]),
        payer=str(row["payer_name"]),
        charge_cents=int(row["charge_cents"]),
        days=_days(row["statement_from_date"], row["statement_to_date"]),
        lines=_shown(lines),
    )
    return Look(facts, seen_of(payment), paid, claim)


def considered(ctx: Context, exception_id: int) -> pd.DataFrame:
    """Give the claims that come nearest to the payment of an exception, the best first; who shows them records that.

    claim_id, claim_number, patient, days, charge_cents, score, why it was not taken, and which facts agree and differ,
    in words.
    """
    with read(ctx.engine) as conn:
        rows = by_hand.considered(conn, exception_rows.claim_payment_of(conn, exception_id), MOST_CONSIDERED)
    facts = [json.loads(text or "{}") for text in rows["evidence"]]
    sides = {
        side: pd.Series([", ".join(name for name, word in one.items() if word == side) for one in facts], dtype="str")
        for side in (match.AGREES, match.DIFFERS)
    }
    days = zip(rows["statement_from_date"], rows["statement_to_date"], strict=True)
    found = rows.assign(
        patient=pd.Series([_name(row) for row in rows.to_dict("records")], dtype="str"),
        days=pd.Series([_days(*pair) for pair in days], dtype="str"),
        **sides,
    )
    names = ["claim_id", "claim_number", "patient", "days", "charge_cents", "score", "why"]
    return found[[*names, match.AGREES, match.DIFFERS]]


def told(ctx: Context, exception_id: int, *, show_phi: bool) -> pd.DataFrame:
    """Give what `considered` does, patients and claim numbers masked unless `show_phi`, which is audited."""
    rows = considered(ctx, exception_id)
    if not show_phi:
        return rows.assign(claim_number=MASK, patient=MASK)
    if len(rows):
        record_shown(ctx, f"exception {exception_id}", {"claims": rows["claim_id"].tolist()})
    return rows


def _name(row: Any) -> str:
    return ", ".join(part for part in (row["patient_last_name"], row["patient_first_name"]) if part)


def _days(first: str, last: str) -> str:
    return first if last in ("", first) else f"{first} to {last}"


def _shown(lines: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): value for name, value in row.items()}
        for row in lines[["procedure_code", "service_date", "charge_cents"]].to_dict("records")
    ]
