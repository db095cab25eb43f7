"""claims undo and claims replay: what they say and end with, by our own numbers only."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from claims import config
from claims.service.context import open_context
from claims.service.patient_entry import add_patient_payment
from claims.store import schema
from claims.store.engine import read
from tests.books import Bill, remit
from tests.books import claims as claims_file
from tests.cli.conftest import night

DAY = date(2025, 6, 30)
DENIED = """BPR*H*0*C*NON************20250310~
            TRN*1*T1*1512345678~
            CLP*SECRET1*1*300*0**12*SECRETICN~
            SVC*HC:70551*300*0**1~
            CAS*CO*16*300~
            LQ*HE*M51~"""
PAID = """BPR*I*210*C*ACH************20250410~
          TRN*1*T2*1512345678~
          CLP*SECRET1*1*300*210*30*12*SECRETICN2~
          SVC*HC:70551*300*210**1~
          CAS*CO*45*60~
          CAS*PR*2*30~"""


@pytest.fixture
def books(claims, tmp_path, begun):
    """A claim that is denied, and paid by a later remittance without a reversal."""

    def how():
        assert claims("init").code == 0
        files = claims_file(Bill("SECRET1", [("70551", "300")])), remit(DENIED), remit(PAID)
        for number, content in enumerate(files):
            night(tmp_path, {f"{number}.dat": content}, DAY)

    begun(how)
    return claims


def rows(select):
    ctx = open_context(config.load(), actor="tester")
    with read(ctx.engine) as conn:
        found = [tuple(row) for row in conn.execute(select)]
    ctx.engine.dispose()
    return found


def test_a_dry_run_lists_every_journal_and_changes_nothing(books):
    journals = sa.select(sa.func.count()).select_from(schema.journals)
    before = rows(journals)
    said = books("undo", "remit:1", "--dry-run", "--json", "--as", "anna")
    assert said.code == 0
    told = said.json
    assert (told["target"], told["dry_run"], told["refused"]) == ("remit:1", True, [])
    assert [(one["claim_payment_id"], one["is_target"]) for one in told["postings"]] == [(1, True), (2, False)]
    by_key = {}
    for one in told["journals"]:
        by_key.setdefault(one["idempotency_key"].split(":")[0], []).append((one["account"], one["amount_cents"]))
    assert sum(cents for _, cents in by_key["undo"]) == 0
    assert sorted(by_key["835"]) == [("1050", 21000), ("2200", -21000)]
    assert rows(journals) == before
    assert "SECRET" not in said.out + said.err
    people = books("undo", "remit:1", "--dry-run")
    assert "SECRET" not in people.out and "Nothing was changed (--dry-run)." in people.out


def test_what_is_undone_is_listed_and_posted_again_by_replay_only(books):
    said = books("undo", "remit:2", "--date", "2025-07-01")
    assert (said.code, "claims replay remit:2" in said.out) == (0, True)
    books("reconcile", "--date", "2025-07-01")
    found = books("exceptions", "list", "--type", "UNDONE", "--json").json["exceptions"]
    assert [(one["amount_cents"], one["release"]) for one in found] == [
        (
            21000,
            "Post it again with claims replay of what was undone (remittance, file, run or claim); no reconcile does "
            "it by itself",
        )
    ]
    assert books("audit", "verify").code == 0
    again = books("replay", "remit:2", "--date", "2025-07-01", "--json").json
    assert again["counts"]["remittances_posted"] == 1
    assert all(one["idempotency_key"].endswith(":1") for one in again["journals"])
    assert books("exceptions", "list", "--type", "UNDONE", "--json").json["exceptions"] == []
    assert books("audit", "verify").code == 0


def test_a_person_on_top_is_named_and_refuses(books):
    ctx = open_context(config.load(), actor="tester")
    add_patient_payment(ctx, "SECRET1", 3000, date(2025, 7, 1), "cheque", date(2025, 7, 1))
    ctx.engine.dispose()
    said = books("undo", "remit:2", "--json")
    assert said.code == 1
    assert [(one["kind"], one["family_id"]) for one in said.json["refused"]] == [("patient patient-payment", 1)]
    assert rows(sa.select(schema.remittances.c.state).distinct()) == [("posted",)]


def test_a_target_that_means_nothing_is_wrong_use(books):
    for target, says in (
        ("remit:99", "There is no remittance 99."),
        ("payment:1", "remit:NO, file:NO, claim:NO or run:NO"),
        ("file:1", "Nothing of file:1 is posted."),
        ("1", "say one of: remit:1, claim:1"),
    ):
        said = books("undo", target)
        assert (said.code, says in said.err) == (2, True), target
