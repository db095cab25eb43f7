"""Where a file is cut for reading changes nothing: neither small windows nor small parts, whatever the bytes are."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from claims import x12
from claims.x12.file import joined
from tests.x12.envelopes import ACKNOWLEDGEMENT, REMITTANCE, STATUSES, SUBMISSION, answer, remittance, submission

ACK = answer(ACKNOWLEDGEMENT, st01="999", kind="FA", guide="005010X231A1", control=3)
STATUS = answer(STATUSES, st01="277", kind="HN", guide="005010X214", control=4)
TA1 = (
    "ISA*00*          *00*          *ZZ*R              *ZZ*S              *250311*1200*^*00501*000000005*0*P*:~"
    "TA1*000000001*250310*1200*A*000~IEA*0*000000005~"
)
OTHER_DELIMITERS = (
    remittance(REMITTANCE, control=6).replace("*", "|").replace(":", ">").replace("~", "\n").replace("^", "!")
)
FILES = {
    "835": remittance(REMITTANCE, REMITTANCE),
    "837": submission(SUBMISSION, SUBMISSION),
    "all": "".join(
        [remittance(REMITTANCE), "\r\n", submission(SUBMISSION, control=2), ACK, STATUS, TA1, OTHER_DELIMITERS]
    ),
    "lines": remittance(REMITTANCE, REMITTANCE).replace("~", "~\r\n"),
    "wrapped": "\n".join(remittance(REMITTANCE)[at : at + 80] for at in range(0, len(remittance(REMITTANCE)), 80)),
    "dirt": "junk before\n"
    + remittance(REMITTANCE).replace("~CLP", "~~ \n CLP").replace("~SVC", "***~\nsvc")
    + "\x1a\x00 tail",
}


def same(one: x12.X12File, other: x12.X12File) -> None:
    """Fail with the name of the frame that differs."""
    assert one.frames.keys() == other.frames.keys()
    for name, frame in one.frames.items():
        pd.testing.assert_frame_equal(frame, other.frames[name], obj=name)


def read_in(data: bytes, window: int, part: int = 1 << 40) -> x12.X12File:
    """Read with small windows and parts, and put the parts together."""
    return joined(list(x12.scan(data, window=window, part=part)))


@pytest.mark.parametrize("window", [64, 100, 333, 1000, 4096])
@pytest.mark.parametrize("name", FILES)
def test_small_windows_read_the_same(name, window):
    data = FILES[name].encode()
    same(x12.read(data), read_in(data, window))


@pytest.mark.parametrize("part", [200, 1500, 4000])
@pytest.mark.parametrize("name", FILES)
def test_small_parts_join_to_the_same(name, part):
    data = FILES[name].encode()
    same(x12.read(data), read_in(data, 256, part))


def test_a_set_larger_than_a_part_is_continued_and_its_totals_come_with_its_end():
    parts = list(x12.scan(remittance(REMITTANCE * 1).encode(), window=128, part=300))
    assert len(parts) > 1
    assert [part.continues for part in parts[:-1]] == [part.continued for part in parts[1:]]
    assert any(part.continues for part in parts)
    with_row = [part for part in parts if len(part.transactions)]
    assert len(with_row) == 1 and not with_row[0].continues
    assert with_row[0].transactions["claims"].tolist() == [2]
    assert with_row[0].transactions["paid_cents"].tolist() == [22800]


def test_every_part_has_every_frame_with_the_same_columns_and_dtypes():
    whole = x12.read(FILES["all"].encode())
    for part in x12.scan(FILES["all"].encode(), window=256, part=600):
        assert {name: dict(frame.dtypes) for name, frame in part.frames.items()} == {
            name: dict(frame.dtypes) for name, frame in whole.frames.items()
        }


BYTES = [b"", b"~", b"*", b"\n", b"\r\n", b"ISA*", b"ST*", b"\xe9", b"\x00", b":", b"0", b"-", b" ", b"9" * 13]
MUTATIONS = st.lists(
    st.tuples(st.sampled_from(["drop", "put", "swap", "cut", "copy"]), st.floats(0, 1), st.sampled_from(BYTES)),
    min_size=1,
    max_size=6,
)


def mutated(data: bytes, mutations: list[tuple[str, float, bytes]]) -> bytes:
    """Damage bytes here and there."""
    for kind, where, more in mutations:
        at = int(where * len(data))
        if kind == "drop":
            data = data[:at] + data[at + 1 + len(more) :]
        elif kind == "put":
            data = data[:at] + more + data[at:]
        elif kind == "swap":
            data = data[:at] + more + data[at + len(more) :]
        elif kind == "cut":
            data = data[at:] if where < 0.1 else data[:at]
        else:
            data = data[:at] + data[at // 2 : at] + data[at:]
    return data


@pytest.mark.long
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A PAT behind the claim of its level, which began in the window before.
@example(name="837", mutations=[("copy", 0.765625, b"")], window=64, part=200)
@given(
    name=st.sampled_from(sorted(FILES)), mutations=MUTATIONS, window=st.integers(64, 4096), part=st.integers(200, 9000)
)
def test_damaged_files_never_raise_and_read_the_same_in_any_window(name, mutations, window, part):
    data = mutated(FILES[name].encode(), mutations)
    same(x12.read(data), read_in(data, window, part))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    found = x12.read(data)
    assert len(found.findings) or len(found.transactions)


@pytest.mark.long
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), keep=st.integers(3, 400), window=st.integers(64, 2048))
def test_segments_in_any_order_never_raise(seed, keep, window):
    pieces = FILES["all"].split("~")
    random.Random(seed).shuffle(pieces)
    data = (FILES["835"][:106] + "~".join(pieces[:keep])).encode()
    same(x12.read(data), read_in(data, window))


def test_an_interchange_acknowledgement_inside_a_set_takes_nothing_from_it():
    text = remittance(REMITTANCE).replace("~LX*1~", "~LX*1~TA1*000000001*250310*1200*A*000~", 1)
    found = x12.read(text.encode())
    assert found.transactions["set_code"].tolist() == ["835", "TA1"]
    assert found.transactions["paid_cents"].fillna(-1).tolist() == [22800, -1]
    segments = found.frames["segments"]
    outside = segments[segments["transaction_seg"] == 0]["segment_id"].tolist()
    assert outside == ["ISA", "GS", "GE", "IEA"]
