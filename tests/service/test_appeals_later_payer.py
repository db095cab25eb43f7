"""A letter to a second payer names its own member and asks for what the first one left, and no more."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service import appeals, desk_case, desk_facts, master
from claims.store import schema
from tests.books import Bill, claims, remit
from tests.service.appealed import begun, case_id, opened, payer

FIRST = """BPR*I*60*C*ACH************20250610~
    TRN*1*T1*1512345678~
    CLP*B1*19*100*60*40*12*ICN1~
    SVC*HC:99213*100*60**1~
    CAS*PR*2*40~"""
SECOND = """BPR*H*0*C*NON************20250620~
    TRN*1*T2*1599999999~
    CLP*B1*2*100*0**ZZ*ICN2~
    SVC*HC:99213*100*0**1~
    CAS*CO*50*100~"""


@pytest.mark.long
def test_a_second_payer_is_told_its_own_member_and_asked_for_what_is_open_on_it(sqlite_template, tmp_path):
    with opened(begun(tmp_path, sqlite_template, lambda practice: None)) as books:
        path = books.folder / "payers.csv"
        path.write_text(payer())  # the second payer is not among them
        assert [one.state for one in master.import_files(books.ctx, [path])] == ["stored"]
        bill = Bill("B1", [("99213", "100")], member="W1", others=(("S", "DRAGON", "1599999999"),))
        books.night(claims(bill), remit(FIRST), day=date(2025, 6, 21))
        books.night(remit(SECOND, payer="DRAGON"), day=date(2025, 6, 22))
        made = appeals.assembled(books.ctx, case_id(books), day=date(2025, 7, 1))
        values = made.plan.values
        assert (values["payer_name"], values["member_id"]) == ("DRAGON", "X9")
        assert (values["denied_amount"], values["asked_amount"]) == ("$100.00", "$40.00")
        last = "".join(run.text for paragraph in made.packet.letter.paragraphs for run in paragraph)
        assert "denied $100.00 of the claim" in last and "Please pay the services denied, $40.00." in last
        # The type of the first payer and its limits are not those of the second.
        case = schema.denial_cases
        ((key, due),) = books.rows(sa.select(case.c.case_key, case.c.deadline_date))
        assert made.plan.deadline.last_day == due == date(2025, 7, 20)
        assert desk_facts.facts(books.ctx, desk_case.of_key(books.ctx, key[:10]))["member_id"] == "X9"
