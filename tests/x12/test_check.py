"""`x12.check`: findings of reading and of the guides together, and the verdict of each set, whole or in parts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from claims import x12
from claims.x12.check import Verdicts
from tests.x12.envelopes import REMITTANCE, SUBMISSION, remittance, submission

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
VALID = (ROOT / "835" / "pass" / "paid-with-patient-share.edi").read_text(encoding="utf-8")


def several(*changes: tuple[str, str]) -> bytes:
    """Repeat a valid set as often as there are changes, each with its own."""
    head, rest = VALID[: VALID.index("ST*")], VALID[VALID.index("ST*") :]
    body, tail = rest[: rest.index("GE*")], rest[rest.index("GE*") :]
    sets = [body.replace("*0001~", f"*{number:04d}~").replace(*change) for number, change in enumerate(changes, 1)]
    return (head + "".join(sets) + tail.replace("GE*1*", f"GE*{len(sets)}*")).encode()


GOOD, UNPAID, UNKNOWN = ("", ""), ("CLP*A100*1*200*128*", "CLP*A100*1*200*127*"), ("*ACH*", "*ZZZ*")


def test_trailers_of_a_second_interchange_are_not_too_many():
    file = x12.check((remittance(REMITTANCE, control=1) + remittance(REMITTANCE, control=2)).encode())
    assert "segment-too-often" not in set(file.findings["code"])


def test_verdicts_are_those_of_a_999():
    file = x12.check(several(GOOD, UNKNOWN, UNPAID))
    assert x12.verdicts(file).columns.tolist() == ["transaction_seg", "verdict", "interchange_code"]
    found = Verdicts().of(file)
    assert found["verdict"].tolist() == ["A", "R", "A"]
    assert found["is_refused"].tolist() == [False, True, False]
    assert found["is_held"].tolist() == [False, True, True]
    assert found["is_checked"].all()


def test_a_set_of_a_guide_without_a_map_is_not_checked():
    file = x12.check(submission(SUBMISSION, guide="005010X298").encode())
    assert Verdicts().of(file)["is_checked"].tolist() == [False]


def test_verdicts_of_parts_are_those_of_the_whole():
    text, verdicts = several(*[GOOD, UNKNOWN, UNPAID] * 20), Verdicts()
    parts = list(x12.scan_checked(text, part=500, window=400))
    assert len(parts) > 3
    found = pd.concat([verdicts.of(part) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(found, Verdicts().of(x12.check(text)))


def test_a_file_says_what_it_is_without_naming_anybody():
    file = x12.check(several(GOOD, UNPAID))
    assert repr(file) == (
        f"<X12File {file.sha256[:12]}: {file.bytes:,} bytes; 2 x 835 005010X221A1; claims: 2; findings: 2 hold>"
    )
    assert repr(x12.read(b"rubbish")).endswith("7 bytes; no transaction set; claims: 0; findings: 1 reject>")


def test_the_summary_of_a_file_is_its_entry_of_the_document():
    summary = x12.read(several(GOOD)).summary("remit.835")
    assert (summary["file"], summary["findings"]) == ("remit.835", [])
    assert summary["transactions"][0]["payment_cents"] == 12800
