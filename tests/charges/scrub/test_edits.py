"""Every edit stops what it is about, lets pass what differs in just that, and is missed when its function is gone."""

from __future__ import annotations

import re
from functools import cache

import pytest

from claims.charges.scrub import edits, scrub
from claims.charges.scrub.scrub import LOOKS
from tests.charges.scrub.cases import CASES
from tests.charges.scrub.claims_to_send import dental, hospital, professional

NAMES = [f"{case.edit_id}-{place}" for place, case in enumerate(CASES)]
SCRUBBED = {edit_id for edit_id, edit in edits().items() if edit.checked == "scrub"}


def told(work) -> set[str]:
    """Name the edits that say something, and what was not checked."""
    found = scrub(work)
    return {*found.findings["edit_id"], *found.not_checked["edit_id"]}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_an_edit_stops_what_it_is_about(case):
    assert case.edit_id in told(case.stopped)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_an_edit_lets_pass_what_is_right(case):
    assert case.edit_id not in told(case.passes)


def test_every_edit_has_a_claim_that_it_stops_and_one_that_passes():
    assert {case.edit_id for case in CASES} == SCRUBBED


@cache
def says(look) -> list[set[str]]:
    """Name for each case what one function says."""
    return [{found.edit_id for found in look(case.stopped) if len(found.claim)} for case in CASES]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.__module__.rsplit('.', 1)[1]}.{look.__name__}")
def test_a_function_that_is_gone_is_missed(look):
    rest = [says(other) for other in LOOKS if other is not look]
    mine = {case.edit_id for case, found in zip(CASES, says(look), strict=True) if case.edit_id in found}
    others = {case.edit_id for place, case in enumerate(CASES) if any(case.edit_id in one[place] for one in rest)}
    assert mine - others


@pytest.mark.parametrize("build", [professional, hospital, dental])
def test_a_clean_claim_is_not_stopped(build):
    found = scrub(build())
    assert found.findings.empty and not found.is_blocked.any()


def test_rows_are_complete_and_short():
    for edit_id, edit in edits().items():
        assert re.fullmatch(r"S(0[1-9]|[12][0-9]|3[0-2])[a-z]?", edit_id)
        assert edit.severity in ("block", "warn", "note") and edit.checked in ("scrub", "sending")
        assert set(edit.kinds.split()) <= set("PID") and edit.title and edit.sentence and edit.fix and edit.source
        assert len(edit.element.split(" / ")) in (1, len(edit.kinds.split()))
        assert all(len(place) <= 20 for place in edit.element.split(" / "))
        assert len(edit.sentence) <= 120 and not edit.sentence.endswith(".")


def test_every_number_from_S01_to_S32_has_its_edits():
    assert {edit.family for edit in edits().values()} == {f"S{number:02d}" for number in range(1, 33)}


@pytest.mark.long
def test_elements_fit_the_table():
    for case in CASES:
        assert (scrub(case.stopped).findings["element"].str.len() <= 20).all()


@pytest.mark.long
def test_findings_name_the_line_and_never_the_patient():
    for case in CASES:
        found = scrub(case.stopped).findings
        text = " ".join(found[["found", "expected", "message"]].to_numpy().ravel().tolist())
        assert not [name for name in ("TEACUP", "PIP", "FW1085", "PENCIL", "1989", "EX1") if name in text]
        assert ((found["service_seg"] == 0) == (found["line_number"] == 0)).all()
