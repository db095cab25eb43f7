"""The guards: origins, headers, sizes, addresses, and what each role may open."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from fastapi import FastAPI

import claims.web
from claims.store.engine import write
from claims.store.people import change
from claims.web import pages, routes, segments, shown
from claims.web.app import create_app, guarded
from claims.web.guards.client import ClientAddress
from claims.web.settings import checked
from tests.web.desk import NAMES, ORIGIN, Desk, TestClient, filled

HERE = Path(__file__).parent
PACKAGE = Path(claims.web.__file__).parent
MATRIX = HERE / "routes.csv"


def matrix():
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def routes_of(desk):
    return sorted((method, path, permission) for method, path, permission in routes.declared(desk.app))


def test_control_characters_are_refused_before_any_page_reads_them(shared):
    nobody, ann = shared.client(), shared.sign_in("ann")
    refused = nobody.post("/login", data={"name": "a\0b", "password": "x"})
    assert refused.status_code == 422 and "no control characters" in refused.text
    for path in ("/cases/%00", "/variances/a%00b", "/takebacks/a%E2%80%AEb"):
        assert ann.get(path).status_code == 404, path
    for path in ("/rejections?payer=%00", "/takebacks?payer=a%1Bb", "/queue?tag=%E2%81%A6x", "/rejections?%00=x"):
        refused = ann.get(path)
        assert refused.status_code == 422 and "no control characters" in refused.text, path
    for path, form in (("/q", {"q": "a\0b"}), ("/queue/views", {"name": "a\u202eb"}), ("/me/password", {"a\0": "b"})):
        refused = ann.post(path, data=form)
        assert refused.status_code == 422 and "no control characters" in refused.text, path
    assert nobody.get("/rejections?payer=%00").status_code == 401, "who asks is looked at first"
    assert ann.get("/rejections?payer=a%0Ab").status_code == 200, "a line end is none of them"


# --- R1, R3, R4: who may open what


@pytest.mark.parametrize("who", ["nobody", "otto"])
def test_who_may_not_is_refused_before_a_byte_of_what_they_send_is_read(shared, who):
    client = shared.client() if who == "nobody" else shared.sign_in(who)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers = {"origin": ORIGIN, "cookie": cookies, "content-type": "multipart/form-data; boundary=x"}
    headers["content-length"] = str(16 << 20)
    scope = {
        "type": "http", "method": "POST", "path": "/cases/00ff/appeal", "query_string": b"", "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000), "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    answers = []

    async def receive():
        raise AssertionError("the body was read")

    async def send(message):
        answers.append(message)

    # In a thread of its own: where a browser's tests run in this process, a loop runs here already.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(anyio.run, shared.asgi, scope, receive, send).result()
    assert answers[0]["status"] == (401 if who == "nobody" else 403)


def test_every_route_stands_in_the_matrix_with_its_permission(shared):
    wanted = [(row["method"], row["path"], row["permission"]) for row in matrix()]
    assert routes_of(shared) == sorted(wanted), "tests/web/routes.csv: who may use the new route?"


@pytest.mark.parametrize("who", ["nobody", *NAMES])
def test_each_role_opens_what_the_matrix_says_and_nothing_else(desk, who):
    client = desk.client() if who == "nobody" else desk.sign_in(who)
    wrong = []
    for row in matrix():
        if row["path"] == "/logout":
            continue
        for fragment in (False, True):
            address = filled(row["path"], desk)
            headers = {"HX-Request": "true"} if fragment else {}
            said = client.request(row["method"], address, headers=headers, data={} if row["method"] == "POST" else None)
            may = row["open"] == "Y" or (who != "nobody" and row[who] == "Y")
            refused = said.status_code == 401 or (said.status_code == 403 and "Your role does not" in said.text)
            if refused == may or said.status_code >= 500:
                wrong.append((row["method"], row["path"], said.status_code, fragment))
    assert not wrong


def test_a_route_without_a_permission_stops_the_start(shared, monkeypatch):
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/secret", lambda: None)
    with pytest.raises(routes.UndeclaredRouteError, match="/secret"):
        routes.declared(app)
    wrong = routes.Routes()
    wrong.get("/secret", "desk.reed")(lambda: None)
    monkeypatch.setattr(pages, "ALL", (wrong,))
    with pytest.raises(routes.UndeclaredRouteError):
        create_app(shared.ctx, checked("127.0.0.1", 8000))


def test_an_auditors_database_handle_cannot_write(shared):
    client = shared.sign_in("otto")
    assert client.get("/exceptions").status_code == 200
    practice = shared.app.state.practice
    with pytest.raises(Exception, match="READONLY"), write(practice.reader) as conn:
        change(conn, 1, roles="admin")


# --- R13, R14: what changes something, and who may ask for it


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": ORIGIN}, 303),
        ({"Origin": "http://localhost:8000"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": ORIGIN}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:9"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_only_our_own_pages_change_anything(shared, headers, status):
    client = TestClient(shared.asgi, base_url=ORIGIN, follow_redirects=False)
    client.cookies = shared.sign_in("ann").cookies
    with client:
        assert client.post("/q", data={"words": "nobody"}, headers=headers).status_code == status


@pytest.mark.long
def test_looking_changes_nothing(desk):
    own = ("audit_events", "sessions", "searches", "login_attempts", "id_blocks")

    def state():
        with sqlite3.connect(desk.ctx.settings.home / "claims.db") as conn:
            names = [row[0] for row in conn.execute("select name from sqlite_master where type = 'table' order by 1")]
            lines = [line for name in names if name not in own for line in conn.execute(f"select * from {name}")]
        return hashlib.sha256(repr(lines).encode()).hexdigest()

    client = desk.sign_in("ann")
    before = state()
    for method, path, _ in routes_of(desk):
        if method == "GET":
            client.get(filled(path, desk))
    assert state() == before


# --- R15: headers


@pytest.mark.long
def test_every_answer_carries_the_headers(shared):
    client = shared.sign_in("ann")
    answers = [client.get(filled(path, shared)) for method, path, _ in routes_of(shared) if method == "GET"]
    answers += [client.get("/nowhere"), client.get("/runs?before=x"), client.get("/files/zz"), client.put("/me")]
    answers.append(shared.client(**{"Sec-Fetch-Site": "cross-site"}).post("/login"))
    for said in answers:
        policy = said.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert said.headers["x-content-type-options"] == "nosniff"
        assert said.headers["referrer-policy"] == "same-origin"
        assert said.headers["cross-origin-opener-policy"] == "same-origin"
        path = said.request.url.path
        assert "no-store" in said.headers["cache-control"] or path.startswith(("/static", "/favicon"))
    assert {answer.status_code for answer in answers} >= {200, 403, 404, 405, 422}


def test_tls_means_hsts_and_a_host_cookie(desk):
    web = checked("0.0.0.0", 8000, proxies=["10.0.0.5"], origin="https://desk.example.org")
    app = create_app(desk.ctx, web, desk.clock)
    proxy = {"client": ("10.0.0.5", 1), "follow_redirects": False}
    with TestClient(guarded(app), base_url="https://desk.example.org", **proxy) as client:
        headers = {"Origin": "https://desk.example.org"}
        said = client.post("/login", data={"name": "ann", "password": "four quiet herons wade"}, headers=headers)
        cookie = said.headers["set-cookie"]
        assert int(re.search(r"max-age=(\d+)", said.headers["strict-transport-security"])[1]) >= 31_536_000
        assert "includeSubDomains" in said.headers["strict-transport-security"]
        assert cookie.startswith("__Host-claims=") and "Domain" not in cookie
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert parts == {"httponly", "secure", "path=/", "samesite=lax"}


# --- R19 (forms), R20, R40, R41: sizes and names


def test_more_than_a_form_is_refused(shared):
    client = shared.client()
    assert client.post("/login", content=b"x" * (1 << 20) + b"x").status_code == 413
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=(b"x" * 65536 for _ in range(20)), headers=form).status_code == 413
    assert client.post("/login", data={"name": "x" * 500, "password": "y"}).status_code == 422


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "vendor/LICENSE.pico", "/etc/passwd", "desk.css%00", "x" * 300]
)
def test_no_name_is_a_path(shared, name):
    assert shared.client().get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/metrics", "/debug", "/static/", "/.env"])
def test_nothing_is_served_besides(shared, path):
    assert shared.client().get(path).status_code == 404
    assert shared.client().get("/healthz").text == "ok"


def test_searching_too_often_is_answered_with_429(desk):
    client = desk.sign_in("sue")
    said = [client.post("/q", data={"words": "nobody at all"}).status_code for _ in range(40)]
    assert said[0] == 303 and said[-1] == 429


# --- R17, R18: hostile texts


@pytest.mark.parametrize(
    "path",
    ["/rejections?state=x", "/rejections?payer=%27%3B--", "/audit?what=x", "/audit?since=1", "/audit?subject=%25%27%22",
     "/runs?before=1%20or%201", "/runs/0", "/cases/%27%20or%201=1", "/files/%00", "/claims/1e9",
     "/exceptions/99999999999999999999999",     "/deposits?state=%3Cscript%3E", "/takebacks/%25",
     "/q/../../etc", "/files/aaaaaaaa/bytes/-1/5"],
)  # fmt: skip
def test_odd_addresses_get_rows_or_a_named_no(shared, path):
    for who in ("sue",):
        said = shared.sign_in(who).get(path)
        assert said.status_code in (200, 404, 422), path


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "javascript:alert(1)",
    "' onclick='x",
]


def test_what_files_say_is_never_markup(desk):
    with desk.ctx.engine.begin() as conn:
        for number, text in enumerate(HOSTILE):
            conn.exec_driver_sql(
                "update denial_cases set payer_name = ?, cause = ?, deadline_rule = ? where case_id = ?",
                (text, text, text, number + 1),
            )
            conn.exec_driver_sql("update remittances set payer_name = ?, trace_number = ?", (text, text))
            conn.exec_driver_sql("update claims set patient_last_name = ?, payer_name = ?", (text, text))
            conn.exec_driver_sql("update exceptions set message = ?, release = ?", (text, text))
    client = desk.sign_in("sue")
    key = client.post("/q", data={"words": HOSTILE[0]}).headers["location"]
    for path in ["/", "/exceptions", "/exceptions/1", "/charts", "/claims/1", filled("/cases/{key}", desk), key]:
        said = client.get(path)
        assert said.status_code == 200, path
        assert "<script>alert" not in said.text and "<img src=x" not in said.text and "onclick='x" not in said.text
        assert 'href="javascript:' not in said.text and ">49<" not in said.text


def test_templates_are_the_only_markup_and_escape_everything():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'HTMLResponse\(\s*f?["\']', text), path
        assert "Markup(" not in text and "async def" not in re.sub(
            r"async def (__call__|life|plain|\w+\(message|counted|checked|sent|require_plain)", "", text
        )
    for path in (PACKAGE / "templates").iterdir():
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text and "autoescape" not in text, path
        assert not re.search(r"\son\w+\s*=|style\s*=|javascript:|https?://", text), path


def test_no_code_is_loaded_from_data_and_no_xml_parsed():
    for path in PACKAGE.parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*import (pickle|marshal|shelve)|yaml\.load\(|\beval\(|\bexec\(", text, re.M), path
        assert not re.search(r"^\s*(from|import) (xml|lxml)\b", text, re.M), path


# --- R35: addresses behind proxies


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "found"),
    [
        ([], "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (["10.0.0.0/8"], "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (["10.0.0.0/8"], "10.0.0.5", "203.0.113.9", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.5", "198.51.100.1, 203.0.113.9, 10.0.0.6", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.5", "", "10.0.0.5"),
        (["10.0.0.0/8"], "::ffff:10.0.0.5", "203.0.113.9", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.5", "nonsense", "nonsense"),
    ],
)
def test_a_client_address_is_believed_from_trusted_proxies_only(proxies, peer, forwarded, found):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    guard = ClientAddress(None, proxies)
    assert (guard._address(scope) if proxies else scope["client"][0]) == found


def test_what_a_browser_says_of_itself_is_not_believed_beside_the_line_of_a_proxy():
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"203.0.113.9")]
    scope = {"type": "http", "client": ("10.0.0.5", 1), "headers": headers}
    assert ClientAddress(None, ["10.0.0.0/8"])._address(scope) == "203.0.113.9"


@pytest.mark.parametrize(("peer", "status"), [("10.0.0.5", 200), ("192.0.2.1", 403), ("127.0.0.1", 403)])
def test_behind_a_proxy_nobody_else_is_answered_in_the_clear(desk, peer, status):
    web = checked("0.0.0.0", 8000, proxies=["10.0.0.5"], origin="https://desk.example.org")
    with TestClient(guarded(create_app(desk.ctx, web, desk.clock)), client=(peer, 1)) as client:
        said = client.get("/login")
        assert said.status_code == status and (status == 200) == ("password" in said.text)
        assert "default-src 'none'" in said.headers["content-security-policy"]
        assert client.get("/healthz").text == "ok"


def test_with_tls_of_our_own_others_than_the_proxy_may_ask_too(desk, tmp_path):
    for name in ("desk.pem", "desk.key"):
        (tmp_path / name).write_text("")
    web = checked("0.0.0.0", 8000, tmp_path / "desk.pem", tmp_path / "desk.key", ["10.0.0.5"], "https://desk.example")
    with TestClient(guarded(create_app(desk.ctx, web, desk.clock)), client=("192.0.2.1", 1)) as client:
        assert client.get("/login").status_code == 200


# --- R39: vendored assets


def test_vendored_assets_are_what_they_say_and_have_their_licence():
    folder = PACKAGE / "static" / "vendor"
    listed = json.loads((folder / "VENDOR.json").read_text())
    for one in listed:
        assert hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest() == one["sha256"]
        assert (folder / one["licence_file"]).stat().st_size > 100
    kept = {path.name for path in folder.iterdir()}
    assert kept == {"VENDOR.json", *(one["file"] for one in listed), *(one["licence_file"] for one in listed)}


def test_our_own_script_stays_small_and_assets_are_kept_by_browsers(shared):
    assert len((PACKAGE / "static" / "keys.js").read_text().splitlines()) < 200
    client = shared.client()
    assert "immutable" in client.get(shown.asset("desk.css")).headers["cache-control"]
    assert "immutable" not in client.get("/static/desk.css?v=old").headers["cache-control"]


def test_marked_elements_of_a_segment():
    assert segments.marked("CAS*CO*27*1450~", ["CAS02"]) == [
        ("CAS", False), ("*", False), ("CO", False), ("*", False), ("27", True), ("*", False), ("1450", False),
        ("~", False),
    ]  # fmt: skip
    assert segments.marked("", ["CAS02"]) == [("", False)] and segments.marked("CAS", ["CAS01"]) == [("CAS", False)]


def test_the_desk_opens_on_a_practice_with_nothing_in_it(sqlite_url, tmp_path):
    from claims.store import audit
    from tests.web.desk import settings_in

    settings = settings_in(tmp_path / "claims-data", sqlite_url)
    audit.create_key(settings.audit_key_file)
    audit.create_key(settings.people_key_file)
    desk = Desk(settings)
    assert desk.client().get("/").status_code == 401
    desk.close()


def test_a_place_is_given_back_also_when_an_answer_is_never_begun():
    from claims.web.guards.rates import AtOnce, TooMuchError

    places = AtOnce(1)

    def sent(place):
        with place:
            yield "row"

    never_begun = sent(places.place())
    with pytest.raises(TooMuchError):
        places.place()
    del never_begun
    assert list(sent(places.place())) == ["row"]
    places.place().leave()
