"""Remittances: never below zero, never more than they have room for, and nothing is lost or taken twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from claims.payer import settle
from claims.payer.books import RECOVERIES, Books
from claims.payer.remit import netted
from claims.payer.settle import settled


def books() -> Books:
    """Books that know a payer, two payees and a mailbox."""
    found = Books()
    found.payers.numbers(pd.DataFrame({"payer_code": ["FABLE"], "payer_name": ["FABLE"]}))
    payees = pd.DataFrame({"billing_npi": ["1999999018", ""], "billing_tax_id": ["900000099", "900000098"]})
    found.payees.numbers(payees.assign(billing_name="MADE UP"))
    return found


def payments(*rows: tuple) -> pd.DataFrame:
    """Give payments of seg, day, sequence, cents; interest 0."""
    frame = pd.DataFrame(rows, columns=["seg", "pay_day", "sequence", "paid_cents"])
    number = "FW" + frame["sequence"].astype(str)
    return frame.assign(payer=0, payee=0, mailbox=0, interest_cents=0, payer_claim_number=number)


def plb(found) -> list[tuple[int, str, int]]:
    frame = found.provider_adjustments
    return list(zip(frame["remit"], frame["reason_code"], frame["amount_cents"], strict=True))


def test_what_a_remittance_falls_short_of_zero_is_collected_by_the_next_ones():
    own = books()
    found = settled(payments((1, 10, 1, -14000), (2, 17, 2, 5000), (3, 24, 3, 50000)), own, 7)
    assert plb(found) == [(0, "FB", -14000), (1, "FB", 5000), (2, "FB", 9000)]
    assert list(found.remits["payment_cents"]) == [0, 0, 41000]
    assert set(found.provider_adjustments["reference"]) == {found.remits["trace_number"].iloc[0]}
    assert list(found.remits["method_code"]) == ["NON", "NON", "ACH"]
    assert own.forwards.empty


def test_what_is_open_at_the_end_is_kept_for_the_next_time():
    own = books()
    settled(payments((1, 10, 1, -14000)), own, 7)
    assert list(own.forwards["amount_cents"]) == [14000]
    found = settled(payments((2, 40, 2, 20000)), own, 7)
    assert plb(found) == [(0, "FB", 14000)]
    assert own.forwards.empty


def test_a_recovery_is_held_back_with_its_reversal_and_taken_when_it_is_due():
    own = books()
    row = {"payer": 0, "payee": 0, "mailbox": 0, "reference": "FW1", "amount_cents": 9000}
    own.recoveries = pd.DataFrame([{**row, "due_day": 24, "withheld_seg": 1}]).astype(RECOVERIES)
    found = settled(payments((1, 10, 1, -9000), (2, 17, 2, 4000), (3, 24, 3, 4000), (4, 31, 4, 8000)), own, 7)
    assert plb(found) == [(0, "WO", -9000), (2, "WO", 4000), (3, "WO", 5000)]
    assert list(found.remits["payment_cents"]) == [0, 4000, 0, 3000]
    assert own.recoveries.empty


def test_late_interest_is_one_amount_of_a_remittance():
    frame = payments((1, 10, 1, 100), (2, 10, 2, 200)).assign(interest_cents=[3, 4])
    found = settled(frame, books(), 7)
    assert plb(found) == [(0, "L6", -7)]
    assert list(found.remits["payment_cents"]) == [307]


def test_a_reversal_and_its_correction_stay_together(monkeypatch):
    monkeypatch.setattr(settle, "MOST_CLAIMS", 2)
    found = settled(payments((1, 10, 1, 5), (2, 10, 2, -5), (3, 10, 2, 5), (4, 10, 3, 5)), books(), 7)
    remit = dict(zip(found.payments["seg"], found.payments["remit"], strict=True))
    assert remit[2] == remit[3]
    assert remit[1] != remit[4]


def test_remittances_differ_by_payee_and_files_do_not():
    frame = payments((1, 10, 1, 500), (2, 10, 2, 700)).assign(payee=[0, 1])
    found = settled(frame, books(), 7)
    assert list(found.remits["payee_qualifier"]) == ["XX", "FI"]
    assert list(found.remits["payee_identifier"]) == ["1999999018", "900000098"]
    assert list(found.remits["file"]) == [0, 0]


def test_a_remittance_has_no_more_amounts_than_it_has_room_for():
    open_rows = {0: [(1, f"C{n}", 10) for n in range(9)]}
    rows = netted([0, 0, 0], ["A", "B", "C"], [500, 500, 500], [5, 6, 7], [4, 4, 4], {}, open_rows)
    assert [row for row, *_ in rows] == [0] * 4 + [1] * 4 + [2]
    assert open_rows == {0: []}


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_and_nothing_taken_twice(seed):
    rng = np.random.default_rng(seed)
    nets, days = rng.integers(-900, 900, 60).tolist(), list(range(60))
    owed, open_rows = {}, {owner: [(20, "C", 700), (30, "D", 400)] for owner in range(3)}
    owners = rng.integers(0, 3, 60).tolist()
    rows = netted(owners, [f"T{n}" for n in days], nets, days, [4] * 60, owed, open_rows)
    paid = np.array(nets)
    for row, _, _, amount in rows:
        paid[row] -= amount
    assert (paid >= 0).all()
    for owner in range(3):
        forward = sum(amount for row, code, _, amount in rows if code == "FB" and owners[row] == owner)
        assert forward == -owed.get(owner, (0, ""))[0]
        taken = sum(amount for row, code, _, amount in rows if code == "WO" and owners[row] == owner)
        assert taken + sum(amount for *_, amount in open_rows[owner]) == 1100


def test_the_bank_has_no_weekend():
    found = settled(payments(*((n, n, n, 100) for n in range(20_000, 20_014))), books(), 7)
    dates = pd.to_datetime(settle.deposits(found.remits)["date"])
    assert (dates.dt.day_of_week < 5).all()
    assert len(dates) == 14
