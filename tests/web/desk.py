"""A desk to test against: a small practice with denials, people in all roles, and browsers without a browser."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from claims import config
from claims.people import passwords
from claims.service import people, signing_in
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from claims.store import audit
from claims.store import people as people_rows
from claims.store.engine import read
from claims.web.app import create_app, guarded
from claims.web.settings import checked
from tests.books import Bill, bank, remit
from tests.books import claims as claims_file

with warnings.catch_warnings():  # it asks for a successor of httpx
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

PASSWORD = "four quiet herons wade"
ORIGIN = "http://127.0.0.1:8000"
NAMES = {"ann": ["biller"], "sue": ["supervisor"], "otto": ["auditor"], "root": ["admin"]}
CANARY = "ZZCANARY"


@contextmanager
def quick_hashes():
    """Hash with the least that argon2 takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


class Clock:
    """The time as the application sees it."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def on(self, **by) -> None:
        self.at += timedelta(**by)


class Desk:
    """The application over a practice, with a client per person."""

    def __init__(self, settings, *, web=None, now=None) -> None:
        self.clock = now or Clock()
        self.ctx = open_context(settings, actor="web")
        self.app = create_app(self.ctx, web or checked("127.0.0.1", 8000), self.clock)
        self.asgi = guarded(self.app)
        self.clients: list[TestClient] = []

    def client(self, **headers) -> TestClient:
        """A browser that nobody has signed in with."""
        own = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"} | headers
        client = TestClient(
            self.asgi, base_url=ORIGIN, headers=own, follow_redirects=False, raise_server_exceptions=False
        )
        self.clients.append(client)
        return client

    def code(self, name: str) -> str:
        """The six digits that the app of this person shows."""
        with read(self.ctx.engine) as conn:
            user = people_rows.named(conn, name)
        return pyotp.TOTP(signing_in.secret(self.ctx, user)).at(self.clock())

    def sign_in(self, name: str, **headers) -> TestClient:
        """A browser in which somebody has signed in, the first time for them or not."""
        client = self.client(**headers)
        assert client.post("/login", data={"name": name, "password": PASSWORD}).headers["location"] == "/login/code"
        self.clock.on(seconds=31)  # a code is good once
        done = client.post("/login/code", data={"code": self.code(name)})
        assert done.status_code in (200, 303), done.text
        return client

    def night(self, folder, files: dict[str, bytes], day) -> None:
        """Take files (content by name) in from a folder, and reconcile."""
        for name, content in files.items():
            (folder / name).write_bytes(content)
        ingest(self.ctx, [folder / name for name in files], day)
        reconcile(self.ctx, day)

    def one(self, sql: str, *values):
        """Give the one value that a select finds in the books."""
        with self.ctx.engine.connect() as conn:
            return conn.exec_driver_sql(sql, values).one()[0]

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.app.state.practice.reader.dispose()
        self.ctx.engine.dispose()


FILES = [
    claims_file(
        Bill(f"{CANARY}1", [("99213", "150")]),
        Bill(f"{CANARY}2", [("99213", "80")], day="20250601"),  # a new claim is in time for 90 days
        Bill("A3", [("99214", "210")]),
    ),
    remit(f"""BPR*H*0*C*NON************20250611~
             TRN*1*T2*1512345678~
             CLP*{CANARY}1*1*150*0**12*HIDDEN1~
             NM1*QC*1*{CANARY}LAST*FIRST****MI*{CANARY}ID~
             SVC*HC:99213*150*0**1~
             CAS*CO*197*150~
             LQ*HE*N210~
             CLP*{CANARY}2*4*80*0**12*HIDDEN2~
             SVC*HC:99213*80*0**1~
             CAS*CO*16*80~
             LQ*HE*MA130~
             CLP*{CANARY}3*4*75*0**12*HIDDEN3~
             SVC*HC:99212*75*0**1~
             CAS*CO*29*75~"""),
    b"this is no X12 file",
    bank(("2025-06-13", "41.00", "T77")),
]


def settle(settings, folder, day) -> None:
    """Fill a practice: three denials, a refused file, a deposit that nothing explains; and its people."""
    audit.create_key(settings.audit_key_file)
    audit.create_key(settings.people_key_file)
    ctx = open_context(settings, actor="tester")
    paths = []
    for number, content in enumerate(FILES):
        paths.append(folder / f"{CANARY}-{number}.dat")
        paths[-1].write_bytes(content)
    ingest(ctx, paths, day)
    reconcile(ctx, day)
    now = datetime.now(UTC)
    for name, roles in NAMES.items():
        people.add(ctx, name, roles, now, write_off_limit_cents=2500)
        people.set_password(ctx, name, PASSWORD, now)
    ctx.engine.dispose()


def settings_in(home, database=None) -> config.Settings:
    """Settings of a data folder."""
    return config.load(home=home, **({"database_url": database} if database else {}))


def filled(path: str, desk) -> str:
    """An address of a route, with things that are there."""
    with desk.ctx.engine.connect() as conn:
        sha, offset, length = conn.exec_driver_sql(
            "select f.sha256, c.offset, c.length from claim_payments c join files f on f.file_id = c.file_id limit 1"
        ).one()
        case = conn.exec_driver_sql("select case_key, case_id from denial_cases limit 1").one()
    values = {
        "name": "desk.css" if path.startswith("/static") else "ann", "token": "x" * 43, "sha256": sha,
        "offset": offset, "length": length, "claim_id": 1, "run_id": 1, "exception_id": 1, "rejection_id": 1,
        "bank_line_id": 1,
        "key": case[0][:10] if "cases" in path else "nothing",
    }  # fmt: skip
    return path.format_map(type("Any", (dict,), {"__missing__": lambda _, key: "1"})(values))
