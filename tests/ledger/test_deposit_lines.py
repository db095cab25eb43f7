"""Ledger lines of the bank: each journal sums to zero, cash moves by what the bank says, patients' cards less a fee."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims import codes
from claims.ledger import card_settlements, deposit_lines
from tests.ledger.deposit_frames import lines

BASE = {
    "bank_line_id": 1,
    "returns_line_id": 2,
    "remit_id": 3,
    "payer_code": "P",
    "journal_key": "k",
    "amount_cents": 8800,
    "fee_cents": 0,
    "is_difference": False,
    "is_unapplied": False,
    "is_over": False,
}
AMOUNTS = st.integers(1, 10**9)


def frame(**facts):
    return pd.DataFrame([BASE | facts])


def accounts(rows):
    assert rows["amount_cents"].sum() == 0
    assert set(rows["rule_id"]) <= set(codes.table("posting_rules")["rule_id"])
    return rows.groupby("account")["amount_cents"].sum().to_dict()


@given(AMOUNTS, st.integers(0, 10**8), st.booleans())
def test_a_tie_settles_its_amount_and_moves_cash_by_what_came(cents, fee, waits):
    fee = min(fee, cents - 1)
    rows = deposit_lines.tie_lines(frame(amount_cents=cents, fee_cents=fee, is_unapplied=waits))
    found = accounts(rows)
    assert found["1050"] == -cents
    assert found["2200" if waits else "1000"] == cents - fee
    assert found.get("5100", 0) == fee


@pytest.mark.parametrize("waits", [False, True])
def test_a_return_takes_back_exactly_what_the_tie_did(waits):
    tie = accounts(deposit_lines.tie_lines(frame(fee_cents=220)))
    back = accounts(deposit_lines.return_lines(frame(fee_cents=220, is_unapplied=waits)))
    if waits:
        back["1000"] = back.pop("2200")
    assert back == {account: -cents for account, cents in tie.items()}


@pytest.mark.parametrize("waits", [False, True])
def test_cash_has_the_keys_under_which_the_bank_brought_it(waits):
    keys = ["account", "bank_line_id", "remit_id", "payer_code"]
    came, gone = (
        deposit_lines.rest_lines(frame()),
        deposit_lines.rest_lines(frame(bank_line_id=9, amount_cents=-8800)),
    )
    tie = deposit_lines.tie_lines(frame(is_unapplied=waits))
    back = deposit_lines.return_lines(frame(bank_line_id=9, returns_line_id=1, is_unapplied=waits))
    rows = pd.concat([came, gone, tie, back] if waits else [tie, back])
    sums = rows[rows["account"].isin(["1000", "2200"])].groupby(keys)["amount_cents"].sum()
    assert sums[sums != 0].to_dict() == {("1000", 1, 0, ""): 8800, ("1000", 9, 0, ""): -8800}
    assert tie["remit_id"].tolist() == [3, 0]  # the first names the journal


def test_a_return_of_money_without_remittance_empties_the_deposits_item():
    rows = deposit_lines.return_lines(frame(remit_id=0))
    assert rows[["account", "amount_cents", "bank_line_id", "rule_id"]].to_numpy().tolist() == [
        ["2200", 8800, 2, "E22"],
        ["1000", -8800, 1, "E22"],
    ]


def test_fees_and_rests():
    assert accounts(deposit_lines.fee_lines(frame(amount_cents=-1200))) == {"5100": 1200, "1000": -1200}
    assert deposit_lines.rest_lines(frame(is_over=True))["rule_id"].tolist() == ["E20", "E20"]
    assert accounts(deposit_lines.rest_lines(frame())) == {"1000": 8800, "2200": -8800}


PAYMENTS = pd.DataFrame(
    {"paid_on": ["2026-03-10", "2026-03-10", "2026-03-11"], "amount_cents": [6000, 4000, 30000]}
).astype({"paid_on": "str"})


def test_a_settlement_is_a_days_card_payments_less_the_fee():
    bank = lines(
        {"kind": "card", "rest_cents": 9750, "bank_date": "2026-03-12"},
        {"kind": "card", "rest_cents": 30000, "bank_date": "2026-03-13"},
        {"kind": "ach", "rest_cents": 10000, "bank_date": "2026-03-12"},
    )
    settlements, ambiguous = card_settlements.settle(bank, PAYMENTS)
    assert settlements.to_dict("records") == [
        {
            "bank_line_id": 1,
            "paid_on": "2026-03-10",
            "amount_cents": 10000,
            "fee_cents": 250,
            "rule": "card-settlement",
        },
        {"bank_line_id": 2, "paid_on": "2026-03-11", "amount_cents": 30000, "fee_cents": 0, "rule": "card-settlement"},
    ]
    assert ambiguous.empty


@pytest.mark.parametrize("waits", [False, True])
def test_patients_money_goes_from_in_hand_to_the_bank_line_less_the_fee(waits):
    ties = frame(amount_cents=10000, fee_cents=250, is_unapplied=waits)
    parts = pd.DataFrame(
        {"bank_line_id": [1, 1], "payment_key": ["a", "b"], "amount_cents": [6000, 4000], "journal_key": ["k", "k"]}
    )
    rows = deposit_lines.settlement_lines(ties, parts)
    assert rows["amount_cents"].sum() == 0
    assert rows[["account", "amount_cents", "bank_line_id", "reference", "rule_id"]].to_numpy().tolist() == [
        ["2200" if waits else "1000", 9750, 1, "", "E29" if waits else "E40"],
        ["5100", 250, 1, "", "E28"],
        ["1000", -6000, 0, "a", "E29" if waits else "E40"],
        ["1000", -4000, 0, "b", "E29" if waits else "E40"],
    ]


def test_two_settlements_for_one_day_or_before_it_or_far_too_little_are_not_tied():
    card = {"kind": "card", "rest_cents": 9750, "bank_date": "2026-03-12"}
    twice = card_settlements.settle(lines(card, card), PAYMENTS)
    assert (len(twice[0]), twice[1]["bank_line_id"].tolist()) == (0, [1, 2])
    for other in ({"bank_date": "2026-03-09"}, {"rest_cents": 9000}, {"bank_date": "2026-03-20"}):
        assert card_settlements.settle(lines(card | other), PAYMENTS)[0].empty
