"""Signing in over HTTP: cookies, doors, throttle, and what ends a session."""

from __future__ import annotations

import html
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import claims.web
from claims.people import passwords, second_factor
from claims.service import people
from claims.web import wanted
from claims.web.pages import ALL
from tests.web.desk import ORIGIN, PASSWORD, TestClient, filled


def test_the_way_in_from_a_link(desk):
    token = people.add(desk.ctx, "new", ["biller"], desk.clock())
    client = desk.client()
    assert "Welcome, new" in client.get(f"/enrol/{token}").text
    assert client.post(f"/enrol/{token}", data={"password": PASSWORD, "again": "x"}).status_code == 422
    assert client.post(f"/enrol/{token}", data={"password": "password1234", "again": "password1234"}).status_code == 422
    assert client.post(f"/enrol/{token}", data={"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert "authenticator" in client.get("/login/code").text
    done = client.post("/login/code", data={"code": desk.code("new")})
    assert done.status_code == 200 and done.text.count("<li>") == 10
    assert client.get("/me").status_code == 200
    assert client.get(f"/enrol/{token}").status_code == 410


def test_half_way_in_is_not_in(desk):
    client = desk.client()
    assert client.post("/login", data={"name": "ann", "password": PASSWORD}).status_code == 303
    assert client.get("/me").status_code == 401
    assert client.get("/login/code").status_code == 200


def test_the_cookie_on_plain_loopback_and_on_tls(desk):
    given = desk.client().post("/login", data={"name": "ann", "password": PASSWORD}).headers["set-cookie"]
    parts = {part.strip().lower() for part in given.split(";")[1:]}
    assert given.startswith("claims=") and parts == {"httponly", "path=/", "samesite=lax"}


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(desk):
    def body(name):
        return desk.client().post("/login", data={"name": name, "password": "wrong wrong wrong"})

    known, unknown = body("ann"), body("nobody")
    assert known.status_code == unknown.status_code == 403 and known.text == unknown.text


def test_many_wrong_passwords_are_answered_with_429(desk):
    client = desk.client()
    said = [client.post("/login", data={"name": "ann", "password": "wrong wrong"}).status_code for _ in range(20)]
    assert said[:5] == [403] * 5 and set(said[5:]) == {429}


def test_many_who_sign_in_at_once_hold_up_no_page(desk, monkeypatch):
    let_go = threading.Event()
    monkeypatch.setattr(passwords, "is_right", lambda *_: let_go.wait(5) and False)
    with TestClient(desk.asgi, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client, ThreadPoolExecutor(15) as pool:
        gives_up = time.monotonic() + 2
        form = [{"name": f"nobody{number}", "password": "wrong wrong"} for number in range(15)]
        asked = [pool.submit(client.post, "/login", data=one) for one in form]
        while sum(one.done() for one in asked) < 9 and time.monotonic() < gives_up:
            time.sleep(0.02)
        began = time.monotonic()
        assert client.get("/login").status_code == 200 and time.monotonic() - began < 2
        let_go.set()
    assert sorted(one.result().status_code for one in asked) == [403] * 6 + [503] * 9


def test_the_token_changes_at_the_second_factor(desk):
    client = desk.client()
    client.post("/login", data={"name": "ann", "password": PASSWORD})
    first = client.cookies["claims"]
    client.post("/login/code", data={"code": desk.code("ann")})
    assert client.cookies["claims"] != first
    old = desk.client(Cookie=f"claims={first}")
    assert old.get("/me").status_code == old.get("/login/code").status_code == 401


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 401)])
def test_a_session_ends_without_use(desk, minutes, status):
    client = desk.sign_in("ann")
    desk.clock.on(minutes=minutes)
    assert client.get("/me").status_code == status


def test_an_open_page_that_asks_by_itself_is_no_use_of_the_session(desk):
    client = desk.sign_in("ann")
    asked = filled("/cases/{key}/here", desk)
    said = []
    for _ in range(15):
        desk.clock.on(minutes=1)
        said.append(client.get(asked, headers={"HX-Request": "true"}))
    assert [one.status_code for one in said] == [200] * 14 + [401]
    assert said[-1].headers["hx-redirect"] == "/login" and client.get("/me").status_code == 401


def test_what_pages_ask_for_again_and_again_is_no_use():
    pages = Path(claims.web.__file__).parent / "templates"
    lines = [line for page in pages.iterdir() for line in page.read_text("utf-8").splitlines() if '"every ' in line]
    polled = {path for part in ALL for _, path, _, by_itself, _ in part.routes if by_itself}
    assert len(lines) == len(polled) == 1 and "{{ here }}/here" in lines[0] and polled == {"/cases/{key}/here"}


def test_a_session_ends_after_ten_hours_of_use(desk):
    client = desk.sign_in("ann")
    for _ in range(59):
        desk.clock.on(minutes=10)
        assert client.get("/me").status_code == 200
    desk.clock.on(minutes=11)
    assert client.get("/me").status_code == 401


def test_signing_out_ends_it_and_cleans_the_browser(desk):
    client = desk.sign_in("ann")
    token = client.cookies["claims"]
    done = client.post("/logout")
    assert done.headers["clear-site-data"] == '"cache", "storage"'
    assert desk.client(Cookie=f"claims={token}").get("/me").status_code == 401


def test_disabling_somebody_ends_all_at_once(desk):
    client = desk.sign_in("ann")
    assert client.get("/me").status_code == 200
    people.disable(desk.ctx, "ann", desk.clock())
    assert client.get("/me").status_code == 401


def test_changing_the_password_ends_the_other_sessions(desk):
    one, other = desk.sign_in("ann"), desk.sign_in("ann")
    desk.clock.on(seconds=31)
    new = "another four quiet herons"
    form = {"password": PASSWORD, "new": new, "again": new, "code": desk.code("ann")}
    assert one.post("/me/password", data=form | {"again": "x"}).status_code == 422
    assert one.post("/me/password", data=form).status_code == 200
    assert one.get("/me").status_code == 200 and other.get("/me").status_code == 401


def _signed_in(desk, name, path):
    """Where somebody lands who had to sign in for a page."""
    client = desk.client()
    asked = client.get(path, headers={"Accept": "text/html"})
    hidden = re.search(r'name="then" value="([^"]*)"', asked.text)
    then = html.unescape(hidden[1]) if hidden else ""
    place = client.post("/login", data={"name": name, "password": PASSWORD, "then": then}).headers["location"]
    then = html.unescape((re.search(r'name="then" value="([^"]*)"', client.get(place).text) or ["", ""])[1])
    desk.clock.on(seconds=31)
    done = client.post("/login/code", data={"code": desk.code(name), "then": then})
    if done.status_code == 200:  # the first time: recovery codes come between
        then = html.unescape((re.search(r'name="then" value="([^"]*)"', done.text) or ["", ""])[1])
        done = client.get("/login/code", params={"then": then})
    return done.headers["location"]


@pytest.mark.parametrize("path", ["/queue?who=any&sort=at_risk", "/cases/0a1b2c?list=who%3Dany", "/me"])
def test_after_signing_in_one_is_where_one_wanted_to_be(desk, path):
    assert _signed_in(desk, "ann", path) == path
    assert _signed_in(desk, "ann", path) == path  # without the codes between


@pytest.mark.parametrize(
    "then",
    ["https://evil.example", "//evil.example/x", "/\\evil.example", "/a//b", "/../x", "/logout", "/login/code",
     "/queue?x=\r\nSet-Cookie: a", "javascript:alert(1)", "/" + "a" * 3000],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_by_signing_in(then):
    assert wanted.read(then) in ("/", "/queue")


def test_a_second_factor_is_set_up_by_a_picture_that_says_the_same_as_the_key(desk):
    client = desk.client()
    client.post("/login", data={"name": "ann", "password": PASSWORD})
    text = client.get("/login/code").text
    assert re.search(r'<img src="data:image/svg\+xml[^"]+" alt="QR code', text)
    address = html.unescape(re.search(r'href="(otpauth://[^"]+)"', text)[1])
    assert html.escape(second_factor.picture(address)) in text or second_factor.picture(address) in html.unescape(text)
