"""Worked examples of the ledger, from the bytes of the 835 to the ending balances, cent for cent."""

from datetime import date

import pytest

from claims.service import money_approvals, payer_refunds
from claims.service.patient_entry import add_patient_payment
from claims.service.patient_refunds import pay_refund, request_claim_refund
from claims.service.verify import verify
from tests.books import Bill, bank, claims, remit


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T0101*1512345678~
          CLP*A1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""


def test_e1_simple_paid_claim(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(PAID), bank(("2025-03-11", "88.00", "T0101")))
    assert practice.journals() == [
        ("835", {"1050": 8800, "4100": 4000, "1200": 2200, "1100": -15000}),
        ("charge", {"1100": 15000, "4000": -15000}),
        ("bank", {"1000": 8800, "1050": -8800}),
    ]
    add_patient_payment(practice.ctx, "A1", 2200, date(2025, 7, 1), "cheque", date(2025, 7, 1), reference="1")
    assert practice.balances() == {"1000": 11000, "4000": -15000, "4100": 4000}
    check(practice)


def test_e2_partial_denial_is_held_and_written_off_by_a_person(practice):
    practice.night(
        claims(Bill("A2", [("99213", "100"), ("73030", "50")])),
        remit("""BPR*I*60*C*ACH************20250310~
                 TRN*1*T0201*1512345678~
                 CLP*A2*1*150*60*15*12*ICN2~
                 SVC*HC:99213*100*60**1~
                 CAS*CO*45*25~
                 CAS*PR*1*15~
                 SVC*HC:73030*50*0**1~
                 CAS*CO*197*50~"""),
        bank(("2025-03-11", "60.00", "T0201")),
    )
    assert [accounts for source, accounts in practice.journals() if source == "835"] == [
        {"1050": 6000, "4100": 2500, "1200": 1500, "1100": -10000},
        {"1110": 5000, "1100": -5000},
    ]
    assert practice.balances(line_number=2) == {"1110": 5000, "4000": -5000}
    assert practice.write_off("A2", "CO-197", date(2025, 8, 1)) == 5000
    assert practice.balances() == {"1000": 6000, "1200": 1500, "4000": -15000, "4100": 2500, "4200": 5000}
    check(practice)


def test_e3_deductible_zero_pay(practice):
    practice.night(
        claims(Bill("A3", [("99215", "200")])),
        remit("""BPR*H*0*C*NON************20250310~
                 TRN*1*T0301*1512345678~
                 CLP*A3*1*200*0*120*12*ICN3~
                 SVC*HC:99215*200*0**1~
                 CAS*CO*45*80~
                 CAS*PR*1*120~"""),
    )
    assert practice.balances() == {"1200": 12000, "4000": -20000, "4100": 8000}
    check(practice)


def test_e4_denial_reversed_and_paid_in_a_later_remit(practice):
    denial = remit("""BPR*H*0*C*NON************20250310~
                      TRN*1*T0401*1512345678~
                      CLP*A4*1*300*0**12*ICN4~
                      SVC*HC:70551*300*0**1~
                      CAS*CO*16*300~
                      LQ*HE*M51~""")
    correction = remit("""BPR*I*210*C*ACH************20250410~
                          TRN*1*T0402*1512345678~
                          CLP*A4*22*-300*0**12*ICN4~
                          SVC*HC:70551*-300*0**1~
                          CAS*CO*16*-300~
                          CLP*A4*1*300*210*30*12*ICN4B~
                          SVC*HC:70551*300*210**1~
                          CAS*CO*45*60~
                          CAS*PR*2*30~""")
    practice.night(claims(Bill("A4", [("70551", "300")])), denial)
    assert practice.balances() == {"1110": 30000, "4000": -30000}
    practice.night(correction, bank(("2025-04-11", "210.00", "T0402")))
    assert practice.balances() == {"1000": 21000, "1200": 3000, "4000": -30000, "4100": 6000}
    check(practice)


def test_e4b_denial_superseded_without_a_reversal(practice):
    practice.night(
        claims(Bill("A4", [("70551", "300")])),
        remit("""BPR*H*0*C*NON************20250310~
                 TRN*1*T0411*1512345678~
                 CLP*A4*1*300*0**12*ICN4~
                 SVC*HC:70551*300*0**1~
                 CAS*CO*16*300~
                 LQ*HE*M51~"""),
        remit("""BPR*I*210*C*ACH************20250410~
                 TRN*1*T0412*1512345678~
                 CLP*A4*1*300*210*30*12*ICN4B~
                 SVC*HC:70551*300*210**1~
                 CAS*CO*45*60~
                 CAS*PR*2*30~"""),
        bank(("2025-04-11", "210.00", "T0412")),
    )
    posted = [accounts for source, accounts in practice.journals() if source == "835"]
    assert sorted(sorted(one.items()) for one in posted) == [
        [("1050", 21000), ("1100", -30000), ("1200", 3000), ("4100", 6000)],
        [("1100", -30000), ("1110", 30000)],
        [("1100", 30000), ("1110", -30000)],
    ]
    assert practice.balances() == {"1000": 21000, "1200": 3000, "4000": -30000, "4100": 6000}
    assert practice.exceptions() == []
    check(practice)


@pytest.mark.few(1)
@pytest.mark.parametrize("order", ["reversal first", "correction first"])
def test_e5_reversal_and_correction_in_either_order(practice, order):
    back = ["CLP*A1*22*-150*-88**12*ICN1~", "SVC*HC:99213*-150*-88**1~", "CAS*CO*45*-40~", "CAS*PR*2*-22~"]
    again = ["CLP*A1*1*150*100*10*12*ICN1B~", "SVC*HC:99213*150*100**1~", "CAS*CO*45*40~", "CAS*PR*2*10~"]
    head = ["BPR*I*12*C*ACH************20250410~", "TRN*1*T0502*1512345678~"]
    parts = back + again if order == "reversal first" else again + back
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(PAID), bank(("2025-03-11", "88.00", "T0101")))
    add_patient_payment(practice.ctx, "A1", 2200, date(2025, 4, 1), "cheque", date(2025, 6, 30), reference="1")
    practice.night(remit("\n".join(head + parts)), bank(("2025-04-11", "12.00", "T0502")))
    assert practice.balances() == {"1000": 12200, "1200": -1200, "4000": -15000, "4100": 4000}
    check(practice)
    refund = request_claim_refund(practice.ctx, "A1", "the plan paid more", date(2025, 6, 30))
    assert practice.balances(account="2300") == {"2300": -1200}
    pay_refund(practice.ctx, refund, "cheque", "2", date(2025, 6, 30), date(2025, 6, 30))
    assert practice.balances() == {"1000": 11000, "4000": -15000, "4100": 4000}
    check(practice)


def test_e6_overpayment_taken_back_later(practice):
    practice.night(
        claims(Bill("B1", [("99213", "150")]), Bill("C1", [("99214", "500")])),
        remit(PAID.replace("A1", "B1").replace("T0101", "T0601").replace("ICN1", "ICN5")),
        remit("""BPR*H*0*C*NON************20250410~
                 TRN*1*T0602*1512345678~
                 CLP*B1*22*-150*-88**12*ICN5~
                 SVC*HC:99213*-150*-88**1~
                 CAS*CO*45*-40~
                 CAS*PR*2*-22~
                 CLP*B1*1*150*0**12*ICN5B~
                 SVC*HC:99213*150*0**1~
                 CAS*CO*96*150~
                 LQ*HE*N30~
                 PLB*1999999984*20251231*WO:ICN5*-88~"""),
        remit("""BPR*I*412*C*ACH************20250510~
                 TRN*1*T0603*1512345678~
                 CLP*C1*1*500*500**12*ICN9~
                 PLB*1999999984*20251231*WO:ICN5*88~"""),
        bank(("2025-03-11", "88.00", "T0601"), ("2025-05-12", "412.00", "T0603")),
    )
    assert practice.balances() == {"1000": 50000, "1110": 15000, "4000": -65000}
    check(practice)


def test_e7_forward_balance(practice):
    practice.night(
        claims(Bill("D1", [("99213", "200")]), Bill("D2", [("99212", "60")]), Bill("D3", [("99214", "500")])),
        remit("""BPR*I*200*C*ACH************20250302~
                 TRN*1*T0700*1512345678~
                 CLP*D1*1*200*200**12*ICN6~"""),
        remit("""BPR*H*0*C*NON************20250402~
                 TRN*1*FWD0006*1512345678~
                 CLP*D1*22*-200*-200**12*ICN6~
                 CLP*D2*1*60*60**12*ICN7~
                 PLB*1999999984*20251231*FB:FWD0006*-140~"""),
        bank(("2025-03-03", "200.00", "T0700")),
    )
    assert practice.balances() == {"1000": 20000, "1100": 70000, "2110": -14000, "4000": -76000}
    check(practice)
    practice.night(
        remit("""BPR*I*360*C*ACH************20250409~
                 TRN*1*T0703*1512345678~
                 CLP*D3*1*500*500**12*ICN8~
                 PLB*1999999984*20251231*FB:FWD0006*140~"""),
        bank(("2025-04-10", "360.00", "T0703")),
    )
    assert practice.balances() == {"1000": 56000, "1100": 20000, "4000": -76000}
    assert practice.exceptions() == []
    check(practice)


def test_e8_secondary_payment_posts_only_what_is_new(practice):
    both = Bill("E1", [("99214", "150")], others=(("S", "PLAN TWO", "1599999999"),))
    practice.night(
        claims(both),
        remit("""BPR*I*88*C*ACH************20250310~
                 TRN*1*T0801*1512345678~
                 CLP*E1*1*150*88*22*12*ICN10~
                 SVC*HC:99214*150*88**1~
                 CAS*CO*45*40~
                 CAS*PR*2*22~"""),
        remit(
            """BPR*I*17*C*CHK************20250412~
               TRN*1*T0802*1599999999~
               CLP*E1*2*150*17*5*12*S77~
               SVC*HC:99214*150*17**1~
               CAS*OA*23*128~
               CAS*PR*3*5~""",
            payer="PLAN TWO",
        ),
        bank(("2025-03-11", "88.00", "T0801"), ("2025-04-14", "17.00", "T0802")),
    )
    assert practice.balances() == {"1000": 10500, "1200": 500, "4000": -15000, "4100": 4000}
    check(practice)


def test_e9_interest_is_not_the_claims_money(practice):
    practice.night(
        claims(Bill("F1", [("99212", "100")])),
        remit("""BPR*I*83.25*C*ACH************20250310~
                 TRN*1*T0901*1512345678~
                 CLP*F1*1*100*80**12*ICN11~
                 AMT*I*3.25~
                 SVC*HC:99212*100*80**1~
                 CAS*CO*45*20~
                 PLB*1999999984*20251231*L6*-3.25~"""),
        bank(("2025-03-11", "83.25", "T0901")),
    )
    assert practice.balances() == {"1000": 8325, "4000": -10000, "4100": 2000, "4900": -325}
    check(practice)


def test_e10_refund_cheque_acknowledged_by_72_and_wo(practice):
    practice.night(
        claims(Bill("G1", [("99212", "100")])),
        remit("""BPR*I*100*C*ACH************20250310~
                 TRN*1*T1001*1512345678~
                 CLP*G1*1*100*100**12*ICN12~
                 SVC*HC:99212*100*100**1~"""),
        remit("""BPR*H*0*C*NON************20250410~
                 TRN*1*T1002*1512345678~
                 CLP*G1*22*-100*-100**12*ICN12~
                 SVC*HC:99212*-100*-100**1~
                 CLP*G1*1*100*60**12*ICN12B~
                 SVC*HC:99212*100*60**1~
                 CAS*CO*45*40~
                 PLB*1999999984*20251231*WO:ICN12*-40~"""),
        bank(("2025-03-11", "100.00", "T1001")),
    )
    assert practice.balances() == {"1000": 10000, "2100": -4000, "4000": -10000, "4100": 4000}
    asked = payer_refunds.request(
        practice.ctx, "1512345678", "ICN12", 4000, date(2025, 5, 2), date(2025, 6, 30), reason="letter"
    )
    assert practice.balances() == {"1000": 10000, "2100": -4000, "4000": -10000, "4100": 4000}
    money_approvals.approve(practice.ctx, asked["request"], date(2025, 6, 30))
    assert practice.balances() == {"1000": 6000, "4000": -10000, "4100": 4000}
    practice.night(
        remit("""BPR*H*0*C*NON************20250510~
                 TRN*1*T1003*1512345678~
                 PLB*1999999984*20251231*WO:ICN12*40*72:ICN12*-40~""")
    )
    assert practice.balances() == {"1000": 6000, "4000": -10000, "4100": 4000}
    assert practice.exceptions() == []
    check(practice)


def test_e11_sequestration_has_its_own_account(practice):
    practice.night(
        claims(Bill("K1", [("99214", "200")])),
        remit("""BPR*I*78.4*C*ACH************20250310~
                 TRN*1*T1101*1512345678~
                 CLP*K1*1*200*78.4*20*MB*ICN13~
                 SVC*HC:99214*200*78.4**1~
                 CAS*CO*45*100**253*1.6~
                 CAS*PR*2*20~"""),
        bank(("2025-03-11", "78.40", "T1101")),
    )
    assert practice.balances() == {"1000": 7840, "1200": 2000, "4000": -20000, "4100": 10000, "4310": 160}
    check(practice)


def test_e12_deposit_before_its_remit_waits_on_unapplied_cash(practice):
    practice.night(claims(Bill("M1", [("99212", "90")])), bank(("2025-03-07", "75.00", "T1201")))
    assert practice.balances() == {"1000": 7500, "1100": 9000, "2200": -7500, "4000": -9000}
    assert practice.exceptions() == ["DEPOSIT_WITHOUT_REMIT"]
    practice.night(
        remit("""BPR*I*75*C*ACH************20250310~
                 TRN*1*T1201*1512345678~
                 CLP*M1*1*90*75**12*ICN14~
                 SVC*HC:99212*90*75**1~
                 CAS*CO*45*15~""")
    )
    assert practice.balances() == {"1000": 7500, "4000": -9000, "4100": 1500}
    assert practice.exceptions() == []
    check(practice)


def test_e13_claim_level_adjustment_beside_lines_posts_at_line_0(practice):
    practice.night(
        claims(Bill("H1", [("29881", "800")])),
        remit("""BPR*I*450*C*ACH************20250310~
                 TRN*1*T1301*1512345678~
                 CLP*H1*1*800*450*100*12*ICN15~
                 CAS*CO*131*50~
                 SVC*HC:29881*800*500**1~
                 CAS*CO*45*200~
                 CAS*PR*2*100~"""),
        bank(("2025-03-11", "450.00", "T1301")),
    )
    assert practice.balances() == {"1000": 45000, "1200": 10000, "4000": -80000, "4100": 25000}
    assert practice.balances(line_number=0, account="4100") == {"4100": 5000}
    check(practice)


def test_e14_bundling_pair_is_no_denial(practice):
    practice.night(
        claims(Bill("N1", [("80053", "100"), ("82247", "100")])),
        remit("""BPR*I*120*C*ACH************20250310~
                 TRN*1*T1401*1512345678~
                 CLP*N1*1*200*120**12*ICN16~
                 SVC*HC:80053*100*120**1~
                 CAS*OA*94*-100~
                 CAS*CO*45*80~
                 SVC*HC:80053*100*0**1*HC:82247~
                 CAS*CO*97*100~"""),
        bank(("2025-03-11", "120.00", "T1401")),
    )
    assert practice.balances() == {"1000": 12000, "4000": -20000, "4100": 8000}
    check(practice)


def test_e15_a_reversal_takes_the_write_off_with_it(practice):
    practice.night(
        claims(Bill("P1", [("70551", "300")])),
        remit("""BPR*H*0*C*NON************20250310~
                 TRN*1*T1501*1512345678~
                 CLP*P1*1*300*0**12*ICN17~
                 SVC*HC:70551*300*0**1~
                 CAS*CO*197*300~"""),
    )
    practice.write_off("P1", "CO-197", date(2025, 7, 1))
    practice.night(
        remit("""BPR*I*210*C*ACH************20250410~
                 TRN*1*T1502*1512345678~
                 CLP*P1*22*-300*0**12*ICN17~
                 SVC*HC:70551*-300*0**1~
                 CAS*CO*197*-300~
                 CLP*P1*1*300*210**12*ICN17B~
                 SVC*HC:70551*300*210**1~
                 CAS*CO*45*90~"""),
        bank(("2025-04-11", "210.00", "T1502")),
    )
    assert practice.balances() == {"1000": 21000, "4000": -30000, "4100": 9000}
    check(practice)
