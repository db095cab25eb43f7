"""The pages on which claims are worked, in a browser: within reach of everybody, and no wider than the window."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect

from claims import config
from claims.service.master import find_master_files, import_files
from tests.service.desk.test_sending import sent_home  # noqa: F401 a practice that has sent claims
from tests.service.outgoing import DAY
from tests.web.browser.conftest import Served
from tests.web.browser.test_pages import complaints
from tests.web.test_correcting import MASTER, place_of, sent_desk_home  # noqa: F401 the same with people
from tests.web.test_worked_claims import charge, refused_by_payer


@pytest.fixture
def served(sent_desk_home, chromium, tmp_path, monkeypatch):  # noqa: F811
    """The desk of that practice, with a claim that an edit blocks and one that its payer refused."""
    monkeypatch.setattr(config.Settings, "today", lambda _: DAY)
    home = tmp_path / "claims-data"
    shutil.copytree(sent_desk_home, home)
    one = Served(home)
    import_files(one.desk.ctx, find_master_files([MASTER]))
    one.rejected = refused_by_payer(one.desk, tmp_path)
    one.blocked = charge(one.desk, tmp_path, "N1", place_of_service="98", modifiers="25")
    yield one
    one.close()


def pages(served):
    place = place_of(served.desk, "K5")
    return (
        *("/rejections", "/rejections/blocked", "/rejections/1"),
        *(f"/claims/{served.blocked}/correct", f"/claims/{served.rejected}/correct"),
        *(f"{place}/correct", f"{place}/coverage"),
    )


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_axe_finds_nothing_serious_where_claims_are_worked(browse, served, scheme):
    page = browse("ann", color_scheme=scheme)
    wrong = {}
    for path in pages(served):
        assert page.goto(path).status == 200, path
        wrong[path] = complaints(page)
        for width in (1400, 820, 390):
            page.set_viewport_size({"width": width, "height": 1180})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        page.set_viewport_size({"width": 1400, "height": 900})
    assert not any(wrong.values()), {path: found for path, found in wrong.items() if found}


@pytest.mark.long
def test_another_payer_is_billed_without_javascript(browse, served):
    page = browse("ann", java_script_enabled=False)
    page.goto(f"{place_of(served.desk, 'K5')}/coverage")
    page.select_option("#payer", "DRAGN")
    page.fill("#member", "DM20411")
    page.check("input[name=order][value=before]")
    page.get_by_role("button", name="Look before it goes").click()
    expect(page.locator("#looked")).to_contain_text("billed now")
    page.locator("#looked button[value=yes]").click()
    expect(page.locator(".toast")).to_contain_text("1 made for another payer")
    assert served.desk.one("select payer_code from claims order by claim_id desc limit 1") == "DRAGN"


@pytest.mark.long
def test_lists_of_stopped_claims_are_worked_by_keys_and_without_javascript(browse, served):
    page = browse("ann")
    page.goto("/rejections")
    page.locator("tr[data-open]").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("1 given to you")
    plain = browse("ann", java_script_enabled=False)
    plain.goto("/rejections/blocked")
    plain.check("tr[data-open] input[name=case]")
    plain.click("button[value=close]")
    expect(plain.locator("h2").first).to_contain_text("1 would be given up")
    plain.fill("form[action$=act] input[name=words]", "billed by the hospital")
    plain.click("button[name=sure]")
    expect(plain.locator(".toast")).to_contain_text("1 given up, $145.00")
    plain.click(".toast button")
    expect(plain.locator(".toast")).to_contain_text("1 taken up again")
