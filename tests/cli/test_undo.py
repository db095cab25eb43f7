"""claims undo and claims replay: what they say and end with, by our own numbers only."""

from __future__ import annotations

import shlex
from datetime import date

import pytest
import sqlalchemy as sa

from claims import config
from claims.service.context import open_context
from claims.service.desk import actions
from claims.service.patient_entry import add_patient_payment
from claims.store import schema
from claims.store.engine import read
from tests.books import Bill, bank, remit
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


@pytest.mark.long
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


@pytest.mark.long
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


def typed(books, command):
    """Run a command as it was printed."""
    program, *words = shlex.split(command)
    assert program == "claims"
    return books(*words, *(("--date", "2025-07-01") if words[0] in ("undo", "denials") else ()))


def undone_by_what_it_says(books, target):
    """Undo a target; as long as something refuses, type the first command that is named. Gives those commands."""
    commands = []
    while (said := books("undo", target, "--json", "--date", "2025-07-01")).code == 1:
        refused = said.json["refused"]
        assert all("SECRET" not in one["says"] + one["command"] for one in refused)
        commands.append(refused[0]["command"])
        assert commands[-1] in books("undo", target).out
        done = typed(books, commands[-1])
        assert done.code == 0, (commands, done)
        assert len(commands) < 6
    assert said.code == 0
    assert books("audit", "verify").code == 0
    return commands


@pytest.mark.long
def test_a_person_on_top_is_named_and_refuses(books):
    ctx = open_context(config.load(), actor="tester")
    add_patient_payment(ctx, "SECRET1", 3000, date(2025, 7, 1), "cheque", date(2025, 7, 1))
    ctx.engine.dispose()
    said = books("undo", "remit:2", "--json")
    assert said.code == 1
    assert [(one["kind"], one["family_id"]) for one in said.json["refused"]] == [("patient patient-payment", 1)]
    assert rows(sa.select(schema.remittances.c.state).distinct()) == [("posted",)]
    # The first remittance has the second on top of it, and the payment was after both.
    assert undone_by_what_it_says(books, "remit:T1") == [
        'claims payments void 1 --reason "entered again after the undo of remit:1"'
    ]


@pytest.mark.long
def test_an_action_below_a_later_remittance_goes_after_that(books, tmp_path):
    again = remit(DENIED.replace("TRN*1*T1*", "TRN*1*T8*").replace("SECRET1", "SECRET8"))
    back = """CLP*SECRET8*22*-300*0**12*SECRETICN~
              SVC*HC:70551*-300*0**1~
              CAS*CO*16*-300~
              CLP*SECRET8*"""
    paid = PAID.replace("TRN*1*T2*", "TRN*1*T9*").replace("CLP*SECRET1*", back, 1)
    decided = remit(paid.replace("SECRETICN2", "SECRETICN"))
    night(
        tmp_path, {"8.dat": claims_file(Bill("SECRET8", [("70551", "300")]), control="000000008"), "8r.dat": again}, DAY
    )
    case = schema.denial_cases
    seen = rows(sa.select(case.c.case_id, case.c.version).where(case.c.claim_number == "SECRET8"))
    ctx = open_context(config.load(), actor="tester")
    assert actions.write_off(ctx, seen, "given up", 10**9, DAY).amount_cents == 30000
    ctx.engine.dispose()
    night(tmp_path, {"9r.dat": decided}, DAY)
    action = rows(sa.select(sa.func.max(schema.denial_actions.c.action_id)))[0][0]
    commands = undone_by_what_it_says(books, "remit:T8")
    assert commands == ["claims undo remit:T9", f"claims denials undo {action}"]


@pytest.mark.long
def test_a_tie_and_a_match_by_hand_go_by_the_commands_that_are_named(books, tmp_path):
    wrong = remit(PAID.replace("TRN*1*T2*", "TRN*1*T7*").replace("SECRET1", "TYPO7").replace("SECRETICN2", "ICN7"))
    bill = claims_file(Bill("SECRET7", [("70551", "300")]), control="000000007")
    night(tmp_path, {"7.dat": bill, "7r.dat": wrong, "7b.dat": bank(("2025-04-11", "210.00", "OTHER"))}, DAY)
    (waits,) = rows(
        sa.select(schema.exceptions.c.exception_id).where(schema.exceptions.c.type_code == "UNMATCHED_CLAIM")
    )[0]
    assert books("exceptions", "match", waits, "--claim", "SECRET7", "--although", "same one").code == 0
    night(tmp_path, {}, DAY)
    assert books("deposits", "tie", "1", "3", "--reason", "by phone").code == 0
    commands = undone_by_what_it_says(books, "remit:T7")
    assert commands[:2] == ['claims deposits untie 1 --reason "remit:3 is undone"', "claims undo claim:2"]
    assert commands[2].startswith("claims exceptions unmatch ") and len(commands) == 3


def test_a_target_that_means_nothing_is_wrong_use(books):
    for target, says in (
        ("remit:99", "There is no remittance 99."),
        ("payment:1", "remit:NO, file:NO, claim:NO or run:NO"),
        ("remit:NONE", "There is no remittance that is posted with this trace number"),
        ("file:1", "Nothing of file:1 is posted."),
        ("1", "say one of: remit:1, claim:1"),
    ):
        said = books("undo", target)
        assert (said.code, says in said.err) == (2, True), target
