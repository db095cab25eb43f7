"""What nothing announced is named to the cent, also after an undo; lost payments are issued again once."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, PostingRefusedError
from claims.service import deposits, money_approvals, payer_refunds
from claims.service.patient_banking import tie_by_hand
from claims.service.replay import replay
from claims.service.report import tieout
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import clock, schema
from claims.store.engine import read, write
from claims.store.queries.asof import AsOf
from tests.books import Bill, claims, remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY

BILLS = claims(Bill("A1", [("99213", "150")]), Bill("C1", [("99214", "500")]))
PAID = remit("""BPR*I*88*C*ACH************20250310~
                TRN*1*T1*1512345678~
                CLP*A1*1*150*88*22*12*ICN1~
                SVC*HC:99213*150*88**1~
                CAS*CO*45*40~
                CAS*PR*2*22~""")
ANNOUNCED = remit("""BPR*H*0*C*NON************20250410~
                     TRN*1*T2*1512345678~
                     CLP*A1*22*-150*-88**12*ICN1~
                     SVC*HC:99213*-150*-88**1~
                     CAS*CO*45*-40~
                     CAS*PR*2*-22~
                     PLB*1999999984*20251231*WO:ICN1*-88~""")
TAKEN = remit("""BPR*I*411.99*C*ACH************20250510~
                 TRN*1*T3*1512345678~
                 CLP*C1*1*500*500**12*ICN9~
                 PLB*1999999984*20251231*WO:ICN1*88.01~""")
AGAIN = """BPR*I*{cents}*C*ACH************202505{day}~
           TRN*1*T{day}*1512345678~
           PLB*1999999984*20251231*{plb}~"""


def broken(practice):
    return [problem for one in verify(practice.ctx) for problem in one.broken]


def number_of(practice, trace):
    table = schema.remittances
    return practice.rows(sa.select(table.c.remit_id).where(table.c.trace_number == trace))[0][0]


def named(practice):
    table = schema.exceptions
    kinds = ["WO_WITHOUT_REVERSAL", "FB_WITHOUT_FORWARD", "PAYER_REFUND_UNANNOUNCED"]
    rows = sa.select(table.c.type_code, table.c.amount_cents)
    return sorted(practice.rows(rows.where(table.c.state == "open", table.c.type_code.in_(kinds))))


@pytest.mark.long
def test_an_exception_says_all_that_is_in_debit_when_the_announcement_is_undone(practice):
    practice.night(BILLS, PAID, ANNOUNCED, TAKEN)
    assert named(practice) == [("WO_WITHOUT_REVERSAL", 1)]
    before, target = state(practice), f"remit:{number_of(practice, 'T2')}"
    undo(practice.ctx, target, DAY)
    assert (named(practice), broken(practice)) == ([("WO_WITHOUT_REVERSAL", 8801)], [])
    replay(practice.ctx, target, DAY)
    assert differences(before, state(practice)) == {}
    table = schema.exceptions
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(table).where(table.c.type_code == "WO_WITHOUT_REVERSAL").values(state="closed"))
    assert "account 2100 is on the wrong side by 1 cents for a reference" in broken(practice)


@pytest.mark.long
def test_an_exception_that_says_too_little_is_found(practice):
    practice.night(BILLS, TAKEN)
    assert named(practice) == [("WO_WITHOUT_REVERSAL", 8801)]
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(schema.exceptions).values(amount_cents=1))
    assert "account 2100 is on the wrong side by 8800 cents for a reference" in broken(practice)


@pytest.mark.long
def test_a_lost_payment_that_was_issued_again_is_not_undone_alone(practice):
    practice.night(BILLS, PAID, remit(AGAIN.format(cents=88, day="01", plb="CS:T1*-88")))
    first, second = number_of(practice, "T1"), number_of(practice, "T01")
    refused = undo(practice.ctx, f"remit:{first}", DAY).refused
    assert refused[["kind", "remit_id"]].to_numpy().tolist() == [["payment issued again", second]]
    undo(practice.ctx, f"remit:{second}", DAY)
    assert undo(practice.ctx, f"remit:{first}", DAY).refused.empty
    assert (practice.balances(account="1050"), broken(practice)) == ({}, [])


@pytest.mark.long
def test_clearing_of_an_undone_or_overdrawn_remittance_breaks_the_books(practice):
    practice.night(BILLS, PAID)
    table = schema.remittances
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(table).values(state="undone"))
    assert any("on remit clearing" in problem for problem in broken(practice))


@pytest.mark.long
@pytest.mark.parametrize("plb", ["CS:T1*-88*CS:T1*-88", "CS:T01*-176"])
def test_a_lost_payment_is_issued_again_once_and_by_another_payment(practice, plb):
    practice.night(BILLS, PAID, remit(AGAIN.format(cents=176, day="01", plb=plb)))
    waits = 8800 if "T1" in plb.split("*")[0] else 17600
    assert practice.balances(account="2200") == {"2200": -waits}
    assert "PLB_UNCONFIGURED" in practice.exceptions()
    lost = practice.balances(account="1050", remit_id=number_of(practice, "T1"))
    assert lost == ({} if waits == 8800 else {"1050": 8800})
    assert broken(practice) == []
    with read(practice.ctx.engine) as conn:
        told = tieout(conn, AsOf(DAY, clock.now()))
    assert [check.name for check in told.checks if not check.holds] == []
    row = told.tables["tieout"].set_index("trace_number").loc["T1"]
    again = [row["status"], row["issued_again_by"], row["issued_again_cents"], row["ledger_cents"], row["named_by"]]
    assert again == (
        ["ISSUED_AGAIN", "T01", 8800, 8800, ""]
        if waits == 8800
        else ["REMIT_NO_DEPOSIT", "", 0, 8800, "REMIT_WITHOUT_DEPOSIT"]
    )


def refund_payer(ctx, *given, **named):
    """Ask for a refund and let it go: a practice that has added nobody knows no second person."""
    done = payer_refunds.request(ctx, *given, **named)
    money_approvals.approve(ctx, done["request"], DAY)
    return done


@pytest.mark.long
def test_a_refund_to_a_payer_is_named_until_the_payer_takes_its_decision_back(practice):
    paid_on = date(2025, 5, 2)
    practice.night(BILLS, PAID)
    with pytest.raises(NotFoundError):
        refund_payer(practice.ctx, "999", "ICN1", 8800, paid_on, DAY, reason="letter")
    done = refund_payer(practice.ctx, "1512345678", "ICN1", 8800, paid_on, DAY, reason="letter")
    assert done["unannounced_cents"] == 8800
    assert (named(practice), broken(practice)) == ([("PAYER_REFUND_UNANNOUNCED", 8800)], [])
    with pytest.raises(PostingRefusedError, match="in the books"):
        refund_payer(practice.ctx, "1512345678", "ICN1", 8800, paid_on, DAY, reason="letter")
    practice.night(ANNOUNCED)
    assert (named(practice), practice.balances(account="2100")) == ([], {})
    again = {"reason": "letter", "cheque": "12"}
    with pytest.raises(PostingRefusedError, match=r"know \$0\.00 of it"):
        refund_payer(practice.ctx, "1512345678", "ICN1", 8800, paid_on, DAY, **again)
    refund_payer(practice.ctx, "1512345678", "ICN1", 8800, paid_on, DAY, **again, although="it wants more")
    assert named(practice) == [("PAYER_REFUND_UNANNOUNCED", 8800)]


LONG = [pytest.param(row, marks=pytest.mark.long) for row in ("1204,,", ",,01204")]


@pytest.mark.long
@pytest.mark.parametrize("row", ["7,,", "1204,PLAN ONE,", *LONG])
def test_the_cheque_of_a_refund_to_a_payer_comes_to_the_bank(practice, row):
    practice.night(BILLS, PAID, ANNOUNCED)
    paid_on = date(2025, 5, 2)
    done = refund_payer(practice.ctx, "1512345678", "ICN1", 8800, paid_on, DAY, reason="letter", cheque="1204")
    assert practice.balances(account="1000") == {"1000": -8800}
    practice.night(f"date,amount,trace_number,payer_name,reference,type\n2025-05-06,-88.00,{row},CHECK\n".encode())
    if row == "7,,":  # another number: nobody says that it is this one, but what it may be is named
        assert "RETURN_WITHOUT_DEPOSIT" in practice.exceptions()
        (owner,) = deposits.told(practice.ctx, 1)["in_hand"]
        assert owner == f"payer-refund:{done['request']}"
        tie_by_hand(practice.ctx, 1, [owner], "cheque 1204", DAY)
    assert "RETURN_WITHOUT_DEPOSIT" not in practice.exceptions()
    assert practice.balances(account="1000") == {"1000": -8800}
    assert (practice.balances(account="1000", bank_line_id=1), broken(practice)) == ({"1000": -8800}, [])
