"""`complete=True` loses nothing of a claim: what is written again has its segments, element by element.

Segments are compared loop by loop, without their order in the loop. Not compared, because the writer says it anew: HL
and LX numbers, ST and SE, zeros at the end of decimals, the point of a diagnosis code, and which codes share a HI.
SBR02 of a subscriber follows from whether a patient has a level of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from claims import x12
from claims.x12.layout import frame_kinds
from claims.x12.write import write
from claims.x12.write_text import Delimiters, plain_ascii
from tests.x12.envelopes import SUBMISSION, submission
from tests.x12.invented import invent
from tests.x12.reference_validator import reference_errors
from tests.x12.test_round_trip import DIFFERENCES, OURS, SAMPLES, SHIPPED, THEIRS, clean, once_more
from tests.x12.test_windows import FILES, MUTATIONS, mutated, same

GUIDES = {"P": "005010X222A1", "I": "005010X223A2"}
# Beside DIFFERENCES: samples in which something is added that the guide wants.
ADDED = {
    "Virbhadra463__edi-parser-validator/sample_837p_valid.edi": "lines without LX get one",
}
BEGINS = {"ST", "HL", "CLM", "LX"}


def loops(data: bytes) -> list[Counter]:
    """Give the segments of each loop that a ST, HL, CLM or LX begins."""
    file = x12.read(data, lossless=True)
    marks = file.interchanges.iloc[0]
    found: list[Counter] = []
    for raw in file.frames["raw_segments"]["raw"].tolist()[:-1]:
        elements = parts(raw, marks)
        if elements[0] in BEGINS:
            found.append(Counter())
        if found and elements[0] not in ("SE", "GE", "IEA"):
            is_level = any(key[0] == "HL" for key in found[-1])
            found[-1].update(comparable(elements, is_level=is_level))
    return found


def parts(raw: bytes, marks: pd.Series) -> list[str]:
    """Split a segment, without separators at its end and at the ends of composites."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    text = plain_ascii(text).replace("\r", "").removesuffix(marks["terminator"]).replace("\n", "").strip()
    elements = [
        " ".join(one.replace(marks["component_separator"], ":").rstrip(":").split())
        for one in text.split(marks["element_separator"])
    ]
    while len(elements) > 1 and not elements[-1]:
        elements.pop()
    return [elements[0].upper(), *elements[1:]]


def comparable(elements: list[str], *, is_level: bool) -> list[tuple[str, ...]]:
    """Give what must come back of a segment."""
    name = elements[0]
    if name == "HI":
        return [("HI", one.replace(".", "")) for one in elements[1:] if one]
    if name in ("ST", "LX"):
        return [(name,)]
    if name == "HL":
        return [(name, elements[3])]
    if name == "SBR" and is_level:
        elements[2:3] = [""]
    elements = [re.sub(r"^(-?\d*)\.(\d*?)0*$", r"\1.\2", one).removesuffix(".") for one in elements]
    return [tuple(re.sub(r"^(-?)\.", r"\g<1>0.", one) for one in elements)]


def lost(data: bytes, frames: dict[str, pd.DataFrame] | None = None) -> list[str]:
    """Write a file again and name what is gone, and what is new."""
    again = write(frames or x12.read(data, complete=True).frames, upper=False)
    one, other = loops(data), loops(again)
    if len(one) != len(other):
        return [f"{len(one)} loops became {len(other)}"]
    pairs = list(zip(one, other, strict=True))
    return [
        f"{sign} {'*'.join(segment)}"
        for before, after in pairs
        for sign, segments in (("-", before - after), ("+", after - before))
        for segment in segments
    ]


@cache
def claims_of(root: Path) -> list[str]:
    """Name the clean files below a folder that hold 837s alone."""
    paths = [path for path in (OURS if root == SHIPPED else THEIRS) if b"837" in path.read_bytes()[:4000]]
    files = clean(paths, root)
    return [name for name, file in files.items() if file.transactions["set_code"].str.startswith("837").all()]


def test_no_segment_of_what_we_ship_is_lost():
    names = claims_of(SHIPPED)
    assert len(names) > 15
    assert {name: found for name in names if (found := lost((SHIPPED / name).read_bytes()))} == {}


@pytest.mark.long
@pytest.mark.skipif(not THEIRS, reason="the sample folder is not here")
def test_no_segment_of_a_sample_is_lost():
    names = claims_of(SAMPLES)
    odd = {name: found for name in names if (found := lost((SAMPLES / name).read_bytes()))}
    assert len(names) > 60
    assert set(odd) <= {*DIFFERENCES, *ADDED}, odd


@pytest.mark.long
@pytest.mark.skipif(not THEIRS, reason="the sample folder is not here")
def test_what_is_written_again_has_no_new_findings_of_check():
    """The first 837 of each folder of samples; those that differ are another matter."""
    names = [name for name in claims_of(SAMPLES) if name not in {*DIFFERENCES, *ADDED}]
    for name in {name.split("/")[0]: name for name in reversed(names)}.values():
        data = (SAMPLES / name).read_bytes()
        again = write(x12.read(data, complete=True).frames, upper=False)
        before, after = (
            Counter(x12.check(one).findings[["code", "element"]].itertuples(index=False)) for one in (data, again)
        )
        assert after - before == Counter(), name


@pytest.mark.parametrize("kind", GUIDES)
@pytest.mark.parametrize(("seed", "size", "delimiters"), [(1, 0, "*:^~"), (4, 300, "*:^~"), (6, 300, "|>!\n")])
def test_every_segment_that_a_guide_knows_comes_back(kind, seed, size, delimiters):
    data = invent(GUIDES[kind], seed, 1.0, size, 1, delimiters)
    file = x12.read(data, complete=True)
    assert lost(data, file.frames) == []
    assert once_more(file) == []
    assert reference_errors(write(file.frames)) == []


def test_a_complete_reading_only_adds():
    for data in (FILES["837"].encode(), FILES["835"].encode(), invent(GUIDES["I"], 3, 0.8)):
        plain, full = x12.read(data).frames, x12.read(data, complete=True).frames
        assert set(full) - set(plain) == {"other_segments"}
        for name, frame in plain.items():
            pd.testing.assert_frame_equal(frame, full[name][list(frame)], obj=name)


@pytest.mark.parametrize("window", [64, 333, 2000])
def test_where_a_file_is_cut_changes_nothing(window):
    data = invent(GUIDES["P"], 4, 0.8, 200, 3)
    parts_of = list(x12.scan(data, window=window, part=2 * window, complete=True))
    same(x12.read(data, complete=True), x12.file.joined(parts_of))


def test_frames_have_the_columns_that_the_tables_promise():
    frames = x12.read(FILES["837"].encode(), complete=True).frames
    for name, kinds in frame_kinds(complete=True).items():
        if not name.startswith("("):
            assert list(frames[name]) == list(kinds), name


MORE = {
    "REF*EI*123456789~": "N3*1 OLD WAY*SUITE 9~N4*NOWHERE*OH*45999**US~REF*EI*123456789~"
    "PER*IC*DESK*TE*8005550100*EX*7~",
    "CLM*A1*200***11:B:1*Y*A*Y*Y~": "CLM*A1*200***11:B:1*Y*A*Y*Y*P*AA:::OH:US~DTP*439*D8*20250115~PWK*OZ*BX***AC*77~",
    "REF*G1*AUTH1~": "REF*G1*AUTH1~K3*FREE~NTE*ADD*OLD NOTE~NTE*CER*SECOND~",
    "AMT*D*35~": "AMT*D*35~OI***N***I~MIA*1****9~MOA***N1**N2~",
    "SV1*HC:99213:25*120*UN*1***1:2~": "SV1*HC:99213:25::::TALK*120*UN*1***1:2**Y*****1~PWK*CT*AB~",
}


def rich() -> dict[str, pd.DataFrame]:
    """Read claims with more segments, completely."""
    text = SUBMISSION
    for segment, more in MORE.items():
        assert segment in text
        text = text.replace(segment, more)
    return x12.read(submission(text).encode(), complete=True).frames


def test_columns_win_and_the_rest_of_a_segment_stays():
    frames = rich()
    claims, lines = frames["claims"], frames["service_lines"]
    claims[["billing_address", "billing_phone"]] = ["2 New Way", "8005550199"]
    claims.loc[0, ["frequency_code", "original_reference", "note"]] = ["7", "ICN1", "new note"]
    claims.loc[0, ["prior_authorization", "accident_state"]] = ["", "KY"]
    lines.loc[0, ["procedure_code", "line_control_number"]] = ["99214", "NEW1"]
    text = write(frames).decode()
    for segment in (
        "N3*2 NEW WAY*SUITE 9", "N4*NOWHERE*OH*45999**US", "PER*IC*DESK*TE*8005550199*EX*7",
        "CLM*A1*200***11:B:7*Y*A*Y*Y*P*AA:::KY:US", "REF*F8*ICN1", "NTE*ADD*NEW NOTE", "NTE*CER*SECOND",
        "SV1*HC:99214:25::::TALK*120*UN*1***1:2**Y*****1", "REF*6R*NEW1", "PWK*OZ*BX***AC*77",
    ):  # fmt: skip
        assert text.count(f"{segment}~") == 1, segment
    assert "REF*G1" not in text and "OLD" not in text


def test_a_column_without_value_takes_its_segment_away():
    frames = rich()
    frames["claims"] = frames["claims"].assign(note="", billing_address="", billing_phone="", accident_date=0)
    text = write(frames).decode()
    assert not any(segment in text for segment in ("NTE*ADD", "N3*", "PER*IC", "DTP*439")) and "NTE*CER*SECOND~" in text


def test_without_the_columns_a_segment_is_written_as_it_was_read():
    frames = rich()
    frames["claims"] = frames["claims"].drop(columns=["note", "billing_address", "billing_city", "billing_phone"])
    assert lost(submission_of(MORE), frames) == []


def submission_of(more: dict[str, str]) -> bytes:
    """Write the claims with more segments as a file."""
    text = SUBMISSION
    for segment, instead in more.items():
        text = text.replace(segment, instead)
    return submission(text).encode()


def test_segments_stand_in_the_order_of_the_guide():
    claim = write(rich()).decode().split("CLM*A1")[1].split("HL*")[0]
    assert re.findall(r"\n([A-Z0-9]+)", claim) == (
        [
            "DTP",
            "PWK",
            "REF",
            "K3",
            "NTE",
            "NTE",
            "HI",
            "NM1",
            "LX",
            "SV1",
            "PWK",
            "DTP",
            "REF",
            "LX",
            "SV1",
            "DTP",
            "REF",
        ]
    )


def test_a_claim_goes_into_another_batch():
    """Its levels, providers and lines go along; the head of its old set does not."""
    frames = rich()
    old = loops(submission_of(MORE))
    other = frames["other_segments"]
    frames["other_segments"] = other[(other["hl_seg"] > 0) | (other["claim_seg"] > 0)]
    moved = {
        name: frame.assign(transaction_seg=-1) if "transaction_seg" in frame else frame
        for name, frame in frames.items()
    }
    moved["parties"] = moved["parties"][~moved["parties"]["loop"].str.startswith("1000")]
    batch = {"seg": -1, "interchange_seg": -3, "group_seg": -2, "set_code": "837P", "batch_reference": "B77"}
    moved["transactions"] = pd.DataFrame(
        [{**batch, "submitter_name": "US", "submitter_id": "1", "receiver_name": "YOU"}]
    )
    moved["interchanges"] = pd.DataFrame([{"seg": -3, "sender_id": "US", "receiver_id": "YOU", "interchange_date": 0}])
    moved["groups"] = pd.DataFrame([{"seg": -2, "interchange_seg": -3, "group_date": 0}])
    data = write(moved)
    assert b"BHT*0019*00*B77*" in data and b"NM1*41*2*US*****46*1~" in data and b"CLINIC*****46" not in data
    assert loops(data)[1:] == old[1:]


def test_a_claim_becomes_one_for_its_second_payer():
    frames = rich()
    claims = frames["claims"]
    first = claims.iloc[0]
    claims.loc[0, ["payer_sequence", "payer_code", "payer_name", "filing_indicator_code"]] = ["S", "99", "NEXT", "12"]
    payer = {
        "transaction_seg": first["transaction_seg"],
        "claim_seg": first["seg"],
        "payer_sequence": "P",
        "seg": 10**6,
    }
    payer |= {"payer_code": "12345", "payer_name": "BIG PAYER", "filing_indicator_code": "CI"}
    payer |= {"paid_cents": 100, "paid_date": 0}
    others = frames["other_payers"]
    frames["other_payers"] = pd.concat([others, pd.DataFrame([payer])], ignore_index=True)
    text = write(frames).decode().split("CLM*A2")[0]
    assert re.search(r"SBR\*S\*18\*+12~.*NM1\*PR\*2\*NEXT\*+PI\*99~", text, re.DOTALL)
    assert re.search(r"SBR\*P\*18\*+CI~\s+AMT\*D\*1~\s+OI\*\*\*Y\*\*\*Y~\s+NM1\*IL\*1\*DOE", text)
    assert all(f"{segment}~" in text for segment in ("PWK*OZ*BX***AC*77", "K3*FREE", "NTE*CER*SECOND"))


def test_delimiters_as_data_are_kept_and_become_blanks_where_they_cannot_be():
    text = submission(SUBMISSION.replace("REF*G1*AUTH1~", "REF*G1*AUTH1~NTE*CER*A;B;C~"))
    data = text.translate(str.maketrans("*:^~;", "|>!\n*")).encode()
    frames = x12.read(data, complete=True).frames
    assert b"NTE|CER|A*B*C\n" in write(frames)
    assert b"NTE*CER*A B C~" in write(frames, delimiters=Delimiters())


def test_a_second_drug_of_a_line_has_its_own_quantity():
    drugs = "LIN**N4*111~CTP****2*ML~REF*XZ*9~LIN**N4*222~CTP****3*UN~"
    data = submission_of({**MORE, "REF*6R*L1~": f"REF*6R*L1~{drugs}"})
    found = x12.read(data, complete=True).frames
    assert found["drugs"][["code", "units_milli", "unit_code"]].values.tolist() == [
        ["111", 2000, "ML"],
        ["222", 3000, "UN"],
    ]
    assert lost(data) == []


@pytest.mark.long
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(name="837", mutations=[("copy", 0.09375, b""), ("drop", 0.09375, b"ISA*")], window=64)  # a set without end
@given(name=st.sampled_from(["837", "all"]), mutations=MUTATIONS, window=st.integers(64, 4096))
def test_damaged_files_are_read_completely_too(name, mutations, window):
    data = mutated(FILES[name].encode(), mutations)
    parts_of = list(x12.scan(data, window=window, part=1 << 40, complete=True))
    same(x12.read(data, complete=True), x12.file.joined(parts_of))
