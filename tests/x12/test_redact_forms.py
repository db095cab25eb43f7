"""Codes, numbers and control numbers stay in a masked copy only where they have the form of their place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claims.x12.redact import Redaction, copy

KEY = b"a key for tests that is long enough"
ROOT = Path(__file__).resolve().parents[2]
CLAIMS = ROOT / "edi_samples" / "837p" / "pass" / "patient-is-dependent.edi"
PAYMENTS = ROOT / "edi_samples" / "835" / "pass" / "reversal-and-correction.edi"


def masked(data: bytes) -> bytes:
    """Give the masked copy of bytes."""
    return b"".join(copy(data, KEY, Redaction()))


@pytest.mark.parametrize(
    ("path", "right", "wrong", "copied"),
    [
        (CLAIMS, "HI*ABK:E119*", "HI*ABK:TEACUP*", "HI*ABK:XXXXXX*"),
        (CLAIMS, "HI*ABK:E119*", "HI*ABK:LEE*", "HI*ABK:XXX*"),
        (CLAIMS, "SV1*HC:99213:25*200*", "SV1*HC:CLOVER:25*987-65-4321*", "SV1*HC:XXXXXX:25*999-99-9999*"),
        (CLAIMS, "CLM*A1*200*", "CLM*A1*987-65-4321*", "*999-99-9999*"),
        (CLAIMS, "AMT*F5*20~", "AMT*F5*2.0.5~", "AMT*F5*9.9.9~"),
        (CLAIMS, "DTP*472*D8*20260801~", "DTP*573*D8*987-65-4321~", "DTP*573*D8*999-99-9999~"),
        (CLAIMS, "DTP*472*D8*20260801~", "DTP*573*RD8*20260801-20260802~", "DTP*573*RD8*20260801-20260802~"),
        (CLAIMS, "DTP*472*D8*20260801~", "DTP*096*TM*1200~", "DTP*096*TM*1200~"),
        (CLAIMS, "SE*55*", "SE*987-65-4321*", "SE*999-99-9999*"),
        (CLAIMS, "*005010X222A1~\nBHT", "*00SMITHJONES~\nBHT", "*99XXXXXXXXXX~\nBHT"),
        (CLAIMS, "N4*NOWHERE*OH*45999~", "N4*PARIS**75001*FR~", "N4*XXXXX**00000*FR~"),
        (CLAIMS, "N4*NOWHERE*OH*45999~", "N4*PARIS*KY*40361*US~", "N4*XXXXX*KY*40300*US~"),
        (CLAIMS, "DMG*D8*20150101*", "DMG*D8*1947*", "DMG*D8*9999*"),
        (PAYMENTS, "CAS*CO*45*-40~", "CAS*CO*CLOVE*987-65-4321~", "CAS*CO*XXXXX*999-99-9999~"),
        (PAYMENTS, "SVC*HC:99213*-120*-80**1~", "SVC*HC:ZQXPR*-120*-80**1~", "SVC*HC:XXXXX*-120*-80**1~"),
    ],
)
def test_what_has_not_the_form_of_its_place_is_masked(path, right, wrong, copied):
    text = path.read_text(encoding="ascii")
    assert right in text
    assert copied in masked(text.replace(right, wrong, 1).encode()).decode()


def test_names_in_the_place_of_control_numbers_and_payers_are_replaced_alike():
    text = CLAIMS.read_text(encoding="ascii")
    for number in ("0001", "8", "000000007"):
        text = text.replace(f"*{number}~", "*CLOVER~").replace(f"*{number}*", "*CLOVER*")
    text = text.replace("*PI*FABLE~", "*PI*CLOVER~").replace("HL*3*2*", "HL*CLOVER*2*")
    copied = masked(text.encode()).decode()
    assert "CLOVER" not in copied.replace("TEACUP*CLOVER", "")
    places = re.findall(r"(?:ST\*837|SE\*55|GS\*.*\*0000|GE\*1|IEA\*1|00501|\*PI|HL)\*([A-Z]{6})[*~]", copied)
    assert len(places) == 9 and len(set(places)) == 1
