"""Denials as charts want them: by cause and payer, over time, by how near the deadline is; cents and counts only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import codes
from claims.service.context import Context
from claims.store.engine import read
from claims.store.queries import denial_charts as rows

BUCKETS = ("overdue", "within 7 days", "within 30 days", "within 90 days", "later", "no deadline known")
_EDGES = (-1, 7, 30, 90)
MONTHS = 12
PAYERS = 8
MOST_CAUSES = 100


def charts(ctx: Context) -> dict[str, pd.DataFrame]:
    """Give by_cause, by_payer (cases, at_risk_cents), by_month (denied_cents, recovered_cents, cases), by_deadline."""
    today = ctx.settings.today()
    with read(ctx.engine) as conn:
        by_cause = rows.open_by(conn, "category")
        by_payer = rows.open_by(conn, "payer_code", "payer_name").head(PAYERS)
        by_day = rows.by_day(conn)
        by_deadline = rows.open_by_deadline(conn)
    titles = codes.table("categories").set_index("category")["own_title"]
    by_cause["title"] = titles.reindex(by_cause["category"]).fillna("").to_numpy()
    by_day["month"] = by_day["posting_date"].str[:7]
    by_month = by_day.groupby("month", as_index=False)[["cases", "denied_cents", "recovered_cents"]].sum()
    due = pd.to_datetime(by_deadline["deadline_date"].where(by_deadline["deadline_date"] != ""), format="%Y-%m-%d")
    left = (due - pd.Timestamp(today)).dt.days
    place = np.where(left.isna(), len(BUCKETS) - 1, np.searchsorted(_EDGES, left.fillna(0), side="left"))
    buckets = by_deadline.assign(bucket=place).groupby("bucket")[["cases", "at_risk_cents"]].sum()
    buckets = buckets.reindex(range(len(BUCKETS)), fill_value=0).assign(title=list(BUCKETS)).reset_index()
    return {
        "by_cause": by_cause,
        "by_payer": by_payer.assign(title=_told_apart(by_payer)),
        "by_month": by_month.tail(MONTHS),
        "by_deadline": buckets,
    }


class Causes(NamedTuple):
    """Groups of two or more open cases by payer and reason; patterns among them; (cases, cents) that stand alone."""

    groups: pd.DataFrame
    patterns: pd.DataFrame
    alone: tuple[int, int]


def _told_apart(payers: pd.DataFrame) -> pd.Series[str]:
    """Name payers, with their code where the name alone is that of several, or there is none."""
    name, code = payers["payer_name"], payers["payer_code"]
    told = name.where(~name.duplicated(keep=False), name + " (" + code + ")")
    return told.where(name != "", code)


def causes(ctx: Context) -> Causes:
    """Group open cases by what causes them: a pattern is one cause and one item of work."""
    with read(ctx.engine) as conn:
        return Causes(rows.causes(conn, MOST_CAUSES), rows.patterns(conn, MOST_CAUSES), rows.alone(conn))
