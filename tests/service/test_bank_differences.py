"""Small differences of a deposit and its remittance: booked by a person within the practice's limit, taken back."""

from dataclasses import replace

import pytest

from claims.errors import NotFoundError, PostingRefusedError
from claims.service import bank_differences, deposits, received
from claims.service.master import import_files
from claims.service.replay import replay
from claims.service.report import write_report
from claims.service.undo import undo
from claims.service.verify import verify
from tests.books import Bill, bank, claims, remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_report import rows

PAID = remit("""BPR*I*88*C*ACH************20250610~
                TRN*1*T1*1512345678~
                CLP*A1*1*150*88**12*ICN1~
                SVC*HC:99213*150*88**1~
                CAS*CO*45*62~""")
WHY = "a cent of rounding"


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here: what is written goes by the same statements as every tie."""
    return sqlite_url


def allow(practice, text="payer_code,book_up_to,users\n,0.05,\n"):
    path = practice.folder / f"differences{practice.number}.csv"
    practice.number += 1
    path.write_text(text)
    assert [one.state for one in import_files(practice.ctx, [path])] == ["stored"]


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def night(practice, cents):
    practice.night(claims(Bill("A1", [("99213", "150")])), PAID, bank(("2025-06-11", cents, "T1")))


@pytest.mark.long
def test_a_cent_that_is_short_is_booked_by_itself_and_taken_back(practice, tmp_path):
    night(practice, "87.99")
    before = state(practice)
    with pytest.raises(PostingRefusedError, match="No row of master data"):
        bank_differences.book(practice.ctx, 1, 1, WHY, DAY)
    allow(practice)
    assert bank_differences.book(practice.ctx, 1, 1, WHY, DAY) == 1
    assert (practice.exceptions(), practice.balances(account="5110")) == ([], {"5110": 1})
    # What is booked is a difference and no fee, wherever the ties are told.
    names = ["amount_cents", "fee_cents", "difference_cents", "rule"]
    ties = [(8799, 0, 0, "trace-other-amount"), (1, 0, 1, "bank-difference")]
    for told in (deposits.told(practice.ctx, 1)["ties"], received.remittance(practice.ctx, 1)["ties"]):
        assert list(told[names].itertuples(index=False, name=None)) == ties
    practice.reconcile()
    check(practice)
    (row,) = rows(write_report(practice.ctx, "tieout", DAY, None, "csv", tmp_path), "tieout")
    told = ("status", "bank", "bank_fee", "booked_difference", "clearing")
    assert [row[name] for name in told] == ["TIED", "87.99", "0.00", "0.01", "0.00"]
    with pytest.raises(PostingRefusedError, match="there is no difference"):
        bank_differences.book(practice.ctx, 1, 1, WHY, DAY)
    for target in ("remit:1", "file:3"):
        command = f'claims deposits difference 1 1 --take-back --reason "{target} is undone"'
        assert undo(practice.ctx, target, DAY).refused["command"].tolist() == [command]
    assert bank_differences.take_back(practice.ctx, 1, 1, WHY, DAY) == 1
    assert differences(before, state(practice)) == {}
    check(practice)
    assert undo(practice.ctx, "file:3", DAY).refused.empty


@pytest.mark.long
def test_a_cent_that_is_over_goes_back_with_its_deposit(practice, tmp_path):
    night(practice, "88.01")
    allow(practice)
    shown = deposits.told(practice.ctx, 1)
    with pytest.raises(deposits.TiesMovedError):
        bank_differences.book(practice.ctx, 1, 1, WHY, DAY, seen=shown["seen"])
    assert bank_differences.book(practice.ctx, 1, 1, WHY, DAY, seen=shown["ties"]["seen"].iloc[0]) == -1
    assert (practice.exceptions(), practice.balances(account="5110")) == ([], {"5110": -1})
    check(practice)
    practice.night(bank(("2025-06-12", "-88.01", "T1")))
    assert (practice.exceptions(), practice.balances(account="5110")) == (["DEPOSIT_RETURNED"], {})
    (row,) = rows(write_report(practice.ctx, "tieout", DAY, None, "csv", tmp_path), "tieout")
    assert [row[name] for name in ("bank", "bank_fee", "booked_difference")] == ["0.00", "0.00", "0.00"]
    check(practice)


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(("cents", "left"), [(("-50.00", "-38.01"), {}), (("-50.00", "-38.00"), {"5110": -1})])
def test_a_cent_that_is_over_goes_back_with_its_part_or_stays_with_its_money(practice, cents, left):
    night(practice, "88.01")
    allow(practice)
    bank_differences.book(practice.ctx, 1, 1, WHY, DAY)
    practice.night(bank(*(("2025-06-12", one, "T1") for one in cents)))
    assert (practice.exceptions(), practice.balances(account="5110")) == (["DEPOSIT_RETURNED"], left)
    assert practice.balances(account="1050") == {"1050": 8800}
    check(practice)
    stood, target = state(practice), "file:5"
    assert undo(practice.ctx, target, DAY).refused.empty
    assert practice.balances(account="5110") == {"5110": -1}
    check(practice)
    replay(practice.ctx, target, DAY)
    assert differences(stood, state(practice)) == {}
    check(practice)
    # It comes again, five cents short: what went back is not booked any more, what stayed in the bank is.
    practice.night(bank(("2025-06-13", "87.95", "T1")))
    line = 4
    if left:
        with pytest.raises(
            PostingRefusedError, match=r"\$0\.05 differ, \$0\.01 of this remittance is booked already, and"
        ):
            bank_differences.book(practice.ctx, line, 1, WHY, DAY)
        assert bank_differences.choices(practice.ctx, line, DAY).bookable.empty
        allow(practice, "payer_code,book_up_to,users\n,0.06,\n")
    assert bank_differences.choices(practice.ctx, line, DAY).bookable["cents"].tolist() == [5]
    assert bank_differences.book(practice.ctx, line, 1, WHY, DAY) == 5
    assert (practice.exceptions(), practice.balances(account="1050")) == ([], {})
    check(practice)


def test_more_than_the_practice_allows_is_refused(practice):
    night(practice, "87.94")
    practice.night(bank(("2025-06-11", "0.02", "T9")))
    seen = deposits.told(practice.ctx, 1)["ties"]["seen"].iloc[0]
    assert received.remittance(practice.ctx, 1)["ties"]["seen"].tolist() == [seen]
    # Another deposit's two cents come to the remittance, and go: what was seen of it is not how it stands.
    deposits.tie(practice.ctx, 2, 1, WHY, DAY)
    allow(practice)
    with pytest.raises(deposits.TiesMovedError):
        bank_differences.book(practice.ctx, 1, 1, WHY, DAY, seen=seen)
    words = {line: deposits.told(practice.ctx, line)["ties"]["seen"].tolist() for line in (1, 2)}
    assert received.remittance(practice.ctx, 1)["ties"]["seen"].tolist() == words[1] + words[2]
    assert bank_differences.would_book(practice.ctx, 1, 1, WHY, DAY).seen == words[1][0] != seen
    deposits.untie(practice.ctx, 2, WHY, DAY)
    assert deposits.told(practice.ctx, 2)["ties"]["seen"].tolist() == [""]
    with pytest.raises(PostingRefusedError, match=r"\$0\.06 differ, and the practice books \$0\.05 at most"):
        bank_differences.book(practice.ctx, 1, 1, WHY, DAY)
    allow(practice, "payer_code,book_up_to,users\n,0.05,\n1512345678,0.10,alice\n")
    with pytest.raises(PostingRefusedError, match="names others"):
        bank_differences.book(practice.ctx, 1, 1, WHY, DAY)
    assert bank_differences.book(replace(practice.ctx, actor="alice"), 1, 1, WHY, DAY) == 6
    with pytest.raises(NotFoundError):
        bank_differences.take_back(practice.ctx, 1, 2, WHY, DAY)
