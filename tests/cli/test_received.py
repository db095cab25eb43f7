"""claims remits, files, audit: the numbers that other commands take, what a claim was paid, the head of the chain."""

from __future__ import annotations

import json
import sqlite3
from datetime import date

import pytest

from claims import config
from tests.books import Bill, bank, remit
from tests.books import claims as claims_file

DAY = date(2025, 6, 30)
PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*SECRET1*1*150*88*22*12*SECRETICN~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""
TOO_MUCH = PAID.replace("*T1*", "*T2*").replace("BPR*I*88", "BPR*I*0").replace("*88", "*0").replace("45*40", "45*133")


@pytest.fixture
def books(practice_of):
    """A claim, its payment with its deposit, and a payment that does not add up."""
    contents = claims_file(Bill("SECRET1", [("99213", "150")])), remit(PAID), remit(TOO_MUCH)
    return practice_of(DAY, *contents, bank(("2025-03-11", "88", "T1")))


@pytest.mark.long
def test_remittances_and_files_are_listed_with_the_numbers_that_undo_and_ties_take(books):
    posted = books("remits", "list", "--state", "posted", "--json").json["remittances"]
    assert [(one["trace_number"], one["payment_cents"], one["deposits"]) for one in posted] == [("T1", 8800, "1")]
    number, sha256 = posted[0]["remit_id"], posted[0]["sha256"]
    told = books("remits", "show", number)
    assert f"claims undo remit:{number}" in told.out and "SECRET" not in told.out
    assert books("remits", "show", "999").code == 2
    assert books("remits", "list", "--state", "x").code == 2
    listed = books("files", "list", "--json").json["files"]
    assert len(listed) == 4 and {one["state"] for one in listed} == {"stored", "held"}
    told = books("files", "show", sha256[:8], "--json").json
    assert (told["sha256"], [one["remit_id"] for one in told["remittances"]]) == (sha256, [number])
    assert books("files", "show", "abc").code == 2
    assert books("files", "show", "ffffffffff").code == 2


def test_runs_are_listed_with_the_numbers_that_undo_takes(books):
    runs = books("runs", "list", "--json").json["runs"]
    night = next(one for one in runs if one["kind"] == "reconcile")
    assert (night["posting_date"], night["state"], night["counts"]["posted_cents"]) == ("2025-06-30", "done", 8800)
    told = books("runs", "show", night["run_id"])
    assert f"claims undo run:{night['run_id']} --dry-run" in told.out and "SECRET" not in told.out
    (came_in,) = books("runs", "list", "--kind", "ingest", "--json").json["runs"]
    files = books("runs", "show", came_in["run_id"], "--json").json["files"]
    assert sorted(one["state"] for one in files) == ["held", "stored", "stored", "stored"]
    assert "claims runs list" in books("runs", "show", "999").err and "claims runs list" in books("undo", "run:999").err
    undone = books("undo", f"run:{night['run_id']}", "--dry-run", "--json").json
    assert sum(one["amount_cents"] for one in undone["accounts"]) == 0
    wanted = {}
    for row in undone["journals"]:
        wanted[row["account"]] = wanted.get(row["account"], 0) + row["amount_cents"]
    assert {one["account"]: one["debit_cents"] - one["credit_cents"] for one in undone["accounts"]} == wanted
    before = books("runs", "list", "--before", night["run_id"], "--limit", "1", "--json").json["runs"]
    assert before == [came_in]


@pytest.mark.long
def test_an_act_is_not_dated_before_what_it_takes_back(books):
    """Else the days between, as they were reported, add up no more."""
    number = books("remits", "list", "--state", "posted", "--json").json["remittances"][0]["remit_id"]
    for act in (("undo", f"remit:{number}"), ("deposits", "untie", "1", "--reason", "wrong")):
        said = books(*act, "--date", "2025-06-29")
        assert said.code == 2 and "booked on 2025-06-30" in said.err
    assert books("undo", f"remit:{number}", "--date", "2025-07-02").code == 0
    assert "booked on 2025-07-02" in books("replay", f"remit:{number}", "--date", "2025-07-01").err
    assert books("replay", f"remit:{number}", "--date", "2025-07-02").code == 0


def test_undo_takes_a_file_by_its_hash_and_counts_every_journal(books):
    sha256 = books("remits", "list", "--state", "posted", "--json").json["remittances"][0]["sha256"]
    done = books("undo", f"file:{sha256[:12]}", "--json").json
    assert done["target"].startswith("file:") and done["counts"]["remittances_undone"] == 1
    assert done["counts"]["journals"] == len({one["idempotency_key"] for one in done["journals"]})
    assert "with the hash" in books("undo", "file:999999").err  # a hash may begin with digits alone


def test_a_claim_says_what_each_remittance_paid_adjusted_and_left_to_the_patient(books):
    (paid,) = books("claim", "show", "SECRET1", "--json").json["payments"]
    amounts = [paid[name] for name in ("charge_cents", "paid_cents", "adjusted_cents", "patient_cents")]
    assert amounts == [15000, 8800, 4000, 2200]
    number = books("remits", "list", "--state", "posted", "--json").json["remittances"][0]["remit_id"]
    assert paid["remit_id"] == number
    assert "whole deposit" in books("claim", "show", "SECRET1").out


def test_adjustments_of_more_than_the_charge_are_said_in_words(books):
    number = books("exceptions", "list", "--type", "REMIT_HELD", "--json").json["exceptions"][0]["exception_id"]
    findings = books("exceptions", "show", number, "--json").json["findings"]
    assert any("its adjustments add up to 155.00" in one["message"] for one in findings)


def test_what_the_audit_names_by_a_key_is_shown_by_it(books, tmp_path):
    with sqlite3.connect(config.load().home / "claims.db") as conn:
        remits = dict(conn.execute("SELECT remit_id, remit_key FROM remittances"))
        lines = dict(conn.execute("SELECT bank_line_id, line_key FROM bank_lines"))
    for number, key in remits.items():
        assert books("remits", "show", key[:12], "--json").json["remit_id"] == number
    for number, key in lines.items():
        assert books("deposits", "show", key[:12], "--json").json["bank_line_id"] == number
    assert books("remits", "show", "0123456789ab").code == books("deposits", "show", "0123456789ab").code == 2
    assert books("remits", "show", "SECRET1").code == 2


def test_a_closing_says_what_it_closes(books):
    would = books("periods", "close", "2025-06-30", "--dry-run", "--json").json
    assert {one["account"]: one["amount_cents"] for one in would["balances"]} == {
        "1000": 8800, "1050": 0, "1100": 0, "1200": 2200, "4000": -15000, "4100": 4000,
    }  # fmt: skip
    assert sum(one["amount_cents"] for one in would["balances"]) == 0 and would["journals"] > 0
    said = {one["type_code"]: one["count"] for one in would["open_exceptions"]}
    assert said == {"REMIT_HELD": 1}
    assert books("periods", "close", "2025-06-30", "--json").json == would | {"dry_run": False}
    assert would["head_hash"] in books("periods", "list").out


@pytest.mark.long
def test_a_head_that_was_noted_is_compared(books):
    head = books("audit", "head", "--json").json["head"]
    assert books("audit", "verify", "--head", head, "--json").json["sound"] is True
    books("periods", "close", "2025-03-31")
    assert books("audit", "verify", "--head", head).code == 0
    number, _, mac = books("audit", "head", "--json").json["head"].partition(":")
    assert books("audit", "verify", "--head", f"{int(number) + 1}:{mac}").code == 1
    assert books("audit", "verify", "--head", "nonsense").code == 2
    assert books("audit", "acknowledge", "claim 1").code == 2  # nothing is to be said of it


@pytest.mark.long
def test_tables_that_were_all_put_back_are_shown_by_a_report_that_was_kept(books, tmp_path):
    """That is how the books once stood, and nothing in them tells of the day after it."""
    database, before = config.load().home / "claims.db", tmp_path / "before.db"
    with sqlite3.connect(database) as conn:
        conn.execute("VACUUM INTO ?", (str(before),))
    books("periods", "close", "2025-03-31")
    kept = tmp_path / "kept"
    assert books("report", "tieout", "--as-of", "2025-03-31", "--out", kept).code == 0
    assert books("audit", "verify", "--reports", kept).code == 0
    for path in database.parent.glob("claims.db*"):  # with what was not yet written into it
        path.unlink()
    before.replace(database)
    assert books("audit", "verify").code == 0
    wrong = books("audit", "verify", "--reports", kept, "--json")
    assert wrong.code == 1
    (broken,) = [one for one in wrong.json["checks"] if one["broken"]]
    assert broken["name"] == "reports" and "manifest.json" in broken["broken"][0]
    assert books("audit", "verify", "--reports", tmp_path / "nothing").code == 2
    content = json.loads((kept / "manifest.json").read_text())
    for run in ({"audit_head": "1:spoilt"}, {}):
        (kept / "manifest.json").write_text(json.dumps(content | {"run": run}))
        said = books("audit", "verify", "--reports", kept)
        assert said.code == 1 and "holds no head" in said.err
    (kept / "manifest.json").rename(tmp_path / "manifest.json")
    (kept / "other").mkdir()
    (tmp_path / "manifest.json").rename(kept / "other" / "manifest.json")
    assert "no manifest.json" in books("report", "verify", kept).err


def test_without_a_contract_nothing_is_said_of_differences(books):
    assert "No line was priced" in books("variances", "list").out


def test_statements_are_quiet_and_machine_readable(books, tmp_path):
    out = ("--as-of", "2025-06-30", "--out", tmp_path / "statements")
    assert books("statements", *out, "--json").json["report"] == "statements"
    assert books("statements", *out, "--quiet").out == ""


def test_bank_lines_known_from_an_earlier_file_are_said_with_their_amount(books, tmp_path):
    later = tmp_path / "later.csv"
    later.write_bytes(bank(("2025-03-11", "88", "T1"), ("2025-03-12", "7", "T9")))
    said = books("ingest", later)
    assert "1 bank line(s), $88.00, were known from an earlier file" in said.out
    assert "bank line" not in books("ingest", later).out  # the file itself is known
    more = tmp_path / "more.csv"
    more.write_bytes(bank(("2025-03-12", "7", "T9"), ("2025-03-13", "5", "T8")))
    counts = books("ingest", more, "--json").json["files"][0]["counts"]
    assert counts == {"rows": 2, "refused": 0, "new": 1, "known": 1, "known_cents": 700}
