"""`claims diff`: what people hear, the JSON document, exit codes; nobody is named unless that is asked and audited."""

from __future__ import annotations

import json
import re

import pytest
import sqlalchemy as sa

from claims import config
from claims.cli import execute
from claims.masking import MASK
from claims.service.context import open_context
from claims.store.schema import audit_events
from tests.x12.canaries import WORD, files
from tests.x12.envelopes import REMITTANCE, SUBMISSION, remittance, submission

CHANGED = (
    REMITTANCE.replace("*120*80", "*120*70")
    .replace("CAS*CO*45*20~", "CAS*CO*45*30~")
    .replace("*200*128", "*200*118")
    .replace("BPR*I*231.5", "BPR*I*221.5")
    .replace("*DOE*", "*DOX*")
    .replace("CLP*A101", "CLP*A102")
)


@pytest.fixture
def pair(tmp_path):
    """Write two files and name them."""

    def write(one: str, other: str) -> list[str]:
        paths = [tmp_path / "first.edi", tmp_path / "second.edi"]
        for path, text in zip(paths, (one, other), strict=True):
            path.write_text(text)
        return [str(path) for path in paths]

    return write


def test_the_document_says_what_changed(pair, capsys):
    paths = pair(remittance(REMITTANCE), remittance(CHANGED))
    assert execute(["diff", *paths, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "different"
    assert [document[side]["file"] for side in "ab"] == paths and document["a"]["sets"] == {"835": 1}
    totals = {row["name"]: row for row in document["totals"]}
    assert totals["paid_cents"] == {
        "name": "paid_cents", "a": 22800, "b": 21800, "difference": -1000, "only_in_a": 10000, "only_in_b": 10000,
        "changed": -1000,
    }  # fmt: skip
    alone = {
        "what": "claim", "set_code": "835", "seg": 31, "claim_number": MASK, "charge_cents": 15000,
        "paid_cents": 10000, "patient_responsibility_cents": None,
    }  # fmt: skip
    assert [{**row, "seg": 31} for row in document["only_in_a"]] == [alone]
    assert [{**row, "seg": 31} for row in document["only_in_b"]] == [alone]
    one, other = document["changed"]
    assert (one["what"], one["a_seg"], one["b_seg"]) == ("set", 3, 3)
    assert one["fields"] == [
        {"field": "payment_cents", "line_a": None, "line_b": None, "a": 23150, "b": 22150, "difference_cents": -1000}
    ]
    assert (other["what"], other["a_seg"], other["b_seg"], other["claim_number"]) == ("claim", 12, 12, MASK)
    assert other["fields"] == [
        {"field": "paid_cents", "line_a": None, "line_b": None, "a": 12800, "b": 11800, "difference_cents": -1000},
        {
            "field": "patient_last_name",
            "line_a": None,
            "line_b": None,
            "a": MASK,
            "b": MASK,
            "difference_cents": None,
        },
        {"field": "paid_cents", "line_a": 1, "line_b": 1, "a": 8000, "b": 7000, "difference_cents": -1000},
        {"field": "adjustment CO 45", "line_a": 1, "line_b": 1, "a": 2000, "b": 3000, "difference_cents": 1000},
    ]
    assert other["segments"] == [
        {"segment_id": name, "only_in_a": 1, "only_in_b": 1} for name in ("CAS", "CLP", "NM1", "SVC")
    ]


def test_people_see_totals_and_claims_by_segment(pair, capsys):
    assert execute(["diff", *pair(remittance(REMITTANCE), remittance(CHANGED))]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    for text in (
        "paid $228.00 $218.00 -$10.00 $100.00 $100.00 -$10.00",
        "claim at segment 12 12 paid $128.00 $118.00 -$10.00",
        "claim at segment 12 12 1 adjustment CO 45 $20.00 $30.00 $10.00",
        "Only in A What charged paid or payment",
    ):
        assert text in shown
    assert "segments" not in shown.replace("at segment", "")  # each of them is told by a field


def test_what_has_not_the_form_of_a_code_is_masked(pair, capsys):
    """A payer's shifted file: words where procedures, reasons and status stand."""
    odd = REMITTANCE.replace("SVC*HC:99213", "SVC*HC:ZQXPR").replace("CAS*CO*45*20~", "CAS*CO*ZQXSM*20~")
    odd = odd.replace("*1*200*128*", "*ZQXST*200*128*").replace("*CHK*", "*ZQXMT*").replace("*ACH*", "*ZQXMT*")
    paths = pair(remittance(REMITTANCE), remittance(odd + "SVC*HC:ZQXLN*0*0~"))
    for options in ([], ["--json"]):
        assert execute(["diff", *paths, *options]) == 1
        said = capsys.readouterr().out
        assert "ZQX" not in said and "CO 45" in said and "99213" in said
        assert options or MASK in said


@pytest.mark.parametrize("extra", ["NTE*ADD*NEW~", "ZZTOP NOTE*X~"])
def test_segments_that_no_field_tells_are_listed_by_id(pair, capsys, extra):
    paths = pair(submission(SUBMISSION), submission(SUBMISSION.replace("REF*G1", f"{extra}REF*G1")))
    assert execute(["diff", *paths]) == 1
    said = capsys.readouterr().out
    assert ("NTE 1" if extra.startswith("NTE") else "unknown 1") in said and "ZZTOP" not in said


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (remittance(REMITTANCE), "The files are identical."),
        (remittance(REMITTANCE, control=5).replace("~", "~\n"), "Only the envelope differs"),
    ],
)
def test_files_that_say_the_same_end_with_0(pair, capsys, other, sentence):
    paths = pair(remittance(REMITTANCE), other)
    assert execute(["diff", *paths]) == 0
    assert sentence in capsys.readouterr().out
    assert execute(["diff", *paths, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changed"] == document["only_in_a"] == document["only_in_b"] == []


def test_wrong_use_ends_with_2(pair, tmp_path, capsys):
    one, other = pair(remittance(REMITTANCE), submission(SUBMISSION))
    letter = tmp_path / "letter"
    letter.write_text("hello")
    for words, sentence in (
        ([str(letter), str(letter)], f"No transaction set was found in {letter}."),
        ([one, other], f"The files are of different kinds: {one} holds 835, {other} holds 837."),
        ([one, str(letter)], f"No transaction set was found in {letter}."),
        ([one, str(tmp_path / "no")], f"There is no file {tmp_path / 'no'}."),
        ([str(tmp_path), one], f"{tmp_path} is a folder; name files."),
    ):
        assert execute(["diff", *words]) == 2
        said = capsys.readouterr()
        assert (said.out, said.err) == ("", f"Error: {sentence}\n")


# Traces, and ids of providers and payers, name no patient and are shown; so are days of service.
SHOWN = (r"(TRN\*1\*)\w+(\*)\w+\*\w+", r"\1T1\2P1"), (r"(\*\w+\*)(#1|7\d+1)(?=\*)", r"\1P1"), (r"(XX\*)\w+", r"\g<1>N1")


@pytest.mark.parametrize("options", [[], ["--json"], ["--quiet"]])
@pytest.mark.parametrize("kind", ["835", "837P", "837I", "837D", "277CA", "999"])
def test_no_patient_is_named(kind, options, pair, capfd, caplog):
    text, canaries = files()[kind]
    for pattern, shown in SHOWN:
        text = re.sub(pattern, shown, text)
    other = text.replace(f"{WORD}0", f"{WORD}5")
    claim = re.search(r"(CLP|CLM)\*.*?(?=(CLP|CLM|PLB|SE)\*)", text)
    other = other.replace("SE*", f"{claim.group() if claim else ''}{WORD} X*1~SE*")
    caplog.set_level(0)
    assert execute(["diff", *pair(text, other), *options]) == 1
    said = capfd.readouterr()
    assert canaries.in_text(said.out + said.err + caplog.text) == []


def test_names_are_shown_when_asked_for_and_that_is_recorded(pair, capsys):
    paths = pair(remittance(REMITTANCE), remittance(CHANGED))
    assert execute(["init", "--quiet"]) == 0
    assert execute(["diff", *paths, "--show-phi", "--as", "ann"]) == 1
    said = capsys.readouterr().out
    assert "claim at segment 12 (A100)" in said and "DOX" in said
    with open_context(config.load()).engine.connect() as connection:
        rows = connection.execute(sa.select(audit_events.c.actor, audit_events.c.action, audit_events.c.subject)).all()
    assert ("ann", "phi-shown", "difference of two files") in [tuple(row) for row in rows]


def test_names_are_not_shown_where_that_cannot_be_recorded(pair, capsys):
    paths = pair(remittance(REMITTANCE), remittance(CHANGED))
    assert execute(["diff", *paths, "--show-phi"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "run: claims init" in said.err
    assert "DOX" not in said.err and "A100" not in said.err


def test_long_lists_are_cut_for_people_and_whole_as_json(pair, capsys):
    claims = [f"CLP*C{number}*1*100*50**12*I{number}~" for number in range(60)]
    head = "BPR*I*0*C*NON************20250310~TRN*1*T1*1512345678~"
    paths = pair(remittance(head + claims[0]), remittance(head + "".join(claims)))
    assert execute(["diff", *paths]) == 1
    assert "9 more: claims diff --json lists all." in capsys.readouterr().out
    assert execute(["diff", *paths, "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["only_in_b"]) == 59
