"""Lists on the pages: filters that take what the screen shows, tags, the way from case to case, whom a row is about."""

from __future__ import annotations

import re
from datetime import date

import pytest

from claims import config
from claims.service import desk_facts, zone
from claims.service.desk import actions, queue
from claims.store.engine import read
from claims.store.queries import searching
from tests.web.desk import CANARY
from tests.web.test_biller import act, boxes


@pytest.fixture
def ann(desk):
    return desk.sign_in("ann")


@pytest.fixture(scope="module")
def reader(shared):
    return shared.sign_in("otto")


def keys(text):
    """The key of the case of every row."""
    return re.findall(r'data-open="/cases/([0-9a-f]+)', text)


def subjects(desk, most):
    """What the last reads were about, newest first."""
    with desk.ctx.engine.connect() as conn:
        found = conn.exec_driver_sql("select subject, body from audit_events order by seq desc limit ?", (most,))
        return [tuple(row) for row in found]


@pytest.mark.parametrize("reason", ["197", "CO-197", "co197", "CO 197"])
def test_a_reason_is_asked_for_as_the_screen_shows_it(reader, reason):
    text = reader.get("/queue", params={"who": "any", "reason": reason}).text
    assert len(boxes(text)) == 1 and "CO-197" in text


def test_payers_are_chosen_from_a_list_and_a_part_of_a_name_does(reader):
    text = reader.get("/queue?who=any").text
    ((code, name),) = re.findall(
        r'<select name="payer"><option value="">any</option><option value="([^"]+)">([^<]+)<', text
    )
    assert len(boxes(reader.get("/queue", params={"who": "any", "payer": code}).text)) == 3
    assert len(boxes(reader.get("/queue", params={"who": "any", "payer": name[:5].lower()}).text)) == 3


def test_an_empty_list_says_whether_filters_made_it_so(reader):
    narrowed = reader.get("/queue?who=any&reason=999&state=open").text
    assert "No case fits these filters." in narrowed and 'href="/queue?who=any">Clear them' in narrowed
    assert "Nothing is left in this list." not in narrowed
    done = reader.get("/queue?who=any&state=closed").text
    assert "Nothing is left in this list." in done and "No case fits" not in done


def test_a_tag_is_found_again_in_lists_views_and_search(desk, ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))  # before the last day of any
    (case, *_) = boxes(ann.get("/queue").text)
    assert "1 tagged" in act(ann, case, act="tag", words="auth-batch").text
    text = ann.get("/queue").text
    assert "<option>auth-batch</option>" in text and 'href="/queue?tag=auth-batch"' in text
    assert [one.split(".")[0] for one in boxes(ann.get("/queue?tag=auth-batch").text)] == [case.split(".")[0]]
    assert boxes(ann.get("/queue?tag=other").text) == []
    ann.post("/queue/views", data={"name": "batch", "back": "/queue?tag=auth-batch"})
    assert '<span class="tag">1</span>' in ann.get("/queue/views", headers={"HX-Request": "true"}).text
    place = ann.post("/q", data={"words": "auth-batch"}).headers["location"]
    assert len(keys(ann.get(place).text)) == 1


def test_no_word_takes_a_tag_off_and_says_so_where_there_is_none(desk, ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))  # before the last day of any
    (case, *_) = boxes(ann.get("/queue").text)
    assert "It has no tag: write a word to give it one" in act(ann, case, act="tag", words="").text
    act(ann, case, act="tag", words="x")
    (tagged,) = boxes(ann.get("/queue?tag=x").text)
    assert "1 freed of the tag" in act(ann, tagged, act="tag", words=" ").text
    assert boxes(ann.get("/queue?tag=x").text) == []


def test_a_row_names_the_patient_and_the_service_and_that_is_recorded(desk, ann):
    text = ann.get("/queue").text
    assert f"{CANARY}LAST, FIRST" in text
    ids = sorted(int(one.split(".")[0]) for one in boxes(text))
    (subject, body) = subjects(desk, 1)[0]
    assert subject == "denial queue" and all(str(one) in body for one in ids)


def test_from_case_to_case_in_the_order_of_the_list(reader):
    asked = "/queue?who=any&sort=at_risk"
    first, second, third = keys(reader.get(asked).text)
    page = reader.get(re.search(r'data-open="([^"]+)"', reader.get(asked).text)[1].replace("&amp;", "&")).text
    assert 'rel="prev"' not in page and "first of the list" in page
    after = re.search(r'rel="next" data-step="1" href="([^"]+)"', page)[1]
    assert after == f"/cases/{second}?list=who%3Dany%26sort%3Dat_risk"
    page = reader.get(after).text
    assert f'href="/cases/{first}?list=' in page and f'href="/cases/{third}?list=' in page
    assert 'href="/queue?who=any&amp;sort=at_risk#c' in page


def test_the_next_case_is_there_when_this_one_has_left_the_list(desk, ann):
    first, second, _ = keys(ann.get("/queue").text)
    (case, *_) = boxes(ann.get("/queue").text)
    act(ann, case, act="snooze", until="5", back=f"/cases/{first}")
    assert f'rel="next" data-step="1" href="/cases/{second}"' in ann.get(f"/cases/{first}").text


def test_a_list_that_cannot_be_is_the_usual_one(reader):
    (key, *_) = keys(reader.get("/queue?who=any").text)
    said = reader.get(f"/cases/{key}", params={"list": "state=lost&least=x&who=any//evil"})
    assert said.status_code == 200 and "evil" not in said.text


def test_what_the_payer_asks_for_stands_on_the_case(shared, reader):
    place = reader.post("/q", data={"words": f"{CANARY}LAST first"}).headers["location"]
    (key,) = keys(reader.get(place).text)
    text = reader.get(f"/cases/{key}").text
    with shared.ctx.engine.connect() as conn:
        sql = "select member_id, diagnosis_codes, billing_npi from claims where claim_number = ?"
        member, diagnoses, npi = conn.exec_driver_sql(sql, (f"{CANARY}1",)).one()
    assert member and npi
    for name, value in (
        ("Member number", member),
        ("Payer.s claim number", "HIDDEN1"),
        ("Provider", f"NPI {npi}"),
        ("Payer.s telephone", "its remittance names none"),
    ):
        assert re.search(rf"<dt>{name}</dt><dd>(<[^>]+>)?{re.escape(value)}", text), name
    assert diagnoses in text and 'unexplained">Rest</th>' in text


def test_the_telephone_is_that_which_the_payer_wants_called_about_claims():
    head = b"ST*835*0001~\nBPR*I*1~\nTRN*1*T~\nN1*PR*P~\nPER*BL*TECH*TE*8005550111~\n"
    assert desk_facts.contact_of(head + b"LX*1~\n") == ("TECH", "800-555-0111")
    desk_line = b"PER*CX*CLAIMS*EM*a@example.org*TE*8005550122*EX*7~\n"
    assert desk_facts.contact_of(head + desk_line + b"CLP*1~") == ("CLAIMS", "800-555-0122 ext. 7")
    assert desk_facts.contact_of(head + b"CLP*1~\n" + desk_line)[0] == "TECH"
    assert desk_facts.contact_of(b"") == desk_facts.contact_of(b"no set at all") == ("", "")


# --- search


def test_all_words_of_a_search_have_to_fit_in_any_order(reader):
    def found(words):
        return keys(reader.get(reader.post("/q", data={"words": words}).headers["location"]).text)

    assert found(f"first {CANARY}LAST") == found(f"{CANARY}last, FIRST") != []
    assert found(f"other {CANARY}LAST") == []


def test_a_name_is_found_without_what_parts_it_and_a_number_by_its_beginning(desk, ann):
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update claims set patient_last_name = 'O''NEIL-SMITH' where claim_number = 'A3'")
        conn.exec_driver_sql("update families set claim_number_normal = 'EX260292B' where claim_number_normal = 'A3'")
        conn.exec_driver_sql("update claims set patient_last_name = 'Müller' where claim_number like '%%CANARY1'")
        conn.exec_driver_sql("update claims set patient_last_name = 'MULLER' where claim_number like '%%CANARY2'")

    def claims_found(words):
        text = ann.get(ann.post("/q", data={"words": words}).headers["location"]).text
        return re.search(r"(\d+) claims?</p>", text)[1]

    for words in ("O'NEIL", "oneil", "O NEIL", "O\u2019Neil", "smith", "oneilsmith", "EX260292", "ex-2602"):
        assert claims_found(words) == "1", words
    for words in ("MULLER", "müller", "Mull"):  # as we wrote it, and as payers spell it
        assert claims_found(words) == "2", words
    assert claims_found("NEILS") == claims_found("260292") == "0"


def test_a_search_for_a_name_is_answered_by_indexes(desk):
    with read(desk.ctx.engine) as conn:
        for select in (searching.cases_select, searching.claims_select):
            text = select("SMITH JO", "", [["SMITH"], ["JO"]]).compile(conn, compile_kwargs={"literal_binds": True})
            steps = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            assert [step for step in steps if "_last_name (<expr>>? AND <expr><?)" in step], steps
            assert {step for step in steps if step.startswith("SCAN")} <= {"SCAN denial_cases"}, steps


def test_a_search_for_a_number_is_answered_by_indexes(desk):
    with read(desk.ctx.engine) as conn:
        text = searching._families("EX260292", begins=True).compile(conn, compile_kwargs={"literal_binds": True})
        steps = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert sum("claim_number_normal>? AND" in step for step in steps) == 2, steps
    assert not [step for step in steps if step.startswith("SCAN") and "anon" not in step], steps


def test_just_one_number_or_key_is_opened_at_once_and_stands_in_no_address(reader):
    (key, *_) = keys(reader.get("/queue?who=any&reason=197").text)
    for words in (f"{CANARY}1", "HIDDEN1", key):
        assert reader.post("/q", data={"words": words}).headers["location"] == f"/cases/{key}"
    paid = reader.post("/q", data={"words": "A3"}).headers["location"]
    assert re.fullmatch(r"/claims/\d+", paid)
    assert reader.post("/q", data={"words": "HIDDEN"}).headers["location"].startswith("/q/")


# --- today, patterns, titles, times


def test_the_numbers_of_today_are_those_of_the_lists(desk, ann):
    cases = queue.selection(desk.ctx, queue.Filters())
    day = desk.ctx.settings.today()
    actions.info_sent(desk.ctx, cases[:1], "fax", day)
    text = ann.get("/").text
    for link, number in (("/queue?who=any", 2), ("/queue?who=any&amp;state=waiting", 1)):
        told = re.search(rf'href="{re.escape(link)}"><span>[^<]+</span><b>(\d+)</b>', text)
        assert told and int(told[1]) == number == len(boxes(ann.get(link.replace("&amp;", "&")).text))


def test_a_night_that_is_missing_is_told_on_today_and_queue(desk, ann):
    days = (desk.ctx.settings.today() - date(2025, 6, 30)).days
    for path in ("/", "/queue"):
        assert f"No night has run for {days} days" in ann.get(path).text


def test_due_cases_stand_on_today_the_nearest_first(reader):
    text = reader.get("/").text
    soon = text[text.index("Due within a week, the nearest first") : text.index("News of the night")]
    left = [int(one) for one in re.findall(r"(\d+) days? overdue", soon)]
    assert left and left == sorted(left, reverse=True)


def test_one_case_is_no_pattern(reader):
    text = reader.get("/patterns").text
    assert "No two open cases have payer and reason in common." in text and "3 more open cases, $305.00 at risk" in text


@pytest.mark.parametrize("path", ["/claims/1", "/queue", "/rejections"])
def test_no_title_names_a_claim(reader, path):
    said = reader.get(path)
    assert said.status_code == 200 and CANARY not in re.search("<title>(.*?)</title>", said.text, re.S)[1]


def test_times_are_the_practices_own(shared, reader):
    with shared.ctx.engine.connect() as conn:
        (begun,) = conn.exec_driver_sql("select started_at from runs order by run_id limit 1").one()
    text = reader.get("/runs").text
    assert zone.local(shared.ctx, begun) in text and begun[:19].replace("T", " ") not in text
    assert "UTC" not in text and "Times: America/New_York" in text
    assert zone.local(shared.ctx, "2026-01-10T03:00:00.000000Z") == "2026-01-09 22:00:00"


def test_rejections_mark_the_tab_that_is_chosen(reader):
    assert 'href="/rejections?state=open" aria-current="true"' in reader.get("/rejections").text
