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
    "/deposits/1",
    "/exceptions/1",
    "/charts",
    "/me",
    "/claims/1",
)
SERIOUS = {"serious", "critical"}


PHONE = {"width": 390, "height": 844}
# What scrolls sideways and cannot be reached by keys: it, or something in it, has to take the focus, and have a name.
UNREACHABLE = """() => [...document.querySelectorAll("main *")]
    .filter((one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX))
    .filter((one) => !(one.tabIndex === 0 && one.getAttribute("role") && one.getAttribute("aria-label")))
    .filter((one) => !one.matches(".tabs, .bulk"))
    .map((one) => one.outerHTML.slice(0, 90))"""


def complaints(page):
    found = Axe().run(page)
    return [
        (one["id"], [node["html"][:90] for node in one["nodes"]][:3])
        for one in found.response["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark", "phone"])
def test_axe_finds_nothing_serious(browse, scheme):
    page = browse("sue", color_scheme="dark" if scheme == "dark" else "light")
    paths = {"light": [*PAGES, "/audit"], "dark": ["/"], "phone": ["/charts", "/runs/1", "/variances", "/patterns"]}
    if scheme == "phone":
        page.set_viewport_size(PHONE)
    wrong = {}
    for path in paths[scheme]:
        assert page.goto(path).status == 200, path
        wrong[path] = complaints(page)
        wrong[path + " scrolls"] = page.evaluate(UNREACHABLE)
    page.goto("/queue")
    page.locator("tr[data-open] a.why").first.click()
    expect(page.locator("h1")).to_contain_text("at risk")
    wrong["case"] = complaints(page)
    wrong["case scrolls"] = page.evaluate(UNREACHABLE)
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


@pytest.mark.parametrize("width", [1400, 820, 390])
def test_nothing_is_wider_than_its_window(browse, width):
    page = browse("ann")
    page.set_viewport_size({"width": width, "height": 900 if width > 1000 else 1180})
    for path in ("/", "/queue", "/exceptions", "/charts", "/claims/1"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        wide = page.evaluate(
            "() => [...document.querySelectorAll('table.stack.broad')].filter((one) => "
            "one.scrollWidth > one.parentElement.clientWidth + 1).length"
        )
        assert not wide or width > 1000, path
    page.goto("/queue")
    page.locator("tr[data-open] a.why").first.click()
    expect(page.locator("h1")).to_contain_text("at risk")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_case_is_a_card_that_a_thumb_can_work(browse):
    page = browse("ann", viewport=PHONE, is_mobile=True, has_touch=True)  # one that is too wide is shown smaller
    page.goto("/queue")
    card = page.locator("tr[data-open]").first
    cells = [cell.bounding_box() for cell in card.locator("td:visible").all()]
    for one in cells:
        for other in cells:
            apart = one["x"] + one["width"] <= other["x"] + 1 or one["y"] + one["height"] <= other["y"] + 1
            back = other["x"] + other["width"] <= one["x"] + 1 or other["y"] + other["height"] <= one["y"] + 1
            assert one is other or apart or back, (one, other)
    for place in ("input[name=case]", "a.why"):
        box = card.locator(place).bounding_box()
        assert min(box["width"], box["height"]) >= 24, (place, box)
    for box in (one.bounding_box() for one in page.locator("button:visible, .tabs > a:visible").all()):
        assert min(box["width"], box["height"]) >= 24
    for name, many in (("chosen", 1), ("chosen", 50), ("all", 50)):
        for box in page.locator("tr[data-open] input[name=case]").all()[:many]:
            box.check()
        page.locator("#bulk [name=scope]").select_option(name)
        bar = page.locator("#bulk").bounding_box()
        assert bar["height"] <= 70 and bar["y"] + bar["height"] <= 844, (name, many, bar)  # of 844: one row
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, (name, many)
        for place in (".unfold", "[data-act=assign]", "#chosen"):
            box = page.locator(f"#bulk {place}").bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390, (name, many, place, box)
    page.locator("#bulk [name=scope]").select_option("chosen")
    card.locator("a.why").click()
    assert page.locator("#bulk").bounding_box()["height"] <= 70
    page.locator("#bulk .unfold").click()
    buttons = page.locator("#bulk button:visible")
    assert buttons.count() == 6, "whatever can be done is on the screen once it is unfolded"
    assert all(one.bounding_box()["x"] + one.bounding_box()["width"] <= 390 for one in buttons.all())


def test_on_a_phone_the_menu_opens_by_touch_and_by_key_and_rows_are_cards_with_heads(browse):
    page = browse("ann")
    page.set_viewport_size(PHONE)
    page.goto("/exceptions")
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu).to_be_hidden()
    page.locator("label.menu").click()
    expect(menu).to_be_visible()
    page.locator("#menu").focus()
    page.keyboard.press("Space")
    expect(menu).to_be_hidden()
    page.keyboard.press("Space")
    menu.get_by_role("link", name="Queue").click()
    page.wait_for_url("**/queue")
    page.goto("/exceptions")
    cells = page.locator("tr[data-open]").first.locator("td:visible").all()
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in (one.bounding_box() for one in cells))
    head = "(one) => getComputedStyle(one, '::before').content"
    assert page.locator("tr[data-open] td.n").first.evaluate(head) == '"Worth"'


def test_no_text_of_a_list_is_smaller_than_twelve_pixels(browse):
    page = browse("ann")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/queue")
    small = page.evaluate(
        """() => [...document.querySelectorAll("#list *, .filters *, .side *")]
            .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
            .filter((one) => one.getClientRects().length && parseFloat(getComputedStyle(one).fontSize) < 12)
            .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert not small, small[:5]
    page.keyboard.press("j")
    page.keyboard.press("x")
    inside = page.evaluate(
        "() => [...document.querySelectorAll('#bulk select, #bulk button')].every((one) => "
        "one.scrollWidth <= one.clientWidth + 2 && one.getBoundingClientRect().right <= innerWidth)"
    )
    assert inside


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
