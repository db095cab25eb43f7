"""A lockbox deposit and its items: money once, whatever the bank says of it and in which statement."""

import pandas as pd
import pytest

from claims.ledger.bank_bai2 import read_bai2
from claims.ledger.lockbox import said
from tests.ledger.test_bank_bai2 import bai2

NOWHERE = pd.DataFrame({"line_key": pd.Series(dtype="str")})
ITEMS = ("16,116,5000,,R2,10001,CHECK", "16,116,3800,,R3,10002,CHECK")
DEPOSIT = "16,115,8800,,R1,,LOCKBOX"


def lines(*transactions, account="03,000777,USD/"):
    rows, problems = read_bai2(bai2(*transactions, account=account))
    return said(rows, [], NOWHERE).lines["amount_cents"].tolist(), problems["code"].tolist()


def test_items_that_add_up_to_their_deposit_are_the_lines():
    rows, problems = read_bai2(bai2(DEPOSIT, *ITEMS))
    assert problems.empty
    found = said(rows, [], NOWHERE).lines
    assert (found["amount_cents"].tolist(), found["trace_number"].tolist()) == ([5000, 3800], ["10001", "10002"])
    assert found["row_number"].tolist() == [5, 6]


@pytest.mark.parametrize(
    ("transactions", "cents"),
    [
        (("16,115,5000,,A,,BOX A", "16,115,3800,,B,,BOX B", *ITEMS), [5000, 3800]),
        ((*ITEMS, DEPOSIT), [5000, 3800]),
        ((DEPOSIT, *ITEMS, "16,116,700,,R4,10003,CHECK"), [5000, 3800, 700]),
        (("16,115,5000,,R2,,BOX A", "16,115,3800,,B,,BOX B", *ITEMS[::-1]), [3800, 5000]),
        ((DEPOSIT,), [8800]),
        (ITEMS, [5000, 3800]),
    ],
)
def test_items_find_their_deposit_by_order_reference_or_all_together(transactions, cents):
    assert lines(*transactions) == (cents, [])


def test_what_does_not_add_up_is_money_and_is_named():
    assert lines("16,115,10000,Z,A,,BOX A", "16,116,5000,Z,B,9,BOX B") == ([10000, 5000], ["bank-lockbox"])


def account(cents: int) -> str:
    """An account whose own sum of credits (100) is given, and taken off again (400) so that the totals add up."""
    return f"03,000777,USD,100,{cents},,,400,-{cents},,/"


def test_the_sum_of_the_account_decides_whether_items_are_money_beside_the_deposit():
    assert lines(DEPOSIT, "16,116,8800,,R9,9,BOX B", account=account(17600)) == ([8800, 8800], [])
    assert lines(DEPOSIT, "16,116,8800,,R9,9,BOX B", account=account(8800)) == ([8800], [])
    assert lines(DEPOSIT, "16,116,700,,R9,9,CHECK", account=account(8800)) == ([8800], ["bank-lockbox"])
