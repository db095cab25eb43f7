from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows import environment
from flows.environment import EnvironmentNotReadyError

URL = "http://127.0.0.1:4999/api"


@pytest.fixture
def _own_environment(monkeypatch):
    """Let a test change the variables of this process as it likes."""
    monkeypatch.setattr(os, "environ", dict(os.environ))


@pytest.mark.usefixtures("_own_environment")
def test_no_ambient_prefect_variable_stays(tmp_path):
    os.environ |= {"PREFECT_API_URL": "https://cloud.example/api", "PREFECT_API_KEY": "k", "PREFECT__X": "1"}
    environment.replace(environment.variables(tmp_path, URL))
    assert os.environ["PREFECT_API_URL"] == URL
    assert "PREFECT_API_KEY" not in os.environ
    assert "PREFECT__X" not in os.environ


def test_nothing_is_sent_to_the_vendor(tmp_path):
    given = environment.variables(tmp_path, URL)
    assert given["DO_NOT_TRACK"] == "1"
    assert given["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert given["PREFECT_LOGGING_TO_API_ENABLED"] == "false"


@pytest.mark.usefixtures("_own_environment")
def test_a_proxy_is_not_asked_for_our_own_server(tmp_path):
    os.environ["NO_PROXY"] = "intranet"
    assert environment.variables(tmp_path, URL)["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    assert "NO_PROXY" not in environment.variables(tmp_path, "https://prefect.practice.example/api")


def test_a_password_in_the_address_becomes_the_token(tmp_path):
    given = environment.variables(tmp_path, "https://us:s3cret@prefect.example:4200/api")
    assert given["PREFECT_API_URL"] == "https://prefect.example:4200/api"
    assert given["PREFECT_API_AUTH_STRING"] == "us:s3cret"


def test_the_folder_is_for_its_owner_only(tmp_path):
    environment.private_folder(tmp_path / "home" / "prefect")
    assert (tmp_path / "home" / "prefect").stat().st_mode & 0o777 == 0o700


def test_files_of_the_working_folder_are_not_read(tmp_path):
    """A .env, prefect.toml or pyproject.toml where the command is called may name somebody's server."""
    (tmp_path / ".env").write_text("PREFECT_API_URL=https://cloud.example/api\nPREFECT_API_KEY=key\n")
    (tmp_path / "prefect.toml").write_text('[api]\nkey = "key"\n')
    (tmp_path / "pyproject.toml").write_text('[tool.prefect.api]\nkey = "key"\n')
    script = (
        "from pathlib import Path\nfrom flows import environment\n"
        f"environment.prepare(Path({str(tmp_path / 'prefect')!r}), {URL!r}, 'user:token')\n"
        "from prefect.settings import get_current_settings\n"
        "api = get_current_settings().api\nprint(api.url, api.key)"
    )
    told = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PREFECT_API_KEY": "ambient"}
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=told, capture_output=True, text=True, check=False
    )
    assert (said.stdout.strip(), said.stderr) == (f"{URL} None", "")


def test_flows_refuse_settings_that_nobody_prepared():
    """Without this, `import flows.nightly` would talk to the server that an ambient profile names."""
    script = "import flows.nightly"
    plain = {name: value for name, value in os.environ.items() if name != environment.READY}
    plain["PYTHONPATH"] = str(Path(__file__).parents[2])
    said = subprocess.run([sys.executable, "-c", script], env=plain, capture_output=True, text=True, check=False)
    assert EnvironmentNotReadyError.__name__ in said.stderr


def test_a_second_server_in_one_process_is_refused(prefect_server, tmp_path):
    environment.prepare(prefect_server.folder, prefect_server.api_url, prefect_server.token)
    with pytest.raises(EnvironmentNotReadyError):
        environment.prepare(tmp_path, URL)
