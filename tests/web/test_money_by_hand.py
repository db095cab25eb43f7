"""What people do by hand on the pages of exceptions, deposits and variances: looked at first, done, and taken back."""

from __future__ import annotations

import re
from datetime import date

import pytest

from claims.service import deposits
from claims.service.audited import record
from claims.service.master import import_files
from claims.service.reconcile import reconcile
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store.engine import write
from tests.books import PAYER_ID, Bill, bank, remit
from tests.books import claims as claims_file

DAY = date(2025, 7, 1)
FORM = ("remit", "reason", "settles", "fee", "seen")
# A payment of a claim under another number, and one below its contract; neither has its money in the bank.
PAID = f"""BPR*I*88*C*ACH************20250620~
           TRN*1*T5*{PAYER_ID}~
           CLP*TYPO9*1*150*88*22*12*ICN5~
           SVC*HC:99213*150*88**1~
           CAS*CO*45*40~
           CAS*PR*2*22~"""
LOW = f"""BPR*I*80*C*ACH************20250621~
          TRN*1*T6*{PAYER_ID}~
          CLP*V1*1*150*80**12*ICNV1~
          SVC*HC:99213*150*80**1~
          CAS*CO*45*70~"""


@pytest.fixture
def ann(desk, tmp_path):
    """A biller, and a night with a payment of nobody's, an underpaid line and a deposit of another name."""
    fees = tmp_path / "fee_schedules.csv"
    fees.write_text(f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,110.00\n")
    import_files(desk.ctx, [fees])
    files = {
        "m.837": claims_file(Bill("M1", [("99213", "150")]), Bill("D1", [("99213", "140")]), control="000000051"),
        "v.837": claims_file(Bill("V1", [("99213", "150")]), control="000000052"),
        "p.835": remit(PAID, control="000000061"), "l.835": remit(LOW, control="000000062"),
        "b.csv": bank(("2025-06-25", "60.00", "X9")),
    }  # fmt: skip
    desk.night(tmp_path, files, DAY)
    return desk.sign_in("ann")


def audited(desk, action):
    return desk.one("select count(*) from audit_events where action = ? and actor = 'ann'", action)


def sound(desk):
    assert [problem for check in verify(desk.ctx) for problem in check.broken] == []


def field(text, name):
    return re.search(rf'name="{name}" value="([^"]*)"', text)[1]


# --- exceptions


@pytest.mark.long
def test_a_payment_is_matched_by_hand_after_a_look_and_posted_by_the_next_night(desk, ann):
    number = desk.one("select exception_id from exceptions where type_code = 'UNMATCHED_CLAIM' and state = 'open' "
                 "and amount_cents = 8800")  # fmt: skip
    page = f"/exceptions/{number}"
    assert "Match it by hand" in ann.get(page).text and "Its match" not in ann.get(page).text
    assert "There is no claim with this number" in ann.post(f"{page}/match", data={"claim": "NONE"}).text
    looked = ann.post(f"{page}/match", data={"claim": " M1 "})
    assert looked.status_code == 200 and "Match the two" in looked.text and "<b>differs</b>" not in looked.text
    assert "PERSON" in looked.text and "99213 $150.00" in looked.text and 'href="/claims/' in looked.text
    first = {"claim": "M1", "sure": "yes", "seen": field(looked.text, "seen")}
    unseen = ann.post(f"{page}/match", data={"claim": "M1", "sure": "yes"})
    assert unseen.status_code == 422 and "since you saw it" in unseen.text
    assert audited(desk, "match.by-hand") == 0
    done = ann.post(f"{page}/match", data=first)
    again = ann.post(f"{page}/match", data=first)
    assert again.status_code == 422 and "Its match was changed by ann since you saw it" in again.text
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?said=matched")
    told = ann.get(done.headers["location"]).text
    assert "The next night posts it" in told and "Its match" in told and audited(desk, "match.by-hand") == 1
    sure = ann.post(f"{page}/unmatch").text
    assert "Take the match away?" in sure and audited(desk, "match.undone") == 0
    seen = {"sure": "yes", "seen": field(sure, "seen")}
    assert "since you saw it" in ann.post(f"{page}/unmatch", data=seen | {"seen": first["seen"]}).text
    assert ann.post(f"{page}/unmatch", data=seen).headers["location"] == f"{page}?said=unmatched"
    assert audited(desk, "match.undone") == 1
    assert "since you saw it" in ann.post(f"{page}/unmatch", data=seen).text
    now = field(ann.post(f"{page}/match", data={"claim": "M1"}).text, "seen")
    ann.post(f"{page}/match", data={"claim": "M1", "sure": "yes", "seen": now})
    reconcile(desk.ctx, DAY)
    assert "Match it by hand" not in ann.get(page).text
    refused = ann.post(f"{page}/match", data={"claim": "M1", "sure": "yes"})
    assert refused.status_code == 422 and "has to be taken back" not in refused.text and "Not done." in refused.text
    sound(desk)


@pytest.mark.long
def test_what_people_wrote_stands_in_no_page_of_the_audit(desk, ann):
    """Also what an older release put into the chain is not shown to who may not read the desk."""
    line = desk.one("select bank_line_id from bank_lines where amount_cents = 6000")
    with write(desk.ctx.engine) as conn:
        record(desk.ctx, conn, "deposit.tie", f"bank line {line}", {"remit_id": 1, "reason": "JANE DOE called"})
        record(desk.ctx, conn, "match.by-hand", "exception 1", {"although_mac": "0f" * 16})
    root, otto = (desk.sign_in(name).get("/audit?what=changed").text for name in ("root", "otto"))
    assert "JANE DOE" not in root and "reason given" in root and "although given" in root
    assert "JANE DOE" in otto and "0f0f" not in otto


@pytest.mark.long
def test_a_claim_that_differs_gravely_wants_a_reason(desk, ann):
    number = desk.one("select exception_id from exceptions where type_code = 'UNMATCHED_CLAIM' and state = 'open' "
                 "and amount_cents = 8800")  # fmt: skip
    page = f"/exceptions/{number}"
    looked = ann.post(f"{page}/match", data={"claim": "D1"}).text
    assert "<b>differs</b>" in looked and 'name="although" required' in looked
    sure = {"claim": "D1", "sure": "yes", "seen": field(looked, "seen")}
    refused = ann.post(f"{page}/match", data=sure)
    assert refused.status_code == 422 and "Say why it is the claim" in refused.text and "--although" not in refused.text
    assert ann.post(f"{page}/match", data=sure | {"although": "they told us"}).status_code == 303
    assert "they told us" not in desk.one("select body from audit_events where action = 'match.by-hand'")
    assert "they told us" in ann.get(page).text


# --- deposits


@pytest.mark.long
def test_a_deposit_is_tied_by_hand_after_a_look_and_untied_again(desk, ann):
    line = desk.one("select bank_line_id from bank_lines where amount_cents = 6000")
    remit_id = desk.one("select remit_id from remittances where trace_number = 'T6'")
    page = f"/deposits/{line}"
    text = ann.get(page).text
    assert f'<option value="{remit_id}"' in text and "Take a tie apart" not in text
    form = {"remit": remit_id, "reason": "the payer told us", "settles": "", "fee": ""}
    assert "A reason is wanted" in ann.post(f"{page}/tie", data=form | {"reason": " "}).text
    assert "written like 12.50" in ann.post(f"{page}/tie", data=form | {"settles": "x"}).text
    much = ann.post(f"{page}/tie", data=form | {"settles": "70.00"})
    assert much.status_code == 422 and "cannot be tied" in much.text and 'value="the payer told us"' in much.text
    before = desk.one("select count(*) from journals")
    looked = ann.post(f"{page}/tie", data=form)
    assert "$60.00 would be tied" in looked.text and "$80.00 → <b>$20.00</b>" in looked.text
    assert "$60.00 → <b>$0.00</b>" in looked.text and desk.one("select count(*) from journals") == before
    assert "payer differs" not in looked.text and "trace differs" in looked.text and "date differs" not in looked.text
    part = {name: field(ann.post(f"{page}/tie", data=form | {"settles": "20.00"}).text, name) for name in FORM}
    sure = {name: field(looked.text, name) for name in FORM} | {"sure": "yes"}
    assert ann.post(f"{page}/tie", data=sure).headers["location"] == f"{page}?said=tied"
    assert desk.one("select count(*) from journals") > before and audited(desk, "deposit.tie") == 1
    again = ann.post(f"{page}/tie", data=sure)
    assert again.status_code == 422 and "changed since you saw them" in again.text
    assert "the payer told us" in ann.get(page).text
    assert "told us" not in desk.one("select body from audit_events where action = 'deposit.tie'")
    sound(desk)
    looked = ann.post(f"{page}/untie", data={"remit": remit_id, "reason": "it was another"}).text
    assert "1 tie would be taken apart" in looked and audited(desk, "deposit.untie") == 0
    sure = {"remit": remit_id, "reason": "it was another", "sure": "yes"}
    assert "changed since you saw them" in ann.post(f"{page}/untie", data=sure).text
    sure["seen"] = field(looked, "seen")
    assert ann.post(f"{page}/untie", data=sure).headers["location"] == f"{page}?said=untied"
    assert "it was another" in ann.get(page).text
    assert "another" not in desk.one("select body from audit_events where action = 'deposit.untie'")
    assert audited(desk, "deposit.untie") == 1 and "Take a tie apart" not in ann.get(page).text
    # A form of before, posted again and again, ties nothing; nor does one that was looked at now more than once.
    assert ann.post(f"{page}/tie", data=part | {"sure": "yes"}).status_code == 422
    part = {name: field(ann.post(f"{page}/tie", data=form | {"settles": "20.00"}).text, name) for name in FORM}
    tied = [ann.post(f"{page}/tie", data=part | {"sure": "yes"}).status_code for _ in range(3)]
    assert tied == [303, 422, 422] and audited(desk, "deposit.tie") == 2
    sound(desk)


COPY = ("bank_line_id", "copy_of_line_id")


@pytest.mark.long
def test_a_person_says_on_the_page_which_deposit_went_back(desk, ann, tmp_path):
    exports = {f"{name}.csv": bank(("2025-06-26", "9.00", name)) for name in ("Q9", "0Q9")}
    desk.night(tmp_path, {"r.csv": bank(("2025-06-26", "-20.00", ""))} | exports, DAY)
    line, back = (desk.one("select bank_line_id from bank_lines where amount_cents = ?", n) for n in (6000, -2000))
    remit_id = desk.one("select remit_id from remittances where trace_number = 'T6'")
    deposits.tie(desk.ctx, line, remit_id, "by telephone", DAY)
    page = f"/deposits/{back}"
    assert f'<option value="{line}:{remit_id}"' in ann.get(page).text
    form = {"part": f"{line}:{remit_id}", "reason": "the bank named it"}
    assert "A reason is wanted" in ann.post(f"{page}/take-back", data=form | {"reason": " "}).text
    assert ann.post(f"{page}/take-back", data=form | {"settles": "21.00"}).status_code == 422
    looked = ann.post(f"{page}/take-back", data=form).text
    assert "$20.00 would be what went back" in looked and "remittance T6: <b>$20.00</b>" in looked
    assert audited(desk, "deposit.take-back") == 0
    sure = {name: field(looked, name) for name in ("part", "reason", "settles", "seen")} | {"sure": "yes"}
    assert ann.post(f"{page}/take-back", data=sure).headers["location"] == f"{page}?said=tied"
    again = ann.post(f"{page}/take-back", data=sure)
    assert again.status_code == 422 and audited(desk, "deposit.take-back") == 1
    assert "the bank named it" in ann.get(page).text and f"bank line {line}" in ann.get(page).text
    assert "named it" not in desk.one("select body from audit_events where action = 'deposit.take-back'")
    copy, other = (desk.one(f"select {name} from bank_lines where state = 'copy'") for name in COPY)
    page = f"/deposits/{copy}"
    assert f'href="{page}"' in ann.get("/deposits?state=copy").text
    shown = ann.get(page).text
    assert f'same money as <a href="/deposits/{other}"' in shown and "Tie it to a remittance" not in shown
    assert "Say why" in ann.post(f"{page}/own", data={"reason": " "}).text
    assert ann.post(f"{page}/own", data={"reason": "there were two"}).headers["location"] == f"{page}?said=own"
    assert "Money of its own" in ann.get(f"{page}?said=own").text and "same money as" not in ann.get(page).text
    sound(desk)


def test_a_difference_is_booked_after_a_look_and_taken_back(desk, ann, tmp_path):
    desk.night(tmp_path, {"s.csv": bank(("2025-06-24", "79.97", "T6"))}, DAY)
    line = desk.one("select bank_line_id from bank_lines where amount_cents = 7997")
    remit_id = desk.one("select remit_id from remittances where trace_number = 'T6'")
    page, form = f"/deposits/{line}", {"remit": remit_id, "reason": "rounding, by telephone"}
    assert "Book a small difference" not in ann.get(page).text  # no row of master data lets anybody
    assert "No row of master data" in ann.post(f"{page}/difference", data=form).text
    limits = tmp_path / "differences.csv"
    limits.write_text(f"payer_code,book_up_to,users\n,0.05,sue\n{PAYER_ID},0.05,ann\n")
    import_files(desk.ctx, [limits])
    assert "$0.03 short" in ann.get(page).text
    sue, otto = desk.sign_in("sue"), desk.sign_in("otto")  # the rule names another; who only looks
    assert not [one for one in (sue, otto) if "Book a small difference" in one.get(page).text]
    assert "A reason is wanted" in ann.post(f"{page}/difference", data=form | {"reason": " "}).text
    looked = ann.post(f"{page}/difference", data=form).text
    assert "$0.03 would be booked as a difference" in looked and "$0.03 → <b>$0.00</b>" in looked
    assert "Nothing has been done yet" in looked and audited(desk, "deposit.difference") == 0
    sure = {name: field(looked, name) for name in ("remit", "reason", "seen")} | {"sure": "yes"}
    assert ann.post(f"{page}/difference", data=sure).headers["location"] == f"{page}?said=difference"
    again = ann.post(f"{page}/difference", data=sure)
    assert again.status_code == 422 and "changed since you saw them" in again.text
    text = ann.get(f"{page}?said=difference").text
    assert '<td class="n" data-h="Fee"></td><td class="n" data-h="Difference">$0.03</td>' in text
    assert "Book a small difference" not in text and "Take a difference back" in text
    assert "Take a difference back" not in sue.get(page).text
    looked = ann.post(f"{page}/difference-back", data=form).text
    assert "$0.03 of difference would be taken back" in looked and "again</dt><dd><b>$0.03" in looked
    sure = {name: field(looked, name) for name in ("remit", "reason", "seen")} | {"sure": "yes"}
    assert ann.post(f"{page}/difference-back", data=sure).headers["location"] == f"{page}?said=difference-back"
    assert audited(desk, "deposit.difference-taken-back") == 1 and "$0.03 short" in ann.get(page).text
    # The list tells what was undone apart, and what is left counts nothing of it.
    file_id = desk.one("select file_id from bank_lines where bank_line_id = ?", line)
    undo(desk.ctx, f"file:{file_id}", DAY)
    assert "3 bank lines, $101.00 of them explained by nothing yet" in ann.get("/deposits?state=any").text
    text = ann.get("/deposits?state=undone").text
    assert f'href="{page}"' in text and "1 bank lines, undone with their files" in text
    assert f"claims replay file:{file_id}" in ann.get(page).text
    sound(desk)


# --- variances


@pytest.mark.long
def test_a_variance_is_disputed_accepted_and_noted(desk, ann):
    key = desk.one("select case_key from variance_cases")[:10]
    page = f"/variances/{key}"
    text = ann.get(page).text
    assert "Dispute it" in text and "$30.00" in text and "percent of schedule" in text
    assert not re.search(r"\d{2}:\d{2}\.\d+Z|>False<|>None<", text)
    seen = field(text, "seen")
    done = ann.post(page, data={"verb": "dispute", "words": "letter of July 2", "seen": seen})
    assert done.headers["location"] == f"{page}?said=dispute" and audited(desk, "variance.dispute") == 1
    text = ann.get(done.headers["location"]).text
    assert "letter of July 2" in text and "disputed" in text
    late = ann.post(page, data={"verb": "accept", "words": "paid by phone", "seen": seen})
    assert late.status_code == 422 and "changed since you saw it" in late.text and 'value="paid by phone"' in late.text
    assert ann.post(page, data={"verb": "note", "words": " ", "seen": seen}).status_code == 422
    assert ann.post(page, data={"verb": "note", "words": "asked again", "seen": seen}).status_code == 303
    now = field(ann.get(page).text, "seen")
    ann.post(page, data={"verb": "accept", "words": "contract amended", "seen": now})
    assert desk.one("select state from variance_cases") == "accepted"
    assert key in ann.get("/variances?state=accepted").text
    sound(desk)


@pytest.mark.long
def test_who_only_looks_sees_no_form(desk, ann):
    otto = desk.sign_in("otto")
    line = desk.one("select bank_line_id from bank_lines where amount_cents = 6000")
    number = desk.one("select exception_id from exceptions where amount_cents = 8800 and state = 'open' limit 1")
    key = desk.one("select case_key from variance_cases")[:10]
    for page in (f"/deposits/{line}", f"/exceptions/{number}", f"/variances/{key}"):
        text = otto.get(page).text
        assert f'action="{page}' not in text, page
