"""Findings in groups: how many in how many sets and claims, the first with their segments, however a file is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import x12
from claims.x12.grouped import Grouped
from claims.x12.source import Source

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
VALID = (ROOT / "837p" / "pass" / "patient-is-subscriber.edi").read_text(encoding="utf-8").replace("\n", "")
REMIT = (ROOT / "835" / "pass" / "paid-with-patient-share.edi").read_text(encoding="utf-8").replace("\n", "")


def many(count: int, *, is_every: bool = False) -> bytes:
    """Repeat the first subscriber, each time with a wrong unit and a wrong line number.

    Every second has a place of service that does not exist, unless `is_every` asks for what is wrong in each alone.
    """
    segments = VALID.split("~")
    head, body = segments[:12], segments[12:28]
    found = list(head)
    for number in range(count):
        own = list(body)
        own[0] = f"HL*{number + 2}*1*22*0"
        own[2] = own[2].replace("*W1", f"*W{number}")  # each a patient, a claim of their own
        own[7] = own[7].replace("*A1*", f"*A{number}*")
        own[12] = "LX*2"
        own[13] = own[13].replace("*UN*", "*EA*")
        if number % 2 and not is_every:
            own[7] = own[7].replace("*11:B", "*97:B")
        found += own
    return "~".join([*found, f"SE*{len(found) - 1}*0001", "GE*1*8", "IEA*1*000000007", ""]).encode()


def grouped(data: bytes, *, part: int = 4 << 20, window: int = 768 << 10, **options) -> Grouped:
    """Group the findings of a file that comes in parts of some size."""
    with Source(data) as source:
        found = Grouped(source, **options)
        for one in x12.scan_checked(data, part=part, window=window):
            found.add(one)
        return found


def test_like_findings_are_counted_with_their_sets_and_claims():
    groups = grouped(many(6), least="reject").groups()
    assert [(group.code, group.element, group.count, group.sets, group.claims) for group in groups] == [
        ("line-number-wrong", "LX01", 6, 1, 6),
        ("code-not-valid", "SV103", 6, 1, 6),
        ("code-not-valid", "CLM05-1", 3, 1, 3),
    ]
    assert (groups[1].wanted, groups[1].loop) == ("MJ, UN", "2000A/2000B/2300/2400")
    assert [group.name for group in groups[1:]] == ["Unit or Basis for Measurement Code", "Place of Service Code"]


def test_the_first_cases_have_their_segments():
    data = many(6)
    first, second = grouped(data).groups()[2].cases
    assert (first.claim, second.claim) == (2, 4)
    for case in (first, second):
        assert case.raw == data[case.offset : case.offset + len(case.raw)] and case.raw.startswith(b"CLM*")
        assert case.before.startswith(b"NM1*PR") and case.before.endswith(b"~")


@pytest.mark.parametrize("window", [300, 700, 5000])
def test_where_a_file_is_cut_changes_no_group(window):
    data = many(40)
    assert grouped(data, part=window, window=window).groups() == grouped(data).groups()


def test_memory_does_not_grow_with_twenty_thousand_findings():
    found = grouped(many(10_000, is_every=True))
    assert found.counts["reject"] == 20_000
    worst = [group for group in found.groups() if group.severity == "reject"]
    assert [(group.count, group.claims, len(group.cases)) for group in worst] == [(10_000, 10_000, 2)] * 2


def test_what_is_missing_belongs_to_the_claim_before_it():
    lines = VALID[VALID.index("LX*1~") : VALID.index("HL*3")]
    only = grouped(VALID.replace(lines, "", 1).replace("SE*43", "SE*39").encode()).groups()[0]
    case = only.cases[0]
    assert (only.code, case.expected, case.claim) == ("required-loop-missing", "2400", 1)
    assert (case.before[:7], case.raw) == (b"NM1*82*", b"HL*3*1*22*0~")


def test_what_stands_behind_the_last_claim_is_in_no_claim():
    data = REMIT.replace("SE*28", "PLB*1999999018*20261399*WO:X*0~SE*29").encode()
    only = grouped(data).groups()[0]
    assert (only.code, only.element, only.claims, only.cases[0].claim) == ("date-not-valid", "PLB02", 0, 0)


def test_a_finding_on_the_head_of_a_long_set_has_its_segment_all_the_same():
    claims = "".join(f"CLP*B{number}*1*10*10**12*I{number}~NM1*QC*1*A*B****MI*W~" for number in range(60))
    data = REMIT.replace("SE*28*", f"{claims}SE*148*").encode()
    found = grouped(data, part=400, window=400)
    case = next(group for group in found.groups() if group.code == "remittance-out-of-balance").cases[0]
    assert case.raw.startswith(b"BPR*I*128*") and case.raw.endswith(b"*20260910~")


def test_bare_sets_and_other_delimiters_are_read_as_they_are():
    bare = REMIT[REMIT.index("ST*") : REMIT.index("GE*")].replace("*", "|").replace(":", ">").replace("SE|28", "SE|9")
    case = next(group for group in grouped(bare.encode()).groups() if group.code == "set-count-differs").cases[0]
    assert (case.raw, chr(case.delimiters.element)) == (b"SE|9|0001~", "|")


def test_only_what_is_asked_for_is_grouped_and_all_is_counted():
    found = grouped(many(4), codes=frozenset({"date-not-valid"}))
    assert found.groups() == [] and found.counts["reject"] == 10
    noted = (ROOT / "837p" / "fail" / "claim-total-differs.edi").read_bytes()
    assert grouped(noted, least="hold").groups() == [] and grouped(noted).groups()[0].severity == "note"


def test_worst_comes_first_and_consequences_last():
    data = (ROOT / "835" / "fail" / "segment-missing.edi").read_bytes()
    codes = [group.code for group in grouped(data).groups()]
    assert codes == ["required-loop-missing", "segment-unexpected", "segment-missing"]


def test_a_file_of_rubbish_has_its_one_finding():
    only = grouped(b"hello").groups()[0]
    assert (only.code, only.count, only.sets, only.claims, only.cases[0].raw) == ("not-x12", 1, 0, 0, b"")


def test_a_qualifier_that_no_segment_has_is_named_and_comes_before_what_follows_from_it():
    first, *rest = grouped(REMIT.replace("~N1*PR*", "~N1*PX*").encode()).groups()
    assert (first.code, first.element, first.wanted) == ("segment-unexpected", "N101", "PR")
    assert [group.code for group in rest][:2] == ["required-loop-missing", "segment-unexpected"]
    (only,) = grouped(
        REMIT.replace("~CAS*CO*", "~CAS*XX*", 1).encode(), codes=frozenset({"segment-unexpected"})
    ).groups()
    assert (only.element, only.wanted) == ("CAS01", "CO, OA, PI, PR")


def test_what_each_case_has_of_its_own_is_left_out_of_what_all_have():
    (group,) = grouped((ROOT / "835" / "fail" / "npi-form.edi").read_bytes()).groups()
    assert group.sentence == "the value is no NPI: ten digits that begin with 1 or 2"
