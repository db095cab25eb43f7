"""An X12 file becomes rows: it is read once to judge its sets, and once more, chunk by chunk, to store them.

The verdict of a set needs its last segment (totals, trailer), its rows are wanted before: two passes keep the memory
bounded for a file of any size. A file that fits one chunk is read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from claims import x12
from claims.findings import NOTE
from claims.ledger.identity import claim_keys, payer_codes, remit_keys
from claims.ledger.match import normal_number
from claims.service.context import Context
from claims.service.file_outcome import raise_file
from claims.service.x12_answers import ANSWER_FRAMES, Answers
from claims.service.x12_names import batch_references, named
from claims.service.x12_verdicts import (
    HANDLED,
    claim_reasons,
    claims_of,
    cut_findings,
    file_state,
    judge,
    off_balance,
    payment_findings,
    payments_of,
    with_stopped_claims,
)
from claims.store import exceptions, filing, x12_rows
from claims.store.handles import Connection

# Of the claims of an 837 (store/schema/sent_claims.py): the life that they begin with.
LIFE = {"sent": "sent", "to_send": "draft"}


def load_x12(
    conn: Connection, ctx: Context, row: filing.FileRow, path: Path, posting_date: date, *, origin: str = "sent"
) -> None:
    """Read, judge and store one X12 file in the caller's transaction.

    Its claims were sent by somebody else (origin `sent`), where a finding of one claim holds the set; or they are to be
    sent by us (`to_send`), where it holds this claim only.
    """
    chunks = _Chunks(path)
    heads = [_Head.of(chunk, ctx, path) for chunk in chunks]
    interchanges = pd.concat([head.interchanges for head in heads], ignore_index=True)
    transactions = pd.concat([head.transactions for head in heads], ignore_index=True)
    problems = pd.concat([head.findings for head in heads], ignore_index=True)
    stopped = claim_reasons(problems if origin == "to_send" else problems.iloc[:0])
    of_sets = problems[~problems["claim_seg"].isin(stopped["claim_seg"])]
    transactions = judge(interchanges, transactions, of_sets, ctx.settings.accept_usage)
    transactions = named(
        transactions, pd.concat([head.groups for head in heads]), pd.concat([head.batches for head in heads])
    )
    told = with_stopped_claims(transactions, stopped)
    ids = x12_rows.save_sets(conn, row.file_id, interchanges, told, problems)
    counts = {"transactions": len(transactions), "claims": int(transactions["claims"].sum())}
    held_cents: Counter[int] = Counter()
    answers = Answers()
    remit_ids = pd.Series(dtype="int64")  # by ST segment; a set that spans chunks has its BPR in the first
    for chunk in chunks:
        frames = chunk.frames
        remit_ids = _save_remittances(conn, row.file_id, frames, transactions, ids, remit_ids)
        held_cents.update(_save_claims(conn, row.file_id, frames, transactions, ids, origin, stopped))
        _save_answers(conn, row.file_id, frames, ids, answers)
    state, reason = file_state(told, problems)
    sets = " ".join(sorted(set(transactions["set_code"])))[:120]
    filing.finish(conn, row.file_id, content="x12", sets=sets, state=state, reason_code=reason, counts=counts)
    if not _raise_sets(conn, row, told, held_cents, off_balance(problems), posting_date):
        raise_file(conn, row, state, reason, int((problems["severity"] != NOTE).sum()), posting_date)


class _Chunks:
    """The chunks of a file, again and again; a file of one chunk is read only once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._only: list[x12.X12File] | None = None

    def __iter__(self) -> Iterator[x12.X12File]:
        if self._only is not None:
            yield from self._only
            return
        kept: list[x12.X12File] = []
        count = 0
        for chunk in x12.scan(self._path):
            count += 1
            chunk.frames, cut = x12_rows.shorten(chunk.frames)
            if len(cut):
                chunk.frames["findings"] = pd.concat([chunk.findings, cut_findings(cut)], ignore_index=True)
            kept = [chunk] if count == 1 else []
            yield chunk
        if count == 1:
            self._only = kept


@dataclass(frozen=True)
class _Head:
    """What judging needs of a chunk; the rest of it may go."""

    interchanges: pd.DataFrame
    groups: pd.DataFrame
    transactions: pd.DataFrame
    findings: pd.DataFrame
    batches: pd.Series  # BHT03 by the seg of the ST

    @classmethod
    def of(cls, chunk: x12.X12File, ctx: Context, path: Path) -> _Head:
        payments = payment_findings(chunk.frames["remittances"], ctx.settings.our_payees)
        problems = pd.concat([chunk.findings, payments], ignore_index=True) if len(payments) else chunk.findings
        problems = problems.assign(
            claim_seg=claims_of(problems, chunk.frames), payment_seg=payments_of(problems, chunk.frames)
        )
        batches = batch_references(chunk.frames, path)
        return cls(chunk.interchanges, chunk.frames["groups"], chunk.transactions, problems, batches)


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
    if all(frames[name].empty for name in ANSWER_FRAMES):
        return
    rows = answers.rows(frames)
    rows["transaction_id"] = ids.reindex(rows["transaction_seg"], fill_value=0).to_numpy()
    x12_rows.save_acknowledgements(conn, file_id, rows)


def _of_set(rows: pd.DataFrame, transactions: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Add transaction_id, set_state and set_reason of their set to rows."""
    sets = transactions.set_index("seg")
    at = rows["transaction_seg"]
    return rows.assign(
        transaction_id=ids.reindex(at).to_numpy(),
        set_state=sets["state"].reindex(at).to_numpy(),
        set_reason=sets["reason_code"].reindex(at).to_numpy(),
    )


def _save_remittances(
    conn: Connection,
    file_id: int,
    frames: x12_rows.Frames,
    transactions: pd.DataFrame,
    ids: pd.Series,
    known: pd.Series,
) -> pd.Series:
    rows = frames["remittances"]
    if rows.empty and frames["claim_payments"].empty and frames["provider_adjustments"].empty:
        return known
    sets = transactions.set_index("seg")
    at = rows["transaction_seg"]
    rows = _of_set(rows, transactions, ids).assign(
        body_hash=sets["body_hash"].reindex(at).to_numpy(),
        claim_count=sets["claims"].reindex(at).to_numpy(),
        paid_cents=sets["paid_cents"].reindex(at).fillna(0).astype("int64").to_numpy(),
        plb_cents=sets["plb_cents"].reindex(at).fillna(0).astype("int64").to_numpy(),
    )
    no_posting = (rows["set_reason"] == "test-file") | (rows["handling_code"] == "P")
    rows["state"] = np.select([rows["set_state"] != "stored", no_posting], ["held", "informational"], "new")
    rows["reason_code"] = rows["set_reason"].where(rows["handling_code"] != "P", "pre-notification")
    rows["remit_key"] = remit_keys(rows)
    rows["payer_code"] = payer_codes(rows)
    remit_ids: pd.Series = pd.concat([known, x12_rows.save_remittances(conn, file_id, rows)])
    claims = frames["claim_payments"]
    amounts = frames["amounts"]
    of_claims = amounts[(amounts["qualifier_code"] == "I") & (amounts["service_seg"] == 0)]
    interest = of_claims.groupby("claim_seg")["amount_cents"].sum()
    claims = claims.assign(
        claim_number_normal=normal_number(claims["claim_number"]),
        interest_cents=interest.reindex(claims["seg"], fill_value=0).to_numpy(),
    )
    x12_rows.save_claim_payments(conn, file_id, {**frames, "claim_payments": claims}, remit_ids)
    return remit_ids


def _save_claims(
    conn: Connection,
    file_id: int,
    frames: x12_rows.Frames,
    transactions: pd.DataFrame,
    ids: pd.Series,
    origin: str,
    stopped: pd.DataFrame,
) -> dict[int, int]:
    """Store claims; give the charges of those that are held, by set."""
    claims = frames["claims"]
    if claims.empty:
        return {}
    claims = _of_set(claims, transactions, ids)
    alone = stopped.set_index("claim_seg")["code"].reindex(claims["seg"]).fillna("").to_numpy()
    held = (claims["set_state"] != "stored") | (alone != "")
    informational = claims["set_reason"] == "test-file"
    claims = claims.assign(
        purpose=np.where(claims["submission_reason_code"] == "PB", "predetermination", "original"),
        state=np.select([held, informational], ["held", "informational"], "new"),
        reason_code=claims["set_reason"].where(alone == "", alone),
        claim_key=claim_keys(claims),
        claim_number_normal=normal_number(claims["claim_number"]),
        origin=origin,
        life=LIFE[origin],
    )
    x12_rows.save_claims(conn, file_id, claims, frames["service_lines"], frames["other_payers"])
    cents = claims[held].groupby("transaction_seg")["charge_cents"].sum()
    return dict(zip(cents.index.tolist(), cents.tolist(), strict=True))
