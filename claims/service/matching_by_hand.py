"""A person says which claim a waiting payment is of, or that it is not of the one it was matched to; audited."""

from __future__ import annotations

import json

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.ledger import match
from claims.service.audited import record
from claims.service.context import Context
from claims.service.matching import match_lines, paid_facts, with_turns
from claims.store import matching
from claims.store import matching_by_hand as by_hand
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.queries import exceptions as exception_rows

BY_HAND = "by-hand"


def match_by_hand(ctx: Context, exception_id: int, claim_number: str) -> None:
    """Match the payment of an exception to the claim of this number; the next reconcile posts it."""
    with write(ctx.engine) as conn:
        payment = _waiting(conn, exception_id)
        claims = by_hand.claims_numbered(conn, claim_number)
        if claims.empty:
            raise NotFoundError("claim", "with this number")
        if claims["family_id"].nunique() > 1:
            raise UsageError("Several billing providers have a claim with this number: it names no single one.")
        pairs = claims.assign(claim_payment_id=payment["claim_payment_id"].iloc[0], rule="claim-number")
        weighed = match.weigh(pairs.merge(paid_facts(conn, _plain(payment)), on="claim_payment_id"))
        best = weighed.sort_values(["score", "claim_id"], ascending=[False, True], kind="stable").head(1)
        facts = json.loads(match.evidence(best)[0])
        found = best[list(match.MATCH_TYPES)[:3]].assign(
            rule=BY_HAND, score=100, evidence=json.dumps(facts | {"said": BY_HAND})
        )
        matches = with_turns(conn, found, _plain(payment))
        nothing = match.not_taken(pairs.iloc[:0], found)
        matching.save(conn, matches, match_lines(conn, matches), nothing, ctx.actor)
        record(ctx, conn, "match.by-hand", f"exception {exception_id}", {"claim_id": int(best["claim_id"].iloc[0])})


def unmatch_by_hand(ctx: Context, exception_id: int) -> None:
    """Take the match of a waiting payment away, for good: it will not be matched to that claim again."""
    with write(ctx.engine) as conn:
        payment = _waiting(conn, exception_id)
        family_id, claim_id = int(payment["last_family_id"].iloc[0]), int(payment["last_claim_id"].iloc[0])
        if not family_id:
            raise UsageError("The payment of this exception is not matched to any claim.")
        nothing = match.not_taken(pd.DataFrame({"claim_payment_id": []}), payment)
        evidence = json.dumps({"why": "unmatched-by-hand"})
        row = _plain(payment).assign(
            family_id=0, claim_id=0, rule="none", score=0, evidence=evidence,
            payer_sequence="", payer_code="", next_sequence="", next_payer_code="",
        )  # fmt: skip
        other = payment[["claim_payment_id"]].assign(
            family_id=family_id, claim_id=claim_id, rule=BY_HAND, score=0, why=BY_HAND, evidence=evidence
        )
        lines = pd.DataFrame({"claim_payment_id": pd.Series(dtype="int64")})
        others = pd.concat([nothing, other], ignore_index=True).astype(match.NOT_TAKEN_TYPES)
        matching.save(conn, row, lines, others, ctx.actor)
        record(ctx, conn, "match.undone", f"exception {exception_id}", {"claim_id": claim_id})


def _waiting(conn: Connection, exception_id: int) -> pd.DataFrame:
    """The claim payment of an open exception whose cash still waits."""
    found = exception_rows.one(conn, exception_id)
    if found.empty:
        raise NotFoundError("exception", exception_id)
    payment = by_hand.waiting(conn, exception_rows.claim_payment_of(conn, exception_id))
    if payment.empty:
        raise UsageError("No payment of this exception waits: what is posted must be taken back before it can move.")
    return payment


def _plain(payment: pd.DataFrame) -> pd.DataFrame:
    return payment.drop(columns=["last_family_id", "last_claim_id"])
