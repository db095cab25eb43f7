"""Reconcile: what does not match waits, what is wrong is held, what is done stays done, and order does not matter."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, bank, claims, remit

BILL = Bill("A1", [("99213", "150")])


def paid(number="A1", trace="T1", icn="ICN1", day="20250310", charge="150"):
    return remit(f"""BPR*I*88*C*ACH************{day}~
                     TRN*1*{trace}*1512345678~
                     CLP*{number}*1*{charge}*88*22*12*{icn}~
                     SVC*HC:99213*{charge}*88**1~
                     CAS*CO*45*40~
                     CAS*PR*2*22~""")


def broken(practice):
    return [problem for one in verify(practice.ctx) for problem in one.broken]


def states(practice, table):
    return sorted(practice.rows(sa.select(table.c.state, table.c.reason_code)), key=str)


def test_payment_for_an_unknown_claim_waits_and_is_applied_when_the_claim_comes(practice):
    practice.night(paid(), bank(("2025-03-11", "88.00", "T1")))
    assert practice.balances() == {"1000": 8800, "2200": -8800}
    assert practice.exceptions() == ["UNMATCHED_CLAIM"]
    practice.night(claims(BILL))
    assert practice.balances() == {"1000": 8800, "1200": 2200, "4000": -15000, "4100": 4000}
    assert practice.exceptions() == []
    assert broken(practice) == []
    # By claim and payer, too, nothing tells that it ever waited.
    lines, no_claim = schema.ledger_lines, schema.ledger_lines.c.family_id.is_(None)
    sums = sa.select(lines.c.account, lines.c.payer_code, no_claim, sa.func.sum(lines.c.amount_cents))
    by_claim = practice.rows(sums.group_by(lines.c.account, lines.c.payer_code, no_claim))
    cash = [tuple(row) for row in by_claim if row[0] in ("1000", "1050", "2200") and row[3]]
    payer = "1512345678"
    assert sorted(cash) == [("1000", "", True, 8800), ("1050", payer, False, 8800), ("1050", payer, True, -8800)]


def test_a_second_reconcile_changes_nothing(practice):
    practice.night(claims(BILL), paid(), paid(number="ZZ9", trace="T2"), bank(("2025-03-11", "88.00", "T1")))
    tables = [
        schema.journals,
        schema.ledger_lines,
        schema.matches,
        schema.claim_postings,
        schema.exceptions,
        schema.denial_cases,
        schema.denial_events,
        schema.deposit_matches,
    ]
    before = [practice.count(table) for table in tables]
    counts = practice.reconcile()
    assert [practice.count(table) for table in tables] == before
    assert {name: value for name, value in counts.items() if value and name not in STANDING} == {}


STANDING = {"answers_unknown", "deposits_unexplained", "payments_unmatched", "remittances_without_deposit"}


@pytest.mark.few(1)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_same_payment_in_another_envelope_posts_once(practice, reverse):
    first = paid()
    files = [first, first.replace(b"000000001", b"000000777")]
    practice.drop(claims(BILL), *(files[::-1] if reverse else files))
    practice.reconcile()
    assert states(practice, schema.remittances) == [("duplicate", None), ("posted", None)]
    assert practice.balances(account="1050") == {"1050": 8800}
    practice.night(first.replace(b"000000001", b"000000778"))
    assert states(practice, schema.remittances)[:2] == [("duplicate", None), ("duplicate", None)]


def test_an_unbalanced_remit_is_held_whole_and_nothing_is_posted(practice):
    report = practice.drop(
        claims(BILL, Bill("A2", [("99213", "150")])),
        remit("""BPR*I*176*C*ACH************20250310~
                 TRN*1*T9*1512345678~
                 CLP*A1*1*150*88*22*12*ICN1~
                 SVC*HC:99213*150*88**1~
                 CAS*CO*45*40~
                 CAS*PR*2*22~
                 CLP*A2*1*150*88*22*12*ICN2~
                 SVC*HC:99213*150*88**1~
                 CAS*CO*45*39~
                 CAS*PR*2*22~"""),
    )
    assert report.counts == {"stored": 1, "held": 1, "refused": 0, "duplicate": 0}
    practice.reconcile()
    assert practice.balances() == {"1100": 30000, "4000": -30000}
    assert practice.exceptions() == ["REMIT_HELD"]


def test_a_claim_with_two_contents_is_held_whatever_the_order(practice):
    practice.night(claims(BILL), claims(Bill("A1", [("99214", "150")])))
    assert states(practice, schema.claims) == [("held", "claim-conflict")] * 2
    assert practice.balances() == {}


def test_a_conflicting_claim_takes_back_the_charge_while_nothing_is_decided(practice):
    practice.night(claims(BILL))
    assert practice.balances() == {"1100": 15000, "4000": -15000}
    practice.night(claims(Bill("A1", [("99214", "150")])))
    assert practice.balances() == {}
    assert broken(practice) == []


def test_after_a_decision_only_the_newcomer_is_held(practice):
    practice.night(claims(BILL), paid())
    practice.night(claims(Bill("A1", [("99214", "150")])))
    assert states(practice, schema.claims) == [("held", "claim-conflict"), ("stored", None)]


@pytest.mark.long
def test_a_second_decision_without_reversal_waits_and_its_reversal_lets_it_go(practice):
    practice.night(claims(BILL), paid())
    practice.night(
        remit("""BPR*I*100*C*ACH************20250410~
                 TRN*1*T2*1512345678~
                 CLP*A1*1*150*100*10*12*ICN1B~
                 SVC*HC:99213*150*100**1~
                 CAS*CO*45*40~
                 CAS*PR*2*10~""")
    )
    assert practice.exceptions()[0] == "CORRECTION_WITHOUT_REVERSAL"
    assert practice.balances(account="2200") == {"2200": -10000}
    practice.night(
        remit("""BPR*H*0*C*NON************20250510~
                 TRN*1*T3*1512345678~
                 CLP*A1*22*-150*-88**12*ICN1~
                 SVC*HC:99213*-150*-88**1~
                 CAS*CO*45*-40~
                 CAS*PR*2*-22~
                 PLB*1999999984*20251231*WO:ICN1*-88~""")
    )
    assert "CORRECTION_WITHOUT_REVERSAL" not in practice.exceptions()
    assert practice.balances() == {"1050": 18800, "1200": 1000, "2100": -8800, "4000": -15000, "4100": 4000}
    assert broken(practice) == []


def test_a_reversal_without_its_original_is_an_orphan(practice):
    practice.night(
        remit("""BPR*H*0*C*NON************20250510~
                 TRN*1*T3*1512345678~
                 CLP*A1*22*-150*-88**12*ICN1~
                 SVC*HC:99213*-150*-88**1~
                 CAS*CO*45*-40~
                 CAS*PR*2*-22~
                 PLB*1999999984*20251231*WO:ICN1*-88~""")
    )
    assert practice.exceptions() == ["REVERSAL_ORPHAN"]
    assert practice.balances() == {"2100": -8800, "2200": 8800}


@pytest.mark.long
def test_a_reversal_of_a_payment_that_waits_settles_it(practice):
    practice.night(paid())
    assert practice.exceptions() == ["REMIT_WITHOUT_DEPOSIT", "UNMATCHED_CLAIM"]
    practice.night(
        remit("""BPR*H*0*C*NON************20250510~
                 TRN*1*T3*1512345678~
                 CLP*A1*22*-150*-88**12*ICN1~
                 SVC*HC:99213*-150*-88**1~
                 CAS*CO*45*-40~
                 CAS*PR*2*-22~
                 PLB*1999999984*20251231*WO:ICN1*-88~""")
    )
    assert practice.exceptions() == ["REMIT_WITHOUT_DEPOSIT"]
    practice.night(claims(BILL))
    assert practice.balances() == {"1050": 8800, "1100": 15000, "2100": -8800, "4000": -15000}
    assert broken(practice) == []


def test_split_claims_share_the_open_balance(practice):
    practice.night(
        claims(Bill("S1", [("99213", "100"), ("73030", "50")])),
        remit("""BPR*I*110*C*ACH************20250310~
                 TRN*1*T1*1512345678~
                 CLP*S1*1*100*80**12*ICN1~
                 SVC*HC:99213*100*80**1~
                 CAS*CO*45*20~
                 CLP*S1*1*50*30**12*ICN2~
                 SVC*HC:73030*50*30**1~
                 CAS*CO*45*20~"""),
    )
    assert practice.balances() == {"1050": 11000, "4000": -15000, "4100": 4000}


def test_a_test_file_is_stored_and_never_posted(practice):
    practice.night(claims(BILL, usage="T"), paid().replace(b"*P*:~", b"*T*:~"))
    assert practice.balances() == {}
    assert states(practice, schema.remittances) == [("informational", "test-file")]


def test_a_provider_adjustment_with_an_unknown_code_goes_to_unapplied_cash(practice):
    practice.night(
        remit("""BPR*I*5*C*ACH************20250310~
                 TRN*1*T1*1512345678~
                 PLB*1999999984*20251231*QQ:X*-5~""")
    )
    assert practice.balances() == {"1050": 500, "2200": -500}
    assert practice.exceptions()[0] == "PLB_UNKNOWN"
    assert broken(practice) == []


def test_a_recovery_that_nothing_announced_is_named(practice):
    practice.night(
        claims(BILL),
        remit("""BPR*I*78*C*ACH************20250310~
                 TRN*1*T1*1512345678~
                 CLP*A1*1*150*88*22*12*ICN1~
                 SVC*HC:99213*150*88**1~
                 CAS*CO*45*40~
                 CAS*PR*2*22~
                 PLB*1999999984*20251231*WO:OLD1*10~"""),
    )
    assert "WO_WITHOUT_REVERSAL" in practice.exceptions()


def test_rubbish_is_refused_and_listed(practice):
    report = practice.drop(b"%PDF-1.4 not a claim", claims(BILL), claims(BILL))
    assert report.counts == {"stored": 1, "held": 0, "refused": 1, "duplicate": 1}
    assert practice.exceptions() == ["FILE_REFUSED"]


def test_a_file_left_registered_by_a_dead_run_is_taken_up(practice):
    from claims.service import intake
    from claims.service.runs import open_run

    path = practice.folder / "left.dat"
    path.write_bytes(claims(BILL))
    run_id = open_run(practice.ctx, "ingest", date(2025, 6, 30))
    intake.register(practice.ctx, run_id, [path])
    assert practice.count(schema.claims) == 0
    practice.drop(paid())
    assert practice.count(schema.claims) == 1


OTHER_NPI = "1888888885"
REVERSAL = """BPR*H*0*C*NON************20250510~
              TRN*1*T9*1512345678~
              CLP*{number}*22*-150*-88**12*{icn}~
              SVC*HC:99213*-150*-88**1~
              CAS*CO*45*-40~
              CAS*PR*2*-22~
              PLB*1999999984*20251231*WO:X*-88~"""


@pytest.mark.long
def test_a_reversal_takes_back_only_the_payees_own_payment(practice):
    head, ours = paid(number="100", icn="ICNA", trace="TA"), paid(number="100", icn="ICNB", trace="TB")
    theirs = ours.replace(b"1999999984", OTHER_NPI.encode())
    bill = Bill("100", [("99213", "150")])
    practice.night(claims(bill), claims(bill, npi=OTHER_NPI), head, theirs)
    practice.night(remit(REVERSAL.format(number="100", icn="ICNX")))
    families = schema.claim_postings
    rows = practice.rows(
        sa.select(schema.claim_payments.c.payer_claim_number)
        .join(families, families.c.claim_payment_id == schema.claim_payments.c.claim_payment_id)
        .where(families.c.is_superseded == 1)
    )
    assert rows == [("ICNA",)]
    assert broken(practice) == []


@pytest.mark.long
def test_a_reversal_without_a_number_takes_back_nothing(practice):
    practice.night(paid(number="0", icn="ICN5"))
    practice.night(remit(REVERSAL.format(number="0", icn="ICN9")))
    assert "REVERSAL_ORPHAN" in practice.exceptions()
    assert practice.balances(account="2200") == {}  # 88.00 waits for its claim, -88.00 for its original


def test_a_line_counter_is_no_identity(practice):
    stranger = remit("""BPR*I*88*C*ACH************20250310~
                        TRN*1*T1*1512345678~
                        CLP*QQ77*1*150*88*22*12*ICN1~
                        NM1*QC*1*OTHER*ONE****MI*OTHER9~
                        SVC*HC:99213*150*88**1~
                        DTM*472*20241105~
                        CAS*CO*45*40~
                        CAS*PR*2*22~
                        REF*6R*000001~""")
    practice.night(claims(Bill("A1", [("99213", "150")], line_control="000001")), stranger)
    assert practice.balances(account="1100") == {"1100": 15000}
    assert "UNMATCHED_CLAIM" in practice.exceptions() or "PAYEE_DIFFERS" in practice.exceptions()


def test_a_second_claim_under_the_same_number_is_never_dropped_silently(practice):
    practice.night(
        claims(Bill("5", [("99213", "150")])),
        claims(Bill("5", [("99214", "220")], member="W2", payer=("PLAN TWO", "1599999999"))),
    )
    assert "CLAIM_NOT_CHARGED" in practice.exceptions()


@pytest.mark.long
def test_a_deposit_of_a_payer_with_a_like_name_is_not_taken(practice):
    practice.night(claims(BILL), paid(trace="777").replace(b"PLAN ONE", b"BLUE CROSS OF TEXAS"))
    head = b"date,amount,trace_number,payer_name,reference,type\n"
    practice.night(head + b"2025-03-11,88.00,,BLUE CROSS OF MAINE,,EFT\n")
    assert practice.balances(account="1050") == {"1050": 8800}
    practice.night(head + b"2025-03-11,88.00,,BLUE CROSS OF TEX,,EFT\n")
    assert practice.balances(account="1050") == {}


@pytest.mark.long
def test_an_unbalanced_remit_is_settled_when_its_corrected_copy_posts(practice):
    practice.night(claims(BILL), paid().replace(b"CAS*CO*45*40~", b"CAS*CO*45*41~"))
    assert practice.exceptions() == ["REMIT_HELD"]
    practice.night(paid())
    assert "REMIT_HELD" not in practice.exceptions()
    assert practice.balances(account="1050") == {"1050": 8800}


def test_a_deposit_for_a_held_remit_says_so(practice):
    practice.night(paid().replace(b"CAS*CO*45*40~", b"CAS*CO*45*41~"), bank(("2025-03-11", "88.00", "T1")))
    assert practice.exceptions() == ["DEPOSIT_FOR_HELD_REMIT", "REMIT_HELD"]


def test_a_file_that_breaks_us_is_listed_and_never_stops_the_others(practice, monkeypatch):
    from claims.service import intake

    def broken_reader(*arguments):
        raise ValueError("PERSON")

    monkeypatch.setattr(intake, "read_bank_file", broken_reader)
    report = practice.drop(bank(("2025-03-11", "88.00", "T1")), claims(BILL))
    assert report.counts == {"stored": 1, "held": 1, "refused": 0, "duplicate": 0}
    assert practice.exceptions() == ["FILE_BROKEN"]
    monkeypatch.undo()
    practice.drop(paid())
    assert practice.exceptions() == []
    assert practice.count(schema.bank_lines) == 1
