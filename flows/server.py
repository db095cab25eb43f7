"""The Prefect server that a run talks to: one named by the settings, one that runs already, or our own child.

Our child listens on loopback only, on a socket opened here (its address is known at once, and nobody can take it in
between), asks for a secret on every call, and ends with the process that started it. Start it first: it needs seconds
to import, during which this process can import and read too.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from claims.config import Settings
from claims.errors import ClaimsError
from flows import environment

START_SECONDS = 120
STOP_SECONDS = 6
SERVICES = {  # of Prefect's own: only what writes run history, and for a served deployment what starts it
    "TASK_RUN_RECORDER": ("night", "schedule"),
    "SCHEDULER": ("schedule",),
    "LATE_RUNS": ("schedule",),
    "CANCELLATION_CLEANUP": (),
    "CLEANUP_RECONCILER": (),
    "EVENT_LOGGER": (),
    "EVENT_PERSISTER": (),
    "FOREMAN": (),
    "PAUSE_EXPIRATIONS": (),
    "REPOSSESSOR": (),
    "TRIGGERS": (),
}


class ServerError(ClaimsError):
    """Prefect's server did not start or does not answer."""

    def __init__(self, problem: str, log: Path) -> None:
        super().__init__(f"Prefect's server {problem}; nothing was run. Its log: {log}")


@dataclass
class Server:
    """A server to talk to; `process` is None when somebody else started it."""

    folder: Path
    api_url: str
    token: str = field(default="", repr=False)
    process: subprocess.Popen[bytes] | None = None
    is_up: bool = False

    @property
    def log(self) -> Path:
        """Where our child writes what it has to say."""
        return self.folder / "server.log"

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Return when the server answers; raise ServerError when it ends or stays silent."""
        deadline = time.monotonic() + seconds
        while not answers(self.api_url, self.token, timeout=max(0.1, deadline - time.monotonic())):
            if self.process is not None and self.process.poll() is not None:
                raise ServerError(f"ended with code {self.process.returncode} while starting", self.log)
            if time.monotonic() > deadline:
                raise ServerError(f"did not answer within {seconds:.0f} seconds", self.log)
            time.sleep(0.05)
        self.is_up = True

    def stop(self) -> None:
        """End our child; a server that somebody else started stays."""
        if self.process is None or self.process.stdin is None:
            return
        if not self.is_up:
            self.process.kill()  # nobody has told it anything yet
        self.process.stdin.close()  # the lifeline
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def running(settings: Settings, mode: str = "night") -> Iterator[Server]:
    """Give the server for a run and end it afterwards if it is our own; it may still be starting: `wait` for it."""
    server = find(settings) or start(settings.prefect_folder, mode)
    try:
        yield server
    finally:
        server.stop()


def find(settings: Settings) -> Server | None:
    """Give the server that the settings name, or one of ours that runs until a person stops it."""
    if settings.prefect_api_url:
        return Server(settings.prefect_folder, settings.prefect_api_url)
    note = _note(settings.prefect_folder)
    try:
        found = json.loads(note.read_text("utf-8"))
        url, token, owner = found["api_url"], found["token"], (found["process_id"], found["process_started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    alive = owner[1] and process_started(owner[0]) == owner[1] and urlsplit(url).hostname == "127.0.0.1"
    if alive and answers(url, token, timeout=5):
        return Server(settings.prefect_folder, url, token)
    return None


def start(folder: Path, mode: str = "night") -> Server:
    """Start our own server and return at once, while it is still importing."""
    environment.private_folder(folder)
    token = f"claims:{secrets.token_urlsafe(24)}"
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        server = Server(folder, url, token)
        inherited = {name: value for name, value in os.environ.items() if name not in environment.ambient()}
        with os.fdopen(os.open(server.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            server.process = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__).with_name("server_process.py")), str(listening.fileno())],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=inherited | _variables(folder, url, token, mode),
                pass_fds=[listening.fileno()],
                start_new_session=True,  # Ctrl-C is for the run: it still has to tell the server how it ended
            )
    return server


@contextlib.contextmanager
def published(server: Server) -> Iterator[None]:
    """Let later runs use this server, which lives until a person stops it. The note is readable by its owner only."""
    if server.process is None:
        yield  # its owner has published it
        return
    note = {
        "api_url": server.api_url,
        "token": server.token,
        "process_id": server.process.pid,
        "process_started": process_started(server.process.pid),
    }
    fresh = _note(server.folder).with_suffix(f".{os.getpid()}.tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(note, file)
    fresh.replace(_note(server.folder))
    try:
        yield
    finally:
        _note(server.folder).unlink(missing_ok=True)


def answers(api_url: str, token: str, timeout: float) -> bool:
    """Say whether a Prefect server that knows our token answers at this address."""
    parts = urlsplit(api_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    if parts.username is not None:
        token = f"{parts.username}:{parts.password or ''}"
    headers = {"Authorization": "Basic " + base64.b64encode(token.encode()).decode()} if token else {}
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/admin/version", headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def process_started(process_id: int) -> str:
    """Give what tells a process from a later one with the same number; empty when there is none."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(process_id)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def _note(folder: Path) -> Path:
    return folder / "server.json"


def _variables(folder: Path, url: str, token: str, mode: str) -> dict[str, str]:
    given = environment.variables(folder, url, token) | {
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for them costs the import some time, and none is ours
        "PREFECT_SERVER_API_AUTH_STRING": token,
        "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
        "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "false",
    }
    for service, modes in SERVICES.items():
        given[f"PREFECT_SERVER_SERVICES_{service}_ENABLED"] = str(mode in modes).lower()
    if mode == "night":
        given["PREFECT__SERVER_EPHEMERAL"] = "1"
    return given
