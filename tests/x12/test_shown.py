"""A segment for people: masked unless it is known to be harmless, cut around what is marked, marked exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from claims import x12
from claims.x12.conform import maps
from claims.x12.conform.nodes import Composite
from claims.x12.delimiters import STANDARD
from claims.x12.segments import CODES
from claims.x12.shown import Mark, kept, mark_of, segment_id_of, shown

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "samples"
GUIDES = ("control", "005010X221A1", "005010X222A1", "005010X223A2", "005010X231A1", "005010X214")
# Elements of type AN that hold a code, a control number or a date, and those of guides without a map (dental, 997).
TEXT_THAT_IS_CODED = {
    ("AK1", 3), ("AK2", 2), ("AK2", 3), ("CLM", 5), ("CLP", 8), ("CTX", 1), ("CTX", 4), ("DTP", 3), ("FRM", 1),
    ("GS", 8), ("HCP", 10), ("HI", 0), ("HL", 1), ("HL", 2), ("IK3", 3), ("LIN", 3), ("LQ", 2), ("MIA", 5), ("MIA", 20),
    ("MIA", 21), ("MIA", 22), ("MIA", 23), ("MOA", 3), ("MOA", 4), ("MOA", 5), ("MOA", 6), ("MOA", 7), ("PRV", 3),
    ("SE", 2), ("ST", 2), ("ST", 3), ("STC", 1), ("STC", 10), ("STC", 11), ("SV1", 1), ("SV1", 5), ("SV2", 1),
    ("SV2", 2), ("SV5", 1), ("SVC", 1), ("SVC", 4), ("SVC", 6), ("SVD", 3), ("SVD", 4), ("TS3", 2),
}  # fmt: skip
NO_MAP_YET = {"AK3", "AK4", "AK5", "DN1", "DN2", "SV3", "TOO", "HSD"}


def text_of(segment: str, **options) -> str:
    """Show a segment without a mark."""
    return shown(segment.encode(), STANDARD, Mark(), width=200, **options).text


@pytest.mark.parametrize(
    ("segment", "text"),
    [
        ("CLM*EX26A*200***11:B:1*Y*A*Y*Y~", "CLM*[5]*200***11:B:1*Y*A*Y*Y~"),
        ("CLP*A100*1*200*128*32*12*ICN1*11*1~", "CLP*[4]*1*200*128*32*12*[4]*11*1~"),
        ("NM1*IL*1*DOE*JANE*Q*DR*JR*MI*W1~", "NM1*IL*1*[3]*[4]*[1]*[2]*[2]*MI*[2]~"),
        ("N3*1 WAY*FLAT 2~", "N3*[5]*[6]~"),
        ("N4*NOWHERE*OH*45999~", "N4*[7]*OH*[5]~"),
        ("DMG*D8*19800115*F~", "DMG*D8*[8]*F~"),
        ("PAT*19****D8*20260101~", "PAT*19****D8*[8]~"),
        ("REF*G1*AUTH1~", "REF*G1*[5]~"),
        ("REF*SY*123456789~", "REF*SY*[9]~"),
        ("PER*IC*ANN*TE*8005550100~", "PER*IC*[3]*TE*[10]~"),
        ("NTE*ADD*FELL OFF A LADDER~", "NTE*ADD*[17]~"),
        ("TRN*1*EFT1*1900000011~", "TRN*1*[4]*[10]~"),
        ("PLB*1999999018*20261231*WO:ICN5*88~", "PLB*[10]*20261231*WO:[4]*88~"),
        ("BPR*I*128*C*ACH*CCP*01*123*DA*77*19**01*98*DA*55*20260910~",
         "BPR*I*128*C*ACH*CCP*01*[3]*DA*[2]*[2]**01*[2]*DA*[2]*20260910~"),
        ("SBR*P*18*GRP1*MY EMPLOYER*****CI~", "SBR*P*18*[4]*[11]*****CI~"),
        ("SV1*HC:99213:25::::WORDS*120*UN*1***1:2~", "SV1*HC:99213:25::::[5]*120*UN*1***1:2~"),
        ("HI*ABK:S52521A*ABF:I10~", "HI*ABK:S52521A*ABF:I10~"),
        ("HI*BBR:02HV33Z:D8:20260902~", "HI*BBR:02HV33Z:D8:[8]~"),
        ("DTP*472*RD8*20260201-20260204~", "DTP*472*RD8*20260201-20260204~"),
        ("DTP*484*D8*20260201~", "DTP*484*D8*[8]~"),
        ("IK4*5:1*1331*7*DOE~", "IK4*5:1*1331*7*[3]~"),
        ("CTX*CLM01:A100~", "CTX*CLM01:[4]~"),
        ("STC*A7:562:85*20260912*U*560********SEE LETTER~", "STC*A7:562:85*20260912*U*560********[10]~"),
        ("ISA*03*PASSWORD  *00*          *ZZ*ME             *ZZ*YOU            *260901*0000*^*00501*000000007*0*P*:~",
         "ISA*03*[10]*00*          *ZZ*[15]*ZZ*[15]*260901*0000*^*00501*000000007*0*P*:~"),
    ],
)  # fmt: skip
def test_people_are_masked_and_codes_amounts_and_days_of_service_kept(segment, text):
    assert text_of(segment) == text
    assert text_of(segment, is_masked=False) == segment


@pytest.mark.parametrize(
    "segment",
    [
        "NM1*IL*DOE*JANE~",  # an element too few: the name stands where a code does
        "CLM*200*DOE~",
        "CLM*A1*DOE*200***JANE:DOE:MARY~",
        "DMG*DOE*JANE*MARY~",
        "SVC*JANE:DOE*MARY~",
        "HI*DOE:JANE~",
        "SBR*DOE*JANE~",
        "PLB*DOE*JANE*MARY:DOE*JANE~",
        "ZZZ*DOE*JANE~",
        "DOE*JANE~",
        "JANE DOE~",
        "N1*PR:DOE*JANE~",
        "N1*PR^DOE*JANE~",
    ],
)
def test_a_name_in_the_place_of_a_code_is_masked(segment):
    assert not any(name in text_of(segment) for name in ("DOE", "JANE", "MARY"))


def test_a_long_number_in_the_place_of_an_amount_is_masked():
    assert text_of("CLM*A1*123456789~") == "CLM*[2]*[9]~"
    assert text_of("DTP*472*D8*123-45-6789~") == "DTP*472*D8*[11]~"


def test_only_coded_and_counted_elements_of_the_guides_are_kept():
    kinds: dict[tuple[str, int, int], set[str]] = {}
    for guide in GUIDES:
        for segment in maps.tree(guide).segments():
            for item in segment.elements:
                parts = [(part.number, part) for part in item.elements] if isinstance(item, Composite) else [(0, item)]
                for number, part in parts:
                    kinds.setdefault((segment.id, item.number, number), set()).add(part.kind)
    for name, row in kept().items():
        assert name in CODES
        places = {place: kinds.get((name, *place)) for place in row.forms}
        for (element, component), found in places.items():
            is_coded = found and found <= {"ID", "N0", "R", "DT", "TM"}
            assert is_coded or (name, element) in TEXT_THAT_IS_CODED or name in NO_MAP_YET, (name, element, component)


@pytest.mark.parametrize("path", sorted((ROOT / "edi_samples").glob("*/*/*.*")), ids=lambda path: path.name)
def test_nobody_of_a_sample_can_be_read(path):
    _nobody_can_be_read(path)


@pytest.mark.long
@pytest.mark.skipif(not SHARED.exists(), reason="the shared samples are not here")
def test_nobody_of_the_shared_samples_can_be_read():
    paths = [path for path in SHARED.rglob("*") if path.is_file() and path.stat().st_size < 200_000]
    assert len(paths) > 100
    for path in paths:
        _nobody_can_be_read(path)


PRIVATE = {
    "parties": ("last_name", "first_name", "identifier"),
    "claims": ("claim_number", "member_id", "original_reference", "prior_authorization"),
    "claim_payments": ("claim_number", "payer_claim_number", "member_id"),
    "references": ("reference",),
}


def _nobody_can_be_read(path: Path) -> None:
    file, data = x12.read(path), path.read_bytes()
    if file.interchanges.empty or "lines-wrapped" in set(file.findings["code"]):
        return
    names = {name for frame, columns in PRIVATE.items() for column in columns for name in file.frames[frame][column]}
    names = {name for name in names if len(name) > 4 and not name.isdigit()}
    header = file.interchanges.iloc[0]
    if len(set(file.interchanges["element_separator"])) > 1 or len(header["element_separator"].encode()) > 1:
        return
    delimiters = replace(
        STANDARD, element=ord(header["element_separator"]), component=ord(header["component_separator"]),
        terminator=ord(header["terminator"]), repetition=ord(header["repetition_separator"] or "^"),
    )  # fmt: skip
    for offset, length in zip(file.frames["segments"]["offset"], file.frames["segments"]["length"], strict=True):
        text = shown(data[offset : offset + length], delimiters, Mark(), width=10_000).text
        values = set(text.replace(header["component_separator"], "*").split(header["element_separator"]))
        assert not values & names, (path.name, offset)


# ---- marks


@pytest.mark.parametrize(
    ("element", "repeat", "marked"),
    [
        ("", 0, "CLM"),
        ("CLM", 0, "CLM"),
        ("CLM02", 0, "200"),
        ("CLM05", 0, "11:B:1"),
        ("CLM05-3", 0, "1"),
        ("CLM03", 0, ""),
        ("CLM05-4", 0, ""),
        ("CLM12", 0, ""),
    ],
)
def test_a_mark_is_on_its_element(element, repeat, marked):
    raw = b"CLM*A1*200***11:B:1*Y~"
    mark = mark_of(segment_id_of(raw, STANDARD), element, repeat)
    assert mark is not None
    line = shown(raw, STANDARD, mark, width=80)
    assert line.text[line.start : line.end] == marked
    assert line.columns == max(len(marked), 1)


def test_what_was_not_sent_is_marked_where_it_should_stand():
    line = shown(b"CLM*A1*200***11:B:1*Y~", STANDARD, Mark(3), width=80)
    assert line.text[: line.column] == "CLM*[2]*200*"
    line = shown(b"CLM*A1*200~", STANDARD, Mark(9), width=80)
    assert line.text[line.column :] == "~"


def test_the_repetition_is_marked_and_not_its_neighbours():
    line = shown(b"HI*ABK:E119^ABK:I10~", STANDARD, Mark(1, 2, 2), width=80)
    assert line.text[line.start : line.end] == "I10" and line.start > line.text.index("^")
    line = shown(b"HI*ABK:E119^ABK:I10~", STANDARD, Mark(1, 0, 2), width=80)
    assert line.text[line.start : line.end] == "ABK:I10"


def test_a_name_of_another_segment_marks_nothing():
    assert mark_of("N4", "N3") is None
    assert mark_of("N1", "N102") == Mark(2)
    assert mark_of("CLM", "REF02") is None


# ---- widths


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
@pytest.mark.parametrize("element", range(0, 19))
def test_a_long_segment_is_cut_around_the_mark(width, element):
    values = [f"{number}5.5" for number in range(1, 18)]
    raw = f"TS2*{'*'.join(values)}~".encode()
    line = shown(raw, STANDARD, Mark(element), width=width)
    assert len(line.text) <= width and line.text.startswith("TS2")
    wanted = ["TS2", *values, ""][element]
    assert line.text[line.start : line.end] == wanted
    assert line.end < len(line.text) or element == 0
    alone = line.text.replace("…", "").strip("~").split("*")
    assert set(alone) <= {"TS2", "", *values}, "an element was cut"


def test_of_a_mark_wider_than_the_line_both_ends_are_shown():
    raw = f"NTE*ADD*{'A' * 60}{'B' * 60}~".encode()
    line = shown(raw, STANDARD, Mark(2), width=40, is_masked=False)
    marked = line.text[line.start : line.end]
    assert len(line.text) <= 40 and marked.startswith("AAAA") and "…" in marked and marked.endswith("BBBB")


def test_control_characters_are_shown_as_escapes():
    line = shown(b"N3*A\x1b[31m\tB\x00~", STANDARD, Mark(1), width=80, is_masked=False)
    assert line.text == "N3*A\\x1B[31m\\tB\\x00~" and line.columns == len("A\\x1B[31m\\tB\\x00")
    feed = replace(STANDARD, terminator=ord("\n"))
    assert shown(b"N3*A\n", feed, Mark(1), width=80).text == "N3*[1]\\n"


def test_letters_of_two_columns_count_twice():
    line = shown("NM1*IL*1*木村*花~".encode(), STANDARD, Mark(4), width=80, is_masked=False)
    assert (line.column, line.columns) == (14, 2)


def test_what_a_finding_says_of_the_value_is_shown():
    raw = b"SV1*HC:99213*20O*UN*1~"
    assert shown(raw, STANDARD, Mark(2), width=80, found="20O").text == "SV1*HC:99213*20O*UN*1~"
    assert shown(raw, STANDARD, Mark(2), width=80).text == "SV1*HC:99213*[3]*UN*1~"
    assert shown(raw, STANDARD, Mark(4), width=80, found="20O").text == "SV1*HC:99213*[3]*UN*1~"


def test_a_name_that_a_finding_says_stays_masked():
    assert shown(b"CLP*A1*1*Lee~", STANDARD, Mark(3), width=80, found="Lee").text == "CLP*[2]*1*[3]~"
    assert shown(b"AMT*I*555-12-3456~", STANDARD, Mark(2), width=80, found="555-12-3456").text == "AMT*I*[11]~"
