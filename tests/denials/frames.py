"""Small frames for the denial tests: one claim payment with its lines, adjustments and remarks from a few words."""

from __future__ import annotations

import pandas as pd

CLAIM = {
    "claim_payment_id": 1,
    "remit_key": "r1",
    "ordinal": 1,
    "claim_number": "A1",
    "payer_claim_number": "ICN1",
    "status_code": "1",
    "charge_cents": 10000,
    "paid_cents": 0,
    "filing_indicator_code": "CI",
    "payer_code": "PAYER",
    "payer_name": "PAYER ONE",
    "payment_date": "2026-03-02",
    "statement_from_date": "2026-02-01",
    "statement_to_date": "2026-02-03",
    "family_id": 0,
    "billing_npi": "",
    "family_claim_number": "",
    "payer_sequence": "",
    "outcome": "posted",
    "reverses_claim_payment_id": 0,
}
LINE = {
    "service_payment_id": 1,
    "claim_payment_id": 1,
    "ordinal": 1,
    "line_number": 0,
    "procedure_code": "99213",
    "charge_cents": 10000,
    "paid_cents": 0,
    "service_date": "2026-02-01",
    "service_to_date": "2026-02-01",
}
ADJUSTMENT = {
    "adjustment_id": 1,
    "claim_payment_id": 1,
    "service_payment_id": 1,
    "seg": 1,
    "ordinal": 1,
    "group_code": "CO",
    "reason_code": "45",
    "amount_cents": 0,
}
REMARK = {
    "remark_id": 1,
    "claim_payment_id": 1,
    "service_payment_id": 1,
    "seg": 1,
    "ordinal": 1,
    "source": "LQ",
    "remark_code": "M51",
}


def frame(default: dict, *rows: dict) -> pd.DataFrame:
    """Build a frame of rows that differ from ``default``; text is ``str``, numbers ``int64``."""
    types = {name: "str" if isinstance(value, str) else "int64" for name, value in default.items()}
    return pd.DataFrame([default | row for row in rows], columns=list(default)).astype(types)


def claims(*rows: dict) -> pd.DataFrame:
    """Build claim payments."""
    return frame(CLAIM, *rows)


def lines(*rows: dict) -> pd.DataFrame:
    """Build service payments."""
    return frame(LINE, *rows)


def adjustments(*rows: tuple) -> pd.DataFrame:
    """Build adjustments from (claim, line, group, code, cents); line 0 is the claim level."""
    names = ("claim_payment_id", "service_payment_id", "group_code", "reason_code", "amount_cents")
    return frame(
        ADJUSTMENT,
        *(
            {"adjustment_id": number, "seg": 10 + number} | dict(zip(names, row, strict=True))
            for number, row in enumerate(rows, start=1)
        ),
    )


def remarks(*rows: tuple) -> pd.DataFrame:
    """Build remarks from (claim, line, code)."""
    names = ("claim_payment_id", "service_payment_id", "remark_code")
    return frame(
        REMARK,
        *(
            {"remark_id": number, "seg": 100 + number} | dict(zip(names, row, strict=True))
            for number, row in enumerate(rows, start=1)
        ),
    )
