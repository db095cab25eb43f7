"""Charges follow the versions of a claim: replacements, voids, a later payer's claim that came first, estimates."""

import pytest
import sqlalchemy as sa

from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from claims.store.rows import update_where
from tests.books import Bill, claims, remit

LINES = [("99213", "100"), ("73030", "50"), ("85025", "20")]
FIRST = Bill("A1", LINES)
SECOND_FILE = "000000010"
DECIDED = [
    *("CLP*A1*1*170*150**12*ICN1~", "SVC*HC:99213*100*80**1~", "CAS*CO*45*20~", "SVC*HC:73030*50*50**1~"),
    "SVC*HC:85025*20*20**1~",
]
# The payer takes that back and decides the replacement.
DECIDED_AGAIN = """BPR*I*10*C*ACH************20250410~
                   TRN*1*T2*1512345678~
                   CLP*A1*22*-170*-150**12*ICN1~
                   SVC*HC:99213*-100*-80**1~
                   CAS*CO*45*-20~
                   SVC*HC:73030*-50*-50**1~
                   SVC*HC:85025*-20*-20**1~
                   CLP*A1*1*180*160**12*ICN1B~
                   SVC*HC:99213*100*80**1~
                   CAS*CO*45*20~
                   SVC*HC:73030*50*50**1~
                   SVC*HC:85025*30*30**1~"""


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def charged(practice):
    lines = schema.ledger_lines
    rows = practice.rows(
        sa.select(lines.c.line_number, -sa.func.sum(lines.c.amount_cents))
        .where(lines.c.account == "4000")
        .group_by(lines.c.line_number)
        .order_by(lines.c.line_number)
    )
    return {number: int(cents) for number, cents in rows if cents}


def paid(trace, *claim, day="20250310"):
    cash = claim[0].split("*")[4]
    return remit(f"BPR*I*{cash}*C*ACH************{day}~\nTRN*1*{trace}*1512345678~\n" + "\n".join(claim))


@pytest.mark.long
def test_a_replacement_moves_only_the_lines_that_differ(practice):
    practice.night(claims(FIRST))
    before = practice.count(schema.journals)
    changed = Bill("A1", [("99213", "100"), ("73030", "80"), ("85025", "20"), ("80053", "5")], frequency="7")
    practice.night(claims(changed, control=SECOND_FILE))
    assert charged(practice) == {1: 10000, 2: 8000, 3: 2000, 4: 500}
    assert practice.count(schema.journals) == before + 3  # line 2 back and new, line 4 new
    assert practice.exceptions() == []
    practice.reconcile()
    assert practice.count(schema.journals) == before + 3
    check(practice)


@pytest.mark.long
def test_the_original_whose_lines_all_changed_is_no_second_claim(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])))
    practice.night(claims(Bill("A1", [("99213", "200")], frequency="7"), control=SECOND_FILE))
    assert (charged(practice), practice.exceptions()) == ({1: 20000}, [])
    practice.reconcile()
    assert practice.exceptions() == []
    check(practice)


def test_a_replacement_that_leaves_a_line_out_takes_its_charge_back(practice):
    practice.night(claims(FIRST))
    practice.night(claims(Bill("A1", LINES[:2], frequency="7"), control=SECOND_FILE))
    assert charged(practice) == {1: 10000, 2: 5000}
    check(practice)


@pytest.mark.long
def test_a_replacement_of_a_decided_claim_is_settled_by_its_reversal_and_new_decision(practice):
    practice.night(claims(FIRST), paid("T1", *DECIDED))
    practice.night(claims(Bill("A1", [*LINES[:2], ("85025", "30")], frequency="7"), control=SECOND_FILE))
    assert practice.balances(account="1100") == {"1100": 1000}
    check(practice)
    practice.night(remit(DECIDED_AGAIN))
    assert practice.balances() == {"1050": 16000, "4000": -18000, "4100": 2000}
    check(practice)


@pytest.mark.long
def test_an_original_and_its_payment_that_come_after_the_replacement_is_paid_end_as_in_order(practice):
    replacement = claims(Bill("A1", [*LINES[:2], ("85025", "30")], frequency="7"), control=SECOND_FILE)
    practice.night(replacement, remit(DECIDED_AGAIN))
    assert practice.exceptions() == ["REMIT_WITHOUT_DEPOSIT", "REVERSAL_ORPHAN"]
    practice.night(claims(FIRST), paid("T1", *DECIDED))
    assert charged(practice) == {1: 10000, 2: 5000, 3: 3000}
    assert practice.balances() == {"1050": 16000, "4000": -18000, "4100": 2000}
    assert set(practice.exceptions()) == {"REMIT_WITHOUT_DEPOSIT"}
    check(practice)


def test_a_claim_for_another_payer_under_the_number_of_a_replacement_is_named(practice):
    practice.night(claims(Bill("A1", LINES, frequency="7"), control=SECOND_FILE))
    practice.night(claims(Bill("A1", LINES, payer=("PLAN TWO", "1599999999"))))
    assert practice.exceptions() == ["CLAIM_NOT_CHARGED"]


@pytest.mark.long
def test_a_void_takes_the_charge_back_when_the_payers_reversal_posts(practice):
    practice.night(claims(FIRST), paid("T1", "CLP*A1*1*170*170**12*ICN1~"))
    practice.night(claims(Bill("A1", LINES, frequency="8"), control=SECOND_FILE))
    assert charged(practice) == {1: 10000, 2: 5000, 3: 2000}
    assert "CLAIM_VERSION_OPEN" in practice.exceptions()
    practice.night(
        remit("""BPR*H*0*C*NON************20250410~
                 TRN*1*T2*1512345678~
                 CLP*A1*22*-170*-170**12*ICN1~
                 PLB*1999999984*20251231*WO:ICN1*-170~""")
    )
    assert charged(practice) == {}
    assert practice.balances() == {"1050": 17000, "2100": -17000}
    assert "CLAIM_VERSION_OPEN" not in practice.exceptions()
    practice.reconcile()
    assert charged(practice) == {}
    check(practice)


@pytest.mark.long
def test_a_void_of_a_claim_that_was_never_decided_holds_when_it_is_accepted(practice):
    practice.night(claims(FIRST), claims(Bill("A1", LINES, frequency="8"), control=SECOND_FILE))
    assert charged(practice) == {1: 10000, 2: 5000, 3: 2000}
    table = schema.claims
    with write(practice.ctx.engine) as conn:
        update_where(conn, table, table.c.frequency_code == "8", life="accepted")
    practice.reconcile()
    assert charged(practice) == {}
    practice.reconcile()
    assert charged(practice) == {}
    check(practice)


BOTH = {
    "first payer": claims(Bill("E1", [("99214", "150")], others=(("S", "PLAN TWO", "1599999999"),))),
    "second payer": claims(
        Bill(
            "E1",
            [("99214", "150")],
            payer=("PLAN TWO", "1599999999"),
            sequence="S",
            others=(("P", "PLAN ONE", "1512345678"),),
        ),
        control=SECOND_FILE,
    ),
}
REMITS = (
    paid("T1", "CLP*E1*1*150*88*22*12*ICN10~", "SVC*HC:99214*150*88**1~", "CAS*CO*45*40~", "CAS*PR*2*22~"),
    remit(
        """BPR*I*17*C*CHK************20250412~
           TRN*1*T2*1599999999~
           CLP*E1*2*150*17*5*12*S77~
           SVC*HC:99214*150*17**1~
           CAS*OA*23*128~
           CAS*PR*3*5~""",
        payer="PLAN TWO",
    ),
)


@pytest.mark.long
@pytest.mark.parametrize("paid_between", [False, True])
def test_a_charge_on_the_second_payer_moves_when_the_first_payers_claim_comes(practice, paid_between):
    practice.night(BOTH["second payer"])
    assert practice.balances(account="1100", payer_sequence="S") == {"1100": 15000}
    if paid_between:
        practice.night(REMITS[1])
    practice.night(BOTH["first payer"])
    assert practice.balances(account="1100", payer_sequence="P") == {"1100": 15000}
    if paid_between:
        assert "CREDIT_BALANCE" in practice.exceptions()
    check(practice)
    practice.night(*REMITS)
    assert practice.balances() == {"1050": 10500, "1200": 500, "4000": -15000, "4100": 4000}
    assert [one for one in practice.exceptions() if not one.startswith("REMIT_")] == []
    check(practice)


@pytest.mark.long
def test_a_request_for_an_estimate_is_never_charged_and_its_answer_moves_nothing(practice):
    asked = claims(FIRST).replace(b":B:1*Y*A*Y*Y~", b":B:1*Y*A*Y*Y" + b"*" * 10 + b"PB~")
    answer = remit("""BPR*H*0*C*NON************20250310~
                      TRN*1*T1*1512345678~
                      CLP*A1*25*170*0**12*ICN1~
                      CAS*OA*101*170~""")
    practice.night(asked, answer)
    assert practice.balances() == {}
    assert practice.exceptions() == []
    postings = schema.claim_postings
    assert practice.rows(sa.select(postings.c.outcome)) == [("informational",)]
    assert practice.count(schema.denial_cases) == 0
    check(practice)
