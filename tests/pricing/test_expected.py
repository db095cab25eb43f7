"""What a contract says a line is worth, and the sum that says so."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.pricing import expected_allowed
from claims.pricing.terms import methods

ANY_DAY = {"effective_from": 0, "effective_to": 99991231}
TERM = {
    "payer_code": "FABLE", "term": "T", "priority": 5, "procedure_code": "", "modifier": "", "place_of_service": "",
    "revenue_code": "", "bill_type": "", "method": "percent_of_schedule", "amount_cents": 0, "percent_milli": 100_000,
    "schedule": "FABLE", "at_most_charge": True, "rank_percents": "", **ANY_DAY,
}  # fmt: skip
FEE = {"payer_code": "FABLE", "procedure_code": "99213", "modifier": "", "allowed_cents": 9105, **ANY_DAY}
LINE = {
    "claim_id": 1, "payer_code": "FABLE", "service_date": 20260908, "service_to_date": 20260908,
    "procedure_code": "99213", "modifiers": "", "revenue_code": "", "bill_type": "", "place_of_service": "11",
    "units_milli": 1000, "charge_cents": 14500,
}  # fmt: skip
FACTORS = ["payer_code", "modifier", "percent_milli", "effective_from", "effective_to"]


def priced(lines, terms=(), fees=(FEE,), factors=()):
    """Price lines given as changes to LINE, terms to TERM, fees to FEE."""
    frame = pd.DataFrame([LINE | line for line in lines])
    return expected_allowed(
        frame,
        pd.DataFrame([FEE | fee for fee in fees], columns=list(FEE)),
        pd.DataFrame([TERM | term for term in terms], columns=list(TERM)),
        pd.DataFrame(factors, columns=FACTORS),
    ).lines


def only(*arguments, **named):
    rows = priced(*arguments, **named)
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_payer_with_a_schedule_alone_pays_it_for_each_unit():
    row = only([{"units_milli": 2000, "charge_cents": 29000}])
    assert (row["allowed_cents"], row["arithmetic"]) == (18210, "91.05 x 2 units = 182.10")


def test_never_more_than_the_charge():
    row = only([{"charge_cents": 9000}])
    assert row["allowed_cents"] == 9000
    assert row["arithmetic"] == "91.05 = 91.05, at most the charge of 90.00"


def test_a_term_may_pay_more_than_the_charge():
    assert only([{"charge_cents": 9000}], [{"at_most_charge": False}])["allowed_cents"] == 9105


@pytest.mark.parametrize(
    ("term", "line", "cents", "words"),
    [
        ({"method": "fixed", "amount_cents": 5000}, {"units_milli": 1500}, 7500, "50.00 x 1.5 units = 75.00"),
        (
            {"method": "percent_of_charge", "percent_milli": 62_500},
            {"charge_cents": 10001},
            6251,
            "100.01 x 62.5% = 62.51",
        ),
        ({"percent_milli": 110_000}, {}, 10016, "91.05 x 110% = 100.16"),
        (
            {"method": "per_day", "amount_cents": 100_00},
            {"service_to_date": 20260911, "charge_cents": 99900},
            30000,
            "100.00 x 3 days = 300.00",
        ),
        ({"method": "case_rate", "amount_cents": 70_000, "at_most_charge": False}, {}, 70000, "700.00 = 700.00"),
    ],
)
def test_each_way_of_paying(term, line, cents, words):
    row = only([line], [term])
    assert (row["allowed_cents"], row["arithmetic"]) == (cents, words)


def test_every_way_of_paying_is_a_row():
    assert set(methods()["method"]) == {"fixed", "percent_of_charge", "percent_of_schedule", "per_day", "case_rate"}


def test_a_case_rate_stands_once_at_the_first_line_of_the_claim():
    case = {"method": "case_rate", "amount_cents": 10_000}
    rows = priced([{}, {"procedure_code": "36415"}, {"claim_id": 2}], [case])
    assert rows["allowed_cents"].tolist() == [10_000, 0, 10_000]
    assert rows["outcome"].tolist() == ["priced", "in-case-rate", "priced"]


def test_a_case_rate_is_never_more_than_the_charge_of_all_its_lines():
    case = {"method": "case_rate", "amount_cents": 70_000}
    rows = priced(
        [{}, {"procedure_code": "36415", "charge_cents": 5500}, {"claim_id": 2, "charge_cents": 90_000}], [case]
    )
    assert rows["allowed_cents"].tolist() == [20_000, 0, 70_000]
    assert rows["arithmetic"].iloc[0] == "700.00 = 700.00, at most the charge of 200.00"


def test_two_case_rates_of_a_claim_both_count():
    terms = [
        {"term": name, "procedure_code": code, "method": "case_rate", "amount_cents": cents, "at_most_charge": False}
        for name, code, cents in (("A", "99213", 50_000), ("B", "99214", 70_000))
    ]
    rows = priced([{}, {"procedure_code": "99214"}, {"procedure_code": "99214"}], terms)
    assert rows["allowed_cents"].tolist() == [50_000, 70_000, 0]


def test_the_dearest_line_of_a_day_is_first_whichever_terms_price_them():
    terms = [
        {"term": name, "procedure_code": code, "method": "fixed", "amount_cents": cents, "rank_percents": percents}
        for name, code, cents, percents in (("A", "29010", 100_000, "100 50"), ("B", "29881", 80_000, "100 40"))
    ]
    lines = [{"procedure_code": code, "charge_cents": 200_000} for code in ("29881", "29010")]
    assert priced(lines, terms)["allowed_cents"].tolist() == [32_000, 100_000]


def test_the_dearest_line_of_a_day_is_paid_in_full_and_the_others_less():
    dear = {"A0001": 10000, "B0001": 30000, "C0001": 20000}
    fees = [{"procedure_code": code, "allowed_cents": cents} for code, cents in dear.items()]
    lines = [{"procedure_code": code, "charge_cents": 90000} for code in ("A0001", "B0001", "C0001")]
    lines.append({"procedure_code": "A0001", "charge_cents": 90000, "service_date": 20260909})
    rows = priced(lines, [{"rank_percents": "100 50 25"}], fees)
    assert rows["allowed_cents"].tolist() == [2500, 30000, 10000, 10000]
    assert rows["arithmetic"].iloc[0] == "100.00 x 25% as no. 3 = 25.00"


def test_modifiers_have_factors_and_fees_of_their_own():
    factors = [("FABLE", "80", 16_000, 0, 99991231), ("FABLE", "50", 150_000, 0, 20200101)]
    row = only([{"modifiers": "80 50"}], factors=factors)
    assert (row["allowed_cents"], row["arithmetic"]) == (1457, "91.05 x 16% for 80 = 14.57")
    fees = [{}, {"modifier": "26", "allowed_cents": 4000}]
    assert only([{"modifiers": "59 26"}], fees=fees)["allowed_cents"] == 4000
    assert only([{"modifiers": "59"}], fees=fees)["allowed_cents"] == 9105


def test_the_term_that_names_more_goes_first_unless_another_has_priority():
    terms = [
        {"term": "all", "percent_milli": 90_000},
        {"term": "visits", "procedure_code": "99*", "percent_milli": 80_000},
        {"term": "hospital", "procedure_code": "992*", "place_of_service": "21", "percent_milli": 70_000},
    ]
    assert only([{}], terms)["term"] == "visits"
    assert only([{"place_of_service": "21"}], terms)["term"] == "hospital"
    assert only([{}], [*terms, {"term": "first", "priority": 1}])["term"] == "first"


def test_the_day_of_the_service_decides_which_term_and_fee_hold():
    terms = [
        {"term": "old", "effective_to": 20260831},
        {"term": "new", "effective_from": 20260901},
    ]
    fees = [{"effective_to": 20260907}, {"effective_from": 20260908, "allowed_cents": 10000}]
    rows = priced([{}, {"service_date": 20260831}], terms, fees)
    assert rows["term"].tolist() == ["new", "old"]
    assert rows["allowed_cents"].tolist() == [10000, 9105]


def test_a_payer_without_a_term_in_force_on_the_day_pays_its_schedule():
    terms = [
        {"term": "old", "percent_milli": 80_000, "effective_to": 20241231},
        {"term": "next", "percent_milli": 90_000, "effective_from": 20270101},
    ]
    rows = priced([{}, {"service_date": 20270101}, {"service_date": 20240101}], terms)
    assert rows["term"].tolist() == ["fee schedule", "next", "old"]
    assert rows["allowed_cents"].tolist() == [9105, 8195, 7284]


def test_a_payer_whose_terms_in_force_fit_only_other_lines_does_not_pay_this_one_by_its_schedule():
    rows = priced([{}, {"procedure_code": "29010"}], [{"procedure_code": "2*", "method": "fixed", "amount_cents": 100}])
    assert rows["outcome"].tolist() == ["no-term", "priced"]


@pytest.mark.parametrize("method", ["fixed", "percent_of_schedule"])
def test_a_line_without_units_is_not_priced_by_the_unit(method):
    rows = priced([{"units_milli": 0}, {}], [{"method": method, "amount_cents": 5000, "rank_percents": "100 50"}])
    assert rows["outcome"].tolist() == ["no-units", "priced"]
    assert rows["allowed_cents"].isna().tolist() == [True, False]
    assert "50%" not in rows["arithmetic"].iloc[1]


@pytest.mark.parametrize("method", ["percent_of_charge", "per_day", "case_rate"])
def test_what_is_not_paid_by_the_unit_needs_none(method):
    assert only([{"units_milli": 0}], [{"method": method, "amount_cents": 5000}])["outcome"] == "priced"


def test_what_nothing_prices_has_no_amount_and_says_why():
    rows = priced([{"payer_code": "OTHER"}, {"procedure_code": "00000"}])
    assert rows["allowed_cents"].isna().all()
    assert rows["outcome"].tolist() == ["no-term", "no-fee"]


PERCENT = st.integers(0, 500_000)


@settings(max_examples=40, deadline=None)
@given(fee=st.integers(0, 10**11), units=st.integers(1, 10**8), percent=PERCENT, factor=PERCENT)
def test_the_amount_is_the_exact_fraction_rounded_half_up(fee, units, percent, factor):
    row = only(
        [{"units_milli": units, "modifiers": "80"}],
        [{"percent_milli": percent, "at_most_charge": True}],
        [{"allowed_cents": fee}],
        [("FABLE", "80", factor, 0, 99991231)],
    )
    exact = fee * units * percent * factor
    assert row["allowed_cents"] == min((2 * exact + 1000 * 10**10) // (2 * 1000 * 10**10), 14500)
