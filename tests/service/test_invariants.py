"""Each invariant in a state that breaks it, made behind the triggers' back; immutability; closed periods."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import DatabaseError, PeriodClosedError, UsageError
from claims.service.periods import close_period, closings
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from tests.books import Bill, bank, claims, remit
from tests.service.fingerprint import differences, fingerprint

BOOKS = (
    claims(Bill("A1", [("99213", "150")]), Bill("P1", [("70551", "300")])),
    remit("""BPR*I*91.25*C*ACH************20250310~
             TRN*1*T1*1512345678~
             CLP*A1*1*150*88*22*12*ICN1~
             AMT*I*3.25~
             SVC*HC:99213*150*88**1~
             CAS*CO*45*40~
             CAS*PR*2*22~
             CLP*P1*1*300*0**12*ICN17~
             SVC*HC:70551*300*0**1~
             CAS*CO*197*300~
             PLB*1999999984*20251231*L6*-3.25~"""),
    remit("""BPR*H*0*C*NON************20250410~
             TRN*1*T2*1512345678~
             CLP*A1*22*-150*-88**12*ICN1~
             SVC*HC:99213*-150*-88**1~
             CAS*CO*45*-40~
             CAS*PR*2*-22~
             PLB*1999999984*20251231*WO:ICN1*-58*FB:T2*-30~"""),
)
TABLES = ("journals", "ledger_lines", "closed_periods")


def broken(practice):
    return {one.name: one.broken for one in verify(practice.ctx) if one.broken}


def _begin(practice):
    practice.night(*BOOKS, bank(("2025-03-11", "91.25", "T1")))
    assert broken(practice) == {}


@pytest.fixture
def books(begun):
    return begun(_begin)


def tamper(practice, *statements):
    """Change rows as somebody would who can drop triggers."""
    with write(practice.ctx.engine) as conn:
        for table in (*TABLES, "journals_open"):
            for change in ("update", "delete"):
                if table != "journals_open":
                    on = f" ON {table}" if conn.dialect.name == "postgresql" else ""
                    conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{change}{on}")
        on = " ON journals" if conn.dialect.name == "postgresql" else ""
        conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS journals_in_open_periods{on}")
        for statement in statements:
            conn.exec_driver_sql(statement)


LINE = "(SELECT MIN(ledger_line_id) FROM ledger_lines WHERE account = '{account}' AND amount_cents {sign} 0)"


def line_of(account, sign=">"):
    return LINE.format(account=account, sign=sign)


BREAKS = {
    "L1": [f"UPDATE ledger_lines SET amount_cents = amount_cents + 1 WHERE ledger_line_id = {line_of('4100')}"],
    "L2": [f"UPDATE ledger_lines SET account = '2200' WHERE ledger_line_id = {line_of('1050')}"],
    "L4": [f"UPDATE ledger_lines SET account = '4100' WHERE ledger_line_id = {line_of('1110')}"],
    "L5": [
        "UPDATE ledger_lines SET account = '4300' WHERE ledger_line_id = "
        "(SELECT MIN(ledger_line_id) FROM ledger_lines WHERE account = '4100' AND amount_cents < 0)"
    ],
    "L6": ["UPDATE ledger_lines SET amount_cents = -amount_cents WHERE account = '2100'"],
    "L7": [
        "UPDATE ledger_lines SET account = '2110', reference = 'OTHER' WHERE account = '2100'",
    ],
    "L8": ["UPDATE claim_payments SET interest_cents = 0"],
    "L9": ["UPDATE claim_postings SET ended_at = 'x' WHERE outcome = 'reversal'"],
    "L10": ["UPDATE claim_postings SET outcome = 'unapplied' WHERE outcome = 'posted' AND is_superseded = 0"],
    "journals": ["UPDATE journals SET actor = 'somebody else' WHERE journal_id = 2"],
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_invariant_is_found_broken(books, name):
    tamper(books, *BREAKS[name])
    found = broken(books)
    if name == "L10":
        # 0 cents wait as well as they are posted: only what moved cash can stand in the wrong place.
        tamper(books, "UPDATE claim_payments SET paid_cents = 100 WHERE charge_cents = 30000")
        found = broken(books)
    assert name in found, found


def test_the_chain_shows_what_was_removed_put_in_and_cut(books):
    tamper(books, "DELETE FROM ledger_lines WHERE journal_id = 1", "DELETE FROM journals WHERE journal_id = 1")
    assert "journals" in broken(books)
    last = books.rows(sa.select(sa.func.max(schema.journals.c.journal_id)))[0][0]
    tamper(
        books,
        f"DELETE FROM ledger_lines WHERE journal_id = {last}",
        f"DELETE FROM deposit_matches WHERE journal_id = {last}",
        f"DELETE FROM journals WHERE journal_id = {last}",
    )
    assert any("cut" in problem for problem in broken(books)["journals"])


def test_journals_and_their_lines_cannot_be_changed(books):
    is_sqlite = books.ctx.engine.dialect.name == "sqlite"
    own = "INSERT OR REPLACE INTO {table} SELECT * FROM {table}" if is_sqlite else "TRUNCATE {table} CASCADE"
    before = books.balances()
    for table, column in (("journals", "actor"), ("ledger_lines", "account")):
        for statement in ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", own):
            with pytest.raises(DatabaseError), write(books.ctx.engine) as conn:
                conn.exec_driver_sql(statement.format(table=table, column=column))
    assert books.balances() == before
    assert broken(books) == {}


def test_a_closed_period_takes_no_journal_and_its_reports_stay_the_same(books):
    before = fingerprint(books.ctx, date(2025, 6, 30))
    close_period(books.ctx, date(2025, 6, 30))
    with pytest.raises(PeriodClosedError, match="2025-07-01"):
        books.reconcile(date(2025, 6, 30))
    with pytest.raises(PeriodClosedError):
        books.write_off("P1", "CO-197", date(2025, 6, 1))
    late = remit("""BPR*I*60*C*ACH************20250601~
                    TRN*1*T9*1512345678~
                    CLP*A1*1*150*60**12*ICN1C~
                    SVC*HC:99213*150*60**1~
                    CAS*CO*45*90~""")
    books.night(late, day=date(2025, 7, 2))
    journals = schema.journals
    posted = sa.select(journals.c.posting_date, journals.c.effective_date).where(
        journals.c.posting_date > date(2025, 6, 30)
    )
    assert set(books.rows(posted)) == {(date(2025, 7, 2), date(2025, 6, 1))}
    assert differences(before, fingerprint(books.ctx, date(2025, 6, 30))) == []
    assert broken(books) == {}


def test_the_database_itself_refuses_a_journal_in_a_closed_period(books):
    close_period(books.ctx, date(2025, 6, 30))
    journals = schema.journals
    with pytest.raises(DatabaseError), write(books.ctx.engine) as conn:
        conn.execute(
            journals.insert().values(
                journal_id=9999,
                idempotency_key="x",
                source="835",
                reason_code="x",
                posting_date=date(2025, 6, 30),
                recorded_at="x",
                actor="x",
                hash="x",
            )
        )
    with pytest.raises(DatabaseError), write(books.ctx.engine) as conn:
        conn.exec_driver_sql("DELETE FROM closed_periods")


def test_what_got_into_a_closed_period_all_the_same_is_found(books):
    close_period(books.ctx, date(2025, 6, 30))
    tamper(books, "UPDATE closed_periods SET journals = journals - 1")
    assert "periods" in broken(books)


def test_only_days_that_are_over_are_closed_and_each_once(books):
    close_period(books.ctx, date(2025, 6, 30))
    for day in (date(2025, 6, 30), date(2025, 5, 31), books.ctx.settings.today()):
        with pytest.raises(UsageError):
            close_period(books.ctx, day)
    assert closings(books.ctx)["through_date"].tolist() == ["2025-06-30"]
