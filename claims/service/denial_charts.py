"""Denials as charts want them: by cause and payer, over time, by how near the deadline is; cents and counts only."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import codes
from claims.service.context import Context
from claims.service.desk_export import written
from claims.store.engine import read
from claims.store.queries import denial_charts as rows

BUCKETS = ("overdue", "within 7 days", "within 30 days", "within 90 days", "later", "no deadline known")
_EDGES = (-1, 7, 30, 90)
MONTHS = 12
PAYERS = 8
MOST_CAUSES = 100


def charts(ctx: Context) -> dict[str, pd.DataFrame]:
    """Give by_cause, by_payer (title, cases, at_risk_cents), by_month (denied_cents, recovered_cents, cases), and
    by_deadline. Payers after the first few are one row, so that each adds up to the same."""
    today = ctx.settings.today()
    with read(ctx.engine) as conn:
        by_cause = rows.open_by_category(conn)
        by_payer = rows.open_by_payer(conn)
        by_day = rows.by_day(conn, _since(today))
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
        "by_payer": _with_others(by_payer.assign(title=_told_apart(by_payer))),
        "by_month": by_month,
        "by_deadline": buckets,
    }


def rates(ctx: Context) -> dict[str, pd.DataFrame]:
    """Give what was denied of what was decided in the last MONTHS months, and what came of denials that ended.

    by_month and by_payer: title, decided, denied, charge_cents, denied_cents, and their shares in tenths of a percent
    (denied_share, cents_share; -1: of nothing); by_payer_and_month the same for both. ended: title, cases, won,
    worth_cents, recovered_cents, won_share, recovered_share, of closed cases that were neither superseded nor repeats.
    Slower than a list: it reads every decision of the time.
    """
    since = _since(ctx.settings.today())
    with read(ctx.engine) as conn:
        decided, ended = rows.decided_by_day(conn, since), rows.ended_by_day(conn, since)
    decided = decided.assign(month=decided["payment_date"].str[:7])
    named = _names(decided)
    of_payer = decided.assign(title=named.reindex(decided["payer_code"]).to_numpy())
    worked = ended[ended["outcome"].isin(["overturned", "partly_overturned", *_LOST])]
    is_won = worked["outcome"].isin(["overturned", "partly_overturned"])
    names = _names(worked)
    worked = worked.assign(won=worked["cases"].where(is_won, 0), title=names.reindex(worked["payer_code"]).to_numpy())
    return {
        "by_month": _denied(of_payer.assign(title=of_payer["month"]), ["title"]),
        "by_payer": _denied(of_payer, ["title"]).sort_values(["charge_cents", "title"], ascending=[False, True]),
        "by_payer_and_month": _denied(of_payer, ["title", "month"]),
        "ended": _ended(worked),
    }


def _since(today: date) -> date:
    """Give the first day of the months that are shown; this one is the last."""
    months = today.year * 12 + today.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)


_LOST = ("written_off", "expired", "upheld", "billed_patient")  # what a person ended: worked, and not won


def _denied(decided: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    sums = decided.groupby(by, as_index=False)[["decided", "denied", "charge_cents", "denied_cents"]].sum()
    return sums.assign(
        denied_share=_share(sums["denied"], sums["decided"]),
        cents_share=_share(sums["denied_cents"], sums["charge_cents"]),
    )


def _ended(worked: pd.DataFrame) -> pd.DataFrame:
    sums = worked.groupby("title", as_index=False)[["cases", "won", "worth_cents", "recovered_cents"]].sum()
    return sums.assign(
        won_share=_share(sums["won"], sums["cases"]),
        recovered_share=_share(sums["recovered_cents"], sums["worth_cents"]),
    ).sort_values(["worth_cents", "title"], ascending=[False, True], ignore_index=True)


def _share(part: pd.Series[int], whole: pd.Series[int]) -> pd.Series[int]:
    """Give the part in tenths of a percent, rounded half up; -1 where there is no whole."""
    some = whole.where(whole > 0, 1)
    return ((part * 2000 + some) // (some * 2)).where(whole > 0, -1).astype("int64")


def _names(rows: pd.DataFrame) -> pd.Series[str]:
    """Name payers by their code: as they were called last."""
    payers = rows[["payer_code", "payer_name"]].drop_duplicates("payer_code", keep="last").reset_index(drop=True)
    return pd.Series(_told_apart(payers).to_numpy(), index=payers["payer_code"].to_numpy(), dtype="str")


def _with_others(payers: pd.DataFrame) -> pd.DataFrame:
    """Put the payers after the first few into one row."""
    first, rest = payers.head(PAYERS), payers.iloc[PAYERS:]
    if rest.empty:
        return first
    others = {"title": f"{len(rest)} others", "payer_code": "", "payer_name": ""}
    sums = rest[["cases", "at_risk_cents"]].sum().to_dict()
    return pd.concat([first, pd.DataFrame([others | sums])], ignore_index=True)


TABLES = ("by_cause", "by_deadline", "by_payer", "by_month", "rate_by_month", "rate_by_payer", "rates", "ended")


_RATES = {
    "rate_by_month": "by_month",
    "rate_by_payer": "by_payer",
    "rates": "by_payer_and_month",
    "ended": "ended",
}


def as_csv(ctx: Context, name: str) -> str:
    """Give the figures of one chart (of TABLES) as CSV; shares in percent, empty where there is nothing to share."""
    if name in ("by_cause", "by_deadline", "by_payer", "by_month"):
        found = charts(ctx)[name]
    else:
        found = rates(ctx)[_RATES[name]]
    shares = [str(column) for column in found if str(column).endswith("_share")]
    told = {column.replace("_share", "_percent"): percents(found[column]) for column in shares}
    found = found.rename(columns={"denied": "denied_decisions"})  # beside the dollars of denied_cents
    return written(found.drop(columns=[*shares, "bucket"], errors="ignore").assign(**told))


def percents(shares: pd.Series[int]) -> pd.Series[str]:
    """Write tenths of a percent: 125 is 12.5; what is a share of nothing is empty."""
    texts = [f"{share // 10}.{share % 10}" if share >= 0 else "" for share in shares.tolist()]
    return pd.Series(texts, index=shares.index, dtype="str")


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
        groups, patterns = rows.causes(conn), rows.patterns(conn, MOST_CAUSES)
        is_alone = groups["cases"] == 1
        shown = groups[~is_alone].head(MOST_CAUSES).reset_index(drop=True)
        words = rows.words_of(conn, [*shown["case_id"], *patterns["case_id"]]).set_index("case_id")
    alone = (int(is_alone.sum()), int(groups.loc[is_alone, "at_risk_cents"].sum()))
    named = patterns.assign(payer_name=words["payer_name"].reindex(patterns["case_id"]).to_numpy())
    return Causes(_with_words(shown, words), _with_words(named, words), alone)


def _with_words(found: pd.DataFrame, words: pd.DataFrame) -> pd.DataFrame:
    """Say what the cause of a group is, in the words of one of its cases."""
    return found.assign(cause=words["cause"].reindex(found["case_id"]).to_numpy()).drop(columns="case_id")
