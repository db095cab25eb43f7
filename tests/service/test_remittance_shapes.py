"""Remittances as payers build them: unbundled, split, crossed over, group CR, corrections before reversals."""

import pytest

from claims.service.verify import verify
from tests.books import Bill, claims, remit


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def money(practice):
    return [one for one in practice.exceptions() if one != "REMIT_WITHOUT_DEPOSIT"]


@pytest.mark.long
def test_one_line_unbundled_into_two_posts_at_that_line(practice):
    practice.night(
        claims(Bill("U1", [("80050", "100")], line_control="LINE0001")),
        remit("""BPR*I*70*C*CHK************20250312~
                 TRN*1*T1*1512345678~
                 CLP*U1*1*100*70**12*S78~
                 SVC*HC:80051*100*40**1*HC:80050~
                 CAS*CO*45*30~
                 CAS*OA*94*30~
                 REF*6R*LINE0001~
                 SVC*HC:85025*0*30**1*HC:80050~
                 CAS*OA*94*-30~
                 REF*6R*LINE0001~"""),
    )
    assert practice.balances(line_number=1) == {"1050": 7000, "4000": -10000, "4100": 3000}
    assert practice.balances(line_number=0) == {}
    check(practice)


@pytest.mark.long
def test_one_line_split_into_two_posts_at_that_line(practice):
    practice.night(
        claims(Bill("L1", [("97110", "100")], line_control="LINE0002")),
        remit("""BPR*I*40*C*CHK************20250312~
                 TRN*1*T1*1512345678~
                 CLP*L1*1*100*40**12*S1~
                 SVC*HC:97110*60*40**1~
                 CAS*CO*45*20~
                 REF*6R*LINE0002~
                 SVC*HC:97110*40*0**1~
                 CAS*CO*198*40~
                 REF*6R*LINE0002~"""),
    )
    assert practice.balances() == {"1050": 4000, "1110": 4000, "4000": -10000, "4100": 2000}
    assert practice.balances(line_number=0) == {}
    check(practice)


@pytest.mark.long
def test_one_half_of_a_split_claim_is_taken_back_alone(practice):
    half = "CLP*S1*{status}*{charge}*{paid}**12*{icn}~\nSVC*HC:{code}*{charge}*{paid}**1~\nCAS*CO*45*{off}~"
    first = half.format(status=1, charge=100, paid=80, icn="ICN1", code="99213", off=20)
    second = half.format(status=1, charge=50, paid=30, icn="ICN2", code="73030", off=20)
    back = half.format(status=22, charge=-50, paid=-30, icn="ICN2", code="73030", off=-20)
    practice.night(
        claims(Bill("S1", [("99213", "100"), ("73030", "50")])),
        remit(f"BPR*I*110*C*ACH************20250310~\nTRN*1*T1*1512345678~\n{first}\n{second}"),
        remit(
            f"BPR*H*0*C*NON************20250410~\nTRN*1*T2*1512345678~\n{back}\nPLB*{'1999999984'}*20251231*WO:ICN2*-30~"
        ),
    )
    assert practice.balances() == {"1050": 11000, "1100": 5000, "2100": -3000, "4000": -15000, "4100": 2000}
    assert practice.balances(account="1100", line_number=2) == {"1100": 5000}
    assert money(practice) == []
    check(practice)


PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*A1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""


@pytest.mark.long
def test_a_reversal_with_the_old_group_cr_negates_the_original_all_the_same(practice):
    practice.night(
        claims(Bill("A1", [("99213", "150")])),
        remit(PAID),
        remit("""BPR*H*0*C*NON************20250410~
                 TRN*1*T2*1512345678~
                 CLP*A1*22*-150*-88**12*ICN1~
                 SVC*HC:99213*-150*-88**1~
                 CAS*CR*45*-62~
                 PLB*1999999984*20251231*WO:ICN1*-88~"""),
    )
    assert practice.balances() == {"1050": 8800, "1100": 15000, "2100": -8800, "4000": -15000}
    check(practice)


@pytest.mark.long
def test_group_cr_outside_a_reversal_waits_with_its_cash(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(PAID.replace("CAS*CO*45*40~", "CAS*CR*45*40~")))
    assert practice.balances() == {"1050": 8800, "1100": 15000, "2200": -8800, "4000": -15000}
    assert money(practice) == ["CR_GROUP"]
    check(practice)


@pytest.mark.long
def test_a_claim_that_the_payer_sent_on_leaves_the_share_with_the_next_payer(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(PAID.replace("CLP*A1*1*", "CLP*A1*19*")))
    assert practice.balances(account="1100", payer_sequence="S") == {"1100": 2200}
    assert practice.balances(account="1200") == {}
    check(practice)


@pytest.mark.few(1)
@pytest.mark.parametrize("status", ["23", "25"])
def test_what_was_not_decided_moves_nothing(practice, status):
    practice.night(
        claims(Bill("A1", [("99213", "150")])),
        remit(f"""BPR*H*0*C*NON************20250410~
                  TRN*1*T2*1512345678~
                  CLP*A1*{status}*150*0**12*ICN1~
                  CAS*OA*101*150~"""),
    )
    assert practice.balances() == {"1100": 15000, "4000": -15000}
    assert money(practice) == []
    check(practice)
