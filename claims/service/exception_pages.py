"""The list of exceptions by pages, how many there are of each type, and what is held right now."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from claims import codes
from claims.service import paged
from claims.service.audited import record_shown
from claims.service.candidates import with_candidates
from claims.service.context import Context
from claims.service.exceptions import described, require_known
from claims.service.named_adjustments import with_adjustments
from claims.store.engine import read
from claims.store.queries import exception_pages as rows_of
from claims.store.queries import held_now as held_rows

HELD = 100  # of a page


class Held(NamedTuple):
    """A page of what is held or refused right now, and how many there are."""

    page: paged.Page
    in_all: int


def page(ctx: Context, state: str, type_code: str, owner: str | None, after: paged.Place | None) -> paged.Page:
    """Give a page of exceptions as `exceptions.listed` has them, of a state, a type (empty: any), an owner (none: any).

    What asks for work comes first, the largest amounts before others. Claim numbers and references are shown, which
    is recorded.
    Raises UsageError for a state or type that does not exist.
    """
    require_known(state, type_code)
    types = codes.table("exception_types")
    asked = rows_of.Asked(state, type_code.upper(), owner)
    notes = types.loc[types["severity"] != "open", "type_code"].tolist()
    with read(ctx.engine) as conn:
        found = paged.page(
            lambda place, limit, back: rows_of.page(conn, asked, notes, place, limit, back),
            rows_of.KEYS,
            after,
        )
        told = with_candidates(conn, with_adjustments(conn, found.rows, show_phi=True))
    if len(told):
        record_shown(ctx, "exceptions", {"exceptions": told["exception_id"].tolist()})
    return found._replace(rows=described(told))


def counts(ctx: Context, state: str, owner: str | None) -> pd.DataFrame:
    """Count exceptions of a state (empty: any) by type: type_code, own_title, severity, exceptions."""
    with read(ctx.engine) as conn:
        return described(rows_of.counts(conn, rows_of.Asked(state, "", owner)))


def held_now(ctx: Context, after: paged.Place | None = None) -> Held:
    """Give a page of what is held or refused right now: kind, state, reason_code, amount_cents, sha256, seg."""
    with read(ctx.engine) as conn:
        found = paged.page(
            lambda place, limit, back: held_rows.page(conn, place, limit, back), held_rows.KEYS, after, HELD
        )
        return Held(found, held_rows.in_all(conn))
