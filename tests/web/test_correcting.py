"""A denied claim is corrected on its page and sent again; what an edit stops is said at once, and everywhere."""

from __future__ import annotations

import html
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claims import config
from claims.service import people
from claims.service.context import open_context
from claims.service.master import find_master_files, import_files
from claims.service.verify import verify
from claims.store import audit
from claims.store.engine import read
from claims.store.queries import given_up
from tests.service.desk.test_sending import sent_home  # noqa: F401 a practice that has sent claims
from tests.service.outgoing import DAY
from tests.web.desk import NAMES, PASSWORD, Desk, quick_hashes, settings_in

LIFE_OF = "select life from claims where claim_number = '{}' order by version desc"
CASE_OF = "select case_id from denial_cases where case_key like '{}%'"
MASTER = Path(__file__).resolve().parents[2] / "edi_samples" / "master"


@pytest.fixture(scope="module")
def sent_desk_home(sent_home, tmp_path_factory):  # noqa: F811
    """The data folder of that practice, with people."""
    home = tmp_path_factory.mktemp("sent-desk") / "claims-data"
    shutil.copytree(sent_home, home)
    settings = settings_in(home)
    audit.create_key(settings.people_key_file)
    ctx = open_context(settings, actor="tester")
    now = datetime.now(UTC)
    with quick_hashes():
        for name, roles in NAMES.items():
            people.add(ctx, name, roles, now, write_off_limit_cents=2500)
            people.set_password(ctx, name, PASSWORD, now)
    ctx.engine.dispose()
    return home


@pytest.fixture
def desk(sent_desk_home, tmp_path, monkeypatch):
    """The desk over a copy of it, on the day after the denials came."""
    monkeypatch.setattr(config.Settings, "today", lambda _: DAY)
    shutil.copytree(sent_desk_home, tmp_path / "claims-data")
    opened = Desk(settings_in(tmp_path / "claims-data"))
    yield opened
    opened.close()


@pytest.fixture
def ann(desk):
    return desk.sign_in("ann")


def place_of(desk, number):
    """The address of the case of a claim."""
    with desk.ctx.engine.connect() as conn:
        return (
            "/cases/"
            + conn.exec_driver_sql(
                "select substr(case_key, 1, 10) from denial_cases where claim_number = ?", (number,)
            ).scalar_one()
        )


def typed(page, **changes):
    """The form of the page as a browser sends it, with other values in some fields (`1:units` is line1_units)."""
    pairs = re.findall(r'name="name" value="([^"]+)"><input [^>]*name="value" value="([^"]*)"', page)
    assert pairs, page[-2000:]
    wanted = {name.replace("line1_", "1:"): value for name, value in changes.items()}
    assert wanted.keys() <= {name for name, _ in pairs}
    one = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("version", "looked_at")}
    return one | {
        "name": [name for name, _ in pairs],
        "value": [wanted.get(name, html.unescape(value)) for name, value in pairs],
    }


def claims(desk):
    with desk.ctx.engine.connect() as conn:
        return conn.exec_driver_sql("select claim_id, life, member_id from claims where version > 1").all()


@pytest.mark.long
def test_what_is_changed_is_shown_before_it_goes_and_nothing_changed_is_a_warning(desk, ann):
    import_files(desk.ctx, find_master_files([MASTER]))
    place = place_of(desk, "K1")
    page = ann.get(f"{place}/correct").text
    assert "Diagnoses" in page and "Member number" in page and place in ann.get(place).text
    same = ann.post(f"{place}/correct", data=typed(page)).text
    assert "Nothing is changed." in same and claims(desk) == []
    looked = ann.post(f"{place}/correct", data=typed(page, member_id="FW77001", line1_units="2")).text
    assert re.search(r"Member number.*<del>\w+</del>.*<b>FW77001</b>", looked) and "Units, line 1" in looked
    assert claims(desk) == [], "looking does nothing"
    other = typed(looked, member_id="FW77002") | {"sure": "yes"}
    assert "<b>FW77002</b>" in ann.post(f"{place}/correct", data=other).text, "what was not looked at does not go"
    assert claims(desk) == []
    done = ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"})
    assert done.status_code == 303 and [row[2] for row in claims(desk)] == ["FW77001"]
    assert "FW77001" not in done.headers["location"]
    assert "leaves with the next night" in ann.get(done.headers["location"]).text


@pytest.mark.long
def test_a_value_that_cannot_be_comes_back_with_its_field_named(desk, ann):
    place = place_of(desk, "K1")
    page = ann.get(f"{place}/correct").text
    said = ann.post(f"{place}/correct", data=typed(page, line1_service_from="soon", note="keep me"))
    assert said.status_code == 422 and "Day of service of line 1 wants a day" in said.text
    assert 'value="soon"' in said.text and 'value="keep me"' in said.text and claims(desk) == []


@pytest.mark.long
def test_what_an_edit_blocks_is_said_at_once_and_stands_on_every_page(desk, ann):
    place = place_of(desk, "K1")  # nothing is known of its provider: no master data
    page = ann.get(f"{place}/correct").text
    looked = ann.post(f"{place}/correct", data=typed(page, member_id="W9")).text
    assert "An edit would block it" in looked and "S07b" in looked and "Complete the provider" in looked
    told = ann.get(ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"}).headers["location"]).text
    assert "1 will not leave" in told and "leaves with the next night" not in told
    assert "Its new claim is blocked" in ann.get(place).text
    assert re.search(r'class="tag bad" href="/claims/\d+">blocked: [^<]*S07b', ann.get("/queue?state=waiting").text)
    listed = ann.get("/rejections/blocked").text
    assert "K1V2" in listed and f'href="{place}">its denial' in listed and "S07b" in listed
    assert listed.count(">S07b<") == 1, "each sentence once, however many elements are missing"
    assert 'href="/rejections/blocked"' in ann.get("/rejections").text
    import_files(desk.ctx, find_master_files([MASTER]))
    again = ann.post(f"{place}/correct", data=typed(ann.get(f"{place}/correct").text, member_id="FW77001")).text
    assert "No edit stops it" in again
    ann.post(f"{place}/correct", data=typed(again) | {"sure": "yes"})
    assert [row[1] for row in claims(desk)] == ["replaced", "ready"]
    assert "Its new claim is ready" in ann.get(place).text
    assert ann.get(place).text.count(">Undo<") == 1, "the last one first: the one before it has lost its place"


def test_in_bulk_it_says_that_nothing_is_corrected_and_asks_why_so_late(desk, ann, monkeypatch):
    boxes = re.findall(r'name="case" value="([\d.]+)"', ann.get("/queue?who=any&action=C7").text)
    assert boxes
    monkeypatch.setattr(config.Settings, "today", lambda _: DAY.replace(year=2030))
    form = {"case": boxes, "act": "more", "more": "resubmit"}
    page = ann.post("/queue/act", data=form).text
    assert "Nothing is corrected here." in page and "has passed" in page and ">K1</a>" in page
    again = ann.post("/queue/act", data=form | {"late": "they lost it"}).text
    assert "has passed" not in again


@pytest.mark.long
def test_undo_takes_back_one_of_several_and_is_not_offered_once_the_claim_left(desk, ann):
    boxes = re.findall(r'name="case" value="([\d.]+)"', ann.get("/queue?who=any").text)[:3]
    ann.post("/queue/act", data={"case": boxes, "act": "assign", "to": "ann"})
    link = re.search(r'data-open="(/cases/[0-9a-f]+)', ann.get("/queue?who=me").text)[1]
    page = ann.get(link).text
    assert "Undo this one" in page and "Undo all 3" in page
    address, only = re.search(r'action="(/actions/\d+/undo)".*?name="only" value="(\d+)">Undo this', page).groups()
    assert "1 undone" in ann.get(ann.post(address, data={"only": only, "back": link}).headers["location"]).text
    assert len(re.findall(r'name="case" value=', ann.get("/queue?who=me").text)) == 2
    place = place_of(desk, "K1")
    looked = ann.post(f"{place}/correct", data=typed(ann.get(f"{place}/correct").text)).text
    ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"})
    assert ">Undo<" in ann.get(place).text
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update claims set life = 'sent' where version > 1")
    assert ">Undo<" not in ann.get(place).text


def test_a_repeat_is_closed_with_its_original(desk, ann):
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update denial_cases set category = 'DUP' where claim_number = 'K1'")
    place = place_of(desk, "K1")
    page = ann.get(place).text
    original = re.search(r'name="original" value="(\d+)"', page)[1]
    case = re.search(r'name="case" value="([\d.]+)"', page)[1]
    form = {"case": case, "act": "close_duplicate", "original": original, "back": place}
    assert "1 would be closed as a repeat" in ann.post("/queue/act", data=form).text
    told = ann.get(ann.post("/queue/act", data=form | {"sure": "yes"}).headers["location"]).text
    assert "1 to be closed as a repeat" in told
    sue = desk.sign_in("sue")
    page = sue.get("/approvals").text
    decide = re.search(r'action="(/approvals/\d+)"', page)[1]
    above = sue.post(decide, data={"decision": "approve", "words": "keep me"})
    assert above.status_code == 422 and "above your own limit" in above.text and 'value="keep me"' in above.text
    people.set_limit(desk.ctx, "sue", 10**6)
    assert f'href="{place}">K1</a>' in page and "FABLEWOOD" in page
    told = sue.get(sue.post(decide, data={"decision": "approve"}).headers["location"]).text
    assert "1 approved" in told


@pytest.mark.long
def test_a_lowered_charge_is_said_before_it_goes_and_counts_in_the_limit_of_the_day(desk, ann):
    import_files(desk.ctx, find_master_files([MASTER]))
    place = place_of(desk, "K1")
    page = ann.get(f"{place}/correct").text
    looked = ann.post(f"{place}/correct", data=typed(page, line1_charge="125.00")).text
    assert "$20.00 less is charged." in looked and 'name="why"' not in looked
    assert ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"}).status_code == 303
    other = place_of(desk, "K2")  # another 20.00 on that day is more than ann may alone
    looked = ann.post(f"{other}/correct", data=typed(ann.get(f"{other}/correct").text, line1_charge="125.00")).text
    assert "$20.00 less is charged." in looked and 'name="why"' in looked
    form = typed(looked) | {"sure": "yes"}
    again = ann.post(f"{other}/correct", data=form | {"why": " "})
    assert again.status_code == 422 and "of which $20.00 is used today" in again.text and "Say why" in again.text
    did = ann.get(ann.post(f"{other}/correct", data=form | {"why": "billed twice"}).headers["location"]).text
    assert "a second person" in did and desk.one(LIFE_OF.format("K2")) == "denied", "nothing is made yet"
    waits = ann.post(f"{other}/correct", data=form | {"why": "billed twice"})
    assert "A lowered charge of it waits" in ann.get(waits.headers["location"]).text
    assert "Withdraw" in ann.get("/approvals").text
    sue = desk.sign_in("sue")
    page = sue.get("/approvals").text
    assert "billed twice" in page and "charge of line 1 to 125.00" in page and f'href="{other}"' in page
    decide = re.search(r'action="(/approvals/requests/\d+)"', page)[1]
    key = other.rpartition("/")[2]
    note = {"act": "note", "words": "asked", "case": f"{desk.one(CASE_OF.format(key))}.1", "back": other}
    ann.post("/queue/act", data=note)
    assert "A lowered charge waits for a second person" in ann.get(other).text
    assert ann.get("/queue").text.count(">waits for approval<") == 1
    case = f"{desk.one(CASE_OF.format(key))}.2"
    refused = ann.post("/queue/act", data={"act": "write_off", "words": "small", "case": case, "back": "/queue"}).text
    assert "A lowered charge of it waits for a second person (request" in refused
    other_asks = sue.post(f"{decide}/withdraw", data={"words": "no"})
    assert other_asks.status_code == 422 and "Who asked for it withdraws it" in other_asks.text
    assert ann.post(f"{decide}/withdraw", data={"words": "asked anew"}).status_code == 303
    files = set(desk.ctx.vault.entries())
    looked = ann.post(f"{other}/correct", data=typed(ann.get(f"{other}/correct").text, line1_charge="125.00")).text
    ann.post(f"{other}/correct", data=typed(looked) | {"sure": "yes", "why": "billed twice"})
    assert set(desk.ctx.vault.entries()) == files, "nothing is written before it is allowed"
    ann.post("/queue/act", data=note | {"words": "once more", "case": case})  # a note does not hinder what waits
    decide = re.search(r'action="(/approvals/requests/\d+)"', sue.get("/approvals").text)[1]
    assert sue.post(decide, data={"decision": "approve"}).status_code == 303
    assert desk.one("select charge_cents from claims where claim_number = 'K2V2'") == 12500
    assert desk.one("select state from denial_cases where claim_number = 'K2'") == "waiting"
    used = [given_up.on_day, given_up.approved_on_day]
    with read(desk.ctx.engine) as conn:
        found = {name: [of(conn, name, DAY, "9999") for of in used] for name in ("ann", "sue")}
    assert found == {"ann": [2000, 0], "sue": [0, 2000]}
    assert [problem for one in verify(desk.ctx) for problem in one.broken] == []
