"""Patients' money and the bank: no cent of cash is counted twice, fees and chargebacks to the cent, ties and back."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, PostingRefusedError
from claims.service import deposits, patient_list
from claims.service.patient_acts import void_payment
from claims.service.patient_banking import tie_by_hand
from claims.service.patient_refunds import pay_refund, request_claim_refund, request_payment_refund
from claims.service.report import verify_reports, write_report
from claims.service.timeline import story, timeline
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims

DAY = date(2025, 3, 14)
HEAD = "payment_id,paid_on,amount,method,claim_number,reference,batch_reference\n"
BANK = "date,amount,trace_number,payer_name,reference,type\n"


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_patient_engines.py walks through both."""
    return sqlite_url


def paid(*rows: str) -> bytes:
    return (HEAD + "".join(f"{row}\n" for row in rows)).encode()


def bank(*rows: str) -> bytes:
    return (BANK + "".join(f"{row}\n" for row in rows)).encode()


CLAIMS = claims(*(Bill(number, [("99213", "150")]) for number in ("A1", "A2")))
CARDS = paid("R1,2025-03-10,60.00,card,A1,TX1,B1", "R2,2025-03-10,40.00,portal,A2,TX2,B1")
SETTLED = bank("2025-03-12,97.50,B1,,,CARD")


def sound(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert sum(practice.balances().values()) == 0
    found = practice.balances()
    return {account: cents for account, cents in found.items() if account not in ("1100", "4000")}


def in_hand(practice):
    return int(patient_list.listed(practice.ctx)["in_hand_cents"].sum())


def again(practice):
    tables = (schema.journals, schema.deposit_matches, schema.exceptions)
    before = [practice.count(table) for table in tables]
    practice.reconcile(DAY)
    assert [practice.count(table) for table in tables] == before


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("order", ["together", "bank first", "payments first"])
def test_a_card_batch_is_cash_once_and_its_fee_an_expense(practice, order):
    practice.night(CLAIMS, day=DAY)
    nights = {
        "together": [(CARDS, SETTLED)],
        "bank first": [(SETTLED,), (CARDS,)],
        "payments first": [(CARDS,), (SETTLED,)],
    }
    for files in nights[order]:
        practice.night(*files, day=DAY)
        sound(practice)
    assert sound(practice) == {"1000": 9750, "1200": -10000, "5100": 250}
    assert (in_hand(practice), practice.exceptions()) == (0, [])
    table = schema.deposit_matches
    assert practice.rows(sa.select(table.c.amount_cents, table.c.fee_cents, table.c.rule)) == [
        (10000, 250, "patient-batch")
    ]
    again(practice)


def test_the_tie_out_of_the_day_holds(practice, tmp_path):
    practice.night(CLAIMS, CARDS, SETTLED, day=DAY)
    manifest = write_report(practice.ctx, "tieout", DAY, out=tmp_path / "t")
    assert verify_reports(manifest.parent)[0]["problems"] == []


@pytest.mark.long
def test_a_chargeback_before_the_settlement_makes_it_smaller_and_after_it_is_taken_out(practice):
    practice.night(CLAIMS, CARDS, SETTLED, day=DAY)
    number = patient_list.listed(practice.ctx).query("amount_cents == 4000")["patient_payment_id"].iloc[0]
    void_payment(practice.ctx, int(number), "charged back", date(2025, 3, 13), DAY)
    assert sound(practice) == {"1000": 5750, "1200": -6000, "5100": 250}
    assert in_hand(practice) == -4000  # the bank will take it
    practice.night(bank("2025-03-14,-40.00,TX2,,,RETURN"), day=DAY)
    assert sound(practice) == {"1000": 5750, "1200": -6000, "5100": 250}
    assert (in_hand(practice), practice.exceptions()) == (0, [])
    again(practice)


@pytest.mark.long
def test_a_cheque_that_bounces_is_named_until_a_person_takes_it_back(practice):
    practice.night(CLAIMS, paid("R1,2025-03-10,22.00,cheque,A1,711,"), bank("2025-03-11,22.00,711,,,CHECK"), day=DAY)
    assert sound(practice) == {"1000": 2200, "1200": -2200}
    practice.night(bank("2025-03-13,-22.00,711,,,RETURN"), day=DAY)
    assert practice.exceptions() == ["RETURN_WITHOUT_DEPOSIT"]
    assert sound(practice) == {"1200": -2200, "2200": 2200}
    void_payment(practice.ctx, 1, "no funds", date(2025, 3, 13), DAY)
    practice.reconcile(DAY)
    assert (sound(practice), practice.exceptions()) == ({}, [])
    again(practice)


@pytest.mark.long
def test_a_refund_cheque_is_tied_when_the_bank_pays_it(practice):
    practice.night(CLAIMS, day=DAY)
    with pytest.raises(PostingRefusedError):
        request_claim_refund(practice.ctx, "A1", "none", DAY)
    practice.night(paid("R1,2025-03-10,22.00,cash,,W1,"), day=DAY)
    pay_refund(practice.ctx, request_payment_refund(practice.ctx, 1, "no", DAY), "cheque", "901", DAY, DAY)
    practice.night(bank("2025-03-10,22.00,,,,DEPOSIT", "2025-03-14,-22.00,901,,,CHECK"), day=DAY)
    assert (sound(practice), practice.exceptions()) == ({}, [])


@pytest.mark.long
def test_a_deposit_slip_is_tied_by_hand_and_taken_apart(practice):
    practice.night(
        CLAIMS,
        paid("R1,2025-03-10,22.00,cheque,A1,1,", "R2,2025-03-10,8.00,cash,A2,,"),
        bank("2025-03-14,30.00,,,,CHECK"),
        day=DAY,
    )
    assert practice.exceptions() == ["DEPOSIT_WITHOUT_REMIT"]
    assert sound(practice) == {"1000": 6000, "1200": -3000, "2200": -3000}  # counted twice until somebody says so
    with pytest.raises(PostingRefusedError):
        tie_by_hand(practice.ctx, 1, ["1"], "slip", DAY)
    with pytest.raises(NotFoundError):
        tie_by_hand(practice.ctx, 1, ["1", "77"], "slip", DAY)
    assert tie_by_hand(practice.ctx, 1, ["1", "2"], "slip", DAY) == 3000
    assert sound(practice) == {"1000": 3000, "1200": -3000}
    assert (in_hand(practice), practice.exceptions()) == (0, [])
    assert deposits.told(practice.ctx, 1)["ties"]["rule"].tolist() == ["manual"]
    again(practice)
    assert deposits.untie(practice.ctx, 1, "wrong slip", DAY) == 1
    assert sound(practice) == {"1000": 6000, "1200": -3000, "2200": -3000}
    assert in_hand(practice) == 3000
    again(practice)


def test_card_money_that_does_not_come_is_named_by_its_day(practice):
    practice.night(CLAIMS, CARDS, day=date(2025, 3, 17))
    assert practice.exceptions() == []
    practice.reconcile(date(2025, 3, 18))
    table = schema.exceptions
    assert practice.rows(sa.select(table.c.type_code, table.c.amount_cents)) == [("PATIENT_MONEY_NOT_BANKED", 10000)]
    practice.night(SETTLED, day=date(2025, 3, 18))
    assert practice.exceptions() == []


def test_the_story_of_a_claim_has_the_payment_and_its_deposit_with_their_rows(practice):
    practice.night(CLAIMS, CARDS, SETTLED, day=DAY)
    steps = timeline(practice.ctx, "A1")
    told = {row["says"]: row for row in steps.to_dict("records")}
    for says, cents, begin in (
        ("posted: patient payment, all its debits", 6000, b"R1,2025-03-10,60.00"),
        ("what the patient paid is in the bank", 6000, b"2025-03-12,97.50,B1"),
    ):
        row = told[says]
        assert row["amount_cents"] == cents
        assert practice.ctx.vault.read(row["sha256"], row["offset"], row["length"]).startswith(begin)
    assert dict(story(practice.ctx, "A1")["money"][["account", "amount_cents"]].to_numpy())["1000"] == 6000
