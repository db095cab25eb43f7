"""Whatever an 837 holds, scrubbing it never raises, and never quotes a patient."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import x12
from claims.charges.scrub import Work, scrub
from claims.codes import lists

ROOT = Path(__file__).resolve().parents[3]
OURS = sorted(ROOT.glob("edi_samples/837*/**/*.edi"))
OTHERS = sorted(path for path in ROOT.parent.glob("shared/samples/**/*837*") if path.is_file())


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_our_samples(path):
    look(path)


@pytest.mark.long
@pytest.mark.skipif(not OTHERS, reason="the folder of samples is not here")
def test_other_samples():
    for path in OTHERS:
        look(path)


def look(path: Path) -> None:
    frames = x12.read(path, complete=True).frames
    found = scrub(Work(frames, today=20260915, lists=lists.load())).findings
    text = " ".join(found[["found", "expected", "message"]].to_numpy().ravel().tolist())
    for name in ("claim_number", "member_id", "patient_last_name", "patient_first_name"):
        long = [value for value in frames["claims"][name].tolist() if len(value) > 5 and not value.isalpha()]
        assert not [value for value in long if value in text], path.name
