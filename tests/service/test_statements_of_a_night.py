"""A night, an undo and a replay ask the database as often for many remittances as for few."""

import pytest
import sqlalchemy as sa

from claims.service.master import import_files
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema, statistics
from claims.store.queries import pricing as queries
from tests.books import NPI, PAYER_ID, Bill, bank, claims, envelope, one_set
from tests.service.conftest import DAY


def remittances(numbers):
    """One 835 with a remittance of 70.00 for each claim."""
    sets = [
        one_set(
            "835",
            f"""BPR*I*70*C*ACH************20250310~
                TRN*1*T{number}*{PAYER_ID}~
                N1*PR*PLAN ONE~
                N3*1 MAIN ST~
                N4*TOWN*NY*10001~
                N1*PE*OUR PRACTICE*XX*{NPI}~
                LX*1~
                CLP*{number}*1*150*70**12*ICN{number}~
                SVC*HC:99213*150*70**1~
                CAS*CO*45*80~""",
            control=f"{at:04d}",
        )
        for at, number in enumerate(numbers, 1)
    ]
    return envelope("HP", "005010X221A1", sets, control=f"{len(numbers):09d}").encode()


def statements_of(practice, act):
    """How many statements an act sends; an executemany is one. A look at tables that grew depends on their size."""
    sent = []

    def heard(conn, cursor, statement, *_):
        if not statement.startswith("ANALYZE"):
            sent.append(statement)

    sa.event.listen(practice.ctx.engine, "before_cursor_execute", heard)
    act()
    sa.event.remove(practice.ctx.engine, "before_cursor_execute", heard)
    return len(sent)


def test_many_remittances_take_as_many_statements_as_few(monkeypatch, practice):  # every step is lived: it is counted
    told = []
    for letter, size in (("A", 2), ("B", 9)):
        numbers, counts = [f"{letter}{at}" for at in range(size)], []
        told.append(counts)
        bills = (Bill(number, [("99213", "150")], member=f"W{number}") for number in numbers)
        practice.night(claims(*bills, control=f"{size + 10:09d}"), remittances(numbers))
        # The deposit is late, then short, then less short, then whole: what is open is named anew for each of them.
        for day, amount in (("2025-03-11", "50.00"), ("2025-03-12", "15.00"), ("2025-03-13", "5.00")):
            practice.drop(bank(*((day, amount, f"T{number}") for number in numbers)))
            counts.append(statements_of(practice, practice.reconcile))
        assert practice.exceptions() == []
        file_id = practice.rows(sa.select(sa.func.max(schema.remittances.c.file_id)))[0][0]
        undo(practice.ctx, f"file:{file_id}", DAY)
        practice.reconcile()  # the lines are looked at without their remittances: nothing is chosen for them
        assert practice.exceptions().count("DEPOSIT_WITHOUT_REMIT") == 3 * size
        counts.append(statements_of(practice, lambda target=f"file:{file_id}": replay(practice.ctx, target, DAY)))
        assert practice.exceptions() == []
        table = schema.deposit_candidates
        chosen = sa.select(sa.func.count()).where(table.c.ended_at.is_(None), table.c.why == "chosen")
        assert practice.rows(chosen)[0][0] == practice.count(schema.bank_lines)
    assert told[0] == told[1]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_night_plans_by_what_it_has_written_itself(monkeypatch, practice):
    monkeypatch.setattr(statistics, "_LEAST_BYTES", 1)
    master = practice.folder / "fees.csv"
    master.write_text(f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,110.00\n", encoding="utf-8")
    import_files(practice.ctx, [master])
    looked_at = []
    given = queries.next_families

    def next_families(conn, at_most):
        known = sa.text("SELECT relname FROM pg_class WHERE reltuples >= 1")
        looked_at.append(set(conn.scalars(known)))
        return given(conn, at_most)

    monkeypatch.setattr(queries, "next_families", next_families)
    practice.night(claims(Bill("A1", [("99213", "150")])), remittances(["A1"]))
    assert {"claims", "claim_payments", "adjustments", "matches", "claim_postings"} <= looked_at[0]
