"""What other payers decided must add up to the claim (COB, four equations)."""

from __future__ import annotations

import pytest

from tests.x12.edits.conftest import billed, said

# The worked example : 150.00 = 88.00 paid + 40.00 CO + 22.00 PR.
WORKED = """
    CLM*A1*150***11:B:1*Y*A*Y*Y~
    HI*ABK:J069~
    SBR*P*18*******CI~
    AMT*D*88~
    OI***Y***Y~
    NM1*IL*1*DOE*JANE****MI*W9~
    NM1*PR*2*FIRST PAYER*****PI*P1~
    LX*1~
    SV1*HC:99214*150*UN*1***1~
    DTP*472*D8*20250201~
    SVD*P1*88*HC:99214**1~
    CAS*CO*45*40~
    CAS*PR*2*22~
    DTP*573*D8*20250301~
"""


def changed(*pairs: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Check the worked example with texts replaced."""
    text = WORKED
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return said(billed(text))


def test_the_worked_example_balances():
    assert changed() == []


def test_no_decision_is_no_finding():
    lines = [line for line in WORKED.splitlines() if not line.strip().startswith(("AMT", "SVD", "CAS", "DTP*573"))]
    assert said(billed("\n".join(lines))) == []


def test_a_cent_is_enough():
    assert changed(("CAS*PR*2*22~", "CAS*PR*2*22.01~")) == [
        ("cob-claim-out-of-balance", "150.01", "150.00"),
        ("cob-line-out-of-balance", "150.01", "150.00"),
    ]


def test_what_was_paid_is_what_the_lines_say():
    told = changed(("AMT*D*88~", "AMT*D*80~"))
    assert told == [
        ("cob-claim-out-of-balance", "142.00", "150.00"),
        ("cob-paid-differs", "80.00", "88.00"),
    ]


def test_adjustments_of_the_claim_lower_what_was_paid():
    told = changed(("AMT*D*88~", "CAS*PR*1*8~AMT*D*80~"))
    assert told == []
    assert changed(("AMT*D*88~", "CAS*PR*1*8~AMT*D*88~")) == [
        ("cob-claim-out-of-balance", "158.00", "150.00"), ("cob-paid-differs", "88.00", "80.00"),
    ]  # fmt: skip


def test_a_decision_on_the_claim_alone():
    lines = [line for line in WORKED.splitlines() if not line.strip().startswith(("SVD", "CAS", "DTP*573"))]
    text = "\n".join(lines)
    assert said(billed(text.replace("AMT*D*88~", "CAS*CO*45*62~AMT*D*88~"))) == []
    told = said(billed(text.replace("AMT*D*88~", "CAS*CO*45*60~AMT*D*88~")))
    assert told == [("cob-claim-out-of-balance", "148.00", "150.00")]


def test_a_payer_that_was_not_asked():
    lines = [line for line in WORKED.splitlines() if not line.strip().startswith(("SVD", "CAS", "DTP*573"))]
    assert said(billed("\n".join(lines).replace("AMT*D*88~", "AMT*A8*150~"))) == []


def test_two_payers_are_kept_apart():
    second = "SBR*S*18*******CI~{amt}OI***Y***Y~NM1*IL*1*DOE*JANE****MI*W9~NM1*PR*2*SECOND PAYER*****PI*P2~LX*1~"
    more = "DTP*573*D8*20250301~SVD*P2*22*HC:99214**1~CAS*OA*23*{paid}~DTP*573*D8*20250305~"
    pairs = (("LX*1~", second.format(amt="AMT*D*22~")), ("DTP*573*D8*20250301~", more.format(paid="128")))
    assert changed(*pairs) == []
    pairs = (pairs[0], ("DTP*573*D8*20250301~", more.format(paid="100")))
    assert changed(*pairs) == [
        ("cob-claim-out-of-balance", "122.00", "150.00"),
        ("cob-line-out-of-balance", "122.00", "150.00"),
    ]


def test_several_answers_of_one_payer_for_a_line_are_added_up():
    split = "SVD*P1*80*HC:99214**1~CAS*CO*45*40~CAS*PR*2*22~DTP*573*D8*20250301~SVD*P1*8*HC:99214**1~"
    assert changed(("SVD*P1*88*HC:99214**1~", split), ("    CAS*CO*45*40~\n    CAS*PR*2*22~\n", "")) == []


def test_names_of_payers():
    assert changed(("SVD*P1*", "SVD*P3*"))[-1] == ("cob-payer-unknown", "", "NM109 of loop 2330B")
    twice = "SBR*T*18*******CI~OI***Y***Y~NM1*IL*1*DOE*JANE****MI*W9~NM1*PR*2*OTHER*****PI*P1~LX*1~"
    assert changed(("LX*1~", twice)) == [("cob-payer-repeated", "", "")]


@pytest.mark.parametrize("amount", ["AMT*D*8A~", "AMT*D*88.001~"])
def test_an_unreadable_amount_is_told_of_once(amount):
    assert changed(("AMT*D*88~", amount)) == []


def test_two_claims_are_kept_apart():
    text = WORKED + WORKED.replace("CLM*A1*150", "CLM*A2*149").replace("HC:99214*150", "HC:99214*149")
    assert [code for code, _, _ in said(billed(text))] == [
        "cob-claim-out-of-balance", "cob-line-out-of-balance",
    ]  # fmt: skip


def test_a_decision_on_a_line_that_is_not_there_is_compared_with_nothing():
    found = changed(("    SV1*HC:99214*150*UN*1***1~\n", ""))
    assert "cob-line-out-of-balance" not in {code for code, *_ in found}
