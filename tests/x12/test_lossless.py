"""`lossless=True` keeps every byte: frames write the file back as it was, whatever the file is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import x12
from claims.errors import FrameError, UsageError
from claims.x12 import lossless
from claims.x12.write import Delimiters
from tests.x12.envelopes import REMITTANCE, remittance
from tests.x12.test_windows import FILES, MUTATIONS, mutated

SHIPPED = Path(__file__).resolve().parents[2] / "edi_samples"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
OURS = sorted(path for path in SHIPPED.rglob("*") if path.is_file())
THEIRS = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.parent != SAMPLES)


def in_parts(data: bytes | Path, part: int, window: int) -> bytes:
    """Read in small parts, and write each."""
    return b"".join(x12.write(found.frames) for found in x12.scan(data, part=part, window=window, lossless=True))


def differing(paths: list[Path]) -> list[str]:
    """Name the files that are not written back byte for byte, as a whole or in parts."""
    found = []
    for path in paths:
        data = path.read_bytes()
        part = max(1000, len(data) // 4)
        if x12.write_raw(x12.read(path, lossless=True).frames) != data or in_parts(path, part, part // 2) != data:
            found.append(path.name)
    return found


@pytest.mark.long
def test_what_we_ship_is_written_back_byte_for_byte():
    assert len(OURS) > 60
    assert differing(OURS) == []


@pytest.mark.skipif(not THEIRS, reason="the sample folder is not here")
def test_every_sample_is_written_back_byte_for_byte():
    assert len(THEIRS) >= 270
    assert differing(THEIRS) == []


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(FILES)), mutations=MUTATIONS, window=st.integers(64, 4096), part=st.integers(200, 9000)
)
def test_damaged_files_are_written_back_byte_for_byte(name, mutations, window, part):
    data = mutated(FILES[name].encode(), mutations)
    assert x12.write_raw(x12.read(data, lossless=True).frames) == data
    assert in_parts(data, part, window) == data


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_written_back(data):
    assert x12.write_raw(x12.read(data, lossless=True).frames) == data


def test_a_row_has_its_segment_and_what_stands_before_it():
    text = "junk\n" + remittance(REMITTANCE).replace("~", "~\r\n").replace("LX*1~", "LX*1~~ ") + "tail"
    found = x12.read(text.encode(), lossless=True)
    raw = found.frames["raw_segments"]
    assert raw["seg"].tolist() == [*found.frames["segments"]["seg"], len(raw)]
    assert raw["before"].iloc[0] == b"junk\n" and raw["raw"].iloc[0].startswith(b"ISA*00*")
    after_lx = raw.index[raw["raw"] == b"LX*1~"][0] + 1
    assert raw["before"].iloc[after_lx] == b"~ \r\n"
    assert raw[["before", "raw"]].iloc[-1].tolist() == [b"\r\ntail", b""]


def test_raw_is_the_address_of_the_segment():
    data = FILES["dirt"].encode()
    found = x12.read(data, lossless=True).frames
    joined = found["segments"].merge(found["raw_segments"], on="seg", validate="1:1")
    cut = [data[at : at + length] for at, length in zip(joined["offset"], joined["length"], strict=True)]
    assert joined["raw"].tolist() == cut


@pytest.mark.parametrize("data", [b"", b"no X12 at all\n"])
def test_a_refused_file_is_one_row(data):
    raw = x12.read(data, lossless=True).frames["raw_segments"]
    assert raw.to_dict("records") == [{"seg": 1, "before": data, "raw": b""}]


def test_a_changed_row_changes_its_segment_and_nothing_else():
    data = FILES["lines"].encode()
    frames = x12.read(data, lossless=True).frames
    raw = frames["raw_segments"]
    raw.loc[raw.index[raw["raw"] == b"REF*6R*L1~"][0], "raw"] = b"REF*6R*OTHER~"
    assert x12.write(frames) == data.replace(b"REF*6R*L1~", b"REF*6R*OTHER~", 1)


def test_segments_may_be_left_out_and_put_in():
    data = remittance(REMITTANCE).encode()
    frames = x12.read(data, lossless=True).frames
    raw = frames["raw_segments"]
    more = pd.concat([raw[raw["raw"] != b"LX*1~"], raw[raw["raw"] == b"LX*1~"]])
    assert x12.write_raw({"raw_segments": more}) == data.replace(b"LX*1~", b"") + b"LX*1~"


def test_nothing_is_kept_and_nothing_is_done_unless_asked_for(monkeypatch):
    monkeypatch.setattr(lossless, "_rows", None)
    assert "raw_segments" not in x12.read(FILES["835"].encode()).frames
    with pytest.raises(FrameError, match="lossless"):
        x12.write_raw(x12.read(FILES["835"].encode()).frames)


def test_raw_segments_know_no_other_delimiters():
    frames = x12.read(FILES["835"].encode(), lossless=True).frames
    with pytest.raises(UsageError, match="raw_segments"):
        x12.write(frames, delimiters=Delimiters("|"))


@pytest.mark.parametrize("spoil", [{"raw": "text"}, {"raw": 5}])
def test_what_is_not_bytes_is_refused(spoil):
    raw = x12.read(FILES["835"].encode(), lossless=True).frames["raw_segments"]
    with pytest.raises(FrameError, match="raw"):
        x12.write_raw({"raw_segments": raw.astype({"raw": object}).assign(**spoil)})


def test_raw_segments_survive_a_parquet_file(tmp_path):
    raw = x12.read(FILES["dirt"].encode(), lossless=True).frames["raw_segments"]
    raw.to_parquet(tmp_path / "raw_segments.parquet", index=False)
    assert x12.write_raw({"raw_segments": pd.read_parquet(tmp_path / "raw_segments.parquet")}) == FILES["dirt"].encode()
