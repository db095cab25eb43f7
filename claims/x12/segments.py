"""Segment ids: bytes in, small integers out, by an exact table of all ids of up to three letters and digits."""

from __future__ import annotations

from itertools import product

import numpy as np

from claims.x12.numbers import Bytes, Integers, Words, pack

# Every id of the sets that are read here; position is the code, 0 stands for an id that is not in the list.
_LIST = (
    "ISA IEA GS GE ST SE TA1 BHT BPR TRN CUR REF DTM DTP N1 N2 N3 N4 NM1 PER RDM LX TS2 TS3 CLP CAS MIA MOA AMT QTY "
    "SVC LQ PLB HL PRV SBR PAT DMG CLM CL1 DN1 DN2 PWK CN1 K3 NTE CR1 CR2 CR3 CR4 CR5 CR6 CR7 CRC HI HCP HSD OI SV1 "
    "SV2 SV3 SV4 SV5 SV6 SV7 TOO LIN CTP MEA PS1 SVD FRM AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 CTX STC EB EQ III AAA BGN "
    "INS HD COB EC ICM LS LE UM MSG ENT RMR NX1 ADX ACT DSB LUI HLH PO1 BEG ISR INQ BIN EFI IN1 IN2 SCT LUN"
)
IDS: list[str] = ["", *_LIST.split()]
CODES: dict[str, int] = {name: code for code, name in enumerate(IDS)}

# By the three bytes of an id, in upper, lower or mixed case. Sixteen million entries, of which a few pages are touched.
_EXACT: Bytes = np.zeros(1 << 24, np.uint8)
for _name, _code in CODES.items():
    for _cases in product(*((char, char.lower()) for char in _name)):
        if _name:
            _EXACT[pack("".join(_cases))] = _code


def id_words(words: Words, length: Integers) -> Words:
    """Return the bytes of each id as a word, from the word it begins; 0 for one that is too short or too long."""
    is_long = length == 3
    is_known = is_long | (length == 2)
    # Two bytes of all, the third where there is one.
    found = words.astype(np.uint32) & (is_long.astype(np.uint32) * np.uint32(0xFF0000) | np.uint32(0xFFFF))
    if not is_known.all():
        found *= is_known
    return np.asarray(found.astype(np.uint64))


def code_of(words: Words) -> Bytes:
    """Return the code of each id; lower case counts as upper case."""
    return _EXACT.take(words.view(np.int64))
