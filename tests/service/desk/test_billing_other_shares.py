"""Another payer is billed for a claim whose decision left the patient a share: nobody pays the same twice."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.service.desk import actions
from claims.service.desk.billing_other import Coverage
from claims.service.submit import submit
from claims.service.verify import verify
from claims.store import audit, schema
from tests.books import remit
from tests.charges.test_charges_file import written
from tests.service.desk.conftest import chosen, copy_of, opened
from tests.service.desk.test_billing_other import KNOWN, open_with
from tests.service.outgoing import DAY, NOW, PERSON, make_ready, rows

E = schema.exceptions
PAID = "payment_id,paid_on,amount,method,claim_number,member_id,reference\nX1,2026-10-20,145.00,cash,L1,,\n"
DEDUCTIBLE = """BPR*H*0*C*NON************20261021~
TRN*1*TL1*1512345678~
CLP*L1*1*195*0*145*12*ICNL1~
SVC*HC:99213*145*0**1~
CAS*PR*1*145~
SVC*HC:85025*50*0**1~
CAS*OA*109*50~"""
PAYS = """BPR*I*150*C*ACH************20261025~
TRN*1*TM1*1512345679~
CLP*L1V2*1*195*150**12*M1~
SVC*HC:99213*145*110**1~
CAS*CO*45*35~
SVC*HC:85025*50*40**1~
CAS*CO*45*10~"""


@pytest.fixture(scope="module")
def shared(sqlite_template, tmp_path_factory):
    """A practice whose claim got a deductible on one line and a denial on the other, and no money."""
    home = tmp_path_factory.mktemp("shared") / "claims-data"
    home.mkdir(mode=0o700)
    (home / "claims.db").write_bytes(sqlite_template.read_bytes())
    audit.create_key(home / "audit.key")
    practice = opened(home)
    line = PERSON | {"claim_number": "L1"}
    practice.drop(written(line, line | {"procedure_code": "85025", "charge": "50.00"}), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    practice.night(remit(DEDUCTIBLE, payee="1999999018", payer="FABLEWOOD HEALTH PLAN", control="000000101"), day=DAY)
    practice.ctx.engine.dispose()
    return home


@pytest.fixture
def practice(shared, tmp_path):
    yield from copy_of(shared, tmp_path)


def share(practice):
    lines = rows(practice, schema.ledger_lines)
    return int(lines.loc[lines["account"] == "1200", "amount_cents"].sum())


@pytest.mark.long
def test_a_share_that_the_patient_has_paid_is_not_billed_to_a_payer_after(practice):
    practice.drop(PAID.encode(), day=DAY)
    practice.night(day=DAY)
    assert share(practice) == 0
    coverage = Coverage("MOONB", "X1", "after")
    done = actions.bill_other(practice.ctx, chosen(practice, "L1"), DAY, coverage, master=KNOWN)
    assert done.refused["reason"].tolist() == ["patient-share-booked"]


@pytest.mark.long
def test_a_share_that_was_paid_and_goes_to_another_payer_is_a_credit_with_its_cents(practice):
    practice.drop(PAID.encode(), day=DAY)
    practice.night(day=DAY)
    named = practice.rows(sa.select(E.c.amount_cents, E.c.message).where(E.c.type_code == "CREDIT_BALANCE_PATIENT"))
    assert named == []
    actions.bill_other(practice.ctx, chosen(practice, "L1"), DAY, Coverage("MOONB", "X1"), master=KNOWN)
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    assert share(practice) == -14500
    open_credits = sa.select(E.c.amount_cents, E.c.message).where(E.c.type_code == "CREDIT_BALANCE_PATIENT")
    ((cents, words),) = practice.rows(open_credits.where(E.c.state == "open"))
    assert cents == 14500 and "another payer was billed for the share" in words
    practice.night(day=DAY)
    assert len(practice.rows(open_credits.where(E.c.state == "open"))) == 1


@pytest.mark.long
def test_in_the_place_of_a_payer_that_paid_nothing_its_share_and_denial_move_to_the_other(practice):
    done = actions.bill_other(practice.ctx, chosen(practice, "L1"), DAY, Coverage("MOONB", "X1"), master=KNOWN)
    assert len(done.done) == 1
    assert len(actions.undo(practice.ctx, done.action_id, DAY).done) == 1
    assert rows(practice, schema.claims)["life"].tolist() == ["partly_paid", "withdrawn"]
    actions.bill_other(practice.ctx, chosen(practice, "L1"), DAY, Coverage("MOONB", "X1"), master=KNOWN)
    assert share(practice) == 14500
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    assert (share(practice), open_with(practice, "L1")) == (0, {("1100", "MOONB"): 19500})
    pays = PAYS.replace("L1V2", rows(practice, schema.claims)["claim_number"].iloc[-1])
    pays = remit(pays, payee="1999999018", payer="MOONBEAM MUTUAL", control="000000103").replace(b"60054", b"MOONB")
    practice.night(pays, day=DAY)
    assert (share(practice), open_with(practice, "L1")) == (0, {})
    case = rows(practice, schema.denial_cases).iloc[0]
    assert case[["state", "outcome", "recovered_cents"]].tolist() == ["closed", "overturned", 4000]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
