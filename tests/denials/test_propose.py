"""R2 to R4: which cases open, what they are worth, and how they are named."""

import hashlib
import json

import pandas as pd
import pytest

from claims.denials import classify, propose
from claims.denials.proposals import Proposal
from tests.denials.frames import adjustments, claims, lines, remarks
from tests.denials.proposed import (
    KNOWN,
    kinds,
    no_cases,
    one,
    only,
    run,
)

# ---- R2, R3: extent ---------------------------------------------------------------------------------------------


def test_r2_a_deductible_is_no_denial():
    assert one(("PR", "1", 10000)).new_cases.empty


def test_r2_contractual_zero_is_no_denial():
    assert one(("OA", "23", 10000)).new_cases.empty


def test_r2_pending_is_no_denial():
    assert one(("OA", "133", 10000)).new_cases.empty


def test_r2_a_noncovered_price_code_does_not_count():
    assert one(("PR", "45", 10000)).new_cases.empty


def test_r3_a_fully_denied_claim_is_one_case_for_the_claim():
    proposal = run(
        [{"charge_cents": 15000}],
        [{}, {"service_payment_id": 2, "ordinal": 2, "charge_cents": 5000, "procedure_code": "87086"}],
        [(1, 1, "CO", "197", 10000), (1, 2, "CO", "197", 5000)],
    )
    case = only(proposal)
    assert (case["extent"], case["line_number"], case["denied_cents"], case["billed_cents"]) == (
        "full",
        0,
        15000,
        15000,
    )
    assert case["procedure_codes"] == "99213 87086"
    assert case["all_codes"] == "CO-197"


@pytest.mark.parametrize(
    ("second_line", "second_adjustment", "extents"),
    [
        ({"charge_cents": 0}, None, ["full"]),
        ({"charge_cents": 5000}, ("OA", "23", 5000), ["full"]),
        ({"charge_cents": 5000}, ("PR", "1", 5000), ["line"]),
        ({"charge_cents": 5000}, ("OA", "133", 5000), ["line"]),
    ],
    ids=["line without charge", "contract zero", "deductible", "pending"],
)
def test_r3_every_other_line_must_be_empty_or_contractual(second_line, second_adjustment, extents):
    rows = [(1, 1, "CO", "197", 10000)] + ([(1, 2, *second_adjustment)] if second_adjustment else [])
    proposal = run([{}], [{}, {"service_payment_id": 2, "ordinal": 2} | second_line], rows)
    assert proposal.new_cases["extent"].tolist() == extents


def test_r3_a_paid_claim_has_a_case_per_denied_line():
    proposal = run(
        [{"paid_cents": 7000, "charge_cents": 25000}],
        [
            {"paid_cents": 7000},
            {"service_payment_id": 2, "ordinal": 2},
            {"service_payment_id": 3, "ordinal": 3, "charge_cents": 5000, "paid_cents": 0},
        ],
        [
            (1, 1, "CO", "45", 3000),
            (1, 2, "CO", "16", 10000),
            (1, 3, "CO", "97", 4000),
            (1, 3, "PR", "2", 1000),
        ],
    )
    found = proposal.new_cases.sort_values("line_number")[["line_number", "extent", "denied_cents", "denial_class"]]
    assert found.to_numpy().tolist() == [[2, "line", 10000, "denial"], [3, "partial", 4000, "bundling"]]


def test_r3_without_lines_the_claim_level_decides():
    full = run([{}], [], [(1, 0, "CO", "29", 10000)])
    assert only(full)["extent"] == "full"
    partial = run([{"paid_cents": 6000}], [], [(1, 0, "CO", "29", 4000)])
    assert (only(partial)["extent"], only(partial)["line_number"]) == ("partial", 0)


def test_r3_a_claim_level_denial_beside_paid_lines_is_partial():
    proposal = run([{"paid_cents": 6000}], [{"paid_cents": 10000}], [(1, 0, "CO", "29", 4000)])
    assert (only(proposal)["extent"], only(proposal)["billed_cents"]) == ("partial", 10000)


@pytest.mark.parametrize("status", ["22", "23", "25"])
def test_statuses_that_are_no_decision_never_open_a_case(status):
    assert one(("CO", "16", 10000), claim={"status_code": status}).new_cases.empty


# ---- root cause, remarks, words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("CO", "16", 4000), ("CO", "29", 6000)], "29"),
        ([("CO", "97", 5000), ("CO", "16", 5000)], "16"),
        ([("PR", "96", 5000), ("CO", "97", 5000)], "97"),
        ([("CO", "29", 5000), ("CO", "16", 5000)], "29"),
        ([("CO", "45", 9000), ("CO", "16", 1000)], "16"),
    ],
    ids=["largest", "D before B", "B before N", "file order", "only what counts"],
)
def test_the_largest_denial_stands_for_the_case(rows, code):
    case = only(one(*rows))
    assert case["reason_code"] == code
    assert set(case["all_codes"].split()) == {f"{group}-{reason}" for group, reason, _ in rows}


@pytest.mark.parametrize(
    ("codes", "action", "reason"),
    [
        ([], "C7", ""),
        (["M51"], "C7", ""),
        (["MA130"], "NEW", "remark MA130"),
        (["M29"], "DOC", "remark M29"),
        (["M29", "MA130"], "NEW", "remark MA130"),
        (["M29", "N522"], "FIND", "remark N522"),
        (["M29", "M47"], "DOC", "remark M29"),
        (["MA18"], "C7", ""),
        (["N185"], "NEW", ""),
        (["ZZ99"], "C7", ""),
    ],
    ids=[
        "none",
        "refines",
        "new",
        "records",
        "NEW first",
        "FIND before DOC",
        "DOC before C7",
        "alert",
        "do not send again",
        "unknown",
    ],
)
def test_remarks_choose_the_next_action(codes, action, reason):
    proposal = one(("CO", "16", 10000), remark_rows=[(1, 1, code) for code in codes])
    if codes == ["N185"]:
        assert only(proposal)["next_action"] == "REV"
        return
    assert only(proposal)["next_action"] == action
    assert json.loads(proposal.events["body"].iloc[0]).get("action_reason", "") == reason


def test_no_appeal_rules_an_appeal_out():
    assert only(one(("CO", "50", 10000)))["next_action"] == "APP"
    assert only(one(("CO", "50", 10000), remark_rows=[(1, 1, "N211")]))["next_action"] == "DOC"


def test_remarks_replace_the_category_of_a_code_that_needs_one_and_name_the_cause():
    case = only(one(("CO", "16", 10000), remark_rows=[(1, 1, "M51"), (1, 0, "M62")]))
    assert (case["category"], case["core_scenario"]) == ("COD", "2")
    assert case["cause"] == (
        "Claim data missing or wrong: Procedure code missing or wrong, Authorization number missing or wrong"
    )
    assert case["remark_codes"] == "M51 M62"
    other = only(one(("CO", "50", 10000), remark_rows=[(1, 1, "M51")]))
    assert other["category"] == "MN"


def test_a_remark_on_another_line_says_nothing_about_this_one():
    proposal = run(
        [{"paid_cents": 5000}],
        [{}, {"service_payment_id": 2, "ordinal": 2, "paid_cents": 5000}],
        [(1, 1, "CO", "16", 10000)],
        [(1, 2, "MA130"), (1, 0, "MA01")],
    )
    assert (only(proposal)["next_action"], only(proposal)["remark_codes"]) == ("C7", "MA01")


def test_r4_at_risk_is_what_the_contract_would_have_paid():
    claim_payments, service_payments = claims({}), lines({})
    found = adjustments((1, 1, "CO", "197", 10000))
    classes = classify(claim_payments, service_payments, found)
    for expected, at_risk in ((pd.NA, 10000), (6200, 6200), (12000, 10000)):
        priced = service_payments.assign(expected_cents=pd.array([expected], dtype="Int64"))
        proposal = propose(claim_payments, priced, found, classes, remarks(), no_cases(), posting_date="2026-03-02")
        assert (only(proposal)["at_risk_cents"], only(proposal)["denied_cents"]) == (at_risk, 10000)


# ---- keys -------------------------------------------------------------------------------------------------------


def test_the_key_is_a_hash_of_what_the_case_is_about():
    unknown = only(one(("CO", "16", 10000), claim={"paid_cents": 1}))
    assert unknown["case_key"] == hashlib.sha256(b"unknown|PAYER|A1|ICN1|1").hexdigest()
    known = only(one(("CO", "16", 10000), claim=KNOWN))
    assert known["case_key"] == hashlib.sha256(b"1234567893|A1|P|0").hexdigest()


def test_order_of_rows_changes_nothing():
    claim_rows = [
        {
            "claim_payment_id": n,
            "payer_claim_number": f"ICN{n % 3}",
            "payment_date": f"2026-03-0{1 + n % 5}",
            "remit_key": f"r{n}",
        }
        for n in range(1, 9)
    ]
    line_rows = [{"claim_payment_id": n, "service_payment_id": n} for n in range(1, 9)]
    adjustment_rows = [(n, n, "CO", "16", 10000) for n in range(1, 9)]
    first = run(claim_rows, line_rows, adjustment_rows)
    claim_payments, service_payments = claims(*claim_rows), lines(*line_rows)
    found = adjustments(*adjustment_rows)
    mixed = {
        name: frame.sample(frac=1, random_state=3)
        for name, frame in (("c", claim_payments), ("l", service_payments), ("a", found))
    }
    again = propose(
        mixed["c"],
        mixed["l"],
        mixed["a"],
        classify(mixed["c"], mixed["l"], mixed["a"]),
        remarks(),
        no_cases(),
        posting_date="2026-03-02",
    )
    for name in Proposal._fields:
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert len(first.new_cases) == 3
    assert sorted(kinds(first)) == ["opened"] * 3 + ["repeated"] * 5
