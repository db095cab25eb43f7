"""Cases, matches and refunds that somebody changes beside the program: each is found, and named without its patient."""

import pytest
import sqlalchemy as sa

from claims.service.acknowledging import acknowledge
from claims.service.desk import actions, people
from claims.service.master import import_files
from claims.service.matching_by_hand import match_by_hand
from claims.service.patient_refunds import pay_refund, request_claim_refund
from claims.service.variances import asked_for as any_variance
from claims.service.variances import listed, say
from claims.store import checking_values, schema, step_marks
from claims.store.engine import read, rehearsal
from tests.books import PAYER_ID, Bill, claims, remit
from tests.service.conftest import DAY
from tests.service.test_verify_files import broken, faults, tamper

FEES = f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,110.00\n"
# A is paid below its contract and has a credit of its patient, P is denied, TYPO9 is matched by hand, Q differs.
PAID = remit("""BPR*I*228*C*ACH************20250310~
                TRN*1*T1*1512345678~
                CLP*A1*1*150*70*22*12*ICN1~
                SVC*HC:99213*150*70**1~
                CAS*CO*45*58~
                CAS*PR*2*22~
                CLP*P1*4*300*0**12*ICN2~
                SVC*HC:70551*300*0**1~
                CAS*CO*197*300~
                CLP*TYPO9*1*90*88**12*ICN3~
                SVC*HC:99214*90*88**1~
                CAS*CO*45*2~
                CLP*Q1*1*80*70**12*ICN4~
                SVC*HC:99215*80*70**1~
                CAS*CO*45*10~""")
PAYMENTS = b"payment_number,paid_on,amount,method,claim_number\nR1,2025-03-20,30.00,cash,A1\n"
BILLS = claims(
    Bill("A1", [("99213", "150")]),
    Bill("P1", [("70551", "300")], member="W2"),
    Bill("M1", [("99214", "90")], member="W3"),
    Bill("Q1", [("99215", "79")], member="W4"),
)


def one(practice, column, *conditions):
    return practice.rows(sa.select(column).where(*conditions))[0][0]


def begin(practice):
    fees = practice.folder / "fee_schedules.csv"
    fees.write_text(FEES)
    assert import_files(practice.ctx, [fees])[0].state == "stored"
    practice.night(BILLS, PAID, PAYMENTS)
    waits = schema.exceptions
    number = one(practice, waits.c.exception_id, waits.c.type_code == "UNMATCHED_CLAIM")
    match_by_hand(practice.ctx, number, "M1", "the payer said so")
    pay_refund(practice.ctx, request_claim_refund(practice.ctx, "A1", "too much", DAY), "cheque", "901", DAY, DAY)
    case = schema.denial_cases
    seen = [(one(practice, case.c.case_id), one(practice, case.c.version))]
    people.assign(practice.ctx, seen, "anna", DAY)
    say(practice.ctx, listed(practice.ctx, any_variance())[0]["key"].iloc[0], "dispute", "asked them")
    practice.reconcile()


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds sound books against both."""
    return sqlite_url


@pytest.fixture
def books(begun):
    return begun(begin)


ROWS = {
    "cases": [
        "UPDATE denial_cases SET at_risk_cents = at_risk_cents - 1",
        "UPDATE denial_cases SET category = 'coding'",
        "UPDATE denial_cases SET root_cause = 'other'",
        "UPDATE denial_cases SET next_action = 'WO'",
        "UPDATE denial_cases SET deadline_date = '2035-01-01'",
        "UPDATE denial_cases SET assignee = 'eve'",
        "UPDATE denial_cases SET recovered_cents = 1",
        'UPDATE denial_events SET body = \'{"before": {"state": "closed"}}\' WHERE event_id = 1',
        "UPDATE denial_events SET actor = 'eve' WHERE event_id = 1",
        "UPDATE denial_events SET posting_date = '2025-06-01' WHERE kind = 'assigned'",
    ],
    "variances": [
        "UPDATE variance_cases SET expected_cents = expected_cents - 1",
        "UPDATE variance_cases SET open_cents = 0",
        "UPDATE variance_cases SET state = 'accepted', outcome = 'accepted'",
        "UPDATE variance_cases SET arithmetic = '1 = 1'",
        "UPDATE variance_events SET recorded_at = '2025-01-01T00:00:00.000000Z'",
    ],
    "matches": [
        "UPDATE matches SET score = 91 WHERE rule = 'claim-number'",
        "UPDATE matches SET evidence = replace(evidence, 'agrees', 'differs') WHERE rule = 'claim-number'",
        "UPDATE matches SET evidence = replace(evidence, 'agrees', 'differs') WHERE rule = 'by-hand'",
        "UPDATE matches SET evidence = 'x' WHERE rule = 'by-hand'",
        "UPDATE matches SET score = 99 WHERE rule = 'by-hand'",
        "UPDATE matches SET although = 'something else' WHERE rule = 'by-hand'",
        "UPDATE matches SET score = 99 WHERE rule = 'none'",
        "UPDATE match_candidates SET score = 99",
    ],
    "patients": [
        "UPDATE patient_refunds SET amount_cents = amount_cents - 1",
        "UPDATE patient_refunds SET state = 'withdrawn'",
        "UPDATE patient_refunds SET state = 'requested'",
    ],
}
NAMED = {
    "cases": "denial case ",
    "variances": "variance case ",
    "matches": "remittance ",
    "patients": "refund ",
}


@pytest.mark.long
def test_a_doctored_row_is_found_and_named(books):
    assert broken(books) == {}
    assert books.count(schema.match_candidates)
    for check, statements in ROWS.items():
        for statement in statements:
            found = faults(books, statement)
            assert set(found) - {"seals"} == {check}, (statement, found)
            assert all(sentence.startswith(NAMED[check]) for sentence in found[check]), found
            told = " ".join(found[check])
            assert not any(word in told for word in ("A1", "P1", "Q1", "TYPO9", "PERSON", "W1"))


ALIKE = {
    "UPDATE master_rows SET ended_at = ''": "master_rows, ended_at: row 1",
    "UPDATE expected_allowed SET ended_at = '' WHERE ended_at IS NULL": "expected_allowed, ended_at: row 1, 2, 3",
    "UPDATE patient_refunds SET patient_payment_id = 0": "patient_refunds, patient_payment_id: row 1",
    "UPDATE denial_cases SET score = score + 0.5": "denial_cases, score: row 1",
}


def test_what_is_read_back_as_before_and_is_another_value_is_named(books):
    """A fee that has ended at no instant is none of today's to a query, and to a hash what it was."""
    for statement, named in ALIKE.items():
        with rehearsal(books.ctx.engine) as conn:
            tamper(books, statement)
            assert checking_values.odd(conn) == [named]
    turned_back = "UPDATE id_blocks SET next_id = 2 WHERE table_name = 'claim_postings'"
    found = faults(books, *ALIKE, turned_back)
    unreadable = "UPDATE ledger_lines SET amount_cents = 'x' WHERE ledger_line_id = 1"
    assert faults(books, unreadable) == {"values": ("ledger_lines, amount_cents: row 1",)}
    assert set(ALIKE.values()) == set(found["values"])
    assert found["rows"] == ("rows of claim_postings have keys that were not given out",)


@pytest.mark.long
def test_a_mark_that_no_step_of_the_night_has_set_is_named_and_one_that_is_gone_is_set_again(books):
    """A posting that is marked as priced, or as looked at for denials, is never looked at."""
    posting, case = schema.claim_postings, schema.variance_cases
    before = books.rows(sa.select(case)), books.count(schema.denial_events)
    last = one(books, sa.func.max(posting.c.claim_posting_id), posting.c.priced_at.is_(None))
    named = f"steps of claim posting {last}"
    for step, value in zip(step_marks.STEPS, ("NULL", "recorded_at", "recorded_at"), strict=True):
        with rehearsal(books.ctx.engine) as conn:
            assert step_marks.unlike(conn) == []
            tamper(books, f"UPDATE claim_postings SET {step} = {value} WHERE claim_posting_id = {last}")
            assert step_marks.unlike(conn) == [f"{named}: {step} is not as the night has left it"]
    tamper(books, f"UPDATE claim_postings SET priced_at = recorded_at WHERE claim_posting_id = {last}")
    assert broken(books) == {"seals": (f"{named}: priced_at is not as the night has left it",)}
    acknowledge(books.ctx, named)
    stands = f"WHERE ended_at IS NULL AND claim_posting_id <> {last}"
    tamper(books, f"UPDATE claim_postings SET denials_at = NULL, life_at = NULL, priced_at = NULL {stands}")
    books.reconcile()
    with read(books.ctx.engine) as conn:
        assert step_marks.unlike(conn) == []
    assert before == (books.rows(sa.select(case)), books.count(schema.denial_events))


def test_events_that_are_gone_leave_their_cases_unexplained(books):
    found = faults(books, "DELETE FROM denial_events", "DELETE FROM variance_events")
    assert {"cases", "variances", "rows"} <= set(found)


@pytest.mark.long
def test_what_people_and_nights_do_leaves_every_case_as_its_events_say(books):
    case = schema.denial_cases
    seen = [(one(books, case.c.case_id), one(books, case.c.version))]
    people.note(books.ctx, seen, "called them", DAY)
    seen = [(one(books, case.c.case_id), one(books, case.c.version))]
    done = actions.write_off(books.ctx, seen, "small", 10**9, DAY)
    assert broken(books) == {}
    books.reconcile()
    assert done.amount_cents == 30000
    assert broken(books) == {}
