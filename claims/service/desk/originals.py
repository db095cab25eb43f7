"""Which payments a denial as a duplicate can repeat: decisions on the same patient and day, with what they paid."""

from __future__ import annotations

import pandas as pd

from claims.service.context import Context
from claims.service.desk.money import repeats_of
from claims.store import desk
from claims.store.engine import read
from claims.store.queries import desk as queries

SHOWN = 10


def of_case(ctx: Context, case_id: int) -> pd.DataFrame:
    """Give the decisions that a case can be closed with: claim_payment_id, claim_number, charge, paid, payment_date.

    Same payer, patient and service day, no repeats themselves; the one that paid most is first. Nothing where the claim
    is not in the books. Numbers are patient data: the caller records that they were shown.
    """
    with read(ctx.engine) as conn:
        case = desk.cases(conn, [case_id])
        found = queries.of_member(conn, int(case["family_id"].iloc[0]))
        proofs = found["claim_payment_id"].tolist()
        repeats = repeats_of(conn, case, proofs)
        fits = [bool(repeats[one].iloc[0]) for one in proofs]
    return found[fits].head(SHOWN)
