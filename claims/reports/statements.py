"""Ledger sums and shares by claim come in; what each patient is to be told to pay, and what not and why, goes out.

A patient is billed for what a payer's decision calls PR (never reason 209), once no payer owes anything any more;
never for CO, PI or OA, and nothing of a claim that Medicaid covers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.reports.report import days_between

BILLED_GROUP, NEXT_PAYER_ONLY = "PR", "209"
WAITS = {
    "payer-open": "a payer still owes a part, or has not decided",
    "medicaid": "Medicaid covers the claim",
    "not-pr": "the payer does not call it the patient's (group other than PR)",
    "next-payer-only": "reason 209: for the next payer only",
}
PEOPLE = [
    "guarantor_last_name",
    "guarantor_first_name",
    "patient_last_name",
    "patient_first_name",
    "member_id",
    "billing_npi",
    "claim_number",
]
STATEMENTS = [
    *PEOPLE,
    "payer_name",
    "service_from",
    "service_to",
    "charge_cents",
    "insurance_paid_cents",
    "adjusted_cents",
    "denied_open_cents",
    "patient_share_cents",
    "not_billed_cents",
    "patient_paid_cents",
    "written_off_cents",
    "balance_cents",
    "ready_date",
    "days",
]
REASONS = [
    "billing_npi",
    "claim_number",
    "line_number",
    "group_code",
    "reason_code",
    "reason",
    "amount_cents",
    "is_billed",
    "because",
    "payer_code",
    "sha256",
    "seg",
    "offset",
    "length",
]
KEYS = ["billing_npi", "claim_number"]


def why_not(shares: pd.DataFrame) -> pd.Series:
    """Tell of each share why it is never billed; empty: it is the patient's."""
    told = np.select(
        [shares["reason_code"] == NEXT_PAYER_ONLY, shares["group_code"] != BILLED_GROUP],
        ["next-payer-only", "not-pr"],
        "",
    )
    return pd.Series(told, index=shares.index, dtype="str")


def positions(sums: pd.DataFrame, shares: pd.DataFrame, medicaid: list[int]) -> pd.DataFrame:
    """Work out by claim (index family_id): shares, what was paid, and what is due, held back or in credit.

    due_cents + held_cents + credit_cents is the claim's balance on the patient's account.
    """
    ids = pd.Index(sorted(set(sums["family_id"])), name="family_id", dtype="int64")

    def of(part: pd.DataFrame) -> pd.Series:
        return part.groupby("family_id")["amount_cents"].sum().reindex(ids, fill_value=0).astype("int64")

    of_payer, of_patient = sums[sums["is_patient"] == 0], sums[sums["is_patient"] == 1]
    account = of_payer["account"]
    on_1200 = of_patient[of_patient["account"] == "1200"]
    by_turn = _summed(sums[sums["account"] == "1100"], ["family_id", "payer_sequence"])
    rows = pd.DataFrame(
        {
            "charge_cents": -of(of_payer[account == "4000"]),
            "insurance_paid_cents": of(of_payer[account.isin(["1050", "2200"])]),
            "adjusted_cents": of(of_payer[~account.isin(["1050", "1100", "1110", "1200", "2200", "4000"])]),
            "denied_open_cents": of(of_payer[account == "1110"]),
            "payers_open_cents": of(by_turn[by_turn["amount_cents"] > 0]),
            "payers_cents": of(by_turn),
            "share_cents": of(of_payer[account == "1200"]),
            "patient_share_cents": of(shares[why_not(shares) == ""]),
            "patient_paid_cents": -of(on_1200[on_1200["has_key"] == 1]),
            "written_off_cents": -of(on_1200[on_1200["has_key"] == 0]),
        }
    )
    gap = rows["patient_share_cents"] - rows["patient_paid_cents"] - rows["written_off_cents"]
    waits = np.select([rows.index.isin(medicaid), rows["payers_open_cents"] > 0], ["medicaid", "payer-open"], "")
    rows["waits"] = pd.Series(waits, index=ids, dtype="str")
    rows["due_cents"] = gap.clip(lower=0).where(rows["waits"] == "", 0)
    rows["held_cents"] = gap.clip(lower=0) - rows["due_cents"]
    rows["not_billed_cents"] = rows["share_cents"] - rows["patient_share_cents"]
    rows["credit_cents"] = gap.clip(upper=0)
    return rows


def _summed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    sums: pd.DataFrame = rows.groupby(keys)[["amount_cents"]].sum().reset_index()
    return sums.sort_values(keys, ignore_index=True)


def ready_since(daily: pd.DataFrame) -> pd.Series:
    """The day since which each claim has been ready for a statement without a break (index family_id)."""
    owed = _summed(daily[daily["account"] == "1100"], ["family_id", "payer_sequence", "posting_date"])
    keys = ["family_id", "payer_sequence"]
    owed["level"] = owed.groupby(keys)["amount_cents"].cumsum().clip(lower=0)
    owed["open"] = owed["level"] - owed.groupby(keys)["level"].shift(fill_value=0)
    on_1200 = daily[daily["account"] == "1200"]
    counts = (on_1200["is_patient"] == 1) | (why_not(on_1200) == "")
    gap = on_1200[counts].assign(open=0, gap=on_1200["amount_cents"])
    both = pd.concat([owed.assign(gap=0), gap], ignore_index=True)[["family_id", "posting_date", "open", "gap"]]
    days = both.groupby(["family_id", "posting_date"], as_index=False)[["open", "gap"]].sum()
    days = days.sort_values(["family_id", "posting_date"], ignore_index=True)
    levels = days.groupby("family_id")[["open", "gap"]].cumsum()
    is_ready = (levels["open"] == 0) & (levels["gap"] > 0)
    broken = days[~is_ready].groupby("family_id")["posting_date"].max()
    last = days["family_id"].map(broken).astype("str").fillna("")
    last = last.where(last != "nan", "")
    since: pd.Series = days[is_ready & (days["posting_date"] > last)].groupby("family_id")["posting_date"].min()
    return since


def statements(rows: pd.DataFrame, people: pd.DataFrame, since: pd.Series, as_of: str) -> pd.DataFrame:
    """One row per claim that is to be paid by its patient, sorted by guarantor, patient and claim."""
    due = rows[rows["due_cents"] > 0]
    named = due.join(people).assign(
        balance_cents=due["due_cents"],
        ready_date=pd.Series(since.reindex(due.index).to_numpy(), index=due.index, dtype="str").fillna(""),
    )
    named["days"] = days_between(named["ready_date"], as_of)
    return named.sort_values(PEOPLE, ignore_index=True)[STATEMENTS]


def guarantors(told: pd.DataFrame) -> pd.DataFrame:
    """Add statements up by guarantor and patient."""
    keys = PEOPLE[:5]
    amounts = ["charge_cents", "insurance_paid_cents", "patient_share_cents", "patient_paid_cents", "balance_cents"]
    by_person = told.groupby(keys, as_index=False, sort=True)
    summed = (
        by_person[amounts].sum().merge(by_person.agg(claims=("claim_number", "size"), days=("days", "max")), on=keys)
    )
    return summed[[*keys, "claims", *amounts, "days"]]


def reasons(shares: pd.DataFrame, rows: pd.DataFrame, people: pd.DataFrame, titles: pd.Series) -> pd.DataFrame:
    """Why each cent is the patient's, or is called so and not billed: group, reason, payer, file and segment."""
    never = why_not(shares)
    waits = rows["waits"].reindex(shares["family_id"]).to_numpy()
    because = never.where(never != "", pd.Series(waits, index=shares.index, dtype="str"))
    named = shares.assign(
        because=because.map(WAITS).fillna("").astype("str"),
        is_billed=pd.Series(np.where(because == "", "yes", "no"), index=shares.index, dtype="str"),
        reason=titles.reindex(shares["reason_code"]).fillna("").astype("str").to_numpy(),
        **{name: people[name].reindex(shares["family_id"]).to_numpy() for name in KEYS},
    )
    order = [*KEYS, "line_number", "group_code", "reason_code", "sha256", "seg", "amount_cents"]
    return named.sort_values(order, ignore_index=True)[REASONS]


def held_back(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """What lies on patients' accounts and is not billed, or is in credit: claim, why, amount."""
    parts = [
        rows.assign(why=rows["waits"].map(WAITS).fillna("").astype("str"), amount_cents=rows["held_cents"]),
        rows.assign(why=WAITS["not-pr"], amount_cents=rows["not_billed_cents"]),
        rows.assign(
            why=np.where(rows["payers_open_cents"] > 0, "paid before the payers have decided", "in credit"),
            amount_cents=rows["credit_cents"],
        ),
    ]
    both = pd.concat([part[["why", "amount_cents"]] for part in parts])
    both = both[both["amount_cents"] != 0].join(people[KEYS])
    return both.astype({"why": "str"}).sort_values([*KEYS, "why"], ignore_index=True)[[*KEYS, "why", "amount_cents"]]
