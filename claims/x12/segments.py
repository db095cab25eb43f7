"""Segment ids: bytes in, small integers out, by an exact table of all ids of up to three letters and digits."""

from __future__ import annotations

import numpy as np

from claims.x12.numbers import Bytes, Integers

# Every id of the sets that are read here; position is the code, 0 stands for an id that is not in the list.
_LIST = (
    "ISA IEA GS GE ST SE TA1 BHT BPR TRN CUR REF DTM DTP N1 N2 N3 N4 NM1 PER RDM LX TS2 TS3 CLP CAS MIA MOA AMT QTY "
    "SVC LQ PLB HL PRV SBR PAT DMG CLM CL1 DN1 DN2 PWK CN1 K3 NTE CR1 CR2 CR3 CR4 CR5 CR6 CR7 CRC HI HCP HSD OI SV1 "
    "SV2 SV3 SV4 SV5 SV6 SV7 TOO LIN CTP MEA PS1 SVD FRM AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 CTX STC EB EQ III AAA BGN "
    "INS HD COB EC ICM LS LE UM MSG ENT RMR NX1 ADX ACT DSB LUI HLH PO1 BEG ISR INQ BIN EFI IN1 IN2 SCT LUN"
)
IDS: list[str] = ["", *_LIST.split()]
CODES: dict[str, int] = {name: code for code, name in enumerate(IDS)}

_RADIX = 37
_RANK: Integers = np.zeros(256, np.int64)
for _rank, _char in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1):
    _RANK[ord(_char)] = _RANK[ord(_char.lower())] = _rank
_EXACT: Bytes = np.zeros(_RADIX**3, np.uint8)
for _name, _code in CODES.items():
    if _name:
        _padded = [int(_RANK[ord(_char)]) for _char in _name] + [0] * (3 - len(_name))
        _EXACT[(_padded[0] * _RADIX + _padded[1]) * _RADIX + _padded[2]] = _code


def code_of(data: Bytes, start: Integers, end: Integers) -> Bytes:
    """Return the code of each id; lower case counts as upper case."""
    length = end - start
    third = np.where(length == 3, _RANK[data[start + 2]], 0)
    code = _EXACT[(_RANK[data[start]] * _RADIX + _RANK[data[start + 1]]) * _RADIX + third]
    return np.where((length == 2) | (length == 3), code, 0).astype(np.uint8)
