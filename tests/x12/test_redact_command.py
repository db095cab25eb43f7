"""`claims redact`: a copy without people, and nothing of them in what is said, whatever goes wrong."""

from __future__ import annotations

import json

import pytest

from claims.cli import execute
from claims.x12.redact import Redaction, copy
from tests.x12.canaries import WORD, files
from tests.x12.envelopes import REMITTANCE, remittance

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "remit.835"
    path.write_text(remittance(REMITTANCE))
    return path


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("options", [[], ["--json"], ["--quiet"]])
@pytest.mark.parametrize("kind", files())
def test_nothing_personal_is_said_or_logged(kind, options, tmp_path, capfd, caplog):
    text, canaries = files()[kind]
    source, out = tmp_path / "file.edi", tmp_path / "copy.edi"
    source.write_text(f"{WORD}\n{text}ZZ*{WORD}~")
    caplog.set_level(0)
    assert execute(["redact", str(source), "--out", str(out), *options]) == 0
    said = capfd.readouterr()
    assert canaries.in_text(said.out + said.err + caplog.text + out.read_text()) == []
    assert canaries.in_text(source.read_text())


def test_the_document_says_what_was_done(file, key, tmp_path, capsys):
    out = tmp_path / "copy.835"
    assert execute(["redact", str(file), "--out", str(out), "--key", str(key), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    done = Redaction()
    assert out.read_bytes() == b"".join(copy(file, KEY.encode(), done))
    assert document == {
        "file": str(file), "sha256": done.sha256, "bytes": done.bytes, "refused": False, "out": str(out),
        "out_sha256": document["out_sha256"], "out_bytes": done.bytes, "key": "given", "segments": 39,
        "segments_not_known": 0, "removed_bytes": 0, "masked": done.masked,
    }  # fmt: skip
    assert document["masked"] == {"alias": 28, "date": 6, "zip": 0, "text": 0}


def test_people_hear_what_was_left_out(tmp_path, capsys):
    source = tmp_path / "file.835"
    source.write_text(f"hello {remittance(REMITTANCE)}\nbye".replace("GE*1", "ZZZ*1~GE*1"))
    assert execute(["redact", str(source), "--out", str(tmp_path / "copy")]) == 0
    said = capsys.readouterr().out
    assert "10 bytes of text outside the interchanges were left out." in said
    assert "1 segments with an id that is not known were filled over whole." in said
    assert "The key was used once and is gone" in said


def test_a_key_is_made_once_and_used_again(file, tmp_path, capsys):
    key, one, two = (tmp_path / name for name in ("new", "one", "two"))
    assert execute(["redact", str(file), "--out", str(one), "--key", str(key)]) == 0
    assert f"A new key was made in {key}" in capsys.readouterr().out
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_text().strip()) == 64
    assert execute(["redact", str(file), "--out", str(two), "--key", str(key)]) == 0
    assert "Other files redacted with this key" in capsys.readouterr().out
    assert one.read_bytes() == two.read_bytes()
    assert execute(["redact", str(file), "--out", str(two), "--force"]) == 0
    assert one.read_bytes() != two.read_bytes()


def test_wrong_use_ends_with_2_and_changes_nothing(file, key, tmp_path, capsys):
    out, short = tmp_path / "copy", tmp_path / "short"
    out.write_text("there")
    short.write_text("too short")
    short.chmod(0o600)
    new = str(tmp_path / "new")
    for words, sentence in (
        ([str(file), "--out", str(out)], f"{out} is there already; --force replaces it."),
        ([str(file), "--out", str(file), "--force"], "The copy cannot take the place of its original."),
        ([str(tmp_path / "no"), "--out", new], f"There is no file {tmp_path / 'no'}."),
        ([str(tmp_path), "--out", new], f"{tmp_path} is a folder; name a file."),
        ([str(file), "--out", str(tmp_path / "no" / "copy")], f"There is no folder {tmp_path / 'no'}."),
        ([str(file), "--out", str(tmp_path), "--force"], f"{tmp_path} is a folder; name a file."),
        ([str(file), "--out", new, "--key", str(short)], f"The key {short} holds less than 32 characters."),
        ([str(file), "--out", new, "--key", str(tmp_path)], f"The key {tmp_path} is a folder; name a file."),
        ([str(file), "--out", new, "--key", str(tmp_path / "no" / "key")], f"There is no folder {tmp_path / 'no'}."),
    ):
        assert execute(["redact", *words]) == 2
        assert capsys.readouterr().err == f"Error: {sentence}\n"
    key.chmod(0o640)
    assert execute(["redact", str(file), "--out", new, "--key", str(key)]) == 2
    assert "can be read by others" in capsys.readouterr().err
    assert out.read_text() == "there" and sorted(path.name for path in tmp_path.iterdir()) == [
        "copy", "key", "remit.835", "short",
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["", f"Dear {WORD}, no claims here."])
def test_what_is_no_x12_is_refused_without_a_copy(content, tmp_path, capsys):
    source, out = tmp_path / "letter.txt", tmp_path / "copy"
    source.write_text(content)
    assert execute(["redact", str(source), "--out", str(out), "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["refused"] is True and json.loads(said.out)["out"] is None
    assert said.err == f"No X12 was found in {source}; nothing was written.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_failure_quotes_nothing_and_leaves_nothing(tmp_path, capfd, monkeypatch):
    def fail(self, value):
        raise ValueError(value.decode())

    monkeypatch.setattr("claims.x12.pseudonyms.Pseudonyms._alias", fail)
    source = tmp_path / "file.835"
    source.write_text(files()["835"][0])
    assert execute(["redact", str(source), "--out", str(tmp_path / "copy")]) == 3
    said = capfd.readouterr()
    assert WORD not in said.out + said.err
    assert [path.name for path in tmp_path.iterdir()] == ["file.835"]
