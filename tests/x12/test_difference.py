"""What changed between two files, and that the changes add up to the difference of the totals."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import x12
from claims.x12.claim_changes import fields
from claims.x12.difference import DIFFERENT, ENVELOPE, IDENTICAL, Difference, difference
from tests.x12.envelopes import REMITTANCE, SUBMISSION, remittance, submission

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
INBOX = ROOT / "edi_samples" / "day" / "inbox"


def compared(a: str, b: str) -> Difference:
    return difference(a.encode(), b.encode())


def told(found: Difference) -> list[tuple]:
    """Give the changes of claims as plain rows."""
    return list(found.claim_changes.drop(columns=["pair", "how"]).itertuples(index=False, name=None))


def untied(found: Difference) -> list[str]:
    """Name the totals whose difference is not told to the last cent."""
    rows = found.totals
    off = rows["only_in_b"] - rows["only_in_a"] + rows["changed"] != rows["b"] - rows["a"]
    return rows.loc[off | (rows["difference"] != rows["b"] - rows["a"]), "name"].tolist()


def total(found: Difference, name: str) -> dict[str, int]:
    return found.totals.set_index("name").loc[name].to_dict()


# ---- the verdict


def test_the_same_bytes_are_identical():
    assert compared(remittance(REMITTANCE), remittance(REMITTANCE)).verdict == IDENTICAL


ONE, TWO = REMITTANCE, REMITTANCE.replace("EFT0001", "EFT0002").replace("A10", "B10")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (remittance(ONE), remittance(ONE, control=9)),
        (remittance(ONE), remittance(ONE).replace("~", "~\r\n")),
        (remittance(ONE), remittance(ONE).translate(str.maketrans("*:~", "|>\n"))),
        (remittance(ONE), "\n".join(remittance(ONE)[at : at + 80] for at in range(0, len(remittance(ONE)), 80))),
        (remittance(ONE, TWO), remittance(TWO, ONE)),
        (remittance(ONE, TWO), remittance(ONE) + remittance(TWO, control=2)),
        (submission(SUBMISSION), submission(SUBMISSION.replace("B1*20250310*1200", "B2*20250311*0700"))),
        (submission(SUBMISSION), submission(SUBMISSION).replace("REF*EI*123456789~", "REF*EI*123456789*~\n\n~")),
    ],
)  # fmt: skip
def test_only_the_envelope_differs(a, b):
    found = compared(a, b)
    assert found.verdict == ENVELOPE
    assert found.claim_changes.empty and found.set_changes.empty and not untied(found)


@pytest.mark.parametrize(
    "change", [("PER*", "N3*NEW STREET~PER*"), ("DOE", "DOX"), ("REF*TJ*123456789", "REF*TJ*123456788")]
)
def test_no_change_between_st_and_se_is_overlooked(change):
    text = REMITTANCE.replace("N1*PE", "PER*BL*DESK*TE*1~N1*PE")
    assert compared(remittance(text), remittance(text.replace(*change))).verdict == DIFFERENT


@pytest.mark.long
@pytest.mark.parametrize(("wrap", "text"), [(remittance, REMITTANCE), (submission, SUBMISSION)])
def test_every_kind_of_segment_counts(wrap, text):
    """The last segment of each id in turn gets an element more: a segment of that id is told."""
    lines = [line.strip() for line in text.split("~") if line.strip()]
    for name, place in {line.split("*")[0]: place for place, line in enumerate(lines)}.items():
        other = "~".join([*lines[:place], f"{lines[place]}*EXTRA", *lines[place + 1 :]]) + "~"
        found = compared(wrap(text), wrap(other))
        assert found.segments["segment_id"].tolist() == [name]
        assert found.verdict == (ENVELOPE if name == "BHT" else DIFFERENT)
        assert untied(found) == []


# ---- 835


def test_a_change_of_a_line_is_told_to_the_cent():
    other = REMITTANCE.replace("*120*80", "*120*70").replace("CAS*CO*45*20", "CAS*CO*45*25*1*253*5")
    other = other.replace("*200*128", "*200*118").replace("BPR*I*231.5", "BPR*I*221.5")
    found = compared(remittance(REMITTANCE), remittance(other))
    assert told(found) == [
        (0, 0, "paid_cents", 12800, 11800, -1000),
        (1, 1, "paid_cents", 8000, 7000, -1000),
        (1, 1, "adjustment CO 253", 0, 500, 500),
        (1, 1, "adjustment CO 45", 2000, 2500, 500),
    ]
    assert found.set_changes[["field", "a", "b", "cents"]].to_numpy().tolist() == [
        ["payment_cents", 23150, 22150, -1000]
    ]
    assert total(found, "paid_cents") == {
        "a": 22800, "b": 21800, "difference": -1000, "only_in_a": 0, "only_in_b": 0, "changed": -1000,
    }  # fmt: skip
    assert total(found, "adjustment_cents")["changed"] == 1000 and untied(found) == []


def test_a_claim_that_is_only_in_one_file_is_told_as_a_whole():
    gone = REMITTANCE[: REMITTANCE.index("CLP*A101")] + REMITTANCE[REMITTANCE.index("PLB*") :]
    found = compared(remittance(REMITTANCE), remittance(gone))
    alone = found.claims[0][found.claims[0]["pair"] < 0]
    assert alone[["claim_number", "charge_cents", "paid_cents"]].to_numpy().tolist() == [["A101", 15000, 10000]]
    assert total(found, "claims")["only_in_a"] == 1 and total(found, "paid_cents")["only_in_a"] == 10000
    assert untied(found) == []


def test_a_line_that_is_only_in_one_file_is_told():
    lines = "SVC*HC:85025*80*48*0300**HC:85027~"
    start, end = REMITTANCE.index(lines), REMITTANCE.index("CLP*A101")
    found = compared(remittance(REMITTANCE), remittance(REMITTANCE[:start] + REMITTANCE[end:]))
    assert (2, 0, "service_line", "85025 80.00", "", 0) in told(found)
    assert total(found, "service_lines") == {
        "a": 2, "b": 1, "difference": -1, "only_in_a": 0, "only_in_b": 0, "changed": -1,
    }  # fmt: skip
    assert untied(found) == []


def test_what_names_a_patient_is_marked_private():
    other = REMITTANCE.replace("*DOE*JANE", "*DOX*JANET").replace("MI*W1", "MI*W7").replace("ICN1", "ICN8")
    found = compared(remittance(REMITTANCE), remittance(other)).claim_changes
    assert set(found["field"]) == {"payer_claim_number", "patient_last_name", "patient_first_name", "member_id"}
    assert set(found["how"]) == {"private"}


def test_provider_adjustments_are_compared_by_reason():
    other = REMITTANCE.replace("L6:REF1*-3.5", "L6:REF1*-2*WO:X*-1.5")
    found = compared(remittance(REMITTANCE), remittance(other))
    assert found.set_changes[["field", "a", "b"]].to_numpy().tolist() == [
        ["provider_adjustment L6", -350, -200],
        ["provider_adjustment WO", 0, -150],
    ]
    assert found.verdict == DIFFERENT and total(found, "provider_adjustment_cents")["difference"] == 0


CLAIM = "CLP*{number}*{status}*{charge}*{paid}**12*{icn}~"


def payment(*claims: str) -> str:
    return remittance(f"BPR*I*0*C*NON************20250310~TRN*1*T1*1512345678~{''.join(claims)}")


def pairs_of(a: str, b: str) -> list[tuple[int, int]]:
    """Name paired claims by their place in each file."""
    found = compared(a, b)
    numbers = [side["pair"].tolist() for side in found.claims]
    return [(place, numbers[1].index(pair)) for place, pair in enumerate(numbers[0]) if pair >= 0]


def claim(number="C", status=1, charge=100, paid=50, icn="I") -> str:
    return CLAIM.format(number=number, status=status, charge=charge, paid=paid, icn=icn)


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        # the same claim number twice: in their order
        ([claim(), claim()], [claim(), claim()], [(0, 0), (1, 1)]),
        # but equal ones first, whatever the order
        ([claim(paid=10), claim(paid=20)], [claim(paid=20), claim(paid=30)], [(0, 1), (1, 0)]),
        # a reversal belongs to the reversal, not to the correction
        (
            [claim(status=22, charge=-100, paid=-50), claim(paid=70)],
            [claim(paid=80), claim(status=22, charge=-100, paid=-60)],
            [(0, 1), (1, 0)],
        ),
        # parts of a split claim by the payer's number
        ([claim(icn="I1"), claim(icn="I2")], [claim(icn="I2", paid=1), claim(icn="I1", paid=2)], [(0, 1), (1, 0)]),
        # a new number of the payer
        ([claim(icn="I1")], [claim(icn="I9")], [(0, 0)]),
        ([claim("C1")], [claim("C2")], []),
    ],
)
def test_claims_pair_by_number_payer_number_and_kind(a, b, pairs):
    assert pairs_of(payment(*a), payment(*b)) == pairs


def test_claims_are_found_again_when_sets_were_joined():
    def sets(*groups):
        heads = [f"BPR*I*0*C*NON************20250310~TRN*1*{trace}*1~" for trace, _ in groups]
        return remittance(*(head + "".join(claims) for head, (_, claims) in zip(heads, groups, strict=True)))

    one, two, other = claim("C1"), claim("C2"), claim("C2", paid=60)
    assert pairs_of(sets(("T1", [one]), ("T2", [two])), sets(("T3", [one, other]))) == [(0, 0), (1, 1)]


def test_sets_pair_by_trace_before_their_control_number():
    two = REMITTANCE.replace("EFT0001", "EFT0002").replace("BPR*I*231.5", "BPR*I*231.6")
    found = compared(
        remittance(REMITTANCE, two), remittance(two.replace("231.6", "231.7"), REMITTANCE.replace("DOE", "D"))
    )
    assert found.set_changes[["field", "a", "b"]].to_numpy().tolist() == [["payment_cents", 23160, 23170]]


# ---- 837


def test_claims_of_an_837_are_compared_too():
    other = (
        SUBMISSION.replace("HC:99213:25*120", "HC:99214:25*130")
        .replace("A1*200", "A1*210")
        .replace("AMT*D*35", "AMT*D*30")
    )
    found = compared(submission(SUBMISSION), submission(other))
    assert told(found) == [
        (0, 0, "charge_cents", 20000, 21000, 1000),
        (1, 1, "procedure_code", "99213", "99214", 0),
        (1, 1, "charge_cents", 12000, 13000, 1000),
        (0, 0, "paid_by P1", 3500, 3000, -500),
    ]
    assert found.totals["name"].tolist() == ["sets", "claims", "service_lines", "charge_cents"]
    assert untied(found) == []


@pytest.mark.parametrize("numbers", [("REF*6R*L1~", "REF*6R*L2~"), ("", "")])
def test_lines_pair_by_control_number_else_by_what_was_done(numbers):
    first = "SV1*HC:99213:25*120*UN*1***1:2~DTP*472*D8*20250201~" + numbers[0]
    second = "SV1*HC:85025*80*UN*1.5***1~DTP*472*RD8*20250203-20250204~" + numbers[1]
    start, end = SUBMISSION.index("LX*1~"), SUBMISSION.index("HL*3*1*22*1~")
    one, other = (
        submission(f"{SUBMISSION[:start]}LX*1~{a}LX*2~{b}{SUBMISSION[end:]}")
        for a, b in ((first, second), (second, first))
    )
    assert told(compared(one, other)) == []


# ---- sums


amounts = st.integers(0, 99999)
kinds = st.sampled_from(["CO", "PR", "OA"])
lines = st.lists(st.tuples(st.sampled_from(["99213", "85025", "70551"]), amounts, amounts, kinds, amounts), max_size=3)
claims = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["1", "4", "22"]), amounts, amounts, lines), max_size=4
)
remits = st.lists(
    st.tuples(st.sampled_from(["T1", "T2"]), amounts, st.one_of(st.none(), amounts), claims), min_size=1, max_size=2
)


def written(remits) -> str:
    def money(cents: int) -> str:
        return f"{cents / 100:.2f}"

    bodies = []
    for trace, payment, plb, own in remits:
        parts = [f"BPR*I*{money(payment)}*C*NON************20250310~TRN*1*{trace}*1~"]
        for number, status, charge, paid, own_lines in own:
            parts.append(f"CLP*{number}*{status}*{money(charge)}*{money(paid)}*{money(paid // 2)}*12*I~")
            for code, line_charge, line_paid, group, adjusted in own_lines:
                parts.append(f"SVC*HC:{code}*{money(line_charge)}*{money(line_paid)}~CAS*{group}*45*{money(adjusted)}~")
        parts += [f"PLB*1*20251231*L6*{money(plb)}~"] if plb is not None else []
        bodies.append("".join(parts))
    return remittance(*bodies)


@pytest.mark.long
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(remits, remits)
def test_changes_add_up_to_the_difference_of_the_totals(one, other):
    found = compared(written(one), written(other))
    assert untied(found) == []
    for side, file in zip("ab", found.files, strict=True):
        sums = found.totals.set_index("name")[side]
        for name in ("claims", "service_lines", "charge_cents", "paid_cents", "payment_cents"):
            assert sums[name] == file.transactions[name].sum()
        assert sums["provider_adjustment_cents"] == file.transactions["plb_cents"].sum()


def test_a_total_that_is_not_told_would_be_noticed(monkeypatch):
    """The sums can fail: without the comparison of one field they no longer tie."""
    few = {column: how for column, how in fields("claim_payments").items() if column != "paid_cents"}
    monkeypatch.setattr(
        "claims.x12.claim_changes.fields", lambda name: few if name == "claim_payments" else fields(name)
    )
    found = compared(remittance(REMITTANCE), remittance(REMITTANCE.replace("*200*128", "*200*127")))
    assert untied(found) == ["paid_cents"]


def sample_pairs() -> list[tuple[Path, Path]]:
    """Pair samples of the same kind, at random but always the same."""
    groups: dict[str, list[Path]] = {"835": sorted(INBOX.glob("*.835")), "837": sorted(INBOX.glob("*.837"))}
    if SAMPLES.is_dir():
        with (SAMPLES / "INDEX.csv").open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                groups.setdefault(row["transaction"][:3], []).append(SAMPLES / row["path"])
    chosen = random.Random(7)
    return [tuple(chosen.choices(group, k=2)) for group in groups.values() for _ in range(2)]  # type: ignore[misc]


@pytest.mark.long
def test_samples_tie_whatever_is_compared():
    off = {}
    for a, b in sample_pairs():
        found = difference(a, b)
        if untied(found) or ((a == b) != (found.verdict == IDENTICAL) and a.read_bytes() != b.read_bytes()):
            off[a.name, b.name] = untied(found)
    assert off == {}


def test_a_file_and_its_masked_copy_differ_in_nothing_that_is_counted():
    from claims.x12.redact import Redaction, copy

    data = (INBOX / "claims_20260908.837").read_bytes()
    found = difference(data, b"".join(copy(data, b"k" * 32, Redaction())))
    assert found.totals["difference"].eq(0).all()


def test_fields_that_are_compared_are_columns_of_their_frames():
    frames = x12.read(b"").frames
    for name in ("remittances", "claim_payments", "service_payments", "claims", "service_lines"):
        assert fields(name) and set(fields(name)) <= set(frames[name])
        cents = {column for column in frames[name] if column.endswith("_cents")}
        assert cents == {column for column, how in fields(name).items() if how == "cents"}
    assert isinstance(frames["claims"], pd.DataFrame)
