"""``claims check``: groups with segments for people, the contract as JSON, nobody named, exit codes that tell."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest

from claims.service import audited
from tests.x12.test_grouped import many

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
CODES = ROOT / "837p" / "fail" / "code-not-valid.edi"
SEGMENT = ROOT / "837p" / "fail" / "required-segment-missing.edi"
LINE = ROOT / "835" / "fail" / "line-out-of-balance.edi"
CLEAN = ROOT / "835" / "pass" / "two-payments.edi"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    """Let every page be 100 columns wide, unless the test says so, and no settings be there."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("CLAIMS_HOME", str(tmp_path / "home"))


def block(text: str, start: str) -> list[str]:
    """Return the lines from one that starts so, to the next blank one."""
    lines = text.splitlines()
    first = next(place for place, line in enumerate(lines) if line.strip().startswith(start))
    return lines[first : lines.index("", first) if "" in lines[first:] else None]


def test_the_document_is_the_contract(claims):
    said = claims("check", "--json", CODES)
    assert said.code == 1
    (file,) = said.json["files"]
    data = CODES.read_bytes()
    assert (file["file"], file["bytes"], file["sha256"]) == (str(CODES), len(data), hashlib.sha256(data).hexdigest())
    assert file["transactions"][0]["verdict"] == "refused" and file["transactions"][0]["charge_cents"] == 60000
    assert file["findings"][0] == {
        "code": "code-not-valid", "severity": "reject", "seg": 23, "element": "CLM05-1", "offset": 626,
        "found": "97", "expected": "a code of the list: Place of Service Code", "ack_code": "999 IK403 7",
        "message": "segment 23, CLM05-1: the code is not in the guide's list; the guide refuses the set.",
        "loop": "2000A/2000B/2000C/2300", "repeat": 0,
    }  # fmt: skip


def test_verdicts_are_words_and_null_where_none_applies(claims):
    def verdicts(*names: str) -> list[str | None]:
        paths = [ROOT / name for name in names]
        return [
            row["verdict"] for file in claims("check", "--json", *paths).json["files"] for row in file["transactions"]
        ]

    assert verdicts("835/pass/two-payments.edi", "835/fail/line-out-of-balance.edi") == ["accepted"] * 3
    assert verdicts("835/fail/trailing-separator.edi", "835/fail/version-not-supported.edi") == ["refused"] * 2
    assert verdicts("ta1/pass/accepted.edi", "835/fail/no-interchange.edi") == [None, None]


def test_a_clean_file_ends_with_0(claims):
    said = claims("check", CLEAN)
    assert said.code == 0 and said.out.splitlines()[-1] == "Nothing is wrong."
    assert "accepted" in said.out and "all 2" in said.out
    assert claims("check", "--quiet", CLEAN)[:2] == (0, "")


def test_held_and_refused_files_end_with_1_and_notes_do_not(claims):
    for options in ([], ["--quiet"], ["--json"], ["--severity", "reject"]):
        assert claims("check", *options, LINE).code == 1
        assert claims("check", *options, ROOT / "837p" / "fail" / "claim-total-differs.edi").code == 0


def test_a_group_says_how_many_what_is_expected_and_what_to_do(claims):
    said = claims("check", CODES).out
    assert block(said, "REJECT") == [
        "REJECT  code-not-valid, 2 times in 1 set and 2 claims",
        "  CLM05-1, Place of Service Code, in loop 2000A/2000B/2000C/2300: the code is not in the guide's",
        "  list.",
        "  What to do: Use a code of the list.",
    ]
    assert block(said, "seg 23") == [
        "  seg 23 at byte 626, claim 1",
        "    CLM*[2]*200***97:B:1*Y*A*Y*Y~",
        "                  ^^ CLM05-1",
    ]


def test_what_is_missing_is_shown_between_its_neighbours(claims):
    assert block(claims("check", SEGMENT).out, "between") == [
        "  between seg 9 and seg 10 at byte 369",
        "      NM1*85*2*[16]*****XX*[10]~",
        "    + N3 is missing here",
        "      N4*[7]*OH*[9]~",
    ]


def test_money_that_does_not_add_up_is_marked_and_explained(claims):
    said = claims("check", LINE).out
    assert "accepted, held" in said and "off: line" in said and "$128.00" in said
    assert block(said, "seg 18")[1:] == [
        "    SVC*HC:99213*120*75**1~",
        "                     ^^",
        "    SVC03: paid 75.00 leaves 5.00 of 120.00 unexplained; transaction set held from posting",
    ]


def test_every_finding_is_listed_with_all(claims):
    said = claims("check", "--all", CODES).out
    assert said.count("REJECT  code-not-valid, seg ") == 4
    assert said.count("What to do") == 1 and said.count("Use a code of the list.") == 1


def test_codes_and_severities_choose_what_is_shown(claims):
    path = ROOT / "837p" / "fail" / "parent-level-missing.edi"
    everything, worst = claims("check", path).out, claims("check", "--severity", "hold", path).out
    assert "NOTE  parent-level-missing" in everything and "NOTE  parent-level-missing" not in worst
    only = claims("check", "--code", "parent-level-missing", path)
    assert "REJECT  " not in only.out and only.code == 1
    found = claims("check", "--json", "--code", "parent-level-missing", path).json["files"][0]["findings"]
    assert [finding["code"] for finding in found] == ["parent-level-missing"]
    assert "none of those asked for" in claims("check", "--code", "date-not-valid", path).out
    assert claims("check", "--code", "no-such-code", path).code == 2


def test_a_page_stays_short_for_twenty_thousand_findings(claims, tmp_path):
    path = tmp_path / "many.837"
    path.write_bytes(many(10_000, is_every=True))
    said = claims("check", path)
    assert "20,000 rejects" in said.out and "10,000 times in 1 set and 10,000 claims" in said.out
    assert len(said.out.splitlines()) < 60


def test_many_sets_are_summed_and_the_bad_ones_shown(claims, tmp_path):
    text = LINE.read_text().replace("\n", "")
    body, good = text[text.index("ST*") : text.index("GE*")], CLEAN.read_text().replace("\n", "")
    good = good[good.index("ST*") : good.index("ST*", good.index("ST*") + 1)]
    sets = [(body if number == 70 else good).replace("*0001~", f"*{number:04d}~") for number in range(1, 101)]
    path = tmp_path / "sets.835"
    path.write_text(text[: text.index("ST*")] + "".join(sets) + "GE*100*7~IEA*1*000000007~")
    said = claims("check", path).out
    assert "accepted, held" in said and "80 more sets" in said and "all 100" in said
    assert len(said.splitlines()) < 60
    assert "more sets" not in claims("check", "--all", path).out


FAILING = sorted(ROOT.glob("*/fail/*.edi"))


@pytest.mark.long
@pytest.mark.parametrize("width", [60, *(pytest.param(width, marks=pytest.mark.long) for width in (80, 140))])
def test_no_segment_and_no_sentence_is_wider_than_the_terminal(claims, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = claims("check", *FAILING).out.splitlines()
    assert [line for line in lines if len(line) > width and not line.startswith(str(ROOT))] == []
    carets = [(above, line) for above, line in pairwise(lines) if line.strip().startswith("^")]
    assert len(carets) > 50
    for above, line in carets:
        assert len(line) - len(line.lstrip(" ").lstrip("^")) <= len(above)


WORDS = ("TEACUP", "CLOVER", "PIP", "STETHOSCOPE", "THIMBLETON", "WREN", "NOWHERE", "1999999", "FW3000", "ICN1", "W1")


@pytest.mark.long
@pytest.mark.parametrize("options", [[], *(pytest.param([one], marks=pytest.mark.long) for one in ("--all", "--json"))])
def test_nobody_is_named(claims, options):
    said = claims("check", *options, *FAILING)
    assert len(said.out) > 20_000
    for path in FAILING:
        assert path.name in said.out
    text = (said.out + said.err).replace(str(ROOT), "")
    assert not [word for word in WORDS if word in text]


def test_people_are_shown_when_asked_for_and_that_is_said(claims, tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_HOME", str(tmp_path))
    said = claims("check", "--show-phi", SEGMENT)
    assert "NM1*85*2*MADE UP PRACTICE*****XX*1999999018~" in said.out
    assert "no database" in said.err and not (tmp_path / "claims.db").exists()


def test_people_shown_are_recorded_where_there_is_a_database(claims, tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_HOME", str(tmp_path))
    assert claims("init").code == 0
    recorded = []
    monkeypatch.setattr(audited, "record", lambda ctx, conn, action, subject, body: recorded.append((action, subject)))
    said = claims("check", "--show-phi", SEGMENT)
    assert said.err == "" and recorded == [("phi-shown", f"file {hashlib.sha256(SEGMENT.read_bytes()).hexdigest()}")]


def test_a_file_that_is_not_there_is_wrong_use(claims, tmp_path):
    assert claims("check", CLEAN, tmp_path / "nothing").code == 2
    said = claims("check", tmp_path)
    assert (said.code, said.out, said.err) == (2, "", f"Error: {tmp_path} is a folder; name files.\n")


def test_frames_are_for_reading_alone(claims, tmp_path):
    assert claims("check", CLEAN, "--frames", tmp_path / "out").code == 2
    assert not (tmp_path / "out").exists()


def test_control_characters_of_a_file_do_not_reach_the_terminal(claims, tmp_path):
    path = tmp_path / "odd.837"
    path.write_bytes(SEGMENT.read_bytes().replace(b"N4*NOWHERE*OH", b"N4*NO\x1b[2JWHERE*\x1b[H"))
    said = claims("check", "--show-phi", path)
    assert "\x1b" not in said.out and "\\x1B[2J" in said.out


def test_colours_show_on_a_terminal_only(claims, monkeypatch):
    assert "\x1b[" not in claims("check", CODES).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    said = claims("check", CODES).out
    assert "\x1b[1;31mREJECT\x1b[0m" in said and "\x1b[1;31m97\x1b[0m" in said


def test_rules_beyond_the_guides_are_switched_by_the_settings(claims, monkeypatch):
    path = ROOT / "835" / "fail" / "line-out-of-balance.edi"
    monkeypatch.setenv("CLAIMS_CHECK", '{"line-out-of-balance": "off"}')
    said = claims("check", path)
    assert "HOLD  line-out-of-balance" not in said.out and said.code == 0


def test_what_was_not_checked_is_said_in_a_line_and_is_no_fault(claims):
    said = claims("check", ROOT / "837p" / "pass" / "drug-with-its-code.edi")
    assert said.code == 0
    lines = block(said.out, "NOTE  not-checked")
    assert lines[1] == "  HCPCS codes were not checked: no list."
    assert sum("were not checked" in line for line in lines) == 5 and "What to do: " in lines[6]


def test_acknowledgements_are_written(claims, tmp_path):
    said = claims("check", "--ack", tmp_path / "out", CODES)
    written = [line.removeprefix("Written: ") for line in said.out.splitlines() if line.startswith("Written: ")]
    assert written and all(Path(name).parent == tmp_path / "out" and Path(name).is_file() for name in written)
    assert sorted(map(str, (tmp_path / "out").iterdir())) == sorted(written)
    (document,) = claims("check", "--json", "--ack", tmp_path / "out", CODES).json["files"]
    assert document["written"] == written


def test_sets_of_a_refused_interchange_are_not_said_to_be_taken(claims, tmp_path):
    refused = tmp_path / "usage.edi"
    refused.write_bytes(CLEAN.read_bytes().replace(b"*P*:~", b"*X*:~"))
    said = claims("check", "--json", refused, LINE, CLEAN)
    one, held, clean = said.json["files"]
    assert [(row["ta1"], row["ta1_note"]) for row in one["interchanges"]] == [("R", "020")]
    keys = ("verdict", "interchange_code", "held")
    assert {tuple(row[key] for key in keys) for row in one["transactions"]} == {("accepted", "R", True)}
    assert {tuple(row[key] for key in keys) for row in held["transactions"]} == {("accepted", "A", True)}
    assert {tuple(row[key] for key in keys) for row in clean["transactions"]} == {("accepted", "A", False)}
    page = claims("check", refused).out
    assert "interchange refused" in page and "refused (TA1 R 020)" in page and " accepted" not in page
