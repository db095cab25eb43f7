"""Identifiers: the form in which claim numbers are compared."""

import pandas as pd

from claims.identifiers import normal_number


def test_numbers_come_back_without_case_punctuation_and_leading_zeros():
    assert normal_number(pd.Series(["00ab-12", "0", "AB12"])).tolist() == ["AB12", "", "AB12"]
