"""Bank lines find the patients' money that they bring: lines and what is in hand in, ties with their parts out.

In hand is what patients paid, less what was paid back or charged back, that no bank line has taken up yet. The rules
stand in codes/tie_rules.csv; each ties only where line and money fit nothing else, whatever their order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import codes
from claims.identifiers import normal_trace
from claims.ledger import card_settlements
from claims.ledger.deposit_pairs import business_days_between
from claims.ledger.split_deposits import by_lines, shares

BATCH, REFERENCE, ALONE = "patient-batch", "patient-reference", "patient-amount-date"
RULES = (BATCH, REFERENCE, card_settlements.RULE, ALONE)
CARD = "card"
LONG_DAYS = 30  # a cheque to a patient, or one that bounced, comes later than one that was paid in
LINE = [
    "bank_line_id",
    "rest_cents",
    "bank_date",
    "kind",
    "trace_number",
    "reference",
    "payer_name",
    "payer_identifier",
]
TIE = {"bank_line_id": "int64", "amount_cents": "int64", "fee_cents": "int64", "rule": "str"}


class Outcome(NamedTuple):
    """What was tied.

    `ties`: bank_line_id, amount_cents (what it settles), fee_cents, rule. `parts`: bank_line_id, payment_key,
    amount_cents; a payment that two lines of one batch bring has a part in each.
    """

    ties: pd.DataFrame
    parts: pd.DataFrame


def tie(bank_lines: pd.DataFrame, in_hand: pd.DataFrame) -> Outcome:
    """Tie lines to what is in hand.

    `bank_lines`: bank_line_id, rest_cents, bank_date, kind, trace_number, reference, payer_name, payer_identifier.
    `in_hand`: payment_key, amount_cents (below zero: it goes out), paid_on (ISO day), method, reference,
    batch_reference.
    """
    lines = bank_lines.loc[bank_lines["rest_cents"] != 0, LINE]
    money = in_hand[in_hand["amount_cents"] != 0]
    ties, parts = [], []
    for rule in RULES if len(lines) and len(money) else ():
        found = _ways(rule, lines, money)
        ties.append(found.ties)
        parts.append(found.parts)
        lines = lines[~lines["bank_line_id"].isin(found.ties["bank_line_id"])]
        money = money[~money["payment_key"].isin(found.parts["payment_key"])]
    if not ties:
        return _outcome(lines.head(0).assign(amount_cents=0, fee_cents=0), money.assign(bank_line_id=0).head(0), "")
    return Outcome(pd.concat(ties, ignore_index=True), pd.concat(parts, ignore_index=True))


def _ways(rule: str, lines: pd.DataFrame, money: pd.DataFrame) -> Outcome:
    if rule == card_settlements.RULE:
        return _settled(lines, money)
    if rule == ALONE:
        return _alone(lines, money)
    column = "batch_reference" if rule == BATCH else "reference"
    named = money.assign(name=normal_trace(money[column]))
    return _named(lines, named[named["name"] != ""], rule)


def _named(lines: pd.DataFrame, money: pd.DataFrame, rule: str) -> Outcome:
    """The line's trace number or reference is that of a batch or payment, and the amount fits, a card's less a fee.

    A batch may come in several lines that all name it: then they add up to it.
    """
    sums = money.groupby("name", as_index=False)["amount_cents"].sum()
    says = pd.concat(
        [lines.assign(name=normal_trace(lines[column])) for column in ("trace_number", "reference")]
    ).drop_duplicates(["bank_line_id", "name"])
    pairs = says.merge(sums, on="name")
    fee = pairs["amount_cents"] - pairs["rest_cents"]
    percent = _limit(rule, "fee_percent")
    small = (pairs["kind"] == CARD) & (fee > 0) & (fee * 100 <= pairs["amount_cents"] * percent)
    alone = _one_to_one(pairs.assign(fee_cents=fee)[(fee == 0) | small], "name")
    parts = alone[["bank_line_id", "name"]].merge(money, on="name")
    if rule != BATCH:
        return _outcome(alone, parts, rule)
    left = pairs[~pairs["name"].isin(alone["name"]) & ~pairs["bank_line_id"].isin(alone["bank_line_id"])]
    split = shares(left, "name", percent)
    both = pd.concat([alone, split], ignore_index=True)
    parts = pd.concat([parts, by_lines(split, money, "name")], ignore_index=True)
    return _outcome(both, parts, rule)


def _settled(lines: pd.DataFrame, money: pd.DataFrame) -> Outcome:
    """A card settlement is what was paid by card on one day, less chargebacks and the fee; or several lines are it."""
    cards = money[_fits(money["method"], CARD)]
    settlements, unclear = card_settlements.settle(lines, cards)
    parts = settlements[["bank_line_id", "paid_on"]].merge(cards, on="paid_on")
    known = [*settlements["bank_line_id"], *unclear["bank_line_id"]]
    split = card_settlements.settle_together(
        lines[~lines["bank_line_id"].isin(known)], cards[~cards["paid_on"].isin(settlements["paid_on"])]
    )
    both = pd.concat([settlements, split], ignore_index=True)
    parts = pd.concat([parts, by_lines(split, cards, "paid_on")], ignore_index=True)
    return _outcome(both, parts, card_settlements.RULE)


def _alone(lines: pd.DataFrame, money: pd.DataFrame) -> Outcome:
    """A line that names nobody is one payment of its amount, soon after the day; of a batch it is no part."""
    silent = (lines[["trace_number", "payer_name", "payer_identifier"]] == "").all(axis=1)
    open_ = money[money["batch_reference"] == ""]
    pairs = lines[silent & (lines["kind"] != CARD)].merge(
        open_, left_on="rest_cents", right_on="amount_cents", suffixes=("_line", "")
    )
    days = business_days_between(pairs["paid_on"], pairs["bank_date"])
    most = np.where(pairs["amount_cents"] < 0, LONG_DAYS, _limit(ALONE, "days"))
    kind = [kind in _kinds(method) for kind, method in zip(pairs["kind"], pairs["method"], strict=True)]
    fits = (
        (pairs["bank_date"] >= pairs["paid_on"]) & (days <= most) & (np.array(kind, bool) | (pairs["amount_cents"] < 0))
    )
    pairs = _one_to_one(pairs[fits].assign(fee_cents=0), "payment_key")
    return _outcome(pairs, pairs, ALONE)


def _limit(rule: str, column: str) -> int:
    rows = codes.table("tie_rules").set_index("rule")
    return int(str(rows.loc[rule, column]))


def _kinds(method: str) -> list[str]:
    kinds = codes.table("payment_methods").set_index("method")["bank_kinds"]
    return str(kinds.get(method, "")).split()


def _fits(methods: pd.Series, kind: str) -> pd.Series:
    return methods.isin([method for method in methods.unique().tolist() if kind in _kinds(method)])


def _one_to_one(pairs: pd.DataFrame, other: str) -> pd.DataFrame:
    """Pairs whose line and other side stand in no other pair."""
    alone = ~pairs.duplicated("bank_line_id", keep=False) & ~pairs.duplicated(other, keep=False)
    return pairs[alone].sort_values("bank_line_id", ignore_index=True)


def _outcome(pairs: pd.DataFrame, parts: pd.DataFrame, rule: str) -> Outcome:
    names = ["bank_line_id", "payment_key", "amount_cents"]
    return Outcome(pairs.assign(rule=rule)[list(TIE)].astype(TIE), parts[names].reset_index(drop=True))
