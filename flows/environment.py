"""Everything that Prefect may know, set before Prefect is imported: our folder, our server, nothing of the machine's.

Prefect reads ``PREFECT_*`` variables, a profile in its home, and ``.env``, ``prefect.toml`` and ``pyproject.toml`` of
the working folder. None of those is ours: they may name somebody's cloud. So this process's variables are replaced, the
home is a private folder under the data folder, and Prefect is first imported while that is the working folder.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from claims.errors import ClaimsError

READY = "_CLAIMS_FLOWS_READY"  # inherited by the processes that a served deployment starts

# What no flow of ours needs, and what would leave the machine or keep more than run history.
FIXED = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",  # keeps log text out of Prefect's database
    "PREFECT_LOGGING_LOG_PRINTS": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_RUNNER_SERVER_ENABLE": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # only the server that we name, never one of Prefect's own
}
OUTSIDE = ("PREFECT_", "PREFECT__")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class EnvironmentNotReadyError(ClaimsError):
    """Prefect was imported before its settings were ours: it may already look at somebody else's server."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"Prefect's settings are not ours: {problem}. Call flows.environment.prepare first.")


def prepare(folder: Path, api_url: str, token: str = "") -> None:
    """Point this process at one Prefect server and import Prefect; `folder` becomes its private home.

    A second call in the same process must name the same server: Prefect has read its settings by then.
    """
    asked = f"{folder}|{api_url}"
    if "prefect" in sys.modules:
        if os.environ.get(READY) != asked:
            raise EnvironmentNotReadyError("Prefect is already imported with other settings")
        return
    private_folder(folder)
    replace(variables(folder, api_url, token) | {READY: asked})
    with contextlib.chdir(folder):  # .env, prefect.toml and pyproject.toml of the caller's folder are not ours
        importlib.import_module("prefect.main")


def require() -> None:
    """Refuse to go on when nobody has called `prepare` in this process or in the one that started it."""
    if READY not in os.environ:
        raise EnvironmentNotReadyError("nobody has prepared them")


def variables(folder: Path, api_url: str, token: str = "") -> dict[str, str]:
    """Give the variables for a process that talks to the server at `api_url`; user:password in it becomes the token."""
    parts = urlsplit(api_url)
    if parts.username is not None:
        token = f"{parts.username}:{parts.password or ''}"
        api_url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    given = FIXED | {
        "PREFECT_HOME": str(folder),
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_LOGGING_SETTINGS_PATH": str(folder / "logging.yml"),
        "PREFECT_API_URL": api_url,
    }
    if token:
        given["PREFECT_API_AUTH_STRING"] = token
    if parts.hostname in LOOPBACK:
        given |= {name: _without_proxy(name) for name in ("NO_PROXY", "no_proxy")}
    return given


def replace(given: dict[str, str]) -> None:
    """Take every ambient Prefect variable away from this process, then set ours."""
    for name in ambient():
        del os.environ[name]
    os.environ.update(given)


def ambient() -> list[str]:
    """Name the Prefect variables that this process inherited."""
    return [name for name in os.environ if name.upper().startswith(OUTSIDE)]


def private_folder(folder: Path) -> None:
    """Make Prefect's home, readable by its owner only, with the file that keeps its log lines off the terminal."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    handler = {
        "class": "logging.handlers.RotatingFileHandler",
        "filename": str(folder / "prefect.log"),
        "maxBytes": 1_000_000,
        "backupCount": 1,
        "delay": True,
        "encoding": "utf-8",
        "formatter": "line",
    }
    text = json.dumps(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"file": handler},
            "loggers": {
                name: {"level": "WARNING", "handlers": ["file"], "propagate": False}
                for name in ("prefect", "uvicorn", "docket", "fastapi", "websockets", "httpx", "alembic")
            },
        },
        indent=1,
    )
    target = folder / "logging.yml"  # JSON is YAML
    if not target.exists() or target.read_text("utf-8") != text:
        fresh = folder / f"logging.{os.getpid()}.tmp"
        fresh.write_text(text, "utf-8")
        fresh.replace(target)


def _without_proxy(name: str) -> str:
    """Add this machine to the addresses that no proxy is asked for."""
    listed = [word for word in os.environ.get(name, "").split(",") if word]
    return ",".join([*listed, *(host for host in LOOPBACK if host not in listed)])
