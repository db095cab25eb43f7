"""The TA1 of an interchange: taken, taken with errors or refused, with its note; and what gets none."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from claims import codes, x12
from tests.x12.acknowledged import (
    CLAIM,
    DAY,
    ROOT,
    changed,
    inside,
    note,
    segments,
)
from tests.x12.envelopes import submission


@pytest.mark.parametrize(
    ("folder", "sample", "answers"),
    [
        ("pass", "two-payments", ["A*000"]),
        ("fail", "interchange-control-number-differs", ["R*001"]),
        ("fail", "last-terminator-missing", ["E*004"]),
        ("fail", "interchange-header-length", ["E*006"]),
        ("fail", "version-not-supported", ["E*017"]),
        ("fail", "interchange-control-unreadable", ["R*018"]),
        ("fail", "interchange-count-differs", ["R*021"]),
        ("fail", "segment-outside-set", ["R*022"]),
        ("fail", "file-cut-off", ["R*023"]),
        ("fail", "interchange-trailer-missing", ["R*023"]),
        ("fail", "group-header-missing", ["R*024"]),
        ("fail", "duplicate-interchange", ["A*000", "R*025"]),
        ("fail", "text-between-interchanges", ["A*000", "A*000"]),
        ("fail", "no-interchange", []),
        ("fail", "not-x12", []),
    ],
)
def test_an_interchange_is_accepted_or_refused_with_its_note(folder, sample, answers):
    data = (ROOT / "edi_samples" / "835" / folder / f"{sample}.edi").read_bytes()
    assert note(data) == answers
    refused = all(one.startswith("R") for one in answers)
    assert (x12.acknowledge(data, day=DAY).implementation == b"") == refused


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("*ZZ*SENDER", "*XX*SENDER", "E*005"),
        ("*ZZ*RECEIVER", "*XX*RECEIVER", "E*007"),
        ("*250310*1200*^", "*259910*1200*^", "E*014"),
        ("*250310*1200*^", "*250310*9900*^", "E*015"),
        ("*00501*0", "*00502*0", "E*017"),
        ("*0*P*:~", "*7*P*:~", "E*019"),
        ("*0*P*:~", "*0*P*A~", "E*027"),
        ("*0*P*:~", "*0*P*1~", "E*027"),
        ("*0*P*:~", "*0*P* ~", "E*027"),
        ("*1200*^*", "*1200*:*", "E*016"),
        ("*1200*^*", "*1200*U*", "E*016"),
        ("*1200*^*", "*1200* *", "E*016"),
        ("*X*005010X222A1~ST", "*X*0050:10X222A1~ST", "R*024"),
        ("*0*P*:~", "*0*X*:~", "R*020"),
        ("*X*005010X222A1~ST", "*Y*005010X222A1~ST", "E*024"),
        ("GS*HC*", "GS*ZZ*", "R*024"),
    ],
)
def test_a_wrong_element_of_the_header_has_its_own_note(old, new, answer):
    text = submission(_whole_claim(), guide="005010X222A1").replace("*S*R*", "*SND*RCV*")
    assert note(text.encode()) == ["A*000"]
    assert note(changed(text, old, new)) == [answer]


def _whole_claim() -> str:
    return "~".join(segments(CLAIM, *inside(CLAIM))) + "~"


def test_a_ta1_names_the_interchange_and_goes_back_to_its_sender():
    data = CLAIM.replace("*260901*0000*^", "*260901*1234*^").encode()
    (answer,) = x12.read(x12.acknowledge(data, day=DAY, control=77).ta1).frames["interchanges"].to_dict("records")
    assert (answer["sender_id"], answer["receiver_id"]) == ("RECEIVER", "SENDER")
    assert (answer["control_number"], answer["interchange_date"]) == ("000000077", 20260920)
    frames = x12.read(x12.acknowledge(data, day=DAY).ta1).frames
    (found,) = frames["interchange_acknowledgements"].to_dict("records")
    assert (found["control_number"], found["interchange_date"], found["interchange_time"]) == (
        "000000007", 20260901, "1234",
    )  # fmt: skip
    assert (found["status_code"], found["note_code"]) == ("A", "000")


def test_every_note_of_a_ta1_has_a_verdict_and_a_reason():
    text = resources.files("claims.x12.acknowledge").joinpath("interchange_verdicts.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    codes_of = codes.table("ack_codes").groupby("element")["code"].agg(set)
    assert {row["note_code"] for row in rows if not row["finding"]} == codes_of["TA105"]
    assert {row["status_code"] for row in rows} == codes_of["TA104"]
    assert len({(row["note_code"], row["finding"]) for row in rows}) == len(rows)
    assert all(row["reason"] for row in rows)


@pytest.mark.parametrize("sample", ["ta1/pass/accepted.edi", "ta1/pass/duplicate-refused.edi"])
def test_a_ta1_is_not_answered(sample):
    assert x12.acknowledge(ROOT / "edi_samples" / sample)[:2] == (b"", b"")


@pytest.mark.parametrize("sample", ["999/pass/one-set-rejected.edi", "999/pass/all-accepted.edi"])
def test_a_999_gets_no_999(sample):
    answers = x12.acknowledge(ROOT / "edi_samples" / sample)
    assert answers.implementation == b""
    assert note((ROOT / "edi_samples" / sample).read_bytes()) == ["A*000"]
