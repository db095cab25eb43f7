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
    assert ann.post(f"{key}/appeal", data=again).status_code == 303
    assert ann.get(f"{key}/appeal").text.count("\nOther words.</textarea>") == len(gaps)
    exhibit, sha256 = re.search(
        r'name="exhibit" value="([^"]+)"><input type="hidden" name="sha256" value="([^"]+)"', page
    ).groups()
    gone = {"exhibit": exhibit, "sha256": sha256}
    assert ann.post(f"{key}/appeal/remove", data=gone).status_code == 303
    again = ann.post(f"{key}/appeal/remove", data=gone)
    assert again.status_code == 422 and "not attached any more" in again.text and sha256[:8] not in again.text
    forged = ann.post(f"{key}/appeal", data={"gap": ["denied_amount"], "words": ["$9.99"]})
    assert forged.status_code == 422 and "no gap denied_amount" in forged.text
    assert ann.post(f"{key}/appeal", content=b"x" * (17 << 20)).status_code == 413
    assert ann.post("/queue/act", content=b"x" * (2 << 20)).status_code == 413
