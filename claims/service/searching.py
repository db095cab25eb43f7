"""Searches: what was looked for is kept under a random key, so that no address names a patient; results are audited.

It may be a patient's name: it is forgotten after a day, and when who looked for it signs out.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.ledger.match import normal_number
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.store import people as people_rows
from claims.store.engine import read, write
from claims.store.queries import searching as rows

LONGEST = 100
KEPT = timedelta(days=1)
_NAME = re.compile(r"[^\W\d_][\w' -]+")


def keep(ctx: Context, user_id: int, words: str) -> str:
    """Keep a search and give its key. `ctx` writes what belongs to a session, not to the books."""
    asked = " ".join(words.split())
    if not 2 <= len(asked) <= LONGEST:
        raise UsageError(f"Look for 2 to {LONGEST} characters: a claim number, a name, a key.")
    key = secrets.token_urlsafe(12)
    with write(ctx.recorder or ctx.engine) as conn:
        people_rows.forget_searches(conn, before=datetime.now(UTC) - KEPT)
        people_rows.keep_search(conn, key, user_id, asked)
    return key


def found(ctx: Context, user_id: int, key: str) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Give what one's own kept search was for, the cases and the claims that fit it."""
    with read(ctx.engine) as conn:
        words = people_rows.search_words(conn, key, user_id)
        if words is None:
            raise NotFoundError("search", "with this address")
        normal = str(normal_number(pd.Series([words], dtype="str")).iloc[0])
        # "LAST, FIRST" is looked for by the last name; a number is none.
        name = words.split(",")[0].strip().upper() if _NAME.fullmatch(words.split(",")[0].strip()) else ""
        cases, claims = rows.cases(conn, words, normal, name), rows.claims(conn, words, normal, name)
    record_shown(
        ctx,
        f"search {key}",
        {"cases": [one[:10] for one in cases["case_key"]], "claims": claims["claim_id"].tolist()},
    )
    return words, cases, claims
