"""One decision for the whole claim, without a reversal, takes back what the payer decided on its parts: all is told."""

import pytest
import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import released, schema
from tests.books import Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_late_cases import cases
from tests.service.test_late_decisions import payment

P = schema.claim_postings
TWO = Bill("A1", [("99213", "75"), ("85025", "75")])
DENIED = [
    f"CLP*A1*1*75*0**12*I{at}~\nSVC*HC:{code}*75*0**1~\nCAS*CO*197*75~" for at, code in enumerate(("99213", "85025"))
]
PAID_LINE = "SVC*HC:99213*75*60**1~\nCAS*CO*45*15~"
BOTH = f"CLP*A1*1*150*120**12*I2~\n{PAID_LINE}\nSVC*HC:85025*75*60**1~\nCAS*CO*45*15~"
ONE = f"CLP*A1*1*150*60**12*I2~\n{PAID_LINE}\nSVC*HC:85025*75*0**1~\nCAS*CO*197*75~"
ONE_BACK = (
    "CLP*A1*22*-150*-60**12*I2~\nSVC*HC:99213*-75*-60**1~\nCAS*CO*45*-15~\nSVC*HC:85025*-75*0**1~\nCAS*CO*197*-75~"
    "\nPLB*1999999984*20251231*WO:X1*-60~"
)


@pytest.fixture
def database_url(sqlite_url):
    """The selects of it run on both engines elsewhere; which decisions they find is the same."""
    return sqlite_url


def broken(practice):
    return [(one.name, problem) for one in verify(practice.ctx) for problem in one.broken]


def pairs(practice):
    """How many decisions each one took back."""
    ids = [one for (one,) in practice.rows(sa.select(P.c.claim_payment_id).where(P.c.ended_at.is_(None)))]
    with practice.ctx.engine.connect() as conn:
        return sorted(released.targets(conn, ids).groupby("claim_payment_id").size().tolist())


@pytest.mark.long
def test_a_payment_of_the_whole_claim_wins_the_denial_of_each_part(practice):
    practice.night(claims(TWO), payment(DENIED[0], "T0", "20250310"))
    practice.night(payment(DENIED[1], "T1", "20250311"))
    practice.night(payment(BOTH, "T2", "20250320", "120"))
    assert cases(practice) == [(line, "closed", "overturned", 6000, 7500) for line in (1, 2)]
    assert pairs(practice) == [2]
    assert broken(practice) == []
    after = state(practice)
    for trace in ("T0", "T1", "T2"):
        (number,) = practice.rows(
            sa.select(schema.remittances.c.remit_id).where(schema.remittances.c.trace_number == trace)
        )[0]
        assert undo(practice.ctx, f"remit:{number}", DAY).refused.empty
        assert broken(practice) == []
        replay(practice.ctx, f"remit:{number}", DAY)
        assert differences(after, state(practice)) == {}
        assert pairs(practice) == [2]
    assert broken(practice) == []
    with practice.ctx.engine.begin() as conn:
        conn.execute(sa.update(P).where(P.c.reverses_claim_payment_id.is_not(None)).values(is_superseded=2))
    assert "no journal says so" in str(broken(practice))


def test_what_the_new_decision_denies_again_goes_on_and_its_reversal_takes_the_win_back(practice):
    practice.night(claims(TWO), payment("\n".join(DENIED), "T0", "20250310"))
    practice.night(payment(ONE, "T1", "20250320", "60"))
    assert cases(practice) == [(1, "closed", "overturned", 6000, 7500), (2, "new", None, 0, 7500)]
    assert broken(practice) == []
    practice.night(payment(ONE_BACK, "T2", "20250330"))
    assert [(line, state, outcome, cents) for line, state, outcome, cents, _ in cases(practice)] == [
        (1, "new", None, 0),
        (2, "new", None, 0),
    ]
    assert broken(practice) == []


@pytest.mark.long
def test_a_decision_that_is_taken_back_in_part_keeps_the_case_of_its_other_line(practice):
    part = "CLP*A1*1*150*40**12*I0~\nSVC*HC:99213*75*40**1~\nCAS*CO*45*15~\nCAS*CO*197*20~\nSVC*HC:85025*75*0**1~"
    practice.night(claims(TWO), payment(f"{part}\nCAS*CO*197*75~", "T0", "20250310", "40"))
    practice.night(payment("CLP*A1*1*75*60**12*I1~\nSVC*HC:85025*75*60**1~\nCAS*CO*45*15~", "T1", "20250320", "60"))
    assert cases(practice) == [(1, "new", None, 0, 2000), (2, "closed", "overturned", 6000, 7500)]
    assert broken(practice) == []
