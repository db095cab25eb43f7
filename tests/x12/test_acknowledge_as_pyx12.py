"""Our 999s beside those of pyx12: the same verdicts, places and codes, but for what is named here."""

from __future__ import annotations

import io
import re

import pytest
import pyx12.x12n_document

from claims import x12
from tests.x12.acknowledged import (
    CLAIM,
    DAY,
    OURS,
    STATUS,
    THEIRS,
    answers_to,
    changed,
    name,
    note,
    segments,
    told,
)
from tests.x12.reference import Reference, _parameters, recording

# Where pyx12's 999 says something else on purpose of ours: what differs, and why.
DIFFERENCES = {
    "interchange": "we refuse the interchange, so that none of it has a 999; pyx12 writes both",
    "unsupported": "a set that is not read here is refused (code 1); pyx12 has a map for it",
    "group": "a refused group refuses its sets, and AK904 is 0; pyx12 leaves them accepted in a group that is not",
    "partial": "some sets accepted, some not: AK901 P; pyx12 says R for the group though AK904 counts the accepted",
    "trailer": "pyx12 counts no set of a group without GE",
    "stricter": "pyx12 counts no LX in an 837I, and knows neither repetitions nor the right number of components",
    "levels": "pyx12 asks only that the level named by HL02 is open, not of which kind it is",
    "padded": "001 and 0001 are one number, the first too short (7); pyx12 says they differ (3)",
}


def their_999(data: bytes) -> str:
    """pyx12's 999 for a file; "" where it writes none: not for an 835, not where it stops or fails on the way."""
    out = io.StringIO()
    with recording(Reference()):
        try:
            text = io.StringIO(data.decode("ascii"))
            pyx12.x12n_document.x12n_document(_parameters(), text, out, None)
        except Exception:
            return ""
    return out.getvalue() if "AK9" in out.getvalue() else ""


def verdicts(text: str | bytes) -> list[str]:
    """IK501 of each set, AK901 to AK904 of each group."""
    return [
        re.match(r"AK2\*\w+\*\w+|IK5\*\w|AK9(\*\w+){4}", one)[0].replace("*0000", "*")
        for one in segments(text, "AK2", "IK5", "AK9")
    ]


def difference(data: bytes, ours: list[str], theirs: list[str]) -> str:
    """Which of `DIFFERENCES` is between two lists of verdicts; "" for none that is known."""
    file = x12.check(data)
    if not ours and all(one.startswith("R") for one in note(data)):
        return "interchange"
    if not file.transactions["set_code"].str[:3].isin(["835", "837", "277"]).all():
        return "unsupported"
    groups, their_groups = ([one for one in side if one.startswith("AK9")] for side in (ours, theirs))
    if any(one.startswith("AK9*P") for one in groups):
        return "partial" if all(re.match(r"AK9\*[RP]", one) for one in their_groups) else ""
    codes_of = file.findings.loc[file.findings["ack_code"].str.startswith("999 AK905"), "ack_code"]
    if "999 AK905 3" in set(codes_of):
        return "trailer"
    if set(file.findings["code"]) & {"line-number-wrong", "repetitions-not-allowed", "components-too-many"}:
        return "stricter"
    if "hierarchy-parent-wrong" in set(file.findings["code"]):
        return "levels"
    same = [one.split("*")[:2] for one in groups] == [one.split("*")[:2] for one in their_groups]
    return "group" if len(codes_of) and same else ""


def test_our_verdicts_are_those_of_pyx12_on_every_sample():
    compared, different = 0, {}
    for path in OURS + THEIRS:
        data = path.read_bytes()
        theirs = their_999(data)
        if not theirs:
            continue
        compared += 1
        ours = verdicts(answers_to(path).implementation)
        if ours != verdicts(theirs):
            different[name(path)] = difference(data, ours, verdicts(theirs))
    assert "" not in different.values(), different
    assert set(different.values()) <= set(DIFFERENCES)
    assert len(different) < compared / 8
    assert compared >= (60 if THEIRS else 8)


MUTANTS = [
    ("HI*ABK", "HX*ABK"),
    (":B:1*", ":B:9*"),
    (":B:1*", ":Z:1*"),
    ("SV1*HC:99213", "SV1*HC:9"),
    ("DTP*472*D8*2026", "DTP*472*D8*92026"),
    ("N3*100", "N3**100"),
    ("NM1*IL*1*", "NM1*IL**"),
    ("DMG*D8*1980", "DMG*D8*1880"),
    ("BHT*0019*00*", "BHT*0019*99*"),
    ("HC:99213", "HC:99213:2555"),
    ("*Y*A*Y*Y", "*Y*A*Y*Q"),
    ("005010X222A1~\nBHT", "005010X222~\nBHT"),
    ("SBR*P*18*******12~\n", ""),
    ("NM1*PR*2*FABLEWOOD PLAN*****PI*FABLE~\n", ""),
    ("HI*ABK:E119*ABF:I10~\n", ""),
    ("SV1*HC:99213:25*200*UN*1***1:2~\n", ""),
    ("REF*6R*L10~\n", "REF*6R*L10~\nREF*6R*L11~\n"),
    ("SE*56*0001", "SE*55*0001"),
    ("SE*56*0001", "SE*56*0002"),
]


@pytest.mark.parametrize(("old", "new"), MUTANTS, ids=str)
def test_places_and_codes_in_a_999_are_those_of_pyx12(old, new):
    data = changed(CLAIM, old, new)
    if "SE*56" not in old:
        data = re.sub(rb"SE\*\d+", b"SE*%d" % (data.count(b"~") - 4), data)
    ours = x12.acknowledge(data, day=DAY, copy_values=False).implementation
    assert _places(ours) == _places(their_999(data))


def _places(text: str | bytes) -> list[str]:
    """What 999s say of places, in our words: pyx12 has no loops, no copies left out, 1 for 2 and 10 for I10."""
    found = []
    for one in segments(text, "AK2", "IK3", "IK4", "IK5", "AK9"):
        parts = one.split("*")
        if parts[0] == "IK3":
            found.append(f"IK3*{parts[1]}*{parts[2]}*{parts[4].replace('2', '1')}")
        elif parts[0] == "IK4":
            found.append("*".join(parts[:4]).replace("*I10", "*10"))
        else:
            found.append(one.removesuffix("*I5"))
    return found


@pytest.mark.parametrize(
    ("text", "old", "new", "why"),
    [
        (CLAIM, "GE*1*8", "GE*2*8", "group"),
        (CLAIM, "GE*1*8", "GE*1*9", "group"),
        (CLAIM, "GE*1*8~\n", "", "trailer"),
        (STATUS, "IEA*1", "IEA*2", "interchange"),
    ],
)
def test_known_differences_from_pyx12_are_what_they_are_called(text, old, new, why):
    data = changed(text, old, new)
    ours, theirs = verdicts(x12.acknowledge(data, day=DAY).implementation), verdicts(their_999(data))
    assert ours != theirs
    assert difference(data, ours, theirs) == why


def test_a_277ca_that_is_wrong_gets_the_verdict_of_pyx12():
    data = changed(STATUS, "STC*A7:164:IL", "STC*X7:164:IL")
    assert _places(x12.acknowledge(data, day=DAY).implementation) == _places(their_999(data))
    assert told(data) == [
        "AK2*277*0001*005010X214",
        "IK3*STC*33*2200*8",
        "CTX*TRN02:EX260002L",
        "IK4*1:1*1271*7",
        "IK5*R*5",
        "AK9*R*1*1*0",
    ]
