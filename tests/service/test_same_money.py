"""The same deposits in a CSV and in a BAI2 file are cash once, in whatever order they come, go and come back."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import PostingRefusedError
from claims.service import deposits, same_money
from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from tests.books import Bill, claims
from tests.ledger.test_bank_bai2 import bai2
from tests.service.test_undo_bank import bank, check, file_of, left_out, named, paid, tied_out

DAY, LATER = date(2025, 3, 25), date(2025, 3, 28)
CSV = bank("2025-03-11,88.00,0t 1,PLAN,R1,", "2025-03-11,50.00,ZZ,PLAN,R2,", "2025-03-11,50.00,ZZ,PLAN,R3,")
BAI2 = bai2(
    "16,142,8800,Z,4711,,ORIG CO NAME:PLAN ONE       ORIG ID:1512345678\n88,ADDENDA TRN*1*T1*1512345678~",
    "16,142,5000,Z,4712,,ADDENDA TRN*1*ZZ*1512345678~",
    "16,195,700,,R9,,WIRE",
)
BOTH = 8800 + 2 * 5000 + 700
OF = {CSV: 8800 + 2 * 5000, BAI2: 8800 + 5000 + 700}


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def states(practice):
    table = schema.bank_lines
    return [state for (state,) in practice.rows(sa.select(table.c.state).order_by(table.c.state))]


@pytest.mark.parametrize("order", [(CSV, BAI2), pytest.param((BAI2, CSV), marks=pytest.mark.long)])
def test_two_exports_of_one_account_are_cash_once(practice, tmp_path, order):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid("T1", "A1"), day=DAY)
    for file in order:
        practice.night(file, day=DAY)
    both = practice.balances()
    assert (both["1000"], states(practice)) == (BOTH, ["copy", "copy", "open", "open", "open", "tied"])
    assert practice.exceptions().count("BANK_LINE_COPY") == 2
    told = tied_out(practice, tmp_path / "both", DAY)
    undo(practice.ctx, file_of(practice, 0), LATER)  # the other file's lines take the place of its lines
    assert "copy" not in states(practice) and named(practice) == BOTH - OF[order[1]]
    check(practice)
    practice.reconcile(LATER)
    assert (practice.balances()["1000"], left_out(practice)) == (OF[order[1]], [])
    assert practice.exceptions().count("DEPOSIT_WITHOUT_REMIT") == states(practice).count("open")
    replay(practice.ctx, file_of(practice, 0), LATER)
    assert (practice.balances(), states(practice).count("copy")) == (both, 2)
    undo(practice.ctx, file_of(practice, 1), LATER)
    undo(practice.ctx, file_of(practice, 0), LATER)
    assert ("1000" not in practice.balances(), named(practice)) == (True, OF[CSV] + OF[BAI2])
    check(practice)
    replay(practice.ctx, file_of(practice, 0), LATER)
    replay(practice.ctx, file_of(practice, 1), LATER)
    assert practice.balances() == both
    check(practice)
    assert tied_out(practice, tmp_path / "after", DAY) == told


def test_files_of_one_night_are_held_beside_each_other_and_a_person_tells_deposits_apart(practice):
    practice.night(CSV, BAI2, day=DAY)
    practice.night(BAI2, day=DAY)  # a second night changes nothing
    assert (practice.balances()["1000"], states(practice).count("copy")) == (BOTH, 2)
    copy = deposits.listed(practice.ctx, state="copy")["bank_line_id"].tolist()[1]
    story = deposits.told(practice.ctx, copy)
    assert story["copy_of_line_id"] and story["exceptions"]["type_code"].tolist() == ["BANK_LINE_COPY"]
    with pytest.raises(PostingRefusedError, match=f"claims deposits own {copy}"):
        deposits.tie(practice.ctx, copy, 1, "seen", LATER)
    cents = same_money.tell_apart(practice.ctx, copy, "the bank confirmed two", LATER)
    same_money.tell_apart(practice.ctx, copy, "it did not", LATER, is_taken_back=True)
    assert states(practice).count("copy") == 2
    same_money.tell_apart(practice.ctx, copy, "it did", LATER)
    with pytest.raises(PostingRefusedError, match="no copy"):
        same_money.tell_apart(practice.ctx, copy, "the bank confirmed two", LATER)
    practice.reconcile(LATER)
    assert practice.balances()["1000"] == BOTH + cents
    check(practice)
    # In the books: its file goes first, and comes back with the line as the copy that it is.
    with pytest.raises(PostingRefusedError, match="claims undo file:"):
        same_money.tell_apart(practice.ctx, copy, "it did not", LATER, is_taken_back=True)
    target = f"file:{story['file_id']}"
    assert undo(practice.ctx, target, LATER).refused.empty
    same_money.tell_apart(practice.ctx, copy, "it did not", LATER, is_taken_back=True)
    replay(practice.ctx, target, LATER)
    practice.reconcile(LATER)
    assert practice.balances()["1000"] == BOTH
    check(practice)
