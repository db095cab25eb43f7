"""Levels of an 837: what a level hangs on, how its number is written, whether HL04 says what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import x12

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
DEPENDENT = (ROOT / "837p" / "pass" / "patient-is-dependent.edi").read_bytes()


def of_levels(data: bytes) -> list[tuple[str, str, str]]:
    """Check a file; return what is said of its levels."""
    found = x12.check(data).findings
    mine = found[found["element"].str.startswith("HL")]
    return list(mine[["code", "severity", "element"]].itertuples(index=False, name=None))


def test_a_dependent_that_hangs_on_the_billing_provider_is_refused_and_never_lost_in_silence():
    data = DEPENDENT.replace(b"HL*3*2*23*0", b"HL*3*1*23*0")
    read = x12.read(data)
    assert read.frames["claims"]["payer_code"].tolist() == ["", "", "FABLE"]
    assert read.findings[["code", "severity"]].to_numpy().tolist() == [["parent-level-wrong", "hold"]]
    assert ("hierarchy-parent-wrong", "reject", "HL02") in of_levels(data)
    assert x12.verdicts(x12.check(data))["verdict"].tolist() == ["R"]
    assert b"IK3*HL*15**8~IK4*2*734*7~" in x12.acknowledge(data).implementation.replace(b"\n", b"")


@pytest.mark.parametrize(("old", "new"), [(b"HL*1**20", b"HL*01**20"), (b"HL*2*1*22", b"HL*2*01*22")])
def test_numbers_of_levels_are_numbers(old, new):
    data = DEPENDENT.replace(old, new)
    claims = x12.read(data).frames["claims"]
    assert (claims["billing_npi"] == "1999999018").all() and (claims["member_id"] == "W1").all()
    assert of_levels(data) == []


@pytest.mark.parametrize(
    ("old", "new", "seg"), [(b"HL*2*1*22*1", b"HL*2*1*22*0", 13), (b"HL*4*1*22*0", b"HL*4*1*22*1", 41)]
)
def test_hl04_that_does_not_say_what_follows_is_noted(old, new, seg):
    found = x12.check(DEPENDENT.replace(old, new)).findings
    assert found.loc[found["code"] == "level-children-differ", "seg"].tolist() == [seg]
    assert "level-children-differ" not in set(x12.check(DEPENDENT).findings["code"])


@pytest.mark.parametrize(
    ("stated", "code", "answer"),
    [
        (b"", "element-missing", b"IK4*3*1705*1"),
        (b"*005010X223A2", "code-not-valid", b"IK5*R*I6"),
        (b"*005010X222", "guide-addendum-differs", b"IK5*A~"),
        (b"*005010X222A1", "", b"IK5*A~"),
    ],
)
def test_st03_of_an_837p_is_gs08(stated, code, answer):
    data = DEPENDENT.replace(b"ST*837*0001*005010X222A1", b"ST*837*0001" + stated)
    found = x12.check(data).findings
    assert found.loc[found["seg"] == 3, "code"].tolist() == [code] * bool(code)
    assert answer in x12.acknowledge(data).implementation
    assert len(x12.read(data).frames["claims"]) == 3
