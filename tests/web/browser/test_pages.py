"""Every page in a browser: nothing foreign is asked for, nothing is complained about, nothing is hard to reach."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = (
    "/",
    "/queue",
    "/patterns",
    "/rejections",
    "/exceptions/1",
    "/deposits?state=any",
    "/charts",
    "/me",
    "/claims/1",
)
SERIOUS = {"serious", "critical"}


def complaints(page):
    found = Axe().run(page)
    return [
        (one["id"], [node["html"][:90] for node in one["nodes"]][:3])
        for one in found.response["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browse, scheme):
    page = browse("sue", color_scheme=scheme)
    paths = [*PAGES, "/audit"] if scheme == "light" else ["/"]
    wrong = {}
    for path in paths:
        assert page.goto(path).status == 200, path
        wrong[path] = complaints(page)
    page.goto("/queue")
    page.locator("tr[data-open] a.why").first.click()
    wrong["case"] = complaints(page)
    assert not any(wrong.values()), {path: found for path, found in wrong.items() if found}


def test_the_door_and_the_people_page_are_clear_too(browse):
    page = browse("")
    page.expected = ["401"]
    page.goto("/login")
    assert not complaints(page)
    admin = browse("root")
    admin.goto("/people")
    assert not complaints(admin)
    assert admin.url.endswith("/people")


@pytest.mark.parametrize("width", [1400, 820])
def test_nothing_is_wider_than_its_window(browse, width):
    page = browse("ann")
    page.set_viewport_size({"width": width, "height": 900 if width > 1000 else 1180})
    for path in ("/", "/queue", "/exceptions", "/charts"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_an_injected_script_does_not_run(browse):
    page = browse("ann")
    page.expected = ["Content Security Policy"]
    page.goto("/queue")
    page.evaluate(
        "() => { const bad = document.createElement('script'); bad.textContent = 'document.title = \"bad\"';"
        " document.body.append(bad); }"
    )
    assert page.title() != "bad"


def test_the_desk_works_without_javascript(browse):
    page = browse("ann", java_script_enabled=False)
    page.goto("/queue")
    page.locator("#totals a").click()
    expect(page.locator("main")).to_contain_text("at risk")
    page.go_back()
    page.locator("tr[data-open] input[name=case]").nth(1).check()
    page.locator("button[value=take]").click()
    expect(page.locator(".toast")).to_contain_text("1 assigned")
    page.locator(".toast button").click()
    expect(page.locator(".toast")).to_contain_text("1 undone")
    page.locator("tr[data-open] a.why").first.click()
    expect(page.locator("h1")).to_contain_text("at risk")
