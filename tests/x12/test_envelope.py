"""What is wrong with an envelope: each fault is a finding with its code, place and acknowledgement code."""

from __future__ import annotations

import pytest

from claims import x12
from tests.x12.envelopes import REMITTANCE, remittance

CLEAN = remittance(REMITTANCE)
FAULTS = {
    "IEA02": (("IEA*1*000000001", "IEA*1*000000002"), "interchange-control-number-differs", "TA1 001"),
    "IEA01": (("IEA*1*", "IEA*2*"), "interchange-count-differs", "TA1 021"),
    "GE02": (("GE*1*1~", "GE*1*9~"), "group-control-number-differs", "999 AK905 4"),
    "GE01": (("GE*1*1~", "GE*3*1~"), "group-count-differs", "999 AK905 5"),
    "SE02": (("*0001~GE", "*0002~GE"), "set-control-number-differs", "999 IK502 3"),
    "SE01": (("~SE*35*", "~SE*34*"), "set-count-differs", "999 IK502 4"),
    "SE01 text": (("~SE*35*", "~SE*many*"), "set-count-differs", "999 IK502 4"),
    "no IEA": (("IEA*1*000000001~", ""), "interchange-trailer-missing", "TA1 023"),
    "no GE": (("GE*1*1~", ""), "group-trailer-missing", "999 AK905 3"),
    "no SE": (("SE*35*0001~", ""), "set-trailer-missing", "999 IK502 2"),
    "no GS": ((CLEAN[106 : CLEAN.index("ST*")], ""), "group-header-missing", "TA1 024"),
    "no ISA": ((CLEAN[:106], ""), "no-interchange", "TA1 022"),
    "no BPR": ((CLEAN[CLEAN.index("BPR*") : CLEAN.index("TRN*")], ""), "segment-missing", "999 IK304 3"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_holds(fault):
    (old, new), code, ack_code = FAULTS[fault]
    assert CLEAN.count(old) == 1
    found = x12.read(CLEAN.replace(old, new).encode())
    mine = found.findings[found.findings["code"] == code]
    assert set(mine["severity"]) == {"hold"}
    assert set(mine["ack_code"]) == {ack_code}
    assert mine["message"].str.contains("held|skipped").all()
    assert found.transactions["paid_cents"].tolist() == [22800]


def test_control_numbers_with_different_zeros_are_equal_but_noted():
    found = x12.read(CLEAN.replace("IEA*1*000000001", "IEA*1*1").encode())
    assert found.findings[["code", "severity"]].to_numpy().tolist() == [
        ["interchange-control-number-padded", "note"],
    ]


def test_counts_say_what_was_found_and_expected():
    only = x12.read(CLEAN.replace("~SE*35*", "~SE*34*").encode()).findings.iloc[0]
    assert (only["found"], only["expected"], only["element"], only["transaction_seg"]) == ("34", "35", "SE01", 3)
    assert only["seg"] == 37
    assert CLEAN[only["offset"] :].startswith("SE*35")
    assert only["message"] == "SE01 says 34 segments, 35 were read; the set is held."


def test_a_second_set_with_the_same_control_number_is_held():
    found = x12.read(remittance(REMITTANCE, REMITTANCE).replace("0002", "0001").encode())
    assert found.findings["code"].tolist() == ["duplicate-transaction-set"]
    assert found.findings["transaction_seg"].tolist() == found.transactions["seg"].tolist()[1:]


def test_a_second_interchange_with_the_same_control_number_is_held():
    found = x12.read((CLEAN + CLEAN).encode())
    assert found.findings["code"].tolist() == ["duplicate-interchange"]
    assert found.findings["ack_code"].tolist() == ["TA1 025"]


def test_a_missing_trailer_does_not_swallow_the_next_set():
    text = remittance(REMITTANCE, REMITTANCE).replace("SE*35*0001~", "")
    found = x12.read(text.encode())
    assert found.transactions["segments"].tolist() == [34, 35]
    assert found.transactions["end_seg"].tolist() == [36, 71]
    assert found.findings["code"].tolist() == ["set-trailer-missing"]


def test_an_older_version_is_refused_but_read():
    found = x12.read(CLEAN.replace("005010X221A1", "004010X091A1").encode())
    assert found.findings[["code", "severity"]].to_numpy().tolist() == [["version-not-supported", "reject"]]
    assert found.transactions["paid_cents"].tolist() == [22800]


def test_other_sets_are_kept_as_they_are():
    found = x12.read(CLEAN.replace("ST*835", "ST*850").encode())
    assert found.findings["code"].tolist() == ["set-not-supported"]
    assert found.transactions["set_code"].tolist() == ["850"]
    assert found.transactions["segments"].tolist() == [35]
    assert found.frames["claim_payments"].empty


def test_interchanges_and_groups():
    found = x12.read(CLEAN.encode())
    only = found.interchanges.iloc[0].to_dict()
    assert (only["control_number"], only["sender_id"], only["receiver_id"]) == ("000000001", "SENDER", "RECEIVER")
    assert (only["usage_code"], only["interchange_date"], only["version"]) == ("P", 20250310, "00501")
    delimiters = ("element_separator", "component_separator", "repetition_separator", "terminator")
    assert [only[name] for name in delimiters] == ["*", ":", "^", "~"]
    group = found.frames["groups"].iloc[0].to_dict()
    assert (group["functional_code"], group["control_number"], group["version"]) == ("HP", "1", "005010X221A1")
    assert (group["group_date"], group["interchange_seg"]) == (20250310, 1)
