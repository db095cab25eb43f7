"""Both sides of a practice's month: a number of claims and a seed in; the files of the month, as frames, out.

Claims go out in four weekly batches (some by a charges CSV); each payer decides them and pays weekly. In the month, on
purpose: denials for real causes, reversals with corrections (netted at once, recovered later, carried forward), late
interest, an unbalanced remittance, one for a claim that is not ours, one sent twice, one in a new envelope, rubbish,
a deposit without a remittance and a remittance without a deposit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from claims.payer import practice
from claims.payer.adjudicate import Frames, adjudicate, joined
from claims.payer.bank import statement
from claims.payer.books import Books
from claims.payer.mail import BATCHES, PlannedFile, answers, incoming, outgoing
from claims.payer.remit import remittances
from claims.payer.takebacks import takebacks
from claims.payer.terms import table, yyyymmdd
from claims.payer.truth import truth

START = date(2026, 9, 1)
DAYS_TO_PAY = 10  # at the earliest; then the payer's next weekday
INTEREST_CENTS = 315
WRONG_BY_CENTS = 500  # what the unbalanced remittance is off


@dataclass(frozen=True)
class Month:
    """The month's files, the rows of its bank and charges CSVs, what really happened, and the day after it."""

    files: list[PlannedFile]
    bank: pd.DataFrame
    charges: pd.DataFrame
    truth: pd.DataFrame
    posting_date: date
    shares: pd.DataFrame  # what is left to patients: claim_number, patient_cents, payment_date


def simulate(count: int, seed: int, start: date = START) -> Month:
    """Simulate a month of `count` claims; the same arguments give the same month."""
    invented = practice.invent(count, seed, start)
    claims, lines = _submitted(invented.claims, invented.service_lines, seed, start)
    books = Books()
    adjudicated = _adjudicated(claims, lines, invented.members, books, seed)
    adjudicated, plb = takebacks(adjudicated, claims, lines, invented.members, books)
    stranger = _stranger(seed, start, books)
    adjudicated = joined([adjudicated, stranger])
    adjudicated["claim_payments"] = _with_interest(adjudicated["claim_payments"])
    plb = pd.concat([plb, _interest(adjudicated["claim_payments"])], ignore_index=True)
    remits, plb = remittances(adjudicated["claim_payments"], plb, practice.BILLING)
    adjudicated = _unbalanced(adjudicated, remits)

    sent, charges = outgoing(claims, lines)
    received, names = incoming(adjudicated, remits, plb)
    bank, deposits = statement(remits, seed)
    extras = [
        PlannedFile("copy_of_a_remit.edi", copy_of=names.get("FABLE-1", names.iloc[0])),
        PlannedFile(
            "fax_cover.txt", raw=b"FAX COVER SHEET\r\nTo: billing desk\r\nPages: 2\r\n\x00\x00 please call back\r\n"
        ),
    ]
    last = datetime.strptime(str(max(remits["payment_date"])), "%Y%m%d").date()
    what_happened = truth(claims, adjudicated, remits, plb, names, deposits)
    return Month(
        files=[*sent, *received, *answers(claims[claims["batch"] == 0], start), *extras],
        bank=bank,
        charges=charges,
        truth=what_happened,
        posting_date=last + timedelta(days=5),
        shares=_shares(what_happened, remits),
    )


def _shares(happened: pd.DataFrame, remits: pd.DataFrame) -> pd.DataFrame:
    """What posted decisions leave to patients, by claim: the last one of each, and nothing that is denied."""
    own = happened[(happened["kind"] == "claim_payment") & (happened["expected"] == "posted")]
    own = own[own["status_code"].isin(["1", "2", "3", "19"]) & (own["patient_cents"].fillna(0) > 0)]
    own = own[own["denied_cents"].fillna(0) == 0].drop_duplicates("claim_number", keep="last")
    days = pd.to_datetime(remits["payment_date"].astype("str")).dt.strftime("%Y-%m-%d")
    by_trace = pd.Series(days.to_numpy(), index=remits["trace_number"].to_numpy(), dtype="str")
    by_trace = by_trace[~by_trace.index.duplicated()]
    rows = own[["claim_number", "patient_cents"]].assign(payment_date=by_trace.reindex(own["trace_number"]).to_numpy())
    return rows[rows["payment_date"].notna()].astype({"patient_cents": "int64"}).reset_index(drop=True)


def _submitted(claims: pd.DataFrame, lines: pd.DataFrame, seed: int, start: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decide what is sent when and how; a few claims are sent again under a new number, by mistake."""
    rng = np.random.default_rng([seed, 2])
    claims = claims.assign(batch=np.minimum(claims["served_day"] // 7, BATCHES - 1), is_repeat=False)
    again = claims[claims["batch"] < BATCHES - 1].iloc[:: max(len(claims) // 4, 1)].head(3)
    number = pd.Series(np.arange(len(again)) + 269_001, index=again.index)
    copies = again.assign(
        seg=np.arange(len(again)) + len(claims) + 1,
        claim_number="EX" + number.astype(str) + practice.check_letter(number),
        batch=BATCHES - 1,
        is_repeat=True,
    )
    new_seg = pd.Series(copies["seg"].to_numpy(), index=again["seg"])
    new_number = pd.Series(copies["claim_number"].to_numpy(), index=again["seg"])
    repeated = lines[lines["claim_seg"].isin(new_seg.index)]
    ordinal = repeated["ordinal"].astype(str).to_numpy()
    repeated = repeated.assign(
        seg=np.arange(len(repeated)) + len(lines) + 1,
        line_control_number=new_number.reindex(repeated["claim_seg"]).to_numpy() + "L" + ordinal,
        claim_seg=new_seg.reindex(repeated["claim_seg"]).to_numpy(),
    )
    claims = pd.concat([claims, copies], ignore_index=True)
    lines = pd.concat([lines, repeated], ignore_index=True)
    received = pd.Series([yyyymmdd(start + timedelta(days=7 * (batch + 1))) for batch in range(BATCHES)])
    first_batch = np.flatnonzero(claims["batch"] == 0)
    prefix = table("payers").set_index("payer_code")["icn_prefix"].reindex(claims["payer_code"]).to_numpy()
    return claims.assign(
        received_date=received.reindex(claims["batch"]).to_numpy(),
        payer_claim_number=prefix + pd.Series(np.arange(len(claims)) + 2_600_001).astype(str),
        by_charges_csv=(claims["batch"] == 1) & (claims.index % 2 == 0),
        is_rejected=claims.index == (first_batch[-1] if len(first_batch) else -1),
        is_pending=(rng.random(len(claims)) < 0.04) & ~claims["is_repeat"],
    ), lines


def _adjudicated(claims: pd.DataFrame, lines: pd.DataFrame, members: pd.DataFrame, books: Books, seed: int) -> Frames:
    """Let the payers decide batch by batch, and say which remittance each claim is paid with."""
    parts = []
    for batch in range(BATCHES):
        part = claims[(claims["batch"] == batch) & ~claims["is_rejected"] & ~claims["is_pending"]]
        decided = adjudicate(part, lines[lines["claim_seg"].isin(part["seg"])], members, books, seed)
        weekday = table("payers").set_index("payer_code")["weekday"].reindex(part["payer_code"]).to_numpy()
        earliest = pd.to_datetime(part["received_date"].astype(str)) + pd.Timedelta(days=DAYS_TO_PAY)
        paid_on = earliest + pd.to_timedelta((weekday - earliest.dt.day_of_week) % 7, unit="D")
        day = paid_on.dt.strftime("%Y%m%d").astype("int64").to_numpy()
        payments = decided["claim_payments"].assign(payment_date=day, week=batch + 1)
        decided["claim_payments"] = payments.assign(remit_key=payments["payer_code"] + f"-{batch + 1}")
        parts.append(decided)
    result = joined(parts)
    payments = result["claim_payments"]
    # One payer sends part of its second remittance a day later, and gets it wrong.
    held = payments.index[payments["remit_key"] == "DRAGN-2"][-4:]
    later = pd.to_datetime(payments.loc[held, "payment_date"].astype(str)) + pd.Timedelta(days=1)
    payments.loc[held, "remit_key"] = "DRAGN-2-unbalanced"
    payments.loc[held, "payment_date"] = later.dt.strftime("%Y%m%d").astype("int64")
    return result


def _stranger(seed: int, start: date, books: Books) -> Frames:
    """Decide a claim of the practice that it never recorded: nobody will know its number."""
    invented = practice.invent(1, seed + 1, start)
    claims = invented.claims.assign(
        claim_number="ZZ990001A",
        payer_code="FABLE",
        filing_indicator_code="12",
        received_date=yyyymmdd(start + timedelta(days=7)),
        payer_claim_number="FW9900001",
    )
    lines = invented.service_lines.assign(
        forced_cause="none",
        line_control_number="ZZ990001AL" + invented.service_lines["ordinal"].astype(str),
    )
    members = claims[["payer_code", "member_id"]].assign(coverage_to_date=99991231)
    decided = adjudicate(claims, lines, members, books, seed)
    paid_on = yyyymmdd(start + timedelta(days=24))
    decided["claim_payments"] = decided["claim_payments"].assign(
        payment_date=paid_on, week=0, remit_key="FABLE-unknown-claim"
    )
    return decided


def _with_interest(payments: pd.DataFrame) -> pd.DataFrame:
    """Pay late interest on the best-paid claim of one remittance."""
    own = payments[(payments["remit_key"] == "FABLE-2") & (payments["paid_cents"] > 0)]
    if own.empty:
        return payments
    payments.loc[own["paid_cents"].idxmax(), "interest_cents"] = INTEREST_CENTS
    return payments


def _interest(payments: pd.DataFrame) -> pd.DataFrame:
    owed = payments[payments["interest_cents"] != 0]
    return pd.DataFrame(
        {
            "remit_key": owed["remit_key"],
            "reason_code": "L6",
            "reference": owed["payer_claim_number"],
            "amount_cents": -owed["interest_cents"],
        }
    )


def _unbalanced(adjudicated: Frames, remits: pd.DataFrame) -> Frames:
    """Spoil one adjustment of the remittance that is to be held, after it was balanced."""
    payments = adjudicated["claim_payments"]
    segs = payments.loc[payments["remit_key"] == "DRAGN-2-unbalanced", "seg"]
    adjustments = adjudicated["adjustments"].copy()
    own = adjustments.index[adjustments["claim_seg"].isin(segs)]
    adjustments.loc[own[:1], "amount_cents"] += WRONG_BY_CENTS
    return {**adjudicated, "adjustments": adjustments}
