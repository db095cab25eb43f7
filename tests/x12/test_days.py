"""Whose days a segment has, window by window; and the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.x12.days import People, moved
from claims.x12.delimiters import STANDARD
from claims.x12.tokens import tokenise


def days_of(*texts: str) -> list[list[str]]:
    """Give the person of each segment, window by window, as the id or name that the days are made of."""
    asked: list[str] = []

    def number(person: str) -> int:
        if person not in asked:
            asked.append(person)
        return asked.index(person)

    people = People(number)
    found = []
    for text in texts:
        tokens = tokenise(text.encode(), 0, STANDARD, is_last=True)
        found.append([asked[day] for day in people.days(tokens).tolist()])
    return found


def test_a_claim_payment_is_the_insureds_else_the_patients_else_nobodys():
    (found,) = days_of(
        "ST*835*1~DTM*405*1~"
        "CLP*1~DTM*1~NM1*QC*1*A*B****MI*P1~NM1*IL*1*A*C****MI*S1~DTM*2~"
        "CLP*2~NM1*82*1*DR*X****XX*1~NM1*QC*1*A*B****MI*P2~CLP*3~NM1*QC*1*DOE*JANE~CLP*4~DTM*3~"
    )
    assert found == [*[""] * 2, *["S1"] * 5, *["P2"] * 3, *["DOE JANE"] * 2, *[""] * 2]


def test_dependents_go_with_their_subscriber_and_other_insured_change_nothing():
    (found,) = days_of(
        "HL*1**20*1~NM1*85*2*X~HL*2*1*22*1~NM1*IL*1*A*B****MI*S1~HL*3*2*23*0~NM1*QC*1*A*C~CLM*1~NM1*IL*1*Z*Z****MI*O1~"
        "HL*4*1*22*0~NM1*IL*1*D*E****MI*S2~CLM*2~"
    )
    assert found == [*[""] * 2, *["S1"] * 6, *["S2"] * 3]


def test_what_goes_on_in_the_next_window_keeps_its_days():
    found = days_of("HL*2*1*22*1~NM1*IL*1*A*B****MI*S1~", "HL*3*2*23*0~NM1*IL*1*Z*Z****MI*O1~HL*4*1*22*0~")
    assert found == [["S1", "S1"], ["S1", "S1", ""]]


@settings(deadline=None)
@given(st.dates(date(1801, 1, 1), date(2200, 12, 31)), st.integers(0, 28))
def test_moving_follows_the_calendar(day, days):
    number = int(f"{day:%Y%m%d}")
    assert moved(np.array([number]), np.array([days])).tolist() == [int(f"{day - timedelta(days):%Y%m%d}")]


def test_no_day_moves_to_where_it_would_not_be_read():
    assert moved(np.array([18000105]), np.array([20])).tolist() == [18000101]
