"""What stands beside ids and values where nothing may stand is refused, at the segment where it stands."""

from __future__ import annotations

import pytest

from claims import x12
from claims.x12 import windows
from claims.x12.file import joined
from tests.x12.mutants import ROOT

FILE = (ROOT / "edi_samples/837p/pass/patient-is-subscriber.edi").read_bytes()


def refusals(old: bytes, new: bytes) -> set[tuple[str, str]]:
    assert old in FILE
    data = FILE.replace(old, new, 1)
    file = x12.check(data)
    found = file.findings[file.findings["severity"] == "reject"]
    ids = dict(zip(file.frames["segments"]["seg"], file.frames["segments"]["segment_id"], strict=True))
    assert list(x12.verdicts(file)["verdict"]) == (["R"] if len(found) else ["A"])
    return {(ids[seg], code) for seg, code in zip(found["seg"], found["code"], strict=True)}


@pytest.mark.parametrize("new", [b"CLM *", b"CLM\t*", b"CLM\0*", b"CLM\n*", b"\tCLM*", b"\0CLM*", b"\n\x0bCLM*"])
def test_an_id_with_a_blank_or_control_beside_it_is_no_id(new):
    assert refusals(b"CLM*", new) == {("CLM", "segment-id-invalid")}


@pytest.mark.parametrize("new", [b" CLM*", b"\n  CLM*"])
def test_blanks_before_an_id_are_named(new):
    assert refusals(b"CLM*", new) == {("CLM", "segment-leading-blank")}


@pytest.mark.parametrize("new", [b"\nCLM*", b"\r\nCLM*", b"\r\n\r\n\nCLM*"])
def test_line_ends_may_stand_before_an_id(new):
    assert not refusals(b"CLM*", new)


@pytest.mark.parametrize("new", [b"SV1*HC:99213 *", b"SV1*HC:99213 :25*"])
def test_a_blank_at_the_end_of_a_component_is_named(new):
    assert refusals(b"SV1*HC:99213:25*", new) == {("SV1", "blanks-trailing")}


def test_a_qualifier_with_a_nul_behind_it_is_another_one():
    assert ("NM1", "segment-unexpected") in refusals(b"NM1*41*", b"NM1*41\0*")


def test_a_crowd_of_terminators_is_cut_and_leaves_what_is_around_it(monkeypatch):
    monkeypatch.setattr(windows, "_MOST_EMPTY", 100)
    data = FILE.replace(b"CLM*", b"~" * 3000 + b"CLM*", 1)
    cut, whole = (joined(list(x12.scan_checked(data, window=size))) for size in (500, 1 << 20))
    for name, frame in whole.frames.items():
        if name != "findings":
            assert frame.equals(cut.frames[name]), name
    assert set(cut.findings["code"]) == set(whole.findings["code"])
