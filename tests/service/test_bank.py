"""The bank in the books: each rule to its journals, returns, fees, and the checks that hold all along."""

from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import PostingRefusedError
from claims.service import deposits
from claims.service.verify import verify
from claims.store import clock, schema
from claims.store.engine import read
from claims.store.queries import tieout
from claims.store.queries.asof import AsOf
from tests.books import Bill, claims, remit
from tests.ledger.test_bank_bai2 import bai2

DAY = date(2025, 6, 30)
HEAD = "date,amount,trace_number,payer_name,reference,type\n"


def bank(*rows: str) -> bytes:
    return (HEAD + "".join(f"{row}\n" for row in rows)).encode()


def paid(trace="T1", claim="A1", cents="88", day="20250310", payer="1512345678"):
    return remit(
        f"""BPR*I*{cents}*C*ACH************{day}~
            TRN*1*{trace}*{payer}~
            CLP*{claim}*1*150*{cents}**12*ICN{claim}~
            SVC*HC:99213*150*{cents}**1~
            CAS*CO*45*{150 - int(cents)}~""",
        payer="FABLEWOOD HEALTH PLAN",
    )


def known(*numbers):
    return claims(*(Bill(number, [("99213", "150")]) for number in numbers))


def sound(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert sum(practice.balances().values()) == 0
    return practice.balances()


def ties(practice):
    table = schema.deposit_matches
    select = sa.select(table.c.amount_cents, table.c.fee_cents, table.c.rule).where(table.c.ended_at.is_(None))
    return sorted(practice.rows(select))


def line(practice, cents, **columns):
    """The number of the bank line of an amount."""
    rows = deposits.listed(practice.ctx, state="")
    return int(rows.loc[rows["amount_cents"] == cents, "bank_line_id"].iloc[0])


def remit_id(practice, trace):
    table = schema.remittances
    return practice.rows(sa.select(table.c.remit_id).where(table.c.trace_number == trace))[0][0]


def again(practice):
    """A second night changes nothing."""
    tables = (schema.journals, schema.deposit_matches, schema.deposit_candidates, schema.exceptions)
    before = [practice.count(table) for table in tables]
    practice.reconcile()
    assert [practice.count(table) for table in tables] == before


BAI2_ACH = "16,142,8800,Z,4711,,ORIG CO NAME:FABLEWOOD HEAL  ORIG ID:1512345678\n88,ADDENDA TRN*1*T1*1512345678~"


@pytest.mark.long
def test_a_bai2_statement_ties_by_its_addenda_and_its_bytes_are_found(practice):
    practice.night(known("A1"), paid(), bai2(BAI2_ACH))
    assert ties(practice) == [(8800, 0, "trace-payer-amount")]
    assert sound(practice) == {"1000": 8800, "4000": -15000, "4100": 6200}
    story = deposits.told(practice.ctx, line(practice, 8800))
    raw = practice.ctx.vault.read(story["sha256"], story["offset"], story["length"])
    assert raw.decode() == BAI2_ACH + "\n"
    assert story["ties"]["agree"].tolist() == [
        "same trace number, same payer number, same amount, date within three business days"
    ]
    again(practice)


def test_a_bai2_file_that_does_not_add_up_is_held_whole(practice):
    report = practice.drop(bai2(BAI2_ACH).replace(b"98,8800", b"98,8801"))
    assert report.counts == {"stored": 0, "held": 1, "refused": 0, "duplicate": 0}
    assert (practice.count(schema.bank_lines), practice.exceptions()) == (0, ["FILE_HELD"])


def test_an_overlapping_statement_adds_only_new_lines(practice):
    wire = "16,195,500,,R2,,WIRE"
    practice.night(bai2(BAI2_ACH), bai2(BAI2_ACH, wire))
    assert practice.count(schema.bank_lines) == 2
    assert sound(practice) == {"1000": 9300, "2200": -9300}


@pytest.mark.long
def test_a_short_deposit_leaves_the_rest_open_until_it_comes(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,50.00,T1,,,ACH"))
    assert (practice.exceptions(), practice.balances(account="1050")) == (["DEPOSIT_SHORT"], {"1050": 3800})
    sound(practice)
    again(practice)
    practice.night(bank("2025-03-14,38.00,T1,,,ACH"))
    assert (practice.exceptions(), ties(practice)) == ([], [(3800, 0, "trace-amount"), (5000, 0, "trace-other-amount")])
    assert sound(practice) == {"1000": 8800, "4000": -15000, "4100": 6200}


@pytest.mark.long
def test_an_over_deposit_settles_the_remittance_and_the_rest_waits(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,100.00,T1,,,ACH"))
    assert practice.exceptions() == ["DEPOSIT_OVER"]
    assert sound(practice) == {"1000": 10000, "2200": -1200, "4000": -15000, "4100": 6200}
    again(practice)


@pytest.mark.long
def test_parts_and_sums(practice):
    practice.night(
        known("A1", "A2", "A3"),
        paid("T1", "A1"),
        bank("2025-03-11,50.00,T1,,,ACH", "2025-03-12,38.00,T1,,,ACH", "2025-03-21,140.00,,FABLEWOOD HEALTH,,CHECK"),
        paid("T2", "A2", "60", "20250320"),
        paid("T3", "A3", "80", "20250320"),
    )
    assert ties(practice) == [
        (3800, 0, "trace-parts"),
        (5000, 0, "trace-parts"),
        (6000, 0, "payer-sum"),
        (8000, 0, "payer-sum"),
    ]
    assert practice.balances(account="1050") == {}
    sound(practice)
    again(practice)


def test_what_two_sets_fit_is_listed_with_its_candidates_and_tied_by_hand(practice):
    practice.night(
        known("A1", "A2", "A3"),
        paid("T1", "A1", "60"),
        paid("T2", "A2", "80"),
        paid("T3", "A3", "80"),
        bank("2025-03-11,140.00,,FABLEWOOD HEALTH PLAN,,CHECK"),
    )
    assert practice.exceptions().count("DEPOSIT_AMBIGUOUS") == 1
    number = line(practice, 14000)
    story = deposits.told(practice.ctx, number)
    assert set(story["candidates"]["why"]) == {"several-fit"}
    assert sorted(story["candidates"]["trace_number"]) == ["T1", "T2", "T3"]
    deposits.tie(practice.ctx, number, remit_id(practice, "T1"), "the payer said so", DAY)
    deposits.tie(practice.ctx, number, remit_id(practice, "T3"), "the payer said so", DAY)
    assert "DEPOSIT_AMBIGUOUS" not in practice.exceptions()
    assert practice.balances(account="1050") == {"1050": 8000}
    sound(practice)
    again(practice)


@pytest.mark.long
def test_a_deposit_taken_back_opens_its_remittance_again(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,88.00,T1,,R1,CHECK"))
    practice.night(bank("2025-03-18,-88.00,T1,,R9,RETURN"))
    assert practice.exceptions() == ["DEPOSIT_RETURNED"]
    assert sound(practice) == {"1050": 8800, "4000": -15000, "4100": 6200}
    again(practice)
    with pytest.raises(PostingRefusedError):
        deposits.untie(practice.ctx, line(practice, 8800), "no", DAY)
    practice.night(bank("2025-03-25,88.00,T1,,R10,WIRE"))
    assert practice.exceptions() == []
    assert sound(practice) == {"1000": 8800, "4000": -15000, "4100": 6200}


@pytest.mark.long
def test_deposit_and_return_on_one_statement_and_a_return_without_deposit(practice):
    practice.night(
        bank("2025-03-11,41.00,,SOMEBODY,R1,CHECK", "2025-03-12,-41.00,,,R1,RETURN", "2025-03-12,-7.00,,,,RETURN")
    )
    assert practice.exceptions() == ["RETURN_WITHOUT_DEPOSIT"]
    assert sound(practice) == {"1000": -700, "2200": 700}
    again(practice)
    practice.night(bank("2025-03-10,7.00,,SOMEBODY,,CHECK"))
    assert practice.exceptions() == ["DEPOSIT_WITHOUT_REMIT", "RETURN_WITHOUT_DEPOSIT"]
    sound(practice)


@pytest.mark.long
def test_a_deposit_its_return_and_the_deposit_again_on_one_statement_are_done_in_one_night(practice):
    came = (f"2025-03-{day},{cents},T1,,,ACH" for day, cents in ((11, "88.00"), (12, "-88.00"), (14, "88.00")))
    practice.night(known("A1"), paid(), bank(*came))
    assert practice.exceptions() == []
    assert sound(practice) == {"1000": 8800, "4000": -15000, "4100": 6200}
    again(practice)


@pytest.mark.long
def test_a_deposit_that_went_back_before_its_remittance_came_is_a_returned_one(practice):
    practice.night(known("A1"), bank("2025-03-11,88.00,T1,,,ACH", "2025-03-12,-88.00,T1,,,RETURN"))
    practice.night(paid())
    assert practice.exceptions() == ["DEPOSIT_RETURNED"]
    sound(practice)
    again(practice)


@pytest.mark.long
def test_bank_fees_and_a_card_payment_less_its_fee(practice):
    practice.night(
        known("A1"), paid(), bank("2025-03-11,85.80,,FABLEWOOD HEALTH PLAN,,CARD", "2025-03-31,-12.00,,,,FEE")
    )
    assert ties(practice) == [(-1200, 0, "bank-fee"), (8800, 220, "payer-net-of-fee")]
    assert practice.exceptions() == []
    assert sound(practice) == {"1000": 7380, "4000": -15000, "4100": 6200, "5100": 1420}
    again(practice)


@pytest.mark.long
def test_card_payments_in_parts_that_come_on_different_nights_keep_one_fee(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,50.00,T1,FABLEWOOD HEALTH PLAN,,CARD"))
    assert practice.exceptions() == ["DEPOSIT_SHORT"]
    practice.night(bank("2025-03-12,35.80,T1,FABLEWOOD HEALTH PLAN,,CARD"))
    assert ties(practice) == [(3800, 220, "trace-net-of-fee"), (5000, 0, "trace-other-amount")]
    assert practice.exceptions() == []
    assert sound(practice) == {"1000": 8580, "4000": -15000, "4100": 6200, "5100": 220}
    again(practice)


def test_the_bank_says_nothing_of_a_person_unless_asked(practice):
    practice.night(bank("2025-03-11,41.00,,ZZCANARY,ZZCANARY,CHECK"))
    rows = deposits.listed(practice.ctx)
    assert not (rows == "ZZCANARY").any().any()
    assert "ZZCANARY" not in str(deposits.told(practice.ctx, line(practice, 4100)))
    assert deposits.listed(practice.ctx, show_phi=True)["payer_name"].tolist() == ["ZZCANARY"]
    action = schema.audit_events.c.action
    assert practice.rows(sa.select(action).where(action != "chains.told")) == [("phi-shown",)]


@pytest.mark.long
def test_a_broken_tie_is_found(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,88.00,T1,,,ACH"))
    from claims.store.engine import write

    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(schema.deposit_matches).values(amount_cents=8700))
    broken = {one.name for one in verify(practice.ctx) if one.broken}
    assert broken == {"L3", "bank", "seals"}
    assert isinstance(deposits.listed(practice.ctx), pd.DataFrame)


FILES = (
    known("A1", "A2", "A3", "A4"),
    paid("T1", "A1"),
    paid("T2", "A2", "60", "20250320"),
    paid("T3", "A3", "80", "20250320"),
    paid("T4", "A4", "88"),
    bank("2025-03-11,50.00,T1,,,ACH", "2025-03-12,38.00,T1,,,ACH", "2025-03-21,140.00,,FABLEWOOD HEALTH,,CHECK"),
    bank("2025-03-12,38.00,T1,,,ACH", "2025-03-12,85.80,,FABLEWOOD HEALTH PLAN,,CARD", "2025-03-25,9.00,T9,,,ACH"),
    bai2("16,555,900,,R9,T9,RETURNED", "16,698,100,,R3,,FEE").replace(b",250311,", b",250326,"),
)


def story(practice, order):
    """What became of the files in an order, without our own numbers."""
    practice.night(*(FILES[place] for place in order))
    bank_lines, ties, remits = schema.bank_lines, schema.deposit_matches, schema.remittances
    select = (
        sa.select(bank_lines.c.line_key, remits.c.trace_number, ties.c.amount_cents, ties.c.fee_cents, ties.c.rule)
        .select_from(ties)
        .join(bank_lines, bank_lines.c.bank_line_id == ties.c.bank_line_id)
        .outerjoin(remits, remits.c.remit_id == ties.c.remit_id)
    )
    return sorted(practice.rows(select), key=str), practice.exceptions(), sound(practice)


IN_ORDER = tuple(range(len(FILES)))


@pytest.mark.long
@pytest.mark.parametrize(
    "order",
    [
        pytest.param(IN_ORDER, marks=pytest.mark.long),
        IN_ORDER[::-1],
        pytest.param((6, 3, 0, 7, 5, 1, 4, 2), marks=pytest.mark.long),
    ],
)
def test_another_order_of_statements_and_remittances_gives_the_same_ties(practice, order):
    ties_found, exceptions, balances = story(practice, order)
    assert sorted((trace or "", cents, fee, rule) for _, trace, cents, fee, rule in ties_found) == [
        ("", -900, 0, "returned-deposit"),
        ("", -100, 0, "bank-fee"),
        ("", 900, 0, "returned-deposit"),
        ("T1", 3800, 0, "trace-parts"),
        ("T1", 5000, 0, "trace-parts"),
        ("T2", 6000, 0, "payer-sum"),
        ("T3", 8000, 0, "payer-sum"),
        ("T4", 8800, 220, "payer-net-of-fee"),
    ]
    assert exceptions == []
    assert balances == {"1000": 31280, "4000": -60000, "4100": 28400, "5100": 320}
    again(practice)


@pytest.mark.long
def test_a_bank_line_of_a_day_ahead_moves_nothing_before_its_day(practice):
    before, day = date(2025, 3, 11), date(2025, 3, 12)
    soon, far = paid("T1", "A1", "88", "20250314"), paid("T2", "A2", "60", "20250317")  # three business days, and four
    practice.night(known("A1", "A2"), soon, far, bank("2025-03-12,88.00,T1,,,ACH"), day=before)
    assert practice.balances(account="1000") == {}
    assert practice.exceptions() == ["BANK_DAY_AHEAD", "REMIT_DAY_AHEAD"]
    with read(practice.ctx.engine) as conn:
        assert tieout.deposits(conn, AsOf(before, clock.now())).empty
    with pytest.raises(PostingRefusedError, match="has not come"):
        deposits.tie(practice.ctx, line(practice, 8800), remit_id(practice, "T1"), "early", before)
    practice.reconcile(day)
    assert practice.balances(account="1000") == {"1000": 8800}
    assert practice.exceptions() == []
    sound(practice)
