"""Stored claims become charges in the ledger."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.ledger import charge
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import charging, exceptions
from claims.store.engine import write
from claims.store.handles import Connection

CLAIMS_PER_BATCH = 50_000


def post_charges(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Charge each claim family that is not charged yet; take back the charge of a family that came to be held."""
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
        versions = charging.other_versions(conn)
        exceptions.open_all(conn, _named(versions), posting_date)
    return {"claims_charged": posted, "charged_cents": cents}


def _named(versions: pd.DataFrame) -> pd.DataFrame:
    """Exceptions for claims that share a charged family and are not for a later payer: nobody charges them silently.

    A version that we made says the family's charge once more; only another total is left open.
    """
    is_ours = versions["follows_claim_id"] != 0
    versions = versions[~is_ours | (versions["charge_cents"] != versions["charged_cents"])]
    changes = versions["frequency_code"].isin(["7", "8"]) | (versions["follows_claim_id"] != 0)
    rank = versions["payer_sequence"].map(charge.SEQUENCES).fillna(99)
    same_turn = rank <= versions["charged_sequence"].map(charge.SEQUENCES).fillna(99)
    rows = versions[changes | same_turn]
    kind = pd.Series(np.where(changes, "CLAIM_VERSION_OPEN", "CLAIM_NOT_CHARGED"), index=versions.index, dtype="str")
    kind = kind.reindex(rows.index)
    return rows.assign(
        type_code=kind,
        exception_key=kind + ":" + rows["claim_key"] + ":" + rows["body_hash"].str[:16],
        amount_cents=rows["charge_cents"],
    )


def _reverse_held_charges(conn: Connection, ctx: Context, run_id: int, posting_date: date) -> None:
    rows = charging.charge_lines_of_held_claims(conn)
    lines = rows.assign(
        amount_cents=-rows["amount_cents"],
        reverses_key=rows["journal_key"],
        journal_key=rows["journal_key"] + ":held",
        rule_id="E02",
        source="charge",
        reason_code="claim-conflict",
        effective_date="",
    )
    write_journals(conn, ctx, run_id, posting_date, lines)
