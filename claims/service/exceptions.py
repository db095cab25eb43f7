"""Everything held, refused, unmatched or odd: listed with what it is worth and what releases it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from claims import codes
from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service import booking
from claims.service.audited import record_shown
from claims.service.candidates import with_candidates
from claims.service.context import Context
from claims.service.exception_acts import NOBODY, SUPERVISOR, acceptance
from claims.service.named_adjustments import meaning, with_adjustments
from claims.store import standing_claims
from claims.store.engine import read
from claims.store.posting import UNDONE
from claims.store.queries import exception_events, held_now
from claims.store.queries import exceptions as rows_of

STATES = ("open", "closed")


def listed(
    ctx: Context, *, state: str = "open", type_code: str = "", owner: str | None = None, show_phi: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the exceptions of a state (empty: any), what asks for work first; and what is held or refused right now.

    `owner`: only that person's (empty: nobody's). Raises UsageError for a state or type that does not exist.
    """
    require_known(state, type_code)
    with read(ctx.engine) as conn:
        rows = with_adjustments(conn, rows_of.listed(conn, state, type_code.upper(), owner), show_phi=show_phi)
        rows = with_candidates(conn, rows)
        held = held_now.everything(conn)
    rows = described(rows)
    rows = rows.sort_values("severity", key=lambda severity: severity != "open", kind="stable", ignore_index=True)
    if show_phi:
        record_shown(ctx, "exceptions", {"exceptions": rows["exception_id"].tolist()})
    else:
        rows["claim_number"] = rows["claim_number"].where(rows["claim_number"] == "", MASK)
    return rows, held


def require_known(state: str, type_code: str) -> None:
    """Raise UsageError for a state or type that does not exist."""
    types = sorted(codes.table("exception_types")["type_code"])
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    if type_code and type_code.upper() not in types:
        raise UsageError(f"There is no type {type_code}; there are: {', '.join(types)}.")


def told(ctx: Context, exception_id: int, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one exception: what it is, its worth, what releases it, its payment or deposit, its findings, its events.

    Claim number, the reference of a provider adjustment, inbox names, people's words and what the bank says of a payer
    or in its reference are masked unless ``show_phi``, which is audited.
    """
    with read(ctx.engine) as conn:
        found = with_adjustments(conn, rows_of.one(conn, exception_id), show_phi=show_phi)
        findings = rows_of.findings(conn, exception_id)
        names = rows_of.source_names(conn, exception_id)
        payment = rows_of.payment(conn, exception_id)
        deposit = rows_of.deposit(conn, exception_id)
        events = exception_events.of(conn, exception_id)
        types = found["type_code"].tolist()
        is_bookable = any(booking.is_bookable(conn, exception_id, one) for one in types)
        by, why, _ = acceptance(conn, exception_id, "".join(types))
    if found.empty:
        raise NotFoundError("exception", exception_id)
    story = {str(name): value for name, value in described(found).iloc[0].items()}
    story["payment"] = None if payment.empty else dict(payment.iloc[0])
    story["deposit"] = None if deposit.empty else dict(deposit.iloc[0])
    if show_phi:
        record_shown(ctx, f"exception {exception_id}")
    else:
        story["claim_number"] = MASK if story["claim_number"] else ""
        names = [MASK] * len(names)
        events["words"] = events["words"].where(events["words"] == "", MASK)
        for name in ("payer_name", "reference"):
            if story["deposit"] and story["deposit"][name]:
                story["deposit"][name] = MASK
    story |= {"is_acceptable": by != NOBODY, "wants_approver": by == SUPERVISOR, "acceptable_reason": why}
    story["command"] = _command(story)
    story["adjustment_means"] = meaning(story["adjustment_code"], int(story["adjustment_cents"]))
    story["accounts"] = booking.accounts(story["type_code"]).to_dict("records") if is_bookable else []
    return story | {"source_names": names, "findings": findings, "events": events}


def _command(story: dict[str, Any]) -> str:
    """Give the command that releases it, where that is known with its number; else nothing."""
    if story["type_code"] == standing_claims.TYPE:
        return f'claims exceptions stand {story["exception_id"]} --reason "WHY"'
    if story["type_code"] != UNDONE:
        return ""
    if not (story["claim_id"] or story["remit_id"]):
        return f"claims replay file:{story['file_id']}"
    of_claim = story["claim_id"] and story["claim_number"]
    return f"claims replay claim:{story['claim_id']}" if of_claim else f"claims replay remit:{story['remit_id']}"


def described(rows: pd.DataFrame) -> pd.DataFrame:
    """Add own_title and severity of their types to exceptions."""
    types = codes.table("exception_types").set_index("type_code").reindex(rows["type_code"])
    return rows.assign(
        own_title=pd.Series(types["own_title"].to_numpy(), dtype="str").fillna("").to_numpy(),
        severity=pd.Series(types["severity"].to_numpy(), dtype="str").fillna("open").to_numpy(),
    )
