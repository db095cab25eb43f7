"""What patients are to be told to pay, as of a day, and why; what is not billed, and why not."""

from __future__ import annotations

import json

import pandas as pd

from claims import codes
from claims.reports import statements as rules
from claims.reports.report import Check, Report
from claims.store import master as master_rows
from claims.store.handles import Connection
from claims.store.queries import statements as rows_of
from claims.store.queries.asof import AsOf

NAME = "statements"
MEDICAID_TYPES = ("medicaid_ffs", "medicaid_managed")  # of the payers in master data


def positions(conn: Connection, at: AsOf) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give what is due, held back or in credit by claim (index family_id), and the shares behind it."""
    shares = rows_of.shares(conn, at)
    medicaid = rows_of.medicaid(conn, at, _medicaid_payers(conn, at))
    rows = rules.positions(rows_of.sums(conn, at), shares, medicaid)
    return rows.assign(ready_date=rules.ready_since(rows_of.daily(conn, at)).reindex(rows.index)), shares


def statements(conn: Connection, at: AsOf) -> Report:
    """Tell what each patient is to pay of each claim: charged, paid, adjusted, his share and why, since when."""
    rows, shares = positions(conn, at)
    people = _people(conn, at, rows)
    told = rules.statements(rows.drop(columns="ready_date"), people, rows["ready_date"].dropna(), at.day.isoformat())
    back = rules.held_back(rows, people)
    titles = codes.table("carc").drop_duplicates("code").set_index("code")["own_title"]
    why = rules.reasons(shares, rows, people, titles)
    by_person = rules.guarantors(told)
    control, due = rows_of.control(conn, at), int(told["balance_cents"].sum())
    outside = rows["insurance_paid_cents"] + rows["adjusted_cents"] + rows["denied_open_cents"] + rows["payers_cents"]
    off = rows["charge_cents"] - outside - rows["share_cents"]
    billed = why[why["is_billed"] == "yes"]
    never = billed[(billed["group_code"] != rules.BILLED_GROUP) | (billed["reason_code"] == rules.NEXT_PAYER_ONLY)]
    paid = int((rows["patient_paid_cents"] + rows["written_off_cents"]).sum())
    checks = (
        Check("statements and what is held back or in credit are the patients' account", due + _sum(back), control),
        Check("shares less what was paid and written off are the patients' account", _sum(why) - paid, control),
        Check("guarantors add up to the statements", int(by_person["balance_cents"].sum()), due),
        Check("each claim's charge is paid, adjusted, open or the patient's", int(off.abs().sum()), 0),
        Check("nothing is billed but PR, and never 209", len(never), 0),
        Check("every statement says since when", int((told["ready_date"] == "").sum()), 0),
    )
    tables = {"statements": told, "guarantors": by_person, "reasons": why, "held_back": back}
    controls = {"due": due, "not_billed": _sum(back), "patients_1200": control}
    sums = {"due": ("statements", "balance_cents"), "not_billed": ("held_back", "amount_cents")}
    return Report(NAME, tables, controls, checks, sums)


def _medicaid_payers(conn: Connection, at: AsOf) -> list[str]:
    """Codes and ids of the payers that master data, as known then, call Medicaid."""
    found: set[str] = set()
    for body in master_rows.known(conn, at.known_at, "payers")["body"].tolist():
        payer = json.loads(body)
        if payer.get("payer_type") in MEDICAID_TYPES:
            found |= {payer["payer_code"], payer.get("payer_identifier", "")}
    return sorted(found - {""})


def _sum(rows: pd.DataFrame) -> int:
    return int(rows["amount_cents"].sum())


def _people(conn: Connection, at: AsOf, rows: pd.DataFrame) -> pd.DataFrame:
    """Guarantor (who holds the policy) and patient of each claim, and its days of service."""
    ids = rows.index.tolist()
    found = rows_of.people(conn, at, ids)
    days = rows_of.service_days(conn, at, ids).reindex(found.index)
    is_self = found["patient_last_name"] == ""
    named = found.assign(
        guarantor_last_name=found["subscriber_last_name"],
        guarantor_first_name=found["subscriber_first_name"],
        patient_last_name=found["patient_last_name"].where(~is_self, found["subscriber_last_name"]),
        patient_first_name=found["patient_first_name"].where(~is_self, found["subscriber_first_name"]),
        service_from=days["service_from"]
        .fillna("")
        .where(days["service_from"].fillna("") != "", found["statement_from_date"]),
        service_to=days["service_to"].fillna("").where(days["service_to"].fillna("") != "", found["statement_to_date"]),
    )
    names = [*rules.PEOPLE, "payer_name", "service_from", "service_to"]
    whole = named[names].reindex(rows.index).fillna("")
    return whole.astype(dict.fromkeys(names, "str"))
