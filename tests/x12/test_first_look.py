"""The letters ISA, however often, are no header; whatever may be one is looked at."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np

from claims import x12
from claims.x12 import first_look
from claims.x12.delimiters import LONGEST, read_header

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
DEPENDENT = (ROOT / "837p" / "pass" / "patient-is-dependent.edi").read_bytes()
HEAD = b"ISA*00*          *00*          *ZZ*PAYER          *ZZ*RECEIVER       *250310*1200*^*00501*000000001*0*P*:~"


def header(chance: random.Random) -> bytes:
    """Make a header that is trimmed, wrapped, has other separators, is damaged, or is as it must be."""
    width = chance.randint(10, 80)
    found = bytearray(
        chance.choice(
            [
                HEAD, HEAD.replace(b"          ", b""), HEAD.replace(b"*", b"\xc2\xa7"),
                HEAD.replace(b"ISA*", b"ISA  *"),
                b"\r\n".join(HEAD[at : at + width] for at in range(0, len(HEAD), width)),
                HEAD.replace(b"*", bytes([chance.choice(b"|+\xa7\t\x1d")])),
                HEAD.replace(b"~", b"  ~").replace(b"*P*", b"*  P *"), HEAD.replace(b"        ", b"*       ", 1),
            ]
        )
    )  # fmt: skip
    for _ in range(chance.choice((0, 0, 1, 2))):
        found[chance.randrange(len(found))] = chance.choice(b"*:~ A1\r\n^|")
    return bytes(found)


def test_every_header_that_can_be_read_is_looked_at(monkeypatch):
    monkeypatch.setattr(first_look, "_FEW", 0)
    chance, taken = random.Random(3), 0
    for _ in range(20):
        names = (b"GS*HC~", b"NARCISA*", b"ISAISA*", b"\n", b"")
        block = b"".join(chance.choice(names) + header(chance) for _ in range(60)) + b"x" * LONGEST
        places = [at for at in range(len(block) - LONGEST) if block[at : at + 3] == b"ISA"]
        kept = set(first_look.may_begin(np.frombuffer(block, np.uint8), np.array(places)).tolist())
        read = {at for at in places for loose in (True, False) if read_header(block[at : at + LONGEST], loose=loose)}
        assert read <= kept
        taken += len(read)
    assert taken > 500


def test_the_letters_a_hundred_thousand_times_cost_no_more_than_other_text():
    begun = time.process_time()
    file = x12.read(DEPENDENT.replace(b"TEACUP*CLOVER", b"ISA*" * 100_000, 1))
    assert time.process_time() - begun < 0.5
    assert len(file.frames["claims"]) == 3
