"""Patients' payments in the books: worked by hand, once and again, on the claim, on none, moved, bounced, paid back."""

import json
from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.service import patient_list
from claims.service.patient_acts import apply_payment, void_payment
from claims.service.patient_entry import add_patient_payment, import_payments
from claims.service.patient_refunds import pay_refund, request_claim_refund, request_payment_refund
from claims.service.verify import verify
from claims.store import audit, schema
from claims.store.engine import read, write
from tests.books import Bill, claims, remit

DAY = date(2025, 6, 30)
HEAD = "payment_id,paid_on,amount,method,claim_number,member_id,reference\n"
# Charge 150.00: paid 88.00, contractual 40.00, patient 22.00.
PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*A1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_patient_engines.py walks through both."""
    return sqlite_url


def paid(*rows: str) -> bytes:
    return (HEAD + "".join(f"{row}\n" for row in rows)).encode()


def bill(*numbers: str, member: str = "W1") -> bytes:
    return claims(*(Bill(number, [("99213", "150")], member=member) for number in numbers))


def sound(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert sum(practice.balances().values()) == 0
    return practice.balances()


def named(practice):
    """Open exceptions, but for the deposit of the remittance that no test here brings."""
    return [code for code in practice.exceptions() if code != "REMIT_WITHOUT_DEPOSIT"]


def number(practice, cents):
    rows = patient_list.listed(practice.ctx)
    return int(rows.loc[rows["amount_cents"] == cents, "patient_payment_id"].iloc[0])


def state(practice, cents):
    rows = patient_list.listed(practice.ctx)
    row = rows[rows["amount_cents"] == cents].iloc[0]
    return row["state"], row["reason_code"], row["applied_cents"], row["unapplied_cents"]


def again(practice):
    """A second night changes nothing."""
    tables = (schema.journals, schema.patient_payments, schema.exceptions)
    before = [practice.count(table) for table in tables]
    practice.reconcile()
    assert [practice.count(table) for table in tables] == before


@pytest.mark.long
def test_a_payment_after_the_remittance_pays_the_share(practice):
    practice.night(bill("A1"), remit(PAID), paid("R1,2025-03-20,22.00,cheque,A1,,711"))
    assert ("patient", {"1000": 2200, "1200": -2200}) in practice.journals()
    assert sound(practice) == {"1000": 2200, "1050": 8800, "4000": -15000, "4100": 4000}
    assert named(practice) == []
    assert state(practice, 2200) == ("applied", "", 2200, 0)
    again(practice)


@pytest.mark.long
def test_a_prepayment_waits_as_credit_and_is_netted_when_the_share_is_posted(practice):
    practice.night(bill("A1"), paid("R1,2025-02-01,22.00,cash,A1,,"))
    assert sound(practice) == {"1000": 2200, "1100": 15000, "1200": -2200, "4000": -15000}
    assert named(practice) == []
    practice.night(remit(PAID))
    assert practice.balances(account="1200") == {}
    assert named(practice) == []
    sound(practice)


@pytest.mark.long
@pytest.mark.parametrize("first", ["payment", "claim"])
def test_a_payment_that_comes_before_its_claim_applies_itself(practice, first):
    files = [paid("R1,2025-02-01,22.00,cash,a1,,"), bill("A1")]
    for file in files if first == "payment" else files[::-1]:
        practice.night(file)
        if first == "payment" and practice.count(schema.claims) == 0:
            assert named(practice) == ["PATIENT_PAYMENT_UNMATCHED"]
            assert sound(practice) == {"1000": 2200, "2200": -2200}
            again(practice)
    assert sound(practice) == {"1000": 2200, "1100": 15000, "1200": -2200, "4000": -15000}
    assert named(practice) == []
    again(practice)


def test_the_same_file_and_the_same_row_again_change_nothing(practice):
    rows = ("R1,2025-03-20,10.00,cash,A1,,", ",2025-03-21,5.00,cash,A1,,")
    practice.night(bill("A1"), paid(*rows))
    assert practice.drop(paid(*rows)).counts["duplicate"] == 1
    practice.night(paid(*rows[::-1], rows[1]), paid("r1,2025-03-20,10,cash,a1,,"))
    assert practice.balances(account="1000") == {"1000": 1500}
    assert practice.count(schema.patient_payments) == 2
    sound(practice)


def test_wrong_rows_are_refused_one_by_one_and_the_good_ones_go_in(practice):
    report = practice.drop(
        paid(
            "R1,2025-03-20,10.00,cash,A1,,",
            "R2,2025-02-30,10.00,cash,A1,,",
            "R3,2025-03-20,-1.00,cash,A1,,",
            "R4,2025-03-20,1.005,cash,A1,,",
            "R5,2025-03-20,1.00,barter,A1,,",
            "R6,2025-03-20,0.00,cash,A1,,",
        )
    )
    assert report.counts == {"stored": 0, "held": 1, "refused": 0, "duplicate": 0}
    table = schema.findings
    found = practice.rows(sa.select(table.c.seg, table.c.element).order_by(table.c.seg))
    assert found == [(2, "paid_on"), (3, "amount"), (4, "amount"), (5, "method"), (6, "amount")]
    assert practice.count(schema.patient_payments) == 1


@pytest.mark.long
def test_two_rows_that_contradict_each_other_are_held_whatever_the_order(practice):
    practice.night(bill("A1"), paid("R1,2025-03-20,10.00,cash,A1,,"), paid("R1,2025-03-20,12.00,cash,A1,,"))
    assert named(practice) == ["PATIENT_PAYMENT_CONFLICT"] * 2
    assert practice.balances(account="1000") == {}
    again(practice)
    void_payment(practice.ctx, number(practice, 1200), "a slip", DAY, DAY)
    practice.reconcile()
    assert named(practice) == []
    assert practice.balances(account="1000") == {"1000": 1000}
    # Another one that comes later is held alone.
    practice.night(paid("R1,2025-03-20,13.00,cash,A1,,"))
    assert (named(practice), state(practice, 1300)[0]) == (["PATIENT_PAYMENT_CONFLICT"], "held")
    assert practice.balances(account="1000") == {"1000": 1000}
    sound(practice)


@pytest.mark.long
def test_a_payment_on_account_waits_until_a_person_puts_it_on_a_claim(practice):
    practice.night(bill("A1"), remit(PAID), paid("R1,2025-03-20,30.00,cash,,W1,"))
    assert named(practice) == ["PATIENT_PAYMENT_ON_ACCOUNT"]
    payment = number(practice, 3000)
    assert patient_list.told(practice.ctx, payment)["candidates"]["balance_cents"].tolist() == [2200]
    assert apply_payment(practice.ctx, payment, "A1", DAY, amount_cents=2200) == 2200
    assert state(practice, 3000) == ("unapplied", "on-account", 2200, 800)
    assert sound(practice) == {"1000": 3000, "1050": 8800, "2200": -800, "4000": -15000, "4100": 4000}
    with pytest.raises(PostingRefusedError):
        apply_payment(practice.ctx, payment, "A1", DAY, amount_cents=900)
    refund = request_payment_refund(practice.ctx, payment, "moved away", DAY)
    assert (named(practice), practice.balances(account="2300")) == ([], {"2300": -800})
    pay_refund(practice.ctx, refund, "cheque", "9", DAY, DAY)
    assert sound(practice) == {"1000": 2200, "1050": 8800, "4000": -15000, "4100": 4000}


@pytest.mark.long
def test_a_number_of_several_claims_or_another_member_is_not_guessed(practice):
    practice.night(
        bill("A1"),
        claims(Bill("A1", [("99213", "150")]), npi="1999999992", control="000000010"),
        claims(Bill("B1", [("99213", "90")], member="W7"), control="000000011"),
        paid("R1,2025-03-20,10.00,cash,A1,,", "R2,2025-03-20,11.00,cash,B1,W9,"),
    )
    assert named(practice) == ["PATIENT_PAYMENT_AMBIGUOUS", "PATIENT_PAYMENT_MEMBER_DIFFERS"]
    claim_id = practice.rows(sa.select(schema.claims.c.claim_id).order_by(schema.claims.c.claim_id))[0][0]
    apply_payment(practice.ctx, number(practice, 1000), f"id:{claim_id}", DAY)
    with pytest.raises(PostingRefusedError):
        apply_payment(practice.ctx, number(practice, 1100), "B1", DAY)
    assert named(practice) == ["PATIENT_PAYMENT_MEMBER_DIFFERS"]
    sound(practice)


def test_a_cheque_that_bounced_is_reversed_and_the_share_is_due_again(practice):
    practice.night(bill("A1"), remit(PAID), paid("R1,2025-03-20,22.00,cheque,A1,,711"))
    assert void_payment(practice.ctx, number(practice, 2200), "no funds", date(2025, 4, 1), DAY) == 1
    assert sound(practice) == {"1050": 8800, "1200": 2200, "4000": -15000, "4100": 4000}
    with pytest.raises(PostingRefusedError):
        void_payment(practice.ctx, number(practice, 2200), "no funds", DAY, DAY)
    practice.night(paid("R1,2025-03-20,22.00,cheque,A1,,711", "R2,2025-03-21,1.00,cash,A1,,"))
    assert practice.balances(account="1000") == {"1000": 100}  # what is void does not come back


def test_what_people_write_of_refunds_and_payments_stands_with_these_and_sealed_in_the_chain(practice):
    practice.night(bill("A1"), paid("R1,2025-03-01,30.00,cash,A1,,", "R2,2025-03-02,5.00,cash,NOBODY,,"))
    payment = number(practice, 500)
    refund = request_payment_refund(practice.ctx, payment, "Jane moved away", DAY, amount_cents=100)
    void_payment(practice.ctx, number(practice, 3000), "Jane had no funds", DAY, DAY)
    chain = dict(practice.rows(sa.select(schema.audit_events.c.action, schema.audit_events.c.body)))
    with read(practice.ctx.engine) as conn:
        key = audit.load_key(practice.ctx.settings.audit_key_file)
        kept = conn.scalar(sa.select(schema.patient_refunds.c.reason))
        assert json.loads(chain["patient.refund-requested"])["reason_mac"] == audit.words_mac(key, kept)
        of_void = sa.select(schema.patient_payments.c.void_reason).where(schema.patient_payments.c.state == "void")
        kept = conn.scalar(of_void)
        assert json.loads(chain["payment.void"])["reason_mac"] == audit.words_mac(key, kept)
    assert refund and "Jane" not in " ".join(chain.values())


@pytest.mark.long
def test_one_typed_in_is_a_row_in_the_vault_and_typed_again_the_same(practice):
    practice.night(bill("A1"), remit(PAID))
    first = add_patient_payment(practice.ctx, "A1", 2200, DAY, "cheque", DAY, reference="711")
    second = add_patient_payment(practice.ctx, "A1", 2200, DAY, "cheque", DAY, reference="711")
    assert (first.is_new, second.is_new, first.state) == (True, False, "applied")
    assert second.patient_payment_id == first.patient_payment_id
    story = patient_list.told(practice.ctx, first.patient_payment_id, show_phi=True)
    raw = practice.ctx.vault.read(story["sha256"], story["offset"], story["length"])
    assert raw == b",2025-06-30,22.00,cheque,A1,,,711,,\n"
    assert sound(practice)["1000"] == 2200
    with pytest.raises(UsageError):
        add_patient_payment(practice.ctx, "A1", 0, DAY, "cheque", DAY)
    with pytest.raises(UsageError):
        add_patient_payment(practice.ctx, "A1", 100, DAY, "barter", DAY)


@pytest.mark.long
def test_an_import_posts_at_once_and_refuses_what_is_no_payments(practice, tmp_path):
    practice.night(bill("A1"), remit(PAID))
    good, other = tmp_path / "p.csv", tmp_path / "x.csv"
    good.write_bytes(paid("R1,2025-03-20,22.00,cash,A1,,"))
    other.write_bytes(b"a,b\n1,2\n")
    report = import_payments(practice.ctx, [good, other], DAY)
    assert report.counts == {"stored": 1, "held": 0, "refused": 1, "duplicate": 0}
    assert practice.balances(account="1200") == {}
    assert import_payments(practice.ctx, [good], DAY).counts["duplicate"] == 1
    sound(practice)


def test_what_is_not_there_is_said(practice):
    for call in (
        lambda: void_payment(practice.ctx, 99, "x", DAY, DAY),
        lambda: apply_payment(practice.ctx, 99, "A1", DAY),
        lambda: patient_list.told(practice.ctx, 99),
        lambda: request_claim_refund(practice.ctx, "NONE", "x", DAY),
        lambda: pay_refund(practice.ctx, 99, "cash", "", DAY, DAY),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_the_number_of_a_later_version_leads_to_its_claim(practice):
    practice.night(bill("A1"))
    table = schema.claims
    with write(practice.ctx.engine) as conn:  # as a correction of ours is numbered
        conn.execute(sa.update(table).values(claim_number="A1V2", claim_number_normal="A1V2", version=2))
    practice.night(paid("R1,2025-03-20,10.00,cash,A1V2,,", "R2,2025-03-20,11.00,cash,A1,,"))
    assert practice.balances(family_id=practice.family("A1"), account="1200") == {"1200": -2100}
