"""Appeals on the page of a case: prepared, their gaps filled, taken away, noted as sent."""

from __future__ import annotations

import re
from datetime import date

import pytest

from claims import config
from tests.web.desk import CANARY
from tests.web.test_biller import act

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)  # one black point


@pytest.fixture
def ann(desk):
    return desk.sign_in("ann")


@pytest.mark.long
def test_an_appeal_is_prepared_taken_away_and_noted_as_sent(desk, ann, monkeypatch):
    some = re.search(r'data-open="(/cases/[0-9a-f]+)"', ann.get("/queue").text)[1]
    assert (
        "No appeal can be made now" in ann.get(f"{some}/appeal").text and ann.post(f"{some}/appeal").status_code == 422
    )
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))
    key = next(
        place
        for place in re.findall(r'data-open="(/cases/[0-9a-f]+)"', ann.get("/queue").text)
        if "Prepare letter and packet" in ann.get(f"{place}/appeal").text
    )
    assert ann.post(f"{key}/appeal").status_code == 303
    page = ann.get(f"{key}/appeal").text
    packet, letter = re.findall(rf'href="({key}/appeal/[0-9a-f]{{64}})"', page)
    said = ann.get(packet)
    assert said.content.startswith(b"%PDF") and said.headers["content-disposition"].startswith("attachment")
    assert ann.get(letter).content.startswith(b"PK") and CANARY not in said.headers["content-disposition"]
    assert ann.get(f"{key}/appeal/{'0' * 64}").status_code == 404
    assert desk.sign_in("root").get(packet).status_code == 403
    form = {"act": "appeal_sent", "words": "RR123", "back": key}
    case = re.findall(r'name="case" value="([\d.]+)"', page)
    assert 'name="despite" required' in page and "is a draft" in act(ann, *case, **form).text
    sent = act(ann, *case, despite="by hand", **form)
    assert "1 marked: appeal sent" in sent.text and "RR123" in sent.text


@pytest.mark.long
def test_the_gaps_of_an_appeal_are_filled_with_words_and_a_file(desk, ann, monkeypatch):
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))
    places = re.findall(r'data-open="(/cases/[0-9a-f]+)"', ann.get("/queue").text)
    key = next(place for place in places if 'type="file"' in ann.get(f"{place}/appeal").text)
    page = ann.get(f"{key}/appeal").text
    gaps, exhibits = (re.findall(rf'name="{name}" value="([a-z_-]+)"', page) for name in ("gap", "exhibit"))
    data = {"gap": gaps, "words": ["These words."] * len(gaps), "exhibit": exhibits}
    wrong = ann.post(f"{key}/appeal", data=data, files={"file": ("x.pdf", b"MZ rubbish", "application/pdf")})
    assert wrong.status_code == 422 and "PDF, PNG or JPEG" in wrong.text
    files = [("file", (f"{name}.png", PNG, "image/png")) for name in exhibits]
    assert ann.post(f"{key}/appeal", data=data, files=files).status_code == 303
    page = ann.get(f"{key}/appeal").text
    assert 'type="file"' not in page and page.count("\nThese words.</textarea>") == len(gaps)  # to be corrected
    again = {"gap": gaps, "words": ["Other words."] * len(gaps)}
    again["seen"] = filled_in(page)[2]
    assert ann.post(f"{key}/appeal", data=again).status_code == 303
    assert ann.get(f"{key}/appeal").text.count("\nOther words.</textarea>") == len(gaps)
    exhibit, sha256 = re.search(
        r'name="exhibit" value="([^"]+)"><input type="hidden" name="sha256" value="([^"]+)"', page
    ).groups()
    gone = {"exhibit": exhibit, "sha256": sha256}
    assert ann.post(f"{key}/appeal/remove", data=gone).status_code == 303
    again = ann.post(f"{key}/appeal/remove", data=gone)
    assert again.status_code == 422 and "not attached any more" in again.text and sha256[:8] not in again.text
    forged = {"gap": ["denied_amount"], "words": ["$9.99"], "seen": filled_in(ann.get(f"{key}/appeal").text)[2]}
    forged = ann.post(f"{key}/appeal", data=forged)
    assert forged.status_code == 422 and "no gap denied_amount" in forged.text
    assert ann.post(f"{key}/appeal", content=b"x" * (17 << 20)).status_code == 413
    assert ann.post("/queue/act", content=b"x" * (2 << 20)).status_code == 413


def appeal_to_fill(desk, client, monkeypatch):
    """A case whose letter has gaps for words and a file: its address, and the gaps."""
    monkeypatch.setattr(config.Settings, "today", lambda _: date(2025, 7, 1))
    places = re.findall(r'data-open="(/cases/[0-9a-f]+)"', client.get("/queue").text)
    key = next(place for place in places if 'type="file"' in client.get(f"{place}/appeal").text)
    return key, *filled_in(client.get(f"{key}/appeal").text)


def filled_in(page):
    """What the form of the page sends back, and what it wants: hidden values, gaps and exhibits."""
    names = ("gap", "exhibit", "seen")
    return [re.findall(rf'name="{name}" value="([a-z0-9_-]+)"', page) for name in names]


@pytest.mark.long
def test_who_attaches_on_an_older_page_leaves_the_words_of_another(desk, ann, monkeypatch):
    key, gaps, exhibits, seen = appeal_to_fill(desk, ann, monkeypatch)
    sue = desk.sign_in("sue")
    argued = {"gap": gaps, "words": ["An argument of ten minutes."] * len(gaps), "seen": seen}
    assert sue.post(f"{key}/appeal", data=argued).status_code == 303
    older = {"gap": gaps, "words": ["", *["Other words."] * (len(gaps) - 1)], "exhibit": exhibits, "seen": seen}
    files = [("file", ("x.png", PNG, "image/png"))]
    said = ann.post(f"{key}/appeal", data=older, files=files)
    assert said.status_code == 422 and "sue added to this packet" in said.text and "choose the file" in said.text
    assert "\nAn argument of ten minutes.</textarea>" in said.text, "left as it was seen: what stands now"
    assert said.text.count("\nOther words.</textarea>") == said.text.count("Now there: ") == len(gaps) - 1
    again = {**older, "words": ["An argument of ten minutes."] * len(gaps), "seen": filled_in(said.text)[2]}
    assert ann.post(f"{key}/appeal", data=again, files=files).status_code == 303


@pytest.mark.long
def test_the_packet_that_was_sent_is_the_one_that_was_seen(desk, ann, monkeypatch):
    key, gaps, _, seen = appeal_to_fill(desk, ann, monkeypatch)
    ann.post(f"{key}/appeal", data={"gap": gaps, "words": ["A."] * len(gaps), "seen": seen})
    page, bar = ann.get(f"{key}/appeal").text, ann.get(key).text
    sue = desk.sign_in("sue")
    theirs = {"gap": gaps, "words": ["B."] * len(gaps), "seen": filled_in(page)[2]}
    assert sue.post(f"{key}/appeal", data=theirs).status_code == 303
    form = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("case", "packet", "level", "act")}
    said = ann.post("/queue/act", data=form | {"words": "certified 7001", "despite": "by hand", "back": key})
    assert said.status_code == 422 and "Another packet was prepared" in said.text
    assert 'value="certified 7001"' in said.text and 'value="by hand"' in said.text
    assert "sent 2025-07-01" not in ann.get(f"{key}/appeal").text
    barred = {
        name: re.search(rf'id="work".*?name="{name}" value="([^"]*)"', bar, re.S)[1] for name in ("case", "packet")
    }
    barred |= {"act": "more", "more": "appeal_sent", "words": "certified 7001", "despite": "by hand", "back": key}
    said = ann.post("/queue/act", data=barred)
    assert said.status_code == 422 and "Another packet was prepared" in said.text, "nor is it from the page of the case"
    form["packet"] = re.search(r'name="packet" value="([^"]*)"', said.text)[1]
    done = ann.post("/queue/act", data=form | {"words": "certified 7002", "despite": "by hand", "back": key})
    assert done.status_code == 303 and "sent 2025-07-01" in ann.get(f"{key}/appeal").text


def test_a_refused_appeal_comes_back_with_its_words(desk, ann, monkeypatch):
    key, gaps, exhibits, seen = appeal_to_fill(desk, ann, monkeypatch)
    data = {"gap": gaps, "words": ["First.\r\n\r\nSecond."] * len(gaps), "exhibit": exhibits, "seen": seen}
    said = ann.post(f"{key}/appeal", data=data, files=[("file", ("x.pdf", b"%PDF-1.4 broken", "application/pdf"))])
    assert said.status_code == 422 and "cannot be read as what it says" in said.text
    assert said.text.count("\nFirst.\r\n\r\nSecond.</textarea>") == len(gaps)
    pasted = {**data, "words": ["First.\x0bSecond."] * len(gaps)}
    said = ann.post(f"{key}/appeal", data=pasted)
    assert said.status_code == 422 and "control characters" in said.text and "First. Second." in said.text
    note = ann.post("/queue/act", data={"case": "1.1", "act": "note", "words": "called\x0bthem", "back": key})
    assert note.status_code == 422 and "called them" in note.text
