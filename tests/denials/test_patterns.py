"""Ten of one cause within thirty days are one item of work."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from claims.denials import patterns as rules


def counted(days, cause=("P", "16", "N290", "99213")):
    """Cases of one cause by day (number from 2026-01-01)."""
    rows = [(*cause, (date(2026, 1, 1) + timedelta(days=day)).isoformat(), cases) for day, cases in days.items()]
    return pd.DataFrame(rows, columns=[*rules.SAME, "remit_date", "cases"])


def found(*parts):
    return rules.patterns(pd.concat(parts, ignore_index=True))


def test_ten_in_thirty_days_are_a_pattern_and_nine_are_none():
    assert found(counted({0: 5, 29: 4})).empty
    assert found(counted({0: 5, 29: 5}))["remit_date"].tolist() == ["2026-01-01", "2026-01-30"]
    assert found(counted({0: 5, 30: 5})).empty


def test_what_lies_far_from_the_others_stays_out():
    rows = found(counted({0: 1, 100: 6, 110: 4, 200: 9}))
    assert rows["cases"].tolist() == [6, 4]


def test_another_cause_is_another_pattern():
    rows = found(
        counted({0: 6, 5: 6}), counted({0: 10}, ("P", "16", "N290", "99214")), counted({0: 9}, ("P", "16", "", ""))
    )
    assert rows.groupby("pattern_key")["cases"].sum().tolist() in ([12, 10], [10, 12])


@given(st.dictionaries(st.integers(0, 90), st.integers(1, 6), max_size=25))
def test_a_day_belongs_when_some_thirty_days_around_it_hold_enough(days):
    wanted = set()
    for first in days:
        window = [day for day in days if first <= day < first + rules.WITHIN_DAYS]
        if sum(days[day] for day in window) >= rules.LEAST:
            wanted |= set(window)
    texts = {(date(2026, 1, 1) + timedelta(days=day)).isoformat() for day in wanted}
    assert set(found(counted(days))["remit_date"]) == texts


def test_nothing_is_nothing():
    assert found(counted({})).empty
