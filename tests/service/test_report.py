"""Reports of real books: same parameters, same bytes; an earlier day stays what it was; every check holds."""

import csv
import itertools
import json
from datetime import date
from hashlib import sha256

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, UsageError
from claims.reports import manifest
from claims.service.queue import AmbiguousKeyError, denial_queue, denial_story, masked_segment
from claims.service.report import REPORTS, verify_reports, write_report
from claims.store import schema
from claims.store.clock import now
from claims.store.engine import write
from tests.books import Bill, bank, claims, remit

FIRST, SECOND, THIRD = date(2025, 6, 27), date(2025, 6, 30), date(2025, 7, 15)

CLAIMS = claims(
    Bill("A1", [("99213", "150"), ("87086", "50")]), Bill("A2", [("99214", "200")]), Bill("A3", [("99215", "300")])
)
PAID = remit("""BPR*I*88*C*ACH************20250610~
                TRN*1*T1*1512345678~
                CLP*A1*1*200*88*22*12*ICN1~
                SVC*HC:99213*150*88**1~
                CAS*CO*45*40~
                CAS*PR*2*22~
                SVC*HC:87086*50*0**1~
                CAS*CO*97*50~
                LQ*HE*M15~""")
DENIED = remit("""BPR*H*0*C*NON************20250611~
                  TRN*1*T2*1512345678~
                  CLP*A2*1*200*0**12*ICN2~
                  SVC*HC:99214*200*0**1~
                  CAS*CO*197*200~
                  CLP*ZZ9*4*75*0**12*ICN9~
                  SVC*HC:99212*75*0**1~
                  CAS*CO*16*75~
                  LQ*HE*MA130~""")
CORRECTED = remit("""BPR*I*120*C*ACH************20250709~
                     TRN*1*T3*1512345678~
                     CLP*A2*22*-200*0**12*ICN2~
                     SVC*HC:99214*-200*0**1~
                     CAS*CO*197*-200~
                     CLP*A2*1*200*120*0*12*ICN2~
                     SVC*HC:99214*200*120**1~
                     CAS*CO*45*80~""")
BANK = bank(("2025-06-12", "88.00", "T1"), ("2025-06-13", "41.00", "T77"))


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != manifest.NAME}


def described(path):
    content = json.loads(path.read_text())
    content.pop("run")
    return content


def rows(path, name):
    with (path.parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.long
def test_every_check_holds_and_the_tie_out_names_each_remittance(practice, tmp_path):
    practice.night(CLAIMS, PAID, DENIED, BANK, day=FIRST)
    for name in REPORTS:
        path = write_report(practice.ctx, name, FIRST, None, "csv", tmp_path / name)
        assert [check for check in described(path)["checks"] if not check["holds"]] == []
    tied = rows(tmp_path / "tieout" / manifest.NAME, "tieout")
    assert sorted((row["trace_number"], row["status"], row["bank_cents"]) for row in tied) == [
        ("", "DEPOSIT_NO_REMIT", "4100"),
        ("T1", "TIED", "8800"),
        ("T2", "TIED", "0"),
    ]
    found = verify_reports(tmp_path)
    assert [(one["folder"], one["report"], one["problems"]) for one in found] == [
        (str(tmp_path / name), name, []) for name in sorted(REPORTS)
    ]


@pytest.mark.long
def test_what_was_posted_on_a_day_belongs_to_it_though_its_file_came_later(practice, tmp_path):
    practice.drop(PAID, day=FIRST)
    practice.drop(CLAIMS, BANK, DENIED, PAID.replace(b"*T1*", b"*T9*").replace(b"45*40", b"45*41"), day=SECOND)
    practice.reconcile(day=FIRST)
    path = write_report(practice.ctx, "tieout", FIRST, None, "csv", tmp_path)
    assert [check for check in described(path)["checks"] if not check["holds"]] == []
    statuses = {(row["trace_number"], row["status"]) for row in rows(path, "tieout")}
    assert {("T1", "TIED"), ("T2", "TIED"), ("", "DEPOSIT_NO_REMIT")} == statuses
    # T9 is held and moves nothing: its file is one of the later day.
    came = {sha256(content).hexdigest(): "later" * (content != PAID) for content in (PAID, CLAIMS, BANK, DENIED)}
    assert {row["sha256"]: row["came"] for row in rows(path, "files")} == came
    told = {
        row["item"]: row["rows"] for row in rows(path, "completeness") if row["section"] in ("files", "remittances")
    }
    assert [told[name] for name in ("received", "stored", "of these: came later, posted by then", "posted")] == [
        "4", "4", "3", "2",
    ]  # fmt: skip
    aged = rows(write_report(practice.ctx, "aging", FIRST, None, "csv", tmp_path / "aging"), "aging")
    assert aged and "no service date" not in {row["bucket"] for row in aged}


@pytest.mark.long
def test_a_remittance_whose_rows_do_not_add_up_is_never_tied(practice, tmp_path):
    practice.night(CLAIMS, PAID, BANK, day=FIRST)
    with write(practice.ctx.engine) as conn:
        conn.exec_driver_sql("UPDATE claim_payments SET paid_cents = 9693 WHERE paid_cents = 8800")
    path = write_report(practice.ctx, "tieout", FIRST, None, "csv", tmp_path)
    (row,) = [row for row in rows(path, "tieout") if row["trace_number"] == "T1"]
    assert (row["status"], row["remittance_difference"]) == ("AMOUNT_DIFF", "-8.93")
    (check,) = [check for check in described(path)["checks"] if check["name"].startswith("posted: claims less")]
    assert (check["holds"], check["left"]) == (False, 893)


@pytest.mark.long
def test_completeness_parts_adjustments_by_what_became_of_them_and_counts_rows_of_no_set(practice, tmp_path):
    held = PAID.replace(b"*T1*", b"*T9*").replace(b"CAS*CO*45*40", b"CAS*CO*45*41")
    wo = remit("""BPR*H*0*C*NON************20250612~
                  TRN*1*T4*1512345678~
                  PLB*1999999984*20251231*WO:OTHER*-10*WO:AGAIN*10~""")
    practice.night(CLAIMS, PAID, BANK, held, wo, day=FIRST)
    found = {
        row["item"]: row
        for row in rows(write_report(practice.ctx, "tieout", FIRST, None, "csv", tmp_path), "completeness")
    }
    assert (found["CAS CO posted"]["amount"], found["CAS CO held"]["amount"]) == ("90.00", "91.00")
    assert (found["PLB WO posted"]["amount"], found["PLB WO posted below zero"]["amount"]) == ("10.00", "-10.00")
    assert (found["lines of bank files"]["rows"], found["lines of bank files"]["amount"]) == ("2", "129.00")
    assert found["claims of charges files"]["rows"] == "0"


@pytest.mark.long
def test_the_address_of_a_remittance_is_its_bpr(practice, tmp_path):
    practice.night(CLAIMS, PAID, day=FIRST)
    (row,) = rows(write_report(practice.ctx, "tieout", FIRST, None, "csv", tmp_path), "tieout")
    raw = practice.ctx.vault.read(row["sha256"], int(row["offset"]), int(row["length"]))
    assert raw.startswith(b"BPR*I*88*")


def test_denial_cases_of_known_and_unknown_claims(practice, tmp_path):
    practice.night(CLAIMS, PAID, DENIED, BANK, day=FIRST)
    found = rows(write_report(practice.ctx, "denials", FIRST, None, "csv", tmp_path), "denials")
    assert sorted((row["claim_number"], row["line_number"], row["extent"], row["at_risk"]) for row in found) == [
        ("A1", "2", "line", "50.00"),
        ("A2", "0", "full", "200.00"),
        ("ZZ9", "0", "full", "75.00"),
    ]
    summed = rows(tmp_path / manifest.NAME, "by_category")
    words = {(row["category"], row["category_title"], row["next_action_label"]) for row in summed}
    assert ("AUTH", "Authorization and referral", "Get or extend the authorization or referral") in words
    raw = [practice.ctx.vault.read(row["sha256"], int(row["offset"]), int(row["length"])) for row in found]
    assert {one[:4] for one in raw} == {b"CLP*"}


@pytest.mark.long
def test_the_same_parameters_give_the_same_bytes(practice, tmp_path):
    practice.night(CLAIMS, PAID, DENIED, BANK, day=FIRST)
    known_at = now()
    for name, format_name in itertools.product(sorted(REPORTS), ("csv", "xlsx", "json", "parquet")):
        one, two = tmp_path / name / "one" / format_name, tmp_path / name / "two" / format_name
        first = write_report(practice.ctx, name, FIRST, known_at, format_name, one)
        second = write_report(practice.ctx, name, FIRST, known_at, format_name, two)
        assert contents(one) == contents(two), (name, format_name)
        assert described(first) == described(second)


@pytest.mark.long
def test_a_report_of_an_earlier_day_stays_what_it_was(practice, tmp_path):
    practice.night(CLAIMS, PAID, DENIED, BANK, day=FIRST)
    known_at = now()
    before = {}
    for name in REPORTS:
        write_report(practice.ctx, name, FIRST, known_at, "csv", tmp_path / "before" / name)
        before[name] = contents(tmp_path / "before" / name)
    # A reversal closes a case, an unknown claim is matched and filed anew, a payment posts, a deposit comes.
    counts = practice.night(
        CORRECTED,
        claims(Bill("ZZ9", [("99212", "75")]), control="000000019"),
        bank(("2025-07-10", "120", "T3")),
        day=THIRD,
    )
    assert (counts["denials_closed"], counts["denials_matched"]) == (1, 1)
    for known in (known_at, now()):
        for name in REPORTS:
            write_report(practice.ctx, name, FIRST, known, "csv", tmp_path / "after" / name)
            assert contents(tmp_path / "after" / name) == before[name], name
    later = rows(write_report(practice.ctx, "denials", THIRD, None, "csv", tmp_path / "later"), "denials")
    assert sorted(row["claim_number"] for row in later) == ["A1", "ZZ9"]
    assert {row["billing_npi"] for row in later} == {"1999999984"}
    (closed,) = rows(tmp_path / "later" / manifest.NAME, "closed")
    assert (closed["claim_number"], closed["outcome"], closed["closed_date"]) == ("A2", "overturned", "2025-07-15")


@pytest.mark.long
def test_what_is_known_later_is_not_in_a_report_known_at_an_earlier_instant(practice, tmp_path):
    practice.night(CLAIMS, PAID, day=FIRST)
    known_at = now()
    write_report(practice.ctx, "tieout", FIRST, known_at, "csv", tmp_path / "a")
    practice.night(DENIED, BANK, day=FIRST)
    write_report(practice.ctx, "tieout", FIRST, known_at, "csv", tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    write_report(practice.ctx, "tieout", FIRST, None, "csv", tmp_path / "c")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_a_held_remittance_is_listed_out_of_balance(practice, tmp_path):
    practice.night(CLAIMS, PAID.replace(b"CAS*CO*45*40", b"CAS*CO*45*41"), day=FIRST)
    path = write_report(practice.ctx, "tieout", FIRST, None, "csv", tmp_path)
    (row,) = rows(path, "tieout")
    assert row["status"] == "OUT_OF_BALANCE"
    assert rows(path, "exceptions")[0]["type_code"] == "REMIT_HELD"


def test_a_report_that_does_not_exist_is_wrong_use(practice, tmp_path):
    with pytest.raises(NotFoundError):
        write_report(practice.ctx, "nothing", FIRST, None, "csv", tmp_path)


# ---- the queue --------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_queue_is_sorted_by_money_at_risk_and_masks_claim_numbers(practice):
    practice.night(CLAIMS, PAID, DENIED, day=FIRST)
    found, number, cents = denial_queue(practice.ctx)
    assert found["at_risk_cents"].tolist() == [20000, 7500, 5000]
    assert (number, cents) == (3, 32500)
    assert set(found["claim_number"]) == {"•••"}
    found, number, cents = denial_queue(practice.ctx, category="auth")
    assert (found["all_codes"].tolist(), number, cents) == (["CO-197"], 1, 20000)
    assert denial_queue(practice.ctx, payer="plan o")[1] == 3
    assert denial_queue(practice.ctx, payer="nobody")[1] == 0
    assert denial_queue(practice.ctx, state="closed")[1] == 0
    assert denial_queue(practice.ctx, limit=1)[0]["at_risk_cents"].tolist() == [20000]


@pytest.mark.long
def test_showing_claim_numbers_is_audited(practice):
    practice.night(CLAIMS, DENIED, day=FIRST)
    found, _, _ = denial_queue(practice.ctx, show_phi=True)
    assert sorted(found["claim_number"]) == ["A2", "ZZ9"]
    story = denial_story(practice.ctx, found["key"].iloc[0], show_phi=True)
    assert story["segments"][0]["text"].startswith("CLP*A2*1*200*0**12*ICN2")
    table = schema.audit_events
    seen = sa.select(table.c.action, table.c.actor).where(table.c.action != "chains.told")
    assert practice.rows(seen) == [("phi-shown", "tester")] * 2


@pytest.mark.long
def test_the_story_of_a_case_adds_up_to_the_cent(practice):
    practice.night(CLAIMS, PAID, day=FIRST)
    found, _, _ = denial_queue(practice.ctx)
    story = denial_story(practice.ctx, found["key"].iloc[0])
    assert story["sums"] == {"charge_cents": 20000, "adjusted_cents": 11200, "paid_cents": 8800, "left_cents": 0}
    assert story["lines"]["left_cents"].tolist() == [0, 0]
    assert story["lines"]["is_in_case"].tolist() == [False, True]
    assert story["adjustments"]["adjustment_class"].tolist() == ["contractual", "patient", "bundling"]
    assert story["adjustments"]["words"].tolist()[2] == "Included in another paid service"
    assert story["remarks"]["words"].tolist() == ["Part of a bundled procedure"]
    assert story["ledger"].groupby("account")["amount_cents"].sum().to_dict() == {
        "1050": 8800,
        "1100": -20000,
        "1110": 5000,
        "1200": 2200,
        "4100": 4000,
    }
    assert story["match"]["rule"] == "claim-number"
    texts = [segment["text"] for segment in story["segments"]]
    assert texts[0] == "CLP*•••*1*200*88*22*12*•••~"
    assert "CAS*CO*97*50~" in texts
    assert "A1" not in json.dumps([story["case"], story["segments"]], default=str)


def test_a_key_that_fits_none_or_several_is_wrong_use(practice):
    practice.night(CLAIMS, PAID, DENIED, day=FIRST)
    with pytest.raises(NotFoundError):
        denial_story(practice.ctx, "zz")
    with pytest.raises(UsageError, match="is wanted"):
        denial_story(practice.ctx, " ")
    keys = denial_queue(practice.ctx)[0]["case_key"].tolist()
    shared = {key[0] for key in keys if sum(other[0] == key[0] for other in keys) > 1}
    for first in shared:
        with pytest.raises(AmbiguousKeyError):
            denial_story(practice.ctx, first)


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("CLP*A1*1*200*88*22*12*ICN1*11*1~", "CLP*•••*1*200*88*22*12*•••*11*1~"),
        ("CLP|A1|1|200|88~\n", "CLP|•••|1|200|88~"),
        ("CAS*CO*45*40~", "CAS*CO*45*40~"),
    ],
)
def test_segments_are_masked(raw, masked):
    assert masked_segment(raw) == masked
