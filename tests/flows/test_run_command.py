"""``claims run`` as a person or a timer calls it: a process of its own, in a hostile environment."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.flows.conftest import CANARIES, fill

ROOT = Path(__file__).parents[2]
CLAIMS = [sys.executable, "-c", "from claims.cli import main\nif __name__ == '__main__':\n    main()"]
DEAD = "http://192.0.2.1:4200/api"  # a documentation address: nobody is there

# A network of its own, with a way out that leads nowhere and counts what is sent there.
NETWORK = """
set -e
ip link set lo up
ip link add out type veth peer name nowhere
ip link set out addrgenmode none && ip link set nowhere addrgenmode none
ip addr add 10.99.0.1/24 dev out
ip link set out up && ip link set nowhere up
ip route add default via 10.99.0.2 dev out
counted() { sed -n 's/^ *out: *//p' /proc/net/dev | tr -s ' ' | cut -d ' ' -f 10; }
set +e
"$@"
code=$?
echo "$(counted)" > "$SENT"
exit $code
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str
    sent: int | None  # packets that wanted to leave the machine; None where this machine cannot count them


def _can_isolate() -> bool:
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    tried = subprocess.run(
        ["unshare", "-rn", "sh", "-c", "ip link add out type veth peer name nowhere"], capture_output=True, check=False
    )
    return tried.returncode == 0


ISOLATED = _can_isolate()


def call(folder: Path, command: list[str], **environment: str) -> Said:
    """Run a command with hostile variables and files around it; nothing it needs lies outside of this machine."""
    sent = folder / "sent"
    told = {name: value for name, value in os.environ.items() if not name.startswith(("CLAIMS_", "_CLAIMS", "PREFECT"))}
    told |= {
        "PYTHONPATH": str(ROOT),
        "CLAIMS_HOME": str(folder / "claims-data"),
        "PREFECT_API_URL": DEAD,
        "PREFECT_API_KEY": "somebody's key",
        "PREFECT_PROFILE": "cloud",
        "HTTP_PROXY": "http://192.0.2.1:3128",
        "http_proxy": "http://192.0.2.1:3128",
        "SENT": str(sent),
        "COLUMNS": "160",
    } | environment
    (folder / ".env").write_text(f"PREFECT_API_URL={DEAD}\nPREFECT_LOGGING_LEVEL=DEBUG\n")
    wrapped = ["unshare", "-rn", "sh", "-c", NETWORK, "sh", *command] if ISOLATED else command
    said = subprocess.run(wrapped, cwd=folder, env=told, capture_output=True, text=True, timeout=240, check=False)
    return Said(said.returncode, said.stdout, said.stderr, int(sent.read_text()) if ISOLATED else None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("practice")


@pytest.fixture(scope="module")
def night(folder):
    """One night over the tiny inbox; the tests below look at it from all sides."""
    fill(folder / "inbox")
    assert call(folder, [*CLAIMS, "init", "--quiet"]).code == 0
    return call(folder, [*CLAIMS, "run", "--inbox", "inbox", "--date", "2025-06-30"])


def test_it_says_what_happened_and_what_to_type_next(night):
    assert night.code == 1, night.err  # one file was refused
    out = " ".join(night.out.split())  # a long path to the reports breaks its line
    for words in (
        "Night of 2025-06-30 (run 1) done",
        "3 stored, 1 refused",
        "2 charged, $160.00",
        "1 posted, $80.00",
        "1, $80.00 tied to remittances, $0.00 not",
        "1, $60.00 at risk",
        "not-x12",
        "2025-06-30: tieout, denials, aging",
        "claims denials list",
        "claims exceptions list",
    ):
        assert words in out, words


def test_the_terminal_stays_quiet(night):
    assert night.err == ""
    for word in ("Traceback", "prefect", "INFO", "CancelledError"):
        assert word not in night.out


def test_no_patient_data_is_printed(night):
    shown = night.out + night.err
    assert not [what for what, word in CANARIES.items() if word in shown]


def test_no_patient_data_is_in_prefects_folder_or_a_log(night, folder):
    home = folder / "claims-data"
    vault, books = home / "vault", home / "claims.db"
    assert any(CANARIES["last name"].encode() in path.read_bytes() for path in vault.rglob("*") if path.is_file())
    assert not [path for path in (home / "prefect" / "storage").rglob("*") if path.is_file()], "no result is kept"
    looked = 0
    for path in home.rglob("*"):
        if not path.is_file() or vault in path.parents or path.name.startswith(books.name) or "reports" in path.parts:
            continue
        looked += 1
        content = path.read_bytes()
        assert not [what for what, word in CANARIES.items() if word.encode() in content], path.name
        assert b"inbox" not in content or path.name == "claims.toml", path.name
    assert looked >= 3


def test_no_column_of_prefects_database_holds_patient_data(night, folder):
    connection = sqlite3.connect(folder / "claims-data" / "prefect" / "prefect.db")
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    cells = [
        str(cell) for table in tables for row in connection.execute(f'SELECT * FROM "{table}"') for cell in row if cell
    ]
    connection.close()
    assert any("load_file" in cell for cell in cells), "the history of the night is there"
    for what, word in {**CANARIES, "inbox": "inbox"}.items():
        assert not [cell for cell in cells if word in cell], what


def test_the_history_of_the_night_is_complete(night, folder):
    connection = sqlite3.connect(folder / "claims-data" / "prefect" / "prefect.db")
    flows = connection.execute("SELECT state_name FROM flow_run").fetchall()
    tasks = connection.execute("SELECT state_name, count(*) FROM task_run GROUP BY 1").fetchall()
    connection.close()
    assert flows == [("Completed",)]
    assert tasks == [("Completed", 29)]  # open, register, find, 4 files, 16 of reconcile, 2 of submit, 3 reports, close


@pytest.mark.skipif(not ISOLATED, reason="this machine lets nobody make a network of its own")
def test_nothing_wants_to_leave_the_machine(night, folder):
    """The server that is started, its telemetry, an ambient server, a proxy and name look-ups included."""
    assert night.sent == 0
    control = call(
        folder,
        [sys.executable, "-c", "import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))"],
    )
    assert control.sent, "the count sees what leaves"


def test_no_process_stays(night, folder):
    home = folder / "claims-data" / "prefect"
    assert not [process for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == str(home)]


@pytest.mark.long
def test_json_is_one_document_and_a_second_night_finds_only_duplicates(night, folder):
    said = call(folder, [*CLAIMS, "run", "--inbox", "inbox", "--date", "2025-06-30", "--json"])
    document = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert document["counts"] == {"stored": 0, "held": 0, "refused": 0, "duplicate": 4, "failed": 0}
    assert document["books"]["open_denials"] == {"count": 1, "cents": 6000}
    assert len(document["reports"]) == 3
    assert not [what for what, word in CANARIES.items() if word in said.out]


@pytest.mark.long
def test_a_failed_step_is_named_with_exit_code_3(night, folder):
    (folder / "claims-data" / "reports").rename(folder / "claims-data" / "reports-of-before")
    (folder / "claims-data" / "reports").write_text("in the way of the reports")
    said = call(folder, [*CLAIMS, "run", "--inbox", "inbox", "--date", "2025-06-30"])
    assert said.code == 3
    assert said.out == ""
    assert said.err.startswith("Error: The night failed at step write_report (error ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    document = json.loads((folder / "claims-data" / "errors.log").read_text().splitlines()[-1])
    assert document["error_id"] in said.err


@pytest.mark.long
def test_wrong_use_is_said_at_once(tmp_path):
    said = call(tmp_path, [*CLAIMS, "run", "--inbox", "nowhere"])
    assert (said.code, said.out) == (2, "")
    assert "There is no folder nowhere" in said.err
    assert "claims init" in call(tmp_path, [*CLAIMS, "run", "--inbox", "."]).err


@pytest.mark.long
def test_the_schedule_serves_its_server_and_stops_on_sigterm(tmp_path):
    """A night in reach of it uses its server; SIGTERM ends both without a word too many."""
    home = tmp_path / "claims-data"
    told = os.environ | {"PYTHONPATH": str(ROOT), "CLAIMS_HOME": str(home), "PREFECT_API_URL": DEAD}
    subprocess.run([*CLAIMS, "init", "--quiet"], env=told, cwd=tmp_path, check=True)
    with subprocess.Popen(
        [*CLAIMS, "schedule", "--cron", "0 3 1 1 *"],
        env=told,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as schedule:
        note = home / "prefect" / "server.json"
        deadline = time.monotonic() + 120
        while not note.exists() and schedule.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert note.stat().st_mode & 0o777 == 0o600
        owner = json.loads(note.read_text())["process_id"]
        night = subprocess.run([*CLAIMS, "run"], env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (night.returncode, night.stderr) == (0, "")
        assert os.kill(owner, 0) is None, "the night has left the server running"
        schedule.send_signal(signal.SIGTERM)
        out, err = schedule.communicate(timeout=60)
    assert (schedule.returncode, err) == (0, "")
    assert "runs next at" in out
    assert "Stopped." in out
    assert not note.exists()


@pytest.mark.long
def test_the_schedule_starts_a_night(tmp_path):
    """Needs the next full minute; fails when Prefect's scheduler does not insert its runs."""
    home = tmp_path / "claims-data"
    told = os.environ | {"PYTHONPATH": str(ROOT), "CLAIMS_HOME": str(home)}
    subprocess.run([*CLAIMS, "init", "--quiet"], env=told, cwd=tmp_path, check=True)
    shutil.rmtree(home / "inbox", ignore_errors=True)
    fill(home / "inbox")
    command = [*CLAIMS, "schedule", "--quiet", "--cron", "* * * * *"]
    with subprocess.Popen(command, env=told, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as schedule:
        ended: list[tuple[str, str]] = []
        deadline = time.monotonic() + 240
        while not ended and schedule.poll() is None and time.monotonic() < deadline:
            time.sleep(1)
            connection = sqlite3.connect(home / "claims.db")
            ended = connection.execute("SELECT kind, state FROM runs WHERE state <> 'running'").fetchall()
            connection.close()
        schedule.send_signal(signal.SIGTERM)
        _, err = schedule.communicate(timeout=60)
    assert ended[:1] == [("nightly", "done")]
    assert err == ""
