"""999, 997, 277CA and TA1 frames."""

from __future__ import annotations

from claims import x12
from tests.x12.envelopes import ACKNOWLEDGEMENT, STATUSES, answer
from tests.x12.test_windows import TA1


def test_an_implementation_acknowledgement():
    found = x12.read(answer(ACKNOWLEDGEMENT, st01="999", kind="FA", guide="005010X231A1").encode())
    frames = found.frames
    assert found.findings.empty
    assert found.transactions["set_code"].tolist() == ["999"]
    group = frames["group_acknowledgements"].iloc[0]
    assert (group["functional_code"], group["control_number"], group["version"]) == ("HC", "1", "005010X222A1")
    assert (group["status_code"], group["included"], group["received"], group["accepted"]) == ("P", 2, 2, 1)
    sets = frames["set_acknowledgements"]
    assert sets["group_seg"].tolist() == [group["seg"]] * 2
    assert sets["control_number"].tolist() == ["0001", "0002"]
    assert sets["guide"].tolist() == ["005010X222A1"] * 2
    assert sets["status_code"].tolist() == ["A", "R"]
    assert sets["error_codes"].tolist() == ["", "5 I5"]
    segment = frames["segment_errors"].iloc[0]
    assert (segment["segment_id"], segment["position"], segment["loop"], segment["error_code"]) == (
        "CLM", 22, "2300", "8",
    )  # fmt: skip
    assert segment["set_seg"] == sets["seg"][1]
    element = frames["element_errors"].iloc[0]
    assert (element["element"], element["component"], element["repeat"], element["error_code"]) == (5, 3, 0, "7")
    assert (element["segment_seg"], element["set_seg"]) == (segment["seg"], sets["seg"][1])


def test_contexts_of_a_segment_and_of_an_element():
    body = ACKNOWLEDGEMENT.replace(
        "IK4*5:3*1331*7*9~",
        "IK4*5:3:2*1331*7*9~ CTX*SITUATIONAL TRIGGER*DTP*23*2300*3:1:2*1251~ IK4*6**1~ IK3*HI*23*2300*3~ CTX*CLM01:A2~",
    )
    found = x12.read(answer(body, st01="999", kind="FA", guide="005010X231A1").encode())
    contexts, segments, elements = (
        found.frames[name] for name in ("contexts", "segment_errors", "element_errors")
    )  # fmt: skip
    assert found.findings.empty
    assert contexts["name"].tolist() == ["CLM01", "SITUATIONAL TRIGGER", "CLM01"]
    assert contexts["reference"].tolist() == ["A2", "", "A2"]
    assert contexts["segment_seg"].tolist() == segments["seg"].iloc[[0, 0, 1]].tolist()
    assert contexts["element_seg"].tolist() == [0, elements["seg"][0], 0]
    assert contexts["set_seg"].nunique() == 1
    trigger = contexts.iloc[1]
    assert (trigger["segment_id"], trigger["position"], trigger["loop"]) == ("DTP", 23, "2300")
    assert (trigger["element"], trigger["component"], trigger["repeat"]) == (3, 1, 2)
    assert elements[["repeat", "data_element", "bad_value"]].to_numpy().tolist() == [[2, "1331", "9"], [0, "", ""]]


def test_a_functional_acknowledgement():
    body = "AK1*HC*7~ AK2*837*0001~ AK3*CLM*22**8~ AK4*2**6~ AK5*E*5~ AK9*E*1*1*1*6*5~"
    frames = x12.read(answer(body, st01="997", kind="FA", guide="005010").encode()).frames
    assert frames["transactions"]["set_code"].tolist() == ["997"]
    assert frames["set_acknowledgements"]["status_code"].tolist() == ["E"]
    assert frames["segment_errors"]["error_code"].tolist() == ["8"]
    assert frames["element_errors"]["error_code"].tolist() == ["6"]
    assert frames["group_acknowledgements"]["accepted"].tolist() == [1]
    assert frames["group_acknowledgements"]["error_codes"].tolist() == ["6 5"]


def test_claim_statuses():
    found = x12.read(answer(STATUSES, st01="277", kind="HN", guide="005010X214").encode())
    statuses, levels = found.frames["claim_statuses"], found.frames["hierarchy"]
    assert found.findings.empty
    assert found.transactions["set_code"].tolist() == ["277CA"]
    assert statuses["level"].tolist() == ["batch", "claim", "claim", "line"]
    assert statuses["category_code"].tolist() == ["A1", "A2", "A7", "A7"]
    assert statuses["status_code"].tolist() == ["19", "20", "562", "507"]
    assert statuses["entity_code"].tolist() == ["40", "PR", "85", ""]
    assert statuses["action_code"].tolist() == ["WQ", "WQ", "U", "U"]
    assert statuses["status_date"].tolist() == [20250311] * 4
    assert statuses["charge_cents"].fillna(-1).tolist() == [25000, 20000, 5000, -1]
    assert statuses["trace"].tolist() == ["B1", "A1", "A2", "A2"]
    assert statuses["payer_claim_number"].tolist() == ["", "ICN1", "", ""]
    segs = dict(zip(levels["number"], levels["seg"], strict=True))
    assert statuses["hl_seg"].tolist() == [segs["2"], segs["4"], segs["5"], segs["5"]]
    assert levels["parent_seg"].tolist() == [0, segs["1"], segs["2"], segs["3"], segs["3"]]


def test_a_status_answer_that_is_no_claim_acknowledgement_is_kept_as_it_is():
    found = x12.read(answer(STATUSES, st01="277", kind="HN", guide="005010X212").encode())
    assert found.transactions["set_code"].tolist() == ["277"]
    assert found.findings["code"].tolist() == ["set-not-supported"]
    assert found.frames["claim_statuses"].empty
    assert len(found.frames["segments"]) == 28


def test_an_interchange_acknowledgement_is_a_transaction_of_its_own():
    found = x12.read(TA1.encode())
    assert found.findings.empty
    assert found.transactions[["set_code", "control_number"]].to_numpy().tolist() == [["TA1", "000000001"]]
    only = found.frames["interchange_acknowledgements"].iloc[0]
    assert (only["control_number"], only["interchange_date"]) == ("000000001", 20250310)
    assert (only["status_code"], only["note_code"]) == ("A", "000")
    assert found.transactions["claims"].tolist() == [0]
    assert found.transactions["charge_cents"].isna().all()
