"""The reference itself: an error stands at the segment that raised it, endings have names, pyx12 is left as it was."""

from __future__ import annotations

import logging

import pytest
import pyx12.error_handler
import pyx12.map_if
import pyx12.map_index
import pyx12.x12file

from tests.x12.envelopes import interchange, segments, transaction
from tests.x12.reference import reference_of

BODY = """
    BPR*I*90*C*ACH*CCP*01*123456780*DA*77*1900000011**01*987654320*DA*55*20260910~
    TRN*1*EFT1*1900000011~
    N1*PR*FABLEWOOD HEALTH PLAN~
    N3*1 STORYBOOK LANE~
    N4*NOWHERE*OH*459990001~
    PER*BL*REMIT DESK*TE*8005550111~
    N1*PE*MADE UP FAMILY PRACTICE*XX*1999999018~
    LX*1~
    CLP*A112*1*150*90**12*ICN12*11*1~
    CAS*CO*45*60~
    NM1*QC*1*JELLYBAND*TULIP****MI*W11~
    SVC*HC:99213*150*90~
    DTM*472*20260902~
"""
SET = transaction(BODY, "ST*835*{number}", 1)
FILE = interchange([SET], "HP", "005010X221A1").replace("*S*R*", "*SENDER*RECEIVER*")
ST, LAST = 3, 19  # segments of ST and IEA; SE is 17, GE 18
SECOND = transaction(BODY, "ST*835*{number}", 2)


def number_of(start: str, text: str = FILE) -> int:
    """Find the number of the first segment that starts with some text."""
    return next(number for number, segment in enumerate(segments(text), 1) if segment.startswith(start))


def changed(old: str, new: str, text: str = FILE) -> bytes:
    """Replace text that is there once."""
    assert text.count(old) == 1, old
    return text.replace(old, new).encode()


def test_valid_file_has_no_errors_and_a_verdict():
    found = reference_of(FILE.encode())
    assert (found.pairs, found.verdicts, found.accepted, found.stopped) == (set(), [(ST, "A")], True, "")
    assert found.segments == LAST == len(found.nodes)
    assert [node.id for node in found.nodes] == [segment.split("*")[0] for segment in segments(FILE)]


@pytest.mark.parametrize(
    ("old", "new", "at", "code"),
    [
        ("IEA*1*000000001", "IEA*1*000000002", "IEA", "ISA 001"),
        ("IEA*1*", "IEA*2*", "IEA", "ISA 021"),
        ("GE*1*1~", "GE*1*2~", "GE", "GS 4"),
        ("GE*1*1~", "GE*2*1~", "GE", "GS 5"),
        ("SE*15*0001", "SE*15*0002", "SE", "ST 3"),
        ("SE*15*0001", "SE*16*0001", "SE", "ST 4"),
        ("LX*1~", "LX*1*~", "LX", "SEG SEG1"),
        ("N1*PE*", "N1*ZZ*", "N1*ZZ", "SEG 1"),
        ("LX*1~", " LX*1~", "LX", "SEG 1"),
        ("TRN*1*EFT1*1900000011~", "TRN*1*EFT1*1900000011*7**~", "TRN", "SEG 8"),
        ("CLP*A112*1*", "CLP*A112**", "CLP", "ELE 1"),
        ("*20260910~", "*20261310~", "BPR", "ELE 8"),
        ("OH*459990001", "OH*4", "N4", "ELE 4"),
        ("*90**12*", "*90**99*", "CLP", "ELE 7"),
        ("CAS*CO*45", "CAS*XX*45", "CAS", "SEG 1"),
        ("*150*90~", "*150*9O~", "SVC", "ELE 6"),
    ],
)
def test_error_stands_at_its_segment(old, new, at, code):
    data = changed(old, new)
    found = reference_of(data)
    assert (number_of(at, data.decode()), code) in found.pairs
    assert not found.stopped


def test_every_level_of_a_second_interchange_stands_at_its_own_segment():
    found = reference_of((FILE + FILE.replace("DTM*472", "DTM*999")).encode())
    assert found.pairs == {(LAST + 1, "ISA 025"), (LAST + number_of("DTM*472"), "SEG 1")}
    assert found.verdicts == [(ST, "A"), (LAST + ST, "R")]


def test_control_number_used_twice_stands_at_the_second():
    group = SET + SET + "GE*2*1~"
    start = FILE[: FILE.index("GS*")]
    head = FILE[FILE.index("GS*") : FILE.index("ST*")]
    found = reference_of((start + head + group + head + SET + "GE*1*1~IEA*2*000000001~").encode())
    assert found.pairs == {(ST + 15, "ST 23"), (ST + 31, "GS 6")}
    assert found.verdicts == [(3, "A"), (18, "R"), (35, "A")]


def test_missing_trailers_stand_at_the_last_segment():
    found = reference_of(FILE[: FILE.index("SE*")].encode())
    assert found.pairs == {(16, "ST 2"), (16, "GS 3"), (16, "ISA 023")}
    assert found.verdicts == [(3, "R")]


def test_missing_segment_stands_at_the_one_found_instead():
    data = changed("N1*PE*MADE UP FAMILY PRACTICE*XX*1999999018~", "").replace(b"SE*15", b"SE*14")
    assert reference_of(data).pairs == {(number_of("N1*PE"), "SEG 3")}


def test_element_error_says_where_and_what():
    found = reference_of(changed("HC:99213", "HC:99213:2555"))
    assert [detail[:4] for detail in found.details] == [(number_of("SVC"), "ELE 5", 1, 3)]
    assert found.details[0].sentence.endswith("(max_len)")


@pytest.mark.parametrize(
    ("data", "stopped", "segments_read"),
    [
        (changed("LX*1~", "LX*1~~"), "empty segment", 11),
        (FILE.encode() + b"~", "empty segment", LAST),
        (FILE.encode() + b"\r\n \n", "", LAST),
        (FILE.encode() + b"TAIL", "bytes without terminator", LAST),
        (changed("PLAN", "PLÅN"), "not ascii", 0),
        (b"", "ISA not readable", 0),
        (b"UNB+UNOA", "ISA not readable", 0),
        (changed("00501*", "00601*"), "ISA not readable", 0),
        (changed("*SENDER  ", "*SEN*DER  ").replace(b"   *ZZ*REC", b"  *ZZ*REC"), "ISA not readable", 1),
        (changed("005010X221A1", "005010X221A9"), "no map", 2),
        (changed("GE*1*1", "GE*ONE*1"), "crash: ValueError", 18),
        (changed("HC:99213", "HC:99213:::::::::"), "crash: IndexError", 15),
        (changed("FABLEWOOD", "F" * 20_000), "segment too long", 5),
    ],
)
def test_ending_has_a_name(data, stopped, segments_read):
    found = reference_of(data)
    assert (found.stopped, found.segments) == (stopped, segments_read)


def test_pyx12_is_left_as_it_was():
    places = (
        (pyx12.x12file, "X12Reader"),
        (pyx12.error_handler, "err_handler"),
        (pyx12.map_if, "load_map_file"),
        (pyx12.map_index, "map_index"),
    )
    before = [getattr(module, name) for module, name in places]
    logged = logging.root.manager.disable
    reference_of(FILE.encode())
    reference_of(changed("GE*1*1", "GE*ONE*1"))
    reference_of(b"UNB")
    assert [getattr(module, name) for module, name in places] == before
    assert logging.root.manager.disable == logged


def test_second_run_says_the_same():
    data = changed("N1*PE*", "N1*ZZ*", FILE.replace(SET, SET + SECOND.replace("N1*PE*", "N1*PE *")))
    first = reference_of(data)
    reference_of(FILE.encode())
    assert reference_of(data) == first
    assert first.pairs
