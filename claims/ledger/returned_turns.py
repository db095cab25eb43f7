"""Returns and whole deposits of one trace number and amount: each takes back in turn, by the days of the bank."""

from __future__ import annotations

import pandas as pd

from claims.identifiers import normal_trace
from claims.ledger.deposit_pairs import among

NAME = ["trace", "rest_cents"]
Pair = tuple[int, int]


def in_turn(pairs: pd.DataFrame) -> list[Pair]:
    """Give (bank_line_id, remit_id) of returns and the deposits that they take back, where days leave one way.

    `pairs`: bank_line_id, bank_date and line_key of a return, remit_id (the deposit), payment_date (its day) and
    remit_key, trace and rest_cents (of both). Where there are as many returns as deposits, the first return takes the
    first deposit, and so on. Else a day's returns take what came before it and is not back, as long as these are as
    many: of fewer or more nobody can tell which. A return of which everything is back by then takes nothing.
    """
    found: list[Pair] = []
    for _, own in pairs.groupby(NAME, sort=True):
        back = own.drop_duplicates("bank_line_id").sort_values(["bank_date", "line_key"])
        came = own.drop_duplicates("remit_id").sort_values(["payment_date", "remit_key"])
        fits = set(own[["bank_line_id", "remit_id"]].itertuples(index=False, name=None))
        found += _all(back, came, fits) or _by_day(back, came, fits)
    return found


def _all(back: pd.DataFrame, came: pd.DataFrame, fits: set[Pair]) -> list[Pair]:
    if len(back) != len(came):
        return []
    ways = list(zip(back["bank_line_id"].tolist(), came["remit_id"].tolist(), strict=True))
    return ways if fits.issuperset(ways) else []


def _by_day(back: pd.DataFrame, came: pd.DataFrame, fits: set[Pair]) -> list[Pair]:
    found: list[Pair] = []
    left = came["remit_id"].tolist()
    for _, returns in back.groupby("bank_date", sort=True):
        there = [one for one in left if any((line, one) in fits for line in returns["bank_line_id"])]
        ways = list(zip(returns["bank_line_id"].tolist(), there, strict=False))
        if there and (len(there) != len(returns) or not fits.issuperset(ways)):
            break
        found += ways
        left = [one for one in left if one not in there]
    return found


def out_of_turn(returns: pd.DataFrame, taken: pd.DataFrame, refused: pd.DataFrame) -> pd.DataFrame:
    """Give the returns (bank_line_id, returns_line_id of `taken`) that took a deposit which was an earlier one's.

    `returns`: bank lines below zero of which nothing is tied: bank_line_id, trace_number, amount_cents, bank_date.
    `taken`: as `store.returned.taken_whole` gives it. `refused`: pairs that a person took apart. An open return takes
    the place of a later one of its trace number and amount, whose deposit had come by then, where each means one.
    """
    ours = returns.assign(trace=normal_trace(returns["trace_number"]))
    theirs = taken.assign(trace=normal_trace(taken["trace_number"]))
    theirs = theirs[normal_trace(theirs["came_trace"]) == theirs["trace"]]
    columns = ["bank_line_id", "trace", "amount_cents", "bank_date"]
    keys = ["trace", "amount_cents"]
    pairs = theirs.merge(ours.loc[ours["trace"] != "", columns], on=keys, suffixes=("", "_now"))
    pairs = pairs[(pairs["bank_date_now"] < pairs["bank_date"]) & (pairs["came"] <= pairs["bank_date_now"])]
    open_ = pairs[["bank_line_id_now", "returns_line_id"]].set_axis(["bank_line_id", "returns_line_id"], axis=1)
    pairs = pairs[~among(open_, refused, "returns_line_id")]
    sizes = [pairs.groupby(side)[side].transform("size") for side in ("bank_line_id_now", "returns_line_id")]
    return pairs.loc[(sizes[0] == 1) & (sizes[1] == 1), ["bank_line_id", "returns_line_id"]]
