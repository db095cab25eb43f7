"""What goes back to a sender: conformant for us and for pyx12; read back it is what was found."""

from __future__ import annotations

import re
from datetime import date, datetime

import pandas as pd
import pytest

from claims import codes, x12
from claims.errors import UsageError
from claims.findings import NOTE
from claims.x12.acknowledge import acknowledgement_frames
from claims.x12.acknowledge.files import written
from claims.x12.read import PART
from tests.x12.acknowledged import (
    CLAIM,
    DAY,
    OURS,
    ROOT,
    THEIRS,
    answers_to,
    changed,
    checked,
    claims_of,
    name,
    segments,
    told,
)
from tests.x12.envelopes import SUBMISSION, interchange, remittance, submission, transaction
from tests.x12.reference_validator import reference_errors

# ---- every file there is


@pytest.mark.parametrize(
    "path", [one if at % 3 == 0 else pytest.param(one, marks=pytest.mark.long) for at, one in enumerate(OURS)], ids=name
)
def test_answers_to_a_file_are_conformant(path):
    answers = answers_to(path)
    for data in filter(None, answers[:2]):
        assert set(x12.check(data).findings["severity"]) <= {NOTE}
    if answers.implementation:
        assert reference_errors(answers.implementation) == []


@pytest.mark.long
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
def test_answers_to_the_samples_are_conformant(every):
    answers = [answers_to(path) for path in THEIRS[::every]]
    for kind in ("ta1", "implementation"):
        every = b"".join(getattr(one, kind) for one in answers)
        found = x12.check(every)
        assert set(found.findings["severity"]) <= {NOTE}, found.findings
        assert len(found.interchanges) >= len(answers) * 0.7
        # pyx12 wants a group in every interchange, and one set of delimiters.
        if kind == "implementation":
            usual = [one.implementation for one in answers if one.implementation[103:106] == b"*:~"]
            assert reference_errors(b"".join(usual)) == []
            others = {one.implementation for one in answers} - {*usual, b""}
            assert [reference_errors(one) for one in others] == [[]] * len(others)


@pytest.mark.long
def test_every_interchange_and_every_group_of_one_that_is_not_refused_is_answered_once():
    for path in OURS + THEIRS:
        file, answers = checked(path), answers_to(path)
        only_ta1 = file.transactions["set_code"].eq("TA1").any() and file.frames["groups"].empty
        ta1 = [one.split("*", 4)[4] for one in segments(answers.ta1, "TA1")]
        assert len(ta1) == (0 if only_ta1 else len(file.interchanges)), path
        fine = {seg for seg, one in zip(file.interchanges["seg"], ta1, strict=False) if one[0] != "R"}
        groups = [one for one in file.frames["groups"].itertuples() if one.interchange_seg in fine]
        expected = [one for one in groups if not _holds_answers(file, one)]
        if "E*024" not in ta1:
            assert len(segments(answers.implementation, "AK1")) == len(expected), path


def _holds_answers(file: x12.X12File, group) -> bool:
    """Tell a group of answers, also one whose code says something else."""
    sets = set(file.transactions.loc[file.transactions["group_seg"] == group.seg, "set_code"])
    return group.functional_code == "FA" or (bool(sets) and sets <= {"999", "997"})


@pytest.mark.long
def test_no_code_of_a_finding_is_unknown_and_none_for_a_segment_is_outside_a_set():
    table = codes.table("ack_codes")
    known = set(zip(table["set"], table["element"], table["code"], strict=True))
    for path in OURS + THEIRS:
        found = checked(path).findings
        coded = found[found["ack_code"] != ""]
        for code, is_in_set in set(zip(coded["ack_code"], coded["transaction_seg"] > 0, strict=True)):
            kind, *rest = code.split()
            element, value = rest if len(rest) == 2 else ("TA105", rest[0])
            assert (kind, element, value) in known, path
            assert is_in_set or element not in ("IK304", "IK403"), path


# ---- groups and sets


@pytest.mark.parametrize(
    ("heads", "result"),
    [(["00", "00"], "AK9*A*2*2*2"), (["00", "99"], "AK9*P*2*2*1"), (["99", "99"], "AK9*R*2*2*0")],
)
def test_a_group_is_accepted_partly_or_not_at_all(heads, result):
    found = told(claims_of(*heads))
    assert found[-1] == result
    assert [one for one in found if one.startswith("IK5")] == ["IK5*A" if one == "00" else "IK5*R*5" for one in heads]


def test_notes_alone_accept_with_errors():
    data = claims_of("00").replace(b"GS*HC*SND*RCV*20250310*1200*1*X*005010X222A1", b"GS*HC*SND*RCV*20250310*1200*1*X*")
    file = x12.check(data)
    file.frames["findings"] = file.findings.assign(severity=NOTE)
    frames = acknowledgement_frames([file], day=DAY).implementation
    assert frames["group_acknowledgements"]["status_code"].tolist() == ["E"]
    assert frames["group_acknowledgements"]["accepted"].tolist() == [1]


@pytest.mark.parametrize(
    ("old", "new", "end"),
    [
        ("GE*1*1~", "GE*1*2~", "AK9*R*1*1*0*4"),
        ("GE*1*1~", "GE*3*1~", "AK9*R*3*1*0*5"),
        ("GE*1*1~", "", "AK9*R*1*1*0*3"),
        ("*1*X*005010X222A1~ST", "*1*X*005010X22~ST", "AK9*R*1*1*0*2"),
    ],
)
def test_a_refused_group_says_why_and_refuses_its_sets(old, new, end):
    found = told(changed(claims_of("00").decode(), old, new))
    assert found[-1] == end
    assert all(one.startswith("IK5*R") for one in found if one.startswith("IK5"))


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("ST*837*0001*", "ST*837*1*", "IK5*R*7*3"),
        ("*0001~GE", "*0009~GE", "IK5*R*3"),
        ("SE*58*", "SE*57*", "IK5*R*4"),
        ("SE*58*0001~", "", "IK5*R*2"),
    ],
)
def test_what_is_wrong_with_a_whole_set_is_said_by_its_ik5(old, new, result):
    text = re.sub(r"SE\*\d+", "SE*58", claims_of("00").decode())
    text = text.replace("SE*58", f"SE*{text.count('~') - 4}").replace("SE*57", "SE*58")
    old = old.replace("SE*58", re.search(r"SE\*\d+", text)[0])
    assert result in told(changed(text, old, new))


def test_a_set_that_is_not_read_here_is_refused_as_not_supported():
    text = interchange(
        [transaction("BHT*0022*13*1*20250310*1200~", "ST*270*{number}*005010X279A1")], "HS", "005010X279A1"
    )
    found = told(text.replace("*S*R*", "*SND*RCV*").encode())
    assert found[:2] == ["AK2*270*0001*005010X279A1", "IK5*R*1"]
    assert x12.verdicts(x12.check(text.encode()))["verdict"].tolist() == ["R"]


@pytest.mark.parametrize("trailer", ["GE*1*1~", ""])
@pytest.mark.parametrize("part", [1, PART])
def test_a_trailer_that_is_missed_at_the_next_group_refuses_the_group_before(trailer, part):
    text = claims_of("00").decode()
    group = text[text.index("GS*") : text.index("GE*1*1~")]
    data = text.replace("GE*1*1~IEA*1", f"{trailer}{group.replace('*1*X*', '*2*X*')}GE*1*2~IEA*2").encode()
    letters = ["A", "A"] if trailer else ["R", "A"]
    assert [one[4] for one in told(data) if one.startswith("IK5")] == letters
    assert x12.verdicts(x12.check(data))["verdict"].tolist() == letters
    in_parts = acknowledgement_frames(x12.scan_checked(data, part=part), day=DAY).implementation
    assert in_parts["set_acknowledgements"]["status_code"].tolist() == letters


@pytest.mark.parametrize("path", OURS, ids=name)
def test_the_verdicts_in_a_999_are_those_of_the_check(path):
    file = x12.check(path)
    frames = acknowledgement_frames([file], day=DAY).implementation
    if not frames:
        return
    groups = frames["group_acknowledgements"]
    fine = groups.loc[groups["error_codes"] == "", "seg"]
    sets = frames["set_acknowledgements"]
    of_check = x12.verdicts(file).set_index("transaction_seg")["verdict"]
    sets = sets[sets["group_seg"].isin(fine)]
    assert sets["status_code"].tolist() == of_check.loc[sets["seg"]].tolist()


def test_an_835_is_answered_without_the_guide_that_its_st_does_not_name():
    data = (ROOT / "edi_samples" / "835" / "pass" / "recovery.edi").read_bytes()
    assert told(data) == ["AK2*835*0001", "IK5*A", "AK9*A*1*1*1"]


# ---- places, claims, values


def test_an_error_names_its_claim_and_one_in_no_claim_names_none():
    second_line = "*UN*1***1:2~\nDTP*472*D8*20260801~\nREF*6R*L30"
    in_claim = told(changed(CLAIM, second_line, second_line.replace("UN", "XX")))
    assert [one for one in in_claim if one[:3] in ("IK3", "CTX", "IK4")] == [
        "IK3*SV1*33*2400*8", "CTX*CLM01:A3", "IK4*3*355*7",
    ]  # fmt: skip
    assert not [one for one in told(changed(CLAIM, "DMG*D8*1980", "DMG*D8*1880")) if one.startswith("CTX")]


def test_what_is_missing_belongs_to_the_claim_before_the_segment_where_it_was_missed():
    line = "SV1*HC:99213:25*200*UN*1***1:2~\nDTP*472*D8*20260801~\nREF*6R*L10~\n"
    found = told(changed(CLAIM, "LX*1~\n" + line, "LX*1~\n"))
    assert [one for one in found if one[:3] in ("IK3", "CTX")] == [
        "IK3*DTP*24*2400*3", "CTX*CLM01:A1", "IK3*SV1*24*2400*3", "CTX*CLM01:A1",
    ]  # fmt: skip


def test_values_in_error_are_copied_only_when_asked_for(canary):
    data = changed(CLAIM, "DMG*D8*19800101", f"DMG*D8*{canary}")
    assert canary not in x12.acknowledge(data, day=DAY).implementation.decode()
    copied = x12.acknowledge(data, day=DAY, copy_values=True).implementation
    assert f"IK4*2*1251*8*{canary}" in segments(copied, "IK4")
    assert x12.read(copied).frames["element_errors"]["bad_value"].tolist() == [canary]


def test_a_copied_value_comes_from_the_component_and_the_repetition_in_error():
    data = changed(CLAIM, "HI*ABK:E119*ABF:I10", "HI*ABK:E119*XYZ:I10")
    assert "IK4*2:1*1270*7*XYZ" in segments(x12.acknowledge(data, copy_values=True).implementation, "IK4")


def test_no_finding_tells_what_a_999_tells(canary):
    data = changed(CLAIM, "CLM*A1*200*", f"CLM*{canary}*20O*")
    assert f"CTX*CLM01:{canary}" in told(data)
    assert canary not in x12.check(data).findings.to_csv()


def test_delimiters_of_an_answer_do_not_occur_in_it():
    text = CLAIM.replace("~\n", "\n").replace("*", "|").replace("CLM|A1|200", "CLM|A*1:2^3~4|20O")
    assert x12.check(text.encode()).interchanges["element_separator"].tolist() == ["|"]
    data = x12.acknowledge(text.encode(), day=DAY).implementation
    found = x12.check(data)
    assert set(found.findings["severity"]) <= {NOTE}
    assert found.frames["contexts"]["reference"].tolist() == ["A*1:2^3~4"]
    assert reference_errors(data) == []


def test_an_answer_whose_data_hold_every_delimiter_is_written_with_blanks():
    frames = acknowledgement_frames([x12.check(changed(CLAIM, "CLM*A1*200*", "CLM*A1*20O*"))], day=DAY).implementation
    everything = "A*:^~|>!+;<{}=#%&$@?[]B"
    frames["contexts"] = frames["contexts"].assign(reference=everything)
    (reference,) = x12.read(written(frames)).frames["contexts"]["reference"]
    assert reference == everything.translate(str.maketrans("*:^~", "    ")).strip()


# ---- how much, and from where


def _many_errors(claims: int) -> bytes:
    """One 837 with an unknown qualifier in the line of each claim."""
    start, rest = CLAIM.split("CLM*A1*", 1)
    claim = "CLM*A1*" + rest.split("CLM*A3*", 1)[0]
    end = "SE" + rest.split("SE", 1)[1]
    body = start + claim.replace("*UN*", "*XX*") * claims + end
    return re.sub(r"SE\*\d+", f"SE*{body.count('~') - 4}", body).encode()


def test_errors_of_a_set_are_capped_and_the_rest_is_counted():
    answers = x12.acknowledge(_many_errors(50), day=DAY, most=20)
    assert len(segments(answers.implementation, "IK3")) == 20
    assert answers.left_out.to_numpy().tolist() == [[3, 30]]
    assert segments(answers.implementation, "IK5") == ["IK5*R*5"]
    assert x12.acknowledge(_many_errors(50), day=DAY).left_out.empty


@pytest.mark.parametrize("most", [1000, 7])
def test_parts_of_a_file_are_answered_like_the_whole(most):
    data = _many_errors(60) + CLAIM.replace("000000007", "000000008").replace("*7*X", "*9*X").encode()
    whole = x12.acknowledge(data, day=DAY, most=most)
    for part in (1, 3000):
        in_parts = x12.acknowledge(data, day=DAY, part=part, most=most)
        assert in_parts[:2] == whole[:2]
        assert in_parts.left_out.equals(whole.left_out)
    one = acknowledgement_frames([x12.check(data)], day=DAY, most=most)
    assert written(one.implementation) == whole.implementation


def test_a_position_that_ik302_cannot_hold_is_left_out():
    file = x12.check(_many_errors(2))
    far = file.findings["seg"] == file.findings["seg"].max()
    file.frames["findings"] = file.findings.assign(seg=file.findings["seg"].mask(far, 1_000_100))
    answers = acknowledgement_frames([file], day=DAY)
    assert answers.implementation["segment_errors"]["position"].max() < 1_000_000
    assert answers.left_out["segment_errors"].tolist() == [1]
    assert answers.implementation["set_acknowledgements"]["status_code"].tolist() == ["R"]


def test_the_same_file_day_and_number_give_the_same_bytes():
    data = claims_of("00", "99")
    assert x12.acknowledge(data, day=DAY)[:2] == x12.acknowledge(data, day=DAY)[:2]
    first = x12.acknowledge(data, day=datetime(2026, 9, 20, 14, 5), control=999_999_999)
    ta1, other = (x12.read(one).interchanges.iloc[0] for one in first[:2])
    assert (ta1["control_number"], other["control_number"]) == ("999999999", "000000001")
    assert (ta1["interchange_date"], ta1["interchange_time"]) == (20260920, "1405")
    assert x12.acknowledge(data)[0] == x12.acknowledge(data, day=date.today())[0]
    with pytest.raises(UsageError, match="between 1 and"):
        x12.acknowledge(data, control=0)


def test_answers_of_several_groups_and_interchanges_have_numbers_of_their_own():
    second = CLAIM.replace("000000007", "000000008")
    data = x12.acknowledge((CLAIM + second).encode(), control=100).implementation
    file = x12.check(data)
    assert file.findings.empty
    assert file.interchanges["control_number"].tolist() == ["000000102", "000000103"]
    assert file.frames["groups"]["control_number"].tolist() == ["104", "105"]
    assert file.frames["group_acknowledgements"]["control_number"].tolist() == ["8", "8"]


# ---- files


def test_answers_are_written_whole_private_and_without_the_name_of_the_file(tmp_path):
    path = tmp_path / "JANE DOE.837"
    path.write_bytes(claims_of("00", "99"))
    written_to = x12.acknowledgement_files(path, tmp_path / "out" / "acks", day=DAY, control=5)
    assert [one.suffix for one in written_to] == [".ta1", ".999"]
    assert {one.stem for one in written_to} == {x12.read(path).sha256[:16]}
    assert sorted((tmp_path / "out" / "acks").iterdir()) == sorted(written_to)
    assert {one.stat().st_mode & 0o777 for one in written_to} == {0o600}
    assert tuple(one.read_bytes() for one in written_to) == x12.acknowledge(path, day=DAY, control=5)[:2]
    assert x12.acknowledgement_files(path, tmp_path / "out" / "acks", day=DAY) == written_to


def test_a_file_that_needs_no_answer_leaves_none(tmp_path):
    assert x12.acknowledgement_files(ROOT / "edi_samples" / "ta1" / "pass" / "accepted.edi", tmp_path / "out") == []


def test_a_remittance_with_errors_is_answered_by_position_alone():
    found = told(
        remittance("BPR*I*0*C*NON************20250310~ TRN*1*E1*1512345678~").replace("*S*R*", "*SND*RCV*").encode()
    )
    assert not [one for one in found if one.startswith("CTX")]
    assert found[-1] == "AK9*R*1*1*0"


def test_left_out_is_a_frame_with_its_columns():
    answers = x12.acknowledge(CLAIM.encode())
    pd.testing.assert_frame_equal(
        answers.left_out, pd.DataFrame({"transaction_seg": [], "segment_errors": []}, dtype="int64")
    )


def test_a_segment_id_that_is_none_is_told_as_no_other():
    data = submission(SUBMISSION).replace("~HI*", "~N$1*X~HI*", 1).encode()
    told = x12.acknowledge(data, day=DAY).implementation
    assert b"IK3*ZZZ*15**1~" in told and b"IK3*N1*" not in told


def test_an_answer_on_a_prompt_does_not_print_what_it_holds():
    answer = x12.acknowledge(remittance("BPR*I*0*C*NON************20250310~").encode())
    assert repr(answer).startswith("<Acknowledgements: TA1 ") and "ISA" not in repr(answer) and answer.implementation


def test_a_sender_that_cannot_be_written_is_answered_all_the_same():
    text = remittance("BPR*I*0*C*NON************20250310~")
    for sender in ("李小龙            ", "SENDERSENDERSENDERSE"):
        answer = x12.acknowledge(text.replace("SENDER         ", sender).encode())
        assert answer.implementation and len(answer.ta1.split(b"\n")[0]) == 106
