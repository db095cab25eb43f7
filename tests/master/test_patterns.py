"""Patterns in master data: only those that end quickly are taken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.master.patterns import is_safe


@pytest.mark.parametrize(
    "pattern",
    [
        "FW[0-9]{5}",
        "[A-Z]{1,3}[0-9]{6,9}",
        r"\d+",
        "[A-Z]{3}[0-9]{9}(?:[A-Z][0-9]{2})?",
        "^W[0-9]{9}$",
        "A[0-9]{8}|[0-9]{3}-[0-9]{2}-[0-9]{4}",
        "[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]",
        "[^0-9]{2}[0-9]{7}",
    ],
)
def test_patterns_of_member_ids_are_taken(pattern):
    assert is_safe(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a){30}",
        "a?" * 20 + "a" * 20,
        ".*.*.*",
        "(?:a|b|ab)(?:c|c)*",
        "(?=x)a",
        r"(a)\1",
        "a**",
        "a{2}{30}",
        "[",
        "(",
        "a)",
        "[z-a]",
        "(?P<x>a)",
        "(?i)a",
        "a{5,2}",
    ],
)
def test_what_runs_away_or_is_no_pattern_is_refused(pattern):
    assert not is_safe(pattern)


@given(st.text("ab?*+{}()|[]^$1,\\d.", max_size=30))
def test_whatever_is_taken_compiles(pattern):
    if is_safe(pattern):
        re.compile(pattern)
