"""The page of an exception: taken, given, noted, accepted where it only informs, taken up again; the list of mine."""

from __future__ import annotations

from datetime import date

import pytest

from claims.service.verify import verify
from tests.books import PAYER_ID, Bill, remit
from tests.books import claims as claims_file

DAY = date(2025, 7, 1)
# The patient's share differs from the sum of its PR by 8.00; of 20.00 and 30.00 nobody knows the account.
ODD = f"""BPR*I*38*C*ACH************20250620~
          TRN*1*T5*{PAYER_ID}~
          CLP*S1*1*150*88*30*12*ICN5~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~
          PLB*1999999984*20251231*LE:AA*20*AM:BB*30~"""


@pytest.fixture
def ann(desk, tmp_path):
    """A biller, and a night with a payment whose patient's share differs."""
    files = {
        "s.837": claims_file(Bill("S1", [("99213", "150")]), control="000000053"),
        "s.835": remit(ODD, control="000000063"),
    }
    desk.night(tmp_path, files, DAY)
    return desk.sign_in("ann")


def number(desk, type_code):
    return desk.one("select exception_id from exceptions where type_code = ? order by 1 limit 1", type_code)


@pytest.mark.long
def test_one_is_taken_noted_accepted_and_taken_up_on_its_page(desk, ann):
    page = f"/exceptions/{number(desk, 'PATIENT_SHARE_DIFFERS')}"
    text = ann.get(page).text
    assert "It only informs" in text and "Take it</button>" in text and '<option value="sue"' in text
    assert '<option value="otto"' not in text, "who only looks works on nothing"
    assert "None is yours" in ann.get("/exceptions?state=mine").text
    taken = ann.post(f"{page}/assign", data={"to": "ann", "seen": 0})
    assert (taken.status_code, taken.headers["location"]) == (303, f"{page}?said=assigned")
    assert "It is given to ann." in ann.get(f"{page}?said=assigned").text
    mine = ann.get("/exceptions?state=mine").text
    assert mine.count('data-open="/exceptions/') == 1 and ">ann</td>" in mine
    late = ann.post(f"{page}/accept", data={"reason": "they never fill it", "seen": 0})
    assert late.status_code == 422 and "look at it once more" in late.text and 'value="they never fill it"' in late.text
    assert ann.post(f"{page}/note", data={"words": "asked <them>"}).headers["location"] == f"{page}?said=noted"
    assert "asked &lt;them&gt;" in ann.get(page).text
    short = ann.post(f"{page}/accept", data={"reason": "odd", "seen": 2})
    assert short.status_code == 422 and "at least 10 characters" in short.text
    done = ann.post(f"{page}/accept", data={"reason": "they never fill it", "seen": 2})
    assert done.headers["location"] == f"{page}?said=accepted"
    told = ann.get(done.headers["location"]).text
    assert "It stays closed" in told and "Take it up again" in told and "It only informs" not in told
    assert ann.post(f"{page}/take-up", data={"seen": 3}).headers["location"] == f"{page}?said=taken-up"
    assert "It only informs" in ann.get(page).text
    assert ann.post(f"{page}/assign", data={"to": "otto", "seen": 4}).status_code == 422
    assert ann.post(f"{page}/assign", data={"to": "", "seen": 4}).status_code == 303
    assert desk.one("select count(*) from audit_events where action like 'exception.%' and actor = 'ann'") == 5
    assert [problem for check in verify(desk.ctx) for problem in check.broken] == []


def test_what_holds_cash_is_not_set_aside_and_who_only_looks_sees_no_form(desk, ann):
    waits = f"/exceptions/{number(desk, 'DEPOSIT_WITHOUT_REMIT')}"
    text = ann.get(waits).text
    assert "It cannot be set aside" in text and f'action="{waits}/accept"' not in text
    refused = ann.post(f"{waits}/accept", data={"reason": "it does not matter"})
    assert refused.status_code == 422 and "What releases it: Load the remittance" in refused.text
    assert ann.post("/exceptions/999/note", data={"words": "x"}).status_code == 404
    otto = desk.sign_in("otto").get(waits).text
    assert f'action="{waits}' not in otto and "It cannot be set aside" not in otto and "Owner" in otto


def test_which_of_two_claims_of_one_number_stands_is_said_on_its_page(desk, ann, tmp_path):
    bills = {f"{cents}.837": claims_file(Bill("Z1", [("99213", cents)])) for cents in ("11", "12")}
    desk.night(tmp_path, bills, DAY)
    page = f"/exceptions/{number(desk, 'CLAIM_CONFLICT')}"
    assert "Is this the one that holds?" in ann.get(page).text
    said = {"holds": "the other one was typed wrong", "seen": 0}
    late = ann.post(f"{page}/stand", data=said | {"seen": 1})
    assert late.status_code == 422 and "look at it once more" in late.text and 'value="the other one was' in late.text
    done = ann.post(f"{page}/stand", data=said)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?said=stands")
    told = ann.get(done.headers["location"]).text
    assert "Its claim stands.</b> The next night charges it" in told and "This one holds" not in told
    other = desk.one("select exception_id from exceptions where type_code = 'CLAIM_CONFLICT' and state = 'open'")
    assert "Another one stands by now" in ann.get(f"/exceptions/{other}").text


@pytest.mark.long
def test_an_account_is_said_for_a_provider_adjustment_and_taken_back(desk, ann):
    page = f"/exceptions/{number(desk, 'PLB_UNCONFIGURED')}"
    assert '<option value="1400"' in ann.get(page).text and "It cannot be set aside" not in ann.get(page).text
    said = {"account": "1400", "reason": "levied for our taxes", "seen": 0}
    other = ann.post(f"{page}/book", data=said | {"account": "1000"})
    assert other.status_code == 422 and "one of these accounts" in other.text and 'value="levied' in other.text
    done = ann.post(f"{page}/book", data=said)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?said=booked")
    told = ann.get(done.headers["location"]).text
    assert "Its money waits no more" in told and "1400 levied for our taxes" in told and "It was booked" in told
    back = ann.post(f"{page}/unbook", data={"reason": "it was a penalty", "seen": 1})
    assert back.headers["location"] == f"{page}?said=unbooked"
    assert "Say its account" in ann.get(page).text
    dear = desk.one("select max(exception_id) from exceptions where type_code = 'PLB_UNCONFIGURED'")
    above = ann.post(f"/exceptions/{dear}/book", data=said)
    assert above.status_code == 422 and "above your own limit" in above.text
