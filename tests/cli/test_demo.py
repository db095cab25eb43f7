"""``claims demo`` as a stranger runs it: a fresh folder, an ending that tells, and commands that work as printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from claims.errors import UsageError
from claims.service import demo
from claims.service.context import open_context
from claims.service.master import load_master

PROGRAM = Path(sys.executable).with_name("claims")


def typed(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Type a command in a folder, with nothing of ours in the environment but `more`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLAIMS_", "PREFECT_"))}
    return subprocess.run(
        shlex.split(command),
        cwd=folder,
        env=environment | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path):
    (tmp_path / "books.db").write_text("mine")
    with pytest.raises(UsageError, match="no demo made it"):
        demo.prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["books.db"]


def test_a_file_in_the_folders_place_is_left_alone(tmp_path):
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(UsageError, match="no demo made it"):
        demo.prepare(tmp_path / "demo")


def test_another_demo_is_emptied(tmp_path):
    first = demo.prepare(tmp_path / "demo")
    (first.settings.home / "left over").write_text("old")
    second = demo.prepare(tmp_path / "demo")
    assert not (second.settings.home / "left over").exists()
    assert len(list(second.inbox.iterdir())) == second.files == 27


def test_without_the_packaged_month_it_is_simulated(tmp_path, monkeypatch):
    packaged = {path.name: path.read_bytes() for path in (demo.PACKAGED / "inbox").iterdir()}
    monkeypatch.setattr(demo, "PACKAGED", tmp_path / "nowhere")
    prepared = demo.prepare(tmp_path / "demo")
    assert {path.name: path.read_bytes() for path in prepared.inbox.iterdir()} == packaged


def test_the_demo_knows_who_pays_and_who_treats_so_that_claims_can_leave(tmp_path):
    prepared = demo.prepare(tmp_path / "demo")
    known = load_master(open_context(prepared.settings, actor="tester"))
    day = int(prepared.posting_date.strftime("%Y%m%d"))
    assert {"FABLE", "DRAGN", "MOONB"} <= set(known.at("payers", day)["payer_code"])
    assert not known.at("providers", day).empty and not known.at("partners", day).empty


def test_a_database_setting_of_the_user_is_not_touched(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert demo.prepare(tmp_path / "demo").settings.database_url.startswith("sqlite:///")


def test_the_demo_runs_and_what_it_prints_can_be_typed(tmp_path):
    done = typed(f"{PROGRAM} demo", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "27 files: 24 stored, 1 held, 1 refused, 1 duplicate" in done.stdout
    assert "equal to the cent" in done.stdout
    assert "Sent      nothing; 3 claims, $2,040.00, wait" in done.stdout, "what is answered here is not sent as new"
    assert not re.search(r"EX26\d{4}|TEACUP|FW1\d{4}", done.stdout), "no claim number, name or member id"
    lines = [line.split("  # ")[0].strip() for line in done.stdout.splitlines() if "  # " in line]
    home = lines[0].removeprefix("export CLAIMS_HOME=")
    assert len(lines) == 8 and Path(home).is_absolute()
    assert "Contract  27 lines allowed $234.63 below it" in done.stdout, "a payer has not taken a new fee up"
    for command in lines[1:-1]:
        answer = typed(command, tmp_path, CLAIMS_HOME=home)
        assert answer.returncode == 0, (command, answer.stdout, answer.stderr)
        assert answer.stdout.strip()
    again = typed(f"{lines[-1]} --json", tmp_path, CLAIMS_HOME=home)
    assert '"duplicate": 27' in again.stdout, again.stderr
