"""The list of rejections by pages, what it adds up to, and the payers that it may be narrowed to."""

from __future__ import annotations

from claims.service import paged
from claims.service.context import Context
from claims.service.payer_names import fitting, listed
from claims.service.rejection_acts import STANDS
from claims.service.rejection_queue import shown
from claims.service.several import versions
from claims.store.engine import read
from claims.store.queries import stopped_claims
from claims.store.queries.stopped_claims import Asked

__all__ = ["Asked", "page", "payer", "payers", "totals"]
MOST_LOOKED_AT = 10_000  # payers among which a name is looked for


def page(ctx: Context, asked: Asked, after: paged.Place | None = None, size: int = paged.SIZE) -> paged.Page:
    """Give a page of rejections as `rejection_queue.listed` has them, the largest first, with `seen`: how each stands.

    What is shown is recorded.
    """
    with read(ctx.engine) as conn:
        found = paged.page(
            lambda place, limit, back: stopped_claims.page(conn, asked, place, limit, back),
            stopped_claims.KEYS,
            after,
            size,
        )
    if found.rows.empty:
        return found
    rows = shown(ctx, found.rows, "rejections", show_phi=True)
    return found._replace(rows=rows.assign(seen=versions(found.rows, STANDS)))


def totals(ctx: Context, asked: Asked) -> tuple[int, int]:
    """Count a list, and add up what its claims charge."""
    with read(ctx.engine) as conn:
        return stopped_claims.totals(conn, asked)


def payers(ctx: Context) -> list[tuple[str, str]]:
    """Give (code, name) of the payers that rejections are of, by name."""
    with read(ctx.engine) as conn:
        found = stopped_claims.payers(conn)
    return listed(ctx, found)


def payer(ctx: Context, text: str) -> str:
    """Give the code of the payer that is meant by a code or a part of a name, as rejections or master data have it.

    The text itself where none fits. Raises UsageError where several fit.
    """
    with read(ctx.engine) as conn:
        of_claims = stopped_claims.payers(conn, most=MOST_LOOKED_AT) if text else []
    return fitting(ctx, text, of_claims)
