"""The open-receivable test on real remittances: repeats, releases, corrections, overlaps of later payers, rests."""

import itertools
from datetime import date

import pytest
import sqlalchemy as sa

from claims.reports import aging as aging_rules
from claims.service.report import write_report
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import read
from claims.store.queries import aging as aging_rows
from claims.store.queries.asof import AsOf
from tests.books import Bill, claims, remit
from tests.service.conftest import DAY
from tests.service.fingerprint import END_OF_TIME
from tests.service.test_report import described, rows

SECOND = ("S", "PLAN TWO", "1599999999")


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def paid(segments, trace, day="20250310", cash="0", payer="PLAN ONE", payer_id="1512345678"):
    head = f"BPR*{'I' if cash != '0' else 'H'}*{cash}*C*{'ACH' if cash != '0' else 'NON'}************{day}~"
    return remit(f"{head}\nTRN*1*{trace}*{payer_id}~\n{segments}", payer=payer)


DENIED = """CLP*A4*1*300*0**12*ICN4~
            SVC*HC:70551*300*0**1~
            CAS*CO*16*300~
            LQ*HE*M51~"""
DECIDED_AGAIN = """CLP*A4*1*300*210*30*12*ICN4B~
                   SVC*HC:70551*300*210**1~
                   CAS*CO*45*60~
                   CAS*PR*2*30~"""
TAKEN_BACK = """CLP*A4*22*-300*0**12*ICN4~
                SVC*HC:70551*-300*0**1~
                CAS*CO*16*-300~"""
BILL = Bill("A4", [("70551", "300")])


@pytest.mark.long
def test_the_systems_release_names_the_journal_that_it_takes_back_and_closes_the_case(practice):
    practice.night(claims(BILL), paid(DENIED, "T1"))
    practice.night(paid(DECIDED_AGAIN, "T2", "20250410", "210"))
    journals, lines, cases = schema.journals, schema.ledger_lines, schema.denial_cases
    first = journals.alias("first")
    rows = practice.rows(
        sa.select(journals.c.reason_code, lines.c.account, lines.c.amount_cents, lines.c.rule_id, first.c.reason_code)
        .join(lines, lines.c.journal_id == journals.c.journal_id)
        .join(first, first.c.journal_id == journals.c.reverses_journal_id)
        .order_by(lines.c.account)
    )
    assert rows == [
        ("release", "1100", 30000, "E12", "remittance"),
        ("release", "1110", -30000, "E12", "remittance"),
    ]
    assert practice.rows(sa.select(cases.c.state, cases.c.outcome)) == [("closed", "overturned")]
    assert practice.balances() == {"1050": 21000, "1200": 3000, "4000": -30000, "4100": 6000}
    check(practice)


@pytest.mark.long
def test_a_reversal_of_what_the_system_took_back_already_changes_nothing(practice):
    practice.night(claims(BILL), paid(DENIED, "T1"))
    practice.night(paid(DECIDED_AGAIN, "T2", "20250410", "210"))
    before = practice.balances()
    practice.night(paid(TAKEN_BACK, "T3", "20250510"))
    assert practice.balances() == before
    assert "REVERSAL_ORPHAN" not in practice.exceptions()
    check(practice)


@pytest.mark.long
def test_a_denial_that_a_person_has_written_off_is_not_released(practice):
    practice.night(claims(BILL), paid(DENIED, "T1"))
    practice.write_off("A4", "CO-16", date(2025, 7, 1))
    practice.night(paid(DECIDED_AGAIN, "T2", "20250410", "210"))
    assert practice.balances() == {"1050": 21000, "2200": -21000, "4000": -30000, "4200": 30000}
    assert "CORRECTION_WITHOUT_REVERSAL" in practice.exceptions()
    practice.night(paid(TAKEN_BACK, "T3", "20250510"))
    assert practice.balances() == {"1050": 21000, "1200": 3000, "4000": -30000, "4100": 6000}
    assert "CORRECTION_WITHOUT_REVERSAL" not in practice.exceptions()
    check(practice)


def test_only_the_line_that_was_denied_is_released_when_it_alone_is_decided_again(practice):
    practice.night(
        claims(Bill("A2", [("99213", "100"), ("73030", "50")])),
        paid(
            """CLP*A2*1*150*60*15*12*ICN2~
               SVC*HC:99213*100*60**1~
               CAS*CO*45*25~
               CAS*PR*1*15~
               SVC*HC:73030*50*0**1~
               CAS*CO*45*10~
               CAS*CO*197*40~""",
            "T1",
            cash="60",
        ),
        paid("CLP*A2*1*50*30**12*ICN3~\nSVC*HC:73030*50*30**1~\nCAS*CO*45*20~", "T2", "20250410", "30"),
    )
    assert practice.balances() == {"1050": 9000, "1200": 1500, "4000": -15000, "4100": 4500}
    assert [one for one in practice.exceptions() if not one.startswith("REMIT")] == []
    cases = schema.denial_cases
    assert practice.rows(sa.select(cases.c.line_number, cases.c.state)) == [(2, "closed")]
    check(practice)


@pytest.mark.long
def test_a_duplicate_denial_moves_nothing_and_stands_with_the_first_decision(practice):
    practice.night(
        claims(BILL),
        paid(DENIED, "T1"),
        paid("CLP*A4*1*300*0**12*ICN5~\nSVC*HC:70551*300*0**1~\nCAS*OA*18*300~", "T2", "20250410"),
    )
    assert practice.balances() == {"1110": 30000, "4000": -30000}
    postings = schema.claim_postings
    assert sorted(practice.rows(sa.select(postings.c.outcome))) == [("memo",), ("posted",)]
    assert practice.count(schema.denial_cases) == 1
    check(practice)


@pytest.mark.long
def test_a_duplicate_line_beside_a_new_one_moves_nothing(practice):
    practice.night(
        claims(Bill("A2", [("99213", "100"), ("73030", "50")])),
        paid("CLP*A2*1*100*60**12*ICN2~\nSVC*HC:99213*100*60**1~\nCAS*CO*45*40~", "T1", cash="60"),
        paid(
            """CLP*A2*1*150*50**12*ICN3~
               SVC*HC:99213*100*0**1~
               CAS*CO*45*40~
               CAS*OA*18*60~
               SVC*HC:73030*50*50**1~""",
            "T2",
            "20250410",
            "50",
        ),
    )
    assert practice.balances() == {"1050": 11000, "4000": -15000, "4100": 4000}
    check(practice)


FIRST_PAYER = """CLP*E1*1*150*88*22*12*ICN10~
                 SVC*HC:99214*150*88**1~
                 CAS*CO*45*40~
                 CAS*PR*2*22~"""


def second_payer(segments, cash, trace="T2", day="20250412"):
    return paid(segments, trace, day, cash, payer="PLAN TWO", payer_id="1599999999")


@pytest.mark.long
def test_a_second_payers_price_reduction_of_the_whole_rest_is_posted_once(practice):
    practice.night(
        claims(Bill("E1", [("99214", "150")], others=(SECOND,))),
        paid(FIRST_PAYER, "T1", cash="88"),
        second_payer("CLP*E1*2*150*17*5*12*S77~\nSVC*HC:99214*150*17**1~\nCAS*CO*45*128~\nCAS*PR*3*5~", "17"),
    )
    assert practice.balances() == {"1050": 10500, "1200": 500, "4000": -15000, "4100": 4000}
    assert "SECONDARY_CO_OVERLAP" in practice.exceptions()
    table = schema.exceptions
    assert practice.rows(sa.select(table.c.amount_cents).where(table.c.type_code == "SECONDARY_CO_OVERLAP")) == [
        (12800,)
    ]
    check(practice)


@pytest.mark.long
def test_a_second_payers_cash_is_never_lowered_and_what_exceeds_is_a_credit(practice):
    practice.night(
        claims(Bill("E1", [("99214", "150")], others=(SECOND,))),
        paid(FIRST_PAYER, "T1", cash="88"),
        second_payer("CLP*E1*2*150*100**12*S77~\nSVC*HC:99214*150*100**1~\nCAS*CO*45*50~", "100"),
    )
    assert practice.balances() == {"1050": 18800, "1100": -7800, "4000": -15000, "4100": 4000}
    assert {"SECONDARY_CO_OVERLAP", "CREDIT_BALANCE"} <= set(practice.exceptions())
    check(practice)


@pytest.mark.long
def test_an_overlap_at_the_claim_level_is_lowered_over_the_whole_claim(practice):
    practice.night(
        claims(Bill("E1", [("99214", "100"), ("73030", "50")], others=(SECOND,))),
        paid("CLP*E1*1*150*88*22*12*ICN10~\nCAS*CO*45*40~\nCAS*PR*2*22~", "T1", cash="88"),
        second_payer(
            """CLP*E1*2*150*17*5*12*S77~
               CAS*CO*45*28~
               SVC*HC:99214*100*45**1~
               CAS*CO*45*55~
               SVC*HC:73030*50*0**1~
               CAS*CO*45*45~
               CAS*PR*3*5~""",
            "17",
        ),
    )
    assert practice.balances() == {"1050": 10500, "1200": 500, "4000": -15000, "4100": 4000}
    check(practice)


@pytest.mark.long
def test_a_rest_that_a_second_payer_leaves_is_named_until_it_is_settled(practice):
    practice.night(
        claims(Bill("E1", [("99214", "150")], others=(SECOND,))),
        paid(FIRST_PAYER, "T1", cash="88"),
        second_payer("CLP*E1*2*150*12**12*S77~\nSVC*HC:99214*150*12**1~\nCAS*OA*23*138~", "12"),
    )
    assert practice.balances(payer_sequence="S", account="1100") == {"1100": 1000}
    assert "SECONDARY_SHORT" in practice.exceptions()
    practice.night(
        second_payer(
            "CLP*E1*2*150*10**12*S78~\nSVC*HC:99214*150*10**1~\nCAS*OA*23*140~", "10", trace="T3", day="20250512"
        )
    )
    assert practice.balances(payer_sequence="S", account="1100") == {}
    assert "SECONDARY_SHORT" not in practice.exceptions()
    check(practice)


CORRECTED = """CLP*E1*22*-150*-88**12*ICN10~
               SVC*HC:99214*-150*-88**1~
               CAS*CO*45*-40~
               CAS*PR*2*-22~
               CLP*E1*1*150*{cents}**12*ICN11~
               SVC*HC:99214*150*{cents}**1~
               CAS*CO*45*40~
               CAS*PR*2*{share}~"""


@pytest.mark.long
@pytest.mark.parametrize("order", ["ACB", "ABC"])
def test_a_rest_with_a_second_payer_is_named_whichever_decision_leaves_it(practice, order):
    nights = {
        "A": paid(FIRST_PAYER, "T1", cash="88"),
        "B": paid(CORRECTED.format(cents="90", share="20"), "T5", "20250420", "2"),
        "C": second_payer("CLP*E1*2*150*12**12*S77~\nSVC*HC:99214*150*12**1~\nCAS*OA*23*138~", "12"),
    }
    practice.night(claims(Bill("E1", [("99214", "150")], others=(SECOND,))))
    for night in order:
        practice.night(nights[night])
    table = schema.exceptions
    short = sa.select(table.c.amount_cents, schema.claim_payments.c.payer_claim_number).join(
        schema.claim_payments, schema.claim_payments.c.claim_payment_id == table.c.claim_payment_id
    )
    short = short.where(table.c.type_code == "SECONDARY_SHORT", table.c.state == "open")
    assert practice.rows(short) == [(800, "S77")]
    check(practice)
    if order == "ACB":
        # The correction left another rest than there was: undone, the former one is named again.
        number = practice.rows(
            sa.select(schema.remittances.c.remit_id).where(schema.remittances.c.trace_number == "T5")
        )[0][0]
        undo(practice.ctx, f"remit:{number}", date(2025, 6, 30))
        assert practice.rows(short) == [(1000, "S77")]


@pytest.mark.long
def test_a_second_payer_before_the_first_waits_and_posts_after_it(practice):
    practice.night(
        claims(Bill("E1", [("99214", "150")], others=(SECOND,))),
        second_payer("CLP*E1*2*150*17*5*12*S77~\nSVC*HC:99214*150*17**1~\nCAS*OA*23*128~\nCAS*PR*3*5~", "17"),
    )
    assert practice.balances() == {"1050": 1700, "1100": 15000, "2200": -1700, "4000": -15000}
    assert "EARLIER_PAYER_MISSING" in practice.exceptions()
    practice.night(paid(FIRST_PAYER, "T1", cash="88"))
    assert practice.balances() == {"1050": 10500, "1200": 500, "4000": -15000, "4100": 4000}
    assert "EARLIER_PAYER_MISSING" not in practice.exceptions()
    check(practice)


@pytest.mark.long
def test_a_later_payer_that_waits_longer_than_the_first_is_posted_in_the_night_of_the_claim(practice):
    second = second_payer("CLP*E1*2*150*17*5*12*S77~\nSVC*HC:99214*150*17**1~\nCAS*OA*23*128~\nCAS*PR*3*5~", "17")
    practice.night(second, paid(FIRST_PAYER, "T1", "20250620", cash="88"))  # paid after the second payer's
    assert practice.night(claims(Bill("E1", [("99214", "150")], others=(SECOND,))))["payments_applied"] == 2
    assert practice.balances() == {"1050": 10500, "1200": 500, "4000": -15000, "4100": 4000}
    assert "EARLIER_PAYER_MISSING" not in practice.exceptions()


PARTS = {
    "denial": paid(DENIED, "T1"),
    "reversal": paid(TAKEN_BACK, "T3", "20250405"),
    "correction": paid(DECIDED_AGAIN, "T2", "20250410", "210"),
}


@pytest.mark.long
@pytest.mark.parametrize(
    "order",
    [
        pytest.param(one, marks=[pytest.mark.long] if at % 3 != 2 else [], id=" ".join(one))
        for at, one in enumerate(itertools.permutations(PARTS))
    ],
)
def test_denial_reversal_and_correction_end_alike_in_every_order_of_nights(practice, order):
    if practice.ctx.engine.dialect.name != "sqlite":
        pytest.skip("the rules of the engine's order are the same")
    practice.night(claims(BILL))
    for name in order:
        practice.night(PARTS[name])
        check(practice)
    assert practice.balances() == {"1050": 21000, "1200": 3000, "4000": -30000, "4100": 6000}
    assert [one for one in practice.exceptions() if not one.startswith("REMIT")] == []


@pytest.mark.long
def test_a_credit_of_one_payer_beside_the_debit_of_another_has_the_address_of_its_charge(practice, tmp_path):
    """On one line they are zero together: two rows of the aging all the same."""
    bill = Bill("A4", [("70551", "300")], others=(SECOND,))
    left = """CLP*A4*{0}*{1}300*0**12*ICN4~
              SVC*HC:70551*{1}300*0**1~
              CAS*PR*1*{1}300~"""
    second = "CLP*A4*2*300*300**12*S1~\nSVC*HC:70551*300*300**1~"
    practice.night(claims(bill), paid(left.format(1, ""), "T1"))
    practice.night(paid(second, "T2", "20250312", "300", *SECOND[1:]), paid(left.format(22, "-"), "T3", "20250320"))
    path = write_report(practice.ctx, "aging", DAY, None, "csv", tmp_path)
    found = rows(path, "aging")
    assert sum(int(row["balance_cents"]) for row in found) == 0 < len(found)
    for row in found:
        stored = practice.ctx.vault.read(row["sha256"], int(row["offset"]), int(row["length"]))
        assert stored.startswith((b"LX*", b"SV1*"))
    assert all(one["holds"] for one in described(path)["checks"])
    (line,) = {row["claim_number"] for row in found}
    with read(practice.ctx.engine) as conn:
        at = AsOf(DAY, END_OF_TIME)
        lines = aging_rows.open_lines(conn, at)
        nowhere = aging_rules.without_address(
            aging_rules.aging(lines, aging_rows.service_days(conn, at), str(DAY)), lines
        )
        assert line == "A4" and aging_rows.were_charged(conn, at, nowhere.tolist()) == set(nowhere) != set()
