"""Small frames of bank lines and remittances for tests of ties."""

import pandas as pd

LINE = {
    "bank_line_id": 0,
    "line_key": "",
    "rest_cents": 8800,
    "trace_number": "",
    "payer_identifier": "",
    "payer_name": "FABLEWOOD HEALTH",
    "bank_date": "2026-03-11",
    "kind": "ach",
}
REMIT = {
    "remit_id": 0,
    "remit_key": "",
    "open_cents": 8800,
    "trace_number": "T1",
    "payer_identifier": "1512345678",
    "payer_name": "FABLEWOOD HEALTH PLAN",
    "payment_date": "2026-03-10",
    "by_card_cents": 0,
}


def _frame(default, rows, key, text):
    types = {name: "str" if isinstance(value, str) else "int64" for name, value in default.items()}
    numbered = [default | {key: place, text: f"k{place}"} | row for place, row in enumerate(rows, 1)]
    return pd.DataFrame(numbered, columns=list(default)).astype(types)


def lines(*rows):
    return _frame(LINE, rows, "bank_line_id", "line_key")


def remits(*rows):
    return _frame(REMIT, rows, "remit_id", "remit_key")
