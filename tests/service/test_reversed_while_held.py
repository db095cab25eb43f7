"""What is held, taken back while it is held, undone and posted again: no cash goes unnamed, no case loses its win."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service import exceptions
from claims.service.master import import_files
from claims.service.overview import overview
from claims.service.received import remittances
from claims.service.replay import replay
from claims.service.report import tieout
from claims.service.undo import undo
from claims.store import clock, schema
from claims.store.engine import read
from claims.store.held_first import IS_HELD
from claims.store.queries.asof import AsOf
from tests.books import Bill, bank, claims
from tests.service.conftest import DAY
from tests.service.test_late_decisions import AGAIN, DENIED, DENIED_BACK, PAID, PAID_BACK, payment
from tests.service.test_verify_files import broken, faults

L, E, R, CASE = schema.ledger_lines, schema.exceptions, schema.remittances, schema.denial_cases
BILL = Bill("A1", [("99213", "150")])
FIRST, LATER = date(2025, 6, 27), date(2025, 7, 10)


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def unapplied(practice):
    """What is left on 2200 by the remittance that it is of."""
    sums = sa.select(R.c.trace_number, sa.func.sum(L.c.amount_cents)).join(R, R.c.remit_id == L.c.remit_id)
    rows = practice.rows(sums.where(L.c.account == "2200").group_by(R.c.trace_number))
    return {trace: int(cents) for trace, cents in rows if cents}


def statuses(practice, day=DAY):
    with read(practice.ctx.engine) as conn:
        rows = tieout(conn, AsOf(day, clock.now())).tables["tieout"]
    return sorted(zip(rows["trace_number"], rows["status"], strict=True))


def told(practice, column):
    rows = practice.rows(sa.select(E.c.type_code, column).where(E.c.state == "open"))
    return {code: value for code, value in rows if code != "REMIT_WITHOUT_DEPOSIT"}


def number(practice, trace):
    return practice.rows(sa.select(R.c.remit_id).where(R.c.trace_number == trace))[0][0]


@pytest.mark.long
def test_a_late_decision_and_its_reversal_leave_nothing_on_unapplied_cash(practice):
    practice.night(
        claims(BILL), payment(PAID_BACK + "\n" + AGAIN, "T2", "20250412", "12"), bank(("2025-06-20", "7", "Z"))
    )
    assert unapplied(practice) == {"T2": 8800}
    closed = (
        "UPDATE exceptions SET state = 'closed', closed_reason = 'applied', closed_at = '2025-07-01' WHERE type_code"
    )
    hidden = faults(practice, "UPDATE claim_postings SET is_superseded = 1", f"{closed} = 'REVERSAL_ORPHAN'")
    assert [text.split(" ")[0] for text in hidden["exceptions"]] == ["remittance"]
    hidden = faults(practice, f"{closed} = 'DEPOSIT_WITHOUT_REMIT'")
    assert [text[:10] for text in hidden["exceptions"]] == ["bank line "]
    practice.night(payment(PAID, "T1", "20250310", "88"))
    assert unapplied(practice) == {}
    assert statuses(practice)[1:] == [("T1", "REMIT_NO_DEPOSIT"), ("T2", "REMIT_NO_DEPOSIT")]
    assert broken(practice) == {}
    for name in ("T2", "T1"):  # what held it and what took it back go and come again
        undo(practice.ctx, f"remit:{number(practice, name)}", DAY)
        assert broken(practice) == {}
        replay(practice.ctx, f"remit:{number(practice, name)}", DAY)
        assert (unapplied(practice), broken(practice)) == ({}, {})


@pytest.mark.long
def test_a_case_is_won_again_when_its_denial_is_posted_after_the_payment(practice):
    fees = practice.folder / "fee_schedules.csv"
    fees.write_text("payer_code,procedure_code,allowed\n1512345678,99213,110.00\n")
    assert import_files(practice.ctx, [fees])[0].state == "stored"
    practice.night(claims(BILL), payment(DENIED, "T1", "20250310"))
    practice.night(payment(DENIED_BACK + "\n" + AGAIN, "T2", "20250412", "100"))
    cases = sa.select(CASE.c.state, CASE.c.outcome, CASE.c.at_risk_cents, CASE.c.recovered_cents)
    won = [("closed", "overturned", 11000, 10000)]
    assert practice.rows(cases) == won
    undo(practice.ctx, f"remit:{number(practice, 'T1')}", DAY)
    practice.reconcile()
    replay(practice.ctx, f"remit:{number(practice, 'T1')}", DAY)
    practice.reconcile()
    assert practice.rows(cases) == won
    assert broken(practice) == {}


@pytest.mark.long
def test_what_waits_is_as_old_as_it_was_before_an_undo(practice):
    odd = "\nPLB*1999999984*20251231*WO:ICN7*5*ZZ:X*1~"
    practice.night(claims(BILL), payment(PAID_BACK + "\n" + AGAIN + odd, "T2", "20250412", "6"), day=FIRST)
    since = sa.func.coalesce(E.c.since_date, E.c.posting_date)
    before = told(practice, since)
    assert before == dict.fromkeys(("REVERSAL_ORPHAN", "WO_WITHOUT_REVERSAL", "PLB_UNKNOWN"), FIRST)
    undo(practice.ctx, "remit:1", LATER)
    assert list(told(practice, since)) == ["UNDONE"]
    replay(practice.ctx, "remit:1", LATER)
    practice.reconcile(LATER)
    assert told(practice, since) == before


HELD_BACK = "CLP*A2*22*-150*-50**12*ICN9~\nSVC*HC:99213*-150*-50**1~\nCAS*CO*45*-100~"


@pytest.mark.long
def test_what_a_held_remittance_explains_is_asked_of_it_until_a_corrected_one_replaces_it(practice):
    practice.night(
        claims(BILL, Bill("A2", [("99213", "150")], member="W2")),
        payment(PAID + "\n" + HELD_BACK, "T1", "20250310", "89"),  # BPR02 is off
        payment(PAID_BACK + "\n" + AGAIN + "\nPLB*1999999984*20251231*WO:ICN9*5~", "T2", "20250412", "7"),
        bank(("2025-03-11", "38", "T1")),
        day=FIRST,
    )
    assert practice.exceptions().count("DEPOSIT_FOR_HELD_REMIT") == 1
    releases = told(practice, E.c.release)
    assert {releases["REVERSAL_ORPHAN"], releases["WO_WITHOUT_REVERSAL"]} == {IS_HELD}
    assert overview(practice.ctx, 1).held_remittances.count == 1
    practice.night(payment(PAID + "\n" + HELD_BACK, "T1", "20250310", "38"))
    assert "REMIT_HELD" not in practice.exceptions()
    reasons = practice.rows(sa.select(E.c.closed_reason).where(E.c.type_code == "REMIT_HELD"))
    assert reasons == [("replaced",)]
    assert sorted(remittances(practice.ctx)["state"]) == ["posted", "posted", "replaced"]
    assert exceptions.listed(practice.ctx)[1].empty, "nothing is held now"
    assert remittances(practice.ctx, "replaced")["trace_number"].tolist() == ["T1"]
    assert overview(practice.ctx, 1).held_remittances.count == 0
    assert [status for trace, status in statuses(practice) if trace == "T1"] == ["PARTLY_UNAPPLIED"]
    assert ("T1", "OUT_OF_BALANCE") in statuses(practice, FIRST)
    assert told(practice, E.c.release).get("REVERSAL_ORPHAN") != IS_HELD
    good = practice.rows(sa.select(R.c.remit_id).where(R.c.trace_number == "T1", R.c.state == "posted"))[0][0]
    undo(practice.ctx, f"remit:{good}", DAY)
    assert "REMIT_HELD" in practice.exceptions()
    assert broken(practice) == {}
