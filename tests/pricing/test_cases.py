"""Variance cases follow from decisions in their order: parts add up, corrections recover, what a person said holds."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.pricing import NEVER, case_keys, cases, compare, granted, standings, with_states

LINE = {
    "claim_id": 1, "line_number": 1, "charge_cents": 20_000, "expected_cents": 10_000, "term": "T", "method": "fixed",
    "arithmetic": "100.00 = 100.00", "procedure_code": "99213", "modifiers": "", "service_date": "2026-09-08",
    "payer_code": "FABLE", "tolerance_cents": 100, "tolerance_percent_milli": 2_000,
}  # fmt: skip
SUMS = ["patient_cents", "sequestration_cents", "denied_cents", "pending_cents", "is_bundled"]


OTHER = {"procedure_code": "99212", "expected_cents": 6_000}


def found(*decisions, lines=(LINE,)):
    """Cases of one family; a decision is (paid by line, charges by line, step that takes it back, further sums, and
    the claim_id of the version that it decides, 1 without one), None a step that decides nothing."""
    heads, services, sums = [], [], []
    for step, (paid, *rest) in ((step, one) for step, one in enumerate(decisions) if one):
        claim = rest[3] if len(rest) > 3 else 1
        own_lines = [line for line in lines if line["claim_id"] == claim]
        charges = rest[0] if rest and rest[0] else [line["charge_cents"] for line in own_lines]
        end = rest[1] if len(rest) > 1 else NEVER
        more = rest[2] if len(rest) > 2 else {}
        own = {"claim_payment_id": step + 1, "family_id": 9, "claim_id": claim, "step": step}
        ended = {"end_step": end, "ended_by": 0 if end == NEVER else 100 + end}
        heads.append(own | ended | {"charge_cents": sum(charges), "paid_cents": sum(paid)})
        for place, (cents, charge) in enumerate(zip(paid, charges, strict=True), 1):
            key = {"claim_payment_id": step + 1, "service_payment_id": 10 * step + place}
            services.append(key | {"line_number": place, "paid_cents": cents, "charge_cents": charge})
            sums.append(key | dict.fromkeys(SUMS, 0) | more)
    priced = pd.DataFrame(list(lines)).astype({"expected_cents": "Int64"})
    parts = granted(pd.DataFrame(heads), pd.DataFrame(services), pd.DataFrame(sums), priced)
    return cases(standings(parts))


def facts(rows: pd.DataFrame) -> list[tuple]:
    names = ["kind", "found", "outcome", "difference_cents", "open_cents", "recovered_cents"]
    return list(rows[names].itertuples(index=False, name=None))


def test_a_line_that_is_paid_as_expected_is_no_case():
    assert found(([10_000],)).empty


def test_a_line_answered_in_parts_is_compared_when_all_of_it_is_decided():
    assert found(([4_000], [12_000])).empty
    assert facts(found(([4_000], [12_000]), ([4_000], [8_000]))) == [("underpaid", "open", "", -2_000, 2_000, 0)]


def test_of_two_whole_decisions_the_later_one_counts():
    assert facts(found(([7_000],), ([9_000],))) == [("underpaid", "open", "", -3_000, 1_000, 2_000)]


def test_what_comes_back_names_the_decision_that_brought_it():
    rows = found(([7_000], [], 1), ([9_000], [], 2), ([10_000],), ([10_000],))
    assert facts(rows) == [("underpaid", "recovered", "recovered", -3_000, 0, 3_000)]
    assert rows["recovered_claim_payment_id"].tolist() == [3]


def test_what_is_left_within_the_tolerance_is_not_recovered():
    assert facts(found(([7_000], [], 1), ([9_900],))) == [("underpaid", "recovered", "recovered", -3_000, 0, 2_900)]


def replaced(*paid: int, by: dict, versions: list[int]):
    """Cases of a line that `versions` of its claim decide, each decision taken back by the next one."""
    last = len(paid) - 1
    history = [([cents], [], step + 1 if step < last else NEVER, {}, versions[step]) for step, cents in enumerate(paid)]
    return found(*history, lines=(LINE, LINE | {"claim_id": 2} | by))


def test_another_service_billed_instead_brings_nothing_back():
    closed = [("underpaid", "closed", "replaced", -3_000, 0, 0)]
    assert facts(replaced(7_000, 6_000, by=OTHER, versions=[1, 2])) == closed
    assert facts(replaced(7_000, 9_000, 6_000, by=OTHER, versions=[1, 1, 2])) == closed
    assert facts(replaced(7_000, 12_000, by={"expected_cents": 12_000}, versions=[1, 2])) == closed


def test_the_same_service_in_a_replacement_brings_back_what_is_paid_more():
    assert facts(replaced(7_000, 10_000, by={}, versions=[1, 2])) == [
        ("underpaid", "recovered", "recovered", -3_000, 0, 3_000)
    ]


def test_another_service_that_is_underpaid_too_is_what_the_case_is_about():
    rows = replaced(7_000, 4_000, 5_000, by=OTHER, versions=[1, 2, 2])
    assert facts(rows) == [("underpaid", "open", "", -2_000, 1_000, 1_000)]
    assert rows[["claim_payment_id", "procedure_code"]].to_numpy().tolist() == [[2, "99212"]]


def test_an_overpayment_that_was_taken_back_stays_so_whatever_is_billed_instead():
    rows = found(([14_000], [], 1), None, ([6_000], [], NEVER, {}, 2), lines=(LINE, LINE | {"claim_id": 2} | OTHER))
    assert facts(rows) == [("overpaid", "recovered", "taken_back", 4_000, 0, 4_000)]
    assert rows["recovered_claim_payment_id"].tolist() == [101]


def test_from_too_little_to_too_much_is_a_case_of_each_kind():
    assert facts(found(([7_000], [], 1), ([12_000],))) == [
        ("underpaid", "recovered", "recovered", -3_000, 0, 3_000),
        ("overpaid", "open", "", 2_000, 2_000, 0),
    ]


@pytest.mark.parametrize(("name", "outcome"), [("denied_cents", "denied"), ("pending_cents", "pending")])
def test_a_case_rests_while_what_stands_cannot_be_compared(name, outcome):
    rows = found(([7_000], [], 1), ([0], [], NEVER, {name: 20_000}))
    assert facts(rows) == [("underpaid", "closed", outcome, -3_000, 0, 0)]


def test_a_case_rate_is_compared_for_the_whole_claim():
    lines = [LINE | {"method": "case_rate"}, LINE | {"line_number": 2, "expected_cents": 0, "method": "case_rate"}]
    assert found(([2_000, 8_000],), lines=lines).empty
    rows = found(([2_000, 6_000],), lines=lines)
    assert (facts(rows)[0][3], rows["line_number"].tolist()) == (-2_000, [0])


def test_a_claim_with_bundled_lines_is_compared_as_a_whole():
    lines = [LINE, LINE | {"line_number": 2}]
    assert found(([20_000, 0], [], NEVER, {"is_bundled": 1}), lines=lines).empty


PAID = st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(PAID)
def test_difference_is_recovered_open_or_within_the_tolerance(history):
    rows = found(*[([cents], [], step + 1 if ends else NEVER) for step, (cents, ends) in enumerate(history)])
    for row in rows.to_dict("records"):
        size = abs(row["difference_cents"])
        assert size > 200 and row["kind"] == ("underpaid" if row["difference_cents"] < 0 else "overpaid")
        left = size - row["open_cents"] - row["recovered_cents"]
        assert 0 <= left <= (200 if row["found"] == "recovered" else 0 if row["found"] == "open" else size)
        assert (row["recovered_claim_payment_id"] != 0) == (row["recovered_cents"] != 0)
    assert not rows.duplicated(["family_id", "line_number", "kind"]).any()


@pytest.mark.parametrize(
    ("found_as", "stance", "seen", "left", "state"),
    [
        ("open", "", 0, 500, "open"),
        ("open", "disputed", 500, 500, "disputed"),
        ("open", "accepted", 500, 400, "accepted"),
        ("open", "accepted", 500, 600, "open"),
        ("open", "closed", 500, 500, "closed"),
        ("recovered", "disputed", 500, 0, "recovered"),
    ],
)
def test_what_a_person_said_holds_while_no_more_is_open(found_as, stance, seen, left, state):
    row = {"found": found_as, "stance": stance, "stance_cents": seen, "open_cents": left, "outcome": ""}
    assert with_states(pd.DataFrame([row]))["state"].tolist() == [state]


def kept(rows: pd.DataFrame) -> pd.DataFrame:
    """Cases as the store gives them back."""
    none = {"outcome": rows["outcome"].fillna("").astype("str")}
    return rows.assign(variance_case_id=range(1, len(rows) + 1), **none)


def named(rows: pd.DataFrame) -> pd.DataFrame:
    npi, number = (pd.Series(text, index=rows.index, dtype="str") for text in ("1999999984", "A1"))
    return rows.assign(case_key=case_keys(npi, number, rows["line_number"], rows["kind"]))


SOLD = pd.DataFrame([LINE]).astype({"expected_cents": "Int64"})


def test_changes_are_told_once_and_the_same_again_is_none():
    first = compare(kept(named(found(([7_000],))).assign(stance="").iloc[:0]).assign(
        closed_posting_date="", posting_date="", state="", stance_cents=0
    ), named(found(([7_000],))), pd.Series([1]), SOLD, "2026-10-01")  # fmt: skip
    assert first.events[["kind", "amount_cents"]].to_numpy().tolist() == [["opened", 3_000]]
    stored = kept(first.new)
    again = compare(stored, named(found(([7_000],))), pd.Series([1]), SOLD, "2026-10-02")
    assert again.new.empty and again.changed.empty and again.events.empty
    gone = compare(stored, named(found(([10_000],))), pd.Series([1]), SOLD, "2026-10-02")
    assert gone.changed[["state", "outcome", "open_cents"]].to_numpy().tolist() == [["closed", "repriced", 0]]
    undone = compare(stored, named(found(([10_000],))), pd.Series([], dtype="int64"), SOLD, "2026-10-02")
    assert undone.changed["outcome"].tolist() == ["undone"]


def test_a_case_that_is_of_another_service_from_now_on_tells_that_it_was_replaced():
    first, second = (found(*history, lines=(LINE, LINE | {"claim_id": 2} | OTHER)) for history in (
        [([7_000],)], [([7_000], [], 1), ([4_000], [], NEVER, {}, 2)]
    ))  # fmt: skip
    stored = kept(named(first)).assign(
        stance="", stance_cents=0, state="open", posting_date="2026-10-01", closed_posting_date=""
    )
    done = compare(stored, named(second), pd.Series([1, 2]), SOLD, "2026-10-02")
    assert done.events[["kind", "amount_cents"]].to_numpy().tolist() == [["replaced", 2_000]]


def test_a_case_whose_line_nothing_prices_any_more_is_not_called_repriced():
    blank = kept(named(found(([7_000],)))).assign(
        stance="", stance_cents=0, state="open", posting_date="2026-10-01", closed_posting_date=""
    )
    none, bare = named(found(([10_000],))), SOLD.assign(expected_cents=pd.NA)
    gone = compare(blank, none, pd.Series([1]), bare, "2026-10-02")
    assert gone.changed[["state", "outcome"]].to_numpy().tolist() == [["closed", "unpriced"]]
    assert gone.events["kind"].tolist() == ["unpriced"]
    later = compare(kept(gone.changed), none, pd.Series([1]), SOLD, "2026-10-03")
    assert later.changed["outcome"].tolist() == ["repriced"]
    whole = compare(blank.assign(line_number=0), none, pd.Series([1]), bare, "2026-10-02")
    assert whole.changed["outcome"].tolist() == ["unpriced"]
