"""The guide's own names for elements, components and segments, where there is one name."""

from __future__ import annotations

import pytest

from claims.x12.conform.names import name_of

CLAIM, LINE = "2000A/2000B/2300", "2000A/2000B/2300/2400"


@pytest.mark.parametrize(
    ("loop", "element", "name"),
    [
        (CLAIM, "CLM02", "Total Claim Charge Amount"),
        (CLAIM, "CLM05-1", "Place of Service Code"),
        (CLAIM, "CLM", "Claim Information"),
        (LINE, "SV103", "Unit or Basis for Measurement Code"),
        ("2000A/2010AA", "N3", "Billing Provider Address"),
        (CLAIM, "REF", ""),  # one of many
        (CLAIM, "CLM05-9", ""),
        (CLAIM, "CLM99", ""),
        (CLAIM, "", ""),
        ("9999", "CLM02", ""),
    ],
)
def test_a_place_has_the_name_that_its_guide_gives_it(loop, element, name):
    assert name_of("005010X222A1", loop, element) == name


def test_the_envelope_has_names_and_an_unknown_guide_has_none():
    assert name_of("control", "", "ISA13") == "Interchange Control Number"
    assert name_of("005010X999", CLAIM, "CLM02") == ""
