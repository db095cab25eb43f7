"""What could only be written as something else is refused: the error names frame, column and row, never the value."""

from __future__ import annotations

import pandas as pd
import pytest

from claims import x12
from claims.errors import FrameError, UsageError
from tests.x12.envelopes import SUBMISSION, submission

FRAMES = x12.read(submission(SUBMISSION).encode()).frames


@pytest.mark.parametrize(
    ("frame", "column", "value"),
    [
        ("interchanges", "sender_id", "SENDERSENDERSENDERSE"),
        ("interchanges", "control_number", "1234567890"),
        ("interchanges", "control_number", "CLOVER"),
        ("interchanges", "interchange_time", "1"),
        ("transactions", "control_number", "12"),
        ("claims", "claim_number", "C" * 45),
        ("claims", "patient_last_name", "李小龙"),
        ("claims", "patient_birth_date", -1),
        ("claims", "patient_birth_date", 20250230),
        ("claims", "charge_cents", None),
    ],
)
def test_a_value_that_cannot_be_written_as_it_is_is_refused(frame, column, value):
    rows = FRAMES[frame].astype({column: "object"})
    rows.loc[len(rows) - 1, column] = value
    if not isinstance(value, str):
        rows[column] = pd.array(rows[column], "Int64")
    with pytest.raises(FrameError) as refused:
        x12.write(FRAMES | {frame: rows})
    told = str(refused.value)
    assert f"table {frame}, column {column}: row {len(rows)} " in told and isinstance(refused.value, UsageError)
    assert str(value) not in told.replace(f"row {len(rows)} ", "")


def test_a_sex_that_the_frames_do_not_hold_is_not_invented():
    text = submission(SUBMISSION)
    assert "DMG*D8*" in text
    written = x12.write(FRAMES).decode()
    assert "DMG*D8*" in written and "*U~" not in written
