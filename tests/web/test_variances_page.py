"""The pages of lines that were paid below or above their contract, and what is said of many at once."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from claims.service import variance_acts
from claims.service.intake import ingest
from claims.service.master import import_files
from claims.service.reconcile import reconcile
from tests.books import PAYER_ID, Bill, remit
from tests.books import claims as claims_file

DAY = date(2025, 7, 1)
NUMBERS = ("V1", "V2", "V3")
HEAD = f"BPR*I*240*C*ACH************20250620~\nTRN*1*T5*{PAYER_ID}~\n"
PAID = "CLP*{0}*1*150*80**12*ICN{0}~\nSVC*HC:99213*150*80**1~\nCAS*CO*45*70~\n"


@pytest.fixture
def ann(desk, tmp_path):
    """A biller, and three lines that were paid 30 dollars below the contract."""
    fees = tmp_path / "fee_schedules.csv"
    fees.write_text(f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,110.00\n")
    import_files(desk.ctx, [fees])
    paths = [tmp_path / "v.837", tmp_path / "v.835"]
    bills = claims_file(*(Bill(number, [("99213", "150")]) for number in NUMBERS))
    paid = remit(HEAD + "".join(PAID.format(number) for number in NUMBERS))
    for path, content in zip(paths, (bills, paid), strict=True):
        path.write_bytes(content)
    ingest(desk.ctx, paths, DAY)
    reconcile(desk.ctx, DAY)
    return desk.sign_in("ann")


def boxes(text):
    return re.findall(r'name="case" value="([\d.]+)"', text)


def follow(client, answer):
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


@pytest.mark.long
def test_an_underpaid_line_is_listed_and_told(desk, ann):
    text = ann.get("/variances?state=any").text
    assert "underpaid" in text and "$110.00" in text and "$80.00" in text
    told = ann.get(re.search(r'data-open="(/variances/[0-9a-f]+)"', text)[1])
    assert told.status_code == 200 and "How it was priced" in told.text and "ICNV1" in told.text
    heads = re.findall(r"<th[^>]*>([^<]*)</th>", told.text)
    assert "Contract term" in heads and not [head for head in heads if "_" in head or head in ("seg", "sha256")]
    assert "<b>3</b> underpaid, <b>$90.00</b> open" in ann.get("/variances/totals").text
    today = ann.get("/").text
    row = re.search(
        r'href="/variances\?kind=underpaid">Paid below the contract</a></td><td class="n">3</td>.*?\$90\.00', today
    )
    assert row


@pytest.mark.long
def test_a_letter_is_written_from_the_page_and_taken_by_who_may_read(desk, ann):
    address = re.search(r'data-open="(/variances/[0-9a-f]+)"', ann.get("/variances").text)[1]
    otto = desk.sign_in("otto")
    assert "Write the letter" in ann.get(address).text and "Write the letter" not in otto.get(address).text
    assert otto.post(f"{address}/letter").status_code == 403
    text = follow(ann, ann.post(f"{address}/letter"))
    assert "The letter is written" in text and "who signs for the practice" in text
    files = re.findall(rf'href="({address}/letter/[0-9a-f]{{64}})"', text)
    heads = [(one.headers["content-type"], one.content[:4]) for one in map(otto.get, files)]
    assert [kind.rpartition(".")[2] for kind, _ in heads] == ["document", "application/pdf"]
    assert [begin for _, begin in heads] == [b"PK\x03\x04", b"%PDF"]
    assert ann.get(f"{address}/letter/{'0' * 64}").status_code == 404
    ann.post(address, data={"verb": "accept", "words": "amended", "seen": "2"})
    text = ann.get(address).text
    assert "Packet (PDF)" in text and "Write it anew" not in text
    assert ann.post(f"{address}/letter").status_code == 422


@pytest.mark.long
def test_filters_narrow_the_list_and_an_empty_one_says_what_to_do(desk, ann):
    assert len(boxes(ann.get(f"/variances?payer={PAYER_ID}&kind=underpaid&least=30&sort=age").text)) == 3
    for narrow in ("payer=P9", "kind=overpaid", "least=31", "older=3650"):
        text = ann.get(f"/variances?{narrow}").text
        assert not boxes(text) and "No line fits these filters" in text
    assert ann.get("/variances?least=x").status_code == ann.get("/variances?sort=claim_number").status_code == 422
    assert 'name="case"' not in desk.sign_in("otto").get("/variances").text  # an auditor changes nothing


def test_a_selection_is_disputed_and_taken_back(ann):
    cases = boxes(ann.get("/variances").text)
    form = {"verb": "dispute", "case": cases[:2], "words": "letter", "back": "/variances?sort=age"}
    text = follow(ann, ann.post("/variances/act", data=form))
    assert "2 disputed, $60.00" in text
    assert len(boxes(ann.get("/variances?state=disputed").text)) == 2
    again = follow(ann, ann.post("/variances/act", data=form | {"case": cases}))  # two were changed since
    assert "1 disputed" in again and "2 changed meanwhile and left alone" in again
    undo = re.search(r'action="(/variances/acts/\d+/undo)"', text)[1]
    assert "2 taken back" in follow(ann, ann.post(undo, data={"back": "/variances"}))
    assert len(boxes(ann.get("/variances?state=disputed").text)) == 1


@pytest.mark.long
def test_a_whole_list_is_looked_at_and_done_as_it_was_looked_at(desk, ann):
    form = {"verb": "accept", "scope": "all", "words": "amended", "back": "/variances?kind=underpaid"}
    looked = ann.post("/variances/act", data=form)
    assert looked.status_code == 200 and "3 would be accepted" in looked.text and "$90.00" in looked.text
    assert desk.one("select count(*) from variance_cases where state = 'accepted'") == 0
    signed = dict(re.findall(r'name="(\w+)" value="([^"]*)"', looked.text))["looked"]
    case = boxes(ann.get("/variances").text)[0]
    ann.post("/variances/act", data={"verb": "note", "case": case, "words": "they called"})
    forged = form | {"sure": "yes", "looked": signed[:-1] + ("0" if signed[-1] != "0" else "1")}
    assert "Nothing was done" in ann.post("/variances/act", data=forged).text
    told = follow(ann, ann.post("/variances/act", data=form | {"sure": "yes", "looked": signed}))
    assert "2 accepted, $60.00" in told and "1 changed meanwhile" in told
    other = ann.post("/variances/act", data={**form, "verb": "close", "sure": "yes", "looked": signed})
    assert "Nothing was done" in other.text  # it was signed for another verb


@pytest.mark.long
def test_what_gives_money_up_is_looked_at_first_and_nothing_chosen_is_said(ann):
    case = boxes(ann.get("/variances").text)[0]
    assert "1 would be closed" in ann.post("/variances/act", data={"verb": "close", "case": case}).text
    assert "1 closed" in follow(ann, ann.post("/variances/act", data={"verb": "close", "case": case, "sure": "yes"}))
    for form in ({"verb": "dispute"}, {"verb": "dispute", "case": "x"}, {"verb": "note", "case": case, "words": " "}):
        assert ann.post("/variances/act", data=form).status_code == 422
    assert ann.post("/variances/acts/999999/undo").status_code == 404


@pytest.mark.long
def test_the_page_asks_no_more_for_more_payers(desk, ann):
    asked = []
    sa.event.listen(Engine, "before_cursor_execute", count := lambda *told: asked.append(told[2]))
    try:
        ann.get(f"/variances?payer={PAYER_ID}")
        before, _ = len(asked), asked.clear()
        with desk.ctx.engine.begin() as conn:
            conn.exec_driver_sql("update variance_cases set payer_code = 'P' || variance_case_id")
        asked.clear()
        assert len(boxes(ann.get("/variances?payer=P1").text)) == 1
    finally:
        sa.event.remove(Engine, "before_cursor_execute", count)
    assert len(asked) <= before


@pytest.mark.long
def test_a_list_that_is_too_long_is_done_in_parts(ann, monkeypatch):
    monkeypatch.setattr(variance_acts, "MOST", 2)
    form = {"verb": "accept", "scope": "all", "words": "amended", "back": "/variances"}
    looked = ann.post("/variances/act", data=form).text
    first = looked[looked.index('id="first"') : looked.index("</table>")]
    assert first.count("<a href=") == 2 and ">V" in first and "$30.00" in first and "<b>amended</b>" in looked
    assert "2 lines are done at once" in looked and "2 lines: 2 would be accepted" in looked
    signed = re.search(r'name="looked" value="([^"]+)"', looked)[1]
    text = follow(ann, ann.post("/variances/act", data=form | {"looked": signed, "sure": "yes"}))
    assert "2 accepted, $60.00" in text
    undo = re.search(r'action="(/variances/acts/\d+/undo)"', text)[1]
    assert "2 taken back" in follow(ann, ann.post(undo))
