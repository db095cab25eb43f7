"""Where a file is cut into parts changes no finding, and little is carried from part to part."""

from __future__ import annotations

import pandas as pd
import pytest

from claims import x12
from claims.codes import lists
from claims.x12.edits import Edits
from claims.x12.edits.duplicates import Seen
from claims.x12.file import joined
from tests.x12.edits.conftest import billed, paid
from tests.x12.envelopes import submission

LINE = "LX*1~SV1*HC:{code}*100*UN*1***1~DTP*472*D8*{day}~"
CLAIMS = "".join(
    f"CLM*A{number % 17}*100***11:B:1*Y*A*Y*Y~HI*ABK:J069~"
    + LINE.format(code=99211 + number % 3, day=20250201 + number % 5)
    for number in range(40)
)
DEPENDENT = "HL*3*2*23*0~PAT*19****D8*20250202~NM1*QC*1*DOE*KIM~DMG*D8*20250203*F~"
PAYMENTS = "".join(
    f"CLP*A{number}*1*100*{100 - number}*5*12*ICN{number}~CAS*CO*16*{number}~AMT*I*1~"
    f"SVC*HC:99213*100*{100 - number}~DTM*472*20260{3 + number % 2}15~CAS*CO*45*0~"
    for number in range(1, 31)
)
FILES = {
    "837": billed(CLAIMS + DEPENDENT + CLAIMS),
    "two sets": submission(*[billed(CLAIMS).split("005010X222A1~", 2)[2].split("SE*")[0]] * 2),
    "835": paid("TS3*1999999984*11*20261231*29*3000~" + PAYMENTS + "PLB*1999999984*20261231*L6*-29~", "2564"),
    "all": billed(CLAIMS) + paid(PAYMENTS, "2535"),
}


def in_parts(data: str, window: int, part: int) -> tuple[pd.DataFrame, int]:
    """Return the findings of a file that is read in parts, and how many they were."""
    edits, parts = Edits({}, lists.load()), list(x12.scan(data.encode(), window=window, part=part))
    for one in parts:
        one.frames["findings"] = edits.look(one)
    return joined(parts).findings, len(parts)


@pytest.mark.parametrize("part", [300, 900, 2000])
@pytest.mark.parametrize("name", FILES)
def test_parts_join_to_the_same_findings(name, part):
    whole, one = in_parts(FILES[name], 1 << 20, 1 << 40)
    again, several = in_parts(FILES[name], 200, part)
    assert one == 1 and several > 1
    pd.testing.assert_frame_equal(whole, again)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("837", {"claim-repeated", "service-repeated", "service-before-birth", "service-after-death", "not-checked"}),
        ("two sets", {"claim-repeated", "service-repeated", "not-checked"}),
        ("835", {"carc-without-remark", "interest-differs", "summary-differs", "payment-before-service"}),
    ],
)
def test_the_files_hold_what_goes_over_parts(name, codes):
    assert codes <= set(in_parts(FILES[name], 1 << 20, 1 << 40)[0]["code"])


def test_a_list_is_missed_once_for_each_set():
    found, _ = in_parts(FILES["two sets"], 200, 300)
    missed = found[found["code"] == "not-checked"]
    # ICD-10-CM, CPT and MUE; NCCI where two procedures meet on a day, as in no claim here
    assert missed.groupby("transaction_seg").size().tolist() == [3, 3]
    assert missed.groupby("transaction_seg")["message"].nunique().tolist() == [3, 3]


def test_ended_sets_leave_nothing_behind_but_hashes():
    edits = Edits({}, lists.load())
    for name in ("837", "835", "two sets"):
        for one in x12.scan(FILES[name].encode(), window=200, part=300):
            edits.look(one)
    carried = vars(edits._payments)
    assert carried == {"dates": {}, "interest": {}, "summary": None}
    assert not edits._code_sets.told and len(edits._groups) == 1
    assert all(isinstance(value, Seen) for value in vars(edits._duplicates).values())
