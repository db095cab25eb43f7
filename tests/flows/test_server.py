from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from claims import config
from flows import environment, server


def _note(settings, **changes):
    environment.private_folder(settings.prefect_folder)
    note = {
        "api_url": "http://127.0.0.1:9/api",
        "token": "claims:x",
        "process_id": os.getpid(),
        "process_started": server.process_started(os.getpid()),
    }
    (settings.prefect_folder / "server.json").write_text(json.dumps(note | changes))


@pytest.fixture
def home(tmp_path):
    return config.load(home=tmp_path / "home")


def test_a_running_server_of_ours_is_used_again(home, prefect_server):
    _note(home, api_url=prefect_server.api_url, token=prefect_server.token)
    found = server.find(home)
    assert found is not None
    assert (found.api_url, found.process) == (prefect_server.api_url, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"process_started": "1"},  # the number of a dead process, used again by another
        {"process_id": 2**22 + 1},
        {"token": "claims:other"},
        {"api_url": "http://192.0.2.1:4200/api"},  # not loopback: must not even be asked
    ],
)
def test_a_note_that_is_not_true_any_more_is_ignored(home, prefect_server, changes):
    _note(home, **({"api_url": prefect_server.api_url, "token": prefect_server.token} | changes))
    assert server.find(home) is None


def test_a_broken_note_is_ignored(home):
    environment.private_folder(home.prefect_folder)
    (home.prefect_folder / "server.json").write_text("{")
    assert server.find(home) is None


def test_the_settings_come_first(tmp_path):
    named = config.load(home=tmp_path, prefect_api_url="http://prefect.example/api")
    found = server.find(named)
    assert found is not None
    assert found.api_url == "http://prefect.example/api"


def test_it_listens_on_loopback_and_asks_for_the_secret(prefect_server):
    parts = urlsplit(prefect_server.api_url)
    assert parts.hostname == "127.0.0.1"
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request("POST", "/api/flow_runs/filter", body="{}", headers={"Content-Type": "application/json"})
    assert connection.getresponse().status == 401
    connection.close()
    assert not server.answers(prefect_server.api_url, "claims:wrong", timeout=10)
    assert server.answers(prefect_server.api_url, prefect_server.token, timeout=10)


def test_its_secret_is_in_no_command_line(prefect_server):
    said = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "server_process.py" in said
    assert prefect_server.token not in said
    assert prefect_server.token not in repr(prefect_server)


def test_its_files_are_for_their_owner_only(prefect_server):
    assert prefect_server.folder.stat().st_mode & 0o777 == 0o700
    for name in ("prefect.db", "server.log"):
        assert (prefect_server.folder / name).stat().st_mode & 0o077 == 0


def test_it_ends_with_the_process_that_started_it(tmp_path):
    """Also when that one is killed."""
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom flows import server\n"
        f"child = server.start(Path({str(tmp_path / 'prefect')!r}))\n"
        "print(child.process.pid, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        child = int(parent.stdout.readline())
        assert server.process_started(child)
        parent.kill()
    deadline = time.monotonic() + 30
    while server.process_started(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not server.process_started(child)


def test_one_that_cannot_start_is_named_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(server.sys, "executable", "/bin/false")
    child = server.start(tmp_path / "prefect")
    with pytest.raises(server.ServerError, match=r"ended with code 1.*server\.log"):
        child.wait()
    child.stop()


def test_a_new_home_gets_a_copy_of_the_template_and_an_old_one_is_left(tmp_path, monkeypatch):
    from flows import server_process

    template = tmp_path / "template.db"
    template.write_bytes(b"tables")
    monkeypatch.setattr(server_process, "template_path", lambda: template)
    server_process.prepare_database(tmp_path)
    assert (tmp_path / "prefect.db").read_bytes() == b"tables"
    (tmp_path / "prefect.db").write_bytes(b"history")
    server_process.prepare_database(tmp_path)
    assert (tmp_path / "prefect.db").read_bytes() == b"history"
