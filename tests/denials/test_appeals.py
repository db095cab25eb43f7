"""What appeal can be made of a denied claim: which letter, which level, until when, with what, or why none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from claims import codes
from claims.denials.appeal_facts import Earlier, Facts, Filing
from claims.denials.appeals import FILING_LIMITS, plan
from claims.denials.limits import Limit, usual

TODAY = date(2025, 6, 30)
CASE = {
    "state": "new", "outcome": "", "category": "TF", "reason_code": "29", "all_codes": "CO-29", "remark_codes": "",
    "cause": "Filed after the time limit", "payer_name": "PLAN ONE", "payer_type": "commercial", "payer_sequence": "P",
    "remit_date": "2025-06-10", "service_date": "2025-02-01", "denied_cents": 15000, "procedure_codes": "99213 85025",
    "next_action": "APP", "claim_number": "A1", "payer_claim_number": "ICN1",
}  # fmt: skip
DECISION = {"status_code": "4", "charge_cents": 15000, "paid_cents": 0, "trace_number": "T1", "received_date": ""}
CLAIM = {
    "statement_from_date": "2025-02-01", "statement_to_date": "2025-02-03", "patient_first_name": "PAT",
    "patient_last_name": "ONE", "subscriber_first_name": "PAT", "subscriber_last_name": "ONE", "member_id": "W1",
}  # fmt: skip
PAYER = {"payer_code": "P1", "payer_name": "PLAN ONE", "filing_limit_days": 90, "appeal_limit_days": 180}
TAKEN = Filing(sent_date=date(2025, 3, 10), accepted_date=date(2025, 3, 12), claim_number="A1")
FACTS = Facts(CASE, DECISION, ("denial",), CLAIM, PAYER, {}, TAKEN)


def of(facts: Facts = FACTS, level: int | None = None, **case):
    return plan(replace(facts, case=CASE | case), TODAY, level)


def test_a_claim_taken_in_time_is_appealed_with_the_days_counted():
    made = of()
    assert (made.kind, made.level, made.level_name, made.refused) == ("timely-filing", 1, "first-level appeal", "")
    assert made.values["days_used"] == "39" and made.values["filing_last_day"] == "May 2, 2025"
    assert made.deadline.last_day == date(2025, 12, 7) and "own rule" in made.deadline.limit.source
    assert made.values["service_dates"] == "February 1, 2025 to February 3, 2025"
    assert made.gaps == () and [one.exhibit for one in made.exhibits] == ["filing", "remittance"]


def test_what_is_not_in_the_books_is_not_among_the_values():
    made = of(replace(FACTS, decision=DECISION, claim={}, payer={}, filing=Filing()))
    for name in ("patient_name", "receipt_date", "days_used", "filing_limit", "contact_name", "trace_numbers"):
        assert name not in made.values
    assert made.gaps == (
        "the payer's acceptance (277CA) of the claim",
        FILING_LIMITS[1],
    )
    assert all(made.values.values())


def test_the_earlier_day_that_the_payer_names_is_the_day_of_receipt():
    remitted = replace(FACTS, decision=DECISION | {"received_date": "2025-03-11"})
    assert (of(remitted).receipt.by, of(remitted).values["days_used"]) == ("835", "38")
    alone = of(replace(remitted, filing=Filing()))
    assert (alone.gaps, alone.receipt.day) == ((), date(2025, 3, 11)) and "receipt_date" not in alone.values
    later = of(replace(FACTS, decision=DECISION | {"received_date": "2025-05-20"}))
    assert (later.refused, later.receipt.by, later.values["days_used"]) == ("", "277CA", "39")


def test_a_claim_that_came_late_by_any_limit_that_we_know_has_no_proof():
    late = replace(FACTS, filing=replace(TAKEN, accepted_date=date(2025, 5, 3)))
    assert of(late).refused == "filed-late" and "last day 2025-05-02" in of(late).reason
    assert of(replace(late, filing=replace(TAKEN, accepted_date=date(2025, 5, 2)))).refused == ""
    unsure = of(replace(late, payer={}))
    assert unsure.refused == "filed-late" and unsure.reason.endswith("confirm with the payer)")


def test_a_limit_that_is_only_usual_is_to_be_confirmed():
    assert of(replace(FACTS, payer={})).gaps == (FILING_LIMITS[1],)
    unknown = of(replace(FACTS, payer={}), payer_type="workers_comp_or_auto")
    assert unknown.gaps == (FILING_LIMITS[0],) and "filing_limit" not in unknown.values


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ({"reason_code": "50", "category": "MN"}, "medical-necessity"),
        ({"reason_code": "151", "category": "MN"}, "medical-necessity"),
        ({"reason_code": "197", "category": "AUTH"}, "authorization"),
        ({"reason_code": "39", "category": "AUTH"}, "authorization"),
        ({"reason_code": "97", "category": "BUN"}, "bundling"),
        ({"reason_code": "236", "category": "BUN"}, "bundling"),
        ({"reason_code": "16", "category": "TECH"}, "documentation"),
        ({"reason_code": "16", "category": "COD"}, "coding"),
        ({"reason_code": "252", "category": "DOC"}, "documentation"),
        ({"reason_code": "4", "category": "COD"}, "coding"),
        ({"reason_code": "45", "category": "PRICE"}, "underpayment"),
        ({"reason_code": "27", "category": "REG"}, "general"),
    ],
)
def test_the_letter_follows_from_the_codes(case, kind):
    assert of(**case).kind == kind


@pytest.mark.parametrize(
    ("case", "changes", "refused"),
    [
        ({"state": "closed", "outcome": "overturned"}, {}, "closed"),
        ({"next_action": "WAIT"}, {}, "pending"),
        ({}, {"classes": ("contractual", "pending")}, "pending"),
        ({}, {"decision": DECISION | {"status_code": "25"}}, "pending"),
        ({}, {"classes": ("patient",)}, "patient-share"),
        ({"remark_codes": "N1 N211"}, {}, "no-appeal"),
        ({"remark_codes": "MA44"}, {}, "no-appeal"),
        ({"remark_codes": "MA130"}, {}, "unprocessable"),
        ({"reason_code": "286"}, {}, "appeal-too-late"),
        ({"remit_date": "2024-12-31"}, {}, "window-passed"),
        ({}, {"earlier": (Earlier(1, date(2025, 6, 20)), Earlier(2, date(2025, 6, 25)))}, "no-letter"),
    ],
)
def test_what_cannot_be_appealed_says_why(case, changes, refused):
    made = of(replace(FACTS, **changes), **case)
    assert made.refused == refused and made.reason
    assert made.reason.startswith(codes.table("appeal_refusals").set_index("refused")["says"][refused])


def test_the_last_day_is_still_in_time():
    assert of(remit_date="2025-01-01").refused == ""
    assert of(remit_date="2024-12-31").refused == "window-passed"


def test_the_next_level_counts_from_the_decision_on_the_one_before():
    sent = replace(FACTS, earlier=(Earlier(1, date(2025, 6, 12)),))
    waiting = of(sent)
    assert (waiting.level, waiting.level_name, waiting.deadline.last_day) == (2, "second-level appeal", None)
    assert waiting.values["previous_level_name"] == "first-level appeal"
    assert "previous_decision_date" not in waiting.values
    decided = of(replace(sent, earlier=(Earlier(1, date(2025, 6, 12), date(2025, 6, 20)),)))
    assert decided.deadline.last_day == date(2025, 8, 19)
    assert of(sent, level=1).refused == "sent-already"
    assert of(level=9).refused == "no-level"


def test_medicare_has_names_and_limits_of_its_own():
    facts = replace(FACTS, payer={})
    made = of(facts, payer_type="medicare_ffs_institutional")
    assert (made.level_name, made.deadline.last_day) == ("redetermination", date(2025, 10, 8))
    assert (made.filing.limit.anchor, made.filing.last_day) == ("service_through", date(2026, 2, 3))
    second = of(facts, level=2, payer_type="medicare_ffs")
    assert second.level_name == "reconsideration" and second.decided_by != "payer"


def test_a_later_payer_counts_from_the_decision_of_the_one_before():
    made = of(replace(FACTS, claim=CLAIM | {"primary_remit_date": "2025-02-20"}, payer={}), payer_sequence="S")
    assert (made.filing.start, made.filing.last_day) == (date(2025, 2, 20), date(2025, 4, 21))


def test_a_month_too_short_ends_on_its_last_day():
    assert Limit(1, "month", "service_from").last_day({"service_from": date(2025, 1, 31)}) == date(2025, 2, 28)
    assert usual("fep", "first_filing").last_day({"service_from": date(2024, 2, 29)}) == date(2025, 12, 31)
    assert Limit().last_day({}) is None and usual("workers_comp_or_auto", "appeal_1").words == ""


def test_the_tables_fit_each_other():
    rules, exhibits = codes.table("appeal_letters"), codes.table("appeal_exhibits")
    assert set(rules["kind"]) - {""} == set(exhibits["kind"])
    assert (rules["kind"].eq("") != rules["refused"].eq("")).all()
    facts = set(codes.table("appeal_facts")["fact"])
    assert set(of(replace(FACTS, earlier=(Earlier(1, TODAY, TODAY),))).values) <= facts
