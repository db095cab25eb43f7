"""What is denied on account 1110 lies in open cases of its claim and payer, or it is said why not (as the report)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pandas as pd

from claims.reports import denied_money
from claims.store.handles import Connection
from claims.store.queries import denial_report as rows
from claims.store.queries.asof import AsOf

NOW = AsOf(date.max, "9999")


def unheld(conn: Connection) -> pd.DataFrame:
    """Claims whose money on 1110 is not what their open cases, and the reasons that the report has, say.

    Gives family_id, payer_sequence ("" where one payer's case stands on another's decision), off_cents.
    """
    return denied_money.unexplained(*_read(conn, None))


def without_case(conn: Connection, family_ids: Collection[int]) -> list[int]:
    """Claim payments of such claims, of these, that hold money on 1110 and that no open case knows."""
    cases, held, events = _read(conn, family_ids)
    off = denied_money.unexplained(cases, held, events)["family_id"]
    known = events.loc[events["case_id"].isin(cases["case_id"]), "claim_payment_id"]
    left = held[held["family_id"].isin(off) & ~held["claim_payment_id"].isin([0, *known])]
    return sorted(set(left["claim_payment_id"].tolist()))


def _read(conn: Connection, family_ids: Collection[int] | None) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    cases, held = rows.open_cases(conn, family_ids), rows.held(conn, NOW, family_ids)
    of_cases = None if family_ids is None else cases["case_id"].tolist()
    return cases, held, rows.happened(conn, NOW, denied_money.KINDS, of_cases)
