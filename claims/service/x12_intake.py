"""An X12 file becomes rows: it is read once to judge its sets, and once more, chunk by chunk, to store them.

The verdict of a set needs its last segment (totals, trailer), its rows are wanted before: two passes keep the memory
bounded for a file of any size. A file that fits one chunk is read once.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from claims.findings import NOTE
from claims.service.context import Context
from claims.service.file_outcome import raise_file
from claims.service.x12_answers import Answers
from claims.service.x12_facts import JudgedFile, claim_payment_rows, claim_rows, read_judged, remittance_rows
from claims.service.x12_verdicts import HANDLED, file_state, off_balance
from claims.store import exceptions, filing, x12_rows
from claims.store.handles import Connection


def load_x12(
    conn: Connection, ctx: Context, row: filing.FileRow, path: Path, posting_date: date, *, origin: str = "sent"
) -> None:
    """Read, judge and store one X12 file in the caller's transaction.

    Its claims were sent by somebody else (origin `sent`), where a finding of one claim holds the set; or they are to be
    sent by us (`to_send`), where it holds this claim only.
    """
    file = read_judged(ctx, path, origin)
    transactions, told, problems = file.transactions, file.told, file.problems
    ids = x12_rows.save_sets(conn, row.file_id, file.interchanges, told, problems)
    counts = {"transactions": len(transactions), "claims": int(transactions["claims"].sum())}
    held_cents: Counter[int] = Counter()
    answers = Answers()
    remit_ids = pd.Series(dtype="int64")  # by ST segment; a set that spans chunks has its BPR in the first
    for chunk in file.chunks:
        frames = chunk.frames
        remit_ids = _save_remittances(conn, row.file_id, frames, transactions, ids, remit_ids)
        held_cents.update(_save_claims(conn, row.file_id, frames, file, ids, origin))
        _save_answers(conn, row.file_id, frames, ids, answers)
    state, reason = file_state(told, problems)
    sets = " ".join(sorted(set(transactions["set_code"])))[:120]
    filing.finish(conn, row.file_id, content="x12", sets=sets, state=state, reason_code=reason, counts=counts)
    if not _raise_sets(conn, row, told, held_cents, off_balance(problems), posting_date):
        raise_file(conn, row, state, reason, int((problems["severity"] != NOTE).sum()), posting_date)


def _raise_sets(
    conn: Connection,
    row: filing.FileRow,
    transactions: pd.DataFrame,
    held_cents: Counter[int],
    off: pd.Series,
    posting_date: date,
) -> int:
    """List each held or refused set: a remittance with its payment, claims with the charge of those that are held."""
    held = transactions[transactions["state"].isin(["held", "refused"]) & transactions["set_code"].isin(HANDLED)]
    if held.empty:
        return 0
    is_remit = held["set_code"] == "835"
    is_claim = held["set_code"].isin(["837P", "837I", "837D"])
    type_code = np.select([is_remit, is_claim], ["REMIT_HELD", "CLAIM_HELD"], "FILE_HELD")
    charged = pd.Series([held_cents[seg] for seg in held["seg"].tolist()], index=held.index)
    amount = held["payment_cents"].where(is_remit, charged).astype("Int64").fillna(0).astype("int64")
    message = [
        f"set {set_code} at segment {seg} of file {row.sha256[:12]}: {state}, {reason}"
        + (f". {off[seg]}" if seg in off.index else "")
        for set_code, seg, state, reason in zip(
            held["set_code"], held["seg"].tolist(), held["state"], held["reason_code"], strict=True
        )
    ]
    rows = pd.DataFrame(
        {
            "exception_key": [f"SET:{row.sha256}:{seg}" for seg in held["seg"].tolist()],
            "type_code": type_code,
            "amount_cents": amount.to_numpy(),
            "message": message,
            "file_id": row.file_id,
            "seg": held["seg"].to_numpy(),
        }
    ).astype({"exception_key": "str", "type_code": "str", "message": "str"})
    exceptions.open_all(conn, rows, posting_date)
    return len(rows)


def _save_answers(conn: Connection, file_id: int, frames: x12_rows.Frames, ids: pd.Series, answers: Answers) -> None:
    rows = answers.rows(frames)
    if len(rows):
        own_set = ids.reindex(rows["transaction_seg"], fill_value=0).to_numpy()
        x12_rows.save_acknowledgements(conn, file_id, rows.assign(transaction_id=own_set))


def _save_remittances(
    conn: Connection,
    file_id: int,
    frames: x12_rows.Frames,
    transactions: pd.DataFrame,
    ids: pd.Series,
    known: pd.Series,
) -> pd.Series:
    if frames["remittances"].empty and frames["claim_payments"].empty and frames["provider_adjustments"].empty:
        return known
    rows = remittance_rows(frames, transactions)
    rows["transaction_id"] = ids.reindex(rows["transaction_seg"]).to_numpy()
    remit_ids: pd.Series = pd.concat([known, x12_rows.save_remittances(conn, file_id, rows)])
    frames = {**frames, "claim_payments": claim_payment_rows(frames)}
    x12_rows.save_claim_payments(conn, file_id, frames, remit_ids)
    return remit_ids


def _save_claims(
    conn: Connection, file_id: int, frames: x12_rows.Frames, file: JudgedFile, ids: pd.Series, origin: str
) -> dict[int, int]:
    """Store claims; give the charges of those that are held, by set."""
    if frames["claims"].empty:
        return {}
    claims = claim_rows(frames, file.transactions, file.stopped, origin)
    claims["transaction_id"] = ids.reindex(claims["transaction_seg"]).to_numpy()
    x12_rows.save_claims(conn, file_id, claims, frames["service_lines"], frames["other_payers"])
    cents = claims[claims["state"] == "held"].groupby("transaction_seg")["charge_cents"].sum()
    return dict(zip(cents.index.tolist(), cents.tolist(), strict=True))
