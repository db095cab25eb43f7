"""Frames -> write -> read gives the frames back: for what is read from samples, and for small invented months.

Compared is every column of every frame but for those below; keys (`claim_seg`, ...) by the row that they name. Rows of
some frames are compared without their order: those that a column of a frame of its own stands for come first. Samples
are read completely; that no segment of a claim is lost then, test_complete.py shows.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import payer, x12
from claims.errors import FrameError
from claims.x12.write import write
from claims.x12.write_text import plain_ascii
from tests.x12.reference_validator import reference_errors
from tests.x12.test_windows import FILES
from tests.x12.written import CHILD, adjudicated, claims, dental, institutional, remittance, rows

# Where segments stand and how often: both follow from what is written, not from what was read.
ADDRESSES = {"seg", "offset", "length", "end_seg", "segments", "body_hash"}
NOT_COVERED = {
    ("service_lines", "line_number"): "lines are counted anew from 1",
    ("diagnoses", "ordinal"): "health information is put into the order of the guide",
    ("hierarchy", "child_code"): "HL04 says whether a level below follows",
    ("transactions", "convention"): "ST03 is written wherever the guide wants it",
}
# `segments` is made of all that is read, also into no frame; of a TS3 its provider and its year are not read.
FRAMES_NOT_COVERED = {"segments", "findings", "provider_summaries"}
# Notes under which a file still counts as clean; nothing of them is written again.
HARMLESS = {
    "interchange-header-length", "empty-segment", "trailing-separator", "text-before-interchange", "byte-order-mark",
    "text-not-ascii", "last-terminator-missing", "lines-wrapped", "lower-case-id", "text-after-interchange",
    "text-between-interchanges", "set-control-number-padded", "service-lines-do-not-add-up", "segment-not-known",
    "claim-total-differs",
}  # fmt: skip
_OTHER_SEPARATOR = "composites have a separator that the ISA does not name"
_NO_QUALIFIER = "CLM05 gets the second component that the guide wants"
_NO_BHT = "a set without BHT gets one"
# Samples in which something cannot come back, and why.
DIFFERENCES = {
    "LinuxForHealth__x12/demo.ambulance.example5.837": _NO_QUALIFIER,
    "LinuxForHealth__x12/demo.cob.2ndary.example4.837": _OTHER_SEPARATOR,
    "LinuxForHealth__x12/demo.example11.837": _OTHER_SEPARATOR,
    "LinuxForHealth__x12/demo.example12.837": _OTHER_SEPARATOR,
    "LinuxForHealth__x12/demo.example9.837": _OTHER_SEPARATOR,
    "LinuxForHealth__x12/out-of-network-repriced-claim.837i": _OTHER_SEPARATOR,
    "LinuxForHealth__x12/ppo-repriced-claim.837i": _OTHER_SEPARATOR,
    "YashGames2007__EDI-Parser/837P-all-fields.dat": "providers of another payer are put into the order of the guide",
    "Virbhadra463__edi-parser-validator/837i_no_errors.dat": "a dependent gets the PAT that it wants, a claim CLM05",
    "cosyte__x12/availity-repetition.edi": _NO_BHT,
    "cosyte__x12/bcbs-subelement.edi": _NO_BHT,
    "cosyte__x12/medicare-canonical.edi": _NO_BHT,
    "cosyte__x12/no-trailing-crlf.edi": _NO_BHT,
    "irobayna__stupidedi/837-institutional-claim.edi": "a period without its last day gets one",
    "rohanrkamath__KW-X12-Parser/edi_sample_25_claims.txt": f"{_NO_QUALIFIER}; a PRV without code is left out",
}
SHIPPED = Path(__file__).resolve().parents[2] / "edi_samples"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
OURS = sorted(path for path in SHIPPED.rglob("*") if path.is_file() and "fail" not in path.parts)
THEIRS = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.parent != SAMPLES)
WRITTEN = {"835", "837P", "837I", "837D", "999", "277CA", "TA1"}


def comparable(frames: dict[str, pd.DataFrame], name: str, places: dict[int, tuple]) -> list[tuple]:
    """Give the rows of a frame as they must come back."""
    frame = frames[name]
    if not is_complete(frames):
        if name == "patients":
            frame = frame[(frame["relationship_code"] != "") | (frame["death_date"] > 0)]  # a weight is not read
        if name == "dates":
            frame = frame[frame["date"] > 0]  # a time, or no date at all: read as a note, not as a value
    if name == "other_segments":
        frame = frame[(frame["segment_id"] != "OI") | (frame["text"] != "**Y***Y")]  # written also where there was none
        is_level = (frame["segment_id"] == "SBR") & (frame["loop"] == "2000B")  # SBR02 follows from the levels
        frame = frame.assign(text=frame["text"].mask(is_level, frame["text"].str.replace("*18", "*", n=1, regex=False)))
    columns = {}
    for column in frame:
        values = frame[column].tolist()
        if column in ADDRESSES or (name, column) in NOT_COVERED:
            continue
        if column.endswith("_seg"):
            columns[column] = [places.get(value) if value else None for value in values]
        elif isinstance(frame[column].dtype, pd.StringDtype):
            columns[column] = [normal(column, plain_ascii(value)) for value in values]
        else:
            columns[column] = [None if value is pd.NA else value for value in values]
    rows = list(zip(*columns.values(), strict=True))
    is_moved = name in ("references", "amounts", "diagnoses", "other_segments")
    return sorted(rows, key=repr) if is_moved or (name == "dates" and is_complete(frames)) else rows


def is_complete(frames: dict[str, pd.DataFrame]) -> bool:
    """Tell whether frames were read with all that writing can take."""
    return "other_segments" in frames


def normal(column: str, text: str) -> str:
    """Say a text as it is written: what has one way to be written was maybe read in another."""
    if column in ("diagnosis_codes", "code") or column.endswith(("diagnosis_code", "reason_for_visit_codes")):
        return text.replace(".", "")  # without decimal point
    if column == "text":
        return re.sub(r"(?<=\d)(\.[0-9]*?)0+(?=\*|:|$)", lambda found: found[1].rstrip("."), text)  # 10.50 is 10.5
    if column == "frequency_code":
        return text or "1"  # what is not said is an original claim
    if column in ("assignment_code", "release_code"):
        return text or "Y"  # what the guide wants to be said
    if column in ("sender_id", "receiver_id"):
        return text[:15]  # the length that the ISA has for it
    if column == "control_number":
        return text.lstrip("0")
    return text


def numbers(frames: dict[str, pd.DataFrame]) -> dict[int, tuple]:
    """Give each row's frame and number by its `seg`; the frames that keys name."""
    places = {}
    for name in ("interchanges", "groups", "transactions", "hierarchy", "claims", "claim_payments", "service_lines",
                 "service_payments", "group_acknowledgements", "set_acknowledgements", "segment_errors"):  # fmt: skip
        places |= {seg: (name, number) for number, seg in enumerate(frames[name]["seg"].tolist())}
    return places


def differing(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> list[str]:
    """Name the frames that are not the same."""
    own, theirs = numbers(one), numbers(other)
    return [
        name
        for name in one
        if name not in FRAMES_NOT_COVERED and comparable(one, name, own) != comparable(other, name, theirs)
    ]


def once_more(file: x12.X12File) -> list[str]:
    """Write what was read, read it, and name what differs."""
    again = x12.read(write(file.frames, upper=False), complete=is_complete(file.frames))
    new = set(again.findings["code"]) - set(file.findings["code"])
    return [*differing(file.frames, again.frames), *sorted(new)]


def clean(paths: list[Path], root: Path, *, complete: bool = True) -> dict[str, x12.X12File]:
    """Read the files in which nothing is wrong and all sets can be written."""
    found = {}
    for path in paths:
        file = x12.read(path, complete=complete)
        findings = file.findings
        good = set(findings["code"]) <= HARMLESS and not findings["severity"].isin(["hold", "reject"]).any()
        fits = file.interchanges["sender_id"].str.len().le(15).all()  # one sample's ISA06 does not, and is refused
        if good and fits and set(file.transactions["set_code"]) <= WRITTEN:
            found[path.relative_to(root).as_posix()] = file
    return found


@pytest.mark.few(1)
@pytest.mark.parametrize("complete", [False, True])
def test_what_we_ship_comes_back(complete):
    files = clean(OURS, SHIPPED, complete=complete)
    assert len(files) > 40
    assert {name: found for name, file in files.items() if (found := once_more(file))} == {}


@pytest.mark.skipif(not THEIRS, reason="the sample folder is not here")
def test_every_clean_sample_comes_back():
    files = clean(THEIRS, SAMPLES)
    odd = {name: found for name, file in files.items() if (found := once_more(file))}
    assert len(files) > 110
    assert sorted(odd) == sorted(DIFFERENCES), odd


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("name", ["835", "837", "all", "lines", "wrapped"])
def test_what_other_tests_read_comes_back(name, complete):
    assert once_more(x12.read(FILES[name].encode(), complete=complete)) == []


def test_rows_of_a_level_are_written_at_each_loop_that_it_becomes():
    """More than a hundred claims of one subscriber need several loops, each with the subscriber's references."""
    frames = x12.read(write(claims(*[{}] * 150))).frames
    level = frames["hierarchy"].iloc[1]
    own = {"transaction_seg": level["transaction_seg"], "claim_seg": 0, "service_seg": 0, "seg": level["seg"] + 1}
    more = rows({**own, "loop": "2010BA", "qualifier_code": "SY", "reference": "900000018"})
    frames["references"] = pd.concat([frames["references"], more])
    frames["claims"]["subscriber_seg"] = frames["claims"]["patient_seg"] = level["seg"]
    data = write(frames)
    assert data.count(b"*22*0~") == data.count(b"REF*SY*900000018~") == 2


def same_facts(written: pd.DataFrame, read: pd.DataFrame, key: str = "") -> None:
    """Compare the columns that a builder gave; optional amounts of nothing are not sent."""
    if key:
        written, read = written.sort_values(key), read.sort_values(key)
    assert len(written) == len(read)
    for column in set(written) & set(read):
        if column.endswith("seg") or column in ("line_number", *ADDRESSES):
            continue
        left, right = ([None if pd.isna(one) else one for one in frame[column].tolist()] for frame in (written, read))
        if column in ("patient_paid_cents", "patient_responsibility_cents"):
            left = [one or None for one in left]
        if column.endswith("_name"):
            left = [one.upper() for one in left]
        assert [str(one) for one in left] == [str(one) for one in right], column


@pytest.mark.long
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(claims=st.integers(1, 25), seed=st.integers(0, 10**6))
def test_small_months_come_back(claims, seed):
    for file in payer.simulate(claims, seed, date(2026, 9, 8)).files:
        if file.frames is None:
            continue
        read = x12.read(write(file.frames))
        assert once_more(read) == []
        for name in set(file.frames) & set(read.frames) - {"interchanges", "groups", "transactions", "claim_statuses"}:
            key = {"claims": "claim_number", "service_lines": "line_control_number"}.get(name, "")
            same_facts(file.frames[name], read.frames[name], key)


CODES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=12)
AMOUNTS = st.integers(0, 10**9)
DAYS = st.dates(date(1950, 1, 1), date(2049, 12, 31)).map(lambda day: int(day.strftime("%Y%m%d")))
DIAGNOSES = st.lists(st.sampled_from(["E119", "I10", "M545", "Z0000"]), min_size=1, max_size=12, unique=True)
CHANGES = st.fixed_dictionaries(
    {
        "member_id": st.sampled_from(["W1", "W2", "W3"]),
        "billing_npi": st.sampled_from(["1999999018", "1999999034", ""]),
        "payer_code": st.sampled_from(["FABLE", "DRAGN"]),
        "payer_sequence": st.sampled_from(["P", "S", "T"]),
        "diagnosis_codes": DIAGNOSES.map(" ".join),
        "prior_authorization": CODES | st.just(""),
        "original_reference": CODES | st.just(""),
        "charge_cents": AMOUNTS,
        "rendering_npi": st.sampled_from(["1999999026", ""]),
        "statement_from_date": st.just(20260801),
        "statement_to_date": st.just(20260809),
    }
).flatmap(lambda change: st.sampled_from([change, {**change, **CHILD}]))
LINE = st.fixed_dictionaries(
    {
        "charge_cents": AMOUNTS,
        "units_milli": st.integers(1, 10**6),
        "procedure_code": CODES,
        "modifiers": st.lists(st.sampled_from(["25", "RT", "59"]), max_size=4).map(" ".join),
        "service_date": st.just(20260801) | st.just(20260802),
        "line_control_number": CODES,
    }
)


@st.composite
def submissions(draw, makes=(claims, institutional, dental)):
    """Frames of an 837 of any kind; some with another payer's decision."""
    make = draw(st.sampled_from(makes))
    frames = make(*draw(st.lists(CHANGES, min_size=1, max_size=6)))
    lines = frames["service_lines"]
    drawn = pd.DataFrame(draw(st.lists(LINE, min_size=len(lines), max_size=len(lines))))
    drawn["service_to_date"] = drawn["service_date"]
    drawn["line_control_number"] += "N" + lines["seg"].astype(str)
    frames["service_lines"] = lines.assign(**drawn)
    return adjudicated(frames) if draw(st.booleans()) else frames


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(frames=submissions())
def test_claims_of_any_kind_come_back(frames):
    read = x12.read(write(frames))
    assert set(read.findings["code"]) <= {"claim-total-differs", "service-lines-do-not-add-up"}
    same_facts(facts(frames["claims"], read), read.frames["claims"], "claim_number")
    same_facts(frames["service_lines"], read.frames["service_lines"], "line_control_number")
    if "other_payers" in frames:
        same_facts(frames["other_payers"], read.frames["other_payers"])
        assert read.transactions["adjustments"].tolist() == [2]
    assert read.frames["hierarchy"]["number"].tolist() == [str(one + 1) for one in range(len(read.frames["hierarchy"]))]
    assert once_more(read) == []


@settings(max_examples=15, deadline=None)
@given(frames=submissions(makes=[claims, institutional]))
def test_pyx12_accepts_claims_of_any_kind_that_it_knows(frames):
    assert reference_errors(write(frames)) == []


def facts(frame: pd.DataFrame, read: x12.X12File) -> pd.DataFrame:
    """Leave out what a kind of claim has no place for."""
    kind = read.frames["claims"]["kind"].iloc[0]
    if kind == "I":
        return frame.drop(columns=["patient_paid_cents", "rendering_npi"])
    # The period of a professional or dental claim is that of its lines; a billing provider is not named twice.
    return frame.drop(columns=["statement_from_date", "statement_to_date"])


@settings(max_examples=10, deadline=None)
@given(change=st.fixed_dictionaries({"payer_name": st.sampled_from(["Fablewood", ""]), "payment_date": DAYS}))
def test_remittances_come_back(change):
    read = x12.read(write(remittance(**change)))
    assert once_more(read) == []


def test_a_line_keeps_its_kind_in_a_set_of_another():
    """A hospital's lines in a set that GS08 names professional: each once, none as another segment."""
    data = (Path(__file__).resolve().parents[2] / "edi_samples/837i/pass/inpatient-stay.edi").read_bytes()
    data = data.replace(b"X*005010X223A2", b"X*005010X222A1").replace(b"0360**10000", b"0360*HC:27447:::::DESC*10000")
    read = x12.read(data, complete=True)
    written = x12.write(read.frames)
    assert re.findall(rb"SV[0-9][^~]*", written) == re.findall(rb"SV[0-9][^~]*", data)
    lines = read.frames["service_lines"].assign(line_kind=["I", "P", "I"], procedure_code=["", "99213", "27447"])
    mixed = x12.write({**read.frames, "service_lines": lines, "other_segments": read.frames["other_segments"][:0]})
    assert [one[:3] for one in re.findall(rb"SV[0-9][^~]*", mixed)] == [b"SV2", b"SV1", b"SV2"]
    with pytest.raises(FrameError, match="line_kind"):
        x12.write({**read.frames, "service_lines": lines.assign(line_kind="X")})
