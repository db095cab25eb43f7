"""A biller's morning and an auditor's visit, from the first page to the last key."""

from __future__ import annotations

import re
import sqlite3

from playwright.sync_api import expect

from claims.service.desk import actions, queue


def totals(page) -> tuple[int, int]:
    """(cases, cents at risk) as the page says."""
    expect(page.locator("#totals b")).to_have_count(2)
    cases, amount = page.locator("#totals b").all_inner_texts()
    return int(cases.replace(",", "")), int(re.sub(r"[$,.]", "", amount))


def books(served) -> list[tuple]:
    """Everything that an auditor must not change."""
    own = (
        "audit_events",
        "sessions",
        "searches",
        "login_attempts",
        "id_blocks",
        "users",
        "recovery_codes",
        "row_seals",
    )
    with sqlite3.connect(served.desk.ctx.settings.home / "claims.db") as conn:
        names = [row[0] for row in conn.execute("select name from sqlite_master where type = 'table' order by 1")]
        return [line for name in names if name not in own for line in conn.execute(f"select * from {name}")]


def can_be_sent_again(ctx) -> list[int]:
    """Cases whose claims were sent from here."""
    cases = queue.selection(ctx, queue.Filters())
    found = actions.preview(ctx, lambda one: actions.resubmit(one, cases, one.settings.today()))
    return found.done[:3]


def test_a_billers_morning(browse, served, monkeypatch):
    monkeypatch.setattr("claims.web.pages.queue.SIZE", 100)
    page = browse("ann")
    expect(page.locator("h1")).to_have_text("Today")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.locator("h1")).to_have_text("Queue")
    before = totals(page)
    rows = page.locator("tr[data-open]")

    # Ten rows with keys: two one by one, the rest by a range; taken, and put aside.
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_have_attribute("id", rows.nth(0).get_attribute("id"))
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    for _ in range(8):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("#chosen")).to_contain_text("10 selected, $")
    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("10 assigned")
    expect(page.locator("tr[data-open] td:last-child", has_text="ann")).to_have_count(10)
    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("10 undone")
    expect(page.locator("tr[data-open] td:last-child", has_text="ann")).to_have_count(0)

    # Snooze the first: it leaves the list, and the sums move.
    page.locator("tr[data-open]").first.click(position={"x": 70, "y": 12})
    page.keyboard.press("s")
    expect(page.locator("select[name=until]")).to_be_focused()
    page.locator("select[name=until]").select_option("14")
    page.locator("button[value=snooze]").click()
    expect(page.locator(".toast")).to_contain_text("1 snoozed")
    page.goto("/queue")
    after = totals(page)
    assert after[0] == before[0] - 1 and after[1] < before[1]

    # Keys stay out of fields; ? lists them.
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("jxa?")
    expect(page.locator("#find")).to_have_value("jxa?")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()

    # Open one with Enter, note on it, come back to the same place.
    page.keyboard.press("j")
    page.keyboard.press("j")
    here = page.locator("tr.here").get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("at risk")
    page.fill("#work input[name=words]", "called the payer, they look again")
    page.locator("button[value=note]").click()
    expect(page.locator(".toast")).to_contain_text("1 noted")
    expect(page.locator("ol.steps", has_text="called the payer, they look again")).to_be_visible()
    page.goto(f"/queue#{here}")
    expect(page.locator("tr.here")).to_have_attribute("id", here)

    # Send three again: looked at first, then done; they wait now.
    page.goto("/queue?who=any")
    for case_id in can_be_sent_again(served.desk.ctx):
        page.locator(f"#c{case_id} input[name=case]").check()
    expect(page.locator("#chosen")).to_contain_text("3 selected")
    page.locator("select[name=more]").select_option("resubmit")
    page.locator("button[value=more]").click()
    expect(page.locator("#list")).to_contain_text("3 would be made to be sent again")
    page.locator("button[name=sure][value=yes]").click()
    expect(page.locator(".toast")).to_contain_text("3 will not leave")  # nothing is known of their provider
    assert totals(page)[0] == after[0] - 3
    page.go_back()
    page.goto("/queue?state=waiting&who=any")
    assert totals(page)[0] == 3
    page.reload()
    expect(page.locator("tr[data-open]")).to_have_count(3)


def test_undo_is_offered_for_ten_seconds_in_place(browse):
    page = browse("ann")
    page.clock.install()
    page.goto("/queue")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("1 assigned")
    page.clock.fast_forward(11_000)
    expect(page.locator(".toast")).to_have_count(0)


def test_undo_pressed_at_once_is_done_and_a_form_pressed_twice_goes_out_once(browse, served):
    page = browse("ann")
    page.goto("/queue")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("1 undone")
    assert served.desk.one("select count(*) from denial_cases where assignee = 'ann'") == 0
    page.locator("tr[data-open] a.why").first.click()
    page.locator("#bulk [name=words]").fill("called them")
    page.locator("#bulk button[value=note]").evaluate("(one) => { one.click(); one.click(); one.click(); }")
    expect(page.locator(".toast")).to_contain_text("1 noted")
    assert served.desk.one("select count(*) from denial_events where kind = 'note'") == 1


def test_an_auditors_visit(browse, served):
    before = books(served)
    page = browse("otto")
    expect(page.locator(".figure b").first).to_be_visible()
    page.goto("/queue?who=any")
    number, cents = totals(page)
    assert page.locator("tr[data-open]").count() == min(number, 50) and cents > 0
    expect(page.locator("#bulk")).to_have_count(0)

    # From the total to a case, to its decision, to the bytes in the payer's file.
    page.locator("tr[data-open] a.why").first.click()
    expect(page.locator("h1")).to_contain_text("at risk")
    risk = page.locator("h1").inner_text().split(" ")[0]
    assert risk in page.locator("main").inner_text()
    page.locator("dd a.mono").first.click()
    expect(page.locator("mark")).to_have_count(1)
    expect(page.locator("b", has_text="CLP*")).to_have_count(1)

    # What the night did, file by file; who saw what; the chain is whole.
    page.goto("/runs")
    page.goto("/audit?what=shown&actor=otto")
    page.get_by_role("link", name="Check every seal of the chain").click()
    expect(page.locator("#chain")).to_contain_text("The chain is whole")
    assert page.locator("tbody tr").count() >= 3
    page.expected = ["403"]
    said = page.evaluate(
        "() => fetch('/queue/act', {method: 'POST', body: new URLSearchParams({act: 'take'})}).then(r => r.status)"
    )
    assert said == 403
    page.wait_for_timeout(50)
    assert books(served) == before
