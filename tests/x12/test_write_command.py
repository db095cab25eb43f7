"""`claims write`: what `claims read --frames` wrote becomes a file again, whole or not at all, never over another."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from claims import x12
from claims.cli import execute
from tests.x12.envelopes import REMITTANCE, SUBMISSION, remittance, submission
from tests.x12.written import claims
from tests.x12.written import remittance as remittance_frames

CLAIMS = (Path(__file__).resolve().parents[2] / "edi_samples/837p/pass/patient-is-dependent.edi").read_text()
FILES = {"remit.835": remittance(REMITTANCE, REMITTANCE), "claims.837": submission(SUBMISSION)}


@pytest.fixture(scope="module")
def read_once(tmp_path_factory):
    """The folder with an 835 and its frames, read by the command itself."""
    return frames_of(tmp_path_factory.mktemp("read"), FILES["remit.835"], "csv").parent


@pytest.fixture
def folder(read_once, tmp_path):
    """Frames of an 835 of one's own."""
    shutil.copytree(read_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "frames"


def frames_of(tmp_path, text, format):
    (tmp_path / "file").write_text(text)
    execute(["read", "--quiet", str(tmp_path / "file"), "--frames", str(tmp_path / "frames"), "--format", format])
    return tmp_path / "frames"


def written(folder, out, *more):
    """Write; give the exit code and the bytes."""
    code = execute(["write", str(folder), "--out", str(out), *more])
    return code, out.read_bytes() if out.is_file() else None


@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("name", FILES)
def test_frames_of_a_folder_write_what_frames_in_memory_write(tmp_path, name, format):
    folder = frames_of(tmp_path, FILES[name], format)
    read = x12.read(FILES[name].encode()).frames
    assert written(folder, tmp_path / "out.edi") == (0, x12.write(read))


def test_frames_in_several_parts_are_put_together(tmp_path, monkeypatch):
    whole = x12.scan
    monkeypatch.setattr(x12, "scan", lambda path, **how: whole(path, part=300, window=128, **how))
    folder = frames_of(tmp_path, FILES["remit.835"], "parquet")
    assert len(list(folder.glob("claim_payments*.parquet"))) > 1
    assert written(folder, tmp_path / "out.edi") == (0, x12.write(x12.read(FILES["remit.835"].encode()).frames))


def test_no_zero_in_front_is_lost(folder, tmp_path):
    payments = pd.read_csv(folder / "claim_payments.csv", dtype="str", keep_default_na=False)
    payments.loc[0, ["claim_number", "member_id"]] = ["000123", "007E5"]
    payments.to_csv(folder / "claim_payments.csv", index=False)
    _, data = written(folder, tmp_path / "out.edi")
    found = x12.read(data).frames["claim_payments"].iloc[0]
    assert (found["claim_number"], found["member_id"]) == ("000123", "007E5")


def test_columns_beside_those_that_are_read_are_typed_by_their_names(tmp_path):
    """As a person builds them: optional columns, some without a value."""
    for kind, frames in (("835", remittance_frames()), ("837", claims({}, {"patient_paid_cents": None}))):
        folder = tmp_path / kind
        folder.mkdir()
        for name, frame in frames.items():
            frame.astype({column: "Int64" for column in frame if column.endswith("_cents")}).to_csv(
                folder / f"{name}.csv", index=False
            )
        out = tmp_path / f"out.{kind}"
        whole = {
            name: frame.astype({column: "Int64" for column in frame if column.endswith("_cents")})
            for name, frame in frames.items()
        }
        assert written(folder, out) == (0, x12.write(whole))


def test_raw_segments_write_the_file_as_it_was(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    data = b"junk\n" + FILES["remit.835"].encode()
    x12.read(data, lossless=True).frames["raw_segments"].to_parquet(folder / "raw_segments.parquet", index=False)
    assert written(folder, tmp_path / "out.edi") == (0, data)


def test_the_document_says_what_was_written(folder, tmp_path, capsys):
    out = tmp_path / "out.edi"
    code, data = written(folder, out, "--json")
    assert code == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(out), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "transactions": 2,
        "not_held": {"835": [
            "streets and cities of payer and payee (N3 N4)", "contacts (PER)", "banks and accounts (BPR07 to BPR15)",
            "amounts of MIA, MOA, TS2 and TS3, and segments that no frame has", "time of day of the group (GS05)",
        ]},
    }  # fmt: skip


def test_people_are_told_in_one_line_without_patients(folder, tmp_path, capsys):
    out = tmp_path / "out.edi"
    _, data = written(folder, out)
    said = capsys.readouterr()
    assert said.out == f"{out}: {len(data):,} bytes, 2 transaction sets\n"
    assert said.err.startswith("Not in the file, because the frames do not hold it (835): streets and cities of payer")


def test_a_file_that_is_there_stays_unless_forced(folder, tmp_path, capsys):
    out = tmp_path / "out.edi"
    out.write_bytes(b"mine")
    assert written(folder, out) == (2, b"mine")
    assert "--force" in capsys.readouterr().err
    code, data = written(folder, out, "--force")
    assert (code, data[:3]) == (0, b"ISA")


def test_a_file_that_appears_meanwhile_stays(folder, tmp_path, monkeypatch):
    out, write = tmp_path / "out.edi", x12.write

    def slow(frames, **options):
        out.write_bytes(b"theirs")
        return write(frames, **options)

    monkeypatch.setattr(x12, "write", slow)
    assert written(folder, out) == (2, b"theirs")
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_failure_leaves_nothing_behind(folder, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert written(folder, tmp_path / "out.edi") == (3, None)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "frames"}


def test_the_file_is_its_owners_alone(folder, tmp_path):
    before = os.umask(0o022)
    try:
        written(folder, tmp_path / "out.edi")
    finally:
        os.umask(before)
    assert (tmp_path / "out.edi").stat().st_mode & 0o777 == 0o600


def test_lower_case_may_stay(folder, tmp_path):
    payments = pd.read_csv(folder / "claim_payments.csv", dtype="str", keep_default_na=False)
    payments.assign(patient_last_name="Teacup").to_csv(folder / "claim_payments.csv", index=False)
    assert b"*Teacup*" in written(folder, tmp_path / "out.edi", "--keep-case")[1]
    assert b"*TEACUP*" in written(folder, tmp_path / "other.edi")[1]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: [path.unlink() for path in folder.iterdir()], "holds no frames"),
        (lambda folder: (folder / "remittances.csv").unlink(), "remittances"),
        (lambda folder: (folder / "claim_payments.parquet").write_bytes(b""), "both as CSV and as Parquet"),
        (lambda folder: put(folder, "claim_payments", "paid_cents", "12.5"), "whole number"),
        (lambda folder: put(folder, "claim_payments", "is_crossover", "perhaps"), "is_crossover"),
        (lambda folder: put(folder, "claim_payments", "member_id", "SECRET*1"), "delimiter"),
        (lambda folder: put(folder, "transactions", "set_code", "834"), "834"),
    ],
)
def test_frames_that_cannot_be_written_are_wrong_use(folder, tmp_path, capsys, spoil, said):
    spoil(folder)
    assert written(folder, tmp_path / "out.edi") == (2, None)
    shown = capsys.readouterr().err
    assert said in shown and "SECRET" not in shown


def put(folder, frame, column, value):
    """Put a value into every row of a column."""
    path = folder / f"{frame}.csv"
    pd.read_csv(path, dtype="str", keep_default_na=False).assign(**{column: value}).to_csv(path, index=False)


def test_a_claim_file_that_was_read_completely_is_written_without_loss(tmp_path, capsys):
    """What else is lost is named; the sex is never made up; with a number of one's own the file is no duplicate."""
    (tmp_path / "file").write_text(CLAIMS)
    for more, lost in (([], "sex of subscribers and patients (DMG03)"), (["--complete"], "(837P): time of day")):
        folder, out = tmp_path / f"frames{len(more)}", tmp_path / f"out{len(more)}"
        assert execute(["read", "--quiet", str(tmp_path / "file"), "--frames", str(folder), *more]) == 0
        _, data = written(folder, out)
        said = capsys.readouterr().err
        assert lost in said and ("--complete" in said) == (not more) and b"*U~" not in data
    assert data.decode() == CLAIMS
    assert written(folder, out, "--control", "118", "--force")[0] == 0
    numbered = CLAIMS.replace("*000000007", "*000000118").replace("*8*X*", "*118*X*").replace("GE*1*8", "GE*1*118")
    assert out.read_text() == numbered
    assert written(folder, tmp_path / "no", "--control", "0") == (2, None)


@pytest.mark.parametrize("out", ["nowhere/out.edi", "."])
def test_a_place_that_cannot_be_is_wrong_use(folder, tmp_path, out):
    assert execute(["write", str(folder), "--out", str(tmp_path / out)]) == 2


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path):
    assert written(tmp_path / "nothing", tmp_path / "out.edi") == (2, None)
