"""Every file of edi_samples/<guide>/: the folder is the assertion. `pass` holds nothing above a note; `fail/<code>.edi`
raises exactly that code, by reading or, when it is a code of a guide or of a rule beyond the guides, by checking.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import x12
from claims.codes import lists
from claims.findings import NOTE
from claims.x12.conform import maps
from claims.x12.conform.rules import by_code
from claims.x12.edits.rules import rules
from tests.x12.reference_validator import reference_errors

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
PASSING = sorted(ROOT.glob("*/pass/*.edi"))
FAILING = sorted(ROOT.glob("*/fail/*.edi"))
DAY = sorted(path for path in ROOT.glob("day/inbox/*") if path.suffix not in (".csv", ".txt"))
# The month's one remittance that its payer got wrong.
MEANT = {"dragn_20261001_ach2610011.835": {"claim-out-of-balance", "line-out-of-balance"}}
# Codes that reading finds, and that the table of rules lists so that they can be switched.
READ = {
    "line-out-of-balance",
    "claim-out-of-balance",
    "remittance-out-of-balance",
    "service-lines-do-not-add-up",
    "claim-total-differs",
    "provider-adjustment-zero",
}
BEYOND = {rule.code for rule in rules().values()} - READ
# A fault that cannot come alone.
BRINGS = {
    "segment-id-invalid": {"segment-not-in-guide"},
    "file-cut-off": {"set-trailer-missing", "group-trailer-missing", "interchange-trailer-missing"},
    "correction-group-outside-reversal": {"segment-unexpected"},
    "diagnoses-too-many": {"segment-unexpected"},
    "trace-missing": {"element-missing"},
}
# Said of every set of some kind: no list of procedures comes with the program, a map is our own.
SAID_ANYWAY = {"not-checked", "guide-map-experimental"}
SET_CODES = {
    "835": {"835"},
    "837p": {"837P"},
    "837i": {"837I"},
    "837d": {"837D"},
    "999": {"999"},
    "277ca": {"277CA"},
    "ta1": {"TA1"},
}
# pyx12 expects a functional group in every interchange; a lone TA1 has none. It has no map of dental claims.
UNKNOWN_TO_REFERENCE = {"accepted.edi", "duplicate-refused.edi"}
FOR_REFERENCE = [path for path in PASSING if path.name not in UNKNOWN_TO_REFERENCE and path.parts[-3] != "837d"]


def name(path: Path) -> str:
    """Name a test after its file."""
    return f"{path.parts[-3]}-{path.stem}"


def test_there_are_samples():
    assert {path.parts[-3] for path in PASSING} == set(SET_CODES)
    assert len(FAILING) > 40


@pytest.mark.parametrize("path", PASSING, ids=name)
def test_passing_sample_has_nothing_above_a_note(path):
    file = x12.read(path)
    assert set(file.findings["severity"]) <= {NOTE}
    assert set(file.frames["transactions"]["set_code"]) == SET_CODES[path.parts[-3]]


@pytest.mark.parametrize("path", [*PASSING, *DAY], ids=name)
def test_good_files_have_nothing_above_a_note_when_checked(path):
    found = x12.check(path).findings
    assert set(found.loc[found["severity"] != NOTE, "code"]) == MEANT.get(path.name, set())


@pytest.mark.parametrize("path", FAILING, ids=name)
def test_failing_sample_raises_its_code(path):
    expected = {path.stem} | BRINGS.get(path.stem, set())
    if path.stem in by_code():
        found = x12.check(path).findings
        assert set(found.loc[found["severity"] != NOTE, "code"]) == expected
    elif path.stem in BEYOND:
        if path.stem == "diagnosis-code-not-valid" and "ICD10CM" not in lists.load():
            pytest.skip("no list of diagnoses")
        assert x12.read(path).findings.empty
        found = set(x12.check(path).findings["code"])
        assert found - SAID_ANYWAY == expected - SAID_ANYWAY
        assert path.stem in found
    else:
        assert set(x12.read(path).findings["code"]) == expected


def test_every_code_of_conformance_has_a_sample():
    assert by_code().keys() - {path.stem for path in FAILING} == {"segment-not-used"}
    # which no guide that we know can show:
    assert not [segment for guide in maps.sources() for segment in maps.tree(guide).segments() if segment.usage == "N"]


@pytest.mark.parametrize("path", FOR_REFERENCE, ids=name)
def test_reference_accepts_passing_sample(path):
    assert reference_errors(path.read_bytes()) == []
