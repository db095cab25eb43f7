"""A running Prefect server of our own for the whole session, and inboxes whose patient data is easy to find again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows import environment, server
from tests.books import Bill, bank, claims, remit

DAY = date(2025, 6, 30)

# What stands where a patient's data stands: none of it may be seen outside of the books and the vault.
CANARIES = {
    "last name": "ZZCANARYLAST",
    "member id": "ZZCANARYMEMBER",
    "claim number": "ZZCANARYCLAIM",
    "payer's claim number": "ZZCANARYICN",
    "file name": "ZZCANARYFILE",
    "rubbish": "ZZCANARYRUBBISH",
}

REMIT = """
    BPR*I*80*C*ACH*CCP*01*1*DA*2*1512345678**01*3*DA*4*20250310~
    TRN*1*TRACE1*1512345678~
    CLP*ZZCANARYCLAIM1*1*100*80**12*ZZCANARYICN1*11*1~
    NM1*QC*1*ZZCANARYLAST*ANN****MI*ZZCANARYMEMBER1~
    SVC*HC:99213*100*80**1~
    DTM*472*20250201~
    CAS*CO*45*20~
    CLP*ZZCANARYCLAIM2*4*60*0**12*ZZCANARYICN2*11*1~
    NM1*QC*1*ZZCANARYLAST*BOB****MI*ZZCANARYMEMBER2~
    SVC*HC:99212*60*0**1~
    DTM*472*20250201~
    CAS*CO*197*60~
"""


def tiny_night() -> dict[str, bytes]:
    """Invent a tiny night: two claims, their remittance (one paid, one denied), the deposit, and a file of rubbish."""
    bills = [
        Bill("ZZCANARYCLAIM1", [("99213", "100")], member="ZZCANARYMEMBER1"),
        Bill("ZZCANARYCLAIM2", [("99212", "60")], member="ZZCANARYMEMBER2"),
    ]
    return {
        "a.837": claims(*bills).replace(b"PERSON0", b"ZZCANARYLAST").replace(b"PERSON1", b"ZZCANARYLAST"),
        "b.835": remit(REMIT),
        "c.csv": bank(("2025-03-11", "80.00", "TRACE1")),
        "d.txt": b"Dear ZZCANARYRUBBISH, this is not X12.",
    }


def fill(folder: Path) -> Path:
    """Put the tiny night into a new folder; every file is named after a patient."""
    folder.mkdir()
    for name, content in tiny_night().items():
        (folder / f"ZZCANARYFILE-{name}").write_bytes(content)
    return folder


@pytest.fixture
def inbox(tmp_path):
    """The tiny night in a folder."""
    return fill(tmp_path / "inbox")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    """Our own server; this process's Prefect talks to it from now on."""
    folder = tmp_path_factory.mktemp("prefect-home") / "prefect"
    with pytest.MonkeyPatch.context() as patch:
        for name in environment.ambient():
            patch.delenv(name)
        child = server.start(folder)
        try:
            environment.prepare(folder, child.api_url, child.token)
            child.wait()
            yield child
        finally:
            child.stop()
