"""What an X12 file says, as the rows that the books keep of it: read, judged, and with the columns that follow from it.

Intake stores these rows; `claims audit verify` reads the file again and holds the stored rows against them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from claims import x12
from claims.identifiers import normal_number
from claims.ledger.identity import claim_keys, payer_codes, remit_keys
from claims.service.context import Context
from claims.service.x12_names import batch_references, named
from claims.service.x12_verdicts import (
    claim_reasons,
    claims_of,
    cut_findings,
    judge,
    payment_findings,
    payments_of,
    with_stopped_claims,
)
from claims.store import x12_rows

# Of the claims of an 837 (store/schema/sent_claims.py): the life that they begin with.
LIFE = {"sent": "sent", "to_send": "draft"}


@dataclass(frozen=True)
class JudgedFile:
    """A file whose sets are judged.

    `transactions` have state and reason_code; in `told` also a set is held of which some claims are stopped alone
    (`stopped`: claim_seg, transaction_seg, code). `problems` are its findings, with claim_seg and payment_seg.
    """

    chunks: Chunks
    interchanges: pd.DataFrame
    transactions: pd.DataFrame
    told: pd.DataFrame
    problems: pd.DataFrame
    stopped: pd.DataFrame


def read_judged(ctx: Context, path: Path, origin: str) -> JudgedFile:
    """Read a file once and judge its sets; `chunks` gives its rows, reading it again where it is long.

    Where its claims are to be sent by us (`to_send`), a finding of one claim holds this claim only.
    """
    chunks = Chunks(path)
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
    return JudgedFile(chunks, interchanges, transactions, told, problems, stopped)


class Chunks:
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


def _of_set(rows: pd.DataFrame, transactions: pd.DataFrame) -> pd.DataFrame:
    """Add set_state and set_reason of their set to rows."""
    sets = transactions.set_index("seg")
    at = rows["transaction_seg"]
    return rows.assign(
        set_state=sets["state"].reindex(at).to_numpy(), set_reason=sets["reason_code"].reindex(at).to_numpy()
    )


def remittance_rows(frames: x12_rows.Frames, transactions: pd.DataFrame) -> pd.DataFrame:
    """Give the remittances of a chunk with the totals of their sets, their key, state and reason."""
    rows = frames["remittances"]
    sets = transactions.set_index("seg")
    at = rows["transaction_seg"]
    rows = _of_set(rows, transactions).assign(
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
    return rows


def claim_payment_rows(frames: x12_rows.Frames) -> pd.DataFrame:
    """Give the claim payments of a chunk with their interest, REF*F8 and the number that matching compares."""
    claims, amounts, references = frames["claim_payments"], frames["amounts"], frames["references"]
    of_claims = amounts[(amounts["qualifier_code"] == "I") & (amounts["service_seg"] == 0)]
    interest = of_claims.groupby("claim_seg")["amount_cents"].sum()
    is_original = (references["qualifier_code"] == "F8") & (references["service_seg"] == 0)
    original = references[is_original].drop_duplicates("claim_seg").set_index("claim_seg")["reference"]
    return claims.assign(
        claim_number_normal=normal_number(claims["claim_number"]),
        original_reference=original.reindex(claims["seg"]).fillna("").to_numpy(),
        interest_cents=interest.reindex(claims["seg"], fill_value=0).to_numpy(),
    )


def claim_rows(frames: x12_rows.Frames, transactions: pd.DataFrame, stopped: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Give the claims of a chunk with key, state, reason, purpose and the life that they begin with."""
    claims = _of_set(frames["claims"], transactions)
    alone = stopped.set_index("claim_seg")["code"].reindex(claims["seg"]).fillna("").to_numpy()
    held = (claims["set_state"] != "stored") | (alone != "")
    informational = claims["set_reason"] == "test-file"
    return claims.assign(
        purpose=np.where(claims["submission_reason_code"] == "PB", "predetermination", "original"),
        state=np.select([held, informational], ["held", "informational"], "new"),
        reason_code=claims["set_reason"].where(alone == "", alone),
        claim_key=claim_keys(claims),
        claim_number_normal=normal_number(claims["claim_number"]),
        origin=origin,
        life=LIFE[origin],
    )
