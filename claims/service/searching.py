"""Searches: what was looked for is kept under a random key, so that no address names a patient; results are audited.

It may be a patient's name: it is forgotten after a day, and when who looked for it signs out.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.identifiers import normal_number
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.payer_names import named
from claims.service.queue import KEY_LENGTH
from claims.store import people as people_rows
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import searching as rows
from claims.x12.write_text import plain_ascii

LONGEST = 100
MOST_SPELLINGS = 50
KEPT = timedelta(days=1)
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['.-])*")


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


def direct(ctx: Context, words: str) -> tuple[str, str] | None:
    """Give the one thing that has just this number or key: ("case", its key) or ("claim", its id); else None.

    Nothing is shown of it yet: whoever opens it is recorded then.
    """
    asked = " ".join(words.split())
    if not 2 <= len(asked) <= LONGEST:
        return None
    with read(ctx.engine) as conn:
        keys, claims = rows.exactly(conn, asked, _normal(asked))
    if len(keys) == 1:
        return "case", keys[0][:KEY_LENGTH]
    return ("claim", str(claims[0])) if not keys and len(claims) == 1 else None


def found(ctx: Context, user_id: int, key: str) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Give what one's own kept search was for, the cases and the claims that fit it."""
    with read(ctx.engine) as conn:
        words = people_rows.search_words(conn, key, user_id)
        if words is None:
            raise NotFoundError("search", "with this address")
        normal, names = _normal(words), _spelt(conn, _names(words))
        cases, claims = rows.cases(conn, words, normal, names), rows.claims(conn, words, normal, names)
        if names and cases.empty and claims.empty:  # a part of a name, as NEIL of O'NEIL: no index has it
            cases = rows.cases(conn, words, normal, names, within=True)
            claims = rows.claims(conn, words, normal, names, within=True)
    record_shown(
        ctx,
        f"search {key}",
        {"cases": [one[:10] for one in cases["case_key"]], "claims": claims["claim_id"].tolist()},
    )
    return words, cases, named(ctx, claims)


def _normal(words: str) -> str:
    """Give a number as families keep it."""
    return str(normal_number(pd.Series([words], dtype="str")).iloc[0])


def _spelt(conn: Connection, names: list[str]) -> list[list[str]]:
    """Give each word of a name as it may be spelled: MULLER finds MÜLLER, and the other way round, on any engine.

    Payers spell names without accents, as we send them; what has accents is few, and read to be compared.
    """
    if not names:
        return []
    known = {one: re.sub("['. -]", "", plain_ascii(one)).upper() for one in rows.accented_names(conn)}
    found = []
    for name in names:
        plain = plain_ascii(name).upper()
        others = sorted(one for one, told in known.items() if told.startswith(plain))
        found.append(list(dict.fromkeys([name, plain, *others[:MOST_SPELLINGS]])))
    return found


def _names(words: str) -> list[str]:
    """Give the names of a patient that somebody typed, in any order, with commas or not; none when one cannot be."""
    names = words.replace(",", " ").replace("\u2019", "'").upper().split()
    is_name = names and all(_NAME.fullmatch(name) for name in names)
    return [re.sub("['-]", "", name) for name in names] if is_name else []
