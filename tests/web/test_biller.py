"""What billers asked for (B2 to B14), on the pages as they are sent: the keys are tried in a browser."""

from __future__ import annotations

import csv
import io
import re
from contextlib import ExitStack
from datetime import date, timedelta

import pytest

from claims import config
from claims.service.desk import actions
from tests.web.desk import CANARY

DID = re.compile(r"[?&]did=[^&#]+")


@pytest.fixture
def ann(desk):
    return desk.sign_in("ann")


def boxes(text):
    """(case_id.version) of every row."""
    return re.findall(r'name="case" value="([\d.]+)"', text)


def act(client, *cases, follow=True, **form):
    said = client.post("/queue/act", data={"case": list(cases), **form})
    return client.get(said.headers["location"]) if follow and said.status_code == 303 else said


def test_b2_b3_b5_b6_a_row_says_score_reason_deadline_and_next_step(ann):
    text = ann.get("/queue").text
    assert re.search(r'title="value \d+ . 50, urgency \d+ . 35, untouched \d+ . 15, less effort \d+ . 10\.', text)
    assert "No authorization or notice on file" in text and "CO-197" in text and "the practice bears it" in text
    assert "overdue" in text or "days" in text
    assert "Get authorization, fix where it was sent" in text
    page = ann.get(re.search(r'data-open="(/cases/[0-9a-f]+)"', text)[1]).text
    assert "Needs" in page and "By" in page


def test_b4_sums_of_the_list(ann):
    assert "<b>3</b> cases, <b>$305.00</b> at risk" in ann.get("/queue/totals", headers={"HX-Request": "true"}).text
    assert "<b>1</b> case, <b>$150.00</b>" in ann.get("/queue/totals?reason=197").text
    assert len(boxes(ann.get("/queue?least=100").text)) == 1


def test_b7_views_are_kept_for_oneself_and_for_the_team(desk, ann):
    back = "/queue?who=any&reason=197&least=50&due=7"
    assert ann.post("/queue/views", data={"name": "auth", "back": back}).status_code == 303
    assert ann.post("/queue/views", data={"name": "x", "team": "yes", "back": back}).status_code == 403
    sue = desk.sign_in("sue")
    assert (
        sue.post("/queue/views", data={"name": "big ones", "team": "yes", "back": "/queue?least=100"}).status_code
        == 303
    )
    mine = ann.get("/queue/views", headers={"HX-Request": "true"}).text
    assert "auth" in mine and "big ones" in mine and '<span class="tag">1</span>' in mine
    theirs = sue.get("/queue/views").text
    assert "auth" not in theirs and "big ones" in theirs
    address = re.search(r'href="(/queue\?[^"]*reason=197[^"]*)"', mine)[1].replace("&amp;", "&")
    assert "who=any" in address and "least=50" in address and ann.get(address).status_code == 200
    team = re.search(r'action="(/queue/views/\d+/delete)"', theirs)[1]
    assert ann.post(team).status_code == 403 and sue.post(team).status_code == 303
    assert "big ones" not in ann.get("/queue/views").text


def test_b8_since_last_night_is_told_by_runs(desk, ann):
    text = ann.get("/").text
    assert "New denials" in text and "$305.00 at risk" in text and f"{CANARY}1" in text
    link = re.search(r'href="(/queue\?who=any&amp;since=\d+)"', text)[1].replace("&amp;", "&")
    assert len(boxes(ann.get(link).text)) == 3
    with desk.ctx.engine.connect() as conn:
        last = conn.exec_driver_sql("select subject, body from audit_events order by seq desc limit 2").all()
    assert "news of the night" in [row[0] for row in last]


def test_b9_a_selection_is_given_away_and_stale_rows_are_named(desk, ann):
    first, second, third = boxes(ann.get("/queue").text)
    sue = desk.sign_in("sue")
    assert "1 assigned" in act(sue, first, act="take").text
    said = act(ann, first, second, third, act="assign", to="ann").text
    assert "2 assigned" in said and "1 changed meanwhile and left alone" in said
    assert re.search(r'left alone \(<a href="/cases/[0-9a-f]{10}">' + CANARY + r"\d</a>\)", said), "by its claim"


def test_b9_a_whole_list_is_counted_before_it_is_changed(ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))  # before the last day of any
    back = "/queue?who=any"
    looked = act(ann, act="snooze", until="7", scope="all", back=back)
    seen = re.search(r'name="looked" value="([^"]+)"', looked.text)[1]
    assert "3 cases: 3 would be snoozed" in re.sub(r"\s+", " ", looked.text) or "would" in looked.text
    assert len(boxes(ann.get("/queue").text)) == 3
    done = act(ann, act="snooze", until="7", scope="all", back=back, looked=seen, sure="yes").text
    assert re.search(r"\d snoozed", done)


def test_b6_what_is_refused_says_why(ann):
    said = act(ann, *boxes(ann.get("/queue").text), act="more", more="resubmit")
    assert said.status_code == 200 and "would not: The claim was not sent from here" in said.text


def test_a_claim_that_was_sent_from_elsewhere_says_so_from_the_start(ann):
    text = ann.get("/queue?who=any").text
    assert "Get authorization, fix where it was sent" in text
    place = re.search(r'data-open="(/cases/[0-9a-f]+)', ann.get("/queue?who=any&reason=197").text)[1]
    page = ann.get(place).text
    assert "The claim was not sent from here" in page and f"{place}/correct" not in page
    assert "cannot be corrected here" in ann.get(f"{place}/correct").text


def test_b10_undo_in_place_and_later(desk, ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))  # before the last day of any
    (case, *_) = boxes(ann.get("/queue").text)
    done = act(ann, case, act="take")
    action = re.search(r'action="(/actions/\d+/undo)"', done.text)[1]
    assert "ann" in done.text
    undone = ann.get(ann.post(action, data={"back": "/queue"}).headers["location"]).text
    assert "1 undone" in undone and boxes(undone)[0].split(".")[0] == case.split(".")[0]
    desk.clock.on(seconds=20)
    assert "undone" not in ann.get(str(done.url)).text  # what was done is news for a moment only


def test_b11_a_snoozed_case_leaves_the_queue_and_can_come_back(ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))  # before the last day of any
    (case, *_) = boxes(ann.get("/queue").text)
    act(ann, case, act="snooze", until="30")
    rows = {one.split(".")[0]: one for one in boxes(ann.get("/queue?state=snoozed").text)}
    assert list(rows) == [case.split(".")[0]] and len(boxes(ann.get("/queue").text)) == 2
    act(ann, rows[case.split(".")[0]], act="more", more="wake")
    assert len(boxes(ann.get("/queue").text)) == 3
    assert act(ann, case, act="snooze", until="never").status_code == 422


def test_b12_the_story_adds_up_and_shows_the_payers_own_words(ann):
    place = ann.post("/q", data={"words": f"{CANARY}LAST"}).headers["location"]
    key = re.search(r'data-open="(/cases/[0-9a-f]+)"', ann.get(place).text)[1]
    text = ann.get(key).text
    assert re.search(r"\$150\.00 billed . \$150\.00 adjusted . \$0\.00 paid", text)
    assert "CAS*<mark>CO</mark>*<mark>197</mark>*<mark>150</mark>" in text
    assert f"{CANARY}LAST, FIRST" in text and "1110" in text
    raw = re.search(r'href="(/files/[0-9a-f]{64}/bytes/\d+/\d+\?[^"]*element=CLP02)"', text)[1].replace("&amp;", "&")
    shown = ann.get(raw).text
    assert f"CLP*{CANARY}1*<mark>1</mark>" in shown and "TRN*1*T2" in shown


def test_b13_cases_are_grouped_by_cause(desk, ann):
    with desk.ctx.engine.begin() as conn:  # a second one of the same reason
        conn.exec_driver_sql("update denial_cases set reason_code = '197', category = 'AUTH' where reason_code = '29'")
    text = ann.get("/patterns").text
    link = re.search(r'href="(/queue\?who=any&amp;payer=[^"]*reason=197)"', text)[1].replace("&amp;", "&")
    assert len(boxes(ann.get(link).text)) == 2
    assert "1 more open case, $80.00 at risk, stands alone" in text


def test_b14_two_people_on_one_case_see_each_other_and_never_overwrite(desk, ann):
    key = re.search(r'data-open="(/cases/[0-9a-f]+)"', ann.get("/queue").text)[1]
    sue = desk.sign_in("sue")
    assert "open too" not in ann.get(key).text
    mine = boxes(sue.get(key).text)
    assert "<b>ann</b> has this case open too" in sue.get(key).text
    assert "<b>sue</b> has this case open too" in ann.get(f"{key}/here").text
    assert "1 assigned" in act(sue, *mine, act="take", back=key).text
    lost = act(ann, *mine, act="assign", to="ann", back=key).text
    assert "Nothing was done" in lost and "1 changed meanwhile" in lost
    desk.clock.on(minutes=3)
    assert "open too" not in ann.get(f"{key}/here").text


def test_b15_a_page_is_the_same_for_its_address(desk, ann, monkeypatch):
    monkeypatch.setattr("claims.web.pages.queue.SIZE", 2)
    first = ann.get("/queue?sort=at_risk&who=any")
    following = re.search(r'href="([^"]+)" rel="next"', first.text)[1].replace("&amp;", "&")
    second = ann.get(following)
    assert boxes(first.text) + boxes(second.text) == boxes(first.text)[:2] + boxes(ann.get(following).text)
    previous = re.search(r'href="([^"]+)" rel="prev"', second.text)[1].replace("&amp;", "&")
    assert boxes(ann.get(previous).text) == boxes(first.text)
    sue = desk.sign_in("sue")
    assert boxes(sue.get(following).text) == boxes(second.text)  # a link can be shared
    for lost in (following.replace("at_risk", "score"), following.replace("at=", "at=x")):
        said = ann.get(lost)
        assert said.status_code == 200 and "this is the first page" in said.text and len(boxes(said.text)) == 2
    assert "this is the first page" not in second.text and DID.search(following) is None


def test_a_place_in_what_is_due_is_good_on_the_next_day_too(desk, ann, monkeypatch):
    monkeypatch.setattr("claims.web.pages.queue.SIZE", 1)
    first = ann.get("/queue?who=any&due=3650")
    following = re.search(r'href="([^"]+)" rel="next"', first.text)[1].replace("&amp;", "&")
    shown = boxes(ann.get(following).text)
    today = config.Settings.today
    monkeypatch.setattr(config.Settings, "today", lambda settings: today(settings) + timedelta(days=1))
    said = ann.get(following)
    assert said.status_code == 200 and boxes(said.text) == shown and "this is the first page" not in said.text


@pytest.mark.parametrize("query", ["state=foo", "due=abc", "pattern=x", "who=%00"])
def test_an_address_that_is_no_list_is_refused_by_name(ann, query):
    back = f"/queue?{query}"
    said = ann.post("/queue/act", data={"scope": "all", "act": "note", "words": "x", "back": back})
    assert said.status_code == 422 and "is not what a list takes" in said.text
    assert ann.post("/queue/views", data={"name": "mine", "back": back}).status_code == 422


def test_who_is_disabled_is_offered_no_more(desk, ann):
    root = desk.sign_in("root")
    assert '<option value="sue">' in ann.get("/queue").text
    assert root.post("/people/sue/disable").status_code == 303
    text = ann.get("/queue").text
    assert "sue" not in text and '<option value="ann">' in text


def test_what_was_looked_for_is_forgotten(desk, ann):
    def kept():
        with desk.ctx.engine.connect() as conn:
            return list(conn.exec_driver_sql("select words from searches order by search_id").scalars())

    sue = desk.sign_in("sue")
    place = ann.post("/q", data={"words": f"{CANARY}LAST"}).headers["location"]
    sue.post("/q", data={"words": "the other"})
    assert ann.get(place).status_code == 200 and ann.post("/logout").status_code == 303
    assert kept() == ["the other"]  # when who looked for it signs out
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update searches set recorded_at = '2026-01-01T00:00:00.000000Z'")
    sue.post("/q", data={"words": "a third"})
    assert kept() == ["a third"]  # and after a day
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update searches set recorded_at = '2026-01-01T00:00:00.000000Z'")
    desk.sign_in("otto")
    assert kept() == []


def test_results_are_looked_at_so_often_and_no_more(desk, ann, monkeypatch):
    monkeypatch.setattr(desk.app.state.practice.results, "most", 3)
    place = ann.post("/q", data={"words": f"{CANARY}LAST"}).headers["location"]
    assert [ann.get(place).status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_payers_of_one_name_are_two_on_a_chart(desk, ann):
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update denial_cases set payer_name = 'Blue', payer_code = 'B' || (case_id % 2)")
    text = ann.get("/charts").text
    assert "Blue (B0)" in text and "Blue (B1)" in text


def test_names_on_a_chart_are_whole(desk, ann):
    with desk.ctx.engine.begin() as conn:
        name = "FABLEWOOD MUTUAL HEALTH INSURANCE COMPANY OF THE NORTH"
        conn.exec_driver_sql(f"update denial_cases set payer_name = '{name}'")
    drawn = "".join(re.findall(r"<svg.*?</svg>", ann.get("/charts").text, re.DOTALL))
    assert "<tspan" in drawn and "COMPANY OF THE NORTH</tspan>" in drawn and "…" not in drawn


def test_a_write_off_above_the_limit_waits_for_a_second_person(desk, ann):
    case = boxes(ann.get("/queue").text)
    asked = act(ann, case[0], act="more", more="write_off", words="not worth a letter")
    assert "after a second person has agreed" in asked.text
    act(ann, case[0], act="more", more="write_off", words="not worth a letter", sure="yes")
    assert 'value="approve"' not in ann.get("/approvals").text
    assert (
        '/undo"><input type="hidden" name="back" value="/approvals"><button class="plain">Withdraw<'
        in ann.get("/approvals").text
    )
    sue = desk.sign_in("sue")
    page = sue.get("/approvals").text
    assert "not worth a letter" in page
    decide = re.search(r'action="(/approvals/\d+)"', page)[1]
    assert ann.post(decide, data={"decision": "approve"}).status_code == 403
    refused = sue.get(sue.post(decide, data={"decision": "refuse", "words": "send one"}).headers["location"])
    assert refused.status_code == 200 and "not worth a letter" not in refused.text


def test_a_list_is_taken_as_csv_without_formulas_and_with_its_total(desk, ann):
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update denial_cases set payer_name = '=cmd|x', assignee = '+1+1' where case_id = 1")
    said = ann.get("/queue.csv?who=any&sort=at_risk")
    assert said.headers["content-disposition"].startswith("attachment") and "'=cmd|x" in said.text
    lines = list(csv.DictReader(io.StringIO(said.text)))
    assert [line["at_risk_cents"] for line in lines] == ["15000", "8000", "7500", "30500"]
    assert lines[-1]["case_key"] == "total" and lines[-1]["queue"] == "3 cases" and lines[0]["at_risk"] == "150.00"
    with ExitStack() as held:
        for _ in range(10):
            held.enter_context(desk.app.state.practice.exports.place())
        assert ann.get("/queue.csv").status_code == 429
    assert ann.get("/queue.csv").status_code == 200


def test_words_that_are_missing_come_back_to_the_case_with_what_was_typed(desk, ann):
    place = re.search(r'data-open="(/cases/[0-9a-f]+)"', ann.get("/queue").text)[1]
    (case,) = boxes(ann.get(place).text)[:1]
    for form in ({"act": "note", "words": " "}, {"act": "more", "more": "write_off"}):
        said = act(ann, case, back=place, until="30", to="sue", **form)
        assert said.status_code == 422 and 'id="problem"' in said.text and "What happened" in said.text
        assert re.search(r'value="30" selected', said.text) and re.search(r'value="sue" selected', said.text)
    assert re.search(r'value="write_off" selected', said.text)
    said = act(ann, case, act="snooze", until="never", words="called the payer", back=place)
    assert said.status_code == 422 and 'value="called the payer"' in said.text


def test_a_note_on_a_case_that_changed_meanwhile_is_kept(desk, ann):
    place = re.search(r'data-open="(/cases/[0-9a-f]+)"', ann.get("/queue").text)[1]
    (case,) = boxes(ann.get(place).text)[:1]
    assert "1 assigned" in act(desk.sign_in("sue"), case, act="take").text
    said = act(ann, case, act="note", words="they called", back=place).text
    assert "1 noted" in said and "they called" in said and "sue" in said


def test_a_day_after_the_deadline_offers_the_last_day(ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))
    case = boxes(ann.get("/queue?who=any&reason=197").text)[0]
    said = act(ann, case, act="snooze", until="3650").text
    assert re.search(r"after its last day \(20\d\d-\d\d-\d\d\): put it aside until its last day", said)
    assert 'value="last-day"' in said and "1 snoozed" in act(ann, case, act="snooze", until="last-day").text


def test_a_case_past_its_last_day_says_what_to_do_and_is_closed_on_the_web(desk, ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2029, 7, 1))
    case = boxes(ann.get("/queue?who=any&reason=197").text)[0]
    assert "close it as expired" in act(ann, case, act="snooze", until="7").text
    form = {"act": "more", "more": "expire", "words": "nobody wrote in time"}
    assert 'value="expire"' in ann.get("/queue").text and "1 would be closed as expired" in act(ann, case, **form).text
    assert "1 to be closed as expired" in act(ann, case, sure="yes", **form).text


def test_a_closed_case_offers_a_note_and_nothing_else(desk, ann):
    (chosen,) = [tuple(map(int, boxes(ann.get("/queue").text)[0].split(".")))]
    actions.write_off(desk.ctx, [chosen], "small", 10**6, desk.ctx.settings.today())
    page = ann.get("/queue?state=closed&who=any").text
    assert "Recovered" in page and 'value="snooze"' not in page and 'value="note"' in page
    told = ann.get(re.search(r'data-open="(/cases/[0-9a-f]+)', page)[1]).text
    assert "how it ended" in told and "<dt>Next</dt>" not in told and 'value="write_off"' not in told
    assert "recovered" in ann.get("/queue/totals?state=closed&who=any").text


@pytest.mark.parametrize(
    "form",
    [{"act": "drop"}, {"act": "take", "case": "1"}, {"act": "take", "case": "x.y"}, {"act": "take"}, {"act": "note"},
     {"act": "take", "scope": "x"}, {"act": "more", "more": "undo"}],
)  # fmt: skip
def test_a_form_that_cannot_be_is_refused(ann, form):
    case = boxes(ann.get("/queue").text)[:1] if form["act"] == "note" else []
    said = ann.post("/queue/act", data={"case": case} | form)
    assert said.status_code == 422 and "Traceback" not in said.text


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/queue\\@evil", "/people", "/queue\r\nx: y"]
)
def test_no_way_back_leads_elsewhere(ann, back):
    (case, *_) = boxes(ann.get("/queue").text)
    said = act(ann, case, act="tag", words="later", back=back, follow=False)
    assert said.headers["location"].startswith("/queue?did=")
