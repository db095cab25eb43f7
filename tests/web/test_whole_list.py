"""What is done with a whole list is what was looked at before, whatever came into the list since."""

from __future__ import annotations

import random
import re
from datetime import date

import pytest

from claims import config
from claims.errors import UsageError
from claims.web import looked
from tests.web.test_biller import act, boxes

LIST = {"scope": "all", "act": "tag", "words": "tiny", "back": "/queue?who=me"}
KEY = b"k" * 32


@pytest.fixture
def ann(desk):
    return desk.sign_in("ann")


def seen_in(page):
    return re.search(r'name="looked" value="([^"]+)"', page.text)[1]


def heading(page):
    return re.search(r"<h2>(.*?)</h2>", page.text)[1]


def actions_of(desk):
    with desk.ctx.engine.connect() as conn:
        return conn.exec_driver_sql("select kind, cases from denial_actions order by action_id").all()


def test_what_joins_the_list_after_it_was_looked_at_stays_out(desk, ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))  # before the last day of any
    first, second, _ = boxes(ann.get("/queue").text)
    act(ann, first, act="take")
    looked_at = act(ann, **LIST)
    assert heading(looked_at).startswith("1 case: ")
    act(ann, second, act="take")
    act(ann, **LIST, looked=seen_in(looked_at), sure="yes")
    assert actions_of(desk)[-1] == ("tag", 1)


def test_what_changed_after_it_was_looked_at_is_named_and_left_alone(desk, ann):
    back = "/queue?who=any"
    looked_at = act(ann, scope="all", act="tag", words="late", back=back)
    (case, *_) = boxes(ann.get("/queue").text)
    act(ann, case, act="tag", words="mine")
    said = act(ann, scope="all", act="tag", words="late", back=back, looked=seen_in(looked_at), sure="yes").text
    assert "2 tagged" in said and "1 changed meanwhile" in said
    assert actions_of(desk)[-1] == ("tag", 2)


def test_what_is_looked_at_is_named_with_its_payer_money_and_reason(desk, ann, monkeypatch):
    monkeypatch.setattr("claims.service.desk_case.FIRST", 1)
    text = act(ann, scope="all", act="write_off", words="not worth a letter", back="/queue?who=any").text
    with desk.ctx.engine.connect() as conn:
        rows = conn.exec_driver_sql("select substr(case_key, 1, 10), claim_number, payer_name from denial_cases").all()
    first = text[text.index('id="first"') : text.index("</table>")]
    named = [row for row in rows if f'href="/cases/{row[0]}">{row[1]}</a></td><td>{row[2]}' in first]
    assert len(named) == 1 and "The first 1 of 2" in text and "<b>not worth a letter</b>" in text


@pytest.mark.parametrize("change", ["nothing looked at", "another list", "another action", "another person"])
def test_what_was_not_looked_at_is_looked_at_again(desk, ann, change):
    form = {"scope": "all", "act": "tag", "words": "late", "back": "/queue?who=any"}
    own = seen_in(act(ann, **form))
    if change == "nothing looked at":
        own = ""
    elif change == "another list":
        form["back"] = "/queue?who=any&least=100"
    elif change == "another action":
        form["act"] = "note"
    client = desk.sign_in("sue") if change == "another person" else ann
    again = act(client, **form, looked=own, sure="yes")
    assert "Nothing was done" in again.text and actions_of(desk) == []
    act(client, **form, looked=seen_in(again), sure="yes")
    assert len(actions_of(desk)) == 1


def test_a_whole_list_is_a_list(ann):
    (case, *_) = boxes(ann.get("/queue").text)
    key = re.search(r'data-open="(/cases/[0-9a-f]+)"', ann.get("/queue").text)[1]
    for back in (key, "/patterns"):
        assert act(ann, case, scope="all", act="note", words="x", back=back).status_code == 422


def test_a_long_list_fits_into_a_form_and_comes_back_as_it_was():
    draw = random.Random(1)
    cases = [(number, draw.choice([1, 1, 1, 2, 7])) for number in draw.sample(range(1, 2_000_000), 200_000)]
    text = looked.written(KEY, cases, "ann")
    assert len(text) < looked.MOST_CHARACTERS
    assert looked.read(KEY, text, "ann") == sorted(cases)
    assert looked.read(KEY, text, "bob") is None and looked.read(KEY, "nonsense", "ann") is None
    with pytest.raises(UsageError, match="narrow the list"):
        looked.written(KEY, [(draw.randrange(2**60), draw.randrange(2**60)) for _ in range(100_000)], "ann")


@pytest.mark.long
def test_a_decision_by_letter_is_noted_on_the_appeals_page(desk, ann):
    key = re.search(r'data-open="(/cases/[0-9a-f]+)', ann.get("/queue?reason=197").text)[1]
    (case,) = boxes(ann.get("/queue?reason=197").text)
    with desk.ctx.engine.connect() as conn:
        said = conn.exec_driver_sql("update denial_cases set deadline_date = null where reason_code = '197'")
        assert said.rowcount == 1
        conn.commit()
    assert "The payer turned it down" not in ann.get(f"{key}/appeal").text
    looked = act(
        ann, scope="all", act="appeal_sent", words="mail", back="/queue?reason=197"
    )  # no page was seen of each
    form = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', looked.text.partition('action="/queue/act"')[2])
    )
    assert "No packet of this level" in act(ann, **form, sure="yes").text
    for _ in range(2):
        again = act(ann, case, act="appeal_sent", words="certified mail", packet="none", back=key)
    assert "This was noted already" in again.text  # the same form, sent twice
    page = ann.get(f"{key}/appeal").text
    assert "The payer turned it down" in page
    case = re.search(r'name="case" value="([\d.]+)"><input type="hidden" name="act" value="appeal_upheld"', page)[1]
    assert act(ann, case, act="appeal_upheld", words="letter", on="soon", back=key).status_code == 422
    said = act(ann, case, act="appeal_upheld", words="letter of May 2", on=f"{desk.ctx.settings.today()}", back=key)
    assert "marked: appeal turned down" in said.text
    with desk.ctx.engine.connect() as conn:
        row = conn.exec_driver_sql("select state, decision_date from denial_cases where reason_code = '197'").one()
    assert row == ("in_work", desk.ctx.settings.today().isoformat())


def test_charts_say_what_they_count(ann):
    assert "All ever denied, and recovered since, by month" in ann.get("/charts").text
    assert "Denial rate by month, of decisions that stand" in ann.get("/charts/rates").text
