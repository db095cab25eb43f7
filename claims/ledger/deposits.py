"""Deposits find their remittances: bank lines and posted remittances in, ties with the rule that made them out.

The rules stand in codes/tie_rules.csv, strongest first: trace number, then payer, amount and a date within three
business days. A rule ties only where exactly one way is left, to the cent; else the line is ambiguous. What was
considered and not taken is told as well. No answer depends on the order of lines or remittances.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from claims import codes
from claims.ledger.deposit_pairs import (
    BUSINESS_DAYS,
    MOST_CANDIDATES,
    among,
    begun,
    near,
    prepared,
    told_in_full,
    weighed,
    with_facts,
)
from claims.ledger.payer_pairs import of_payer, siblings_of
from claims.ledger.split_deposits import shares
from claims.ledger.subsets import sets_of
from claims.ledger.trace_pairs import many_have, of_amounts, of_rest

TIE_COLUMNS = {
    "bank_line_id": "int64",
    "remit_id": "int64",
    "amount_cents": "int64",
    "fee_cents": "int64",
    "rule": "str",
}


class Outcome(NamedTuple):
    """What became of lines.

    `ties`: bank_line_id, remit_id, amount_cents (what it settles), fee_cents (what of it the bank did not get), rule,
    score, evidence. `ambiguous`: bank_line_id. `candidates`: bank_line_id, remit_id, amount_cents, why, rule, score,
    evidence.
    """

    ties: pd.DataFrame
    ambiguous: pd.DataFrame
    candidates: pd.DataFrame


class _Board:
    """What is left to tie while the rules are gone through."""

    def __init__(
        self, lines: pd.DataFrame, remits: pd.DataFrame, refused: pd.DataFrame | None, settled: pd.DataFrame | None
    ) -> None:
        self.lines, self.remits, self.refused = lines, remits, refused
        self.begun = begun(lines, settled)
        by_card = remits.get("by_card_cents", pd.Series(0, index=remits.index))
        self.by_card = pd.Series(by_card.to_numpy("int64"), index=remits["remit_id"])
        self.many = many_have(lines, remits)
        self.traced = of_amounts(lines, remits, self.many)
        self.all = self._known(self.traced)
        self.wider = {"sibling": self._siblings, "open": self._near, "none": self._of_payer}
        if self.many:
            self.wider["same"] = self._traced
        self.tied: list[tuple[int, int, int, int, str]] = []
        self.gone_lines: set[int] = set()
        self.gone_remits: set[int] = set()
        self.unclear: set[int] = set()
        self.without_siblings: set[int] = set()  # of a trace that too many have
        self.traced_lines: set[int] = set()  # tied before anything but the trace was looked at

    def widen(self, rule: dict[str, str]) -> None:
        """Add the pairs that a rule looks at beyond the first (by trace and amount), of the lines not tied yet."""
        is_first = (rule["trace"], rule["amount"]) == ("same", "equal")
        more = None if is_first else self.wider.get(rule["trace"])
        if more is None:
            return
        self.wider = {word: other for word, other in self.wider.items() if other != more}
        names = ["bank_line_id", "remit_id", "sibling"]
        self.all = self._known(pd.concat([self.all[names], more()], ignore_index=True))

    def _traced(self) -> pd.DataFrame:
        """Of traces that many have: what is left of both sides when equal amounts are tied."""
        lines, remits = (rows[rows["trace"].isin(self.many)] for rows in (self._open(self.lines), self.remits))
        lines = lines[~lines["bank_line_id"].isin(self.unclear)]
        remits = remits[~remits["remit_id"].isin(self.gone_remits)]
        pairs, self.without_siblings = of_rest(lines, remits, self.refused, self.by_card)
        self.unclear |= self.without_siblings
        self.traced = pd.concat([self.traced, pairs], ignore_index=True)
        return pairs

    def _siblings(self) -> pd.DataFrame:
        traced, settling = self._open(self.traced), self._open(self.begun)
        traced = traced[~traced["bank_line_id"].isin(self.without_siblings)]
        pairs, given_up = siblings_of(traced, settling, self.lines, self.remits, self.gone_remits)
        self.unclear |= given_up
        return pairs

    def _near(self) -> pd.DataFrame:
        self.traced_lines = set(self.gone_lines)
        return near(self._open(self.lines), self.remits, gone=(self.unclear, self.gone_remits), refused=self.refused)

    def _of_payer(self) -> pd.DataFrame:
        """Not of lines that no rule takes any more and that enough is told of (of many equal ones, each by each), nor
        of tied ones, but for those of which a person has taken something apart: that is told."""
        ids = self.lines["bank_line_id"]
        is_over = ids.isin(self.unclear) & ids.isin(told_in_full(self.all))
        is_over |= ids.isin(self.gone_lines) & ~ids.isin([] if self.refused is None else self.refused["bank_line_id"])
        pairs, given_up = of_payer(self.lines[~is_over & ~ids.isin(self.traced_lines)], self.remits, self.gone_remits)
        self.unclear |= given_up
        return pairs

    def _open(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[~rows["bank_line_id"].isin(self.gone_lines)]

    def _known(self, ids: pd.DataFrame) -> pd.DataFrame:
        pairs = with_facts(ids, self.lines, self.remits, self.begun["bank_line_id"])
        pairs["is_refused"] = among(pairs, self.refused)
        return pairs

    def whole(self, pairs: pd.DataFrame, rule: dict[str, str]) -> pd.Series:
        """What a fee is a part of: what is open, and what cards with the same trace brought of it before."""
        open_: pd.Series = pairs["open_cents"]
        return open_ if rule["trace"] != "same" else open_ + self.by_card.reindex(pairs["remit_id"]).to_numpy("int64")

    def pairs(self) -> pd.DataFrame:
        """Pairs whose line and remittance are both still open."""
        lines, remits = self.gone_lines | self.unclear, self.gone_remits
        free = ~self.all["bank_line_id"].isin(lines) & ~self.all["remit_id"].isin(remits)
        return self.all[free & ~self.all["is_refused"]]

    def take(self, ways: list[list[tuple[int, int, int, int]]], rule: str) -> None:
        """Tie each way (its rows of line, remittance, cents, fee) whose lines and remittances no other way wants."""
        wanted: dict[tuple[str, int], int] = {}
        for number, way in enumerate(ways):
            for key in {("line", row[0]) for row in way} | {("remit", row[1]) for row in way}:
                wanted[key] = -1 if key in wanted else number
        for number, way in enumerate(ways):
            keys = {("line", row[0]) for row in way} | {("remit", row[1]) for row in way}
            if any(wanted[key] != number for key in keys):
                self.unclear.update(row[0] for row in way)
                continue
            self.tied += [(*row, rule) for row in way]
            self.gone_lines.update(row[0] for row in way)
            self.gone_remits.update(row[1] for row in way)


def tie(
    bank_lines: pd.DataFrame,
    remittances: pd.DataFrame,
    refused: pd.DataFrame | None = None,
    settled: pd.DataFrame | None = None,
) -> Outcome:
    """Tie bank lines to remittances by the rules (frames as in `deposit_pairs`; money that came in only).

    by_card_cents of a remittance, optional: what cards brought of it before, on which no fee was kept yet.

    `refused`: bank_line_id, remit_id of pairs that a person took apart. `settled`: remittances that lines settle
    already (as in `deposit_pairs.begun`): the rest may be for others of the same payer and day that came later.
    """
    lines, remits = prepared(bank_lines), prepared(remittances[remittances["open_cents"] > 0])
    lines = lines[lines["rest_cents"] > 0]
    if lines.empty or remits.empty:
        return _nothing()
    board = _Board(lines, remits, refused, settled)
    rules = codes.table("tie_rules")
    rules = rules.sort_values("order", key=lambda order: order.astype("int64"))
    for row in rules.to_dict("records"):
        rule = {str(name): str(value) for name, value in row.items()}
        if way := _WAYS.get(rule["amount"]):
            board.widen(rule)
            way(board, _fitting(board.pairs(), rule), rule)
    ties = _frame(board.tied)
    return _told(board, ties)


def _nothing() -> Outcome:
    weights = {"score": "int64", "evidence": "str"}
    candidates = {"bank_line_id": "int64", "remit_id": "int64", "amount_cents": "int64", "why": "str", "rule": "str"}
    kinds = ({**TIE_COLUMNS, **weights}, {"bank_line_id": "int64"}, {**candidates, **weights})
    return Outcome(*(pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in one.items()}) for one in kinds))


def _frame(rows: list[tuple[int, int, int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(TIE_COLUMNS)).astype(TIE_COLUMNS)


def _fitting(pairs: pd.DataFrame, rule: dict[str, str]) -> pd.DataFrame:
    """Pairs that a rule allows, but for the amount."""
    fits = {
        "same": pairs["same_trace"],
        "sibling": pairs["sibling"],
        "open": ~pairs["same_trace"] & ~pairs["other_trace"],
        "none": pairs["trace"] == "",
    }[rule["trace"]]
    if rule["payer"]:
        fits = (
            fits & {"id": pairs["same_id"], "any": pairs["same_payer"], "known": ~pairs["other_payer"]}[rule["payer"]]
        )
    if rule["days"]:
        fits = fits & (pairs["days"] <= int(rule["days"]))
    if rule["kind"]:
        fits = fits & (pairs["kind"] == rule["kind"])
    return pairs[fits]


def _equal(board: _Board, pairs: pd.DataFrame, rule: dict[str, str]) -> None:
    """One line and one remittance, to the cent."""
    chosen = pairs[pairs["same_amount"]]
    rows = chosen[["bank_line_id", "remit_id", "open_cents"]].to_numpy("int64").tolist()
    board.take([[(line, remit, cents, 0)] for line, remit, cents in rows], rule["rule"])


def _net(board: _Board, pairs: pd.DataFrame, rule: dict[str, str]) -> None:
    """One line and one remittance, less a fee that is small enough to be one."""
    fee = pairs["open_cents"] - pairs["rest_cents"]
    small = (fee > 0) & (fee * 100 <= board.whole(pairs, rule) * int(rule["fee_percent"]))
    rows = pairs[small].assign(fee=fee[small])[["bank_line_id", "remit_id", "open_cents", "fee"]]
    board.take(
        [[(line, remit, cents, cut)] for line, remit, cents, cut in rows.to_numpy("int64").tolist()], rule["rule"]
    )


def _lines(board: _Board, pairs: pd.DataFrame, rule: dict[str, str]) -> None:
    """Several lines and one remittance."""
    ways = []
    for remit, group in _of_one_remit(pairs):
        amounts = group["rest_cents"].tolist()
        sums = sets_of(amounts, int(group["open_cents"].iloc[0]))
        if sums.only:
            ids = group["bank_line_id"].tolist()
            ways.append([(ids[place], remit, amounts[place], 0) for place in sums.only])
        elif sums.found or not sums.is_complete:
            board.unclear.update(group["bank_line_id"].tolist())
    board.take(ways, rule["rule"])


def _net_lines(board: _Board, pairs: pd.DataFrame, rule: dict[str, str]) -> None:
    """Several card settlements and one remittance, together less a fee that is small enough to be one."""
    pairs = pairs.assign(whole_cents=board.whole(pairs, rule)).rename(columns={"open_cents": "amount_cents"})
    split = shares(pairs, "remit_id", int(rule["fee_percent"]))
    names = ["bank_line_id", "remit_id", "amount_cents", "fee_cents"]
    ways = [
        [(line, remit, cents, fee) for line, remit, cents, fee in own[names].to_numpy("int64").tolist()]
        for _, own in split.groupby("remit_id", sort=True)
    ]
    board.take(ways, rule["rule"])


def _of_one_remit(pairs: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    """Pairs by remittance, of lines that fit no other remittance."""
    alone = pairs.groupby("bank_line_id")["remit_id"].transform("size") == 1
    return [(int(str(remit)), group) for remit, group in pairs[alone].groupby("remit_id", sort=True)]


def _other(board: _Board, pairs: pd.DataFrame, rule: dict[str, str]) -> None:
    """The trace of one remittance and another amount: parts that leave it open, or one line that is too much."""
    ways = []
    for remit, group in _of_one_remit(pairs):
        amounts, open_ = group["rest_cents"].tolist(), int(group["open_cents"].iloc[0])
        if sum(amounts) > open_ and len(amounts) > 1:
            board.unclear.update(group["bank_line_id"].tolist())
            continue
        parts = zip(group["bank_line_id"].tolist(), amounts, strict=True)
        ways.append([(line, remit, min(cents, open_), 0) for line, cents in parts])
    board.take(ways, rule["rule"])
    left = pairs[~pairs["bank_line_id"].isin(board.gone_lines)]
    board.unclear.update(left["bank_line_id"].tolist())  # several remittances have this trace


def _remits(board: _Board, pairs: pd.DataFrame, rule: dict[str, str]) -> None:
    """One line and several remittances of a payer and day, those with the line's trace among them."""
    ways = []
    for line, own in pairs.groupby("bank_line_id", sort=True):
        target = int(own["rest_cents"].iloc[0])
        found: list[tuple[int, ...]] = []
        complete = True
        for _, day in own.groupby(["payer_id_remit", "payment_date"], sort=True):
            must = day[day["same_trace"]]
            others = day[~day["remit_id"].isin(must["remit_id"])]
            left = target - int(must["open_cents"].sum())
            needed = max(0, 2 - len(must) - int(day["is_rest"].any()))
            if left < 0 or (left == 0 and needed):
                continue
            sums = sets_of(others["open_cents"].tolist(), left, at_least=needed)
            ids = others["remit_id"].tolist()
            found += [(*must["remit_id"].tolist(), *(ids[place] for place in one)) for one in sums.found]
            complete &= sums.is_complete
        if len(found) == 1 and complete:
            cents = own.set_index("remit_id")["open_cents"]
            ways.append([(int(str(line)), int(remit), int(cents[remit]), 0) for remit in found[0]])
        elif found or not complete:
            board.unclear.add(int(str(line)))
    board.take(ways, rule["rule"])


_WAYS: dict[str, Callable[[_Board, pd.DataFrame, dict[str, str]], None]] = {
    "equal": _equal,
    "lines": _lines,
    "remits": _remits,
    "net": _net,
    "net-lines": _net_lines,
    "other": _other,
}


def _told(board: _Board, ties: pd.DataFrame) -> Outcome:
    """Weigh every pair, and say why those not chosen were not."""
    pairs = board.all
    chosen = pairs[["bank_line_id", "remit_id"]].merge(ties, how="left", on=["bank_line_id", "remit_id"])
    is_chosen = chosen["rule"].notna().to_numpy()
    is_unclear = pairs["bank_line_id"].isin(board.unclear)
    # What came is less or more than the remittance: no sum fits.
    is_part = is_chosen & (chosen["rule"] != "trace-other-amount").to_numpy()
    rows = weighed(pairs, pd.Series(is_part, index=pairs.index))
    taken = pairs["remit_id"].isin(board.gone_remits) | (
        pairs["bank_line_id"].isin(board.gone_lines) & ~is_unclear & pairs["same_amount"]
    )
    reasons: list[tuple[Any, str]] = [
        (is_chosen, "chosen"),
        (pairs["is_refused"], "untied"),
        (pairs["other_trace"], "other-trace"),
        (pairs["other_payer"] & ~pairs["same_amount"], "other-payer"),
        (~pairs["same_trace"] & pairs["other_payer"], "other-payer"),
        (~pairs["same_trace"] & ~pairs["same_payer"], "payer-unknown"),
        (~pairs["same_trace"] & (pairs["days"] > BUSINESS_DAYS), "too-far"),
        (taken & ~is_chosen, "taken"),
        (is_unclear, "several-fit"),
    ]
    why = np.select([holds for holds, _ in reasons], [name for _, name in reasons], "other-amount")
    rows = rows.assign(
        why=pd.Series(why, dtype="str"),
        rule=pd.Series(chosen["rule"].fillna("none"), dtype="str"),
        amount_cents=pairs["open_cents"],
    )
    weighed_ties = ties.merge(rows[["bank_line_id", "remit_id", "score", "evidence"]], on=["bank_line_id", "remit_id"])
    worth = (rows["why"] == "chosen") | rows["same_trace"] | rows["same_amount"] | is_unclear | pairs["is_refused"]
    best = rows[worth].sort_values(["line_key", "score", "remit_key"], ascending=[True, False, True], kind="stable")
    best = best[best.groupby("bank_line_id").cumcount() < MOST_CANDIDATES]
    names = ["bank_line_id", "remit_id", "amount_cents", "why", "rule", "score", "evidence"]
    ambiguous = pd.DataFrame({"bank_line_id": np.array(sorted(board.unclear - board.gone_lines), dtype="int64")})
    return Outcome(weighed_ties, ambiguous, best[names].reset_index(drop=True))
