"""Patients' payments become journals: on the claim that they name, or on unapplied cash until it comes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.ledger import patient_lines
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.patient_claims import claims_named
from claims.service.patient_credits import name_credits
from claims.store import exceptions, patient_money, patients
from claims.store.engine import write
from claims.store.handles import Connection

# Why a payment is on no claim, and the exception that says so.
WAITING = {
    "unmatched": "PATIENT_PAYMENT_UNMATCHED",
    "ambiguous": "PATIENT_PAYMENT_AMBIGUOUS",
    "member-differs": "PATIENT_PAYMENT_MEMBER_DIFFERS",
    "on-account": "PATIENT_PAYMENT_ON_ACCOUNT",
    "conflict": "PATIENT_PAYMENT_CONFLICT",
}


def post_patient_payments(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Post new payments of patients, try again what waits for its claim, and name what waits and what is in credit."""
    with write(ctx.engine) as conn:
        counts = post_waiting(conn, ctx, run_id, posting_date)
        counts["patient_credits"] = name_credits(conn, posting_date)
    return counts


def post_waiting(conn: Connection, ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Post what is new, apply what found its claim; `name_waiting` says what is left."""
    rows = patients.undecided(conn)
    counts = {"patient_payments_posted": 0, "patient_payments_applied": 0, "patient_paid_cents": 0}
    if len(rows):
        rows = _without_conflicts(conn, rows)
        found = _found(conn, rows)
        new = found[found["state"] == "new"]
        counts["patient_payments_posted"] = len(new)
        counts["patient_paid_cents"] = int(new["amount_cents"].sum())
        _post_new(conn, ctx, run_id, posting_date, new)
        counts["patient_payments_applied"] = _apply(
            conn, ctx, run_id, posting_date, found[found["state"] == "unapplied"]
        )
    name_waiting(conn, posting_date)
    return counts


def _without_conflicts(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Hold payments of which another row says something else; what is in the books already stays."""
    alive = rows[rows["state"] != "void"]
    several = alive.groupby("payment_key")["body_hash"].transform("nunique") > 1
    is_open = alive["state"].isin(["new", "held"])
    held = alive[several & is_open]
    patients.set_state(conn, held["patient_payment_id"], "held", "conflict")
    free = alive[~several]
    return free.assign(state=free["state"].where(free["state"] != "held", "new"))


def _found(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the claim family that each payment names (0: none) and why there is none."""
    rows = rows[rows["state"].isin(["new", "unapplied"])]
    numbers = rows.loc[rows["claim_number"] != "", "claim_number"].drop_duplicates().tolist()
    named = claims_named(conn, numbers)
    families = named.groupby("claim_number")["family_id"].agg(["nunique", "first"])
    at = families.reindex(rows["claim_number"], fill_value=0)
    several, family = at["nunique"].to_numpy() > 1, at["first"].to_numpy("int64")
    members = pd.MultiIndex.from_frame(named[["family_id", "member_id"]])
    own = pd.MultiIndex.from_arrays([family, rows["member_id"]])
    differs = (rows["member_id"] != "").to_numpy() & (family != 0) & ~own.isin(members)
    why = np.select(
        [(rows["claim_number"] == "").to_numpy(), several, family == 0, differs],
        ["on-account", "ambiguous", "unmatched", "member-differs"],
        "",
    )
    return rows.assign(family_id=np.where(why == "", family, 0), why=pd.Series(why, index=rows.index, dtype="str"))


def _post_new(conn: Connection, ctx: Context, run_id: int, posting_date: date, new: pd.DataFrame) -> None:
    if new.empty:
        return
    movements = new.assign(
        journal_key="act:" + new["payment_key"] + ":0",
        rule_id=pd.Series(np.where(new["family_id"] != 0, "E06", "P01"), index=new.index, dtype="str"),
        reference=new["payment_key"],
        effective_date=new["paid_date"],
        journal_reason="patient-payment",
    )
    write_journals(conn, ctx, run_id, posting_date, patient_lines.lines(movements))
    _save_states(conn, new)


def _apply(conn: Connection, ctx: Context, run_id: int, posting_date: date, waiting: pd.DataFrame) -> int:
    """Put what waits on the claim that came; give how many payments that were."""
    _save_states(conn, waiting[(waiting["family_id"] == 0) & (waiting["why"] != waiting["reason_code"])])
    ready = waiting[waiting["family_id"] != 0]
    if ready.empty:
        return 0
    put_on_claims(conn, ctx, run_id, posting_date, ready)
    _save_states(conn, ready)
    return len(ready)


def put_on_claims(conn: Connection, ctx: Context, run_id: int, posting_date: date, rows: pd.DataFrame) -> None:
    """Move payments (payment_key, family_id, paid_date) from unapplied cash to claims; `part_cents`: not all of it."""
    money = patient_money.money(conn, rows["payment_key"])
    lies = -money[money["account"] == "2200"].groupby("reference")["amount_cents"].sum()
    cents = lies.reindex(rows["payment_key"], fill_value=0).to_numpy("int64")
    cents = rows["part_cents"].to_numpy("int64") if "part_cents" in rows else cents
    ordinal = patient_money.times(conn, rows["payment_key"]).reindex(rows["payment_key"]).astype("str").to_numpy()
    movements = rows.assign(
        journal_key="act:" + rows["payment_key"] + ":apply:" + ordinal + ":0",
        rule_id="P02",
        reference=rows["payment_key"],
        amount_cents=cents,
        effective_date=rows["paid_date"],
        journal_reason="patient-payment-applied",
    )
    write_journals(conn, ctx, run_id, posting_date, patient_lines.lines(movements[cents != 0]))


def _save_states(conn: Connection, rows: pd.DataFrame) -> None:
    for why, part in rows.groupby("why", sort=True):
        patients.set_state(conn, part["patient_payment_id"].tolist(), "unapplied" if why else "applied", str(why))


def name_waiting(conn: Connection, posting_date: date) -> int:
    """Keep an open exception for each payment on no claim, or held: give how many there are."""
    rows = patients.waiting(conn)
    if rows.empty:
        exceptions.keep(conn, "exception_key", rows, WAITING.values(), posting_date, done="applied")
        return 0
    money = patient_money.money(conn, rows["payment_key"])
    lies = -money[money["account"] == "2200"].groupby("reference")["amount_cents"].sum()
    held = rows["state"] == "held"
    rows = rows.assign(
        type_code=rows["reason_code"].map(WAITING),
        open_cents=rows["amount_cents"].where(held, lies.reindex(rows["payment_key"], fill_value=0).to_numpy()),
    )
    rows = rows[rows["open_cents"] != 0]
    named = pd.DataFrame(
        {
            "exception_key": rows["type_code"] + ":" + rows["payment_key"] + ":" + rows["body_hash"].str[:8],
            "type_code": rows["type_code"],
            "amount_cents": rows["open_cents"],
            "message": [f"patient payment {number} of {day}" for number, day in _told(rows)],
            "file_id": rows["file_id"],
            "seg": rows["seg"],
        }
    ).astype({"exception_key": "str", "type_code": "str", "message": "str"})
    exceptions.keep(conn, "exception_key", named, WAITING.values(), posting_date, done="applied")
    return len(named)


def _told(rows: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(rows["patient_payment_id"].tolist(), rows["paid_date"].tolist(), strict=True))
