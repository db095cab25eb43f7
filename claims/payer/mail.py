"""The month's files: claims, remittances and answers in, frames with an envelope out; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from claims.payer import acknowledge, practice
from claims.payer.adjudicate import Frames
from claims.payer.envelope import enveloped
from claims.payer.remit import remittance_frames
from claims.payer.terms import yyyymmdd

BATCHES = 4


@dataclass(frozen=True)
class PlannedFile:
    """One file of the month: frames to be written as X12, or what other file's bytes it repeats, or plain bytes."""

    name: str
    frames: Frames | None = None
    copy_of: str = ""
    raw: bytes = b""
    other_delimiters: bool = False


def outgoing(claims: pd.DataFrame, lines: pd.DataFrame) -> tuple[list[PlannedFile], pd.DataFrame]:
    """Put each weekly batch into an 837P, but for the claims that come by the charges CSV."""
    files = []
    for batch in range(BATCHES):
        own = claims[(claims["batch"] == batch) & ~claims["by_charges_csv"]]
        if own.empty:
            continue
        day = int(own["received_date"].iloc[0])
        transactions = pd.DataFrame({"seg": [3], "set_code": ["837P"]}).assign(
            batch_reference=f"BATCH{day}",
            batch_date=day,
            batch_time="0600",
            **practice.SUBMITTER,
            **practice.CLEARING_HOUSE,
        )
        frames = {
            "claims": own.assign(transaction_seg=3),
            "service_lines": lines[lines["claim_seg"].isin(own["seg"])],
        }
        frames = enveloped(frames, transactions, "MADEUP01", "PRETEND01", day, 260_000_001 + batch)
        files.append(PlannedFile(f"claims_{day}.837", frames))
    by_csv = claims[claims["by_charges_csv"]]
    charges = lines.merge(
        by_csv.drop(columns="charge_cents"), left_on="claim_seg", right_on="seg", suffixes=("", "_of_claim")
    )
    return files, charges.sort_values("seg", kind="stable").reset_index(drop=True)


def incoming(adjudicated: Frames, remits: pd.DataFrame, plb: pd.DataFrame) -> tuple[list[PlannedFile], pd.Series]:
    """Put each remittance into an 835 of its own; one comes once more, in another envelope with other delimiters."""
    files, names = [], []
    for number, (_, remit) in enumerate(remits.groupby("transaction_seg")):
        one = remit.iloc[0]
        frames = remittance_frames(adjudicated, remit, plb, practice.BILLING["billing_npi"])
        transactions = pd.DataFrame({"seg": remit["transaction_seg"].to_numpy(), "set_code": "835"})
        day, payer = int(one["payment_date"]), str(one["payer_code"])
        name = f"{payer.lower()}_{day}_{one['trace_number'].lower()}.835"
        files.append(PlannedFile(name, enveloped(frames, transactions, payer, "MADEUP01", day, 900_000_001 + number)))
        names.append(name)
        if one["remit_key"] == "MOONB-1":
            again = enveloped(frames, transactions, "PRETEND01", "MADEUP01", day + 3, 700_000_001)
            again["transactions"] = again["transactions"].assign(control_number="7001")
            files.append(PlannedFile(f"resent_{name}", again, other_delimiters=True))
    return files, pd.Series(names, index=remits["remit_key"].to_numpy())


def answers(claims: pd.DataFrame, start: date) -> list[PlannedFile]:
    """Answer the first batch: TA1 and 999 the same day, a 277CA the day after."""
    own = claims[~claims["by_charges_csv"]]
    if own.empty:
        return []
    sent = int(own["received_date"].iloc[0])
    next_day = yyyymmdd(start + timedelta(days=8))
    one = pd.DataFrame({"seg": [3], "set_code": ["999"]})
    envelope = enveloped(
        acknowledge.interchange_answer("260000001", sent, "0600"), one, "PRETEND01", "MADEUP01", sent, 1
    )
    ta1 = {
        **envelope,
        "groups": envelope["groups"].iloc[:0],
        "transactions": envelope["transactions"].assign(set_code="TA1", group_seg=0),
    }
    syntax = enveloped(acknowledge.syntax_answer("260000001", 1), one, "PRETEND01", "MADEUP01", sent, 2)
    detail = one.assign(set_code="277CA", batch_reference=f"ANSWER{sent}", batch_date=next_day, batch_time="0700")
    statuses = acknowledge.claim_answer(own, next_day, f"RECEIPT{sent}", f"BATCH{sent}")
    return [
        PlannedFile(f"claims_{sent}.ta1", ta1),
        PlannedFile(f"claims_{sent}.999", syntax),
        PlannedFile(f"claims_{sent}.277ca", enveloped(statuses, detail, "PRETEND01", "MADEUP01", next_day, 3)),
    ]
