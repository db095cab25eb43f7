"""An answer that is read back says what was found: the same codes, at the same places."""

from __future__ import annotations

import pytest

from claims import x12
from claims.x12.acknowledge import acknowledgement_frames
from tests.x12.acknowledged import DAY, OURS, answers_to, changed, checked, claims_of, name


@pytest.mark.parametrize("path", OURS, ids=name)
def test_what_was_found_comes_back_as_the_same_codes_and_positions(path):
    found, back = checked(path).findings, x12.read(answers_to(path).implementation or b"").frames
    sent = acknowledgement_frames([checked(path)], day=DAY).implementation
    if not sent:
        return
    for frame, columns in {
        "group_acknowledgements": ["control_number", "status_code", "included", "received", "accepted", "error_codes"],
        "set_acknowledgements": ["set_code", "control_number", "status_code", "error_codes"],
    }.items():
        assert back[frame][columns].to_numpy().tolist() == sent[frame][columns].to_numpy().tolist()
    segs = dict(zip(back["set_acknowledgements"]["seg"], sent["set_acknowledgements"]["seg"], strict=True))
    segment_errors = back["segment_errors"].set_index("seg")
    told = {(segs[row.set_seg], row.position, row.error_code) for row in segment_errors.itertuples()}
    of_element = {
        (segs[row.set_seg], above.position, f"{above.segment_id}{row.element:02d}", row.component, row.error_code)
        for row in back["element_errors"].itertuples()
        for above in [segment_errors.loc[row.segment_seg]]
    }
    rows = [
        (row.transaction_seg, row.seg - row.transaction_seg + 1, row.element, *row.ack_code.split()[1:])
        for row in found[found["transaction_seg"].isin(segs.values())].itertuples()
        if row.ack_code.startswith(("999 IK3", "999 IK4"))
    ]
    # What the reader misses in a whole set stands where the guide misses it.
    assert {one for one in told if one[2] != "8"} == {
        (st, position, code) for st, position, _, kind, code in rows if kind == "IK304" and code != "8" and position > 1
    }
    assert of_element == {(st, position, *_split(at), code) for st, position, at, kind, code in rows if kind == "IK403"}


def _split(element: str) -> tuple[str, int]:
    first, _, component = element.partition("-")
    return first, int(component or 0)


def test_a_read_answer_has_data_elements_contexts_and_group_codes():
    data = x12.acknowledge(
        changed(claims_of("00").decode(), "GE*1*1~", "GE*2*1~").replace(b"*UN*", b"*XX*", 1)
    ).implementation
    frames = x12.read(data).frames
    assert frames["element_errors"]["data_element"].tolist() == ["355"]
    assert frames["contexts"][["name", "reference", "element_seg"]].to_numpy().tolist() == [["CLM01", "A1", 0]]
    assert frames["contexts"]["segment_seg"].tolist() == frames["segment_errors"]["seg"].tolist()
    assert frames["group_acknowledgements"]["error_codes"].tolist() == ["5"]
    assert frames["group_acknowledgements"]["included"].tolist() == [2]
