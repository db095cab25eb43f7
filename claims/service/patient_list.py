"""Patients' payments and refunds as people see them: what became of the money of each, and where it stands."""

from __future__ import annotations

from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.patient_claims import claims_named
from claims.store import patient_money, patient_refunds, patients
from claims.store.engine import read
from claims.store.queries import charges

STATES = ("new", "held", "unapplied", "applied", "void")
PRIVATE = ("payment_number", "claim_number", "member_id", "paid_by", "reference", "batch_reference", "note")
SHOWN = [
    "patient_payment_id",
    "paid_date",
    "amount_cents",
    "method",
    "state",
    "reason_code",
    "applied_cents",
    "unapplied_cents",
    "in_hand_cents",
    "claim_number",
    "payment_number",
    "reference",
    "batch_reference",
]


def listed(ctx: Context, *, state: str = "", claim: str = "", show_phi: bool = False) -> pd.DataFrame:
    """Give payments of a state (empty: any), of a claim (empty: any): columns SHOWN.

    What would name a patient is masked unless ``show_phi``, which is audited.
    """
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    with read(ctx.engine) as conn:
        rows = patients.payments(conn, *patients.asked(state))
        money = patient_money.money(conn, rows["payment_key"])
        families = claims_named(conn, [claim])["family_id"] if claim else None
    rows = with_money(rows, money)
    if families is not None:
        on_it = money.loc[(money["account"] == "1200") & money["family_id"].isin(families), "reference"]
        rows = rows[rows["payment_key"].isin(on_it) | (rows["claim_number"] == claim)]
    return _masked(ctx, rows, "patient payments", show_phi)[SHOWN].reset_index(drop=True)


def with_money(rows: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    """Add applied_cents (on claims), unapplied_cents (on none), in_hand_cents (not in the bank yet)."""

    def of(account: str, sign: int) -> Any:
        sums = money[money["account"] == account].groupby("reference")["amount_cents"].sum() * sign
        return sums.reindex(rows["payment_key"], fill_value=0).to_numpy("int64")

    return rows.assign(applied_cents=of("1200", -1), unapplied_cents=of("2200", -1), in_hand_cents=of("1000", 1))


def told(ctx: Context, payment_id: int, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one payment: what it says and where it stands, its claims, journals and, on no claim, whose it may be."""
    with read(ctx.engine) as conn:
        rows = patients.one_payment(conn, payment_id)
        if rows.empty:
            raise NotFoundError("patient payment", payment_id)
        key = str(rows["payment_key"].iloc[0])
        money = patient_money.money(conn, [key])
        claims = patients.claims_of_payment(conn, key)
        story = patient_money.history(conn, key)
        may_be = patients.open_of_member(conn, str(rows["member_id"].iloc[0])) if rows["member_id"].iloc[0] else None
    row = _masked(ctx, with_money(rows, money), f"patient payment {payment_id}", show_phi)
    facts = {str(name): value for name, value in row.drop(columns=["body_hash"]).iloc[0].items()}
    tables = {"claims": claims, "journals": story, "candidates": claims.iloc[:0] if may_be is None else may_be}
    if not show_phi:
        tables = {name: _hidden(part) for name, part in tables.items()}
    return facts | tables


def refused_rows(ctx: Context, file_id: int) -> pd.DataFrame:
    """Give what is wrong with which row of a file: seg, element, code, expected, message."""
    with read(ctx.engine) as conn:
        return charges.refusals(conn, file_id)


def refunds(ctx: Context, *, show_phi: bool = False) -> pd.DataFrame:
    """Give refunds to patients: asked for, paid or withdrawn, by whom."""
    with read(ctx.engine) as conn:
        rows = patient_refunds.refunds(conn)
    # Who pays a refund out is a user of ours, not a patient.
    shown = _masked(ctx, rows.drop(columns="refund_key"), "patient refunds", show_phi)
    return shown.assign(paid_by=rows["paid_by"])


def _masked(ctx: Context, rows: pd.DataFrame, subject: str, show_phi: bool) -> pd.DataFrame:
    if show_phi:
        record_shown(ctx, subject)
        return rows
    return _hidden(rows)


def _hidden(rows: pd.DataFrame) -> pd.DataFrame:
    hidden = {name: rows[name].where(rows[name] == "", MASK) for name in (*PRIVATE, "reason") if name in rows}
    return rows.assign(**hidden)
