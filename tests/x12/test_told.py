"""What a finding says of a wrong value: a number that a sender can have meant or a code, never a name or an SSN."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import x12

SAMPLES = Path(__file__).resolve().parents[2] / "edi_samples"
CLAIMS = "837p/pass/patient-is-dependent.edi"
REMITTANCE = "835/pass/reversal-and-correction.edi"


@pytest.mark.parametrize(
    ("sample", "right", "wrong", "element", "found"),
    [
        (REMITTANCE, "CLP*A108*1*120*", "CLP*A108*1*555-12-3456*", "CLP03", "11 characters"),
        (REMITTANCE, "CLP*A108*1*120*", "CLP*A108*1*Doe*", "CLP03", "3 characters"),
        (REMITTANCE, "CLP*A108*1*120*", "CLP*A108*1*1e3*", "CLP03", "1e3"),
        (REMITTANCE, "CLP*A108*1*120*", "CLP*A108*1*1,000.00*", "CLP03", "1,000.00"),
        (CLAIMS, "SV1*HC:99213:25*200*", "SV1*HC:99213:25*JOE*", "SV102", "3 characters"),
        (CLAIMS, "CLM*A1*200*", "CLM*A1*987-65-4321*", "CLM02", "11 characters"),
        (CLAIMS, "***11:B:1", "***97:B:1", "CLM05-1", "97"),
        (CLAIMS, "***11:B:1", "***Doe:B:1", "CLM05-1", "3 characters"),
    ],
)
def test_a_finding_tells_numbers_and_codes_and_of_all_else_the_length(sample, right, wrong, element, found):
    text = (SAMPLES / sample).read_text(encoding="ascii")
    assert right in text
    findings = x12.check(text.replace(right, wrong, 1).encode()).findings
    assert set(findings.loc[findings["element"] == element, "found"]) == {found}
