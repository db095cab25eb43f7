"""claims denials assign, snooze, write-off, approve ...: what people do, as it is typed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims.service import people
from claims.service.context import open_context
from claims.store import audit, schema
from claims.store.engine import write
from tests.service.desk.conftest import denied_home, opened  # noqa: F401 the practice of the desk's own tests
from tests.service.desk.test_sending import sent_home  # noqa: F401 a practice that has sent claims
from tests.web.desk import quick_hashes

DAY = ("--date", "2025-06-30")
NAMES = ("A1", "A2", "ICNA1")


PEOPLE = {"anna": "biller", "bert": "biller", "cleo": "supervisor", "dora": "supervisor", "otto": "auditor"}
LIMITS = {"bert": 99900, "dora": 99900}


@pytest.fixture(scope="module")
def staffed_home(denied_home, tmp_path_factory):  # noqa: F811
    """The practice with four denials, and people in its roles."""
    home = tmp_path_factory.mktemp("staffed") / "books"
    shutil.copytree(denied_home, home)
    ctx, now = opened(home).ctx, datetime.now(UTC)
    with quick_hashes():
        for name, role in PEOPLE.items():
            people.add(ctx, name, [role], now, write_off_limit_cents=LIMITS.get(name, 0))
            people.set_password(ctx, name, "four quiet herons wade", now)
    ctx.engine.dispose()
    return home


@pytest.fixture
def books(claims, staffed_home, tmp_path, monkeypatch):
    """A copy of it, as the command line works on it."""
    home = tmp_path / "books"
    shutil.copytree(staffed_home, home)
    monkeypatch.setenv("CLAIMS_HOME", str(home))
    return claims


def keys(books, *options):
    return [case["key"] for case in books("denials", "list", "--json", *options).json["cases"]]


@pytest.mark.long
def test_lists_are_filtered_and_sorted(books):
    all_of_them = keys(books)
    assert len(all_of_them) == 4
    said = books("denials", "list", "--sort", "at_risk")
    assert said.code == 0 and "Denials by at risk" in said.out
    assert not any(name in said.out for name in ("A1 ", "ICN"))
    assert keys(books, "--reason", "197", "--mine") != [] and keys(books, "--payer", "nobody") == []
    assert len(keys(books, "--minimum", "103.00")) == 2
    assert books("denials", "list", "--minimum", "103.00", "--sort", "age").code == 2
    assert books("denials", "list", "--view", "none").code == 2
    assert books("denials", "list", "--reason", "197", "--save", "auths", "--team").code == 0
    assert len(keys(books, "--view", "auths")) == 1
    assert [one["cases"] for one in books("denials", "views", "--json").json["views"]] == [1]


@pytest.mark.long
def test_cases_are_given_noted_put_aside_and_that_is_undone(books):
    first, second = keys(books)[:2]
    said = books("denials", "assign", first, second, "--to", "anna", *DAY)
    assert said.code == 0 and "2 case(s) done (action 1)." in said.out
    assert len(keys(books, "--assignee", "anna")) == 2
    again = books("denials", "assign", first, "--to", "anna", *DAY)
    assert again.code == 1 and f"1 refused: It is so already.\n  {first}\n" in again.out
    again = books("denials", "assign", first, "--to", "anna", *DAY, "--json").json
    assert [(row["key"], row["reason"]) for row in again["refused"]] == [(first, "no-change")]
    unknown = books("denials", "assign", first, "--to", "ana", *DAY)
    assert unknown.code == 2 and "there are: anna" in unknown.err
    looked = books("denials", "snooze", first, "--until", "2025-07-10", "--dry-run", *DAY)
    assert looked.code == 0 and "1 case(s) would be done." in looked.out
    assert books("denials", "snooze", first, "--until", "2025-07-10", *DAY).code == 0
    assert keys(books, "--state", "snoozed") == [first]
    assert books("denials", "wake", first, *DAY).code == 0
    assert books("denials", "note", second, "--text", "MRS TEST called", *DAY).code == 0
    told = books("denials", "show", second).out
    assert "MRS TEST" not in told and "Who       anna" in told and "to anna" in told
    assert "MRS TEST called" in books("denials", "show", second, "--show-phi").out
    for words in (("note", second), ("tag", second)):  # a key that stands first is no note
        assert books("denials", *words, *DAY).code == 2
    undone = books("denials", "undo", "1", *DAY)
    assert undone.code == 1 and "1 case(s) done" in undone.out and "1 refused: It was changed since" in undone.out
    assert books("denials", "tag", second, "--word", "audit", *DAY).code == 0
    assert "tagged audit" in books("denials", "show", second).out
    assert books("denials", "undo", "6", "--only", first, *DAY).code == 2
    assert books("denials", "undo", "6", "--only", second, *DAY, "--json").json["done"] == 1


def test_money_is_given_up_by_two_people(books):
    key = keys(books)[0]
    asked = books("denials", "write-off", key, "--reason", "small", "--as", "anna", *DAY)
    assert asked.code == 0 and "wait for a second person" in asked.out
    waits = books("denials", "approvals").out
    assert "anna" in waits and key in waits and "small" not in waits  # words may name a patient
    (row,) = books("denials", "approvals", "--show-phi", "--json").json["actions"]
    assert row["reason"] == "small" and row["of"][0]["key"] == key and row["of"][0]["cause"]
    assert books("denials", "approve", "1", "--as", "anna", *DAY).code == 2
    assert books("denials", "approve", "1", "--as", "cleo", *DAY).code == 2  # no limit of her own
    refused = books("denials", "refuse", "1", "--reason", "appeal first", "--as", "cleo", *DAY)
    assert refused.code == 0 and "1 case(s) refused" in refused.out
    assert books("denials", "approvals", "--json").json == {"actions": [], "requests": []}


def test_a_role_is_a_barrier_on_the_command_line_too(books):
    key = keys(books)[0]
    asked = books("denials", "write-off", key, "--reason", "small", "--as", "anna", *DAY)
    assert asked.code == 0 and "wait for a second person" in asked.out
    assert "desk.approve" in books("denials", "approve", "1", "--as", "bert", *DAY).err  # a biller, limit or not
    assert books("denials", "refuse", "1", "--reason", "no", "--as", "bert", *DAY).code == 2
    assert books("denials", "approve", "1", *DAY).code == 2  # the machine's user is no second person
    assert "desk.act" in books("denials", "note", key, "--text", "seen", "--as", "otto", *DAY).err
    assert books("denials", "list", "--save", "mine", "--as", "otto").code == 2
    assert books("denials", "list", "--save", "all", "--team", "--as", "bert").code == 2
    assert books("appeals", "prepare", key, "--as", "otto").code == 2
    assert "zoe is not among the people" in books("denials", "show", key, "--as", "zoe").err
    assert books("users", "disable", "bert").code == 0
    assert "bert is disabled" in books("denials", "note", key, "--text", "seen", "--as", "bert", *DAY).err
    assert books("denials", "approve", "1", "--as", "ANNA", *DAY).code == 2  # nobody is a second person by a capital
    assert books("denials", "approve", "1", "--as", "Dora", *DAY).code == 0
    assert {row["approved_by"] for row in rows(books, "select approved_by from denial_actions")} == {"dora"}


def rows(_books, sql):
    with sqlite3.connect(Path(os.environ["CLAIMS_HOME"]) / "claims.db") as conn:
        conn.row_factory = sqlite3.Row
        return conn.execute(sql).fetchall()


@pytest.mark.long
def test_a_lowered_charge_waits_for_a_second_person(claims, sent_home, tmp_path, monkeypatch):  # noqa: F811
    shutil.copytree(sent_home, tmp_path / "sent")
    monkeypatch.setenv("CLAIMS_HOME", str(tmp_path / "sent"))
    assert claims("master", "import", Path(__file__).parents[2] / "edi_samples" / "master").code == 0
    ctx = open_context()
    audit.create_key(ctx.settings.people_key_file)
    for name, limit in (("anna", 2500), ("sue", 10**6)):
        people.add(ctx, name, ["supervisor"], datetime.now(UTC), write_off_limit_cents=limit)
    with write(ctx.engine) as conn:
        conn.execute(sa.update(schema.users).values(state="active"))
    key = claims("denials", "list", "--json").json["cases"][0]["key"]
    asked = ("denials", "resubmit", key, "--set", "1:charge=1.00", "--date", "2026-10-20", "--as", "anna")
    assert "Say why" in claims(*asked).err and "wait for a second person" in claims(*asked, "--dry-run").out
    said = claims(*asked, "--lowered-reason", "billed twice")
    assert "$144.00 less would be charged: request 1 waits for a second person" in said.out
    (row,) = claims("denials", "approvals", "--show-phi", "--json").json["requests"]
    assert (row["amount_cents"], row["reason"], row["case_keys"]) == (14400, "billed twice", [key])
    assert row["changed"] == ["charge of line 1 to 1.00"] and len(row["claims"]) == 1
    assert claims("takebacks", "approve", "1", "--date", "2026-10-20", "--as", "anna").code == 2
    assert "$144.00 approved" in claims("takebacks", "approve", "1", "--date", "2026-10-20", "--as", "sue").out


@pytest.mark.long
def test_another_payer_is_billed_after_a_rehearsal(claims, sent_home, tmp_path, monkeypatch):  # noqa: F811
    shutil.copytree(sent_home, tmp_path / "sent")
    monkeypatch.setenv("CLAIMS_HOME", str(tmp_path / "sent"))
    assert claims("master", "import", Path(__file__).parents[2] / "edi_samples" / "master").code == 0
    (key,) = [row["key"] for row in claims("denials", "list", "--json", "--show-phi").json["cases"]
              if row["claim_number"] == "K5"]  # fmt: skip
    asked = ("denials", "bill-other", key, "--payer", "DRAGN", "--member", "DM20411", "--date", "2026-10-20")
    assert claims("denials", "bill-other", key, "--member", "DM20411").code == 2
    assert "Billed instead the payer that denied; on the claim stand: DRAGN." in claims(*asked, "--dry-run").out
    asked += ("--order", "before", "--relationship", "01", "--subscriber", "SAUCER,QUILL")
    looked = claims(*asked, "--dry-run")
    assert looked.code == 0 and "would go as a new claim" in looked.out and "DM20411" not in looked.out
    assert "Billed before the payer that denied; on the claim stand: DRAGN, then FABLE." in looked.out
    told = claims(*asked, "--dry-run", "--json").json
    assert (told["order"], told["payers"]) == ("before", ["DRAGN", "FABLE"])
    done = claims(*asked, "--json")
    assert (done.code, done.json["done"], done.json["new_claims"]) == (0, 1, 1)
    with sqlite3.connect(tmp_path / "sent" / "claims.db") as conn:
        row = conn.execute("select payer_code, member_id, life from claims order by claim_id desc limit 1").fetchone()
    assert row == ("DRAGN", "DM20411", "ready")


def test_what_else_can_be_done(books):
    by_reason = {reason: keys(books, "--reason", reason)[0] for reason in ("197", "16", "29", "204")}
    assert books("denials", "appeal", by_reason["197"], "--proof", "fax", "--without-packet", *DAY).code == 0
    assert books("denials", "info-sent", by_reason["16"], "--proof", "upload", *DAY).code == 0
    assert books("denials", "to-patient", by_reason["204"], *DAY).code == 0
    assert keys(books, "--state", "waiting") != []
    said = books("denials", "resubmit", by_reason["29"], "--set", "member_id=W9", *DAY)
    assert said.code == 1 and "refused: The claim was not sent from here" in said.out
    said = books("denials", "bill-next", by_reason["29"], *DAY)
    assert said.code == 1 and "No payer after this one is named" in said.out
    assert "not passed" in books("denials", "expire", by_reason["29"], "--reason", "late", *DAY).out
    said = books("denials", "duplicate", by_reason["29"], "--of", by_reason["197"], *DAY)
    assert said.code == 1 and "of the same payer, patient, day and services" in said.out
    decided = ("denials", "upheld", by_reason["197"], "--proof", "letter", *DAY)
    assert books(*decided, "--on", "soon").code == 2
    assert books(*decided, "--on", "2025-07-01").code == 1
    assert books(*decided, "--on", "2025-06-30").code == 0
    assert by_reason["197"] in keys(books, "--state", "open")


@pytest.mark.parametrize(
    "words",
    [
        ("assign", "--to", "anna"),
        ("assign", "zzzz", "--to", "anna"),
        ("assign", "--pattern", "9", "--to", "anna"),
        ("snooze", "--pattern", "9", "--until", "soon"),
        ("appeal", "--pattern", "9", "--level", "0"),
        ("undo", "77"),
        ("approve", "77"),
        ("views", "--delete", "77"),
        ("wake", "", "--date", "today"),
    ],
)
def test_wrong_use_is_named(books, words):
    said = books("denials", *words)
    assert said.code == 2 and said.err


def test_nothing_to_list_says_so(books):
    told = books("denials", "patterns", "--json").json
    assert (
        told["patterns"] == told["groups"] == []
        and told["alone"]["cases"] == books("denials", "list", "--json").json["count"]
    )
    assert books("denials", "views", "--json").json == {"views": []}
    assert "none" in books("denials", "patterns").out
