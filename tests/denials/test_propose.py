"""R2 to R7: which cases open, what they are worth, and what later decisions do to them."""

import hashlib
import json

import pandas as pd
import pytest

from claims.denials import classify, propose
from claims.denials.proposals import Proposal
from tests.denials.frames import adjustments, claims, lines, remarks

KNOWN = {"family_id": 7, "billing_npi": "1234567893", "family_claim_number": "A1", "payer_sequence": "P"}
NO_CASES = pd.DataFrame(
    {"case_id": pd.Series(dtype="int64"), "outcome": pd.Series(dtype="str"), "state": pd.Series(dtype="str")}
)


def stored(proposal: Proposal, known: pd.DataFrame | None = None, families: pd.DataFrame | None = None) -> pd.DataFrame:
    """Do what the database does: keep the cases, replace the changed ones."""
    rows = [frame for frame in (known, proposal.new_cases) if frame is not None and len(frame)]
    cases = pd.concat(rows, ignore_index=True) if rows else proposal.new_cases
    cases["case_id"] = range(1, len(cases) + 1)
    if len(proposal.changed_cases):
        changed = proposal.changed_cases.set_index("case_id")
        cases = cases.set_index("case_id")
        cases = pd.concat([cases.drop(changed.index), changed]).sort_index().reset_index()
    npis = {7: "1234567893", 8: "1234567893"}
    cases["billing_npi"] = cases["family_id"].map(npis).fillna("").astype("str")
    cases["outcome"] = cases["outcome"].fillna("")
    return cases


def empty_cases() -> pd.DataFrame:
    """The stored cases of a new database."""
    nothing = propose(
        claims(),
        lines(),
        adjustments(),
        classify(claims(), lines(), adjustments()),
        remarks(),
        _no_cases(),
        posting_date="2026-03-02",
    )
    return stored(nothing)


def _no_cases() -> pd.DataFrame:
    from claims.denials.outcomes import CASE_COLUMNS

    numbers = {"claim_payment_id", "family_id", "line_number", "recovered_cents", "case_id"}
    names = ["case_id", *CASE_COLUMNS, "billing_npi"]
    return pd.DataFrame(
        {name: pd.Series(dtype="int64" if name in numbers or name.endswith("_cents") else "str") for name in names}
    )


def run(claim_rows, line_rows, adjustment_rows, remark_rows=(), known=None, day="2026-03-02") -> Proposal:
    """Classify and propose."""
    claim_payments, service_payments = claims(*claim_rows), lines(*line_rows)
    found = adjustments(*adjustment_rows)
    return propose(
        claim_payments,
        service_payments,
        found,
        classify(claim_payments, service_payments, found),
        remarks(*remark_rows),
        _no_cases() if known is None else known,
        posting_date=day,
    )


def one(*adjustment_rows, remark_rows=(), claim=None, line=None, known=None) -> Proposal:
    """Propose for one claim payment with one line."""
    return run([claim or {}], [line or {}], [(1, 1, *row) for row in adjustment_rows], remark_rows, known)


def only(proposal: Proposal) -> pd.Series:
    """Return the only new case."""
    assert len(proposal.new_cases) == 1
    return proposal.new_cases.iloc[0]


def kinds(proposal: Proposal) -> list[str]:
    return proposal.events["kind"].tolist()


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
        proposal = propose(claim_payments, priced, found, classes, remarks(), _no_cases(), posting_date="2026-03-02")
        assert (only(proposal)["at_risk_cents"], only(proposal)["denied_cents"]) == (at_risk, 10000)


# ---- deadlines --------------------------------------------------------------------------------------------------

DEADLINES = [
    (
        "MB",
        "50",
        (),
        "2026-06-30",
        "first appeal: 120 days from the day the remittance came (medicare ffs: contractor appeal pages)",
    ),
    (
        "MA",
        "50",
        (),
        "2026-06-30",
        "first appeal: 120 days from the day the remittance came (medicare ffs institutional: contractor appeal pages)",
    ),
    (
        "CI",
        "50",
        (),
        "2026-08-29",
        "first appeal: 180 days from the remittance date (commercial: payer dispute pages), confirm with the payer",
    ),
    (
        "CI",
        "4",
        (),
        "2026-05-01",
        "corrected claim: 60 days from the remittance date (commercial: contract), confirm with the payer",
    ),
    (
        "MB",
        "4",
        (),
        "2027-02-01",
        "corrected claim: 12 months from the first day of service (medicare ffs: 42 CFR 424.44)",
    ),
    (
        "MB",
        "16",
        ("MA130",),
        "2027-02-01",
        "first filing: 12 months from the first day of service (medicare ffs: 42 CFR 424.44)",
    ),
    (
        "FI",
        "16",
        ("MA130",),
        "2027-12-31",
        "first filing: 12 months from the end of the year of service (fep: payer timeline list), "
        "confirm with the payer",
    ),
    (
        "CH",
        "4",
        (),
        "2027-02-01",
        "corrected claim: 1 year from the first day of service (tricare: payer timeline list), confirm with the payer",
    ),
    (
        "CI",
        "22",
        (),
        "2026-05-01",
        "first filing: 60 days from the earlier payer's remittance date (secondary claim: contract), "
        "confirm with the payer",
    ),
    (
        "ZZ",
        "50",
        (),
        "2026-04-01",
        "first appeal: 30 days from the remittance date (other: safe default), confirm with the payer",
    ),
    (
        "QQ",
        "50",
        (),
        "2026-04-01",
        "first appeal: 30 days from the remittance date (other: safe default), confirm with the payer",
    ),
    ("WC", "50", (), "", "no limit for a first appeal is set for this kind of payer"),
    ("FI", "50", (), "", "no limit for a first appeal is set for this kind of payer"),
    (
        "CI",
        "18",
        (),
        "2026-08-29",
        "first appeal: 180 days from the remittance date (commercial: payer dispute pages), confirm with the payer",
    ),
]


@pytest.mark.parametrize(
    ("filing", "code", "codes", "date", "rule"), DEADLINES, ids=[f"{r[0]} {r[1]}" for r in DEADLINES]
)
def test_deadline(filing, code, codes, date, rule):
    case = only(
        one(
            ("CO", code, 10000),
            remark_rows=[(1, 1, remark) for remark in codes],
            claim={"filing_indicator_code": filing},
        )
    )
    assert (case["deadline_date"], case["deadline_rule"]) == (date, rule)


def test_a_year_after_a_leap_day_ends_on_the_last_of_february():
    case = only(
        one(
            ("CO", "4", 10000),
            claim={"filing_indicator_code": "MB"},
            line={"service_date": "2024-02-29", "service_to_date": "2024-02-29"},
        )
    )
    assert case["deadline_date"] == "2025-02-28"


def test_without_days_there_is_no_deadline():
    assert only(one(("CO", "50", 10000), claim={"payment_date": ""}))["deadline_date"] == ""


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
        _no_cases(),
        posting_date="2026-03-02",
    )
    for name in Proposal._fields:
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert len(first.new_cases) == 3
    assert sorted(kinds(first)) == ["opened"] * 3 + ["repeated"] * 5


# ---- life of a case ---------------------------------------------------------------------------------------------

SECOND = {"claim_payment_id": 2, "remit_key": "r2", "payment_date": "2026-04-01", "payer_claim_number": "ICN2"}
SECOND_LINE = {"service_payment_id": 2, "claim_payment_id": 2, "line_number": 1}
DENIED = ([KNOWN], [{"line_number": 1}], [(1, 1, "CO", "16", 10000)])


def first_night() -> pd.DataFrame:
    """One fully denied, known claim is stored."""
    return stored(run(*DENIED))


def test_opened():
    proposal = run(*DENIED)
    assert kinds(proposal) == ["opened"]
    case = only(proposal)
    assert (case["state"], case["posting_date"], case["family_id"]) == ("new", "2026-03-02", 7)
    assert pd.isna(case["outcome"])


def test_the_same_postings_again_change_nothing():
    again = run(*DENIED, known=first_night())
    assert [len(frame) for frame in again] == [0, 0, 0]


def test_r5_a_repeat_is_the_same_case_and_shows_the_newest_facts():
    known = first_night()
    proposal = run([KNOWN | SECOND], [SECOND_LINE], [(2, 2, "CO", "197", 10000)], known=known, day="2026-04-02")
    assert proposal.new_cases.empty
    assert kinds(proposal) == ["repeated"]
    case = proposal.changed_cases.iloc[0]
    assert (case["case_key"], case["reason_code"], case["remit_date"]) == (
        known["case_key"].iloc[0],
        "197",
        "2026-04-01",
    )
    assert (case["state"], case["posting_date"]) == ("new", "2026-03-02")
    before = json.loads(proposal.events["body"].iloc[0])["before"]
    assert (before["reason_code"], before["remit_date"], before["claim_payment_id"]) == ("16", "2026-03-02", 1)
    assert "case_key" not in before


def test_r5_a_repeat_in_the_same_batch():
    proposal = run(
        [KNOWN, KNOWN | SECOND],
        [{"line_number": 1}, SECOND_LINE],
        [(1, 1, "CO", "16", 10000), (2, 2, "CO", "197", 10000)],
    )
    assert kinds(proposal) == ["opened", "repeated"]
    assert (only(proposal)["reason_code"], only(proposal)["claim_payment_id"]) == ("197", 2)


def test_r5_an_older_denial_that_comes_late_is_noted_and_its_reversal_closes_nothing():
    known = first_night()
    late = KNOWN | SECOND | {"payment_date": "2026-02-01"}
    taken_back = reversal(
        claim_payment_id=3,
        remit_key="r3",
        payment_date="2026-02-02",
        reverses_claim_payment_id=late["claim_payment_id"],
    )
    proposal = run([late, taken_back], [SECOND_LINE], [(2, 2, "CO", "197", 10000)], known=known, day="2026-04-02")
    assert kinds(proposal) == ["attached"]
    assert proposal.new_cases.empty and proposal.changed_cases.empty
    after = run([late], [SECOND_LINE], [(2, 2, "CO", "197", 10000)], day="2026-04-02")
    again = run([KNOWN], [{"line_number": 1}], [(1, 1, "CO", "16", 10000)], known=stored(after), day="2026-04-03")
    assert kinds(again) == ["repeated"]  # in the order of their dates


def reversal(**changes) -> dict:
    return (
        KNOWN
        | {
            "claim_payment_id": 2,
            "remit_key": "r2",
            "payment_date": "2026-04-01",
            "status_code": "22",
            "charge_cents": -10000,
            "outcome": "reversal",
            "reverses_claim_payment_id": 1,
        }
        | changes
    )


def test_a_reversal_supersedes_the_case():
    proposal = run([reversal()], [], [], known=first_night(), day="2026-04-02")
    case = proposal.changed_cases.iloc[0]
    assert (case["state"], case["outcome"], case["closed_posting_date"]) == ("closed", "superseded", "2026-04-02")
    assert kinds(proposal) == ["superseded"]
    assert json.loads(proposal.events["body"].iloc[0])["before"] == {
        "closed_posting_date": "",
        "outcome": "",
        "state": "new",
    }


def test_a_reversal_of_another_decision_does_not():
    assert run([reversal(reverses_claim_payment_id=99)], [], [], known=first_night()).changed_cases.empty


def test_a_reversal_and_a_new_denial_reopen_the_same_case():
    corrected = KNOWN | SECOND | {"claim_payment_id": 3, "remit_key": "r2", "ordinal": 2}
    proposal = run(
        [corrected, reversal(ordinal=3)],
        [SECOND_LINE | {"claim_payment_id": 3}],
        [(3, 2, "CO", "197", 10000)],
        known=first_night(),
        day="2026-04-02",
    )
    assert kinds(proposal) == ["superseded", "reopened"]
    case = proposal.changed_cases.iloc[0]
    assert (case["state"], case["reason_code"], case["closed_posting_date"]) == ("new", "197", "")
    assert proposal.new_cases.empty


def test_a_reversal_of_an_unknown_claim_finds_its_case_by_payer_and_both_numbers():
    known = stored(one(("CO", "16", 10000)))
    orphan = {"claim_payment_id": 2, "status_code": "22", "charge_cents": -10000, "outcome": "unapplied"}
    assert kinds(run([orphan], [], [], known=known)) == ["superseded"]
    assert kinds(run([orphan | {"payer_claim_number": "ICN9"}], [], [], known=known)) == []


def test_denial_reversal_and_denial_in_one_batch():
    third = KNOWN | SECOND | {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01"}
    proposal = run(
        [KNOWN, reversal(), third],
        [{"line_number": 1}, SECOND_LINE | {"claim_payment_id": 3}],
        [(1, 1, "CO", "16", 10000), (3, 2, "CO", "197", 10000)],
    )
    assert kinds(proposal) == ["opened", "superseded", "reopened"]
    assert (only(proposal)["state"], only(proposal)["reason_code"]) == ("new", "197")


def paying(**changes) -> dict:
    return KNOWN | SECOND | {"paid_cents": 6000, "reverses_claim_payment_id": 1} | changes


def test_a_payment_that_replaces_the_denial_overturns_it():
    proposal = run(
        [paying()],
        [SECOND_LINE | {"paid_cents": 6000}],
        [(2, 2, "CO", "45", 4000)],
        known=first_night(),
        day="2026-04-02",
    )
    case = proposal.changed_cases.iloc[0]
    assert (case["state"], case["outcome"], case["recovered_cents"]) == ("closed", "overturned", 6000)
    assert proposal.events[["kind", "amount_cents"]].to_numpy().tolist() == [["overturned", 6000]]


def test_a_payment_of_one_line_overturns_the_claims_case_in_part_and_opens_the_other_line():
    proposal = run(
        [paying()],
        [
            SECOND_LINE | {"charge_cents": 7000, "paid_cents": 6000},
            SECOND_LINE | {"service_payment_id": 3, "ordinal": 2, "line_number": 2, "charge_cents": 3000},
        ],
        [(2, 2, "CO", "45", 1000), (2, 3, "CO", "197", 3000)],
        known=first_night(),
    )
    assert proposal.changed_cases["outcome"].tolist() == ["partly_overturned"]
    assert (only(proposal)["line_number"], only(proposal)["extent"]) == (2, "line")


def test_a_replacement_that_neither_pays_nor_denies_supersedes():
    proposal = run([paying(paid_cents=0)], [SECOND_LINE], [(2, 2, "OA", "133", 10000)], known=first_night())
    assert proposal.changed_cases["outcome"].tolist() == ["superseded"]


def test_r5_a_denial_after_an_overturned_one_is_a_new_case():
    known = stored(
        run([paying()], [SECOND_LINE | {"paid_cents": 6000}], [(2, 2, "CO", "45", 4000)], known=first_night()),
        first_night(),
    )
    third = KNOWN | {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01"}
    proposal = run(
        [third],
        [SECOND_LINE | {"claim_payment_id": 3, "service_payment_id": 3}],
        [(3, 3, "CO", "16", 10000)],
        known=known,
    )
    assert kinds(proposal) == ["opened"]
    assert only(proposal)["case_key"] == hashlib.sha256(b"1234567893|A1|P|0|2").hexdigest()
    assert proposal.changed_cases.empty


def test_r5_the_next_reversal_then_closes_the_new_case_only():
    night = run([paying()], [SECOND_LINE | {"paid_cents": 6000}], [(2, 2, "CO", "45", 4000)], known=first_night())
    known = stored(night, first_night())
    third = KNOWN | {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01"}
    line = SECOND_LINE | {"claim_payment_id": 3, "service_payment_id": 3}
    known = stored(run([third], [line], [(3, 3, "CO", "16", 10000)], known=known), known)
    last = run([reversal(claim_payment_id=4, reverses_claim_payment_id=3)], [], [], known=known)
    assert last.changed_cases[["case_id", "outcome"]].to_numpy().tolist() == [[2, "superseded"]]


# ---- matched later ----------------------------------------------------------------------------------------------


def test_a_later_match_files_the_case_under_its_claim():
    unknown = stored(one(("CO", "16", 4000), claim={"paid_cents": 6000}, line={"paid_cents": 6000}))
    proposal = run(
        [KNOWN | {"paid_cents": 6000}],
        [{"paid_cents": 6000, "line_number": 3}],
        [(1, 1, "CO", "16", 4000)],
        known=unknown,
        day="2026-04-02",
    )
    assert (kinds(proposal), len(proposal.new_cases)) == (["matched"], 0)
    case = proposal.changed_cases.iloc[0]
    assert case["case_key"] == hashlib.sha256(b"1234567893|A1|P|3").hexdigest()
    assert (case["family_id"], case["line_number"], case["payer_sequence"], case["state"]) == (7, 3, "P", "new")
    before = json.loads(proposal.events["body"].iloc[0])["before"]
    assert (before["line_number"], before["family_id"]) == (1, 0)
    assert before["case_key"] == unknown["case_key"].iloc[0]


def test_a_later_match_to_a_line_that_has_a_case_merges():
    known = first_night()
    unknown = stored(one(("CO", "16", 10000), claim={"claim_payment_id": 1}))
    unknown["claim_payment_id"] = 2
    known = pd.concat([known, unknown], ignore_index=True).assign(case_id=[1, 2])
    proposal = run([KNOWN | SECOND], [SECOND_LINE], [(2, 2, "CO", "16", 10000)], known=known)
    assert sorted(kinds(proposal)) == ["repeated", "superseded"]
    assert proposal.changed_cases.set_index("case_id")["state"].to_dict() == {1: "new", 2: "closed"}


def test_an_unknown_denial_that_was_reversed_stays_closed_when_it_is_matched():
    unknown = stored(one(("CO", "16", 10000)))
    orphan = {"claim_payment_id": 2, "status_code": "22", "charge_cents": -10000, "outcome": "unapplied"}
    closed = stored(run([orphan], [], [], known=unknown), unknown)
    proposal = run([KNOWN, reversal()], [{"line_number": 1}], [(1, 1, "CO", "16", 10000)], known=closed)
    assert kinds(proposal) == ["matched"]
    assert proposal.changed_cases[["state", "outcome"]].to_numpy().tolist() == [["closed", "superseded"]]


# ---- R6, R7 -----------------------------------------------------------------------------------------------------


def test_r6_a_repeat_that_the_ledger_took_for_a_memo_is_attached():
    proposal = run(
        [KNOWN | SECOND | {"outcome": "memo"}], [SECOND_LINE], [(2, 2, "OA", "18", 10000)], known=first_night()
    )
    assert (kinds(proposal), len(proposal.changed_cases)) == (["attached"], 0)


def test_r6_a_memo_of_a_claim_without_a_case_opens_none():
    proposal = run([KNOWN | SECOND | {"outcome": "memo"}], [SECOND_LINE], [(2, 2, "OA", "18", 10000)])
    assert [len(frame) for frame in proposal] == [0, 0, 0]


def test_r6_a_duplicate_of_an_unknown_claim_is_attached_to_the_first():
    known = stored(one(("CO", "16", 10000)))
    proposal = one(
        ("OA", "18", 10000),
        claim={"claim_payment_id": 1} | SECOND | {"claim_payment_id": 1},
        known=known.assign(claim_payment_id=9),
    )
    assert (kinds(proposal), len(proposal.new_cases)) == (["attached"], 0)


def test_r6_a_duplicate_without_an_original_is_a_denial():
    case = only(one(("OA", "18", 10000)))
    assert (case["category"], case["next_action"]) == ("DUP", "FIND")


@pytest.mark.parametrize("code", ["22", "136", "276"])
def test_r7_a_secondary_that_waits_for_the_primary_is_the_primarys_case(code):
    secondary = KNOWN | {"payer_sequence": "S", "status_code": "2"}
    case = only(one(("OA", code, 10000), claim=secondary, line={"line_number": 1}))
    assert (case["payer_sequence"], case["category"], case["next_action"]) == ("P", "COB", "PRIM")
    known = first_night()
    proposal = run([secondary | SECOND], [SECOND_LINE], [(2, 2, "OA", code, 10000)], known=known)
    assert (kinds(proposal), len(proposal.new_cases), len(proposal.changed_cases)) == (["attached"], 0, 0)


def test_r7_does_not_touch_a_primary():
    case = only(one(("CO", "22", 10000), claim=KNOWN, line={"line_number": 1}))
    assert (case["payer_sequence"], case["next_action"]) == ("P", "SEC")


def test_the_second_action_counts_when_no_other_payer_is_on_file():
    claim_payments, service_payments = claims(KNOWN), lines({"line_number": 1})
    found = adjustments((1, 1, "CO", "22", 10000))
    classes = classify(claim_payments, service_payments, found)
    for has, action in ((True, "SEC"), (False, "CALL")):
        rows = claim_payments.assign(has_other_payer=has)
        proposal = propose(rows, service_payments, found, classes, remarks(), _no_cases(), posting_date="2026-03-02")
        assert only(proposal)["next_action"] == action
