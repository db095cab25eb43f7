"""claims exceptions: what a person needs to act on one, and no more than belongs to it."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from claims import codes, config
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from tests.books import Bill, bank, envelope, remit
from tests.books import claims as claims_file
from tests.cli.conftest import night

DAY = date(2025, 6, 30)


def payment(trace: str, claim: str, charge: int, reason: str) -> str:
    """One payment of a claim; its set is held when the reason's 50 leave something of the charge over."""
    content = remit(f"""BPR*I*100*C*ACH************20250611~
                        TRN*1*{trace}*1512345678~
                        CLP*{claim}*1*{charge}*100**12*ICN~
                        SVC*HC:99213*{charge}*100**1~
                        CAS*CO*{reason}*50~""")
    return content.decode()


HELD = (("HELD1", "C1"), ("HELD2", "C2"))


def two_held() -> bytes:
    """A file with two sets that are both held."""
    sets = [payment(trace, claim, 151, "45").split("GE*")[0].split("*005010X221A1~")[1] for trace, claim in HELD]
    sets[1] = sets[1].replace("ST*835*0001", "ST*835*0002").replace("*0001~", "*0002~")
    return envelope("HP", "005010X221A1", sets).encode()


@pytest.fixture
def books(claims, tmp_path, begun):
    """A file with two held remittances; a payment nobody knows; a deposit; a refused file."""
    files = {
        "SECRETNAME.835": two_held(),
        "good.835": payment("FREE1", "UNKNOWN1", 150, "45").encode(),
        "claims.837": claims_file(Bill("C1", [("99213", "151")])),
        "bank.csv": bank(("2025-06-13", "41.00", "T77")),
        "fax.txt": b"this is no X12 file",
    }

    def how():
        assert claims("init").code == 0
        night(tmp_path, files, DAY)

    begun(how)
    return claims


def number_of(books, type_code: str) -> int:
    rows = books("exceptions", "list", "--type", type_code, "--json").json["exceptions"]
    return min(row["exception_id"] for row in rows)


@pytest.mark.long
def test_a_held_remittance_says_whom_to_ask_about_what(books):
    number = number_of(books, "REMIT_HELD")
    said = books("exceptions", "show", number)
    assert "PLAN ONE" in said.out and "$100.00 of 2025-06-11, trace HELD1" in said.out
    found = books("exceptions", "show", number, "--json").json["findings"]
    assert found and all(row["seg"] < 15 for row in found), "none of the other set's"
    assert "SECRETNAME" not in said.out and "SECRETNAME" not in books("exceptions", "show", number, "--json").out
    assert "Inbox     SECRETNAME.835" in books("exceptions", "show", number, "--show-phi").out


def test_sums_have_the_sign_of_what_they_add_up_and_a_person_says_which_claim_stands(books, tmp_path):
    back = tmp_path / "back.csv"
    bills = [tmp_path / f"{charge}.837" for charge in ("11", "12")]
    for path in bills:
        path.write_bytes(claims_file(Bill("Z1", [("99213", path.stem)])))
    back.write_bytes(bank(("2025-06-14", "-88.00", "T78"), ("2025-06-14", "-2.00", "T79")))
    ctx = open_context(config.load(), actor="tester")
    ingest(ctx, [back, *bills], DAY)
    reconcile(ctx, DAY)
    ctx.engine.dispose()
    assert "2 RETURN_WITHOUT_DEPOSIT, -$90.00" in books("exceptions", "list").out
    number, why = number_of(books, "CLAIM_CONFLICT"), ("--reason", "the other one was typed wrong")
    assert f'claims exceptions stand {number} --reason "WHY"' in books("exceptions", "show", number).out
    assert "at least 10" in books("exceptions", "stand", number, "--reason", "odd").err
    wrong = books("exceptions", "stand", number_of(books, "UNMATCHED_CLAIM"), *why)
    assert wrong.code == 2 and "Only of claims with one number" in wrong.err
    assert "stands. The next reconcile charges it." in books("exceptions", "stand", number, *why).out
    other = number_of(books, "CLAIM_CONFLICT")
    assert other != number and books("exceptions", "stand", other, *why, "--json").json["displaced"] == 1


def test_a_claim_number_that_is_not_there_is_not_repeated(books):
    said = books("exceptions", "match", number_of(books, "UNMATCHED_CLAIM"), "--claim", "SECRET9")
    assert (said.code, "There is no claim with this number" in said.err) == (2, True)
    assert "SECRET9" not in said.out + said.err


def test_a_deposit_says_what_the_bank_wrote(books):
    number = number_of(books, "DEPOSIT_WITHOUT_REMIT")
    said = books("exceptions", "show", number)
    assert "$41.00 of 2025-06-13" in said.out and "trace T77" in said.out and ", row 1" in said.out


def test_a_payment_shows_no_findings_of_others_and_a_file_no_segment(books):
    story = books("exceptions", "show", number_of(books, "UNMATCHED_CLAIM"), "--json").json
    assert story["findings"] == [] and story["payment"]["trace_number"] == "FREE1"
    said = books("exceptions", "show", number_of(books, "FILE_REFUSED"))
    assert "not-x12" in said.out and "segment 0" not in said.out


def test_wrong_filters_and_numbers_are_wrong_use(books):
    for words, told in (
        (("list", "--state", "x"), "open, closed, any"),
        (("list", "--type", "FOO"), "REMIT_HELD"),
        (("show", "4x"), "as claims exceptions list shows it"),
    ):
        said = books("exceptions", *words)
        assert said.code == 2 and told in said.err and len(said.err.splitlines()) == 1, words


def test_one_thing_is_listed_once_and_kinds_are_not_added_up(books):
    said = books("exceptions", "list")
    held = books("exceptions", "list", "--json").json["held"]
    assert [(row["kind"], row["amount_cents"]) for row in held] == [
        ("file", 0),
        ("remittance", 10000),
        ("remittance", 10000),
    ]
    assert "2 REMIT_HELD, $200.00" in said.out and "Held or refused now" in said.out
    for words in (("--type", "REMIT_HELD"), ("--state", "closed")):
        assert "Held or refused now" not in books("exceptions", "list", *words).out


def test_a_report_gives_the_bytes_of_an_exceptions_segment(books, tmp_path):
    assert books("report", "tieout", "--as-of", DAY, "--out", tmp_path / "t").code == 0
    with (tmp_path / "t" / "exceptions.csv").open(newline="") as file:
        rows = {row["type_code"]: row for row in csv.DictReader(file)}
    vault = open_context(config.load(), actor="tester").vault
    begins = {"REMIT_HELD": b"ST*835", "UNMATCHED_CLAIM": b"CLP*UNKNOWN1", "DEPOSIT_WITHOUT_REMIT": b"2025-06-13"}
    for type_code, begin in begins.items():
        row = rows[type_code]
        assert vault.read(row["sha256"], int(row["offset"]), int(row["length"])).startswith(begin)
    assert (rows["FILE_REFUSED"]["seg"], rows["FILE_REFUSED"]["length"]) == ("0", "0")


def test_no_text_advises_what_no_command_does_yet():
    for text in codes.table("exception_types")["release"]:
        assert "by hand" not in text or "a later version" in text


def test_what_the_bank_calls_a_payer_is_masked(books):
    listed = books("exceptions", "list", "--type", "DEPOSIT_WITHOUT_REMIT", "--json").json["exceptions"]
    number = listed[0]["exception_id"]
    assert books("exceptions", "show", number, "--json").json["deposit"]["payer_name"] == "•••"
    assert "PLAN ONE" not in books("exceptions", "show", number).out
    shown = books("exceptions", "show", number, "--json", "--show-phi").json
    assert shown["deposit"]["payer_name"] == "PLAN ONE"


@pytest.mark.long
def test_one_is_owned_noted_accepted_and_taken_up_from_the_command_line(books, tmp_path):
    odd = remit(
        """BPR*I*100*C*ACH************20250612~
                   TRN*1*ODD1*1512345678~
                   CLP*C1*1*151*100*30*12*ICN9~
                   SVC*HC:99213*151*100**1~
                   CAS*CO*45*29~
                   CAS*PR*2*22~""",
        control="000000077",
    )
    (tmp_path / "odd.835").write_bytes(odd)
    ctx = open_context(config.load(), actor="tester")
    ingest(ctx, [tmp_path / "odd.835"], DAY)
    reconcile(ctx, DAY)
    ctx.engine.dispose()
    share, waits = number_of(books, "PATIENT_SHARE_DIFFERS"), number_of(books, "UNMATCHED_CLAIM")
    assert "May be accepted: The adjustments are posted" in books("exceptions", "show", share).out
    assert books("exceptions", "assign", share, "--to", "anna", "--json").json["owner"] == "anna"
    assert f"Exception {waits} is os:" in books("exceptions", "assign", waits).out, "taken by who runs it"
    mine = books("exceptions", "list", "--owner", "anna")
    assert "PATIENT_SHARE_DIFFERS" in mine.out and "UNMATCHED_CLAIM" not in mine.out, "a note that is owned is shown"
    assert "Held or refused" not in mine.out
    nobodys = books("exceptions", "list", "--owner", "", "--json").json["exceptions"]
    assert not {share, waits} & {row["exception_id"] for row in nobodys} and nobodys
    assert books("exceptions", "note", share, "asked MRS SECRET").code == 0
    said = books("exceptions", "accept", waits, "--reason", "it does not matter")
    assert said.code == 2 and "What releases it: Load the claim" in said.err
    assert "10 characters" in books("exceptions", "accept", share, "--reason", "odd").err
    assert books("exceptions", "accept", share, "--reason", "they never fill it").code == 0
    told = books("exceptions", "show", share)
    assert "accepted" in told.out and "Owner     anna" in told.out and "SECRET" not in told.out
    assert "asked MRS SECRET" in books("exceptions", "show", share, "--show-phi").out
    assert f"Exception {share} is open again" in books("exceptions", "take-up", share, "--reason", "they err").out
    assert "not accepted" in books("exceptions", "take-up", share).err
