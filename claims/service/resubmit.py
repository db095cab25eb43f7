"""Fix and send again: rejected claims and changes of their columns in; corrected claims, scrubbed and ready, out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib import import_module

import pandas as pd

from claims.cells.kinds import KINDS
from claims.charges import columns
from claims.errors import NotFoundError, UsageError
from claims.service.context import Context
from claims.service.rejection_queue import resubmitted
from claims.service.timeline import SeveralClaimsError
from claims.store.engine import read
from claims.store.queries import timeline

REJECTED = "rejected"
# What makes a claim another claim: it is not corrected, it is billed anew.
FIXED = ("claim_number", "frequency_code", "payer_sequence")


def changes_of(texts: Sequence[str]) -> dict[str, str]:
    """Read `column=value` texts, each checked as a cell of a charges file; raise UsageError, without the value."""
    known = columns().set_index("column")
    known = known[known["frame"].isin(["claims", "service_lines"])]
    changes: dict[str, str] = {}
    for text in texts:
        name, found, value = (part.strip() for part in text.partition("="))
        if not found or not name:
            raise UsageError("--set wants column=value, like --set member_id=FW10851.")
        if name in FIXED or name not in known.index:
            shown = ", ".join(column for column in known.index if column not in FIXED)
            raise UsageError(f"{name} cannot be set; these can: {shown}.")
        row = known.loc[name]
        kind = KINDS[str(row["kind"])]
        if not value and row["needed"]:
            raise UsageError(f"{name} needs a value.")
        if len(value) > int(str(row["longest"])):
            raise UsageError(f"{name} holds at most {row['longest']} characters.")
        if value and kind.read(value) is None:
            raise UsageError(f"{name} wants {kind.expected}.")
        changes[name] = value
    return changes


def resubmit(ctx: Context, claims: Sequence[str], changes: dict[str, str], posting_date: date) -> dict[str, int]:
    """Correct rejected claims, close their rejections, and scrub what takes their place.

    `claims`: numbers or our own ids. Raises NotFoundError, SeveralClaimsError, and UsageError for a claim that is not
    rejected. Counts: claims_corrected, rejections_closed, and those of scrubbing.
    """
    claim_ids = [_rejected(ctx, claim) for claim in dict.fromkeys(claims)]
    versions, scrub = import_module("claims.service.versions"), import_module("claims.service.scrub")
    corrected = versions.correct(ctx, claim_ids, changes, posting_date)
    closed = resubmitted(ctx, claim_ids, posting_date)
    scrubbed: dict[str, int] = scrub.scrub(ctx, posting_date, list(corrected))
    return {"claims_corrected": len(claim_ids), "rejections_closed": closed, **scrubbed}


def _rejected(ctx: Context, claim: str) -> int:
    """Find the claim that is meant, and that is rejected: the last version of its family."""
    with read(ctx.engine) as conn:
        found = timeline.found(conn, claim.strip())
        if found.empty:
            raise NotFoundError("claim", "with this number")
        if found["family_id"].nunique() > 1:
            raise SeveralClaimsError(found.drop_duplicates("family_id")["claim_id"].tolist())
        versions = timeline.versions(conn, int(found["family_id"].iloc[0]))
    refused = versions[(versions["life"] == REJECTED) & (versions["origin"] == "to_send")]
    if refused.empty:
        raise UsageError(_why_not(versions))
    return int(refused["claim_id"].iloc[-1])


def _why_not(versions: pd.DataFrame) -> str:
    last = versions.iloc[-1]
    if (versions["life"] == REJECTED).any():
        return f"Claim {last['claim_id']} was sent by somebody else; correct it where it was sent from."
    where = str(last["life"]).replace("_", " ")
    return f"Claim {last['claim_id']} is not rejected, it is {where}: only a rejected claim is corrected this way."
