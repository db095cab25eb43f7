"""In the browser: another payer is billed from a case; rejected and blocked claims are corrected, or given up."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest

from claims.service.desk import correcting
from claims.service.identities import resolve_identities
from claims.service.intake import ingest
from claims.service.master import find_master_files, import_files
from claims.service.reconcile import reconcile
from claims.service.runs import running
from claims.service.scrub import scrub
from claims.service.submit import submit
from claims.service.verify import verify
from tests.answers import ca_277, replied
from tests.charges.test_charges_file import written
from tests.service.desk.test_sending import sent_home  # noqa: F401 a practice that has sent claims
from tests.service.outgoing import DAY, NOW, PERSON
from tests.web.test_correcting import (  # noqa: F401 the desk over it
    MASTER,
    ann,
    claims,
    desk,
    place_of,
    sent_desk_home,
    typed,
)

SECRET = "DM20411"


@pytest.fixture
def known(desk):  # noqa: F811
    """The desk with master data of payers."""
    import_files(desk.ctx, find_master_files([MASTER]))
    return desk


def charge(desk, folder, number, **changes):  # noqa: F811
    """Take in a charge, and let the edits look at it."""
    path = folder / f"{number}.csv"
    path.write_bytes(written(PERSON | {"claim_number": number, "member_id": "FW77009"} | changes))
    ingest(desk.ctx, [path], DAY)
    reconcile(desk.ctx, DAY)
    with running(desk.ctx, "scrub", DAY) as (run_id, _):
        resolve_identities(desk.ctx, run_id, DAY)
    scrub(desk.ctx, DAY)
    return desk.one("select claim_id from claims where claim_number = ?", number)


def form_of(page, name="coverage"):
    """What the fields of a form say, as a browser sends them (buttons aside)."""
    body = re.search(rf'<form method="post" action="[^"]*/{name}".*?</form>', page, re.S)[0]
    found = re.findall(r'<input (?:type="hidden" )?(?:id="[^"]*" )?name="([^"]+)" value="([^"]*)"', body)
    values = {one: html.unescape(value) for one, value in found}
    for one, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        values[one] = chosen[1] if chosen else ""
    radio = re.search(r'type="radio" name="order" value="(\w+)" checked', body)
    return values | ({"order": radio[1]} if radio else {})


@pytest.mark.long
def test_another_payer_is_entered_looked_at_and_billed_once(known, ann):  # noqa: F811
    place = place_of(known, "K5")
    assert f'href="{place}/coverage"' in ann.get(place).text
    page = ann.get(f"{place}/coverage").text
    first = form_of(page)
    assert 'id="stops"' not in page and not re.search(r'<option value="FABLE"', page), "who denied it is not offered"
    assert first["order"] == "instead" and "usual for this denial" in page and "denied it" in page
    wrong = ann.post(f"{place}/coverage", data=first | {"payer": "DRAGN"})
    assert wrong.status_code == 422 and "member number" in wrong.text and form_of(wrong.text)["payer"] == "DRAGN"
    looked = ann.post(f"{place}/coverage", data=first | {"payer": "DRAGN", "member": SECRET, "order": "before"}).text
    assert claims(known) == [] and "billed now" in looked and "is billed when this one has decided" in looked
    form = form_of(looked) | {"sure": "yes"}
    other = ann.post(f"{place}/coverage", data=form | {"member": "DM99999"}).text
    assert "Nothing has been done yet" in other and claims(known) == [], "what was not looked at does not go"
    done = ann.post(f"{place}/coverage", data=form)
    assert done.status_code == 303 and SECRET not in done.headers["location"]
    assert [row[2] for row in claims(known)] == [SECRET]
    again = ann.post(f"{place}/coverage", data=form)
    assert len(claims(known)) == 1, "a second click makes no second claim"
    assert "Nothing was done" in ann.get(again.headers["location"]).text
    page = ann.get(place).text
    assert "to DRAGN" in page and "Its new claim is" in page
    named = known.one(
        "select group_concat(payer_sequence || payer_code) from claim_payers where claim_id = "
        "(select max(claim_id) from claims)"
    )
    assert named == "PDRAGN,SFABLE"


@pytest.mark.long
def test_the_page_of_a_correction_shows_the_claim_what_is_asked_and_who_complains(known, ann, tmp_path):  # noqa: F811
    codes = "E11.9 I10 J45.909 M54.5 R07.9 N39.0 K21.9 F41.1 G47.33 E78.5 Z79.4 D64.9"
    number = charge(
        known, tmp_path, "N1", diagnosis_codes=codes, modifiers="25", drug_code="00409120730", drug_quantity="1.5",
        drug_unit_code="ML", place_of_service="98",
    )  # fmt: skip
    page = ann.get(f"/claims/{number}/correct").text
    sheet = re.search(r'id="sheet".*?</section>', page, re.S)[0]
    shown = re.findall(r'class="mono">([A-Z]\d\w+)</span></span>', sheet)
    assert shown == codes.replace(".", "").split() and "00409120730 1.5 ML" in sheet and "TEACUP" in sheet
    assert re.search(r"25</span></td>.*\$145\.00", sheet, re.S)
    wrong = re.search(r'class="field wrong"><label for="f-place_of_service".*?</small>', page, re.S)[0]
    assert (
        "S14a" in wrong
        and 'aria-invalid="true"' in wrong
        and "S14a" in re.search(r'id="complaints".*?</section>', page, re.S)[0]
    )
    case = ann.get(f"{place_of(known, 'K1')}/correct").text
    asks = re.search(r'id="asks".*?</section>', case, re.S)[0]
    assert "Remark N290" in asks and "Needs" in asks and "ICNK1" in case


def test_a_blocked_claim_is_corrected_where_it_is_listed(known, ann, tmp_path):  # noqa: F811
    number = charge(known, tmp_path, "N1", place_of_service="98")
    assert f'href="/claims/{number}/correct"' in ann.get("/rejections/blocked").text
    address = f"/claims/{number}/correct"
    looked = ann.post(address, data=typed_claim(ann.get(address).text, place_of_service="97")).text
    assert "An edit would block it" in looked and "S14a" in looked
    assert known.one("select life from claims where claim_id = ?", number) == "blocked"
    still = ann.post(address, data=typed_claim(looked) | {"sure": "yes"})
    again = known.one("select max(claim_id) from claims")
    assert still.headers["location"] == f"/rejections/blocked/{again}?said=blocked"
    address = f"/claims/{again}/correct"
    looked = ann.post(address, data=typed_claim(ann.get(address).text, place_of_service="11")).text
    assert "No edit stops it" in looked and re.search(r"<del>97</del>.*<b>11</b>", looked)
    done = ann.post(address, data=typed_claim(looked) | {"sure": "yes"})
    assert (
        done.headers["location"] == "/rejections/blocked?said=ready"
        and "Corrected." in ann.get("/rejections/blocked?said=ready").text
    )
    told = known.one("select group_concat(subject || body) from audit_events where action = 'claim-corrected'")
    assert f"claim {number}" in told and f"claim {again}" in told and told.count("facility_code") == 2
    assert '"97"' not in told and '"11"' not in told, "columns, and never values"
    assert known.one("select life from claims where claim_id = (select max(claim_id) from claims)") == "ready"
    twice = ann.post(address, data=typed_claim(looked) | {"sure": "yes"})
    assert twice.status_code == 422 and "replaced" in twice.text
    assert ann.get("/claims/999999/correct").status_code == 404


@pytest.mark.long
def test_the_payers_claim_number_is_asked_for_where_a_claim_names_another(known, ann, tmp_path):  # noqa: F811
    number = charge(
        known, tmp_path, "N1", frequency_code="7", original_reference="ICN1", place_of_service="98"
    )  # fmt: skip
    address = f"/claims/{number}/correct"
    page = ann.get(address).text
    assert 'id="f-original_reference"' in page
    looked = ann.post(address, data=typed_claim(page, original_reference="ICN77", place_of_service="11")).text
    ann.post(address, data=typed_claim(looked) | {"sure": "yes"})
    made = "select frequency_code || ' ' || original_reference from claims where claim_id = (select max(claim_id) from "
    assert known.one(f"{made}claims)") == "7 ICN77"


def typed_claim(page, **changes):
    """The form of a claim as a browser sends it."""
    return typed(page, **changes)


def refused_by_payer(desk, folder):  # noqa: F811
    """Send a claim that its payer refuses; give its number."""
    number = charge(desk, folder, "N7")
    assert submit(desk.ctx, DAY, now=NOW).counts["claims_sent"] == 1
    answer(desk, folder, "N7", "A7:33:IL")
    return number


def answer(desk, folder, number, status):  # noqa: F811
    """Take in a 277CA about a claim that has left."""
    batch = desk.one(
        "select s.batch_reference from batch_sets s join submissions u on u.batch_set_id = s.batch_set_id "
        "where u.claim_number = ?", number,
    )  # fmt: skip
    path = folder / f"answer-{number}.277"
    path.write_bytes(replied(ca_277(str(batch), (number, status, "145"), day="20261021")))
    ingest(desk.ctx, [path], DAY)
    reconcile(desk.ctx, DAY)


@pytest.fixture
def rejected(known, tmp_path):
    """The desk with a claim that its payer refused; gives the desk, and the numbers of claim and rejection."""
    number = refused_by_payer(known, tmp_path)
    return known, number, known.one("select rejection_id from rejections")


@pytest.mark.long
def test_a_rejection_is_taken_noted_corrected_and_gone(rejected, ann, monkeypatch):  # noqa: F811
    here, number, rejection = rejected
    page = ann.get("/").text
    assert 'href="/rejections"' in page and f'href="/claims/{number}/correct"' in ann.get("/rejections").text
    address = f"/rejections/{rejection}"
    for told in ("/rejections", address, f"/claims/{number}", f"/claims/{number}/correct"):
        assert "FABLEWOOD HEALTH PLAN" in ann.get(told).text, "a charge names its payer by the code alone"
    assert "N7" not in ann.get("/rejections?state=mine").text
    assert ann.post(f"{address}/assign", data={"to": "ann"}).headers["location"] == f"{address}?said=assigned"
    assert "It is given to ann." in ann.get(f"{address}?said=assigned").text
    assert "N7" in ann.get("/rejections?state=mine").text
    assert ann.post(f"{address}/assign", data={"to": "nobody-here"}).status_code == 422
    raced = ann.post(f"{address}/assign", data={"to": "sue", "was": "by:"})
    assert raced.status_code == 422 and "by now" in raced.text and here.one("select owner from rejections") == "ann"
    for words, why in (("\u200b \u2060", "A note wants words"), ("a\0b", "no control characters")):
        unseen = ann.post(f"{address}/note", data={"words": words})
        assert unseen.status_code == 422 and why in unseen.text
    ann.post(f"{address}/note", data={"words": "the card says otherwise"})
    assert "ann: the card says otherwise" in ann.get(address).text
    form = ann.get(f"/claims/{number}/correct").text
    assert "Check the insurance card and correct the member number" in form
    assert "should have caught" not in form + ann.get(address).text, "the number has the form of the payer's ids"
    assert "S09b finds nothing wrong" in form and 'id="f-original_reference"' not in form
    with monkeypatch.context() as patch:
        patch.setattr(correcting, "findings_of", lambda *_: pd.DataFrame({"line_number": [0]}))
        odd = ann.get(f"/claims/{number}/correct").text
        assert "S09b should have caught it: Member number" in odd
    asked = re.search(r"<h2>What to correct</h2>.*?</section>", form, re.S)[0]
    assert 'id="f-member_id"' in asked and 'id="f-units"' not in asked
    odd = ann.post(f"/claims/{number}/correct", data=typed_claim(form, member_id="A*B~C"))
    assert odd.status_code == 422 and "Member number cannot hold * or ~" in odd.text and "elimiter" not in odd.text
    spelt = ann.post(f"/claims/{number}/correct", data=typed_claim(form, patient_last_name="Ła*ski")).text
    assert re.search(r"<b>Ła\*ski</b>.*it leaves as</span> <span class=\"mono\"><b>La ski</b>", spelt)
    looked = ann.post(f"/claims/{number}/correct", data=typed_claim(form, member_id="FW77010")).text
    done = ann.post(f"/claims/{number}/correct", data=typed_claim(looked) | {"sure": "yes"})
    assert done.headers["location"] == "/rejections?said=ready" and "FW77010" not in done.headers["location"]
    assert here.one("select closed_reason from rejections") == "corrected"
    late = ann.post(f"{address}/close", data={"reason": "too late"})
    assert late.status_code == 422 and "closed already: corrected" in late.text


@pytest.mark.long
def test_a_rejection_is_dealt_with_for_a_reason_after_a_look_and_taken_up_again(rejected, ann):  # noqa: F811
    here, number, rejection = rejected
    address = f"/rejections/{rejection}"
    refused = ann.post(f"{address}/close", data={"reason": " ", "sure": "yes"})
    assert refused.status_code == 422 and "Say why" in refused.text
    looked = ann.post(f"{address}/close", data=form_of(ann.get(address).text, "close") | {"reason": "by the hospital"})
    assert "$145.00 billed to" in looked.text and "Nothing has been done yet" in looked.text
    assert here.one("select state from rejections") == "open"
    words = {"reason": "by the hospital", "sure": "yes"}
    seen = form_of(looked.text, "close") | words
    here.sign_in("sue").post(f"{address}/note", data={"words": "the payer looks at it: do not close"})
    stale = ann.post(f"{address}/close", data=seen)
    assert stale.status_code == 422 and "since you saw it" in stale.text
    assert here.one("select state from rejections") == "open", "nobody closes what another has just noted"
    ann.post(f"{address}/close", data=form_of(stale.text, "close") | words)
    page = ann.get(address).text
    assert "dealt with: by the hospital" in page and "withdrawn" in page
    assert here.one("select life from claims where claim_id = ?", number) == "withdrawn"
    money = "select amount_cents from exceptions where type_code = 'CLAIM_WITHDRAWN' and state = 'open'"
    assert here.one(money) == 14500, "what nobody is asked to pay stays on a list"
    assert ann.post(f"{address}/close", data=seen).status_code == 422
    body = here.one("select body from audit_events where action = 'rejection-closed'")
    assert "hospital" not in body, "the chain seals words, and does not hold them"
    for _ in range(2):
        assert ann.post(f"{address}/reopen", data={"reason": "not billed by them"}).status_code == 303
        assert here.one("select life from claims where claim_id = ?", number) == "rejected"
        assert here.one(f"select count(*) from ({money})") == 0
        assert f'href="/claims/{number}/correct"' in ann.get(address).text
        again = form_of(ann.get(address).text, "close") | {"reason": "twice", "sure": "yes"}
        ann.post(f"{address}/close", data=again)
    assert here.one("select life from claims where claim_id = ?", number) == "withdrawn" and here.one(money) == 14500


@pytest.mark.long
def test_a_claim_that_was_made_of_a_denial_is_corrected_on_its_case(desk, ann):  # noqa: F811
    place = place_of(desk, "K1")  # no master data: an edit blocks what is made
    looked = ann.post(f"{place}/correct", data=typed(ann.get(f"{place}/correct").text)).text
    ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"})
    number = desk.one("select max(claim_id) from claims")
    assert ann.get(f"/claims/{number}/correct").headers["location"] == f"{place}/correct"
    page = ann.get(f"{place}/correct").text
    assert "What edits say of it" in page and "S07b" in page
    wrong = ann.post(f"/claims/{number}/correct", data={"name": ["member_id"], "value": ["W9"], "sure": "yes"})
    assert wrong.status_code == 422 and desk.one("select max(claim_id) from claims") == number


@pytest.mark.long
def test_a_rejected_replacement_says_on_its_case_what_the_payer_wants_and_where(known, ann, tmp_path):  # noqa: F811
    place = place_of(known, "K1")
    form = ann.get(f"{place}/correct").text
    assert 'id="f-original_reference"' not in form and 'id="refused"' not in form
    looked = ann.post(f"{place}/correct", data=typed(form, member_id="FW77009")).text
    ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"})
    assert submit(known.ctx, DAY, now=NOW).counts["claims_sent"] == 1
    answer(known, tmp_path, known.one("select claim_number from claims order by claim_id desc limit 1"), "A7:464")
    form = ann.get(f"{place}/correct").text
    why = re.search(r'id="refused".*?</section>', form, re.S)[0]
    assert "277CA" in why and "A7 464" in why and "Add the number of the claim that this one replaces" in why
    assert 'href="/rejections/1"' in why and "What the denial asks for" in form
    field = re.search(r'class="field wrong"><label for="f-original_reference".*?</small>', form, re.S)[0]
    assert "the answer refused it" in field and "S11a" not in field, "the edit finds a number there"
    looked = ann.post(f"{place}/correct", data=typed(form, original_reference="ICN99")).text
    ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"})
    last = "select {} from claims order by claim_id desc limit 1"
    assert known.one(last.format("frequency_code || original_reference || life")) == "7ICN99ready"
    assert known.one("select closed_reason from rejections") == "corrected"


@pytest.mark.long
def test_a_blocked_claim_is_owned_noted_given_up_and_taken_up_again(known, ann, tmp_path):  # noqa: F811
    number = charge(known, tmp_path, "N1", place_of_service="98")
    address = f"/rejections/blocked/{number}"
    listed = ann.get("/rejections/blocked").text
    assert f'href="{address}"' in listed and "FABLEWOOD HEALTH PLAN" in listed and "1 claim to send" in listed
    mine = ann.get("/rejections/blocked?state=mine").text
    assert "N1" not in mine and "0 claims to send" in mine and "$145.00" not in mine
    assert ann.post(f"{address}/assign", data={"to": "ann"}).headers["location"] == f"{address}?said=assigned"
    raced = ann.post(f"{address}/assign", data={"to": "sue", "was": "by:"})
    assert raced.status_code == 422 and "ann&#39;s by now" in raced.text
    mine = ann.get("/rejections/blocked?state=mine").text
    assert "N1" in mine and "1 claim to send" in mine
    seen = form_of(ann.get(address).text, "close")
    ann.post(f"{address}/note", data={"words": "asked the registration"})
    looked = ann.post(f"{address}/close", data=seen | {"reason": "by the hospital"}).text
    assert (
        "$145.00 billed to" in looked and known.one("select life from claims where claim_id = ?", number) == "blocked"
    )
    words = {"reason": "by the hospital", "sure": "yes"}
    assert "since you saw it" in ann.post(f"{address}/close", data=seen | words).text
    ann.post(f"{address}/close", data=form_of(looked, "close") | words)
    page = ann.get(address).text
    assert "ann: given up: by the hospital" in page and "ann: asked the registration" in page and "S14a" in page
    money = (
        "select coalesce(sum(amount_cents), 0) from exceptions where type_code = 'CLAIM_WITHDRAWN' and state = 'open'"
    )
    assert known.one(money) == 14500 and "N1" in ann.get("/rejections/blocked?state=given-up").text
    assert "hospital" not in known.one("select body from audit_events where action = 'blocked-given-up'")
    assert ann.post(f"{address}/reopen", data={"reason": "not billed by them"}).status_code == 303
    assert known.one(money) == 0 and known.one("select life from claims where claim_id = ?", number) == "blocked"
    assert known.one("select owner from claim_work") == "ann" and verify_is_sound(known)


@pytest.mark.long
def test_a_blocked_correction_that_is_given_up_brings_its_denial_back(desk, ann):  # noqa: F811
    place = place_of(desk, "K1")  # no master data: an edit blocks what is made
    looked = ann.post(f"{place}/correct", data=typed(ann.get(f"{place}/correct").text)).text
    ann.post(f"{place}/correct", data=typed(looked) | {"sure": "yes"})
    number = desk.one("select max(claim_id) from claims")
    address = f"/rejections/blocked/{number}"
    looked = ann.post(f"{address}/close", data={"reason": "the payer pays after all"}).text
    assert "Its denial comes back to the list" in looked
    ann.post(f"{address}/close", data=form_of(looked, "close") | {"reason": "the payer pays after all", "sure": "yes"})
    assert desk.one("select state from denial_cases where claim_number = 'K1'") == "in_work"
    assert desk.one("select count(*) from exceptions where type_code = 'CLAIM_WITHDRAWN'") == 0
    assert "claim given up" in ann.get(place).text
    late = ann.post(f"{address}/reopen", data={"reason": "once more"})
    assert late.status_code == 422 and "on the page of its case" in late.text
    assert 'name="value"' in ann.get(f"{place}/correct").text, "and it can be corrected again"
    assert verify_is_sound(desk)


def verify_is_sound(desk):  # noqa: F811
    return [problem for one in verify(desk.ctx) for problem in one.broken] == []
