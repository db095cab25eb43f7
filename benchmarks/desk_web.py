"""The web application under load: two worker processes, eight people, 10,000 and 100,000 denial cases.

Prints p50 and p95 of the list, of deeper pages, of a case and of giving 200 cases away, and how they grow with the
number of cases. Absolute times need a machine of its own.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import numpy as np
import pyotp

from claims import config
from claims.service import people, signing_in
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from claims.store import people as people_rows
from claims.store import upkeep
from claims.store.engine import read, write

ROOT = Path(__file__).resolve().parents[1]
DAY = date(2026, 3, 2)
PASSWORD = "four quiet herons wade"
CLIENTS, ROUNDS = 8, 12
SIZES = [int(word) for word in sys.argv[1:]] or [10_000, 100_000]


def practice(home: Path, cases: int) -> list[str]:
    """A practice with so many cases, and eight billers; their names."""
    sys.path.insert(0, str(ROOT))  # the tests invent the cases
    from tests.service.desk import invented
    from tests.web.desk import FILES

    settings = config.load(home=home)
    upkeep.initialise(settings)
    ctx = open_context(settings, actor="bench")
    paths = []
    for number, content in enumerate(FILES):
        paths.append(home / f"{number}.dat")
        paths[-1].write_bytes(content)
    ingest(ctx, paths, DAY)
    reconcile(ctx, DAY)
    with read(ctx.engine) as conn:
        payment = int(conn.exec_driver_sql("select min(claim_payment_id) from claim_payments").scalar_one())
    invented.fill(ctx, cases, payment)
    with write(ctx.engine) as conn:  # keys as they are: hex, and none the beginning of another
        conn.exec_driver_sql("update denial_cases set case_key = lower(hex(randomblob(32)))")
    names = [f"biller{number}" for number in range(CLIENTS)]
    for name in names:
        people.add(ctx, name, ["biller"], datetime.now(UTC))
        people.set_password(ctx, name, PASSWORD, datetime.now(UTC))
    ctx.engine.dispose()
    return names


def sign_in(ctx, base: str, name: str) -> httpx.Client:
    """A browser in which somebody has signed in."""
    client = httpx.Client(base_url=base, headers={"Origin": base, "Sec-Fetch-Site": "same-origin"}, timeout=60)
    client.post("/login", data={"name": name, "password": PASSWORD})
    with write(ctx.engine) as conn:
        user = people_rows.named(conn, name)
    said = client.post("/login/code", data={"code": pyotp.TOTP(signing_in.secret(ctx, user)).now()})
    assert said.status_code in (200, 303), said.text
    return client


def together(clients, work) -> tuple[list[float], float]:
    """Let everybody do the same at the same time; give the milliseconds of each time, and how many a second."""
    took: list[float] = []

    def one(client):
        for number in range(ROUNDS):
            began = time.perf_counter()
            work(client, number)
            took.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    threads = [threading.Thread(target=one, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, len(took) / (time.perf_counter() - began)


def measure(cases: int) -> dict[str, float]:
    """Serve a practice of so many cases and measure."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        home = Path(folder)
        names = practice(home, cases)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-c", "from claims.cli import main; main()", "serve", "--port", str(port)]
        base = f"http://127.0.0.1:{port}"
        environment = {"CLAIMS_HOME": folder, "PYTHONPATH": str(ROOT)}
        command += ["--workers", "2", "--quiet"]
        server = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                try:
                    httpx.get(f"{base}/healthz")
                    break
                except httpx.HTTPError:
                    time.sleep(0.2)
            ctx = open_context(config.load(home=home), actor="bench")
            clients = [sign_in(ctx, base, name) for name in names]
            result = {}
            for name, work in {"list": a_list, "next page": a_next_page, "case": a_case, "totals": totals}.items():
                took, rate = together(clients, work)
                p50, p95 = (float(np.percentile(took, part)) for part in (50, 95))
                result[f"{name} p95"] = p95
                print(f"  {name:<12} p50 {p50:7.1f} ms  p95 {p95:7.1f} ms  {rate:6.0f}/s")
            began = time.perf_counter()
            give(clients[0])
            result["give 200"] = (time.perf_counter() - began) * 1000
            print(f"  {'give 200':<12} {result['give 200']:7.1f} ms")
            for client in clients:
                client.close()
            ctx.engine.dispose()
        finally:
            server.terminate()
            server.wait(20)
    return result


ORDERS = ("who=any", "who=any&sort=at_risk", "payer=P2&who=any", "who=any&sort=deadline")
LISTS = [f"/queue?{words}" for words in ORDERS]


def a_list(client, number: int) -> None:
    assert client.get(LISTS[number % len(LISTS)]).status_code == 200


def a_next_page(client, number: int) -> None:
    address = getattr(client, "following", "") or "/queue?who=any"
    text = client.get(address).text
    found = re.search(r'href="([^"]+)" rel="next"', text)
    client.following = found[1].replace("&amp;", "&") if found else ""


def a_case(client, number: int) -> None:
    if not hasattr(client, "cases"):
        client.cases = re.findall(r'data-open="(/cases/[^"]+)"', client.get("/queue?who=any").text)
    assert client.get(client.cases[number % len(client.cases)]).status_code == 200


def totals(client, number: int) -> None:
    assert client.get("/queue/totals?who=any").status_code == 200


def give(client) -> None:
    cases: list[str] = []
    address = "/queue?who=any"
    while len(cases) < 200:
        text = client.get(address).text
        cases += re.findall(r'name="case" value="([\d.]+)"', text)
        address = re.search(r'href="([^"]+)" rel="next"', text)[1].replace("&amp;", "&")
    began = time.perf_counter()
    assert client.post("/queue/act", data={"case": cases, "act": "take"}).status_code == 303
    print(f"  (the action alone {(time.perf_counter() - began) * 1000:.0f} ms)")


def main() -> None:
    """Measure both sizes and compare."""
    results = {}
    for cases in SIZES:
        print(f"{cases:,} cases, 2 workers, {CLIENTS} people:")
        results[cases] = measure(cases)
    first, *rest = SIZES
    for cases in rest:
        for name, value in results[cases].items():
            print(f"{name}: {value / results[first][name]:.2f} times that at {first:,}")


if __name__ == "__main__":
    main()
