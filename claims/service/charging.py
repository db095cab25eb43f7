"""Stored claims become charges in the ledger."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.ledger import charge
from claims.ledger.rules import rank_of_sequence
from claims.service.at_risk import bound
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import charging, credits, exceptions
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.identities import CLAIM_CONFLICT

CLAIMS_PER_BATCH = 50_000


def post_charges(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Charge each claim family that is not charged yet; take back that of one that came to be held; follow versions."""
    with write(ctx.engine) as conn:
        _reverse_held_charges(conn, ctx, run_id, posting_date)
        claims = charge.choose_versions(charging.uncharged_claims(conn))
        claims = claims.assign(
            effective_date=claims["statement_from_date"], generation=charging.generations(conn, claims["claim_id"])
        )
        posted = cents = 0
        for start in range(0, len(claims), CLAIMS_PER_BATCH):
            part = claims.iloc[start : start + CLAIMS_PER_BATCH]
            lines = charge.charge_lines(part, charging.lines_of(conn, part["claim_id"].tolist()))
            lines = lines.assign(source="charge", reason_code="charge", reverses_key="")
            write_journals(conn, ctx, run_id, posting_date, lines)
            posted += len(part)
            cents += int(part["charge_cents"].sum())
        changed = _post_versions(conn, ctx, run_id, posting_date)
        versions = charging.other_versions(conn)
        exceptions.open_all(conn, _named(versions), posting_date)
    return {"claims_charged": posted, "charged_cents": cents, "charges_changed": changed}


def post_voids(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Take back the charges of claims whose void holds: the payer's reversal is posted, or it accepted the void."""
    with write(ctx.engine) as conn:
        voids = charging.voided_claims(conn)
        rows = charging.charge_lines_of(conn, voids["family_id"].tolist())
        _reverse(conn, ctx, run_id, posting_date, rows, "voided")
        bound(conn, ctx, rows["family_id"], posting_date, run_id)
        exceptions.close_for(conn, "claim_id", voids["claim_id"], ("CLAIM_VERSION_OPEN",), "voided", posting_date)
    return {"claims_voided": len(voids)}


def _post_versions(conn: Connection, ctx: Context, run_id: int, posting_date: date) -> int:
    """Post the differences in charge of versions that were released; move a charge to the payer whose turn it is."""
    claims = charge.versions_in_force(charging.released_versions(conn))
    if claims.empty:
        return 0
    claims = claims.assign(
        effective_date=claims["statement_from_date"], generation=charging.generations(conn, claims["claim_id"])
    )
    families = claims["family_id"].tolist()
    new = charge.charge_lines(claims, charging.lines_of(conn, claims["claim_id"].tolist()))
    new, gone = charge.changed_lines(new, charging.charge_lines_of(conn, families))
    _reverse(conn, ctx, run_id, posting_date, gone, "replaced")
    write_journals(
        conn, ctx, run_id, posting_date, new.assign(source="charge", reason_code="replacement", reverses_key="")
    )
    moved = claims[claims["payer_sequence"] != claims["charged_sequence"]]
    left = charging.receivable_credits(conn, moved["family_id"].tolist()).merge(moved, on="family_id")
    left = left.assign(
        type_code="CREDIT_BALANCE",
        exception_key="CREDIT_BALANCE:" + left["claim_key"] + ":" + left["body_hash"].str[:16],
    )
    exceptions.open_all(conn, left.drop(columns="seg"), posting_date)
    # A line that is charged less now than was decided of it is in credit; what was moved is named above.
    credits.name_credits(conn, sorted(set(families) - set(moved["family_id"])), posting_date)
    bound(conn, ctx, families, posting_date, run_id)
    return int(new["family_id"].nunique())


def _named(versions: pd.DataFrame) -> pd.DataFrame:
    """Exceptions for claims that share a charged family and are not for a later payer: nobody charges them silently."""
    is_void = versions["frequency_code"] == "8"
    is_replacement = versions["frequency_code"] == "7"
    same_turn = rank_of_sequence(versions["payer_sequence"]) <= rank_of_sequence(versions["charged_sequence"])
    rows = versions[is_void | (same_turn & ~is_replacement)]
    kind = pd.Series(np.where(is_void, "CLAIM_VERSION_OPEN", "CLAIM_NOT_CHARGED"), index=versions.index, dtype="str")
    kind = kind.reindex(rows.index)
    return rows.assign(
        type_code=kind,
        exception_key=kind + ":" + rows["claim_key"] + ":" + rows["body_hash"].str[:16],
        amount_cents=rows["charge_cents"],
    )


def _reverse_held_charges(conn: Connection, ctx: Context, run_id: int, posting_date: date) -> None:
    rows = charging.charge_lines_of_held_claims(conn)
    _reverse(conn, ctx, run_id, posting_date, rows, "held", CLAIM_CONFLICT)
    bound(conn, ctx, rows["family_id"], posting_date, run_id)


def _reverse(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, rows: pd.DataFrame, ending: str, reason: str = ""
) -> None:
    """Negate charges; the journal's key says by its ending why, and the how many-th time it is."""
    if rows.empty:
        return
    times = charging.times_reversed(conn, rows["journal_id"])
    again = (":" + times.astype("str")).where(times > 0, "")
    lines = rows.assign(
        amount_cents=-rows["amount_cents"],
        reverses_key=rows["journal_key"],
        journal_key=rows["journal_key"] + ":" + ending + again,
        rule_id="E02",
        source="charge",
        reason_code=reason or ending,
        effective_date="",
    )
    write_journals(conn, ctx, run_id, posting_date, lines)
