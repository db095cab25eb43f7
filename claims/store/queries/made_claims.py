"""Claims that were made of denial cases, where they are now, and what the edits say of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of

C, CASE, EVENT, FINDING = schema.claims, schema.denial_cases, schema.denial_events, schema.edit_findings
R = schema.rejections
MADE = ("resubmitted", "billed_other")
REJECTED = "correction_rejected"  # what brings a case back that waits for a claim made of it
UNDER_WAY = ("draft", "blocked", "ready", "batched", "sent", "acknowledged", "received", "accepted")
BLOCKED = "blocked"
_OVER = ("replaced", "voided", "withdrawn")
_STOPS = sa.and_(FINDING.c.ended_at.is_(None), FINDING.c.severity == "block")
IS_BLOCKED = sa.and_(C.c.origin == "to_send", C.c.state == "stored", C.c.life == BLOCKED)


def origins(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Tell of families whether any version is ours to send, and for whom any is known: family_id, is_ours, sequences.

    sequences: the payers in turn (P, S, T ...) to whom a version was sent or is to be sent, by anybody.
    """
    select = sa.select(C.c.family_id, C.c.origin, C.c.payer_sequence).where(C.c.state == "stored")
    found = frame_of(conn, select, C.c.family_id, family_ids)
    found["is_ours"] = found["origin"].eq("to_send")
    found = found.sort_values("family_id", kind="stable", ignore_index=True)
    first = ~found["family_id"].duplicated()
    begins = np.append(np.flatnonzero(first), len(found))
    sequences = found["payer_sequence"].tolist()
    joined = ["".join(sequences[begin:end]) for begin, end in itertools.pairwise(begins.tolist())]
    is_ours = found["family_id"].isin(found.loc[found["is_ours"], "family_id"])[first].to_numpy()
    known = pd.DataFrame({"family_id": found.loc[first, "family_id"].to_numpy(), "is_ours": is_ours})
    return known.assign(sequences=pd.Series(joined, dtype="str"))


def of_cases(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Give the claim that was made of each case last, as it is corrected by now.

    case_id, claim_id, life, and to whom it goes: payer_code, payer_name, member_id.
    """
    select = sa.select(EVENT.c.event_id, EVENT.c.case_id, C.c.family_id, C.c.payer_sequence)
    select = select.join(C, C.c.claim_id == EVENT.c.claim_id).where(EVENT.c.kind.in_(MADE))
    made = frame_of(conn, select, EVENT.c.case_id, case_ids).sort_values("event_id")
    made = made.drop_duplicates("case_id", keep="last")
    names = ["case_id", "claim_id", "life", "payer_code", "payer_name", "member_id"]
    versions = sa.select(C.c.claim_id, C.c.family_id, C.c.payer_sequence, C.c.version, C.c.life)
    versions = versions.add_columns(C.c.payer_code, C.c.payer_name, C.c.member_id)
    versions = versions.where(C.c.origin == "to_send", C.c.state != "duplicate", C.c.life.not_in(_OVER))
    found = frame_of(conn, versions, C.c.family_id, made["family_id"].drop_duplicates().tolist())
    last = found.sort_values(["version", "claim_id"]).drop_duplicates(["family_id", "payer_sequence"], keep="last")
    return made.merge(last, on=["family_id", "payer_sequence"])[names]


def blocks(conn: sa.Connection, made: pd.DataFrame) -> pd.DataFrame:
    """Give what stops claims (case_id, claim_id): case_id, claim_id and edit_id, each edit once."""
    select = sa.select(FINDING.c.claim_id, FINDING.c.edit_id).where(_STOPS).distinct()
    found = frame_of(conn, select, FINDING.c.claim_id, made["claim_id"].drop_duplicates().tolist())
    rows = made.merge(found, on="claim_id").sort_values(["case_id", "edit_id"], ignore_index=True)
    return rows[["case_id", "claim_id", "edit_id"]].astype({"case_id": "int64", "claim_id": "int64"})


def behind(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Give the case that each claim was made of, itself or a version before it: claim_id, case_id, case_key.

    A claim that was made of none, as a first charge, is left out.
    """
    made = C.alias("made")
    before = sa.and_(made.c.family_id == C.c.family_id, made.c.payer_sequence == C.c.payer_sequence)
    select = (
        sa.select(C.c.claim_id, EVENT.c.event_id, CASE.c.case_id, CASE.c.case_key)
        .join(made, sa.and_(before, made.c.claim_id <= C.c.claim_id))
        .join(EVENT, sa.and_(EVENT.c.claim_id == made.c.claim_id, EVENT.c.kind.in_(MADE)))
        .join(CASE, CASE.c.case_id == EVENT.c.case_id)
    )
    found = frame_of(conn, select, C.c.claim_id, claim_ids).sort_values("event_id")
    found = found.drop_duplicates("claim_id", keep="last")
    return found[["claim_id", "case_id", "case_key"]].reset_index(drop=True)


def rejected(conn: sa.Connection) -> pd.DataFrame:
    """Find the cases that wait for a claim which was rejected: case_id, claim_id, cause (of its open rejection)."""
    select = sa.select(CASE.c.case_id).join(C, C.c.family_id == CASE.c.family_id).distinct()
    select = select.where(CASE.c.state == "waiting", CASE.c.waiting_for.in_(MADE), C.c.life == "rejected")
    made = of_cases(conn, [int(one) for one in conn.scalars(select)])
    made = made[made["life"] == "rejected"]
    causes = sa.select(R.c.claim_id, R.c.rejection_id, R.c.cause).where(R.c.state == "open")
    last = frame_of(conn, causes, R.c.claim_id, made["claim_id"].tolist()).sort_values("rejection_id")
    rows = made.merge(last.drop_duplicates("claim_id", keep="last"), how="left", on="claim_id")
    return rows.assign(cause=rows["cause"].fillna(""))[["case_id", "claim_id", "cause"]]


def taken_after_all(conn: sa.Connection) -> pd.DataFrame:
    """Find the cases that a rejection brought back, untouched since, whose claim is under way after all.

    case_id and body (of the event that brought it back).
    """
    came_back = (
        sa.select(EVENT.c.case_id, EVENT.c.event_id, EVENT.c.body)
        .select_from(R)
        .join(EVENT, sa.and_(EVENT.c.claim_id == R.c.claim_id, EVENT.c.kind == REJECTED))
        .join(CASE, sa.and_(CASE.c.case_id == EVENT.c.case_id, CASE.c.version == EVENT.c.case_version))
        .where(R.c.state == "closed", CASE.c.state == "in_work")
        .distinct()
    )
    rows = frame(conn, came_back).sort_values("event_id").drop_duplicates("case_id", keep="last")
    made = of_cases(conn, rows["case_id"].tolist())
    return rows[rows["case_id"].isin(made.loc[made["life"].isin(UNDER_WAY), "case_id"])][["case_id", "body"]]


def reasons(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read what stops claims, each sentence once: claim_id, edit_id, line_number, message."""
    names = ("claim_id", "edit_id", "line_number", "message")
    select = sa.select(*(FINDING.c[name] for name in names)).where(_STOPS).distinct()
    found = frame_of(conn, select, FINDING.c.claim_id, claim_ids)
    return found.sort_values(["claim_id", "line_number", "edit_id"], ignore_index=True)
