"""`claims read`: the JSON document is the contract, people get tables, exit codes say whether something is held."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pandas as pd
import pytest

from claims import x12
from claims.cli import execute
from tests.x12.envelopes import REMITTANCE, SUBMISSION, remittance, submission

SAMPLES = Path(__file__).resolve().parents[2] / "edi_samples"
CLEAN = remittance(REMITTANCE)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "remit.835"
    path.write_text(CLEAN)
    return path


def test_the_document_is_the_contract(file, capsys):
    assert execute(["read", "--json", str(file)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "files": [
            {
                "file": str(file),
                "sha256": hashlib.sha256(CLEAN.encode()).hexdigest(),
                "bytes": len(CLEAN),
                "interchanges": [
                    {"control": "000000001", "sender": "SENDER", "receiver": "RECEIVER", "usage": "P", "seg": 1}
                ],
                "transactions": [
                    {
                        "set": "835", "guide": "005010X221A1", "control": "0001", "seg": 3, "segments": 35, "claims": 2,
                        "service_lines": 2, "adjustments": 6, "charge_cents": 35000, "paid_cents": 22800,
                        "plb_cents": -350, "payment_cents": 23150, "denied_status_claims": 0, "reversals": 0,
                        "balanced": {"line": True, "claim": True, "transaction": True},
                    }
                ],
                "answers": [],
                "findings": [],
            }
        ]
    }  # fmt: skip


def test_what_does_not_apply_is_null(tmp_path, capsys):
    path = tmp_path / "claims.837"
    path.write_text(submission(SUBMISSION))
    assert execute(["read", "--json", str(path)]) == 0
    only = json.loads(capsys.readouterr().out)["files"][0]["transactions"][0]
    assert (only["set"], only["claims"], only["service_lines"], only["charge_cents"]) == ("837P", 2, 3, 25000)
    assert only["paid_cents"] is only["plb_cents"] is only["payment_cents"] is None
    assert only["balanced"] == {"line": None, "claim": True, "transaction": None}


def test_a_held_file_ends_with_one_and_its_findings(tmp_path, capsys):
    path = tmp_path / "held.835"
    path.write_text(CLEAN.replace("SE*35", "SE*34"))
    assert execute(["read", "--json", str(path)]) == 1
    found = json.loads(capsys.readouterr().out)["files"][0]["findings"]
    assert found == [
        {
            "code": "set-count-differs", "severity": "hold", "seg": 37, "element": "SE01",
            "offset": CLEAN.index("SE*35"), "found": "34", "expected": "35", "ack_code": "999 IK502 4",
            "message": "SE01 says 34 segments, 35 were read; the set is held.",
        }
    ]  # fmt: skip


def test_people_see_tables_without_patients(file, tmp_path, capsys):
    rubbish = tmp_path / "rubbish"
    rubbish.write_text("hello")
    assert execute(["read", str(file), str(rubbish)]) == 1
    shown = capsys.readouterr().out
    assert "$350.00" in shown and "1 interchange, 1 transaction set" in shown and "PLB" in shown
    assert "not-x12" in shown and "835" in shown
    assert "What to do about not-x12: Ask the sender for the X12 file itself" in shown
    assert not any(word in shown for word in ("DOE", "JANE", "A100", "ICN1", "W1"))


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_frames_are_written(file, tmp_path, format):
    out = tmp_path / "out"
    assert execute(["read", "--quiet", str(file), "--frames", str(out), "--format", format]) == 0
    read = pd.read_csv if format == "csv" else pd.read_parquet
    claims = read(out / f"claim_payments.{format}")
    assert claims["paid_cents"].tolist() == [12800, 10000]
    assert {path.stem for path in out.iterdir()} == x12.read(file).frames.keys()


def test_frames_of_two_readings_do_not_stand_in_one_folder(file, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["read", "--quiet", str(file), "--frames", str(out)]
    assert execute(command) == 0
    (out / "mine.txt").write_text("mine")
    assert execute([*command, "--format", "csv"]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert execute([*command, "--format", "csv", "--force"]) == 0
    assert {path.suffix for path in out.iterdir()} == {".csv", ".txt"}


def test_a_summary_names_the_file_that_was_read(file):
    assert x12.read(file).summary()["file"] == x12.check(file).summary()["file"] == str(file)
    assert (x12.read(file).summary("mine")["file"], x12.read(CLEAN.encode()).summary()["file"]) == ("mine", "")


def test_what_an_answer_says_is_told(tmp_path, capsys):
    """Of a TA1, a 999 and a 277CA, in sentences and as `answers`; a name in the place of a control number is not."""
    odd = tmp_path / "odd.999"
    odd.write_text((SAMPLES / "999/pass/one-set-rejected.edi").read_text().replace("AK2*837*0002", "AK2*837*CLOVER"))
    paths = [SAMPLES / "ta1/pass/duplicate-refused.edi", odd, SAMPLES / "277ca/pass/one-claim-rejected.edi"]
    command = ["read", *map(str, paths)]
    assert execute(command) == 0
    said = capsys.readouterr().out
    for sentence in (
        "TA1 answers interchange 260000001: Rejected, nothing was processed: Control number used before (025).",
        "999 answers group 260000001: 1 of 2 sets rejected.",
        "set [6]: Rejected: Segments in error; Guide errors in the set (5 I5)",
        "277CA: 2 accepted, 1 rejected (A7:164).",
    ):
        assert sentence in said
    assert execute([*command, "--json"]) == 0
    ta1, group, claims = (file["answers"][0] for file in json.loads(capsys.readouterr().out)["files"])
    assert (ta1["kind"], ta1["verdict"], ta1["code"]) == ("TA1", "rejected", "025")
    assert (group["kind"], group["sets"], group["rejected"], group["rejected_sets"][0]["seg"]) == ("999", 2, 1, 7)
    assert claims["states"] == {"accepted": 2, "rejected": 1} and claims["reasons"][0]["code"] == "A7:164"


def test_a_file_that_is_not_there_is_wrong_use(tmp_path):
    assert execute(["read", str(tmp_path / "nothing.835")]) == 2


def test_a_folder_is_no_file(tmp_path, capsys):
    assert execute(["read", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"Error: {tmp_path} is a folder; name files.\n"


def test_frames_are_their_owners_alone(file, tmp_path):
    before = os.umask(0o022)
    try:
        assert execute(["read", str(file), "--frames", str(tmp_path / "out")]) == 0
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o077 for path in [tmp_path / "out", *(tmp_path / "out").iterdir()]}
    assert modes == {0}
