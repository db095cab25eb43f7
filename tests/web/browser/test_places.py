"""The place in a list: kept after every action, from case to case, and in filters that are chosen by keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


def here(page) -> str:
    """The row that stands."""
    return page.locator("tr.here").get_attribute("id")


def stands_at(page, row):
    """Wait until a row is the current one: after an answer of the server it is set a moment later."""
    expect(page.locator("tr.here")).to_have_attribute("id", row)


def ids(page) -> list[str]:
    """The rows in order."""
    return page.locator("tr[data-open]").evaluate_all("(rows) => rows.map((row) => row.id)")


def test_the_row_stays_after_an_action_and_the_next_follows_when_it_leaves(browse):
    page = browse("ann")
    page.goto("/queue")
    order = ids(page)
    for _ in range(5):
        page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("1 assigned")
    expect(page.locator(f"#{order[4]}")).to_be_focused()
    stands_at(page, order[4])
    page.keyboard.press("j")
    stands_at(page, order[5])

    # A note leaves it where it is; snoozed, it leaves the list and the next is current.
    page.keyboard.press("x")
    page.fill("#work input[name=words]", "called")
    page.locator("button[value=note]").click()
    expect(page.locator(".toast")).to_contain_text("1 noted")
    stands_at(page, order[5])
    page.keyboard.press("s")
    page.locator("button[value=snooze]").click()
    expect(page.locator(".toast")).to_contain_text("1 snoozed")
    expect(page.locator(f"#{order[5]}")).to_have_count(0)
    stands_at(page, order[6])

    # Undone: a page of its own, and the place is still there.
    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("1 undone")
    stands_at(page, order[6])


def test_a_day_to_snooze_until_is_chosen_by_keys(browse):
    page = browse("ann")
    page.goto("/queue?who=any")
    order = ids(page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("s")
    until = page.locator("select[name=until]")
    expect(until).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(f"#{order[0]}")).to_be_focused()
    page.keyboard.press("j")
    stands_at(page, order[1])
    page.keyboard.press("k")
    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    expect(until).to_have_value("14")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("1 snoozed")
    expect(page.locator(f"#{order[0]}")).to_have_count(0)
    stands_at(page, order[1])


def test_looking_before_doing_keeps_the_place_too(browse):
    page = browse("ann")
    page.goto("/queue?who=any")
    order = ids(page)
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("x")
    page.select_option("select[name=more]", "write_off")
    page.fill("#work input[name=words]", "too small")
    page.locator("button[value=more]").click()
    expect(page.locator("#list")).to_contain_text("Nothing has been done yet")
    page.locator("button[name=sure]").click()
    expect(page.locator(".toast")).to_be_visible()
    left = ids(page)
    stands_at(page, order[2] if order[2] in left else order[3])


def test_filters_are_chosen_by_keys_without_a_jump_and_keep_the_focus(browse):
    page = browse("ann")
    page.goto("/queue")
    choice = page.locator("select[name=least]")
    choice.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(choice).to_have_value("100")
    page.wait_for_timeout(150)
    assert page.url.endswith("/queue")  # nothing was asked for by passing by
    expect(choice).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue?*least=100*")
    expect(page.locator("select[name=least]")).to_be_focused()
    page.fill("input[name=reason]", "CO-197")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue?*reason=CO-197*")
    expect(page.locator("input[name=reason]")).to_be_focused()


def test_the_list_is_one_step_from_the_top(browse):
    page = browse("ann")
    page.goto("/queue")
    link = page.get_by_role("link", name="To the list")
    for _ in range(3):
        page.keyboard.press("Tab")
        if link.evaluate("(one) => one === document.activeElement"):
            break
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    assert here(page) == ids(page)[0]
    expect(page.locator("tr.here")).to_be_focused()


@pytest.mark.long
def test_j_and_k_go_from_case_to_case_in_the_order_of_the_list(browse):
    page = browse("ann")
    page.goto("/queue?who=any&sort=deadline")
    order = ids(page)
    links = page.locator("tr[data-open]").evaluate_all("(rows) => rows.map((row) => row.dataset.open)")
    page.locator("tr[data-open] a.why").nth(1).click()
    expect(page.locator("h1")).to_contain_text("at risk")
    page.keyboard.press("j")
    page.wait_for_url("**" + links[2])
    page.keyboard.press("k")
    page.wait_for_url("**" + links[1])
    page.keyboard.press("a")  # what is done there keeps the list
    expect(page.locator(".toast")).to_contain_text("1 assigned")
    page.keyboard.press("j")
    page.wait_for_url("**" + links[2])
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("tr.here")).to_have_attribute("id", order[2])
