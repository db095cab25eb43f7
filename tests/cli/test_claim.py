"""claims claim, rejections and resubmit: follow a claim, work on what was refused, without patient data on screen."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.answers import ca_277
from tests.books import Bill
from tests.books import claims as claims_file
from tests.cli.conftest import night

DAY = date(2025, 6, 30)
SECRET = "SECRETNO1"


@pytest.fixture
def books(claims, tmp_path, begun):
    """Two claims sent by somebody else; the payer refuses one."""
    files = {
        "a.837": claims_file(Bill(SECRET, [("99213", "100")]), Bill("A2", [("99213", "50")])),
        "b.277": ca_277("B1", (SECRET, "A7:488", "100"), ("A2", "A2:20", "50")),
    }

    def how():
        assert claims("init").code == 0
        night(tmp_path, files, DAY)

    begun(how)


def test_a_claim_is_shown_by_the_number_that_was_typed_and_masked(claims, books):
    said = claims("claim", "show", SECRET)
    assert said.code == 0 and SECRET not in said.out
    assert "the 277CA refuses it" in said.out and "A7 488" in said.out
    assert SECRET in claims("claim", "show", SECRET, "--show-phi").out
    told = claims("claim", "show", "A2", "--json").json
    assert [step["step"] for step in told["steps"] if step["kind"] == "life"] == ["accepted"]
    assert told["proofs"][0]["effective_date"] == "2025-03-12"
    # It was sent by somebody else, on the day of its interchange; steps say when they happened and were booked.
    (sent,) = told["sendings"]
    assert sent["state"] == "elsewhere" and sent["posting_date"] == told["steps"][0]["day"] < DAY.isoformat()
    assert "sent elsewhere" in said.out and "Sent: none" not in said.out
    accepted = next(step for step in told["steps"] if step["step"] == "accepted")
    assert (accepted["day"], accepted["posting_date"]) == ("2025-03-12", DAY.isoformat())
    missing = claims("claim", "show", "NOSUCH")
    assert missing.code == 2 and "NOSUCH" not in missing.err


def test_rejections_are_listed_shown_and_given_up(claims, books):
    said = claims("rejections", "list")
    assert said.code == 0 and SECRET not in said.out and "$100.00" in said.out
    assert "no denials are among them" in said.out
    (row,) = claims("rejections", "list", "--json").json["rejections"]
    number = row["rejection_id"]
    assert f"claims resubmit id:{row['claim_id']} --set" in said.out, "a number alone may be another claim's"
    assert "Diagnoses of the service" in claims("rejections", "show", number).out
    assert claims("denials", "list", "--json").json["count"] == 0
    assert claims("rejections", "assign", number, "--to", "anna").code == 0
    assert claims("rejections", "note", number, "--text", "asked the clearing house").code == 0
    told = claims("rejections", "show", number, "--show-phi").out
    assert "Owner     anna" in told and "asked the clearing house" in told
    assert "asked" not in claims("rejections", "show", number).out
    assert claims("rejections", "close", number, "--reason", "billed elsewhere").code == 0
    assert claims("rejections", "close", number).code == 2
    assert claims("rejections", "list", "--json").json["count"] == 0
    assert (
        claims("rejections", "list", "--state", "any", "--json").json["rejections"][0]["closed_reason"] == "withdrawn"
    )


def test_a_list_of_rejections_is_given_given_up_and_undone_after_a_rehearsal(claims, books):
    looks = claims("rejections", "close", "--whole-list", "--reason", "billed elsewhere", "--dry-run", "--json").json
    assert (looks["act"], looks["done"], looks["amount_cents"], looks["refused"]) == (0, 1, 10000, [])
    assert claims("rejections", "assign", "--payer", "nobody of that name", "--to", "anna", "--json").json["done"] == 0
    said = claims("rejections", "assign", "--whole-list", "--to", "anna")
    assert said.code == 0 and "1 rejection(s) given to anna, $100.00; back with" in said.out
    again = claims("rejections", "assign", "--owner", "anna", "--to", "anna")
    assert again.code == 1 and "1 not: it is anna's already (1)." in again.out
    done = claims("rejections", "close", "--owner", "anna", "--reason", "billed elsewhere")
    back = re.search(r"back with: claims (rejections undo \d+)\.", done.out)[1].split()
    assert claims("rejections", "list", "--json").json["count"] == 0
    assert "1 rejection(s) as before" in claims(*back).out and claims(*back).code == 1
    assert claims("rejections", "list", "--owner", "anna", "--json").json["count"] == 1
    for words in ((), ("1", "--whole-list"), ("1", "2")):
        assert claims("rejections", "close", *words).code == 2, "nothing, two ways at once, and one that is not there"
    assert claims("rejections", "undo", "1").code == 2


def test_proposals_name_the_row_of_edit_settings(claims, books):
    (row,) = claims("rejections", "proposals", "--json").json["proposals"]
    assert row["row"].startswith("S24c,") and row["row"].endswith(",block")
    assert claims("rejections", "dismiss", row["edit_proposal_id"]).code == 0
    assert claims("rejections", "proposals", "--json").json["proposals"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((SECRET,), "sent by somebody else"),
        (("A2",), "is accepted: only a claim that was rejected"),
        (("A2", "--set", "member_id"), "column=value"),
        (("NOSUCH",), "no claim"),
    ],
)
def test_resubmit_says_what_it_cannot_do_without_naming_the_claim(claims, books, words, says):
    said = claims("resubmit", *words)
    assert said.code == 2
    assert says in said.err and SECRET not in said.err
