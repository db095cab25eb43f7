"""A segment that is longer than any can be costs no more memory than another, and hides no byte of the file."""

from __future__ import annotations

import pandas as pd
import pytest

from claims import x12
from claims.x12 import holes
from claims.x12.file import joined
from claims.x12.holes import LONGEST_SEGMENT
from claims.x12.redact import Redaction, copy
from claims.x12.segment_texts import segment_texts
from claims.x12.source import Source
from claims.x12.survey import survey
from claims.x12.windows import windows
from tests.x12.envelopes import REMITTANCE, remittance

KEY = b"a key for tests that is long enough"
LONG = 3000
FILE = remittance(REMITTANCE, REMITTANCE)
AT = FILE.index("~CAS") + 1


def with_long(filling: str, count: int = LONG) -> str:
    """Give an 835 with a segment of so many times a filling, in the middle of a claim."""
    return f"{FILE[:AT]}NTE*ADD*{filling * count}~{FILE[AT:]}"


def wrapped(text: str) -> str:
    """Break a file into lines of 80."""
    return "\n".join(text[at : at + 80] for at in range(0, len(text), 80))


FILES = {
    "empty elements": with_long("*"),
    "one element": with_long("SECRET"),
    "components": with_long("A:"),
    "lines": with_long("SECRET*").replace("~", "~\r\n"),
    "wrapped": wrapped(with_long("SECRET*")),
    "two bytes": with_long("SECRET*").replace("*", "§"),
    "two": with_long("SECRET*").replace("~SVC", f"~REF*6R*{'S' * LONG}~SVC"),
    "never ended": FILE[: AT + 10] + "SECRET*" * LONG,
    "blanks": f"{FILE[:AT]}{'  ' * LONG}{FILE[AT:]}",
    "blanks at the end": FILE + "\n" * LONG,
    "blanks in front of it": f"{FILE[:AT]}{chr(10) * 2 * LONG}NTE*ADD*{'SECRET*' * LONG}~{FILE[AT:]}",
}


@pytest.fixture
def short(monkeypatch):
    """Take a segment of 2,000 bytes for one that is too long, and 300 bytes of it for enough."""
    monkeypatch.setattr(holes, "LONGEST_SEGMENT", 2000)
    monkeypatch.setattr(holes, "_HEAD", 300)


def elements_of(data: bytes) -> int:
    """Return how many elements the window with the most of them has."""
    with Source(data) as source:
        surveyed = survey(source)
        (span,) = surveyed.spans
        return max(len(tokens.te) for _, tokens, _ in windows(source, span, "ascii", lambda tokens, _: len(tokens) - 1))


@pytest.mark.parametrize("count", [LONGEST_SEGMENT + 10, 8 * LONGEST_SEGMENT])
def test_windows_hold_no_more_elements_than_usual(count):
    assert elements_of(with_long("*", count).encode()) < 3 * LONGEST_SEGMENT


def test_a_stretch_of_long_segments_without_a_claim_is_cut():
    data = FILE[:AT] + f"NTE{'*' * 900_000}~" * 12 + FILE[AT:]
    assert elements_of(data.encode()) < 7 * LONGEST_SEGMENT


def test_the_finding_says_how_long_the_segment_is():
    file = x12.read(with_long("*", LONGEST_SEGMENT).encode())
    (finding,) = file.findings[file.findings["code"] == "segment-too-long"].itertuples()
    row = file.frames["segments"].set_index("seg").loc[finding.seg]
    assert finding.offset == row["offset"] == AT
    assert finding.found == f"{row['length']} bytes" == f"{LONGEST_SEGMENT + len('NTE*ADD*~')} bytes"


@pytest.mark.parametrize("name", FILES)
def test_every_segment_stands_where_it_stood(name, monkeypatch):
    data = FILES[name].encode()
    whole = x12.read(data).frames["segments"]
    monkeypatch.setattr(holes, "LONGEST_SEGMENT", 2000)
    monkeypatch.setattr(holes, "_HEAD", 300)
    pd.testing.assert_frame_equal(x12.read(data).frames["segments"], whole)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("window", [64, 333, 4096])
@pytest.mark.parametrize("name", FILES)
def test_small_windows_read_the_same(name, window):
    data = FILES[name].encode()
    one, other = x12.read(data), joined(list(x12.scan(data, window=window)))
    for frame, rows in one.frames.items():
        pd.testing.assert_frame_equal(rows, other.frames[frame], obj=frame)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", FILES)
def test_no_byte_is_lost(name):
    data = FILES[name].encode()
    assert x12.write_raw(x12.read(data, lossless=True).frames) == data


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("window", [64, 4096, 1 << 20])
@pytest.mark.parametrize("name", FILES)
def test_a_masked_copy_has_all_its_length_and_none_of_its_text(name, window):
    data = FILES[name].encode()
    masked = b"".join(copy(data, KEY, Redaction(), window=window))
    assert len(masked) == len(data)
    assert b"SECRET" not in masked.replace(b"\n", b"")
    pd.testing.assert_frame_equal(x12.read(masked).frames["segments"], x12.read(data).frames["segments"])


@pytest.mark.usefixtures("short")
def test_what_is_not_read_counts_all_the_same():
    """Two files that differ far behind in such a segment are two, for hashes and for differences."""
    one = with_long("SECRET*")
    place = AT + 5 * LONG
    other = one[:place] + ("x" if one[place] != "x" else "y") + one[place + 1 :]
    hashes = [x12.read(text.encode()).transactions["body_hash"].tolist() for text in (one, other)]
    assert hashes[0] != hashes[1]
    assert segment_texts(one.encode()).to_pylist() != segment_texts(other.encode()).to_pylist()


def test_separators_that_end_no_segment_are_looked_at_once():
    """A run of them took as many steps as its length squared."""
    file = x12.read(with_long("*", 400_000).replace("**~", "**x*~").encode())
    assert "trailing-separator" in set(file.findings["code"])
