"""Rows that differ from their stored file, rows that are gone, cases that nothing moved: all are found."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service import heads, verify_files
from claims.service import verify as verbs
from claims.service.periods import close_period
from claims.store import chain, schema
from claims.store.engine import read, rehearsal, write
from claims.store.load import frame
from tests.books import Bill, bank, claims, remit
from tests.service.test_invariants import BOOKS

UNKNOWN = remit("""BPR*I*10*C*ACH************20250311~
                   TRN*1*T3*1512345678~
                   CLP*TYPO9*1*150*10**12*ICN3~
                   SVC*HC:99213*150*10**1~
                   CAS*CO*45*140~""")
OUT_OF_BALANCE = remit("""BPR*I*50*C*ACH************20250312~
                          TRN*1*T4*1512345678~
                          CLP*A9*1*150*88**12*ICN4~
                          SVC*HC:99213*150*88**1~
                          CAS*CO*45*62~""")
PAYMENTS = b"paid_on,amount,method,claim_number,paid_by\n2025-03-12,5.00,cheque,A1,SOMEBODY\n"
CHARGES = b"not,a,file,of,ours\n"


def begin(practice):
    paid = bank(("2025-03-11", "91.25", "T1"))
    practice.night(*BOOKS, paid, bank(("2025-03-11", "91.25", "T1"), ("2025-03-12", "7", "")), UNKNOWN, OUT_OF_BALANCE)
    practice.night(claims(Bill("B1", [("99213", "40")])), PAYMENTS, CHARGES)


@pytest.fixture
def books(begun):
    return begun(begin)


def faults(practice, *statements):
    """What verify says after these statements, which are taken back."""
    with rehearsal(practice.ctx.engine):
        tamper(practice, *statements)
        return broken(practice)


def broken(practice, head=None):
    return {one.name: one.broken for one in verbs.verify(practice.ctx, head) if one.broken}


def noted(practice):
    """The head of the chains as it is."""
    with read(practice.ctx.engine) as conn:
        return heads.of(conn)


def tamper(practice, *statements):
    """Change rows as somebody would who can drop triggers."""
    with write(practice.ctx.engine) as conn:
        let_no_trigger_fire(conn)
        for statement in statements:
            assert conn.exec_driver_sql(statement).rowcount


def let_no_trigger_fire(conn):
    """For the rest of the transaction; on SQLite for good."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return
    conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for (name,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        conn.exec_driver_sql(f"DROP TRIGGER {name}")


FACTS = {
    "adjustments": "UPDATE adjustments SET amount_cents = amount_cents + 1 WHERE reason_code = '2'",
    "group": "UPDATE adjustments SET group_code = 'PR' WHERE reason_code = '45'",
    "claim_payments": "UPDATE claim_payments SET charge_cents = 1 WHERE claim_number = 'P1'",
    "name": "UPDATE claim_payments SET patient_last_name = 'EVE' WHERE claim_number = 'P1'",
    "address": 'UPDATE claim_payments SET "offset" = "offset" + 1 WHERE claim_number = \'P1\'',
    "service_payments": "UPDATE service_payments SET paid_cents = 8801 WHERE paid_cents = 8800",
    "service_lines": "UPDATE service_lines SET charge_cents = 1 WHERE charge_cents = 30000",
    "line number": "UPDATE service_lines SET line_control_number = 'LN0000000009' WHERE charge_cents = 30000",
    "claims": "UPDATE claims SET charge_cents = 1 WHERE charge_cents = 30000",
    "provider_adjustments": "UPDATE provider_adjustments SET amount_cents = amount_cents * 2 WHERE reason_code = 'WO'",
    "plb code": "UPDATE provider_adjustments SET reason_code = '72' WHERE reason_code = 'WO'",
    "set of claims": "UPDATE claims SET transaction_id = (SELECT MAX(transaction_id) FROM transactions)",
    "set of remittances": "UPDATE remittances SET transaction_id = (SELECT MAX(transaction_id) FROM transactions)",
    "set of findings": "UPDATE findings SET transaction_id = (SELECT MAX(transaction_id) FROM transactions)",
    "remittances": "UPDATE remittances SET payment_date = '2025-01-01' WHERE trace_number = 'T1'",
    "state": "UPDATE remittances SET state = 'test' WHERE state = 'held'",
    "bank_lines": "UPDATE bank_lines SET trace_number = 'X' WHERE trace_number = 'T1'",
    "patient_payments": "UPDATE patient_payments SET amount_cents = 501",
    "findings": "DELETE FROM findings WHERE severity = 'hold'",
    "put in": "INSERT INTO remarks SELECT 99, claim_payment_id, NULL, file_id, 9999, 1, 1, 1, 'LQ', 'N1' "
    "FROM claim_payments WHERE claim_number = 'P1'",
}


@pytest.mark.long
def test_sound_books_are_the_files(books):
    found = {one.name: one for one in verbs.verify(books.ctx)}
    assert {name: one.broken for name, one in found.items() if one.broken} == {}
    assert found["files"].checked == 10
    assert found["rows"].checked > 50
    assert verbs.unknown_files(books.ctx) == []


@pytest.mark.long
def test_a_row_that_is_not_what_its_file_says_is_found_with_its_place(books):
    for what, statement in FACTS.items():
        with rehearsal(books.ctx.engine) as conn:
            tamper(books, statement)
            _, found = verify_files.differing(books.ctx, conn)
        assert any("segment" in one and "byte" in one for one in found), what
        assert not any(word in one for one in found for word in ("EVE", "PERSON", "ICN"))
    with rehearsal(books.ctx.engine) as conn:  # a line of the bank that says that it stands in a remittance file
        tamper(books, "UPDATE bank_lines SET file_id = (SELECT MIN(file_id) FROM remittances) WHERE amount_cents = 700")
        _, found = verify_files.differing(books.ctx, conn)
    assert any(one.endswith("1 row(s) of bank_lines too many") for one in found)


def copied(table, **changed):
    """A statement that puts a copy of the first row of a table in, with these columns (SQL) changed."""
    names = [column.name for column in table.columns]
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM {table.name} ORDER BY {names[0]} LIMIT 1"


def test_a_bank_line_of_a_file_that_has_none_is_named(books):
    """The next night would post its cash."""
    of = "(SELECT MIN(file_id) FROM remittances)"
    put_in = copied(schema.bank_lines, bank_line_id="900", line_key="'another'", file_id=of)
    assert any("1 row(s) of bank_lines too many" in one for one in faults(books, put_in)["files"])


@pytest.mark.long
def test_ledger_lines_without_a_journal_and_journals_below_zero_are_named(books):
    def lines(journal_id):
        both = {"9000": ("'1000'", "500"), "9001": ("'4900'", "-500")}
        told = schema.ledger_lines
        return [
            copied(told, ledger_line_id=key, journal_id=journal_id, account=account, amount_cents=cents)
            for key, (account, cents) in both.items()
        ]

    assert "2 ledger line(s) belong to no journal" in faults(books, *lines("9999"))["journals"]
    below = copied(schema.journals, journal_id="-5", idempotency_key="'another'")
    assert "journal another or the one before it was altered" in faults(books, below, *lines("-5"))["journals"][0]


GONE = {
    "denial_cases": ["DELETE FROM denial_events", "DELETE FROM denial_cases"],
    "exceptions": ["DELETE FROM exceptions WHERE type_code = 'UNMATCHED_CLAIM'"],
    "receipts": ["DELETE FROM receipts WHERE receipt_id = (SELECT MAX(receipt_id) FROM receipts)"],
}


@pytest.mark.long
def test_rows_that_are_gone_are_counted(books):
    for table, statements in GONE.items():
        assert any(f"row(s) of {table} were removed" in one for one in faults(books, *statements)["rows"])


WORK = {
    "cases": [
        "UPDATE denial_cases SET denied_cents = 1, at_risk_cents = 1",
        "UPDATE denial_cases SET at_risk_cents = denied_cents + 1",
        "UPDATE denial_cases SET state = 'closed', outcome = 'upheld', queue = 'closed'",
    ],
    "exceptions": [
        "UPDATE exceptions SET state = 'closed' WHERE type_code = 'REMIT_HELD'",
        "UPDATE exceptions SET amount_cents = 1 WHERE type_code = 'UNMATCHED_CLAIM'",
        "UPDATE exceptions SET state = 'closed', closed_reason = 'x', closed_at = 'x' "
        "WHERE type_code = 'UNMATCHED_CLAIM'",
    ],
    "matches": [
        "UPDATE matches SET family_id = (SELECT family_id FROM families WHERE claim_number = 'B1') "
        "WHERE family_id = (SELECT family_id FROM families WHERE claim_number = 'P1')"
    ],
}


@pytest.mark.long
def test_what_people_work_on_is_held_against_what_made_it(books):
    for name, statements in WORK.items():
        for statement in statements:
            assert name in faults(books, statement), statement


@pytest.mark.long
def test_a_closing_that_the_audit_chain_tells_of_cannot_go(books):
    close_period(books.ctx, date(2025, 6, 30))
    assert broken(books) == {}
    assert "is not as the audit chain" in faults(books, "UPDATE closed_periods SET actor = 'eve'")["periods"][0]
    tamper(books, "DELETE FROM closed_periods")
    assert "closing through 2025-06-30 that is gone" in broken(books)["periods"][0]


def test_a_day_that_is_none_is_named(books):
    """Nothing else can be said then: what reads the books would take it for a day."""
    found = faults(books, "UPDATE exceptions SET since_date = '1' WHERE exception_id = 1")
    assert "exceptions, since_date: row 1" in str(found["values"])


@pytest.mark.long
def test_a_head_that_was_noted_shows_a_chain_that_was_cut(books):
    close_period(books.ctx, date(2025, 6, 30))
    head = noted(books)
    assert broken(books, head) == {}
    assert "rewritten" in broken(books, head._replace(event=head.event._replace(mac="0" * 64)))["audit"][0]
    tamper(books, f"DELETE FROM {schema.audit_events.name}", "DELETE FROM closed_periods")
    assert "which a seal tells of" in broken(books)["audit"][0]
    assert "the chain was cut" in broken(books, head)["audit"][0]


@pytest.mark.long
def test_a_file_whose_row_says_that_nothing_came_of_it_is_named(books):
    of = "WHERE file_id = (SELECT MIN(file_id) FROM remittances)"
    for change in ("content = 'unknown'", "state = 'registered'"):
        found = faults(books, f"UPDATE files SET {change} {of}")
        assert "its own row says that it has none" in found["files"][0]
        assert "row of file" in found["seals"][0]


def test_a_chain_of_journals_that_was_worked_out_again_is_named(books):
    """Its hashes need no key; what the audit chain told of their end does, and so does a head that was noted."""
    head = noted(books)
    tamper(books, "UPDATE journals SET posting_date = '2025-01-15' WHERE source = '835'")
    with write(books.ctx.engine) as conn:
        let_no_trigger_fire(conn)
        journals, lines = schema.journals, schema.ledger_lines
        rows = frame(conn, sa.select(*journals.columns).order_by(journals.c.journal_id))
        own = sa.select(*lines.columns).order_by(lines.c.journal_id, lines.c.ledger_line_id)
        for key, told in zip(rows["journal_id"], chain.seal(chain.START, rows, frame(conn, own)), strict=True):
            conn.execute(sa.update(journals).where(journals.c.journal_id == key).values(hash=told))
    found = broken(books, head)
    assert "journals" not in found
    assert [one.partition(" do not lead")[0] for one in found["chains"]] == [
        "the journals",  # as the audit chain tells
        "the chains of journals and events",
        "the journals",  # as seals tell
    ]


def test_a_file_of_the_vault_that_no_row_knows_is_named(books):
    sha256 = books.ctx.vault.put(b"somebody put this here")
    assert verbs.unknown_files(books.ctx) == [sha256]
    assert broken(books) == {}
