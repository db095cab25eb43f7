"""Pictures of the pages, taken from the demo's month in a browser: ``make screens`` writes docs/screens/*.png."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyotp
from playwright.sync_api import Page, sync_playwright

from claims.service import people, signing_in
from claims.service.context import Context, open_context
from claims.service.demo import prepare
from claims.service.desk import actions, queue, views
from claims.service.intake import find_files, ingest
from claims.service.master import import_files
from claims.service.reconcile import reconcile
from claims.store import people as people_rows
from claims.store.engine import read, write
from claims.web.app import create_app, guarded
from claims.web.settings import checked

HERE = Path(__file__).parent / "screens"
PORT = 8765
PASSWORD = "four quiet herons wade"  # of people who exist only here
WIDE, TALL = {"width": 1400, "height": 900}, {"width": 820, "height": 1180}
PHONE = {"width": 390, "height": 844}
FEES = """payer_code,procedure_code,allowed,effective_from
FABLE,99214,141.50,2026-01-02
DRAGN,99213,97.00,2026-01-02
"""
PEOPLE = {"ann": ["biller"], "sue": ["supervisor"], "otto": ["auditor"], "root": ["admin"]}


def main() -> None:
    """Make a practice, serve it, and take the pictures."""
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ctx = practice(Path(folder) / "desk")
        server = serve(ctx)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
                )
                take(browser, ctx)
                browser.close()
        finally:
            server.should_exit = True
    for path in HERE.glob("*.png"):
        squeeze(path)


def practice(home: Path) -> Context:
    """The demo's month in the books, people in all roles, and some of the morning's work done."""
    prepared = prepare(home)
    ctx = open_context(prepared.settings, actor="night")
    raised = home.parent / "fee_schedules.csv"  # contracts that two payers have not noticed yet
    raised.write_text(FEES, encoding="utf-8")
    import_files(ctx, [raised])
    ingest(ctx, find_files(prepared.inbox), prepared.posting_date)
    reconcile(ctx, prepared.posting_date)
    now = datetime.now(UTC)
    for name, roles in PEOPLE.items():
        people.add(ctx, name, roles, now, write_off_limit_cents=2500)
        people.set_password(ctx, name, PASSWORD, now)
    sue = replace(ctx, actor="sue")
    views.save(sue, "Authorizations", queue.Filters(category="AUTH", mine_or_unassigned=True), team=True)
    views.save(sue, "Due in two weeks", queue.Filters(due_by=ctx.settings.today() + timedelta(days=14)), team=True)
    views.save(replace(ctx, actor="ann"), "Above $500", queue.Filters(minimum_cents=50_000))
    everything = queue.selection(ctx, queue.Filters())
    day = ctx.settings.today()
    actions.assign(ctx, everything[4:14], "ann", day)
    actions.assign(ctx, everything[14:19], "sue", day)
    actions.snooze(ctx, everything[30:36], day.replace(year=day.year + 1, day=1), day)
    return ctx


def serve(ctx: Context) -> Any:
    """Serve it on this machine."""
    import threading
    import time

    import uvicorn

    app = guarded(create_app(ctx, checked("127.0.0.1", PORT)))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=PORT, log_config=None, lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return server


def take(browser: Any, ctx: Context) -> None:
    """Sign in and walk through the pages."""
    biller = sign_in(browser, ctx, "ann", WIDE, "light")
    for name, path in {
        "today": "/", "queue": "/queue", "patterns": "/patterns", "charts": "/charts", "run": "/runs/1",
        "exceptions": "/exceptions", "claim": "/claims/1", "deposits": "/deposits?state=any",
        "variances": "/variances", "rejections": "/rejections", "blocked": "/rejections/blocked",
        "takebacks": "/takebacks?state=any", "exception": "/exceptions/1", "deposit": "/deposits/1",
    }.items():  # fmt: skip
        shot(biller, path, name)
    biller.goto(f"http://127.0.0.1:{PORT}/queue")
    for key in ("j", "x", "j", "j", "j", "Shift+X"):
        biller.keyboard.press(key)
    biller.screenshot(path=HERE / "queue_selected.png")
    biller.keyboard.press("a")
    biller.locator(".toast").wait_for()
    biller.screenshot(path=HERE / "queue_done.png")
    case = biller.locator("tr[data-open]").nth(3).get_attribute("data-open") or "/"
    shot(biller, case, "case")
    shot(biller, f"{case.partition('?')[0]}/appeal", "appeal")
    biller.goto(f"http://127.0.0.1:{PORT}/queue")
    biller.fill("#find", "TEACUP")
    biller.keyboard.press("Enter")
    biller.locator("h1").first.wait_for()
    biller.wait_for_timeout(400)
    biller.screenshot(path=HERE / "search.png")
    shot(sign_in(browser, ctx, "ann", WIDE, "dark"), case, "case_dark")
    shot(sign_in(browser, ctx, "ann", TALL, "dark"), "/queue", "queue_tall_dark")
    shot(sign_in(browser, ctx, "ann", PHONE, "light"), "/queue", "queue_phone")
    shot(sign_in(browser, ctx, "otto", WIDE, "light"), "/audit", "audit")
    shot(sign_in(browser, ctx, "root", WIDE, "light"), "/people", "people")


def sign_in(browser: Any, ctx: Context, name: str, size: dict[str, int], scheme: str) -> Page:
    """Open a window in which somebody has signed in."""
    with write(ctx.engine) as conn:  # a code is good once: these people are in a hurry
        user = people_rows.named(conn, name)
        assert user is not None
        people_rows.change(conn, user.user_id, last_step=0)
    with read(ctx.engine) as conn:
        user = people_rows.named(conn, name)
    assert user is not None
    page: Page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(f"http://127.0.0.1:{PORT}/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("form button")
    page.fill("[name=code]", pyotp.TOTP(signing_in.secret(ctx, user)).now())
    page.click("form button")
    page.locator("ul.codes, body.desk").first.wait_for()
    return page


def shot(page: Page, path: str, name: str) -> None:
    """Take one picture."""
    page.goto(f"http://127.0.0.1:{PORT}{path}")
    page.wait_for_timeout(400)
    page.screenshot(path=HERE / f"{name}.png")


def squeeze(path: Path, colours: int = 256) -> None:
    """Write a picture anew with a palette, where ImageMagick can read it: a third of the bytes."""
    program = shutil.which("convert")
    raw = subprocess.run([program, str(path), "ppm:-"], capture_output=True, check=False).stdout if program else b""
    if not raw.startswith(b"P6"):
        return
    _, size, _, pixels = raw.split(b"\n", 3)
    width, height = (int(word) for word in size.split())
    rgb = np.frombuffer(pixels, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
    packed = (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
    found, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = found[np.argsort(-counts)[:colours]]
    split = [np.stack([values >> 16, (values >> 8) & 255, values & 255], axis=1) for values in (found, kept)]
    nearest = ((split[0][:, None, :] - split[1][None, :, :]) ** 2).sum(axis=2).argmin(axis=1).astype(np.uint8)
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # the first byte of a row: no filter
    rows[:, 1:] = nearest[place].reshape(height, width)
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": split[1].astype(np.uint8).tobytes(),
        b"IDAT": zlib.compress(rows.tobytes(), 9),
        b"IEND": b"",
    }
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in parts.items():
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


if __name__ == "__main__":
    main()
