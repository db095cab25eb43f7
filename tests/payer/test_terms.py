"""Terms of payers, fees of procedures and days of payment: given by tables, else derived, always the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from claims.payer import front_end
from claims.payer.cycles import dates_of, day_numbers, next_cycle
from claims.payer.fees import scheduled
from claims.payer.terms import payer_terms, rate, table


def test_a_payer_of_the_table_has_its_own_terms_and_any_other_one_derived():
    asked = pd.DataFrame({"payer_code": ["NOBODY", "FABLE"], "payer_name": ["NOBODY PLAN", "x"]})
    terms = payer_terms(asked, 7).set_index("payer_code")
    known = table("payers").set_index("payer_code").loc["FABLE"]
    assert (terms.loc["FABLE"] == known[terms.columns]).all()
    assert terms.loc["NOBODY", "payer_name"] == "NOBODY PLAN"
    assert (payer_terms(asked.iloc[:1], 7).set_index("payer_code").loc["NOBODY"] == terms.loc["NOBODY"]).all()
    allowed = table("derived_terms").groupby("term")["value"].agg(set)
    assert all(str(terms.loc["NOBODY", term]) in values for term, values in allowed.items())


def lines(*charges: int, units: int = 1000, code: str = "99499") -> pd.DataFrame:
    """Lines of one procedure that no schedule lists."""
    return pd.DataFrame({"charge_cents": charges}).assign(
        payer_code="NOBODY", procedure_qualifier="HC", procedure_code=code, revenue_code="", units_milli=units,
        fee_percent=100,
    )  # fmt: skip


def test_an_unlisted_procedure_has_one_fee_for_charges_of_like_size():
    fees = scheduled(lines(17000, 20000, 30000), 7)["allowed_cents"]
    assert len(set(fees)) == 1
    assert scheduled(lines(20000 * 3, units=3000), 7)["allowed_cents"][0] == fees[0] * 3


@pytest.mark.parametrize("charge", [1, 3, 99, 12345, 999_999_999])
def test_a_fee_is_a_sane_share_of_the_charge(charge):
    codes = [f"9{number:04d}" for number in range(300)]
    fees = scheduled(pd.concat([lines(charge, code=code) for code in codes], ignore_index=True), 7)["allowed_cents"]
    assert (fees >= min(charge, max(charge // 5, 1))).all()
    assert (fees <= max(charge * 9 // 10, 1)).all()
    assert scheduled(lines(0), 7)["allowed_cents"][0] == 0


def test_days_are_counted_as_the_calendar_does():
    days = pd.date_range("1999-12-25", "2028-03-05", freq="7D")
    dates = days.strftime("%Y%m%d").astype("int64").to_numpy()
    numbers = day_numbers(dates)
    assert (numbers == ((days - pd.Timestamp(1970, 1, 1)).days)).all()
    assert (dates_of(numbers) == dates).all()
    for weekday in range(7):
        paid = next_cycle(numbers, np.full(len(numbers), weekday))
        assert ((paid - numbers >= 0) & (paid - numbers < 7)).all()
        assert set(pd.to_datetime(dates_of(paid).astype(str)).day_of_week) == {weekday}


def test_rules_are_rows_that_can_be_reached():
    edits = table("front_end")
    assert edits["priority"].is_unique
    assert edits["edit"].is_unique
    assert set(edits["category_code"]) <= {"A3", "A6", "A7", "A8"}
    assert rate("split") < 1000
    kinds = table("procedure_kinds")
    assert kinds["prefix"].is_unique
    assert "" in set(kinds["prefix"])
    assert table("rates")["rate"].is_unique


def test_an_npi_has_a_check_digit():
    numbers = pd.Series(["1999999984", "1234567893", "1234567890", "123456789", "", "12345678X3"])
    assert list(front_end.is_npi(numbers)) == [True, True, False, False, False, False]
