"""Every file of edi_samples/<guide>/: the folder is the assertion. `pass` holds nothing above a note; `fail/<code>.edi`
raises exactly that code, by reading or, when it is a code of conformance, by checking (nothing else above a note).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import x12
from claims.findings import NOTE
from claims.x12.conform import maps
from claims.x12.conform.rules import by_code
from tests.x12.reference_validator import reference_errors

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
PASSING = sorted(ROOT.glob("*/pass/*.edi"))
FAILING = sorted(ROOT.glob("*/fail/*.edi"))
# A fault that cannot come alone.
BRINGS = {
    "segment-id-invalid": {"segment-not-in-guide"},
    "file-cut-off": {"set-trailer-missing", "group-trailer-missing", "interchange-trailer-missing"},
}
SET_CODES = {
    "835": {"835"},
    "837p": {"837P"},
    "837i": {"837I"},
    "837d": {"837D"},
    "999": {"999"},
    "277ca": {"277CA"},
    "ta1": {"TA1"},
}
# pyx12 has no map of these guides: ours is checked instead.
OWN_MAP = "837d"
# pyx12 expects a functional group in every interchange; a lone TA1 has none.
UNKNOWN_TO_REFERENCE = {"accepted.edi", "duplicate-refused.edi"}


def name(path: Path) -> str:
    """Name a test after its file."""
    return f"{path.parts[-3]}-{path.stem}"


def test_there_are_samples():
    assert {path.parts[-3] for path in PASSING} == set(SET_CODES)
    assert len(FAILING) > 40


@pytest.mark.parametrize("path", PASSING, ids=name)
def test_passing_sample_has_nothing_above_a_note(path):
    file = x12.check(path) if path.parts[-3] == OWN_MAP else x12.read(path)
    assert set(file.findings["severity"]) <= {NOTE}
    assert set(file.frames["transactions"]["set_code"]) == SET_CODES[path.parts[-3]]


@pytest.mark.parametrize("path", FAILING, ids=name)
def test_failing_sample_raises_its_code(path):
    if path.stem in by_code():
        found = x12.check(path).findings
        found = found[found["severity"] != NOTE]
    else:
        found = (x12.check(path) if path.parts[-3] == OWN_MAP else x12.read(path)).findings
    assert set(found["code"]) - {"guide-map-experimental"} == {path.stem} | BRINGS.get(path.stem, set())


def test_every_code_of_conformance_has_a_sample():
    assert by_code().keys() - {path.stem for path in FAILING} == {"segment-not-used"}
    # which no guide that we know can show:
    assert not [segment for guide in maps.sources() for segment in maps.tree(guide).segments() if segment.usage == "N"]


@pytest.mark.parametrize(
    "path",
    [path for path in PASSING if path.name not in UNKNOWN_TO_REFERENCE and path.parts[-3] != OWN_MAP],
    ids=name,
)
def test_reference_accepts_passing_sample(path):
    assert reference_errors(path.read_bytes()) == []
