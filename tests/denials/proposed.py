"""Propose for frames as tests write them, keep what comes out as the database does, and look at it."""

import pandas as pd

from claims.denials import classify, propose
from claims.denials.proposals import Proposal
from tests.denials.frames import adjustments, claims, lines, remarks

KNOWN = {"family_id": 7, "billing_npi": "1234567893", "family_claim_number": "A1", "payer_sequence": "P"}


def stored(proposal: Proposal, known: pd.DataFrame | None = None) -> pd.DataFrame:
    """Do what the database does: keep the cases, replace the changed ones."""
    rows = [frame for frame in (known, proposal.new_cases) if frame is not None and len(frame)]
    cases = pd.concat(rows, ignore_index=True) if rows else proposal.new_cases
    cases["case_id"] = range(1, len(cases) + 1)
    if len(proposal.changed_cases):
        changed = proposal.changed_cases.set_index("case_id")
        cases = cases.set_index("case_id")
        cases = pd.concat([cases.drop(changed.index), changed]).sort_index().reset_index()
    npis = {7: "1234567893", 8: "1234567893"}
    cases["billing_npi"] = cases["family_id"].map(npis).fillna("").astype("str")
    cases["outcome"] = cases["outcome"].fillna("")
    return cases


def no_cases() -> pd.DataFrame:
    from claims.denials.outcomes import CASE_COLUMNS

    numbers = {"claim_payment_id", "family_id", "line_number", "recovered_cents", "case_id"}
    names = ["case_id", *CASE_COLUMNS, "billing_npi"]
    return pd.DataFrame(
        {name: pd.Series(dtype="int64" if name in numbers or name.endswith("_cents") else "str") for name in names}
    )


def run(claim_rows, line_rows, adjustment_rows, remark_rows=(), known=None, day="2026-03-02") -> Proposal:
    """Classify and propose."""
    claim_payments, service_payments = claims(*claim_rows), lines(*line_rows)
    found = adjustments(*adjustment_rows)
    return propose(
        claim_payments,
        service_payments,
        found,
        classify(claim_payments, service_payments, found),
        remarks(*remark_rows),
        no_cases() if known is None else known,
        posting_date=day,
    )


def one(*adjustment_rows, remark_rows=(), claim=None, line=None, known=None) -> Proposal:
    """Propose for one claim payment with one line."""
    return run([claim or {}], [line or {}], [(1, 1, *row) for row in adjustment_rows], remark_rows, known)


def only(proposal: Proposal) -> pd.Series:
    """Return the only new case."""
    assert len(proposal.new_cases) == 1
    return proposal.new_cases.iloc[0]


def kinds(proposal: Proposal) -> list[str]:
    return proposal.events["kind"].tolist()


SECOND = {"claim_payment_id": 2, "remit_key": "r2", "payment_date": "2026-04-01", "payer_claim_number": "ICN2"}
SECOND_LINE = {"service_payment_id": 2, "claim_payment_id": 2, "line_number": 1}
DENIED = ([KNOWN], [{"line_number": 1}], [(1, 1, "CO", "16", 10000)])


def first_night() -> pd.DataFrame:
    """One fully denied, known claim is stored."""
    return stored(run(*DENIED))


def reversal(**changes) -> dict:
    return (
        KNOWN
        | {
            "claim_payment_id": 2,
            "remit_key": "r2",
            "payment_date": "2026-04-01",
            "status_code": "22",
            "charge_cents": -10000,
            "outcome": "reversal",
            "reverses_claim_payment_id": 1,
        }
        | changes
    )
