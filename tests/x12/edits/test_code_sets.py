"""Codes and the lists of the day."""

from __future__ import annotations

import pytest

from claims import x12
from claims.codes import lists
from tests.x12.edits.conftest import billed, paid

CLAIM = "CLM*A1*{total}***11:B:1*Y*A*Y*Y~HI*ABK:J069~LX*1~SV1*HC:{first}*100*UN*{units}***1~DTP*472*D8*{day}~{more}"


def claim(first: str = "99213", day: str = "20250201", more: str = "", units: str = "1", total: int = 100) -> str:
    """Return a file with one claim."""
    return billed(CLAIM.format(first=first, day=day, more=more, units=units, total=total))


def line(number: int, code: str, units: str = "1") -> str:
    """Return another line of the same day."""
    return f"LX*{number}~SV1*HC:{code}*100*UN*{units}***1~DTP*472*D8*20250201~"


@pytest.fixture
def checked(tmp_path):
    """Check a file against lists; returns code, severity, found and expected."""

    def check(data: str, *files: str) -> list[tuple[str, ...]]:
        for number, text in enumerate(files):
            (tmp_path / f"{number}.csv").write_text(text)
        found = x12.check(data.encode(), code_lists=tmp_path).findings
        own = ("not-checked", "ncci-pair", "units-exceed-mue", "ndc-form")
        found = found[found["code"].isin(own) | found["code"].str.endswith("-not-valid")]
        found = found[found["code"] != "date-not-valid"]
        return list(found[["code", "severity", "found", "expected"]].itertuples(index=False, name=None))

    return check


HEADER = "code_list,code,effective_from,effective_to\n"
COVERED = "".join(f"{name},*,2025-01-01,2025-12-31\n" for name in ("ICD10CM", "CPT", "HCPCS", "NDC"))
CODES = HEADER + COVERED + (
    "ICD10CM,J06.9,,\nCPT,99213,,\nCPT,99214,2025-01-01,2025-01-31\nCPT,99214,2025-03-01,\nHCPCS,J1885,,2025-06-30\n"
    "NDC,00409-1234-01,,\n"
)  # fmt: skip
NO_UNITS = "mue_code,max_units,effective_from,effective_to\n*,,,\n"
NO_PAIRS = "column_one,column_two,effective_from,effective_to,modifier_indicator\n*,,,,\n"


def test_without_lists_there_is_one_note_for_each(checked):
    text = claim(more=line(2, "J1885"), total=200)
    assert [one for one in checked(text) if one[2] == "no list"] == [
        ("not-checked", "note", "no list", "a list that covers the day")
    ] * 4  # CPT, HCPCS, NCCI and MUE


def test_codes_of_the_day_are_good(checked):
    assert checked(claim(), CODES, NO_UNITS) == []
    drug = "LIN**N4*00409123401~CTP****1*ML~"
    assert checked(claim("J1885", more=drug), CODES, NO_UNITS) == []


@pytest.mark.parametrize(
    ("code", "day", "is_good"),
    [
        ("99214", "20250115", True), ("99214", "20250131", True), ("99214", "20250201", False),
        ("99214", "20250301", True), ("99999", "20250201", False), ("J1885", "20250201", True),
        ("J1886", "20250201", False),
    ],
)  # fmt: skip
def test_a_code_is_valid_from_its_first_to_its_last_day(checked, code, day, is_good):
    told = [] if is_good else [("procedure-code-not-valid", "hold", code, day)]
    assert checked(claim(code, day), CODES, NO_UNITS) == told


def test_diagnoses_and_drugs(checked):
    text = claim("J1885", more="LIN**N4*00409999999~CTP****1*ML~").replace("ABK:J069", "ABK:J06")
    assert checked(text, CODES, NO_UNITS) == [
        ("diagnosis-code-not-valid", "hold", "J06", "20250201"),
        ("drug-code-not-valid", "hold", "00409999999", "20250201"),
    ]  # fmt: skip


def test_outside_the_coverage_nothing_is_said_but_one_note(checked):
    found = checked(claim("99999", "20240201", more=line(2, "99998").replace("20250201", "20240202"), total=200), CODES)
    assert [one[2] for one in found if "no list covers" in one[2]] == ["no list covers 20240201"] * 2  # ICD10CM, CPT
    assert {code for code, *_ in found} == {"not-checked"}


def test_the_package_covers_its_half_year():
    shipped = lists.load().get("ICD10CM")
    if shipped is None:
        pytest.skip("simple-icd-10-cm is not installed")
    sent = {"20260401": True, "20260930": True, "20260331": False, "20261001": False}
    for day, is_covered in sent.items():
        found = x12.check(claim(day=day).replace("J069", "J06").encode()).findings
        assert ("diagnosis-code-not-valid" in set(found["code"])) == is_covered
    assert {"J069", "S72001A", "U071"} <= set(shipped.rows["code"])
    assert not {"J06", "S72001", "A00-A09", "10"} & set(shipped.rows["code"])


PAIRS = NO_PAIRS + "99213,36415,2025-01-01,,1\n99213,93000,2025-01-01,,0\n99213,80053,2025-01-01,,9\n"


@pytest.mark.parametrize(
    ("second", "told"),
    [("36415", True), ("36415:59", False), ("93000", True), ("93000:59", True), ("80053", False), ("85025", False)],
)
def test_pairs_of_a_day(checked, second, told):
    text = claim(more=line(2, second), total=200)
    expected = [("ncci-pair", "note", second[:5], "99213")] if told else []
    assert checked(text, HEADER + "CPT,*,,\nCPT,99213,,\nCPT,36415,,\nCPT,93000,,\nCPT,80053,,\nCPT,85025,,\n"
                   "ICD10CM,*,,\nICD10CM,J069,,\n", NO_UNITS, PAIRS) == expected  # fmt: skip


def test_pairs_of_two_days_are_none(checked):
    text = claim(more=line(2, "36415").replace("20250201", "20250202"), total=200)
    found = checked(text, PAIRS, NO_UNITS)
    assert "ncci-pair" not in {code for code, *_ in found}


UNITS = NO_UNITS.replace("_to\n", "_to,adjudication_indicator\n").replace("*,,,", "*,,,,")
UNITS += "99213,1,2025-01-01,,1\n36415,2,2025-01-01,,2\n85025,2,2025-02-02,,1\n"


@pytest.mark.parametrize(
    ("first", "units", "second", "more", "told"),
    [
        ("99213", "1", "99213", "1", []),
        ("99213", "2", "85025", "9", [("units-exceed-mue", "note", "2", "1")]),
        ("36415", "1", "36415", "1", []),
        ("36415", "1", "36415", "1.5", [("units-exceed-mue", "note", "2.5", "2")]),
    ],
)
def test_units_of_a_line_or_a_day(checked, first, units, second, more, told):
    text = claim(first, units=units, more=line(2, second, more), total=200)
    found = checked(text, UNITS, NO_PAIRS)
    assert [one for one in found if one[0] != "not-checked"] == told


def test_reason_codes_with_dates_decide_by_the_payment_date(tmp_path):
    text = paid("CLP*A1*1*100*0**12*ICN1~CAS*CO*{code}*100~SVC*HC:99213*100*100~")
    (tmp_path / "carc.csv").write_text(
        HEADER + "CARC,*,2026-01-01,2026-12-31\nCARC,29,,2026-03-09\nCARC,A2,,2026-06-30\n"
    )

    def stopped(code: str, data: str) -> bool:
        found = x12.check(data.replace("{code}", code).encode(), code_lists=tmp_path).findings
        return "carc-stopped" in set(found["code"])

    assert stopped("29", text) and not stopped("29", text.replace("20260310", "20260309"))
    assert not stopped("A2", text)
    assert stopped("A2", text.replace("20260310", "20250310"))  # not covered: the table decides
