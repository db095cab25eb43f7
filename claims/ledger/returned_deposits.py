"""Deposits that the bank took back: negative bank lines and former deposits in, what each takes back out.

The rules stand in codes/tie_rules.csv: a whole deposit by its trace number or reference; parts of deposits by those
(`returned_parts`), one return or several together; a whole deposit of the payer, where nothing is named.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims import codes
from claims.identifiers import normal_trace
from claims.ledger import deposit_pairs
from claims.ledger.deposit_pairs import MOST_CANDIDATES, among, pairs_of, prepared, weighed
from claims.ledger.returned_parts import FORMER, PAIR, by_name
from claims.ledger.returned_turns import in_turn

RULE = "returned-deposit"
AS_REMITTANCE = {
    "bank_line_id": "remit_id",
    "line_key": "remit_key",
    "rest_cents": "open_cents",
    "bank_date": "payment_date",
}
TIE = [*PAIR, "remit_id", "is_difference", "amount_cents", "fee_cents", "rule", "score", "evidence"]
CANDIDATE = [*PAIR, "remit_id", "amount_cents", "why", "rule", "score", "evidence"]
KEYS = ["line_key", "remit_key"]
KINDS_OF_CANDIDATE = {"bank_line_id": "int64", "returns_line_id": "int64", "remit_id": "int64", "rule": "str"}
KINDS = {**KINDS_OF_CANDIDATE, "is_difference": "bool"}


def names_of(returns: pd.DataFrame) -> list[str]:
    """What returns may name a deposit by: their trace numbers and references, also as traces are compared."""
    texts = [normal_trace(returns["trace_number"]), normal_trace(returns["reference"]), returns["reference"]]
    return sorted({str(text) for text in pd.concat(texts)} - {""})


def take_back(
    returns: pd.DataFrame, formers: pd.DataFrame, parts: pd.DataFrame, refused: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find what returns take back: `(ties, candidates)`.

    `returns` and `formers` have the columns of bank lines (`deposit_pairs`) and reference, `returns` with rest_cents
    below zero and is_over (something of it is tied already), `formers` with amount_cents and is_whole (nothing went
    back of it yet). `parts`: what of each can go (`store.returned.parts`). `refused`: bank_line_id, returns_line_id of
    pairs that a person took apart.

    `ties`: bank_line_id, returns_line_id, remit_id (0: what nothing explains), amount_cents and fee_cents (above zero,
    of the former tie), rule, score, evidence. `candidates`: those but for the fee, and why.
    """
    pairs = _pairs(returns, formers[formers["is_whole"]], refused)
    fits = pairs["fits"] & pairs["is_named"]
    is_whole = _chosen(pairs, fits, returns)
    # A difference booked as short goes with its tie, and moves no money; one booked as over is money that came.
    rest, left = (
        returns[~returns["bank_line_id"].isin(pairs.loc[fits, "bank_line_id"])],
        _but(parts[~parts["is_difference"] | (parts["amount_cents"] == 0)], pairs[is_whole]),
    )
    found = by_name(rest, formers, left, refused)
    # Who names a deposit or a remittance whose money came means no other; and whose tie a person took apart is his.
    is_named = found.units["payment_date"] <= found.units["bank_date"]
    told = [*found.units.loc[is_named, "bank_line_id"], *pairs.loc[fits | pairs["is_refused"], "bank_line_id"]]
    taken = pd.Series([*pairs.loc[is_whole, "remit_id"], *found.ties["returns_line_id"]], dtype="int64")
    silent = pairs["fits"] & ~pairs["is_named"] & ~pairs["is_over"]
    silent &= ~pairs["bank_line_id"].isin(told) & ~pairs["remit_id"].isin(taken)
    chosen = is_whole | _alone(pairs, silent)
    # What others have taken fits nothing any more; nor does a return that has taken something else.
    fits &= chosen | ~(pairs["remit_id"].isin(taken) | pairs["bank_line_id"].isin(pairs.loc[is_whole, "bank_line_id"]))
    rows = _told(pairs, fits | silent, chosen, taken)
    others = found.units[~among(found.units, rows, FORMER)]
    considered = pd.concat([rows[[*CANDIDATE, *KEYS]], others[[*CANDIDATE, *KEYS]]])
    considered = considered.sort_values(
        ["line_key", "score", "remit_key"], ascending=[True, False, True], kind="stable"
    )
    considered = considered[considered.groupby("bank_line_id").cumcount() < MOST_CANDIDATES]
    ties = pd.concat([_whole(pairs[chosen], parts), with_differences(found.ties, parts)[TIE]], ignore_index=True)
    return ties.astype(KINDS), considered[CANDIDATE].reset_index(drop=True).astype(KINDS_OF_CANDIDATE)


def _pairs(returns: pd.DataFrame, formers: pd.DataFrame, refused: pd.DataFrame | None) -> pd.DataFrame:
    """Returns beside whole deposits: fits (by amount and day, and payer or name), is_named, is_refused, is_over."""
    rule = codes.table("tie_rules").set_index("rule").loc[RULE].to_dict()
    back = prepared(returns.assign(rest_cents=-returns["rest_cents"]))
    formers = formers.assign(rest_cents=formers["amount_cents"])
    pairs = pairs_of(back, prepared(formers.rename(columns=AS_REMITTANCE)), reach=2 * int(rule["days"]))
    # Equal references of the bank say as much as equal trace numbers.
    said = formers.set_index("bank_line_id")["reference"].reindex(pairs["remit_id"]).to_numpy()
    own = returns.set_index("bank_line_id")["reference"].reindex(pairs["bank_line_id"]).to_numpy()
    pairs["is_named"] = pairs["same_trace"] | ((own == said) & (own != ""))
    pairs["is_over"] = pairs["bank_line_id"].isin(returns.loc[returns["is_over"], "bank_line_id"])
    pairs["is_refused"] = among(pairs.rename(columns={"remit_id": FORMER}), refused, FORMER)
    fits = pairs["same_amount"] & (pairs["payment_date"] <= pairs["bank_date"]) & ~pairs["is_refused"]
    near = ~pairs["other_trace"] & pairs["same_payer"] & (pairs["days"] <= int(rule["days"]))
    pairs["fits"] = fits & (pairs["is_named"] | near)
    return pairs


def evidence_of(back: pd.DataFrame, former: pd.DataFrame) -> str:
    """Give what of one return and one deposit agrees and differs, as `deposit_pairs.evidence_of`."""
    other = former.drop(columns="rest_cents").rename(columns=AS_REMITTANCE)
    return deposit_pairs.evidence_of(
        back.assign(rest_cents=-back["rest_cents"]), other.assign(open_cents=former["amount_cents"])
    )


def _alone(pairs: pd.DataFrame, fits: pd.Series[bool]) -> pd.Series[bool]:
    """Tell the pairs whose two sides fit nothing else."""
    left = pairs[fits]
    sizes = (left.groupby(side)[side].transform("size") for side in ("bank_line_id", "remit_id"))
    alone = pd.concat(list(sizes), axis=1).max(axis=1) == 1
    chosen: pd.Series[bool] = alone.reindex(pairs.index, fill_value=False).astype(bool)
    return chosen


def _chosen(pairs: pd.DataFrame, fits: pd.Series[bool], returns: pd.DataFrame) -> pd.Series[bool]:
    """Tell the named pairs that are taken: by trace number in turn, else those whose two sides fit nothing else."""
    trace = normal_trace(returns.set_index("bank_line_id")["trace_number"])
    named = pairs[fits & pairs["same_trace"]]
    taken = in_turn(named.assign(trace=trace.reindex(named["bank_line_id"]).to_numpy()))
    is_taken = pd.MultiIndex.from_frame(pairs[["bank_line_id", "remit_id"]]).isin(taken)
    in_turn_ = pd.Series(is_taken, index=pairs.index, dtype="bool") & fits
    lines, deposits = (pairs.loc[in_turn_, side] for side in ("bank_line_id", "remit_id"))
    others = fits & ~pairs["bank_line_id"].isin(lines) & ~pairs["remit_id"].isin(deposits)
    # One whose name by trace stands beside another's stays for a person.
    several = pairs.loc[fits & pairs["same_trace"] & others, "bank_line_id"]
    return in_turn_ | _alone(pairs, others & ~pairs["bank_line_id"].isin(several))


def _but(parts: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    return parts[~parts["bank_line_id"].isin(whole["remit_id"])]


def with_differences(ties: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Add to ties of parts (with is_difference) the differences that a person booked as short with them, where all of a
    part goes."""
    keys = ["returns_line_id", "remit_id"]
    parts = parts.rename(columns={"bank_line_id": "returns_line_id"})
    is_short = parts["is_difference"] & (parts["amount_cents"] == parts["fee_cents"])
    taken = ties.groupby(keys)["amount_cents"].sum()
    came = parts[~parts["is_difference"]].groupby(keys)["amount_cents"].sum()
    whole = taken.index[(came.reindex(taken.index) == taken).to_numpy()]
    own = parts[is_short & pd.MultiIndex.from_frame(parts[keys]).isin(whole)]
    last = ties.drop_duplicates(keys, keep="last").drop(columns=["amount_cents", "fee_cents"])
    more = last.merge(own[[*keys, "amount_cents", "fee_cents"]], on=keys).assign(is_difference=True)
    return pd.concat([ties, more], ignore_index=True)


def _whole(pairs: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Ties of whole deposits: all parts of each."""
    pairs = pairs.reset_index(drop=True)
    rows = weighed(pairs, pd.Series(False, index=pairs.index)).rename(columns={"remit_id": "returns_line_id"})
    own = parts.rename(columns={"bank_line_id": "returns_line_id"})
    own = own[["returns_line_id", "remit_id", "is_difference", "amount_cents", "fee_cents"]]
    return rows[[*PAIR, "score", "evidence"]].merge(own, on="returns_line_id").assign(rule=RULE)[TIE]


def _told(pairs: pd.DataFrame, fits: pd.Series[bool], chosen: pd.Series[bool], taken: pd.Series[int]) -> pd.DataFrame:
    """Say of pairs of the same amount why they were taken or not."""
    rows = weighed(pairs, pd.Series(False, index=pairs.index)).rename(columns={"remit_id": "returns_line_id"})
    why = np.select(
        [chosen, pairs["is_refused"], fits, pairs["remit_id"].isin(taken), pairs["other_trace"], pairs["fits"]],
        ["chosen", "untied", "several-fit", "taken", "other-trace", "left"],
        "payer-unknown",
    )
    rows = rows.assign(
        why=pd.Series(why, index=rows.index, dtype="str"),
        rule=pd.Series(np.where(chosen, RULE, "none"), index=rows.index, dtype="str"),
        amount_cents=pairs["open_cents"],
        remit_id=0,
    )
    return rows[rows["same_amount"] & (rows["payment_date"] <= rows["bank_date"])]
