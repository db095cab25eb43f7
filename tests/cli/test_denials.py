"""claims denials, exceptions and report, as they are typed."""

import json
from datetime import date

import pytest

from claims.cli.report import instant
from tests.books import Bill, bank, remit
from tests.books import claims as claims_file

DAY = date(2025, 6, 30)
FILES = [
    claims_file(Bill("SECRET1", [("99213", "150")])),
    remit("""BPR*H*0*C*NON************20250611~
             TRN*1*T2*1512345678~
             CLP*SECRET1*1*150*0**12*HIDDEN1~
             SVC*HC:99213*150*0**1~
             CAS*CO*197*150~
             CLP*SECRET2*4*75*0**12*HIDDEN2~
             SVC*HC:99212*75*0**1~
             CAS*CO*16*75~
             LQ*HE*MA130~"""),
    b"this is no X12 file",
    bank(("2025-06-13", "41.00", "T77")),
]
NAMES = ("SECRET1", "SECRET2", "HIDDEN1", "HIDDEN2")


@pytest.fixture
def books(practice_of):
    """A practice with two denials, a refused file and a deposit that nothing explains."""
    return practice_of(DAY, *FILES)


@pytest.mark.long
def test_the_queue_and_a_story(books):
    said = books("denials", "list", "--sort", "at_risk")
    assert said.code == 0
    assert "2 case(s), $225.00 at risk" in said.out
    assert said.out.index("$150.00") < said.out.index("$75.00")
    assert not any(name in said.out for name in NAMES)
    cases = books("denials", "list", "--sort", "at_risk", "--json").json["cases"]
    assert [case["at_risk_cents"] for case in cases] == [15000, 7500]
    story = books("denials", "show", cases[1]["key"])
    assert story.code == 0
    assert "Next      Send it anew from where it was sent" in story.out and "NEW" not in story.out
    assert "$75.00 billed - $75.00 adjusted - $0.00 paid = $0.00 unexplained" in story.out
    assert "remark MA130" in story.out
    assert story.out.splitlines()[-1].endswith("--show-phi shows them, and that is recorded.")
    assert not any(name in story.out for name in NAMES)


def test_names_are_shown_when_asked_and_masked_in_json_too(books):
    assert not any(name in books("denials", "list", "--json").out for name in NAMES)
    assert "SECRET1" in books("denials", "list", "--show-phi").out
    key = books("denials", "list", "--sort", "at_risk", "--json").json["cases"][0]["key"]
    assert not any(name in books("denials", "show", key, "--json").out for name in NAMES)
    shown = books("denials", "show", key, "--json", "--show-phi", "--as", "auditor").json
    assert shown["segments"][0]["text"].startswith("CLP*SECRET1*")
    assert shown["case"]["claim_number"] == "SECRET1"


def test_filters_and_keys_that_fit_nothing(books):
    assert "0 case(s)" in books("denials", "list", "--category", "BUN").out
    assert books("denials", "show", "zzzz").code == 2
    said = books("denials", "show", "")
    assert said.code == 2 and said.err == "Error: The key of a case is wanted, as claims denials list shows it.\n"
    for words, told in ((("--state", "foo"), "open, snoozed, waiting"), (("--category", "XYZ"), "REG, AUTH, MN")):
        said = books("denials", "list", *words)
        assert said.code == 2 and told in said.err
    said = books("denials", "list", "--payer", "nobody")
    assert said.code == 0 and "No payer of any case fits nobody." in said.out
    assert "No payer" not in books("denials", "list", "--payer", "plan", "--category", "BUN").out


def test_a_reason_with_its_group_and_a_tag_find_a_case_again(books):
    (case,) = books("denials", "list", "--reason", "CO-197", "--json").json["cases"]
    assert books("denials", "tag", case["key"], "--word", "auth-batch", "--date", DAY.isoformat()).code == 0
    (again,) = books("denials", "list", "--tag", "auth-batch", "--save", "batch", "--json").json["cases"]
    assert again["key"] == case["key"] and again["tag"] == "auth-batch"
    assert books("denials", "list", "--view", "batch", "--json").json["count"] == 1
    assert books("denials", "list", "--tag", "other", "--json").json["count"] == 0
    assert "Unexplained" in books("denials", "show", case["key"]).out


def test_exceptions(books):
    said = books("exceptions", "list")
    assert said.code == 0
    assert "FILE_REFUSED" in said.out and "DEPOSIT_WITHOUT_REMIT" in said.out
    listed = books("exceptions", "list", "--json").json["exceptions"]
    refused = next(row for row in listed if row["type_code"] == "FILE_REFUSED")
    story = books("exceptions", "show", refused["exception_id"])
    assert "not-x12" in story.out and "Release" in story.out
    assert books("exceptions", "show", 99999).code == 2
    only = books("exceptions", "list", "--type", "file_refused", "--json").json["exceptions"]
    assert [row["type_code"] for row in only] == ["FILE_REFUSED"]
    assert not any(name in said.out + story.out for name in NAMES)


def test_a_report_is_written_verified_and_found_altered(books, tmp_path):
    folder = tmp_path / "month-end"
    said = books("report", "tieout", "--as-of", "2025-06-30", "--out", folder / "tieout")
    assert said.code == 0, said
    assert not any(name in said.out for name in NAMES)
    manifest = json.loads((folder / "tieout" / "manifest.json").read_text())
    assert manifest["manifest_sha256"] in said.out
    again = books("report", "verify", folder)
    assert again.code == 0 and manifest["manifest_sha256"] in again.out
    assert manifest["parameters"]["as_of"] == "2025-06-30"
    path = folder / "tieout" / "tieout.csv"
    path.write_bytes(path.read_bytes().replace(b"41.00", b"14.00"))
    said = books("report", "verify", folder)
    assert said.code == 1 and "sha256 differs" in said.err
    assert books("report", "verify", tmp_path / "nothing").code == 2


@pytest.mark.parametrize(
    "text", ["nonsense", "2026", "2026-11-30", "2026-13-01T00:00:00Z", "2026-W48-1T10:00", "0001-01-01T00:00+23:00"]
)
def test_an_instant_that_is_none_is_wrong_use(claims, text):
    said = claims("report", "aging", "--known-at", text)
    assert said.code == 2 and "--known-at wants an instant" in said.err


def test_an_instant_to_come_is_wrong_use(claims):
    said = claims("report", "aging", "--known-at", "2999-01-01T00:00:00Z")
    assert said.code == 2 and "future" in said.err


@pytest.mark.parametrize(
    "text",
    ["2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "2026-01-02T04:04:05+01:00", "2026-01-02T03:04:05.000000Z"],
)
def test_an_instant_has_one_form(text):
    assert instant(text) == "2026-01-02T03:04:05.000000Z"


def test_a_report_of_a_day_before_all_postings_says_so(books, tmp_path):
    said = books("report", "tieout", "--as-of", "2025-06-29", "--out", tmp_path / "a")
    assert "Nothing was posted on or before 2025-06-29; the first posting day is 2025-06-30." in said.out
    assert "Nothing was posted" not in books("report", "tieout", "--as-of", "2025-06-30", "--out", tmp_path / "b").out


def test_reports_say_wrong_use(books, tmp_path):
    assert books("report", "aging", "--as-of", "June", "--out", tmp_path / "a").code == 2
    assert books("report", "aging", "--format", "doc", "--out", tmp_path / "a").code == 2
    assert books("report", "aging", "--known-at", "2025-07-01 12:00", "--out", tmp_path / "a").code == 0
    assert '"known_at": "2025-07-01T12:00:00.000000Z"' in (tmp_path / "a" / "manifest.json").read_text()
    said = books("report", "denials", "--out", tmp_path / "a")
    assert said.code == 2 and "holds the report aging" in said.err
    days = ("report", "journals", "--from", "2025-06-01", "--to", "2025-06-30", "--out", tmp_path / "c")
    assert books(*days, "--account", "1110", "--json").json["parameters"]["from"] == "2025-06-01"
    assert books(*days, "--as-of", "2025-06-29").code == books(*days, "--account", "9999").code == 2
    assert books("report", "journals", "--from", "June", "--out", tmp_path / "c").code == 2
    document = books("report", "denials", "--out", tmp_path / "b", "--json").json
    assert document["report"] == "denials" and document["control_totals_cents"]["open_at_risk"] == 22500
