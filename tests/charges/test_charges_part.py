"""Some claims of a charges CSV, read by the addresses of their rows, are what they are in the whole file."""

from __future__ import annotations

import pandas as pd
import pytest

from claims.cells.rows import header_length
from claims.charges import read_charges, read_charges_at
from claims.errors import FrameError
from tests.charges.test_charges_written import DENTAL, EMERGENCY, INSTITUTIONAL, PROFESSIONAL, charges

ROWS = (
    PROFESSIONAL,
    INSTITUTIONAL,
    {**PROFESSIONAL, "claim_number": "P2", "note": 'SAID "NO", THEN YES', "colour": "R\nED"},
    DENTAL,
    EMERGENCY,
    {**PROFESSIONAL, "claim_number": "P3", "subscriber_first_name": "ZO\u00cb"},
    {**DENTAL, "procedure_code": "D0120", "tooth_surfaces": ""},
)


def written(**changes: bytes) -> bytes:
    """Write the rows; `line_end`, `before` and `encoding` as given."""
    text = charges(*ROWS).replace(b"\r\n", changes.get("line_end", b"\n"))
    return changes.get("before", b"") + text.decode().encode(changes.get("encoding", b"utf-8").decode())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"line_end": b"\r\n"},
        {"line_end": b"\r"},
        {"before": b"\xef\xbb\xbf"},
        {"before": b"\n , ,\n"},
        {"encoding": b"cp1252"},
    ],
    ids=str,
)
@pytest.mark.parametrize("chosen", [[1], [2, 4], [3], [6], [1, 2, 3, 4, 6], []], ids=str)
def test_chosen_claims_are_what_they_are_in_the_whole_file(tmp_path, changes, chosen):
    data = written(**changes)
    path = tmp_path / "charges.csv"
    path.write_bytes(data)
    whole = read_charges(data)
    assert (whole.findings["severity"] == "note").all()
    lines = whole.service_lines[whole.service_lines["claim_seg"].isin(chosen)]
    part = read_charges_at(path, lines[["seg", "offset", "length"]].sample(frac=1, random_state=1))
    assert (part.findings["severity"] == "note").all()
    for name, frame in whole.frames.items():
        own = frame["seg" if name == "claims" else "claim_seg"].isin(chosen)
        wanted = frame[own].reset_index(drop=True)
        if name == "claims":
            wanted["ordinal"] = range(1, len(wanted) + 1)  # of the claims that were read
        pd.testing.assert_frame_equal(part.frames[name], wanted)


def test_an_address_without_a_row_is_told(tmp_path):
    path = tmp_path / "charges.csv"
    path.write_bytes(written())
    with pytest.raises(FrameError):
        read_charges_at(path, pd.DataFrame({"seg": [1], "offset": [10**9], "length": [5]}))


def test_a_header_that_is_cut_has_no_length():
    assert header_length(b"a,b") == 0
    assert header_length(b"a,b\n1") == 4
    assert header_length(b"\n\na,b\n1") == 6
    assert header_length(b'\xef\xbb\xbf"a\nb",c\r\n1') == 12
