"""Whatever stands in the elements, the rules speak or are silent; they never raise, and quote no free text."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import x12
from tests.x12.edits.test_coordination import WORKED
from tests.x12.edits.test_parts import FILES, billed

JUNK = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "99999999999999999999",
        "1" * 5000,
        "JANE DOE",
        "20259999",
        "1:2:3:4",
        ":",
        "١٢",
        "é" * 10,
        "*",
        "A1^A2",
    ]
)
TEXTS = [FILES["837"][:2600], FILES["835"], billed(WORKED)]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(3, 300), st.integers(0, 12), JUNK), max_size=12))
def test_junk_in_any_element(text, changes):
    segments = [segment.split("*") for segment in text.split("~")]
    for number, element, junk in changes:
        segment = segments[number % len(segments)]
        if element < len(segment):
            segment[element] = junk
        else:
            segment.append(junk)
    data = "~".join("*".join(segment) for segment in segments)
    found = x12.check(data.encode()).findings
    told = found[["found", "expected", "message"]].to_numpy().ravel().tolist()
    assert not [one for one in told if "JANE" in one or "1111111" in one]
