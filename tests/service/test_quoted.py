"""Segments of a stored file about one claim: with its envelope and levels, and with nothing of anybody else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from claims.service.quoted import elements, quoted
from claims.store.vault import Vault
from tests.answers import ack_999, ca_277, ta1
from tests.books import Bill, claims, remit

SENT = claims(*(Bill(f"A{number}", [("99213", "100")], member=f"W{number}") for number in (1, 2, 3)))
REMIT = remit("""BPR*I*30*C*ACH*CCP*01*999999999*DA*12345~
                 TRN*1*T1*1512345678~
                 CLP*A1*1*100*30**12*ICN1~
                 SVC*HC:99213*100*30**1~
                 CAS*CO*197*70~
                 CLP*A2*1*100*30**12*ICN2~
                 SVC*HC:99213*100*30**1~
                 CAS*CO*45*70~""")


@pytest.fixture
def read(tmp_path):
    """Quote what stands at the n-th segment that begins so."""
    ctx = SimpleNamespace(vault=Vault(tmp_path))

    def call(content: bytes, begins: str, kind: str, number: int = 0):
        end = content[105:106].decode()
        at = [seg for seg, text in enumerate(content.decode().split(end), 1) if text.startswith(begins)][number]
        sha256 = ctx.vault.put(content)
        rows = quoted(ctx, sha256, at, kind)
        for _, offset, length, text in rows.itertuples(index=False):
            assert ctx.vault.read(sha256, int(offset), int(length)).decode().strip("\r\n") == text
        return rows

    return call


def ids(rows) -> str:
    return " ".join(text.split("*")[0] for text in rows["text"])


def test_a_claim_is_quoted_with_its_people_and_no_others(read):
    rows = read(SENT, "CLM", "837", 1)
    assert ids(rows) == "ISA GS ST BHT HL NM1 HL NM1 NM1 CLM HI LX SV1 DTP"
    assert elements(rows, "CLM")[0][1] == "A2" and [one[9] for one in elements(rows, "NM1")][1] == "W2"
    assert elements(rows, "SE") == []


def test_a_remittance_is_quoted_without_bank_account_and_other_claims(read):
    rows = read(REMIT, "CLP", "835")
    assert ids(rows) == "ISA GS ST TRN N1 N1 CLP SVC CAS" and elements(rows, "CLP")[0][1] == "A1"


def test_an_acknowledgment_is_quoted_without_what_it_says_of_claims(read):
    errors = "IK3*CLM*22**8~CTX*CLM01:A2~IK4*2*782*7~"
    assert ids(read(ack_999("9", "P", ("0001", "R", errors)), "AK2", "999")) == "ISA GS ST AK1 AK2 IK5 AK9"
    assert ids(read(ack_999("9", "A"), "AK1", "999")) == "ISA GS ST AK1 AK9"
    assert ids(read(ta1("000000009"), "TA1", "TA1")) == "ISA TA1"


def test_a_status_is_quoted_with_the_levels_that_tie_it(read):
    rows = read(ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A7:21", "100")), "STC", "277CA", 2)
    assert ids(rows) == "ISA GS ST BHT HL NM1 TRN DTP DTP HL NM1 TRN STC HL NM1 TRN HL NM1 TRN STC DTP"
    assert [one[2] for one in elements(rows, "TRN")] == ["R1", "B1", "0", "A2"]
    of_batch = read(ca_277("B1", ("A1", "A2:20", "100"), of_batch="A8:746:PR"), "STC", "277CA")
    assert ids(of_batch) == "ISA GS ST BHT HL NM1 TRN DTP DTP HL NM1 TRN STC"


def test_segments_that_end_with_the_line_are_read_too(read):
    rows = read(SENT.replace(b"~", b"\n"), "CLM", "837")
    assert elements(rows, "CLM")[0][1] == "A1" and elements(rows, "ISA")[0][16] == ":"
