"""Many rejections and blocked claims at once: ticked or the whole list, looked at, done as it was looked at, undone."""

from __future__ import annotations

import re

import pytest

from claims.service import blocked_queue
from claims.service.identities import resolve_identities
from claims.service.runs import running
from claims.service.scrub import scrub
from claims.service.verify import verify
from tests.answers import ca_277
from tests.books import Bill, claims
from tests.charges.test_charges_file import written
from tests.service.conftest import DAY, Practice
from tests.service.outgoing import PERSON
from tests.service.sending import send
from tests.web.test_variances_page import boxes, follow

NUMBERS = ("R1", "R2", "R3")
MONEY = "select coalesce(sum(amount_cents), 0) from exceptions where type_code = 'CLAIM_WITHDRAWN' and state = 'open'"


@pytest.fixture
def ann(desk, tmp_path):
    """A biller; three claims of 100 that their payer refused, and three of 145 that an edit stops."""
    books = Practice(desk.ctx, tmp_path)
    sent = claims(*(Bill(number, [("99213", "100")]) for number in NUMBERS)).replace(b"*B1*", b"*B7*")
    send(books, sent, reference="B7")
    books.night(ca_277("B7", *((number, "A7:33:IL", "100") for number in NUMBERS)))
    for number in ("N1", "N2", "N3"):
        books.drop(written(PERSON | {"claim_number": number}), day=DAY)
    with running(desk.ctx, "scrub", DAY) as (run_id, _):
        resolve_identities(desk.ctx, run_id, DAY)
    scrub(desk.ctx, DAY)  # no master data: addresses are missing
    return desk.sign_in("ann")


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("home", "cents", "owners", "gone"),
    [
        ("/rejections", "$300.00", "select group_concat(owner) from rejections", "closed"),
        pytest.param(
            *("/rejections/blocked", "$435.00", "select group_concat(owner) from claim_work", "given-up"),
            marks=pytest.mark.long,
        ),
    ],
)
def test_stopped_claims_are_taken_noted_given_up_and_undone_together(desk, ann, home, cents, owners, gone):
    cases = boxes(ann.get(home).text)
    assert len(cases) == 3 and not boxes(desk.sign_in("otto").get(home).text), "an auditor changes nothing"
    act = f"{home}/act"
    text = follow(ann, ann.post(act, data={"verb": "take", "case": cases[:2], "back": f"{home}?state=open"}))
    assert "2 given to you" in text and desk.one(owners).replace(",", "") == "annann"
    stale = follow(ann, ann.post(act, data={"verb": "give", "to": "sue", "case": cases, "back": home}))
    assert "1 given" in stale and "2 changed meanwhile and left alone" in stale, "what was taken is not as it was seen"
    assert "3 noted" in follow(ann, ann.post(act, data={"verb": "note", "words": "asked", "case": cases, "back": home}))
    assert ann.post(act, data={"verb": "take", "back": home}).status_code == 422

    form = {"verb": "close", "scope": "all", "words": "", "back": home}
    looked = ann.post(act, data=form).text
    assert "3 would be given up" in looked and cents in looked and 'id="first"' in looked and desk.one(MONEY) == 0
    signed = re.search(r'name="looked" value="([^"]+)"', looked)[1]
    sure = form | {"sure": "yes", "looked": signed}
    assert ann.post(act, data=sure).status_code == 422, "for no reason nothing is given up"
    ann.post(f"{home}/{cases[0].split('.')[0]}/note", data={"words": "the card came"})
    text = follow(ann, ann.post(act, data=sure | {"words": "by the hospital"}))
    assert "2 given up" in text and "1 changed meanwhile" in text
    assert f"${desk.one(MONEY) / 100:.2f}" in text and desk.one(MONEY) > 0
    assert len(boxes(ann.get(f"{home}?state={gone}").text)) == 2
    undo = re.search(r'action="([^"]*/acts/\d+/undo)"', text)[1]
    text = follow(ann, ann.post(undo, data={"back": home}))
    assert "2 taken back" in text and desk.one(MONEY) == 0 and len(boxes(ann.get(home).text)) == 3
    assert "2 not: more has happened to it since" in follow(ann, ann.post(undo, data={"back": home}))
    assert "hospital" not in desk.one("select group_concat(body) from audit_events"), "the chain only seals words"
    assert [problem for one in verify(desk.ctx) for problem in one.broken] == []


def test_blocked_claims_are_narrowed_to_a_payer_on_the_page_and_by_the_whole_list(desk, ann):
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update claims set payer_code = 'OTHER' where claim_number = 'N2'")
    home = "/rejections/blocked?payer=OTHER"
    page = ann.get(home).text
    assert len(boxes(page)) == 1 and "$145.00" in page and '<option value="OTHER" selected>' in page
    looked = ann.post("/rejections/blocked/act", data={"verb": "take", "scope": "all", "back": home}).text
    assert "1 would be given to you" in looked
    assert blocked_queue.payer(desk.ctx, "OTHER") == "OTHER" and blocked_queue.totals(desk.ctx) == (3, 43500)


@pytest.mark.long
def test_what_was_given_up_is_taken_up_again_after_a_look(desk, ann):
    for home, gone in (("/rejections", "closed"), ("/rejections/blocked", "given-up")):
        case = boxes(ann.get(home).text)[0]
        ann.post(f"{home}/act", data={"verb": "close", "case": case, "words": "x", "sure": "yes", "back": home})
        listed = f"{home}?state={gone}"
        (case,) = boxes(ann.get(listed).text)
        form = {"verb": "reopen", "case": case, "back": listed}
        assert "1 would be taken up again" in ann.post(f"{home}/act", data=form).text and desk.one(MONEY) > 0
        assert "1 taken up again" in follow(ann, ann.post(f"{home}/act", data=form | {"words": "y", "sure": "yes"}))
        assert desk.one(MONEY) == 0 and boxes(ann.get(listed).text) == []
        assert ann.post(f"{home}/acts/1/undo", data={"back": home}).status_code == 422, "another event of the chain"


def _done(ann, home, **form):
    text = follow(ann, ann.post(f"{home}/act", data={"case": boxes(ann.get(home).text), "back": home} | form))
    return re.search(r'action="([^"]*/acts/\d+/undo)"', text)[1]


@pytest.mark.long
def test_stopped_claims_that_were_given_or_noted_on_together_are_as_before(desk, ann):
    for home, table in (("/rejections", "rejections"), ("/rejections/blocked", "claim_work")):
        _done(ann, home, verb="take", case=boxes(ann.get(home).text)[:1])
        given, noted = _done(ann, home, verb="give", to="sue"), _done(ann, home, verb="note", words="asked Mr Roe")
        texts = [follow(ann, ann.post(noted, data={"back": home})) for _ in range(2)]
        assert "3 taken back" in texts[0] and "3 not: it was taken back already" in texts[1]
        notes = desk.one(f"select group_concat(notes) from {table}")
        assert notes.count("ann: asked Mr Roe (taken back)") == 3, "the words stay"
        ann.post(f"{home}/{boxes(ann.get(home).text)[2].split('.')[0]}/assign", data={"to": "ann"})
        texts = [follow(ann, ann.post(given, data={"back": home})) for _ in range(2)]
        assert "2 taken back" in texts[0] and "1 not: more has happened to it since" in texts[0]
        assert sorted(desk.one(f"select group_concat(owner) from {table}").split(",")) == ["", "ann", "ann"]
        assert "2 not: it was taken back already" in texts[1]
    assert [problem for one in verify(desk.ctx) for problem in one.broken] == []
