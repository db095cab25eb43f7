"""Claims and services that stand twice in a file."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from claims.x12.edits.duplicates import Seen
from tests.x12.edits.conftest import billed, said
from tests.x12.envelopes import submission

CLAIM = (
    "CLM*{number}*100***11:B:{frequency}*Y*A*Y*Y~{ref}HI*ABK:J069~LX*1~SV1*HC:{code}*100*UN*1***1~DTP*472*D8*20250201~"
)
WHERE = "N3*1 WAY~N4*NOWHERE*OH*45999~DMG*D8*19800115*F~"


def claim(number: str = "A1", frequency: str = "1", code: str = "99213", ref: str = "") -> str:
    """Return a claim with one line."""
    return CLAIM.format(number=number, frequency=frequency, code=code, ref=ref)


def codes(text: str) -> list[str]:
    """Return the codes of what is told."""
    return [code for code, _, _ in said(text)]


def test_a_claim_number_twice():
    assert codes(billed(claim() + claim("A2", code="99214"))) == []
    assert codes(billed(claim() + claim(code="99214"))) == ["claim-repeated"]


def test_a_replacement_repeats_nothing():
    assert codes(billed(claim() + claim(frequency="7", ref="REF*F8*ICN1~"))) == []
    assert codes(billed(claim() + claim("A2", frequency="8", ref="REF*F8*ICN1~"))) == []


def test_another_payer_or_provider_is_another_claim():
    other = "HL*3*1*22*0~SBR*P*18*******CI~NM1*IL*1*DOE*JANE****MI*W1~" + WHERE + "NM1*PR*2*X*****PI*777~"
    assert codes(billed(claim() + other + claim())) == []
    assert codes(billed(claim() + other.replace("777", "12345") + claim())) == ["claim-repeated"]


def test_the_same_service_under_another_number():
    assert codes(billed(claim() + claim("A2"))) == ["service-repeated"]
    other = "HL*3*1*22*0~SBR*P*18*******CI~NM1*IL*1*DOE*{name}****MI*W1~" + WHERE + "NM1*PR*2*X*****PI*12345~"
    assert codes(billed(claim() + other.format(name="JANE") + claim("A2"))) == ["service-repeated"]
    assert codes(billed(claim() + other.format(name="JOHN") + claim("A2"))) == []


def test_equal_lines_of_one_claim_are_its_own_matter():
    line = "LX*1~SV1*HC:99213*100*UN*1***1~DTP*472*D8*20250201~"
    text = claim().replace("*100***", "*200***") + line.replace("LX*1", "LX*2")
    assert codes(billed(text)) == []


def test_sets_and_interchanges_of_one_file_are_one_file():
    body = billed(claim()).split("005010X222A1~", 2)[2].split("SE*")[0]
    assert codes(submission(body, body)) == ["claim-repeated"]
    assert codes(submission(body) + submission(body, control=2)) == ["claim-repeated"]


@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=12))
def test_what_went_by_is_found_again(parts):
    seen, known = Seen(), {}
    for number, part in enumerate(parts):
        keys = np.array(sorted(set(part)), np.uint64)
        owners, again = seen.owners(keys)
        assert again.tolist() == [key in known for key in keys.tolist()]
        assert owners[again].tolist() == [known[key] for key in keys.tolist() if key in known]
        new = keys[~again]
        seen.add(new, np.full(len(new), number, np.uint32))
        known |= dict.fromkeys(new.tolist(), number)
