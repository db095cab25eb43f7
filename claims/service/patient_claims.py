"""The claims that a payment, or a person, names: by number, by the number of a later version, or by our own."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.identifiers import normal_number
from claims.store import patients
from claims.store.handles import Connection


def claims_named(conn: Connection, numbers: Sequence[str]) -> pd.DataFrame:
    """Give claim_number (as asked), family_id and member_id of the claims in the books that these texts name."""
    return patients.claims_named(conn, numbers, normal_number(pd.Series(numbers, dtype="str")).tolist())


def named_family(conn: Connection, claim: str) -> int:
    """Find the family of the claim that a person names; raise NotFoundError, or UsageError where several fit."""
    families = claims_named(conn, [claim.strip()])["family_id"].unique().tolist()
    if not families:
        raise NotFoundError("claim", "with this number")
    if len(families) > 1:
        raise UsageError("Several claims have this number; name one by our own number of it, like id:12.")
    return int(families[0])
