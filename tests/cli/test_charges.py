"""claims charges: import says what went in and what was refused and why, list says what waits."""

from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "edi_samples" / "charges"
FILES = [SAMPLES / f"{name}.csv" for name in ("professional", "institutional", "dental")]


@pytest.fixture
def books(claims):
    """A new practice."""
    assert claims("init").code == 0
    return claims


def test_good_files_go_in_and_again_change_nothing(books):
    said = books("charges", "import", *FILES)
    assert said.code == 0
    assert "3 file(s): 3 stored, 0 held, 0 refused, 0 duplicate. To send: 6 claim(s), $19,579.50." in said.out
    again = books("charges", "import", *FILES)
    assert again.code == 0
    assert again.out.count("the same file was here before; nothing changes") == 3
    assert "To send: 0 claim(s), $0.00." in again.out


def test_refused_rows_are_listed_with_row_column_and_reason(books):
    said = books("charges", "import", SAMPLES / "wrong-rows.csv")
    assert said.code == 1
    assert "held, 1 claim(s), $145.00" in said.out
    assert "row 4, charge: an amount of at least 0 with at most two decimals" in said.out.replace("\n", " ")
    for hidden in ("145.001", "EX27", "MUFFINGTON", "17.09.2026", "FW10851"):
        assert hidden not in said.out + said.err


def test_the_document_lists_all_refusals(books):
    said = books("charges", "import", FILES[0], SAMPLES / "wrong-rows.csv", "--json").json
    assert said["counts"] == {"stored": 1, "held": 1, "refused": 0, "duplicate": 0}
    good, wrong = said["files"]
    assert (good["state"], good["claims"], good["charge_cents"], good["refused"]) == ("stored", 2, 40150, [])
    assert [(row["seg"], row["element"]) for row in wrong["refused"]][:2] == [(2, "billing_npi"), (3, "service_from")]
    assert set(wrong["refused"][0]) == {"seg", "element", "code", "expected", "message", "offset"}


def test_quiet_says_nothing_and_the_exit_code_all(books):
    said = books("charges", "import", SAMPLES / "wrong-rows.csv", "--quiet", "--as", "avery")
    assert (said.code, said.out) == (1, "")


def test_a_file_of_something_else_is_named_and_refused(books, tmp_path):
    path = tmp_path / "fax.txt"
    path.write_bytes(b"no charges")
    said = books("charges", "import", path)
    assert said.code == 1
    assert "it holds no charges and no 837" in said.out


def test_a_file_that_is_not_there_is_wrong_use(books, tmp_path):
    assert books("charges", "import", tmp_path / "none.csv").code == 2


def test_the_list_sums_up_by_life_payer_and_kind(books):
    books("charges", "import", *FILES)
    said = books("charges", "list")
    assert said.code == 0
    assert "6 claim(s), $19,579.50." in said.out
    assert "draft" in said.out and "EX27" not in said.out
    document = books("charges", "list", "--json", "--limit", "1", "--show-phi").json
    assert [(row["kind"], row["claims"], row["charge_cents"]) for row in document["by_life"]] == [
        ("D", 2, 173800),
        ("I", 2, 1744000),
        ("P", 2, 40150),
    ]
    assert [row["claim_number"] for row in document["claims"]] == ["EX270011"]
    assert (document["count"], document["charge_cents"]) == (6, 1957950)
    assert books("charges", "list", "--life", "lost").code == 2


@pytest.mark.long
def test_what_an_edit_stops_is_owned_noted_given_up_and_taken_up_again(books):
    books("charges", "import", FILES[0])
    books("scrub")  # no master data: addresses are missing
    listed = books("blocked", "list", "--json").json
    assert listed["count"] == 2 and listed["charge_cents"] == 40150
    row = listed["claims"][0]
    number = row["claim_id"]
    assert row["why"] and row["charge_cents"] >= listed["claims"][1]["charge_cents"] and row["claim_number"] == "•••"
    assert row["payer_name"] == "FABLE", "no master data know its name"
    shown = books("blocked", "list", "--show-phi", "--json")
    assert shown.code == 0, shown.err
    told = shown.json["claims"][0]["claim_number"]
    assert told.startswith("EX") and told in books("blocked", "show", number, "--show-phi").out
    assert books("blocked", "assign", number, "--to", "anna").code == 0
    assert books("blocked", "note", number, "--text", "asked the registration").code == 0
    assert books("blocked", "close", number).code == 2, "without a reason nothing is given up"
    assert books("blocked", "close", number, "--reason", "billed elsewhere").code == 0
    said = books("blocked", "show", number).out
    assert "now withdrawn" in said and "Owner     anna" in said and "asked" not in said
    assert books("blocked", "list", "--json").json["count"] == 1
    assert books("blocked", "list", "--given-up", "--json").json["claims"][0]["claim_id"] == number
    (held,) = books("exceptions", "list", "--type", "CLAIM_WITHDRAWN", "--json").json["exceptions"]
    assert held["amount_cents"] == row["charge_cents"]
    assert "it is blocked" in books("blocked", "reopen", number, "--reason", "not billed by them").out
    assert books("exceptions", "list", "--type", "CLAIM_WITHDRAWN", "--json").json["exceptions"] == []
    ids = [one["claim_id"] for one in books("blocked", "list", "--json").json["claims"]]
    assert books("blocked", "note", *ids, "--text", "asked again").code == 0
    assert books("blocked", "assign", "--owner", "anna", "--to", "bob", "--json").json["numbers"] == [number]
    done = books("blocked", "close", *ids, "--reason", "billed elsewhere", "--json").json
    assert done["done"] == 2 and done["amount_cents"] == 40150 and done["stale"] == []
    assert books("blocked", "undo", done["act"], "--json").json["numbers"] == sorted(ids)
    assert books("blocked", "list", "--json").json["count"] == 2
