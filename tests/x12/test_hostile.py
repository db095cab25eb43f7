"""Whatever the bytes are, reading and checking give findings or a result, never an exception; odd sizes have names."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import numpy as np
import pytest

from claims import x12
from claims.x12.conform.reporter import Reporter
from claims.x12.delimiters import Delimiters
from claims.x12.tokens import tokenise
from tests.x12.mutants import valid_files

MARKS = b"*:^~\r\n \x00|>\\'!\x1c\x1d\x85\xc2\xa7AZ09-."


@cache
def bases() -> list[bytes]:
    """Give small valid files; made where tests run, as every worker collects all modules."""
    return sorted(data for data in valid_files().values() if len(data) < 4000)


def mutated(chance: random.Random, data: bytes, most: int) -> bytes:
    """Change, drop, double or move some bytes."""
    found = bytearray(data)
    for _ in range(chance.randint(1, most)):
        at, length = chance.randrange(len(found) or 1), chance.choice((1, 1, 1, 2, 5, 30, 106))
        kind = chance.randrange(5)
        if kind == 0:
            found[at : at + 1] = bytes([chance.choice(MARKS)])
        elif kind == 1:
            del found[at : at + length]
        elif kind == 2:
            found[at:at] = found[at : at + length] * chance.randint(1, 3)
        elif kind == 3:
            found[at:at] = bytes(chance.choice(MARKS) for _ in range(length))
        else:
            found[at : at + 1] = bytes([chance.randrange(256)])
    return bytes(found)


def delimiters(chance: random.Random) -> Delimiters:
    """Give any delimiters that reading would take."""
    element, component, repetition, terminator = chance.sample(list(b"*:^~|>\\'!\x1c\x1d\x1e\n\r+"), 4)
    return Delimiters(element, component, repetition if chance.random() < 0.8 else -1, terminator)


def read_as_tokens(count: int, seed: int) -> None:
    """Cut mutated buffers into tokens; every byte of a token lies in its segment, segments rise."""
    chance = random.Random(seed)
    for _ in range(count):
        base = chance.choice(bases())
        begin = chance.randrange(len(base))
        raw = mutated(chance, base[begin : begin + 200], 6)
        standard = Delimiters(base[3], base[104], base[82], base[105])
        chosen = standard if chance.random() < 0.7 else delimiters(chance)
        tokens = tokenise(raw, 0, chosen, is_last=chance.random() < 0.5)
        assert (tokens.start_of(np.arange(len(tokens.te))) <= tokens.te).all()
        assert (tokens.start[1:] >= tokens.stop[:-1]).all()
        if len(tokens):
            assert tokens.offset[0] >= 0
            assert int(tokens.offset[-1] + tokens.length[-1]) <= len(raw)


def test_mutated_buffers_become_tokens():
    read_as_tokens(8_000, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_mutated_buffers_become_tokens(seed):
    read_as_tokens(20_000, seed)


def check_mutated(count: int, seed: int) -> None:
    """Check mutated files; each has a row for every set, and findings that lie in the file."""
    chance = random.Random(seed)
    for number in range(count):
        data = mutated(chance, chance.choice(bases()), 12)
        file = x12.check(data)
        found = file.findings
        assert len(file.transactions) or len(found), number
        assert found["offset"].between(0, len(data)).all(), number


def test_mutated_files_are_checked():
    check_mutated(200, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_mutated_files_are_checked(seed):
    check_mutated(500, seed)


HEAD = (
    b"ISA*00*          *00*          *ZZ*PAYER          *ZZ*RECEIVER       *250310*1200*^*00501*000000001*0*P*:~"
    b"GS*HP*SENDER*RECEIVER*20250310*1200*1*X*005010X221A1~ST*835*0001~"
)
TAIL = b"SE*3*0001~GE*1*1~IEA*1*000000001~"


@pytest.mark.parametrize("filling", [b"A", b"*", b":"])
def test_a_segment_longer_than_any_can_be_has_a_name(filling):
    data = HEAD + b"NTE*ADD*" + filling * 20_000_000 + b"~" + TAIL
    found = [code for part in x12.scan_checked(data) for code in part.findings["code"]]
    assert "segment-too-long" in found
    assert "set-count-differs" not in found


def test_a_million_empty_segments_have_one_note():
    file = x12.check(HEAD + b"~" * 1_000_000 + TAIL.replace(b"SE*3", b"SE*2"))
    assert list(file.findings["code"]).count("empty-segment") == 1


def test_findings_of_one_kind_in_one_set_have_an_end(monkeypatch):
    made, find = Counter(), Reporter.find

    def counted(self, fault, *args, **facts):
        made[fault] += 1
        find(self, fault, *args, **facts)

    monkeypatch.setattr(Reporter, "find", counted)
    crowd = b"QQ*~" * 15_000 + b"q9*1~" * 15_000
    other = b"SE*30002*0001~ST*835*0002~" + b"QQ*~" * 3
    file = x12.check(HEAD + crowd + other + TAIL.replace(b"SE*3*0001", b"SE*5*0002"))
    listed = file.findings.groupby(["transaction_seg", "code"]).size()
    first, second = file.transactions["seg"]
    assert listed[first, "segment-not-in-guide"] == listed[first, "segment-id-invalid"] == 10_000
    assert listed[first, "separator-trailing"] == listed[first, "segment-without-elements"] == 10_000
    assert listed[first, "findings-not-listed"] == 4
    assert listed[second, "segment-not-in-guide"] == listed[second, "separator-trailing"] == 3
    # What is not listed is not made first: a million unknown segments cost what other segments do.
    assert max(made.values()) <= 10_003


@pytest.mark.parametrize("window", [4000, 1 << 20])
def test_what_reading_finds_in_one_set_has_an_end_too(window):
    data = HEAD + b"CLP*~" * 10_100 + b"SE*10102*0001~ST*835*0002~CLP*~" + TAIL.replace(b"SE*3*0001", b"SE*3*0002")
    (file,) = x12.scan(data, part=1 << 30, window=window)
    # In each of CLP03 and CLP04; the rest is told by its number, and is as bad.
    first, second = file.transactions["seg"]
    listed = file.findings.groupby(["transaction_seg", "code"]).size()
    assert (listed[first, "amount-missing"], listed[second, "amount-missing"]) == (20_000, 2)
    rest = file.findings[file.findings["code"] == "findings-not-listed"]
    assert rest[["transaction_seg", "severity", "found"]].to_numpy().tolist() == [[first, "hold", "200"]]


def test_many_interchanges_are_read_each():
    one = HEAD + b"SE*2*0001~GE*1*1~IEA*1*000000001~"
    data = b"".join(one.replace(b"*000000001", b"*%09d" % number) for number in range(1, 3001))
    file = x12.check(data)
    assert len(file.interchanges) == len(file.transactions) == 3000
