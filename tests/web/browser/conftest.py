"""A browser before the desk of a practice with a month in its books: what people see and do, as they see and do it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import uvicorn

from claims.service import people
from claims.service.context import open_context
from claims.service.intake import find_files, ingest
from claims.service.reconcile import reconcile
from claims.store import audit
from claims.web.settings import checked
from tests.web.desk import NAMES, PASSWORD, Desk, quick_hashes, settings_in

MONTH = Path(__file__).resolve().parents[3] / "edi_samples" / "day"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What the content policy refuses is said with its place: the browser's own words name neither.
VIOLATION = """document.addEventListener("securitypolicyviolation", (one) => console.warn(
    "Content Security Policy", one.violatedDirective, one.blockedURI, one.sourceFile, one.lineNumber, one.sample));"""
SIZE = {"width": 1400, "height": 900}


@pytest.fixture(scope="session")
def chromium():
    """The distribution's browser; where CI is set it has to be there."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail("CI is set and there is no chromium")
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # machines that test are busy
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(headless=True, executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def month(tmp_path_factory, sqlite_template, chromium):
    """The data folder of a practice with the month of the demo, and people in all roles."""
    home = tmp_path_factory.mktemp("month") / "claims-data"
    home.mkdir(mode=0o700)
    shutil.copy(sqlite_template, home / "claims.db")
    settings = settings_in(home)
    audit.create_key(settings.audit_key_file)
    audit.create_key(settings.people_key_file)
    ctx = open_context(settings, actor="night")
    day = date(2026, 10, 19)
    ingest(ctx, find_files(MONTH / "inbox"), day)
    reconcile(ctx, day)
    with quick_hashes():
        for name, roles in NAMES.items():
            people.add(ctx, name, roles, datetime.now(UTC), write_off_limit_cents=2500)
            people.set_password(ctx, name, PASSWORD, datetime.now(UTC))
    ctx.engine.dispose()
    return home


class Served:
    """The desk on a free port of this machine."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.desk = Desk(settings_in(home), web=checked("127.0.0.1", port))
        config = uvicorn.Config(self.desk.asgi, host="127.0.0.1", port=port, log_config=None, lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.desk.close()


@pytest.fixture
def served(month, tmp_path):
    """The desk over a copy of the month."""
    home = tmp_path / "claims-data"
    shutil.copytree(month, home)
    one = Served(home)
    yield one
    one.close()


@pytest.fixture
def browse(chromium, served):
    """Open a browser as somebody; what went wrong in it fails the test."""
    opened, problems = [], []

    def as_person(name: str, **how):
        context = chromium.new_context(**{"viewport": SIZE, "base_url": served.url} | how)
        context.set_default_timeout(20_000)
        opened.append(context)
        page = context.new_page()
        page.add_init_script(VIOLATION)
        page.expected = []  # texts of complaints that a test provokes
        page.on("console", lambda said: said.type in ("error", "warning") and _note(page, problems, said.text))
        page.on("pageerror", lambda error: _note(page, problems, str(error)))
        page.on("request", lambda asked: _own(asked.url, served.url) or problems.append("foreign " + asked.url))
        page.on("dialog", lambda box: (problems.append("dialog"), box.dismiss()))
        if name:
            served.desk.clock.on(seconds=31)
            page.goto("/login")
            page.fill("[name=name]", name)
            page.fill("[name=password]", PASSWORD)
            page.click("form button")
            page.fill("[name=code]", served.desk.code(name))
            page.click("form button")
            page.locator("ul.codes, body.desk").first.wait_for()  # a click does not wait for the page it asked for
            if page.locator("ul.codes").count():
                page.click("form button")
            page.locator("body.desk").wait_for()
        return page

    yield as_person
    for context in opened:
        context.close()
    assert not problems, problems


def _own(url: str, base: str) -> bool:
    return url.startswith((base + "/", "data:", "blob:"))


def _note(page, problems: list[str], text: str) -> None:
    if not any(expected in text for expected in page.expected):
        problems.append(text)
