"""Claims that were looked at for a payment and not taken, as its exception names them: which, what differs."""

from __future__ import annotations

import json

import pandas as pd

from claims.ledger import match
from claims.store import matching_by_hand as rows_of
from claims.store.handles import Connection

TYPES = ("UNMATCHED_CLAIM", "AMBIGUOUS_CLAIM", "CHARGE_DIFFERS", "PAYEE_DIFFERS")


def with_candidates(conn: Connection, exceptions: pd.DataFrame) -> pd.DataFrame:
    """Add to exceptions candidate_claim_id (our number, 0: none came near), candidate_why, candidate_differs (facts,
    with a comma between) and candidate_named, in words."""
    own = exceptions.loc[exceptions["type_code"].isin(TYPES), "exception_id"].tolist()
    found = rows_of.best_considered(conn, own, TYPES).set_index("exception_id")
    facts = [json.loads(text or "{}") for text in found["evidence"]]
    found["differs"] = pd.Series([_differing(one) for one in facts], index=found.index, dtype="str")
    words = [_named(*row) for row in found[["claim_id", "why", "differs", "looked_at"]].itertuples(index=False)]
    found["named"] = pd.Series(words, index=found.index, dtype="str")
    at = exceptions["exception_id"]
    return exceptions.assign(
        candidate_claim_id=found["claim_id"].reindex(at).fillna(0).astype("int64").to_numpy(),
        **{
            f"candidate_{name}": found[name].reindex(at).fillna("").astype("str").to_numpy()
            for name in ("why", "differs", "named")
        },
    )


def _differing(facts: dict[str, str]) -> str:
    return ", ".join(name for name in match.FACTS if facts.get(name) == match.DIFFERS)


def _named(claim_id: int, why: str, differs: str, looked_at: int) -> str:
    says = f"differs in {differs}" if differs else why.replace("-", " ")
    more = f", and {looked_at - 1} more" if looked_at > 1 else ""
    return f"claim {claim_id} was looked at and not taken ({says}){more}"
