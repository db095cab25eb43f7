"""Points of a case: exact whole numbers, parts that explain the score, own experience where there is enough."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.denials import priority

DAY = date(2026, 3, 2)
NOTHING = pd.DataFrame({"payer_code": ["-"], "reason_code": ["-"], "wins": [0], "cases": [0]})


def points(known=NOTHING, day=DAY, **changes):
    case = {
        "payer_code": "P1",
        "reason_code": "197",
        "recoverable": "H",
        "next_action": "C7",
        "at_risk_cents": 10_000,
        "deadline_date": "",
        "last_touched_date": day.isoformat(),
    }
    frame = pd.DataFrame([case | changes])
    return priority.points(frame, known, day).iloc[0].to_dict()


def value_points(cents):
    """The points of an expected value, by decimals of sixty digits."""
    with localcontext() as context:
        context.prec = 60
        return int(min(Decimal(100), 20 * (1 + Decimal(cents) / 100).log10()))


@given(st.integers(0, 10**9))
def test_the_value_is_twenty_times_the_logarithm_rounded_down(cents):
    found = points(at_risk_cents=cents, recoverable="H")
    assert found["value_points"] == value_points(cents * 75 // 100)


@pytest.mark.parametrize("n", range(1, 101))
def test_each_point_begins_at_its_first_cent(n):
    first = int(priority._VALUE_CENTS[n - 1])
    assert value_points(first) == min(n, 100) and value_points(first - 1) == n - 1


@pytest.mark.parametrize(("cents", "points_of"), [(0, 0), (10_000, 40), (1_000_000, 80), (10**11, 100)])
def test_the_scale_of_money_at_risk(cents, points_of):
    assert value_points(cents) == points_of


@pytest.mark.parametrize(
    ("days", "urgency"),
    [
        (-1, 100),
        (0, 100),
        (3, 100),
        (4, 90),
        (7, 90),
        (8, 70),
        (14, 70),
        (15, 40),
        (30, 40),
        (31, 15),
        (60, 15),
        (61, 5),
    ],
)
def test_urgency_by_days_left(days, urgency):
    due = date.fromordinal(DAY.toordinal() + days).isoformat()
    assert points(deadline_date=due)["urgency_points"] == urgency


def test_without_a_deadline_urgency_is_five():
    assert points()["urgency_points"] == 5


@pytest.mark.parametrize(("days", "touch"), [(0, 0), (1, 2), (49, 98), (50, 100), (400, 100), (-3, 0)])
def test_time_untouched_counts_two_a_day_to_a_hundred(days, touch):
    touched = date.fromordinal(DAY.toordinal() - days).isoformat()
    assert points(last_touched_date=touched)["touch_points"] == touch


def test_the_score_is_its_parts():
    found = points(
        at_risk_cents=1_000_000, deadline_date="2026-03-05", last_touched_date="2026-02-20", next_action="APP"
    )
    assert (found["recovery_percent"], found["expected_value_cents"]) == (75, 750_000)
    parts = (found["value_points"], found["urgency_points"], found["touch_points"], found["effort_points"])
    assert parts == (77, 100, 20, 60)
    assert found["score"] == (50 * 77 + 35 * 100 + 15 * 20 - 10 * 60) // 100 == 70


def test_the_score_is_never_below_zero():
    assert points(at_risk_cents=0, next_action="APP")["score"] == 0


@pytest.mark.parametrize(("recoverable", "percent"), [("H", 75), ("M", 45), ("L", 15), ("0", 2), ("", 2)])
def test_the_usual_chance(recoverable, percent):
    assert points(recoverable=recoverable)["recovery_percent"] == percent


def closed(*rows):
    return pd.DataFrame(rows, columns=["payer_code", "reason_code", "outcome", "cases"])


def test_thirty_closed_cases_are_experience_and_what_something_else_replaced_is_none():
    lost = closed(
        ("P1", "197", "overturned", 6), ("P1", "197", "partly_overturned", 4), ("P1", "197", "written_off", 19)
    )
    assert priority.chances(lost).empty
    more = closed(("P1", "197", "superseded", 50), ("P1", "197", "duplicate", 50))
    assert priority.chances(pd.concat([lost, more])).empty
    known = priority.chances(pd.concat([lost, closed(("P1", "197", "expired", 1))]))
    assert points(known)["recovery_percent"] == (10 * 100 + 5 * 75) // 35 == 39
    assert points(known, reason_code="16")["recovery_percent"] == 75


def test_ties_go_to_more_money_then_to_the_earlier_deadline():
    ranks = [
        points(at_risk_cents=10_000, deadline_date="2027-01-01"),
        points(at_risk_cents=10_001, deadline_date="2027-01-01"),
        points(at_risk_cents=10_000, deadline_date="2027-01-02"),
        points(at_risk_cents=10_000),
    ]
    assert len({one["score"] for one in ranks}) == 1
    order = sorted(range(4), key=lambda at: ranks[at]["priority_rank"])
    assert order == [1, 0, 2, 3]


@pytest.mark.long
@given(st.integers(0, 10**15), st.sampled_from(["", "1960-01-01", "2026-03-02", "9999-01-01"]))
def test_a_higher_score_always_comes_first_and_fits_a_column(cents, due):
    high = points(at_risk_cents=10_000_000, deadline_date="2026-03-02")
    found = points(at_risk_cents=cents, deadline_date=due)
    assert -(2**63) <= found["priority_rank"] <= 0
    if found["score"] != high["score"]:
        assert (found["priority_rank"] > high["priority_rank"]) == (found["score"] < high["score"])
